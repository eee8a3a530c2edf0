"""Every kernel against the enumerated distribution and against its transition matrix, written out anew."""

import math
from typing import NamedTuple

import numpy as np
import pytest
import scipy.stats
import torch

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import KERNELS, DiscreteLangevin, kernels_for
from landscape_app.physics.kernels.compiled_langevin import CompiledProposals
from landscape_app.physics.kernels.discrete_langevin import (
    ProposalTables,
    SiteProposal,
    TensorProposals,
    balancing_factor,
)
from landscape_app.physics.space import Discrete, Levels, Spins
from tests.physics.exact import (
    LEAST_P_VALUE,
    Array,
    CoupledLevels,
    all_states,
    base_log_prob,
    boltzmann,
    coupled_target,
    draw,
    p_value,
    pooled_chi_squared,
    random_base,
    state_index,
)

PAIR = Levels((2,), 3)
SPACES = [Levels((2,), 4), Levels((2, 2), 3)]
STEP_SIZES = {
    "random-walk": (0.4, 1.0, 3.0),
    "single-site": (1.0, 2.0, 6.0),
    "discrete-langevin": (0.4, 1.0, 3.0),
}
CASES = [
    pytest.param(name, step, space, id=f"{name}-{step}-{space.shape}")
    for name, steps in STEP_SIZES.items()
    for step in steps
    for space in SPACES
]


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_kernel_is_tested() -> None:
    assert set(STEP_SIZES) == set(kernels_for(coupled_target(SPACES[0], seed=9)[0]))


@pytest.mark.parametrize(("name", "step", "space"), CASES)
def test_kernel_leaves_the_exact_distribution_invariant(name: str, step: float, space: Levels) -> None:
    target, term = coupled_target(space, seed=10)
    p = boltzmann(target.base_measure, term.exact_energy(all_states(space)))
    chains = Chains(draw(p, 20_000, space, seed=1), target, KERNELS[name](step), generator(2), adapt=False)
    chains.run(15)
    assert p_value(chains.x, p, space) > LEAST_P_VALUE


@pytest.mark.parametrize("name", sorted(STEP_SIZES))
def test_temperature_divides_the_energy_and_not_the_base(name: str) -> None:
    space = SPACES[0]
    target, term = coupled_target(space, seed=30, temperature=2.5)
    p = boltzmann(target.base_measure, term.exact_energy(all_states(space)) / 2.5)
    chains = Chains(draw(p, 20_000, space, seed=4), target, KERNELS[name](), generator(5), adapt=False)
    chains.run(15)
    assert p_value(chains.x, p, space) > LEAST_P_VALUE


class Transitions(NamedTuple):
    """A kernel by its formula: proposal Q(x'|x) and transition P(x'|x), both (states, states)."""

    proposal: Array
    transition: Array


def random_walk_proposal(step: float, space: Levels) -> Array:
    """A rounded Gaussian at every site; what leaves the levels is missing from the row."""
    levels = np.arange(space.levels)
    distance = levels[None, :] - levels[:, None]
    site = scipy.stats.norm.cdf((distance + 0.5) / step) - scipy.stats.norm.cdf((distance - 0.5) / step)
    x = all_states(space).astype(int)
    return np.prod(site[x[:, None, :], x[None, :, :]], axis=-1)


def single_site_proposal(step: float, space: Levels) -> Array:
    """One site in `sites`, one distance in 2 × reach."""
    reach = round(step)
    difference = all_states(space)[:, None, :] - all_states(space)[None, :, :]
    one_site = (difference != 0).sum(-1) == 1
    near = np.abs(difference).max(-1) <= reach
    return (one_site & near) / (space.sites * 2 * reach)


def langevin_proposal(step: float, target: Target, term: CoupledLevels) -> Array:
    """Zhang, Liu, Liu (2022), base balanced: softmax over v of −½ ∂H (v − x) + log d(v) − (v − x)²/(2ε²)."""
    space = target.base_measure.space
    x, v = all_states(space), np.arange(space.levels)
    distance = v - x[:, :, None]
    reach = DiscreteLangevin(step).reaches[0]
    log_d = balancing_factor(target.base_measure, reach).T.double().numpy()
    logits = -0.5 * term.exact_gradient(x)[:, :, None] * distance + log_d - distance**2 / (2 * reach**2)
    site = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    to = x.astype(int)
    return np.prod([site[:, i, :][:, to[:, i]] for i in range(space.sites)], axis=0)


@pytest.mark.parametrize("reach", [0.2, 1.0, 3.0, 24.0])
def test_the_balanced_proposal_is_reversible_under_the_base(reach: float) -> None:
    space = Levels((3,), 17)
    base = random_base(space, seed=160)
    log_d = balancing_factor(base, reach).T.double().numpy()
    v = np.arange(space.levels)
    similarity = np.exp(-((v[:, None] - v) ** 2) / (2 * reach**2))
    for log_q, factor in zip(base.log_probabilities.double().numpy(), np.exp(log_d), strict=True):
        rows = similarity * factor
        flow = np.exp(log_q)[:, None] * rows / rows.sum(1, keepdims=True)
        np.testing.assert_allclose(flow, flow.T, rtol=1e-3, atol=1e-12)


def test_without_a_hamiltonian_langevin_accepts_every_proposal() -> None:
    space = Levels((4, 4), 17)
    base = random_base(space, seed=161)
    x = base.sample(200, generator(162))
    chains = Chains(x, Target(base, Hamiltonian([])), DiscreteLangevin(3.0), generator(163), adapt=False)
    assert chains.run(5).acceptance_rate > 0.999


def transitions(name: str, step: float, target: Target, term: CoupledLevels) -> Transitions:
    space = target.base_measure.space
    if name == "discrete-langevin":
        q = langevin_proposal(step, target, term)
    else:
        q = (random_walk_proposal if name == "random-walk" else single_site_proposal)(step, space)
    p = boltzmann(target.base_measure, term.exact_energy(all_states(space)))
    flow = p[:, None] * q
    off = np.minimum(flow, flow.T) / p[:, None]
    np.fill_diagonal(off, 0)
    return Transitions(q, off + np.diag(1 - off.sum(1)))


@pytest.mark.parametrize("name", sorted(STEP_SIZES))
def test_one_step_follows_the_exact_transition_matrix(name: str) -> None:
    target, term = coupled_target(PAIR, seed=40)
    p = boltzmann(target.base_measure, term.exact_energy(all_states(PAIR)))
    for step in STEP_SIZES[name]:
        exact = transitions(name, step, target, term)
        np.testing.assert_allclose(p @ exact.transition, p, rtol=1e-12)
        each = 20_000
        start = PAIR.enumerate().repeat_interleave(each, dim=0)
        chains = Chains(start, target, KERNELS[name](step), generator(6), adapt=False)
        chains.run(1)
        counts = np.zeros((len(p), len(p)), dtype=np.int64)
        np.add.at(counts, (state_index(start, PAIR), state_index(chains.x, PAIR)), 1)
        rows = [pooled_chi_squared(c, row) for c, row in zip(counts, exact.transition, strict=True)]
        assert scipy.stats.chi2.sf(sum(r[0] for r in rows), sum(r[1] for r in rows)) > LEAST_P_VALUE


@pytest.mark.parametrize(("name", "step", "space"), CASES)
def test_chains_from_a_corner_follow_the_powers_of_the_exact_matrix(
    name: str, step: float, space: Levels
) -> None:
    target, term = coupled_target(space, seed=20)
    exact = transitions(name, step, target, term).transition
    after = np.linalg.matrix_power(exact, 30)[0]
    chains = Chains(torch.zeros(8000, *space.shape), target, KERNELS[name](step), generator(3), adapt=False)
    chains.run(30)
    assert p_value(chains.x, after, space) > LEAST_P_VALUE
    # However slowly, every kernel forgets the corner.
    p = boltzmann(target.base_measure, term.exact_energy(all_states(space)))
    np.testing.assert_allclose(np.linalg.matrix_power(exact, 2**20)[0], p, rtol=1e-6)


@pytest.mark.parametrize("space", SPACES, ids=str)
@pytest.mark.parametrize("name", sorted(STEP_SIZES))
def test_kernel_reaches_the_exact_distribution_from_a_corner(name: str, space: Levels) -> None:
    target, term = coupled_target(space, seed=22)
    step, n = STEP_SIZES[name][1], 6000
    p = boltzmann(target.base_measure, term.exact_energy(all_states(space)))
    # As many steps as leave a bias that n chains cannot see: χ² grows by less than 0.01.
    power, steps = transitions(name, step, target, term).transition, 1
    while n * ((power[0] - p) ** 2 / p).sum() > 0.01:
        power, steps = power @ power, 2 * steps
    assert steps <= 512
    chains = Chains(torch.zeros(n, *space.shape), target, KERNELS[name](step), generator(4), adapt=False)
    chains.run(steps)
    assert p_value(chains.x, p, space) > LEAST_P_VALUE


@pytest.mark.parametrize("name", sorted(STEP_SIZES))
def test_reported_acceptance_is_the_exact_mean_acceptance_probability(name: str) -> None:
    target, term = coupled_target(PAIR, seed=50)
    p = boltzmann(target.base_measure, term.exact_energy(all_states(PAIR)))
    kernel = KERNELS[name](STEP_SIZES[name][1])
    exact = transitions(name, kernel.step_size, target, term)
    flow = p[:, None] * exact.proposal
    expected = np.minimum(flow, flow.T).sum()
    n = 40_000
    state = kernel.init(draw(p, n, PAIR, seed=7), target)
    _, info = kernel.step(state, target, generator(8))
    # An acceptance probability lies in [0, 1]: its standard deviation is at most a half.
    assert float(info.acceptance_rate) == pytest.approx(expected, abs=4 * 0.5 / math.sqrt(n))
    assert float(info.accepted.float().mean()) == pytest.approx(expected, abs=4 * 0.5 / math.sqrt(n))


@pytest.mark.parametrize("name", sorted(STEP_SIZES))
def test_state_carries_the_energy_and_gradient_of_its_position(name: str) -> None:
    space = Levels((2, 3), 17)
    target, _ = coupled_target(space, seed=60)
    chains = Chains(target.base_measure.sample(64, generator(9)), target, KERNELS[name](), generator(10))
    chains.run(20)
    energy, gradient = target.hamiltonian.energy_and_gradient(chains.x)
    torch.testing.assert_close(chains.energy, energy)
    if chains.state.gradient is not None:
        torch.testing.assert_close(chains.state.gradient, gradient)
    assert bool(((chains.x >= 0) & (chains.x <= 16) & (chains.x == chains.x.round())).all())


@pytest.mark.parametrize("name", sorted(STEP_SIZES))
def test_adaptation_reaches_the_target_acceptance(name: str) -> None:
    space = Levels((4, 4), 17)
    term = CoupledLevels(space, seed=70, scale=3.0)
    target = Target(ProductBase.uniform(space), Hamiltonian([WeightedTerm(1.0, term)]))
    chains = Chains(target.base_measure.sample(128, generator(11)), target, KERNELS[name](), generator(12))
    chains.run(500)
    before, steps = chains.kernel.step_size, 200
    measured = chains.run(steps).acceptance_rate
    after = chains.kernel.step_size
    low, high = chains.kernel.step_size_range
    assert low < after < high
    # Σ gain (acceptance − target) is the change of log step size: their mean error is known from it.
    assert measured - chains.kernel.target_acceptance == pytest.approx(
        math.log(after / before) / (0.05 * steps), abs=1e-5
    )
    assert measured == pytest.approx(chains.kernel.target_acceptance, abs=0.02)


@pytest.mark.parametrize("name", sorted(STEP_SIZES))
def test_frozen_chains_keep_their_step_size(name: str) -> None:
    target, _ = coupled_target(PAIR, seed=80)
    chains = Chains(
        target.base_measure.sample(16, generator(13)), target, KERNELS[name](), generator(14), adapt=False
    )
    chains.run(20)
    assert chains.kernel.step_size == KERNELS[name].default_step_size


@pytest.mark.parametrize("name", sorted(STEP_SIZES))
def test_same_seed_gives_the_same_chain(name: str) -> None:
    target, _ = coupled_target(Levels((2, 2), 17), seed=90)
    runs = []
    for seed in (15, 15, 16):
        chains = Chains(
            target.base_measure.sample(64, generator(0)), target, KERNELS[name](), generator(seed)
        )
        chains.run(30)
        runs.append(chains.x)
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


@pytest.mark.parametrize("name", sorted(STEP_SIZES))
def test_cost_is_one_evaluation_a_step_and_is_what_the_hamiltonian_sees(name: str) -> None:
    calls = 0
    term = CoupledLevels(PAIR, seed=100)

    class Counted:
        def energy(self, x: torch.Tensor) -> torch.Tensor:
            nonlocal calls
            calls += 1
            return term.energy(x)

    target = Target(ProductBase.uniform(PAIR), Hamiltonian([WeightedTerm(1.0, Counted())]))
    chains = Chains(torch.zeros(8, 2), target, KERNELS[name](), generator(17))
    calls = 0
    assert chains.run(7).evaluations == calls == 7


@pytest.mark.parametrize("name", sorted(STEP_SIZES))
def test_a_proposal_of_undefined_energy_is_rejected(name: str) -> None:
    class UndefinedAboveZero:
        def energy(self, x: torch.Tensor) -> torch.Tensor:
            total = x.flatten(1).sum(1)
            return torch.where(total > 0, torch.nan, total)

    target = Target(ProductBase.uniform(PAIR), Hamiltonian([WeightedTerm(1.0, UndefinedAboveZero())]))
    chains = Chains(torch.zeros(256, 2), target, KERNELS[name](), generator(18), adapt=False)
    chains.run(10)
    assert torch.equal(chains.x, torch.zeros(256, 2))


@pytest.mark.parametrize("name", sorted(STEP_SIZES))
@pytest.mark.parametrize("step", [0.0, -1.0, math.nan])
def test_step_sizes_that_are_not_positive_are_refused(name: str, step: float) -> None:
    with pytest.raises(ValueError, match="step size must be positive"):
        KERNELS[name](step)


def test_langevin_proposals_far_below_the_largest_are_as_rare_as_their_probability_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proposal = SiteProposal.from_log_weights(torch.tensor([-60.0, 0.0, -60.0]).view(3, 1, 1))
    for uniform in (0.0, 2.0**-24, 0.5, 1 - 2.0**-24):
        monkeypatch.setattr(torch, "rand", lambda *_, u=uniform, **__: torch.full((1, 1), u))
        assert int(proposal.sample(generator(0))) == 1


@pytest.mark.parametrize("space", [Levels((8, 8), 17), Spins((7, 10)), Levels((3, 7), 300)], ids=str)
def test_compiled_langevin_proposals_are_those_of_tensors(space: Discrete) -> None:
    """Ratios of one proposal by both, and frequencies of each level where all chains start alike."""
    base = ProductBase(space, torch.randn(space.sites, space.levels, generator=generator(1)))
    tables = ProposalTables.of(base, (1.3, 2.5))
    compiled, tensors = CompiledProposals(*tables), TensorProposals(space, tables)
    index = torch.randint(space.levels, (40, space.sites), generator=generator(2))
    gradient, other = torch.randn(2, 40, space.sites, generator=generator(3))
    x, beta = space.from_index(index), torch.rand(40, generator=generator(4))
    proposal, so_far = compiled.draw(x, gradient, beta, generator(5))
    assert bool(space.contains(proposal.view(-1, *space.shape)).all())
    forward = tables.proposal(x, beta.unsqueeze(1) * gradient)
    surplus = tables.surplus_at(space.index(proposal)) - tables.surplus_at(index)
    expected = (forward.log_total() + surplus).sum(1)
    # Sums of squares of levels, in single precision.
    tolerance = 1e-6 * space.sites * float(space.values().abs().max()) ** 2
    torch.testing.assert_close(so_far.float(), expected, atol=tolerance, rtol=1e-5)
    ways = x, gradient, proposal, other, beta
    torch.testing.assert_close(
        compiled.complete(so_far, *ways),
        tensors.complete(so_far.float(), *ways),
        atol=2 * tolerance,
        rtol=1e-5,
    )
    # All chains at one place, half of them in each group.
    n = 4_000
    alike = x[:1].expand(n, -1).contiguous(), gradient[:1].expand(n, -1).contiguous()
    drawn, _ = compiled.draw(*alike, None, generator(6))
    p = tables.proposal(*(part[:2] for part in alike)).weights.double()
    p, values = p / p.sum(0), space.values().double().view(-1, 1, 1)
    mean = (p * values).sum(0)
    error = (((p * values**2).sum(0) - mean**2).clamp_min(1e-9) / (n / 2)).sqrt()
    found = drawn.double().view(2, n // 2, -1).mean(1)
    assert float(((found - mean) / error).abs().max()) < 4.5


def test_langevin_stays_exact_where_proposal_weights_are_cut() -> None:
    space = Levels((2,), 4)
    term = CoupledLevels(space, seed=110, scale=1.0)
    base = random_base(space, seed=111)
    p = boltzmann(base, term.exact_energy(all_states(space)))
    target = Target(base, Hamiltonian([WeightedTerm(1.0, term)]))
    # (v − x)²/(2 ε²) is 112 for three levels: beyond the cut at 60.
    chains = Chains(
        draw(p, 20_000, space, seed=19), target, DiscreteLangevin(0.2), generator(20), adapt=False
    )
    chains.run(15)
    assert p_value(chains.x, p, space) > LEAST_P_VALUE


def test_retargeted_chains_forget_the_old_target() -> None:
    space = SPACES[0]
    first, _ = coupled_target(space, seed=120)
    second, term = coupled_target(space, seed=130)
    p = boltzmann(second.base_measure, term.exact_energy(all_states(space)))
    chains = Chains(torch.zeros(10, 2), first, KERNELS["random-walk"](1.0), generator(21), adapt=False)
    chains.run(5)
    chains.retarget(second, draw(p, 20_000, space, seed=22), DiscreteLangevin(1.0))
    assert len(chains) == 20_000
    chains.run(15)
    assert p_value(chains.x, p, space) > LEAST_P_VALUE


def test_enumerated_base_is_the_target_without_terms() -> None:
    space = SPACES[0]
    base = random_base(space, seed=140)
    p = np.exp(base_log_prob(base, all_states(space)))
    chains = Chains(
        draw(p, 20_000, space, seed=23), Target(base, Hamiltonian([])), DiscreteLangevin(1.0), generator(24)
    )
    chains.run(15)
    assert p_value(chains.x, p, space) > LEAST_P_VALUE
