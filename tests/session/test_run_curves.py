"""Curves of runs: those in the file, and their mean over repeats."""

from pathlib import Path

import numpy as np

from landscape_app.runs import read_run
from landscape_app.runs.catalogue import read_summary
from landscape_app.session.run_curves import TITLES, RunCurve, curves_of, mean_curve
from landscape_app.session.run_list import settings_that_differ
from tests.small_runs import small_run


def curve(epochs: list[float], values: list[float], seconds: float = 2.0) -> RunCurve:
    places = np.array(epochs, float)
    errors, bounded = np.full(len(places), 0.25), np.zeros(len(places), bool)
    return RunCurve(places, seconds * places, np.array(values, float), errors, "nats", bounded)


def test_curves_are_the_metrics_and_measurements_of_the_file(tmp_path: Path) -> None:
    path = small_run(tmp_path / "run.h5", seed=3)
    state = read_run(path)
    curves = curves_of(state)
    assert set(curves) <= set(TITLES)
    rate = curves["acceptance_rate"]
    np.testing.assert_array_equal(rate.values, state.metrics["acceptance_rate"])
    np.testing.assert_array_equal(rate.seconds, state.metrics["seconds"])
    held_out = curves["validation"]
    assert held_out.values[-1] == state.arrays["kept/validation_nats"]
    assert held_out.errors[-1] == np.hypot(
        state.arrays["kept/log_partition_error"], state.arrays["kept/validation_scatter"]
    )
    assert held_out.epochs[-1] == state.arrays["kept/epoch"]
    assert settings_that_differ(read_summary(path)).startswith("seed 3")


def test_the_mean_of_repeats_is_over_the_seeds_where_all_of_them_were() -> None:
    repeats = [curve([0, 2, 4], [8, 4, 0]), curve([1, 2, 3, 9], [6, 6, 6, 6]), curve([0, 4], [0, 4])]
    places, values, reach, bounded = mean_curve(repeats)
    assert bounded is not None
    assert not bounded.any()
    np.testing.assert_array_equal(places, [1, 2, 3, 4])
    table = np.array([[6, 4, 2, 0], [6, 6, 6, 6], [1, 2, 3, 4]])
    np.testing.assert_allclose(values, table.mean(0))
    np.testing.assert_allclose(reach, table.std(0, ddof=1))
    np.testing.assert_array_equal(mean_curve(repeats, by_time=True).places, [2, 4, 6, 8])
    apart = mean_curve([curve([0, 1], [1, 1]), curve([5, 6], [1, 1])])
    assert len(apart.places) == 0


def test_bounds_of_a_repeat_make_bounds_of_the_mean() -> None:
    number, bounds = curve([0, 2], [8, 4]), curve([0, 2], [6, 6])._replace(bounded=np.array([False, True]))
    found = mean_curve([number, bounds])
    assert found.bounded is not None
    assert found.bounded.tolist() == [False, True]
    # 4 within two errors of 0.25, and 6 within bounds 0.25 away: 4.625 to 5.375.
    assert (found.values[1], found.reach[1]) == (5, 0.375)
    assert found.reach[0] == np.std([8, 6], ddof=1)
    (alone,) = [mean_curve([bounds])]
    assert alone.bounded is not None
    assert (alone.bounded.tolist(), alone.reach.tolist()) == ([False, True], [0.25, 0.25])


def test_one_run_keeps_its_errors_and_what_is_no_number_is_left_out() -> None:
    found = mean_curve([curve([0, 1, 3, 2, 3], [5, np.nan, 4, 3, 2])])
    # The model that is kept was measured again.
    assert (found.places.tolist(), found.values.tolist()) == ([0, 2, 3], [5, 3, 2])
    assert found.reach.tolist() == [0.25] * 3
