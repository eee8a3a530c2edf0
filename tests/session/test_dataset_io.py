"""Data sets in run files: what is damaged, contradictory or too large is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landscape_app.data.dataset import Dataset
from landscape_app.data.digits import load_digits
from landscape_app.problems.proposal import starting_configuration
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.run_file import read_run, write_run
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.dataset_io import carried, carried_dataset
from landscape_app.session.session import Session


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    points = np.random.default_rng(0).normal(size=(30, 2))
    dataset = Dataset.of_points(points)
    configuration = replace(starting_configuration(dataset), chains=4, hidden=(4,))
    path = tmp_path_factory.mktemp("carried") / "run.h5"
    save_session(Session(configuration, "cpu", 2, dataset), path)
    return path


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("data/points", np.zeros((30, 13_000), np.float32), "may have 12,288 numbers"),
        ("data/points", np.full((30, 2), np.nan, np.float32), "finite"),
        ("data/points", np.full((30, 2), 0x7FA00000, np.uint32).view(np.float32), "finite"),
        ("data/points", np.zeros((30, 2), np.float32), "standard deviation"),
        ("data/points", np.random.default_rng(0).normal(size=(30, 2)), "must be float32"),
        (
            "data/points",
            np.random.default_rng(0).normal(size=(29, 2)).astype(np.float32),
            "either for training",
        ),
        ("data/training", np.arange(30), "either for training"),
        ("data/training", np.arange(24) + 1e9, "whole numbers"),
        ("data/training", np.arange(24) + 10**12, "either for training"),
        ("data/labels", np.full(30, np.nan), "labels and number of levels must be whole numbers"),
        ("data/level_count", np.array(np.inf), "must be whole numbers"),
        ("data/labels", np.full(30, 10**6), "label from 0 to 999"),
        ("data/labels", np.zeros(3, np.int64), "label from 0 to 999"),
        ("data/spins", np.ones((30, 2), np.int8), "one kind only"),
    ],
)
def test_data_that_cannot_be_are_refused(
    run: Path, tmp_path: Path, name: str, array: np.ndarray, message: str
) -> None:
    state = read_run(run)
    write_run(tmp_path / "strange.h5", replace(state, arrays={**state.arrays, name: array}))
    with pytest.raises(RunFileError, match=message):
        open_session(tmp_path / "strange.h5", "cpu")


@pytest.mark.parametrize(
    "name",
    [
        "data/points",
        "data/training",
        "data/held_out",
        "base_measure/mean",
        "base_measure/factor",
        "trainer/ensemble/x",
    ],
)
def test_a_run_without_one_of_its_arrays_is_refused(run: Path, tmp_path: Path, name: str) -> None:
    state = read_run(run)
    arrays = {n: a for n, a in state.arrays.items() if n != name}
    write_run(tmp_path / "strange.h5", replace(state, arrays=arrays))
    with pytest.raises(RunFileError):
        open_session(tmp_path / "strange.h5", "cpu")


def test_chains_that_are_not_numbers_are_refused(run: Path, tmp_path: Path) -> None:
    state = read_run(run)
    lost = np.full_like(state.arrays["trainer/ensemble/x"], np.inf)
    write_run(tmp_path / "strange.h5", replace(state, arrays={**state.arrays, "trainer/ensemble/x": lost}))
    with pytest.raises(RunFileError, match="not in the space of the line"):
        open_session(tmp_path / "strange.h5", "cpu")


def test_every_kind_of_data_set_comes_back_as_it_was() -> None:
    digits = replace(load_digits(), shipped=False)
    spins = Dataset(
        "s",
        kind=type(digits.kind).SPINS,
        items=np.array([[1, -1], [1, 1], [-1, 1]], np.int8),
        training=np.array([0, 1]),
        held_out=np.array([2]),
    )
    for dataset in (digits, spins, Dataset.of_points([1.0, 2.0, 4.0])):
        again = carried_dataset(dataset.name, carried(dataset))
        assert again is not None
        assert (again.name, again.kind, again.levels) == (dataset.name, dataset.kind, dataset.levels)
        np.testing.assert_array_equal(again.items, dataset.items)
        np.testing.assert_array_equal(again.training, dataset.training)
        if dataset.labels is not None:
            np.testing.assert_array_equal(again.labels, dataset.labels)


def test_what_ships_with_the_application_stays_there() -> None:
    assert carried(load_digits()) == {}
    assert carried_dataset("digits", {}) is None


def test_more_data_than_a_set_may_hold_are_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landscape_app.data.dataset.MOST_VALUES", 59)
    with pytest.raises(RunFileError, match="may hold 59 numbers, this one has 60"):
        open_session(run)
