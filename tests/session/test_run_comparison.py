"""Comparisons of runs against sums over all states, and against numpy over repeats."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landscape_app.physics.estimate import Estimate
from landscape_app.physics.exact import ExactModel
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.run_file import read_run, write_run
from landscape_app.session.checkpoint import open_session
from landscape_app.session.comparison_table import difference_in_words
from landscape_app.session.run_comparison import (
    Repeats,
    differing,
    gathered,
    mean_over_repeats,
    nats_difference,
    read_to_compare,
)
from tests.small_runs import small_run


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three repeats, a run of other settings, and one of other held-out items."""
    folder = tmp_path_factory.mktemp("compared")
    return {
        "a1": small_run(folder / "a1.h5", seed=1),
        "a2": small_run(folder / "a2.h5", seed=2),
        "a3": small_run(folder / "a3.h5", seed=3),
        "b": small_run(folder / "b.h5", seed=1, fit="mean-field", fresh=True),
        "other": small_run(folder / "other.h5", seed=1, held_out=30),
    }


def surprisals(path: Path) -> np.ndarray:
    """−log P of the held-out items by a sum over all states, the validation items first, shape (2, 20)."""
    session = open_session(path, "cpu", 2)
    log_z = float(ExactModel(session.model.target).at().log_partition)
    sets = (session.validation_items, session.test_items)
    return np.array([session.model.target.surprisal(x).double().numpy() + log_z for x in sets])


def test_the_difference_of_two_runs_is_that_of_the_same_items(files: dict[str, Path]) -> None:
    one, other = (Repeats((read_to_compare(files[name]),)) for name in ("b", "a1"))
    found = nats_difference(one, other)
    gain = surprisals(files["b"]) - surprisals(files["a1"])
    assert found.nats is not None
    assert found.nats.value == pytest.approx(gain[1].mean(), abs=1e-5)
    assert found.nats.error == pytest.approx(gain.std(ddof=1) / math.sqrt(20), rel=1e-4)
    assert (found.judged, found.items, found.is_paired, found.reason) == ("test", 20, True, "")
    back = nats_difference(other, one).nats
    assert back is not None
    assert back.value == pytest.approx(-found.nats.value)


def test_repeats_have_the_error_of_their_spread_beside_that_of_the_items(files: dict[str, Path]) -> None:
    runs = [read_to_compare(files[name]) for name in ("a1", "b", "a2", "a3")]
    repeats, other = gathered(runs)
    assert [run.summary.path.stem for run in repeats.runs] == ["a1", "a2", "a3"]
    assert repeats.seeds == (1, 2, 3)
    of_repeats = np.array([surprisals(files[name]) for name in ("a1", "a2", "a3")])
    tests = of_repeats[:, 1].mean(1)
    gain = of_repeats.mean(0) - surprisals(files["b"])
    found = nats_difference(repeats, other).nats
    assert found is not None
    assert found.value == pytest.approx(gain[1].mean(), abs=1e-5)
    error = math.hypot(gain.std(ddof=1) / math.sqrt(20), tests.std(ddof=1) / math.sqrt(3))
    assert found.error == pytest.approx(error, rel=1e-3)
    mean = repeats.mean(lambda run: None if run.measurement is None else run.measurement.test)
    assert mean is not None
    assert mean.value == pytest.approx(tests.mean(), abs=1e-5)
    assert mean.error == pytest.approx(tests.std(ddof=1) / math.sqrt(3), rel=1e-3)


def test_settings_that_differ_are_told_and_no_others(files: dict[str, Path]) -> None:
    groups = gathered([read_to_compare(files[name]) for name in ("a1", "b", "a2")])
    assert differing(groups) == {"fit": ["persistent", "mean-field"]}
    assert differing(groups[:1]) == {}
    other = gathered([read_to_compare(files[name]) for name in ("a1", "other")])
    assert list(differing(other)) == ["held_out_items_sha256"]


def test_a_copy_is_no_repeat(files: dict[str, Path]) -> None:
    runs = [read_to_compare(files[name]) for name in ("a1", "a2", "a1")]
    assert [group.seeds for group in gathered(runs)] == [(1, 2), (1,)]
    one, two, copy = (Repeats((run,)) for run in runs)
    same = nats_difference(copy, one)
    assert same.is_same
    assert difference_in_words(same, one) == "none: the same model"
    assert not nats_difference(two, one).is_same


def test_other_items_and_other_data_are_not_compared(files: dict[str, Path]) -> None:
    one, other = (Repeats((read_to_compare(files[name]),)) for name in ("a1", "other"))
    found = nats_difference(one, other)
    assert (found.nats, found.reason) == (None, "other items are held out")
    run = one.runs[0]
    items = run.dataset.items.copy()
    items[0] *= -1
    strange = Repeats((replace(run, dataset=replace(run.dataset, items=items)),))
    assert nats_difference(one, strange).reason == "the data are not the same"
    empty = Repeats((replace(run, summary=replace(run.summary, figures={})),))
    assert nats_difference(one, empty).reason == "a run has not been measured yet"


def test_models_that_are_not_the_measured_ones_are_not_paired(files: dict[str, Path], tmp_path: Path) -> None:
    state = read_run(files["b"])
    moved = {n: a + 0.1 if n.startswith("model/") else a for n, a in state.arrays.items()}
    write_run(tmp_path / "moved.h5", replace(state, arrays=moved))
    going = {n: a for n, a in state.arrays.items() if not n.startswith("kept/")}
    going |= {
        f"measurements/{n[5:]}": np.array([a]) for n, a in state.arrays.items() if n.startswith("kept/")
    }
    write_run(tmp_path / "going.h5", replace(state, arrays=going))
    first = Repeats((read_to_compare(files["a1"]),))
    for name, reason in (
        ("moved.h5", "does not hold the model that was measured"),
        ("going.h5", "has not come to its end"),
    ):
        group = Repeats((read_to_compare(tmp_path / name),))
        found = nats_difference(group, first)
        assert not found.is_paired
        assert reason in found.reason
        measured = [run.runs[0].measurement for run in (group, first)]
        tests = [one.test for one in measured if one is not None and one.test is not None]
        assert found.nats is not None
        assert found.nats.value == pytest.approx(tests[0].value - tests[1].value)
        assert found.nats.error == pytest.approx(math.hypot(tests[0].error, tests[1].error))


def test_bounds_of_a_difference_and_of_a_mean_hold_what_the_parts_allow() -> None:
    bracket, number = Estimate.between(1.0, 2.0), Estimate(5.0, 0.5)
    assert bracket.minus(number)[2:] == (1.0 - 6.0, 2.0 - 4.0)
    assert number.minus(bracket)[2:] == (4.0 - 2.0, 6.0 - 1.0)
    assert mean_over_repeats([bracket, number])[2:] == ((1.0 + 4.0) / 2, (2.0 + 6.0) / 2)
    assert mean_over_repeats([number]) == number
    assert math.isinf(Estimate.between(-math.inf, 2.0).minus(number).low)


def test_a_damaged_file_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    image = bytearray(files["b"].read_bytes())
    image[-1] ^= 1
    (tmp_path / "damaged.h5").write_bytes(image)
    with pytest.raises(RunFileError, match="damaged"):
        read_to_compare(tmp_path / "damaged.h5")
