"""Methods and other libraries against each other."""

from __future__ import annotations

import json
import sys

from surefoot.flags import AsJson, Count, Net, Place, names, options_of


def race(
    data: str = "digits",
    /,
    *,
    methods: str = "auto,cg,steepest,classic",
    against: str = "",
    passes: Count = 200,
    net: Net = Net(),
    train_size: Count | None = None,
    figure: str | None = None,
    place: Place = Place(),
    as_json: AsJson = False,
) -> None:
    """Race methods, and other libraries, from one start: loss by passes over the data.

    A pass is one product of all rows with first-layer columns, or its transpose. Another library's
    value and gradient is charged 2 passes, a value alone 1; all run in float64.

    Parameters
    ----------
    data
        Data as for `surefoot train`.
    methods
        Our methods that run, as auto,classic; `surefoot methods` lists them all; none for none.
    against
        Other libraries that run: scipy,sklearn,torch,optax; torch:10 to let it remember 10 pairs, not 30.
    passes
        How many passes over the data each may spend.
    train_size
        Rows to train on; if not said as for `surefoot train`.
    figure
        Save the picture of the race to this file (.png, .pdf, .svg).
    as_json
        Print every curve as JSON.
    """
    from surefoot.training.race import hold_race
    from surefoot.training.store import finite
    from surefoot.views.paper import check_path
    from surefoot.views.race import race_table, save_race

    if figure is not None:
        check_path(figure)
    options = options_of(data, place, net, train_size=train_size)
    done = hold_race(options, names(methods), names(against), passes, tell=_progress)
    if figure is not None:
        save_race(done, figure)
    print(json.dumps(finite(done.to_json()), allow_nan=False) if as_json else race_table(done))
    if figure is not None and not as_json:
        print(f"figure: {figure}")


def _progress(name: str) -> None:
    if sys.stderr.isatty():
        print(f"{name} ...", file=sys.stderr)
