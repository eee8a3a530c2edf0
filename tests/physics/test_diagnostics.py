"""R-hat, effective sample size and autocorrelation time against closed forms."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape_app.physics.diagnostics import (
    R_HAT_LIMIT,
    autocorrelation_time,
    effective_sample_size,
    nested_r_hat,
    r_hat,
)
from tests.physics.autoregression import THREE_STARTS, Array, autoregressive, shifts

EXAMPLES = settings(max_examples=25)
SEEDS = st.integers(0, 2**16)


def true_time(rho: float) -> float:
    return (1 + rho) / (1 - rho)


def relative_error(rho: float, draws: int) -> float:
    """Standard error of τ over τ, √(2 (2M + 1) / n), summed to the lag M where ρ drowns (Madras, Sokal 1988)."""
    noise = math.sqrt(true_time(rho) / draws)
    window = 5 if rho == 0 else max(5, math.log(noise) / math.log(abs(rho)))
    return math.sqrt(2 * (2 * window + 1) / draws)


def rank_normalised(x: Array) -> Array:
    ranks = scipy.stats.rankdata(x.ravel()).reshape(x.shape)
    return np.asarray(scipy.stats.norm.ppf((ranks - 3 / 8) / (x.size + 1 / 4)))


def rank_normalised_and_folded(x: Array) -> list[Array]:
    return [rank_normalised(x), rank_normalised(np.abs(x - np.median(x)))]


def direct_r_hat(draws: Array) -> float:
    """The larger of √(((n−1)/n W + B/n) / W) for bulk and tail, over half chains, spelled out."""
    n = draws.shape[1] // 2
    halves = np.concatenate([draws[:, :n], draws[:, n:]])
    found = []
    for z in rank_normalised_and_folded(halves):
        within = np.mean([chain.var(ddof=1) for chain in z])
        between = n * z.mean(axis=1).var(ddof=1)
        found.append(math.sqrt(((n - 1) / n * within + between / n) / within))
    return max(found)


def direct_nested_r_hat(draws: Array, members: int) -> float:
    """√(1 + B/W) over the halves of groups of `members` consecutive chains, every chain in four quarters."""
    chains, steps = draws.shape
    found = []
    for z in rank_normalised_and_folded(draws):
        # One row for each half of a group: members and quarters, then the steps of a quarter.
        quarters = z.reshape(chains // members, members, 2, 2, steps // 4)
        rows = quarters.transpose(0, 2, 1, 3, 4).reshape(-1, members * 2, steps // 4)
        within = rows.var(axis=2, ddof=1).mean(axis=1) + rows.mean(axis=2).var(axis=1, ddof=1)
        found.append(math.sqrt(1 + rows.mean(axis=(1, 2)).var(ddof=1) / within.mean()))
    return max(found)


@pytest.mark.parametrize("rho", [-0.5, 0.0, 0.5, 0.9])
@pytest.mark.parametrize(("chains", "steps"), [(4, 40_000), (80, 2000)])
def test_autocorrelation_time_of_an_autoregression_is_the_closed_form(
    rho: float, chains: int, steps: int
) -> None:
    draws = autoregressive(rho, chains, steps, seed=1)
    error = 4 * relative_error(rho, draws.size)
    assert autocorrelation_time(draws) == pytest.approx(true_time(rho), rel=error)


# Alternating chains must be long: the reference implementation is 5% off for them at 2000 steps.
@pytest.mark.parametrize(
    ("rho", "chains", "steps"),
    [(-0.5, 4, 40_000), *((rho, *size) for rho in (0.0, 0.5, 0.9) for size in ((4, 40_000), (80, 2000)))],
)
def test_effective_sample_size_of_an_autoregression_is_the_closed_form(
    rho: float, chains: int, steps: int
) -> None:
    draws = autoregressive(rho, chains, steps, seed=2)
    # That the mean of all draws is estimated too costs the spread between chains its own standard error.
    error = 4 * (relative_error(rho, draws.size) + true_time(rho) / steps * math.sqrt(2 / chains))
    assert effective_sample_size(draws) == pytest.approx(draws.size / true_time(rho), rel=error)


def test_a_short_chain_bounds_the_autocorrelation_time_from_below() -> None:
    tau = true_time(0.9)
    at_two, at_sixteen = (autocorrelation_time(autoregressive(0.9, 4000, round(n * tau), 3)) for n in (2, 16))
    assert 0.4 * tau < at_two < 0.6 * tau
    assert 0.9 * tau < at_sixteen < tau


def test_autocorrelation_time_does_not_ask_whether_chains_agree() -> None:
    draws = autoregressive(0.8, 6, 1000, seed=4)
    apart = draws + shifts(-50, 0, 3, 7, 20, 100)
    assert autocorrelation_time(apart) == pytest.approx(autocorrelation_time(draws), rel=1e-9)


def test_an_alternating_chain_keeps_a_positive_autocorrelation_time() -> None:
    alternating = np.tile([-1.0, 1.0], (3, 50))
    assert 0 < autocorrelation_time(alternating) < 0.1


@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("stretch", [1.0, 3.0])
def test_r_hat_is_the_direct_formula(shift: float, stretch: float) -> None:
    draws = np.random.default_rng(5).normal(size=(4, 500)) * shifts(1, 1, 1, stretch) + shifts(0, 0, 0, shift)
    assert r_hat(draws) == pytest.approx(direct_r_hat(draws), rel=1e-10)


def test_r_hat_of_independent_draws_is_near_one() -> None:
    chains, steps = 8, 5000
    # R̂² − 1 has mean zero; its spread is that of B/W, the mean of 2 · chains − 1 squared normals over steps / 2.
    error = math.sqrt(2 / (2 * chains - 1)) / (steps / 2)
    found = r_hat(np.random.default_rng(6).normal(size=(chains, steps)))
    assert found**2 == pytest.approx(1, abs=4 * error)


def test_r_hat_sees_the_same_mean_with_another_spread() -> None:
    draws = np.random.default_rng(7).normal(size=(4, 1000)) * shifts(1, 1, 1, 4)
    assert r_hat(draws) > 1.1


@pytest.mark.parametrize("shift", [0.0, 0.2, 2.0])
@pytest.mark.parametrize("members", [1, 10])
def test_nested_r_hat_is_the_direct_formula(shift: float, members: int) -> None:
    draws = autoregressive(0.6, 3 * members, 200, seed=8) + shifts(0, 0, shift, each=members)
    groups = np.repeat(["b", "a", "c"], members)
    assert nested_r_hat(draws, groups) == pytest.approx(direct_nested_r_hat(draws, members), rel=1e-10)


def test_nested_r_hat_accepts_short_chains_that_r_hat_cannot() -> None:
    draws = autoregressive(0.9, 150, 200, seed=9)
    assert r_hat(draws) > 1.05
    assert nested_r_hat(draws, THREE_STARTS) < R_HAT_LIMIT


def test_nested_r_hat_sees_a_drift_common_to_all_groups() -> None:
    draws = autoregressive(0.5, 150, 200, seed=10) + np.linspace(0, 2, 200)
    assert nested_r_hat(draws, THREE_STARTS) > 1.05


@given(seed=SEEDS, scale=st.floats(0.01, 100), offset=st.floats(-100, 100), sign=st.sampled_from([-1, 1]))
@EXAMPLES
def test_r_hat_does_not_depend_on_units(seed: int, scale: float, offset: float, sign: int) -> None:
    draws = autoregressive(0.7, 4, 100, seed) + shifts(0, 0, 0.5, 1)
    changed = sign * scale * draws + offset
    groups = [0, 0, 1, 1]
    assert r_hat(changed) == pytest.approx(r_hat(draws), rel=1e-9)
    assert nested_r_hat(changed, groups) == pytest.approx(nested_r_hat(draws, groups), rel=1e-9)
    assert autocorrelation_time(changed) == pytest.approx(autocorrelation_time(draws), rel=1e-6)


@given(seed=SEEDS, transform=st.sampled_from([np.sinh, np.arctan, np.cbrt, lambda x: -(x**3)]))
@EXAMPLES
def test_r_hat_does_not_depend_on_the_scale_of_the_tails(
    seed: int, transform: Callable[[Array], Array]
) -> None:
    draws = autoregressive(0.7, 4, 100, seed) + shifts(0, 0, 0.5, 1)
    # Odd functions of draws about their median keep the order of the draws and of their distances to it.
    draws -= np.median(draws)
    assert r_hat(transform(draws)) == pytest.approx(r_hat(draws), rel=1e-9)


@given(seed=SEEDS, transform=st.sampled_from([np.exp, np.arctan, lambda x: -np.expm1(x)]))
@EXAMPLES
def test_bulk_effective_sample_size_depends_on_order_only(
    seed: int, transform: Callable[[Array], Array]
) -> None:
    draws = autoregressive(0.7, 4, 100, seed)
    assert effective_sample_size(transform(draws)) == pytest.approx(effective_sample_size(draws), rel=1e-9)


@given(seed=SEEDS, order=st.permutations(range(6)))
@EXAMPLES
def test_the_order_of_the_chains_does_not_matter(seed: int, order: list[int]) -> None:
    draws, groups = autoregressive(0.7, 6, 100, seed), np.array([0, 0, 1, 1, 2, 2])
    assert nested_r_hat(draws[order], groups[order]) == pytest.approx(nested_r_hat(draws, groups), rel=1e-9)
    for statistic in (r_hat, effective_sample_size, autocorrelation_time):
        assert statistic(draws[order]) == pytest.approx(statistic(draws), rel=1e-9)
