"""The rise of the validation cross-entropy: its error against a paired test, and no rise where there is none."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_rel

from landscape_app.physics.estimate import Estimate
from landscape_app.runs.history import History
from landscape_app.session.measurement import RISEN_MEASUREMENTS, Measurement, mean_error, validation_rise

ITEMS = 200


def history_of(surprisals: np.ndarray, log_z_errors: np.ndarray | None = None) -> History:
    """What the estimator would measure of a training, from −log P of its validation items, shape (rows, items)."""
    errors = np.zeros(len(surprisals)) if log_z_errors is None else log_z_errors
    measured, best = History(), 0
    for row, items in enumerate(surprisals):
        if items.mean() + errors[row] <= surprisals[best].mean() + errors[best]:
            best = row
        rises = mean_error(items - surprisals[best], None) if row != best else 0.0
        found = Measurement.of_surprisals(
            10 * row, Estimate(0.0, errors[row]), Estimate(1.0, 0.0), items[:1], items, items[:0]
        )
        measured.append(replace(found, rise_error=rises))
    return measured


def training(rng: np.random.Generator, rises: float, rows: int = 40) -> np.ndarray:
    """−log P of items that differ by nats, by a tenth of that from row to row, about a mean that rises at last."""
    mean = 5 + 3 * np.exp(-np.arange(rows) / 4) + rises * np.maximum(np.arange(rows) - 20, 0)
    return mean[:, None] + rng.normal(size=ITEMS) + 0.1 * rng.normal(size=(rows, ITEMS))


def is_risen(measured: History) -> bool:
    found = validation_rise(measured)
    return found is not None and found.is_certain


def test_the_error_of_a_rise_is_that_of_a_paired_test() -> None:
    surprisals = training(np.random.default_rng(0), 0.02)
    found = validation_rise(history_of(surprisals))
    assert found is not None
    assert found.is_certain
    best, last = surprisals[found.epoch // 10], surprisals[-1]
    paired = ttest_rel(last, best)
    assert found.nats.value == pytest.approx((last - best).mean())
    assert found.nats.value / found.nats.error == pytest.approx(paired.statistic)
    # Items that differ much from one another hardly disturb a difference that is taken item by item.
    assert found.nats.error < 0.2 * best.std() / np.sqrt(ITEMS)
    assert 150 <= found.epoch <= 230


def test_weights_count_rows_as_often() -> None:
    values, weights = np.array([1.0, 4.0, 2.5]), np.array([2, 1, 3])
    assert mean_error(values, weights.astype(float)) == pytest.approx(
        mean_error(values.repeat(weights), None)
    )


def test_a_curve_that_only_trembles_is_not_said_to_rise() -> None:
    rng = np.random.default_rng(1)
    # At every row of 100 trainings three in a row would have to lie three errors above the lowest.
    seen = [is_risen(history_of(training(rng, 0.0)[:n])) for _ in range(20) for n in (20, 30, 40)]
    assert sum(seen) <= 1
    assert all(is_risen(history_of(training(rng, 0.01))) for _ in range(10))


def test_a_rise_within_the_error_of_log_z_is_none() -> None:
    surprisals = training(np.random.default_rng(2), 0.01)
    assert is_risen(history_of(surprisals, np.full(40, 0.01)))
    assert not is_risen(history_of(surprisals, np.full(40, 0.1)))


def test_a_rise_takes_several_measurements_that_know_their_error() -> None:
    flat, risen = np.zeros((1, ITEMS)), np.ones((RISEN_MEASUREMENTS, ITEMS)) + np.linspace(0, 0.1, ITEMS)
    assert is_risen(history_of(np.concatenate([flat, risen])))
    assert not is_risen(history_of(np.concatenate([flat, risen[1:]])))
    assert validation_rise(history_of(np.concatenate([risen, flat]))) is None
    assert validation_rise(History()) is None
    # A run from before that was measured.
    columns = dict(history_of(np.concatenate([flat, risen])).as_arrays())
    columns["rise_error"] = np.full(len(risen) + 1, np.nan)
    assert validation_rise(History.from_arrays(columns)) is None
