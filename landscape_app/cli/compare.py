"""`landscape compare`: the settings in which runs differ, their final figures, and differences with errors."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landscape_app.cli.errors import WrongUsageError, checking_input
from landscape_app.cli.progress import waiting
from landscape_app.cli.runs import print_table, run_as_json
from landscape_app.counting import counted
from landscape_app.session.vocabulary import printable

if TYPE_CHECKING:
    from landscape_app.physics.estimate import Estimate
    from landscape_app.session.run_comparison import ComparedRun, NatsDifference, Repeats


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN.h5…", show_default=False, help="Run files, two at least."),
    ],
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object: runs, with the figures that runs --json prints; settings, one for each "
            "set of repeats, with the values that differ and the mean figures; differences of the held-out nats.",
        ),
    ] = False,
) -> None:
    """Compare runs: the settings that differ, the final figures, and the differences of held-out nats.

    Runs that differ in nothing but their seed are repeats of one setting: the
    mean over them is shown, with its standard error. Every setting is compared
    with the first one, on the same held-out items: the error is that of the
    items' differences where the models can be evaluated, else the two errors
    are added in squares as if the items were others, and that is said. The
    error of one run does not tell how far runs with other seeds would lie.

    \b
    Example:
      landscape compare one.h5 two.h5 three.h5
    """
    if len(runs) < 2:
        raise WrongUsageError("one run cannot be compared: give two run files at least")
    with waiting("Loading torch"):
        from landscape_app.session.comparison_table import (
            NOTE,
            difference_in_words,
            figure_rows,
            group_name,
            setting_rows,
        )
        from landscape_app.session.run_comparison import differing, gathered, nats_difference, read_to_compare
    with checking_input(), waiting(f"Evaluating {counted(len(runs), 'run')}"):
        found = [read_to_compare(run) for run in runs]
    groups = gathered(found)
    differences = [nats_difference(group, groups[0]) for group in groups[1:]]
    if as_json:
        print(json.dumps(_as_json(found, groups, differing(groups), differences), ensure_ascii=False))
        return
    names = [group_name(group, lambda run: str(run.summary.path)) for group in groups]
    print_table(["", *names], setting_rows(groups) + figure_rows(groups))
    print(f"\n{NOTE}")
    for name, difference in zip(names[1:], differences, strict=True):
        told = difference_in_words(difference, groups[0])
        print(printable(f"{name} minus {names[0]}: {told}"))


def _as_json(
    runs: Sequence[ComparedRun],
    groups: Sequence[Repeats],
    values: Mapping[str, Sequence[Any]],
    differences: Sequence[NatsDifference],
) -> dict[str, Any]:
    """All that is shown, as JSON values."""
    from landscape_app.session.comparison_table import NUMBERS, measured

    settings = []
    for number, group in enumerate(groups):
        means = {name: group.mean(measured(of)) for name, of in NUMBERS.items()}
        settings.append(
            {
                "files": _files(group),
                "seeds": list(group.seeds),
                "values": {name: row[number] for name, row in values.items()},
                **{key: value for name, mean in means.items() for key, value in _numbers(name, mean).items()},
            }
        )
    return {
        "runs": [run_as_json(run.summary) for run in runs],
        "settings": settings,
        "differences": [
            {
                "files": _files(group),
                "minus": _files(groups[0]),
                **_numbers("nats", found.nats),
                "judged_by": found.judged or None,
                "items": found.items,
                "paired": found.is_paired,
                "reason": found.reason or None,
            }
            for group, found in zip(groups[1:], differences, strict=True)
        ],
    }


def _files(group: Repeats) -> list[str]:
    return [str(run.summary.path) for run in group.runs]


def _numbers(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    """A figure with its error and bounds, by names; None for what is not known."""
    value, error, (low, high) = (
        (math.nan, math.nan, (math.nan, math.nan))
        if estimate is None
        else (estimate.value, estimate.error, estimate.bounds)
    )
    found = {name: value, f"{name}_error": error, f"{name}_low": low, f"{name}_high": high}
    return {key: number if math.isfinite(number) else None for key, number in found.items()}
