"""Curves of a training by the epoch or the time: what was measured, and what it was watched by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from landscape_app.language import tr
from landscape_app.runs import RunState
from landscape_app.session.measurement import Measurement
from landscape_app.session.vocabulary import WATCHED, words_of_run


class RunCurve(NamedTuple):
    """A quantity in the course of a training.

    Attributes:
        epochs: float64, rising, shape (n,).
        seconds: of training until then, shape (n,).
        values: shape (n,).
        errors: standard errors, or half the distance of bounds; 0 where there is none, shape (n,).
        unit: of the values; empty for a number.
        bounded: where bounds are all that is known, bool, shape (n,).
    """

    epochs: np.ndarray
    seconds: np.ndarray
    values: np.ndarray
    errors: np.ndarray
    unit: str
    bounded: np.ndarray


TITLES = {
    "validation": tr("Validation cross-entropy"),
    "training": tr("Training cross-entropy"),
    "entropy": tr("Entropy of the model"),
    "validation_gap": tr("Validation − training energy"),
    "model_gap": tr("Model − training energy"),
    **{name: title for name, title, _ in WATCHED},
    "acceptance_rate": tr("Acceptance rate of the chains"),
}
"""Titles of the quantities, by name."""


def curves_of(state: RunState) -> dict[str, RunCurve]:
    """Curves of a run by the names in `TITLES`, those that it has; that of the model that is kept last."""
    metrics, found = state.metrics, _measurements(state)
    nats = words_of_run(state.arrays).nats
    at = np.asarray(metrics.get("epoch", ()), np.float64)
    times = np.asarray(metrics.get("seconds", ()), np.float64)
    curves: dict[str, RunCurve] = {}
    if len(found.get("epoch", ())):
        epochs = found["epoch"]
        # An epoch's time is known at its end; before the first there was none.
        seconds = np.interp(epochs, np.append(0.0, at), np.append(0.0, times))
        names = tuple(found)
        rows = [
            Measurement.from_figures(dict(zip(names, row, strict=True)))
            for row in zip(*found.values(), strict=True)
        ]
        for name, estimates, unit in (
            ("validation", [row.validation for row in rows], nats),
            ("training", [row.training for row in rows], nats),
            ("entropy", [row.s for row in rows], tr("nats")),
        ):
            values, errors = np.array([(one.value, one.error) for one in estimates], np.float64).T
            bounded = np.array([one.is_bracket and math.isfinite(one.value) for one in estimates])
            curves[name] = RunCurve(epochs, seconds, values, errors, unit, bounded)
    if not len(at):
        return curves
    columns = {
        "validation_gap": (metrics["energy_held_out"] - metrics["energy_training"], nats),
        "model_gap": (metrics["energy_model"] - metrics["energy_training"], nats),
        **{name: (metrics[name], unit) for name, _, unit in WATCHED if name in metrics},
        "acceptance_rate": (metrics["acceptance_rate"], ""),
    }
    none, nowhere = np.zeros(len(at)), np.zeros(len(at), bool)
    return curves | {
        name: RunCurve(at, times, values.astype(np.float64), none, unit, nowhere)
        for name, (values, unit) in columns.items()
    }


def _measurements(state: RunState) -> Mapping[str, np.ndarray]:
    """Columns of the measurements, a row each, by name, float64; that of the model that is kept last."""
    found: dict[str, np.ndarray] = {}
    for path, column in state.arrays.items():
        group, _, name = path.partition("/")
        if group in ("measurements", "kept"):
            found[name] = np.append(found.get(name, ()), column)
    return found


class MeanCurve(NamedTuple):
    """Mean of a quantity over repeats.

    Attributes:
        places: epochs or seconds, shape (n,).
        values: shape (n,).
        reach: standard deviation over the repeats; of one alone its standard errors; half the distance of bounds,
            shape (n,).
        bounded: where bounds are all that is known, of one repeat at least, bool, shape (n,).
    """

    places: np.ndarray
    values: np.ndarray
    reach: np.ndarray
    bounded: np.ndarray


def mean_curve(curves: Sequence[RunCurve], by_time: bool = False) -> MeanCurve:
    """Mean of repeats wherever all of them were, linear between measurements.

    Args:
        curves: of one quantity, one at least.
        by_time: by seconds of training instead of the epoch.
    """
    parts = [_known(curve, by_time) for curve in curves]
    if len(parts) == 1:
        return parts[0]
    if not all(len(part.places) for part in parts):
        none = np.zeros(0)
        return MeanCurve(none, none, none, np.zeros(0, bool))
    first, last = max(part.places[0] for part in parts), min(part.places[-1] for part in parts)
    places = np.unique(np.concatenate([part.places for part in parts]))
    places = places[(places >= first) & (places <= last)]
    table = np.array([np.interp(places, part.places, part.values) for part in parts])
    values, reach = table.mean(0), table.std(0, ddof=1)
    # Between a number and bounds nothing but bounds is known.
    each = [np.interp(places, part.places, part.bounded) > 0 for part in parts]
    bounded, widths = np.any(each, axis=0), np.zeros(len(places))
    for part, of_part in zip(parts, each, strict=True):
        errors = np.where(of_part, 1.0, 2.0) * np.interp(places, part.places, part.reach)
        widths += errors / len(parts)
    return MeanCurve(places, values, np.where(bounded, widths, reach), bounded)


def _known(curve: RunCurve, by_time: bool) -> MeanCurve:
    """Values that are numbers, in the order of their places."""
    places = curve.seconds if by_time else curve.epochs
    known = np.isfinite(places) & np.isfinite(curve.values)
    order = np.argsort(places[known], kind="stable")
    # The model that is kept was measured again at its epoch: the later one counts.
    places, values, errors, bounded = (
        column[known][order] for column in (places, curve.values, curve.errors, curve.bounded)
    )
    last = np.append(places[1:] != places[:-1], True) if len(places) else np.zeros(0, bool)
    return MeanCurve(places[last], values[last], errors[last], bounded[last])
