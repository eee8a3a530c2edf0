"""Weights, resampling and resample–move, against closed forms and enumeration."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.resampling import (
    conditional_effective_share,
    effective_sample_size,
    in_place,
    resample_move,
    scattered,
    share_of_sums,
    share_sums,
    systematic_resample,
    tempering_step,
    thin,
)
from landscape_app.physics.space import Levels
from tests.physics.exact import (
    LEAST_P_VALUE,
    CoupledLevels,
    all_states,
    boltzmann,
    draw,
    p_value,
    random_base,
    state_index,
)

SPACE = Levels((2, 2), 4)
LOG_WEIGHTS = st.lists(st.floats(-8, 8), min_size=1, max_size=30)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(n=st.integers(1, 500), offset=st.floats(-1000, 1000))
@settings(max_examples=30)
def test_equal_weights_are_worth_their_number(n: int, offset: float) -> None:
    assert effective_sample_size(torch.full((n,), offset)) == pytest.approx(n)


@given(log_weights=LOG_WEIGHTS)
@settings(max_examples=50)
def test_effective_sample_size_is_kongs_ratio(log_weights: list[float]) -> None:
    w = np.exp(np.array(log_weights))
    ours = effective_sample_size(torch.tensor(log_weights, dtype=torch.float64))
    assert ours == pytest.approx(w.sum() ** 2 / (w**2).sum())


def test_weights_of_zero_do_not_count() -> None:
    assert effective_sample_size(torch.tensor([0.0, 0.0, -math.inf, 0.0])) == pytest.approx(3)


@given(log_weights=LOG_WEIGHTS, seed=st.integers(0, 100))
@settings(max_examples=50)
def test_conditional_share_is_the_weighted_ratio(log_weights: list[float], seed: int) -> None:
    w = np.exp(np.array(log_weights))
    log_ratio = np.random.default_rng(seed).normal(size=len(w))
    r = np.exp(log_ratio)
    expected = (w @ r) ** 2 / (w @ r**2) / w.sum()
    ours = conditional_effective_share(torch.tensor(np.log(w)), torch.tensor(log_ratio))
    assert ours == pytest.approx(expected)
    assert conditional_effective_share(torch.tensor(np.log(w)), torch.full((len(w),), math.nan)) == 0.0
    # Of sums of two parts, one of which may be empty, and of changes that have a large part in common.
    for part, common in ((0, 0.0), (len(w) // 2, 0.0), (1, 4e3), (1, -4e3)):
        sums = [
            share_sums(torch.tensor(np.log(w / w.sum()))[rows], torch.tensor(log_ratio + common)[rows])
            for rows in (slice(part), slice(part, None))
        ]
        assert share_of_sums(torch.stack(sums)) == pytest.approx(expected)
    assert share_of_sums(torch.stack([sums[0], torch.full((4,), math.nan)])) == 0.0


@given(log_weights=LOG_WEIGHTS, n=st.integers(1, 12), seed=st.integers(0, 1000))
@settings(max_examples=100)
def test_thinning_keeps_large_weights_and_shares_out_the_rest(
    log_weights: list[float], n: int, seed: int
) -> None:
    weights = torch.tensor(log_weights, dtype=torch.float64)
    chosen, new = thin(weights, n, generator(seed))
    assert len(chosen) == min(n, len(weights)) == len(chosen.unique())
    shares = weights.softmax(0)
    if len(weights) > n:
        assert float(new.exp().sum()) == pytest.approx(1)
        kept = new.exp() > new.exp().min() * (1 + 1e-9)
        torch.testing.assert_close(new.exp()[kept], shares[chosen][kept])
        assert float(shares[chosen][~kept].max()) <= float(new.exp().min()) * (1 + 1e-9)


def test_thinning_has_no_bias() -> None:
    weights = torch.linspace(-4, 0, 12, dtype=torch.float64)
    draws, total = 4_000, torch.zeros(12, dtype=torch.float64)
    random = generator(3)
    for _ in range(draws):
        chosen, new = thin(weights, 5, random)
        total[chosen] += new.exp()
    shares = weights.softmax(0)
    # Each is in or out: a draw's variance is at most weight × threshold, the threshold at most a fifth.
    error = (shares * 0.2 / draws).sqrt()
    assert bool(((total / draws - shares).abs() < 4 * error).all())


@pytest.mark.parametrize("value", [-math.inf, math.nan, math.inf])
def test_no_usable_weight_is_worth_nothing(value: float) -> None:
    assert effective_sample_size(torch.tensor([value, value])) == 0


def test_an_undefined_weight_among_others_makes_all_worthless() -> None:
    assert effective_sample_size(torch.tensor([0.0, math.nan])) == 0


def test_log_normal_weights_keep_the_closed_form_share() -> None:
    s, n = 0.5, 200_000
    normal = s * torch.randn(n, generator=generator(1), dtype=torch.float64)
    # E[w]² / E[w²] = exp(−s²); relative standard error of the ratio from the moments of exp(s z).
    error = math.sqrt((math.exp(4 * s**2) + 4 * math.exp(s**2)) / n)
    assert effective_sample_size(normal) / n == pytest.approx(math.exp(-(s**2)), rel=4 * error)


@given(log_weights=LOG_WEIGHTS, n=st.integers(1, 200), seed=st.integers(0, 2**16))
@settings(max_examples=100)
def test_each_index_comes_as_often_as_its_share_rounded(log_weights: list[float], n: int, seed: int) -> None:
    weights = torch.tensor(log_weights, dtype=torch.float64)
    chosen = systematic_resample(weights, n, generator(seed))
    assert chosen.shape == (n,)
    share = n * np.exp(log_weights) / np.exp(log_weights).sum()
    counts = np.bincount(chosen.numpy(), minlength=len(log_weights))
    assert (np.abs(counts - share) < 1 + 1e-9).all()


def test_systematic_resampling_is_unbiased() -> None:
    weights = torch.tensor([0.3, -1.0, 1.2, 0.0, -math.inf])
    p = weights.double().softmax(0).numpy()
    n, repeats, g = 7, 4000, generator(2)
    counts = np.array([np.bincount(systematic_resample(weights, n, g), minlength=5) for _ in range(repeats)])
    fraction = n * p - np.floor(n * p)
    error = np.sqrt(fraction * (1 - fraction) / repeats)
    assert (np.abs(counts.mean(0) - n * p) <= 4 * error + 1e-9).all()


def test_a_small_change_is_made_in_one_step() -> None:
    assert tempering_step(0.1 * torch.randn(100, generator=generator(3)), floor=50) == 1.0


@pytest.mark.parametrize("weighted", [False, True])
def test_tempering_step_is_the_largest_that_keeps_the_floor(weighted: bool) -> None:
    g = generator(4)
    change = 20 * torch.randn(500, generator=g, dtype=torch.float64)
    before = 0.3 * torch.randn(500, generator=g, dtype=torch.float64) * weighted
    step = tempering_step(change, 250, before)
    assert 0 < step < 1
    assert effective_sample_size(before + step * change) >= 250
    assert effective_sample_size(before + (step + 1e-6) * change) < 250


class Change:
    """Two enumerated distributions of one base, and the geometric path between them."""

    def __init__(self, scale: float) -> None:
        self.old, self.new = (
            CoupledLevels(SPACE, seed=5, scale=0.3),
            CoupledLevels(SPACE, seed=6, scale=scale),
        )
        self.base = random_base(SPACE, seed=7)
        states = all_states(SPACE)
        self.p_old = boltzmann(self.base, self.old.exact_energy(states))
        self.p_new = boltzmann(self.base, self.new.exact_energy(states))

    def target(self, s: float) -> Target:
        return Target(self.base, Hamiltonian([WeightedTerm(1 - s, self.old), WeightedTerm(s, self.new)]))

    def log_ratio(self, x: Tensor) -> Tensor:
        flat = x.flatten(1).double().numpy()
        return torch.as_tensor(self.old.exact_energy(flat) - self.new.exact_energy(flat))

    def chains(self, n: int, seed: int) -> Chains:
        x = torch.zeros(n, *SPACE.shape)
        return Chains(x, self.target(0.0), DiscreteLangevin(1.0), generator(seed), adapt=False)


@given(log_weights=LOG_WEIGHTS, seed=st.integers(0, 100))
@settings(max_examples=50)
def test_chains_that_go_on_keep_their_places_and_the_draws_are_the_same(
    log_weights: list[float], seed: int
) -> None:
    drawn = systematic_resample(torch.tensor(log_weights), len(log_weights), generator(seed))
    placed = in_place(drawn, generator(seed))
    assert placed.sort().values.tolist() == drawn.tolist()
    assert all(placed[i] == i for i in drawn.unique().tolist())
    shuffled = scattered(drawn, generator(seed))
    assert shuffled.sort().values.tolist() == drawn.tolist()


def test_descendants_of_a_chain_are_scattered_evenly_over_the_free_places() -> None:
    drawn, n, times = torch.tensor([0] * 8 + [8] * 8), 16, 4_000
    numbers = generator(0)
    counts = torch.zeros(n)
    for _ in range(times):
        counts += (in_place(drawn, numbers) == 0).float()
    assert (counts[0], counts[8]) == (times, 0)
    # Each of the 14 free places has one of the 7 further descendants in half of the cases.
    free = torch.cat([counts[1:8], counts[9:]])
    assert float((free / times - 0.5).abs().max()) < 4.5 * math.sqrt(0.25 / times)


def test_resampling_alone_gives_every_state_its_exact_share() -> None:
    change = Change(scale=0.5)
    chains, states = change.chains(5000, seed=8), SPACE.enumerate()
    # The samples are every state once, weighted by its probability: they carry no sampling error at all.
    log_p = torch.as_tensor(np.log(change.p_old))
    floor = effective_sample_size(log_p) / 2
    jump = resample_move(chains, states, log_p, change.log_ratio(states), change.target, moves=0)
    assert jump.effective_sample_size == pytest.approx(1 / (change.p_new**2).sum(), rel=1e-6)
    assert jump.effective_sample_size >= floor
    assert jump.stages == 1
    counts = np.bincount(state_index(chains.x, SPACE), minlength=len(states))
    assert (np.abs(counts - 5000 * change.p_new) < 1 + 1e-6).all()
    assert len(jump.ancestors.unique()) == (counts > 0).sum()


@pytest.mark.parametrize(("scale", "tempered"), [(0.5, False), (30.0, True)])
def test_resample_move_reaches_another_enumerated_distribution(scale: float, tempered: bool) -> None:
    change = Change(scale)
    samples = draw(change.p_old, 100_000, SPACE, seed=9)
    chains = change.chains(4000, seed=10)
    jump = resample_move(
        chains,
        samples,
        torch.zeros(len(samples)),
        change.log_ratio(samples),
        change.target,
        moves=20,
    )
    assert (jump.stages > 1) == tempered
    assert len(chains) == 4000
    assert jump.ancestors.shape == (4000,)
    assert 0 <= int(jump.ancestors.min()) <= int(jump.ancestors.max()) < len(samples)
    assert p_value(chains.x, change.p_new, SPACE) > LEAST_P_VALUE
    torch.testing.assert_close(chains.energy, change.target(1.0).hamiltonian.energy(chains.x))


def test_weighted_samples_count_by_their_weights() -> None:
    change = Change(scale=0.5)
    uniform = np.full(len(change.p_old), 1 / len(change.p_old))
    samples = draw(uniform, 100_000, SPACE, seed=11)
    log_weights = torch.as_tensor(np.log(change.p_old))[torch.as_tensor(state_index(samples, SPACE))]
    chains = change.chains(3000, seed=12)
    resample_move(chains, samples, log_weights, change.log_ratio(samples), change.target, moves=0)
    assert p_value(chains.x, change.p_new, SPACE) > LEAST_P_VALUE


def test_tempering_keeps_the_shares_where_no_move_could_repair_them() -> None:
    change, n = Change(scale=4.0), 200_000
    chains, states = change.chains(n, seed=13), SPACE.enumerate()
    log_p = torch.as_tensor(np.log(change.p_old))
    jump = resample_move(chains, states, log_p, change.log_ratio(states), change.target, moves=0)
    assert jump.stages > 2
    counts = np.bincount(state_index(chains.x, SPACE), minlength=len(states))
    # Every stage rounds a state's count by less than one, which the weights still to come magnify.
    magnified = jump.stages * float((change.p_new / change.p_old).max())
    assert magnified < 0.01 * n
    assert (np.abs(counts - n * change.p_new) < magnified).all()


def test_same_seed_gives_the_same_jump() -> None:
    change = Change(scale=30.0)
    samples = draw(change.p_old, 2000, SPACE, seed=14)
    ends = []
    for seed in (15, 15, 16):
        chains = change.chains(100, seed)
        resample_move(
            chains,
            samples,
            torch.zeros(2000),
            change.log_ratio(samples),
            change.target,
            moves=2,
        )
        ends.append(chains.x)
    assert torch.equal(ends[0], ends[1])
    assert not torch.equal(ends[0], ends[2])
