"""Fixed sites: whatever the energy, and on every path and descent, by enumeration."""

import math

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.csgraph
import torch
from torch import Tensor

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import KERNELS, kernels_for
from landscape_app.physics.minima import Descent
from landscape_app.physics.paths import ElasticBands, straight_paths, walk_on_levels
from landscape_app.physics.relaxation import RelaxedTarget
from landscape_app.physics.space import Levels
from tests.physics.exact import (
    LEAST_P_VALUE,
    CoupledLevels,
    all_states,
    base_log_prob,
    boltzmann,
    coupled_target,
    draw,
    p_value,
    random_base,
)

SPACE = Levels((2, 2), 5)
MASK = torch.tensor([[True, False], [False, False]])
VALUES = torch.tensor([[3.0, 0.0], [0.0, 0.0]])


class Pull:
    """A steep slope: 1e6 nats a level."""

    def energy(self, x: Tensor) -> Tensor:
        """−1e6 Σ_i x_i, shape (batch,)."""
        return -1e6 * x.flatten(1).sum(1)


def clamped_target(seed: int = 3) -> tuple[Target, np.ndarray, np.ndarray]:
    """A coupled target with one of four sites held, the states that are left, and −log P of each by hand."""
    target, term = coupled_target(SPACE, seed)
    states = all_states(SPACE)
    states = states[states[:, 0] == 3]
    table = target.base_measure.log_probabilities.double().numpy()
    energy = term.exact_energy(states) - (base_log_prob(target.base_measure, states) - table[0, 3])
    return target._replace(base_measure=target.base_measure.clamped(MASK, VALUES)), states, energy


def is_minimum(i: int, states: np.ndarray, energy: np.ndarray) -> bool:
    near = np.abs(states - states[i]).sum(1) == 1
    return bool((energy[near] > energy[i]).all())


@pytest.mark.parametrize("kernel", sorted(kernels_for(coupled_target(SPACE, 1)[0])))
def test_no_slope_drives_chains_off_what_is_held(kernel: str) -> None:
    target = Target(random_base(SPACE, 2).clamped(MASK, VALUES), Hamiltonian([WeightedTerm(1.0, Pull())]))
    generator = torch.Generator().manual_seed(0)
    chains = Chains(target.base_measure.sample(64, generator), target, KERNELS[kernel](), generator)
    chains.run(300)
    assert bool((chains.x[:, 0, 0] == 3).all())
    # Everything that is free has followed the slope.
    assert float(chains.x.flatten(1)[:, 1:].mean()) > 3.9


def test_a_clamped_base_knows_what_it_holds_on_every_device_and_leaves_the_rest() -> None:
    base = random_base(SPACE, 2)
    assert not bool(base.fixed_sites.any())
    x = base.sample(9)
    assert torch.equal(base.with_fixed_sites(x), x)
    twice = base.clamped(MASK, VALUES).clamped(MASK.flip(1), VALUES.flip(1)).to("cpu")
    assert twice.fixed_sites.tolist() == [True, True, False, False]
    fixed = twice.with_fixed_sites(x)
    assert bool((fixed[:, 0] == 3).all())
    assert torch.equal(fixed[:, 1], x[:, 1])
    assert twice.entropy().value == pytest.approx(
        float(-(base.log_probabilities[2:].exp() * base.log_probabilities[2:]).sum()), rel=1e-5
    )


@pytest.mark.parametrize("shortlist", [None, 2])
def test_descents_end_in_the_minima_of_what_is_left(shortlist: int | None) -> None:
    target, states, energy = clamped_target()
    every = torch.as_tensor(all_states(SPACE), dtype=torch.float32).view(-1, 2, 2)
    descent = Descent(target, every, shortlist=shortlist)
    list(descent.run())
    minima = descent.minima()
    expected = [i for i in range(len(states)) if is_minimum(i, states, energy)]
    expected.sort(key=lambda i: energy[i])
    np.testing.assert_array_equal(minima.x.flatten(1).numpy(), states[expected])
    np.testing.assert_allclose(minima.energy.numpy(), energy[expected], atol=1e-5)


def test_a_descent_with_nothing_free_is_where_it_has_to_be() -> None:
    base = ProductBase.uniform(SPACE).clamped(torch.ones(2, 2, dtype=torch.bool), VALUES)
    descent = Descent(Target(base, Hamiltonian([])), torch.zeros(3, 2, 2), shortlist=16)
    assert descent.arrived == 1.0
    assert not descent.step()
    assert torch.equal(descent.x, VALUES.expand(3, 2, 2))


def test_bands_and_walks_keep_what_is_held_and_pass_no_lower_than_flooding() -> None:
    target, states, energy = clamped_target(7)
    surface = RelaxedTarget(target)
    # At every state the relaxed energy is that of the levels.
    x = torch.as_tensor(states, dtype=torch.float32)
    np.testing.assert_allclose(surface.energy(x).numpy(), energy, atol=1e-4)
    minima = [i for i in range(len(states)) if is_minimum(i, states, energy)]
    first, last = sorted(minima, key=lambda i: energy[i])[:2]
    ends = torch.as_tensor(states[[first, last]], dtype=torch.float32)
    ends[:, 0] = torch.tensor([0.0, 4.0])
    bands = ElasticBands(surface, straight_paths(ends[:1], ends[1:], 9), spring=0.3)
    for _ in bands.run(100):
        pass
    path = bands.paths.x[0]
    assert bool((path[:, 0] == 3).all())
    assert bool(torch.isfinite(bands.paths.energy).all())
    walk = walk_on_levels(target, path)
    assert bool((walk.x[:, 0, 0] == 3).all())
    edges = np.argwhere(np.abs(states[:, None] - states[None]).sum(2) == 1)
    heights = energy[edges].max(1) - energy.min() + 1
    graph = scipy.sparse.coo_matrix((heights, edges.T), (len(states),) * 2)
    tree = scipy.sparse.csgraph.minimum_spanning_tree(graph)
    order, before = scipy.sparse.csgraph.depth_first_order(tree, first, directed=False)
    assert last in order
    tree, top, at = (tree + tree.T).tocsr(), 0.0, last
    while at != first:
        top, at = max(top, tree[at, before[at]]), before[at]
    assert walk.top >= top + energy.min() - 1 - 1e-4


SMALL = Levels((2, 2), 3)


@pytest.mark.parametrize("kernel", sorted(kernels_for(coupled_target(SMALL, seed=1)[0])))
def test_chains_under_a_clamped_base_sample_the_conditional_distribution(kernel: str) -> None:
    base, term = random_base(SMALL, 3), CoupledLevels(SMALL, 4)
    mask = torch.tensor([[True, False], [False, False]])
    values = torch.tensor([[2.0, 0.0], [0.0, 0.0]])
    clamped = base.clamped(mask, values)
    p = boltzmann(base, term.exact_energy(all_states(SMALL)))
    p = np.where(all_states(SMALL)[:, 0] == 2, p, 0.0)
    p /= p.sum()
    target = Target(clamped, Hamiltonian([WeightedTerm(1.0, term)]))
    generator = torch.Generator().manual_seed(2)
    chains = Chains(draw(p, 20_000, SMALL, seed=1), target, KERNELS[kernel](), generator, adapt=False)
    chains.run(15)
    assert bool((chains.x[:, 0, 0] == 2).all())
    assert p_value(chains.x, p, SMALL) > LEAST_P_VALUE


def test_samples_of_a_clamped_base_have_the_values() -> None:
    base = random_base(SMALL, 3)
    mask = torch.tensor([[True, False], [False, True]])
    values = torch.tensor([[2.0, 9.0], [9.0, 1.0]])
    with pytest.raises(ValueError, match="fixed values must be levels"):
        base.clamped(mask, values)
    values[~mask] = 0
    x = base.clamped(mask, values).sample(5_000, torch.Generator().manual_seed(0))
    assert bool((x[:, 0, 0] == 2).all())
    assert bool((x[:, 1, 1] == 1).all())
    q = base.log_probabilities.exp()[1].numpy()
    found = np.bincount(x[:, 0, 1].int().numpy(), minlength=3) / 5_000
    np.testing.assert_allclose(found, q, atol=4 * math.sqrt(0.25 / 5_000))


def test_a_clamp_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="expected \\(2, 2\\)"):
        ProductBase.uniform(SMALL).clamped(torch.ones(3, dtype=torch.bool), torch.zeros(3))
