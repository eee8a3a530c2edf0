"""Minima and the tree of their passes are compared with the enumeration of small spaces."""

import itertools

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.csgraph
import torch

from landscape_app.physics.base_measure import GaussianBase, ProductBase
from landscape_app.physics.disconnectivity import LowestRoutes, disconnectivity
from landscape_app.physics.hamiltonian import Hamiltonian, Target
from landscape_app.physics.minima import Descent
from landscape_app.physics.space import Levels, Line
from tests.physics.exact import all_states, base_log_prob, coupled_target, state_index
from tests.physics.passes import pass_between

SPACES = [Levels((2,), 9), Levels((3,), 7), Levels((2, 2), 5)]


def neighbours_of(state: np.ndarray, levels: int) -> list[np.ndarray]:
    """States one level away at one site, written out."""
    found = []
    for site, change in itertools.product(range(len(state)), (-1, 1)):
        other = state.copy()
        other[site] += change
        if 0 <= other[site] < levels:
            found.append(other)
    return found


def enumerated(space: Levels, seed: int) -> tuple[Target, np.ndarray, np.ndarray]:
    """A target, its states and −log P of each but for log Z, by hand."""
    target, term = coupled_target(space, seed)
    states = all_states(space)
    return target, states, term.exact_energy(states) - base_log_prob(target.base_measure, states)


def descend_by_hand(
    state: np.ndarray, energy: dict[tuple[float, ...], float], levels: int
) -> tuple[float, ...]:
    """Steepest descent, a state at a time."""
    while True:
        best = min(neighbours_of(state, levels), key=lambda other: energy[tuple(other)])
        if energy[tuple(best)] >= energy[tuple(state)]:
            return tuple(state)
        state = best


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_descent_from_every_state_finds_exactly_the_minima_and_their_basins(space: Levels) -> None:
    target, states, exact = enumerated(space, 11)
    energy = dict(zip(map(tuple, states), exact, strict=True))
    arrivals = [descend_by_hand(state, energy, space.levels) for state in states]
    x = torch.as_tensor(states, dtype=torch.float32).reshape(-1, *space.shape)
    descent = Descent(target, x)
    for share in descent.run():
        assert 0 <= share <= 1
    assert descent.arrived == 1.0
    minima = descent.minima()
    found = [tuple(row) for row in minima.x.flatten(1).numpy().astype(float)]
    assert sorted(found) == sorted(set(arrivals))
    assert len(found) > 1
    assert dict(zip(found, minima.counts.tolist(), strict=True)) == {m: arrivals.count(m) for m in found}
    np.testing.assert_allclose(minima.energy, [energy[m] for m in found], atol=1e-4)
    assert (minima.energy.diff() >= 0).all()
    np.testing.assert_array_equal(minima.x[minima.basins].flatten(1), descent.x.flatten(1))


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_a_shortlist_ends_only_at_minima(space: Levels) -> None:
    target, states, exact = enumerated(space, 11)
    energy = dict(zip(map(tuple, states), exact, strict=True))
    x = torch.as_tensor(states, dtype=torch.float32).reshape(-1, *space.shape)
    descent = Descent(target, x, shortlist=2)
    for _ in descent.run():
        pass
    for end in {tuple(row) for row in descent.x.flatten(1).numpy().astype(float)}:
        assert all(energy[tuple(o)] >= energy[end] - 2e-3 for o in neighbours_of(np.array(end), space.levels))
    np.testing.assert_allclose(descent.energy, target.surprisal(descent.x), atol=1e-4)


def test_on_a_smooth_energy_a_shortlist_takes_the_steepest_way() -> None:
    space = Levels((4,), 33)
    ramp = torch.linspace(-1, 1, 33)
    wells = zip((5.0, 7.3, 8.9, 11.7), (-0.53, 0.02, 0.31, 0.77), strict=True)
    table = torch.stack([-stiffness * (ramp - centre) ** 2 for stiffness, centre in wells])
    target = Target(ProductBase(space, table), Hamiltonian([]))
    x = space.from_index(torch.randint(0, 33, (12, 4), generator=torch.Generator().manual_seed(0)))
    exact, quick = Descent(target, x), Descent(target, x, shortlist=2)
    while exact.step():
        quick.step()
        np.testing.assert_array_equal(exact.x, quick.x)
    np.testing.assert_array_equal(exact.minima().x[0], [8, 16, 21, 28])


def test_descent_needs_levels() -> None:
    with pytest.raises(ValueError, match="descent on levels"):
        Descent(Target(GaussianBase.standard(Line((2,))), Hamiltonian([])), torch.zeros(1, 2))


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_tree_of_passes_agrees_with_flooding_the_whole_space(space: Levels) -> None:
    target, states, energy = enumerated(space, 11)
    x = torch.as_tensor(states, dtype=torch.float32).reshape(-1, *space.shape)
    descent = Descent(target, x)
    for _ in descent.run():
        pass
    minima = descent.minima()
    where = state_index(minima.x, space)
    edges = np.array(
        [
            (i, j)
            for i, state in enumerate(states)
            for other in neighbours_of(state, space.levels)
            if (j := int(state_index(torch.as_tensor(other[None]).reshape(1, *space.shape), space)[0])) > i
        ]
    )
    tops = energy[edges].max(1)
    pairs = np.array(list(itertools.combinations(range(len(where)), 2)))
    exact = []
    routes = LowestRoutes(len(states), edges, tops)
    for a, b in pairs:
        route = routes.between(int(where[a]), int(where[b]))
        assert route is not None
        assert route.top == pytest.approx(energy[route.states].max())
        exact.append(flood(energy, edges, int(where[a]), int(where[b])))
        assert route.top == pytest.approx(exact[-1])
    tree = disconnectivity(minima.energy.numpy(), pairs, np.array(exact))
    assert len(tree.merges) == len(where) - 1
    for (a, b), expected in zip(pairs, exact, strict=True):
        assert pass_between(tree, int(a), int(b)) == pytest.approx(expected)
    assert sorted(tree.order) == list(range(len(where)))


def flood(energy: np.ndarray, edges: np.ndarray, start: int, end: int) -> float:
    """The lowest level at which one state is connected to another, by bisection over all levels."""
    levels = np.sort(energy)
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high) // 2
        i, j = edges[(energy[edges] <= levels[middle]).all(1)].T
        graph = scipy.sparse.coo_array((np.ones(len(i)), (i, j)), shape=(len(energy),) * 2)
        _, part = scipy.sparse.csgraph.connected_components(graph, directed=False)
        low, high = (low, middle) if part[start] == part[end] else (middle + 1, high)
    return float(levels[low])


def test_branches_of_a_tree_do_not_cross_and_a_group_lies_between_its_parts() -> None:
    energies = np.array([0.0, 1.0, 2.0, 0.5, 1.5])
    edges = np.array([[0, 1], [0, 2], [1, 2], [2, 3], [3, 4], [0, 4]])
    tree = disconnectivity(energies, edges, np.array([3.0, 5.0, 4.0, 9.0, 2.0, 8.0]))
    assert [merge.energy for merge in tree.merges] == [2.0, 3.0, 4.0, 8.0]
    groups = [{i} for i in range(5)]
    for merge in tree.merges:
        groups.append(groups[merge.left] | groups[merge.right])
        places = sorted(int(np.flatnonzero(tree.order == i)[0]) for i in groups[-1])
        assert places == list(range(places[0], places[0] + len(places)))
        low, high = sorted(tree.positions[[merge.left, merge.right]])
        assert low < tree.positions[5 + tree.merges.index(merge)] < high
    assert pass_between(tree, 1, 3) == 8.0


def test_minima_that_nothing_joins_are_trees_of_their_own() -> None:
    tree = disconnectivity(np.array([1.0, 0.0, 2.0]), np.array([[0, 2]]), np.array([3.0]))
    assert tree.order.tolist() == [1, 0, 2]
    assert pass_between(tree, 0, 1) == np.inf
    assert LowestRoutes(3, np.array([[0, 2]]), np.array([3.0])).between(0, 1) is None
