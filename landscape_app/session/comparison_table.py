"""Table of compared runs in words: settings that differ, final figures, and differences of held-out nats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from landscape_app.counting import counted
from landscape_app.language import tr
from landscape_app.physics.estimate import Estimate
from landscape_app.session.measurement import Measurement
from landscape_app.session.run_comparison import SEED, ComparedRun, NatsDifference, Repeats, differing
from landscape_app.session.vocabulary import (
    DENSITIES,
    cross_entropy,
    duration,
    given_energy,
    setting_name,
    setting_value,
    words_of,
)

DIGITS_OF_HASH = 16
NOTE = tr(
    "± of one run: standard error of log Z and, of validation and test, of the finite number of items; of repeats: "
    "standard error of their mean by their spread, on the same items. Fewer nats are better."
)


def group_name(group: Repeats, name: Callable[[ComparedRun], str]) -> str:
    """Names of the runs of a setting, and their number where they are repeats."""
    names = ", ".join(map(name, group.runs))
    return names if len(group.runs) == 1 else f"{counted(len(group.runs), 'repeat')}: {names}"


def setting_rows(groups: Sequence[Repeats]) -> list[tuple[str, ...]]:
    """Names of the settings that differ, with their value of each group; one row where none does."""
    rows = [(setting_name(name), *map(_value, row)) for name, row in differing(groups).items()]
    if len({run.settings[SEED] for group in groups for run in group.runs}) > 1:
        rows.append((setting_name(SEED), *(", ".join(map(str, group.seeds)) for group in groups)))
    return rows or [(tr("settings"), *(tr("the same") for _ in groups))]


def figure_rows(groups: Sequence[Repeats]) -> list[tuple[str, ...]]:
    """Names of the final figures, with the mean of each group and its error."""
    return [(title, *(show(group) for group in groups)) for title, show in FIGURES.items()]


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


def _nats(of: Callable[[Measurement], Estimate | None]) -> Callable[[Repeats], str]:
    """Shows the mean of a cross-entropy over the runs of a setting."""

    def show(group: Repeats) -> str:
        mean, summary = group.mean(measured(of)), group.runs[0].summary
        return "–" if mean is None else cross_entropy(mean, words_of(summary.kind, summary.shape))

    return show


def _entropy(group: Repeats) -> str:
    """Shows the mean of S over the runs of a setting."""
    mean = group.mean(measured(lambda found: found.s))
    if mean is None:
        return "–"
    if group.runs[0].summary.kind in DENSITIES:
        return tr("{entropy:.2f} nats, differential", entropy=mean)
    return tr("{entropy:.2f} nats", entropy=mean)


def _log_z(group: Repeats) -> str:
    """Shows the mean of log Z."""
    mean = group.mean(measured(lambda found: found.log_z))
    return "–" if mean is None else tr("{log_z:.2f} nats", log_z=mean)


def measured(of: Callable[[Measurement], Estimate | None]) -> Callable[[ComparedRun], Estimate | None]:
    """A figure of a run's measurement; None where it has none."""
    return lambda run: None if run.measurement is None else of(run.measurement)


NUMBERS: dict[str, Callable[[Measurement], Estimate | None]] = {
    "test_nats": lambda found: found.test,
    "validation_nats": lambda found: found.validation,
    "training_nats": lambda found: found.training,
    "entropy": lambda found: found.s,
    "log_partition": lambda found: found.log_z,
}
"""Final figures of a measurement by the names that JSON has them by."""

FIGURES: dict[str, Callable[[Repeats], str]] = {
    tr("epochs"): _epochs,
    tr("training time"): _time,
    tr("test cross-entropy"): _nats(NUMBERS["test_nats"]),
    tr("validation cross-entropy"): _nats(NUMBERS["validation_nats"]),
    tr("training cross-entropy"): _nats(NUMBERS["training_nats"]),
    tr("entropy"): _entropy,
    "log Z": _log_z,
}
"""Shows a final figure of a setting, by its title."""


def difference_in_words(difference: NatsDifference, first: Repeats) -> str:
    """A difference in words."""
    if difference.nats is None:
        return tr("not compared, as {reason}", reason=difference.reason)
    if difference.is_same:
        return tr("none: the same model")
    summary = first.runs[0].summary
    words = words_of(summary.kind, summary.shape)
    count = counted(difference.items, "item")
    items = (
        tr("test set of {items}", items=count)
        if difference.judged == "test"
        else tr("validation set of {items}", items=count)
    )
    how = (
        tr("paired by item")
        if difference.is_paired
        else tr("not paired, as {reason}", reason=difference.reason)
    )
    return f"{difference.nats:+.2f} {words.nats}, {items}, {how}"
