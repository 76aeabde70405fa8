"""Is it right?  `check` asks it of a gradient, `verify` of every number of a stored run."""

from __future__ import annotations

import json

from surefoot.errors import BadValue
from surefoot.flags import AsJson, Count, Net, Place, options_of


def check(
    data: str = "digits",
    /,
    *,
    samples: Count = 5,
    net: Net = Net(),
    place: Place = Place(),
    as_json: AsJson = False,
) -> None:
    """Check every derivative numerically; exit code 0: the gradient holds, 1: not.

    Parameters
    ----------
    data
        Data as for `surefoot train`, or a run file: then at its trained weights.
    samples
        Rows to check on, from the start.
    as_json
        Print the report as JSON.
    """
    from surefoot.training.finished import read_run
    from surefoot.training.options import training_data
    from surefoot.training.problem import Problem
    from surefoot.training.store import is_run
    from surefoot.verification import check as check_gradient

    if is_run(data):
        done = read_run(data)
        network, theta, l2 = done.network, done.theta, done.header.l2
        training = training_data(done.header, place.data_dir)
    else:
        options = options_of(data, place, net)
        training, _ = options.split()
        network, l2 = options.network(training), options.l2
        theta = options.start(network)
    if not 1 <= samples <= training.n:
        raise BadValue(
            f"--samples is {samples}; give 1 to {training.n}, the rows of {training.name} there are."
        )
    with Problem(network, training.take(slice(samples)), l2=l2) as problem:
        report = check_gradient(problem, theta)
    print(json.dumps(report.to_json(), indent=2) if as_json else report)
    if not report.holds:
        raise SystemExit(1)


def verify(run: str, /, *, data_dir: str | None = None, as_json: AsJson = False) -> None:
    """Derive every number of a run again from its weights; exit code 0: all agree, 1: not.

    Loss, slopes, trials, accuracies and the condition of every step, by a plain route that shares nothing
    with what trained it. Only iterations whose weights are stored can be verified; it says how many.

    Parameters
    ----------
    run
        The run file.
    data_dir
        Folder with the MNIST files.
    as_json
        Print the report as JSON.
    """
    from surefoot.training.store import finite
    from surefoot.training.verify import verify as verify_run

    report = verify_run(run, data_dir=data_dir)
    print(json.dumps(finite(report.to_json()), allow_nan=False) if as_json else report)
    if not report.holds:
        raise SystemExit(1)
