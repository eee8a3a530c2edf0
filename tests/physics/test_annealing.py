"""Ladders that begin in equilibrium, and the worth of samples that share ancestors, against enumeration."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.physics.annealing import annealed_ladder
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import SingleSite
from landscape_app.physics.resampling import independent_samples
from landscape_app.physics.space import Spins


class TwoWells:
    """Deep wells at all spins up and all spins down, one of them deeper, far apart for single flips.

    Energies differ enough at β = 1 that there are temperatures between it and q.
    """

    def energy(self, x: Tensor) -> Tensor:
        mean = x.flatten(1).mean(1)
        return -10.0 * mean**4 - 0.3 * mean


TARGET = Target(ProductBase.uniform(Spins((10,))), Hamiltonian([WeightedTerm(1.0, TwoWells())]))
EXACT = ExactModel(TARGET)


def exact_chains(n: int, seed: int) -> Chains:
    """Chains that are independent samples of the model."""
    p = EXACT.log_weights(1.0).exp().numpy()
    chosen = np.random.default_rng(seed).choice(len(p), n, p=p / p.sum())
    generator = torch.Generator().manual_seed(seed)
    return Chains(EXACT.x[torch.as_tensor(chosen)], TARGET, SingleSite(), generator)


def facts(x: Tensor) -> Tensor:
    """H and being in the upper well, shape (2, n)."""
    return torch.stack([TARGET.hamiltonian.energy(x).double(), (x.flatten(1).sum(1) > 0).double()])


def exact_facts(beta: float) -> tuple[Tensor, Tensor]:
    """Mean and variance of `facts`."""
    p, f = EXACT.log_weights(beta).exp().double(), facts(EXACT.x)
    mean = f @ p / p.sum()
    return mean, (f - mean.unsqueeze(1)).square() @ p / p.sum()


def deviations(x: Tensor, ancestors: Tensor, beta: float) -> Tensor:
    """How far the means of `facts` are from the exact ones, in the errors that the number of samples' worth has."""
    mean, variance = exact_facts(beta)
    return (facts(x).mean(1) - mean) / (variance / independent_samples(facts(x), ancestors)).sqrt()


@pytest.mark.parametrize("steps", [0, 4, 30])
def test_heated_replicas_leave_exact_chains_exact_from_the_first_step_on(steps: int) -> None:
    squares = torch.zeros(2, dtype=torch.float64)
    for seed in range(6):
        chains = exact_chains(1_000, seed)
        ladder = annealed_ladder(chains, torch.arange(1_000), 1_000, from_base=False)
        ladder.adapt = False
        ladder.run(steps)
        assert independent_samples(facts(ladder.x), ladder.ancestors[-1]) > 100
        squares += deviations(ladder.x, ladder.ancestors[-1], 1.0) ** 2
    # χ² of six degrees of freedom: one in ten thousand is larger.
    assert float(squares.max()) < 27.9


def test_every_temperature_begins_in_equilibrium() -> None:
    squares = torch.zeros(2, dtype=torch.float64)
    rows = 0
    for seed in range(3):
        chains = exact_chains(2_000, seed)
        ladder = annealed_ladder(chains, torch.arange(2_000), 2_000, from_base=False)
        assert torch.equal(ladder.x, chains.x)
        assert ladder.replicas >= 4
        for replica, beta in enumerate(ladder.betas.tolist()):
            x = ladder.state.x[replica * 2_000 : (replica + 1) * 2_000]
            squares += deviations(x, ladder.ancestors[replica], beta) ** 2
            rows += 1
    # The rows of a ladder are not independent; the mean of their squares is one all the same.
    assert float((squares / rows).max()) < 3.0


def test_ladders_cooled_from_the_base_measure_share_nothing_and_arrive() -> None:
    everywhere = Chains(
        TARGET.base_measure.sample(1_000), TARGET, SingleSite(), torch.Generator().manual_seed(2)
    )
    ladder = annealed_ladder(everywhere, -1 - torch.arange(1_000), 1_000, from_base=True)
    assert torch.equal(ladder.x, everywhere.x)
    assert [len(column.unique()) for column in ladder.ancestors[1:].T[:3]] == [2, 2, 2]
    ladder.run(200)
    assert independent_samples(facts(ladder.x), ladder.ancestors[-1]) == 1_000
    assert float(deviations(ladder.x, ladder.ancestors[-1], 1.0).abs().max()) < 4


def test_a_small_ladder_is_heated_from_more_chains_than_it_has() -> None:
    chains = exact_chains(128, 0)
    ladder = annealed_ladder(chains, torch.arange(128), 3, from_base=False)
    assert ladder.x.shape == (3, 10)
    known = {tuple(x.tolist()) for x in chains.x}
    assert {tuple(x.tolist()) for x in ladder.x} <= known
    assert len(ladder.kernel.step_sizes) == ladder.replicas - 1


def test_what_has_come_from_the_base_measure_has_no_ancestor() -> None:
    chains = exact_chains(200, 1)
    ladder = annealed_ladder(chains, torch.zeros(200, dtype=torch.int64), 200, from_base=False)
    assert independent_samples(facts(ladder.x), ladder.ancestors[-1]) == 1
    ladder.run(300)
    names = ladder.ancestors[-1]
    assert (names < 0).double().mean() > 0.4
    assert len(names[names < 0].unique()) == int((names < 0).sum())


@pytest.mark.parametrize("memory", [0.0, 0.5, 1.0])
def test_worth_of_samples_of_one_ancestor_is_that_of_a_random_effect(memory: float) -> None:
    """σ² / Var(mean) = n / (1 + (m − 1) ρ) for families of m whose members have correlation ρ."""
    rng = np.random.default_rng(3)
    families, members = 400, 5
    own, shared = rng.normal(size=(3, families, members)), rng.normal(size=(3, families, 1))
    g = torch.as_tensor(math.sqrt(1 - memory) * own + math.sqrt(memory) * shared).flatten(1)
    names = torch.arange(families).repeat_interleave(members)
    expected = families * members / (1 + (members - 1) * memory)
    # The least of three quantities, each with a relative error of √(2 / families).
    found = independent_samples(g, names)
    assert found == pytest.approx(expected, rel=5 * math.sqrt(2 / families))
    assert families <= found <= families * members


def test_samples_without_a_common_ancestor_are_worth_their_number() -> None:
    g = torch.randn(2, 50, dtype=torch.float64)
    assert independent_samples(g, torch.arange(50)) == 50
    assert independent_samples(g, torch.zeros(50, dtype=torch.int64)) == 1
    assert independent_samples(torch.ones(1, 6, dtype=torch.float64), torch.tensor([0, 0, 1, 1, 2, 2])) == 3
