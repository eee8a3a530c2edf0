"""Data sets of every kind, and those that are drawn: against closed forms and the physics room's own Ising model."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.data.dataset import ColumnMeaning, Dataset, Kind
from landscape_app.data.digits import load_digits
from landscape_app.data.importing import open_rows
from landscape_app.data.importing.table_data import import_points
from landscape_app.data.synthetic import ising, rings, two_gaussians
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins

MANY = 20_000


def agrees(sample: np.ndarray, mean: float, deviation: float) -> None:
    """Its mean is the one expected, within four standard errors."""
    assert sample.mean() == pytest.approx(mean, abs=4 * deviation / math.sqrt(len(sample)))


def test_two_gaussians_have_their_moments() -> None:
    x = two_gaussians(MANY).items[:, 0].astype(float)
    assert len(x) == 2 * MANY
    agrees(x, 0.0, math.sqrt(0.5 * (4.25 + 5)))
    agrees(x[x > 0] > 2, 0.5 / (1 - 0.02275), 0.5)
    agrees(x[x < -1] < -2, 0.5 / 0.97725, 0.5)
    agrees(x < 0, 0.5 * (1 + 0.02275), 0.5)


def test_rings_have_their_radii_and_no_direction() -> None:
    x = rings(MANY).items.astype(float)
    radius = np.linalg.norm(x, axis=1)
    small = radius < 1.75
    agrees(small, 0.5, 0.5)
    agrees(radius[small], 1.0, 0.15)
    agrees(radius[~small], 2.5, 0.15)
    assert radius[small].std() == pytest.approx(0.15, rel=0.03)
    for axis in (0, 1):
        agrees(x[:, axis] / radius, 0.0, math.sqrt(0.5))


@pytest.mark.parametrize("coupling", [0.4, -0.3])
def test_ising_samples_have_the_energy_and_magnetisation_of_the_model(coupling: float) -> None:
    spins = torch.as_tensor(ising(coupling, 3, MANY).items).float()
    lattice = Ising((3, 3), coupling)
    model = ExactModel(Target(ProductBase.uniform(Spins((3, 3))), Hamiltonian([WeightedTerm(1.0, lattice)])))
    for f in (lattice.energy, lambda x: x.flatten(1).mean(1).square(), lambda x: x[:, 0, 0] * x[:, 1, 2]):
        exact = float(model.mean(f))
        deviation = math.sqrt(float(model.mean((f(model.x) - exact) ** 2)))
        agrees(f(spins).double().numpy(), exact, deviation)


@pytest.mark.parametrize(("coupling", "side"), [(math.inf, 4), (0.4, 5), (0.4, 1)])
def test_lattices_that_cannot_be_listed_are_refused(coupling: float, side: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        ising(coupling, side)


def test_a_seed_draws_the_same_data_and_another_one_others() -> None:
    for draw in (two_gaussians, rings):
        np.testing.assert_array_equal(draw(20, seed=1).items, draw(20, seed=1).items)
        assert not np.array_equal(draw(20, seed=1).items, draw(20, seed=2).items)


def test_a_fifth_of_ones_own_points_is_held_out_always_the_same() -> None:
    points = np.random.default_rng(0).normal(size=(50, 2))
    one, other = Dataset.of_points(points), Dataset.of_points(points.tolist())
    assert (one.kind, one.labels, one.shipped) == (Kind.POINTS, None, False)
    assert (len(one.training), len(one.held_out)) == (40, 10)
    np.testing.assert_array_equal(one.training, other.training)
    np.testing.assert_array_equal(one.items, points.astype(np.float32))
    assert Dataset.of_points([1.0, 2.0, 5.0]).items.shape == (3, 1)
    with pytest.raises(ValueError, match="'points' has no classes"):
        _ = one.training_labels


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([[1.0, 2.0], [3.0, 4.0]], "n of 3 at least"),
        (np.zeros((3, 2, 2)), "n of 3 at least"),
        ([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0]], "finite"),
        (np.full((3, 2), 0x7FA00000, np.uint32).view(np.float32), "finite"),
        ([["a", "b"]] * 3, "array of numbers"),
        ([[1.0, 2.0], [1.0, 4.0], [1.0, 6.0]], "standard deviation of 0.001 to 10000"),
        ([1e9, 2e9, 3e9], "standard deviation"),
        ([1e8, 1e8 + 1, 1e8 + 2], "too far from zero"),
        (np.broadcast_to(np.arange(1_000.0)[:, None], (1_000, 50_001)), "50,000,000 numbers"),
    ],
    ids=range(9),
)
def test_points_that_cannot_be_learned_are_refused(points: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Dataset.of_points(points)  # type: ignore[arg-type]


def test_a_data_set_says_how_many_of_what_it_is() -> None:
    digits = load_digits()
    assert digits.summary == f"{len(digits.items):,} items of 8 × 8, 17 levels"
    assert ising(samples=20).summary == "40 items of 4 × 4"
    points = Dataset.of_points([1.0, 2.0, 4.0])
    assert points.summary == "3 items of 1"
    assert replace(points, columns=(ColumnMeaning("height"),)).summary == "3 rows of 1 column, as points"


def test_points_are_read_as_text_and_as_an_array(tmp_path: Path) -> None:
    points = np.array([[1.5, -2.0], [0.0, 3.25], [7.0, 1e-3]])
    (tmp_path / "some.csv").write_text("﻿# x, y\n1.5,-2\n0,3.25\n7,1e-3\n", encoding="utf-8")
    np.save(tmp_path / "other.npy", points)
    for name in ("some.csv", "other.npy"):
        dataset = import_points(open_rows(tmp_path / name)).dataset
        np.testing.assert_array_equal(dataset.items, points.astype(np.float32))
        assert dataset.name == name.partition(".")[0]


def test_an_array_that_is_no_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}]), allow_pickle=True)
    (tmp_path / "empty.npy").write_bytes(b"")
    for name in ("objects.npy", "empty.npy"):
        with pytest.raises(ValueError, match=name.replace(".", r"\.")):
            open_rows(tmp_path / name)


def test_half_of_every_class_that_is_held_out_validates_and_half_tests() -> None:
    data = load_digits()
    validates = data.in_validation
    assert data.has_test
    assert data.judging_set == "test"
    counts = [np.bincount(data.held_out_labels[part], minlength=10) for part in (validates, ~validates)]
    assert (abs(counts[0] - counts[1]) <= 1).all()


@pytest.mark.parametrize("folds", [2, 5, 7])
def test_every_item_is_in_one_fold_and_the_rest_keeps_its_part(folds: int) -> None:
    data = load_digits().with_training(300)
    parts = [data.without_fold(fold, folds) for fold in range(folds)]
    left_out = np.concatenate([items for _, items in parts])
    assert sorted(map(bytes, left_out)) == sorted(map(bytes, data.items))
    for left, items in parts:
        assert sorted(map(bytes, [*items, *left.items])) == sorted(map(bytes, data.items))
        assert set(map(bytes, left.training_items)) <= set(map(bytes, data.training_items))
        counts = np.bincount(left.training_labels, minlength=10)
        assert (abs(counts - 30 * (1 - 1 / folds)) <= 2).all()
    with pytest.raises(ValueError, match="make 2 to"):
        data.without_fold(0, 1)


@pytest.mark.parametrize(("held_out", "tests"), [(19, 0), (20, 10), (60, 30)])
def test_a_test_set_has_ten_items_at_least(held_out: int, tests: int) -> None:
    items = np.arange(10 + held_out, dtype=np.float32)[:, None]
    data = Dataset("points", Kind.POINTS, items, np.arange(10), np.arange(10, 10 + held_out))
    assert (~data.in_validation).sum() == tests
    assert data.judging_set == ("test" if tests else "validation")


def mixed(items: list[list[float]], *values: tuple[str, ...]) -> Dataset:
    columns = tuple(ColumnMeaning(f"c{i}", names) for i, names in enumerate(values))
    array = np.array(items, np.float32)
    return Dataset(
        "m", Kind.MIXED, array, np.arange(len(array) - 1), np.array([len(array) - 1]), columns=columns
    )


@pytest.mark.parametrize(
    ("items", "values", "message"),
    [
        ([[0, 0], [2, 1], [1, 2]], [(), ("a", "b")], "whole numbers from 0, each with a name"),
        ([[0, 0], [2, 0.5], [1, 1]], [(), ("a", "b")], "whole numbers from 0, each with a name"),
        ([[0, 0], [2, 1], [1, 1]], [(), ()], "columns of numbers, and of categories"),
        ([[0, 0], [1, 1], [1, 1]], [("a", "b"), ("a", "b")], "columns of numbers, and of categories"),
        ([[0, 0], [2, 0], [1, 0]], [(), ("a",)], "2 to 256 values"),
        ([[0, 0], [0, 1], [0, 1]], [(), ("a", "b")], "standard deviation"),
        ([[0, 0], [2, 1], [1, 1]], [], "need a description of their columns"),
    ],
)
def test_mixed_rows_that_cannot_be_are_refused(
    items: list[list[float]], values: list[tuple[str, ...]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        mixed(items, *values)


def test_mixed_rows_know_their_columns() -> None:
    data = mixed([[0.5, 0], [2, 1], [1, 1]], (), ("no", "yes"))
    assert data.as_json()["columns"] == [{"name": "c0", "type": "number"}, {"name": "c1", "type": "category"}]
    assert (data.levels, data.summary) == (0, "3 rows of 2 columns, as numbers and categories")
