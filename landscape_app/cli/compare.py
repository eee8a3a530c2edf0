"""`landscape compare`: the settings in which runs differ, their final figures, and differences with errors."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landscape_app.cli.errors import WrongUsageError, checking_input
from landscape_app.cli.info import printable
from landscape_app.cli.progress import waiting
from landscape_app.cli.runs import print_table, run_as_json
from landscape_app.cli.vocabulary import (
    DENSITIES,
    cross_entropy,
    duration,
    given_energy,
    setting_name,
    setting_value,
    words_of,
)
from landscape_app.counting import counted
from landscape_app.physics.estimate import Estimate

if TYPE_CHECKING:
    from landscape_app.session.run_comparison import ComparedRun, NatsDifference, Repeats

DIGITS_OF_HASH = 16
NOTE = (
    "± of one run: standard error of log Z and, of validation and test, of the finite number of items; of repeats: "
    "standard error of their mean by their spread, on the same items. Fewer nats are better."
)


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
        from landscape_app.session.run_comparison import differing, gathered, nats_difference, read_to_compare
    with checking_input(), waiting(f"Evaluating {counted(len(runs), 'run')}"):
        found = [read_to_compare(run) for run in runs]
    groups = gathered(found)
    values = differing(groups)
    differences = [nats_difference(group, groups[0]) for group in groups[1:]]
    if as_json:
        print(json.dumps(_as_json(found, groups, values, differences), ensure_ascii=False))
        return
    names = [_name(group) for group in groups]
    rows = [(setting_name(name), *map(_value, row)) for name, row in values.items()]
    if len({run.settings["seed"] for run in found}) > 1:
        rows.append(("seed", *(", ".join(map(str, group.seeds)) for group in groups)))
    if not rows:
        rows.append(("settings", *("the same" for _ in groups)))
    rows += [(title, *(show(group) for group in groups)) for title, show in FIGURES.items()]
    print_table(["", *names], rows)
    print(f"\n{NOTE}")
    for name, difference in zip(names[1:], differences, strict=True):
        print(printable(f"{name} minus {names[0]}: {_difference(difference, groups[0])}"))


def _name(group: Repeats) -> str:
    """The files of a setting."""
    files = ", ".join(str(run.summary.path) for run in group.runs)
    return files if len(group.runs) == 1 else f"{counted(len(group.runs), 'repeat')}: {files}"


def _value(value: Any) -> str:
    """Value of a setting; of a hash the first digits."""
    if isinstance(value, Mapping):
        return given_energy(value)
    text = setting_value(value)
    is_hash = len(text) == 64 and all(digit in "0123456789abcdef" for digit in text)
    return f"{text[:DIGITS_OF_HASH]}…" if is_hash else text


def _epochs(group: Repeats) -> str:
    """Shows the mean number of epochs."""
    mean = group.mean(lambda run: Estimate(run.summary.epochs, 0.0))
    return "–" if mean is None else f"{mean:,.0f}"


def _time(group: Repeats) -> str:
    """Shows the mean time of training."""
    mean = group.mean(lambda run: Estimate(run.summary.seconds, 0.0))
    return "–" if mean is None else duration(mean.value) if mean.is_exact else f"{mean:.3g} s"


def _nats(of: Callable[[Any], Estimate | None]) -> Callable[[Repeats], str]:
    """Shows the mean of a cross-entropy over the runs of a setting."""

    def show(group: Repeats) -> str:
        mean, summary = group.mean(_measured(of)), group.runs[0].summary
        return "–" if mean is None else cross_entropy(mean, words_of(summary.kind, summary.shape))

    return show


def _entropy(group: Repeats) -> str:
    """Shows the mean of S over the runs of a setting."""
    mean = group.mean(_measured(lambda found: found.s))
    kind = ", differential" if group.runs[0].summary.kind in DENSITIES else ""
    return "–" if mean is None else f"{mean:.2f} nats{kind}"


def _log_z(group: Repeats) -> str:
    """Shows the mean of log Z."""
    mean = group.mean(_measured(lambda found: found.log_z))
    return "–" if mean is None else f"{mean:.2f} nats"


def _measured(of: Callable[[Any], Estimate | None]) -> Callable[[ComparedRun], Estimate | None]:
    """A figure of a run's measurement; None where it has none."""
    return lambda run: None if run.measurement is None else of(run.measurement)


FIGURES: dict[str, Callable[[Repeats], str]] = {
    "epochs": _epochs,
    "training time": _time,
    "test cross-entropy": _nats(lambda found: found.test),
    "validation cross-entropy": _nats(lambda found: found.validation),
    "training cross-entropy": _nats(lambda found: found.training),
    "entropy": _entropy,
    "log Z": _log_z,
}
"""Shows a final figure of a setting, by its title."""


def _difference(difference: NatsDifference, first: Repeats) -> str:
    """A difference in words."""
    if difference.nats is None:
        return f"not compared, as {difference.reason}"
    summary = first.runs[0].summary
    words = words_of(summary.kind, summary.shape)
    items = f"{difference.judged} set of {counted(difference.items, 'item')}"
    how = "paired by item" if difference.is_paired else f"not paired, as {difference.reason}"
    return f"{difference.nats:+.2f} nats {words.an_item}, {items}, {how}"


def _as_json(
    runs: Sequence[ComparedRun],
    groups: Sequence[Repeats],
    values: Mapping[str, Sequence[Any]],
    differences: Sequence[NatsDifference],
) -> dict[str, Any]:
    """All that is shown, as JSON values."""
    figures: dict[str, Callable[[Any], Estimate | None]] = {
        "test_nats": lambda found: found.test,
        "validation_nats": lambda found: found.validation,
        "training_nats": lambda found: found.training,
        "entropy": lambda found: found.s,
        "log_partition": lambda found: found.log_z,
    }
    settings = []
    for number, group in enumerate(groups):
        means = {name: group.mean(_measured(of)) for name, of in figures.items()}
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
