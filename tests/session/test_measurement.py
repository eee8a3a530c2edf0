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


def measured(log_z: Estimate, s: Estimate) -> Measurement:
    items = np.array([1.0, 2.0, 4.0])
    return Measurement.of_surprisals(7, log_z, s, items, items + 1, items + 2)


def test_a_test_that_did_not_mix_leaves_all_that_it_and_the_figures_say_open() -> None:
    kept = measured(Estimate(-137.8, 1.6), Estimate(260.8, 3.6))
    tested = measured(Estimate.between(-159.7, -118.7), Estimate.between(206.9, 358.6))
    found = kept.after_test(tested, mixed=False)
    assert (found.log_z.low, found.log_z.high) == (-159.7, -118.7)
    assert (found.s.low, found.s.high) == (206.9, 358.6)
    assert found.test is not None
    assert kept.test is not None
    # The items' own means stand, around the middle of the bounds.
    assert found.test.value - found.log_z.value == pytest.approx(kept.test.value - kept.log_z.value)
    assert found.test.high == pytest.approx(-118.7 + kept.test_nats + 137.8 + 2 * kept.test_scatter)
    assert found.training_nats - found.log_partition == pytest.approx(7 / 3)
    drifting = kept.after_test(measured(Estimate(-132.2, 1.4), Estimate(259.8, 2.0)), mixed=False)
    assert drifting.log_z.low == pytest.approx(-137.8 - 3.2)
    assert drifting.log_z.high == pytest.approx(-132.2 + 2.8)


def test_of_two_figures_of_a_mixed_model_the_surer_stands_unless_they_contradict_each_other() -> None:
    kept = measured(Estimate(5.0, 0.2), Estimate(3.0, 0.2))
    assert kept.after_test(measured(Estimate(5.3, 0.4), Estimate(3.1, 0.4)), mixed=True) is kept
    surer = measured(Estimate(5.1, 0.1), Estimate(3.1, 0.1))
    assert kept.after_test(surer, mixed=True).log_z == surer.log_z
    other = measured(Estimate(9.0, 0.5), Estimate(2.0, 0.5))
    assert kept.after_test(other, mixed=True).s == other.s
    bounds = measured(Estimate.between(-8.0, 9.0), Estimate.between(0.0, 9.0))
    assert bounds.after_test(other, mixed=True).log_z == other.log_z
    # A later test that mixes ends the doubt that one before has left.
    assert kept.after_test(bounds, mixed=False).after_test(surer, mixed=True).log_z == surer.log_z


def test_a_sum_over_all_states_is_in_no_doubt() -> None:
    exact = measured(Estimate(5.0, 0.0), Estimate(3.0, 0.0))
    assert exact.after_test(measured(Estimate.between(0.0, 9.0), Estimate(1.0, 1.0)), mixed=False) is exact
