"""The problems that come with the application: their data, against what each says of itself."""

import numpy as np
import pytest
import torch

from landscape_app.data.dataset import Kind
from landscape_app.data.letters import ROWS
from landscape_app.learning.closed_form import Projection
from landscape_app.physics.kernels import KERNELS
from landscape_app.problems import PROBLEMS, binary_digits, digits, ising, letters, points
from landscape_app.problems.model import build_space
from landscape_app.problems.problem import Problem

SHIPPED = [problem for problem in PROBLEMS.values() if problem.load is not None]


def test_every_problem_is_known_by_its_name() -> None:
    for name, problem in PROBLEMS.items():
        assert problem.name == problem.defaults.problem == name


@pytest.mark.parametrize("problem", SHIPPED, ids=lambda problem: problem.name)
def test_its_kernel_moves_in_the_space_of_its_data_and_its_training_ends(problem: Problem) -> None:
    assert problem.load is not None
    space = build_space(problem.load())
    assert isinstance(space, KERNELS[problem.defaults.kernel].serves)
    assert problem.seconds or problem.defaults.planned_epochs


def test_digits_are_images_of_seventeen_levels() -> None:
    assert digits.DIGITS.load is not None
    data = digits.DIGITS.load()
    assert (data.kind, data.levels, data.items.shape[1:]) == (Kind.LEVELS, 17, (8, 8))
    assert len(data.training) == 200


def test_spins_are_correlated_as_neighbours_of_an_ising_lattice() -> None:
    assert ising.ISING.load is not None
    items = ising.ISING.load().items.astype(float)
    assert set(np.unique(items)) == {-1.0, 1.0}
    neighbours = (items * np.roll(items, 1, axis=2)).mean()
    diagonal = (items * np.roll(items, (1, 1), axis=(1, 2))).mean()
    assert neighbours > diagonal > 0


def test_letters_are_remembered_and_damaged_ones_come_back() -> None:
    """The projection rule: every letter is a minimum, and from the held-out copies descents lead to the letters."""
    assert letters.LETTERS.load is not None
    data = letters.LETTERS.load()
    patterns = torch.as_tensor(data.training_items).flatten(1)
    assert len(patterns) == len(ROWS)
    assert (patterns[:, :8] == torch.tensor([int(b) * 2 - 1 for b in "00011000"])).all(1).any()
    couplings, fields = Projection.solution(patterns.double())
    s = torch.as_tensor(data.held_out_items).flatten(1).double()
    for _ in range(20):
        for i in range(64):
            pull = s @ couplings[i] + fields[i]
            s[:, i] = torch.where(pull == 0, s[:, i], pull.sign())
    overlap = (s @ patterns.double().T / 64).max(1).values
    assert float((overlap == 1).double().mean()) > 0.8


def test_rings_are_two_and_points_are_the_users_own() -> None:
    assert points.RINGS.load is not None
    radius = np.linalg.norm(points.RINGS.load().items, axis=1)
    counts, _ = np.histogram(radius, 30)
    inner = counts.argmax()
    assert points.POINTS.load is None
    # Between the two rings there is a gap.
    assert (counts[:inner].min() if inner > 15 else counts[inner:25].min()) < 0.2 * counts.max()


def test_digits_as_spins_are_up_where_there_is_half_of_the_ink() -> None:
    assert binary_digits.BINARY_DIGITS.load is not None
    assert digits.DIGITS.load is not None
    spins, grey = binary_digits.BINARY_DIGITS.load(), digits.DIGITS.load()
    assert spins.kind is Kind.SPINS
    np.testing.assert_array_equal(spins.items == 1, grey.items >= 8)
    np.testing.assert_array_equal(spins.training, grey.training)
    np.testing.assert_array_equal(spins.labels, grey.labels)
