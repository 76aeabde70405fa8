"""The command line: the same names and defaults as the Python API, one sentence for every mistake.

Exit codes: 0 done; 1 a check did not hold; 2 misuse or a file that cannot be used; 130 Ctrl-C.
The commands themselves are in `commands`; here they get their names, and their mistakes a sentence.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from surefoot.commands.converting import convert
from surefoot.commands.fitting import export, fit, predict
from surefoot.commands.judging import check, verify
from surefoot.commands.laboratory import lab
from surefoot.commands.looking import describe, methods, show
from surefoot.commands.racing import race
from surefoot.commands.training import train
from surefoot.errors import SurefootError

app = App(
    name="surefoot",
    help="The glass-box trainer for small neural networks: no learning rate to tune, every step checked, "
    "every number on show.",
    help_epilogue="Begin with: surefoot train",
    help_format="plaintext",
    version_flags=["--version"],
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
for command in (train, check, verify, show, race, lab, methods, fit, predict, export):
    app.command(command)
data = App(name="data", help_format="plaintext")
data.default(describe)
data.command(convert)
app.command(data)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; every mistake is one sentence on stderr and exit code 2."""
    try:
        app(arguments, exit_on_error=False, print_error=False)
        sys.stdout.flush()  # here, where a reader that left can still be understood
    except (SurefootError, CycloptsError) as error:
        _leave(2, f"surefoot: {' '.join(str(error).split())}")
    except MemoryError as error:
        _leave(2, f"surefoot: not enough memory for this: {error}. Take fewer rows or fewer units.")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left: nothing more to say
    except KeyboardInterrupt:
        _leave(130, "surefoot: stopped by hand")


def _leave(code: int, sentence: str) -> None:
    print(sentence, file=sys.stderr)
    raise SystemExit(code)


if __name__ == "__main__":
    main()
