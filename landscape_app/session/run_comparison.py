"""Comparison of runs: settings that differ, repeats with other seeds, and differences of held-out nats."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from landscape_app.data import Dataset
from landscape_app.data.columns import log_unit
from landscape_app.language import tr
from landscape_app.models.energy import UntrustedError
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.host import to_host
from landscape_app.problems import Configuration
from landscape_app.runs import RunFileError, RunState, read_run
from landscape_app.runs.atomic import UNREADABLE, reason_of
from landscape_app.runs.catalogue import RunSummary, summary_of
from landscape_app.session.checkpoint import session_of
from landscape_app.session.dataset_io import data_of_run
from landscape_app.session.measurement import Measurement, spread_of
from landscape_app.session.run_curves import RunCurve, curves_of

SEED = "seed"
OF_NO_MATTER = ("problem", "planned_for")
"""Settings of a configuration that change nothing: the data are compared themselves."""

SAME = 1e-4
"""Relative difference of nats in single precision by which a model still is the one that was measured."""


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """A run to be compared with others.

    Attributes:
        summary: facts of it.
        settings: all by which its results could differ from those of another run, as JSON values, by name.
        dataset: that it learned, divided as it was.
        surprisals: H − log q + log unit of the held-out items under the model that is kept, float64, shape (m,), so
            that log Z is missing to −log P; None where they are not known.
        unknown: reason why they are not known, as the end of a sentence; empty where they are.
        curves: of its training (`run_curves.curves_of`), by name.
    """

    summary: RunSummary
    settings: Mapping[str, Any]
    dataset: Dataset
    surprisals: np.ndarray | None
    unknown: str = ""
    curves: Mapping[str, RunCurve] = field(default_factory=dict)

    @cached_property
    def measurement(self) -> Measurement | None:
        """The measurement of the model that is kept, else the last one; None before the first."""
        figures = self.summary.figures
        return Measurement.from_figures(figures) if figures else None


def read_to_compare(path: Path) -> ComparedRun:
    """A run by its file, with −log P of its held-out items but for log Z.

    Raises:
        RunFileError: the file cannot be read, or holds no run.
    """
    state = read_run(path)
    summary = summary_of(state, path)
    try:
        settings, curves = _settings(state), curves_of(state)
    except UNREADABLE as error:
        raise RunFileError(f"{path}: {reason_of(error)}") from error
    dataset = data_of_run(state, path)
    settings |= {"held_out_items_sha256": hashlib.sha256(dataset.held_out.tobytes()).hexdigest()}
    surprisals, unknown = _surprisals(state, path, summary, dataset)
    return ComparedRun(summary, settings, dataset, surprisals, unknown, curves)


def _settings(state: RunState) -> dict[str, Any]:
    """Settings of a run, and of its making, with what is usual in the place of what was left open."""
    configuration, made = Configuration.from_dict(state.configuration), state.provenance
    values = configuration.as_dict() | {"fit": configuration.way_of_fitting}
    schedule = values.pop("schedule")
    unused = "planned_seconds" if configuration.planned_seconds is None else "planned_epochs"
    of_making = {name: made.get(name) for name in ("data", "data_sha256", "program", "device")}
    return of_making | {
        name: value for name, value in (values | schedule).items() if name not in (*OF_NO_MATTER, unused)
    }


def _surprisals(
    state: RunState, path: Path, summary: RunSummary, dataset: Dataset
) -> tuple[np.ndarray | None, str]:
    """H − log q + log unit of the held-out items, else the reason why they are not known."""
    if not summary.is_kept:
        return None, tr("the training of {path} has not come to its end", path=path)
    try:
        session = session_of(state, path, "cpu", sampler_chains=1)
    except UntrustedError:
        return None, tr("the energy of {path} is Python of its author's, which is not run here", path=path)
    found = to_host(session.model.target.surprisal(session.held_out_items)).double().numpy()
    found = found + log_unit(dataset.columns)
    kept = Measurement.from_figures(summary.figures)
    mean = _mean(found, dataset, dataset.in_validation)
    if not math.isclose(
        mean + kept.log_partition, kept.validation_nats, rel_tol=SAME, abs_tol=SAME * (1 + abs(mean))
    ):
        return None, tr("{path} does not hold the model that was measured", path=path)
    return found, ""


def _weights(dataset: Dataset) -> np.ndarray:
    """Rows that the held-out items count as, float64, shape (m,)."""
    return np.ones(len(dataset.held_out)) if dataset.weights is None else dataset.weights[dataset.held_out]


def _mean(values: np.ndarray, dataset: Dataset, chosen: np.ndarray) -> float:
    """Mean of values of held-out items, shape (m,), over those that are chosen."""
    return float(np.average(values[chosen], weights=_weights(dataset)[chosen]))


@dataclass(frozen=True, eq=False)
class Repeats:
    """Runs that differ in their seeds alone, all of them different; or one run.

    Attributes:
        runs: one at least.
    """

    runs: tuple[ComparedRun, ...]

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings that the runs have in common."""
        shared = dict(self.runs[0].settings)
        del shared[SEED]
        return shared

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seed of each run."""
        return tuple(run.settings[SEED] for run in self.runs)

    @property
    def has_figures(self) -> bool:
        """True if every run was measured."""
        return all(run.measurement is not None for run in self.runs)

    @property
    def has_test(self) -> bool:
        """True if every run was measured on a test set."""
        return all(run.measurement is not None and run.measurement.test is not None for run in self.runs)

    def mean(self, figure: Callable[[ComparedRun], Estimate | None]) -> Estimate | None:
        """Mean of a figure over the runs (`mean_over_repeats`); None where one does not have it."""
        found = [figure(run) for run in self.runs]
        known = [one for one in found if one is not None]
        return mean_over_repeats(known) if len(known) == len(found) else None


def mean_over_repeats(figures: Sequence[Estimate]) -> Estimate:
    """Mean of independent repeats, with its standard error by their spread; one alone has the error that it has.

    Where one has bounds only, the mean lies between the means of all bounds.

    Example:
        >>> f"{mean_over_repeats([Estimate(1.0, 0.1), Estimate(3.0, 0.1)]):.1f}"
        '2.0 ± 1.0'
    """
    if len(figures) == 1:
        return figures[0]
    if any(one.is_bracket for one in figures):
        low, high = np.mean([one.bounds for one in figures], 0)
        return Estimate.between(float(low), float(high))
    values = [one.value for one in figures]
    return Estimate(float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(len(values)))


def gathered(runs: Sequence[ComparedRun]) -> list[Repeats]:
    """Runs by their settings, those that differ in nothing but the seed together, in the order of the first of each.

    A run whose seed is there already is no other repeat, and stands by itself; so do runs whose training has not come
    to its end beside those that have.
    """
    groups: dict[tuple[str, bool, int], list[ComparedRun]] = {}
    seen: Counter[str] = Counter()
    for run in runs:
        shared = json.dumps({**run.settings, SEED: None}, sort_keys=True)
        own = json.dumps(run.settings, sort_keys=True)
        groups.setdefault((shared, run.summary.is_kept, seen[own]), []).append(run)
        seen[own] += 1
    return [Repeats(tuple(group)) for group in groups.values()]


def differing(groups: Sequence[Repeats]) -> dict[str, list[Any]]:
    """Values of the settings that are not the same for all groups, by name, one for each group."""
    names = dict.fromkeys(name for group in groups for name in group.settings)
    values = {name: [group.settings.get(name) for group in groups] for name in names}
    return {name: found for name, found in values.items() if any(value != found[0] for value in found)}


@dataclass(frozen=True)
class NatsDifference:
    """Difference of the held-out nats of two settings, each of one run or of repeats.

    Attributes:
        nats: of the one minus of the other, nats an item; None where they cannot be compared.
        judged: set of the items, "test" or "validation".
        items: number of its items.
        is_paired: True if the error is that of the items' differences, as both were evaluated on the same.
        reason: why the difference is not paired, or there is none, as the end of a sentence; else empty.
        is_same: True if the models are equal, to the last bit of their items' energies and of their figures.
    """

    nats: Estimate | None
    judged: str = ""
    items: int = 0
    is_paired: bool = False
    reason: str = ""
    is_same: bool = False


def nats_difference(one: Repeats, other: Repeats) -> NatsDifference:
    """The held-out nats of one setting minus those of another, on the same items.

    Paired, the error is of the mean of the items' differences and, for each setting, of log Z, or where there are
    repeats of the mean over these. Unpaired, each has the error of its items as if they were others.
    """
    a, b = one.runs[0].dataset, other.runs[0].dataset
    if a.fingerprint != b.fingerprint:
        return NatsDifference(None, reason=tr("the data are not the same"))
    if not (np.array_equal(a.held_out, b.held_out) and np.array_equal(a.in_validation, b.in_validation)):
        return NatsDifference(None, reason=tr("other items are held out"))
    if not (one.has_figures and other.has_figures):
        return NatsDifference(None, reason=tr("a run has not been measured yet"))
    tests = one.has_test and other.has_test
    chosen = ~a.in_validation if tests else a.in_validation
    weights = _weights(a)
    of_items = 0.0
    unknown = [run.unknown for group in (one, other) for run in group.runs if run.unknown]
    if not unknown:
        gain = _mean_surprisals(one) - _mean_surprisals(other)
        # All held-out items know the spread, as in a measurement.
        of_items = spread_of(gain, weights) / math.sqrt(float(weights[chosen].sum()))
    means = [_nats(group, tests, scatter=bool(unknown)) for group in (one, other)]
    return NatsDifference(
        means[0].minus(means[1]).plus(0.0, of_items),
        "test" if tests else "validation",
        int(chosen.sum()),
        not unknown,
        unknown[0] if unknown else "",
        not unknown and _are_same(one, other),
    )


def _are_same(one: Repeats, other: Repeats) -> bool:
    """True if the runs of two settings are the same models, in their order."""
    return len(one.runs) == len(other.runs) and all(
        a.summary.figures.get("log_partition") == b.summary.figures.get("log_partition")
        and np.array_equal(_known_surprisals(a), _known_surprisals(b))
        for a, b in zip(one.runs, other.runs, strict=True)
    )


def _known_surprisals(run: ComparedRun) -> np.ndarray:
    assert run.surprisals is not None
    return run.surprisals


def _mean_surprisals(group: Repeats) -> np.ndarray:
    """Mean over repeats of the items' surprisals, shape (m,)."""
    return np.mean([run.surprisals for run in group.runs if run.surprisals is not None], 0)


def _nats(group: Repeats, tests: bool, scatter: bool) -> Estimate:
    """Mean nats of a group on these very items; with the error of their finite number where it is asked for."""
    found, scatters = [], []
    for run in group.runs:
        measured = run.measurement
        assert measured is not None
        nats = measured.test_nats if tests else measured.validation_nats
        scatters.append(measured.test_scatter if tests else measured.validation_scatter)
        found.append(measured.log_z.plus(nats - measured.log_partition))
    return mean_over_repeats(found).plus(0.0, float(np.mean(scatters)) if scatter else 0.0)
