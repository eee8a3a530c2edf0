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
from landscape_app.physics.resampling import independent_samples, likeness
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


SLOW, FAST, REPEATS, CHAINS_OF_A_JUMP = 4, 6, 150, 60
"""Spins of two wells, spins that turn fast and lean on the well, and jumps of so many chains."""


class SlowAndFast:
    """Spins whose sign all have to turn together, and others, whose majority is a class that turns quickly."""

    def energy(self, x: Tensor) -> Tensor:
        slow, fast = x[:, :SLOW].sum(1), x[:, SLOW:].sum(1)
        return -0.2 * slow**2 - 0.1 * slow - 0.1 * fast * slow.sign()


@pytest.mark.parametrize("sizes", [[56, 4], [25, 15, 10, 5, 5], [6] * 10, [3] * 10 + [1] * 30])
def test_errors_of_copies_that_move_apart_are_no_smaller_than_the_true_ones_at_any_time(
    sizes: list[int],
) -> None:
    """Copies of exact samples: the class decorrelates before the configuration, whose slow spins lag behind.

    The squared error of a mean over σ² / n, over many jumps, is one where n is the true number. Chains flip single
    spins by Metropolis' rule, as numbers of states whose probabilities are listed.
    """
    target = Target(
        ProductBase.uniform(Spins((SLOW + FAST,))), Hamiltonian([WeightedTerm(1.0, SlowAndFast())])
    )
    exact = ExactModel(target)
    p = exact.log_weights(1.0).exp().double().numpy()
    energies = target.hamiltonian.energy(exact.x)
    # Row of every state with one spin turned.
    number = (exact.x > 0).long() @ (2 ** torch.arange(SLOW + FAST))
    row = number.argsort()
    turned = row[number[:, None] ^ (2 ** torch.arange(SLOW + FAST))].numpy()

    def means(x: Tensor) -> Tensor:
        return torch.stack([(x[:, SLOW:].sum(1) > 0).double(), (x[:, :SLOW].sum(1) > 0).double()])

    mean = means(exact.x) @ torch.as_tensor(p / p.sum())
    variance = mean * (1 - mean)
    family = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    rng = np.random.default_rng(0)
    states = rng.choice(len(p), (REPEATS, len(sizes)), p=p / p.sum())[:, family.numpy()]
    stated: list[float] = []
    for steps in (0, 10, 40, 150, 600):
        for _ in range(steps):
            there = turned[states, rng.integers(SLOW + FAST, size=states.shape)]
            states = np.where(rng.random(states.shape) * p[states] < p[there], there, states)
        squares, worth = torch.zeros(2, dtype=torch.float64), []
        for jump in torch.as_tensor(states):
            each = exact.x[jump]
            label = means(each)[0]
            worth.append(independent_samples([energies[jump], label, each], family))
            squares += worth[-1] * (means(each).mean(1) - mean) ** 2 / variance
        # A mean of so many squares of one degree of freedom, four of its errors above one.
        assert float(squares.max()) / REPEATS < 1 + 4 * math.sqrt(2 / REPEATS)
        stated.append(float(np.mean(worth)))
    least = CHAINS_OF_A_JUMP**2 / sum(m**2 for m in sizes)
    assert stated[0] == pytest.approx(least, rel=0.01)
    assert stated[-1] > 1.3 * least


def test_labels_that_vary_among_near_copies_do_not_make_them_independent() -> None:
    rng = np.random.default_rng(5)
    family = torch.arange(4).repeat_interleave(25)
    shapes = torch.as_tensor(rng.normal(size=(4, 256)))[family]
    x = shapes + torch.as_tensor(rng.normal(size=(100, 256)) / 10)
    labels = torch.as_tensor(rng.random(100) < 0.44).double()
    assert independent_samples([labels], family) > 20
    assert independent_samples([labels, x], family) < 4.1


def test_noise_of_many_sites_hides_no_shape_that_stays() -> None:
    rng = np.random.default_rng(6)
    family = torch.arange(20).repeat_interleave(5)
    x = torch.as_tensor(rng.normal(size=(100, 400)))
    assert likeness(x, family) < 0.1
    # Of more variance than any other direction, and of a third of all of it.
    x[:, 0] += 14 * torch.as_tensor(rng.normal(size=20))[family]
    assert likeness(x, family) > 0.8


def test_likeness_is_seldom_too_small_and_is_that_of_a_random_effect() -> None:
    rng, rho, sets = np.random.default_rng(7), 0.3, 400
    family = torch.arange(12).repeat_interleave(8)
    found = []
    for _ in range(sets):
        own, shared = rng.normal(size=96), rng.normal(size=12)[family.numpy()]
        found.append(likeness(torch.as_tensor(math.sqrt(1 - rho) * own + math.sqrt(rho) * shared), family))
    # One standard error above the estimate: below the true one in 16 of a hundred.
    expected = 0.1587
    assert np.mean(np.array(found) < rho) == pytest.approx(
        expected, abs=4 * math.sqrt(expected * (1 - expected) / sets)
    )
    assert np.median(found) < 0.5


@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_some_of_many_samples_say_what_all_do(memory: float) -> None:
    rng = np.random.default_rng(8)
    family = torch.as_tensor(rng.permutation(np.arange(1_000).repeat(6)))
    shared = torch.as_tensor(rng.normal(size=(1_000, 5)))[family]
    hidden = (1 - memory) ** 0.5 * torch.as_tensor(rng.normal(size=(6_000, 5))) + memory**0.5 * shared
    sites = hidden @ torch.as_tensor(rng.normal(size=(5, 800)))
    assert likeness(sites.float(), family) == pytest.approx(memory, abs=0.1)
    assert likeness(hidden, family) == pytest.approx(memory, abs=0.1)


def test_of_one_ancestor_and_of_nothing_that_varies_nothing_is_known() -> None:
    assert independent_samples([torch.randn(60)], torch.zeros(60, dtype=torch.int64)) == 1
    assert math.isnan(likeness(torch.ones(6), torch.arange(6) // 2))
    assert likeness(torch.tensor([0.0, 1.0, math.inf, 2.0]), torch.arange(4) // 2) == 1
    assert likeness(torch.tensor([0.0, 0.0, 1.0, 1.0]), torch.arange(4) // 2) == 1
