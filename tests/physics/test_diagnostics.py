"""R-hat, effective sample size and autocorrelation time against closed forms; every verdict of the diagnosis."""

import math
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from landscape_app.physics.diagnostics import (
    LEAST_EFFECTIVE,
    LEAST_EFFECTIVE_PER_CHAIN,
    LEAST_STEPS,
    R_HAT_LIMIT,
    Diagnosis,
    autocorrelation_time,
    diagnose,
    effective_sample_size,
    nested_r_hat,
    r_hat,
)

Array = npt.NDArray[np.float64]

THREE_STARTS = np.repeat(["noise", "data", "persistent"], 50)
EXAMPLES = settings(max_examples=25, deadline=None, derandomize=True)
SEEDS = st.integers(0, 2**16)


def autoregressive(
    rho: float, chains: int, steps: int, seed: int, start: npt.ArrayLike | None = None
) -> Array:
    """x(t) = ρ x(t−1) + √(1−ρ²) noise, of unit variance; stationary unless it is given a start."""
    noise = math.sqrt(1 - rho**2) * np.random.default_rng(seed).normal(size=(chains, steps))
    noise[:, 0] = noise[:, 0] / math.sqrt(1 - rho**2) if start is None else start
    return np.asarray(lfilter([1.0], [1.0, -rho], noise, axis=1))


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


def shifts(*values: float, each: int = 1) -> Array:
    return np.repeat(values, each)[:, None]


def judged(draws: Array, acceptance_rate: float = 0.5, **rest: object) -> Diagnosis:
    return diagnose({"energy": draws}, acceptance_rate, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize("rho", [-0.5, 0.0, 0.5, 0.9])
@pytest.mark.parametrize(("chains", "steps"), [(4, 40_000), (80, 2000)])
def test_autocorrelation_time_of_an_autoregression_is_the_closed_form(
    rho: float, chains: int, steps: int
) -> None:
    draws = autoregressive(rho, chains, steps, seed=1)
    error = 4 * relative_error(rho, draws.size)
    assert autocorrelation_time(draws) == pytest.approx(true_time(rho), rel=error)


# Alternating chains must be long: the reference implementation is 5 % off for them at 2000 steps.
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


def test_agreeing_chains_with_enough_draws_are_mixed() -> None:
    slow, fast = autoregressive(0.8, 4, 4000, seed=11), autoregressive(0.1, 4, 4000, seed=12)
    found = diagnose({"energy": slow, "ink": fast}, acceptance_rate=0.6)
    assert found.verdict == "mixed"
    assert found.sentence.startswith("mixed: the chains agree")
    assert [row.name for row in found.quantities] == ["energy", "ink"]
    assert found.r_hat == max(r_hat(slow), r_hat(fast))
    assert found.effective_sample_size == effective_sample_size(slow)
    assert found.autocorrelation_time == autocorrelation_time(slow)
    assert (found.left_out, found.swap_rates, found.round_trips) == ((), None, None)


@pytest.mark.parametrize("seed", range(20))
def test_three_starts_of_one_distribution_are_mixed(seed: int) -> None:
    found = judged(autoregressive(0.8, 150, 200, seed), groups=THREE_STARTS)
    assert found.verdict == "mixed"
    assert found.sentence.startswith("mixed: the starts agree")


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("astray", [(0.6, 0, 0), (0, 0.6, 0), (0, 0, 0.6)])
def test_one_start_that_disagrees_is_never_mixed(astray: tuple[float, ...], seed: int) -> None:
    draws = autoregressive(0.8, 150, 200, seed) + shifts(*astray, each=50)
    found = judged(draws, groups=THREE_STARTS)
    assert found.verdict == "stuck"
    assert "the starts disagree on energy" in found.sentence
    assert found.sentence.endswith("try replica exchange")


def test_starts_still_approaching_each_other_are_drifting() -> None:
    draws = autoregressive(0.99, 150, 300, seed=13, start=np.repeat([-8.0, 0.0, 8.0], 50))
    found = judged(draws, groups=THREE_STARTS)
    assert found.verdict == "still drifting"
    assert "run longer, at least 2,700 more steps" in found.sentence


def test_a_common_trend_is_drifting() -> None:
    found = judged(autoregressive(0.3, 4, 1000, seed=14) + np.linspace(0, 20, 1000))
    assert found.verdict == "still drifting"


def test_too_few_draws_ask_for_as_many_more_as_they_lack() -> None:
    draws = autoregressive(0.8, 20, 100, seed=15)
    found = judged(draws, groups=np.repeat([0, 1], 10))
    assert found.r_hat <= R_HAT_LIMIT
    assert found.verdict == "still drifting"
    lacking = 100 * (LEAST_EFFECTIVE / found.effective_sample_size - 1)
    digits = 10 ** (math.floor(math.log10(lacking)) - 1)
    assert f"about {math.ceil(lacking / digits) * digits:,} more steps" in found.sentence


def test_run_as_much_longer_as_advised_the_chains_are_mixed() -> None:
    found = judged(autoregressive(0.9, 4, 1000, seed=16))
    assert found.verdict == "still drifting"
    more = int(found.sentence.split("about ")[1].split(" more")[0].replace(",", ""))
    # The estimate scatters with the effective draws at hand; twice as long covers it.
    assert judged(autoregressive(0.9, 4, 2 * (1000 + more), seed=16)).verdict == "mixed"


def test_many_chains_must_each_have_moved_on() -> None:
    chains = 400
    found = judged(autoregressive(0.98, chains, 100, seed=17), groups=np.repeat([0, 1], chains // 2))
    assert LEAST_EFFECTIVE < found.effective_sample_size < LEAST_EFFECTIVE_PER_CHAIN * chains
    assert found.verdict == "still drifting"


@pytest.mark.parametrize(
    ("acceptance_rate", "advice"), [(0.01, "try a smaller step"), (0.99, "try a larger step")]
)
def test_an_unfit_step_is_named_first(acceptance_rate: float, advice: str) -> None:
    draws = autoregressive(0.5, 4, 1000, seed=18) + shifts(0, 0, 3, 3)
    found = judged(draws, acceptance_rate, swap_rates=[0.001], round_trips=0)
    assert found.verdict == "stuck"
    assert found.sentence.endswith(advice)


@pytest.mark.parametrize(
    ("swap_rates", "round_trips", "reason", "advice"),
    [
        (None, None, "barriers lie between them", "try replica exchange"),
        ([0.3, 0.002, 0.4], 0, "replicas 2 and 3 swap in 0.2% of the attempts", "try more replicas"),
        ([0.3, 0.2, 0.4], 0, "bottleneck", "try more replicas around the temperature where they turn back"),
        ([0.3, 0.2, 0.4], 25, "barriers lie between them", "try more replicas"),
    ],
)
def test_chains_parted_by_a_barrier_are_stuck_and_the_ladder_says_why(
    swap_rates: list[float] | None, round_trips: int | None, reason: str, advice: str
) -> None:
    draws = autoregressive(0.5, 4, 1000, seed=19) + shifts(0, 0, 3, 3)
    found = judged(draws, swap_rates=swap_rates, round_trips=round_trips)
    assert found.verdict == "stuck"
    assert reason in found.sentence
    assert found.sentence.endswith(advice)
    assert found.swap_rates == (None if swap_rates is None else tuple(swap_rates))
    assert found.round_trips == round_trips


def test_starts_that_agree_do_not_hide_chains_that_never_cross() -> None:
    draws = autoregressive(0.5, 150, 200, seed=20) + 6 * (np.arange(150) % 2)[:, None]
    found = judged(draws, groups=THREE_STARTS)
    assert found.r_hat <= R_HAT_LIMIT
    assert found.verdict == "stuck"
    assert "the chains of each start disagree on energy" in found.sentence


def test_mixed_chains_of_a_broken_ladder_come_with_a_warning() -> None:
    draws = autoregressive(0.5, 4, 4000, seed=21)
    for rates, trips, warning in [([0.001], 0, "disconnected"), ([0.4], 0, "bottleneck")]:
        found = judged(draws, swap_rates=rates, round_trips=trips)
        assert found.verdict == "mixed"
        assert warning in found.sentence
    assert "although" not in judged(draws, swap_rates=[0.4], round_trips=3).sentence


def test_a_constant_that_agrees_is_left_out_and_named() -> None:
    draws = {"energy": autoregressive(0.5, 4, 4000, seed=22), "class": np.full((4, 4000), 3)}
    found = diagnose(draws, acceptance_rate=0.5)
    assert found.verdict == "mixed"
    assert found.left_out == ("class",)
    assert [row.name for row in found.quantities] == ["energy"]
    assert found.sentence.endswith("(left out, as constant: class)")


@pytest.mark.parametrize("groups", [None, [0, 0, 1, 1]])
def test_constants_that_differ_between_chains_are_stuck(groups: list[int] | None) -> None:
    frozen = np.broadcast_to(shifts(1, 1, 1, 2), (4, 4000))
    draws = {"energy": autoregressive(0.5, 4, 4000, seed=23), "class": frozen}
    found = diagnose(draws, acceptance_rate=0.5, groups=groups)
    assert found.verdict == "stuck"
    assert "disagree on class" in found.sentence
    assert "none of them moves" in found.sentence
    assert (found.r_hat, found.effective_sample_size, found.autocorrelation_time) == (math.inf, 0, math.inf)


@pytest.mark.parametrize(("acceptance_rate", "advice"), [(0.0, "a smaller step"), (0.5, "another start")])
def test_chains_that_never_change_are_stuck(acceptance_rate: float, advice: str) -> None:
    found = judged(np.ones((4, 100)), acceptance_rate)
    assert found.verdict == "stuck"
    assert advice in found.sentence
    assert math.isnan(found.r_hat)
    assert found.quantities == ()


def test_two_equally_frequent_values_are_no_trouble() -> None:
    coin = np.random.default_rng(24).permuted(np.tile([0.0, 1.0], (4, 1000)), axis=1)
    assert judged(coin).verdict == "mixed"


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_draws_that_are_not_finite_are_refused_by_name(bad: float) -> None:
    draws = np.ones((4, 100))
    draws[2, 50] = bad
    with pytest.raises(ValueError, match="energy: 1 of 400 draws are not finite"):
        judged(draws)


@pytest.mark.parametrize("shape", [(100,), (1, 100), (4, LEAST_STEPS - 1), (4, 20, 2)])
def test_too_few_chains_or_steps_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected shape"):
        judged(np.random.default_rng(25).normal(size=shape))


def test_the_fewest_steps_give_finite_diagnostics() -> None:
    found = judged(autoregressive(0.5, 4, LEAST_STEPS, seed=26), groups=[0, 0, 1, 1])
    assert found.verdict == "still drifting"
    assert np.isfinite([found.r_hat, found.effective_sample_size, found.autocorrelation_time]).all()


@pytest.mark.parametrize("groups", [[0, 0, 0, 1], [0, 0, 0, 0], [0, 1]])
def test_groups_that_cannot_be_compared_are_refused(groups: list[int]) -> None:
    with pytest.raises(ValueError, match="groups: expected"):
        judged(autoregressive(0.5, 4, 100, seed=27), groups=groups)


def test_draws_and_rates_that_make_no_sense_are_refused() -> None:
    draws = autoregressive(0.5, 4, 100, seed=28)
    with pytest.raises(ValueError, match="at least one quantity"):
        diagnose({}, 0.5)
    with pytest.raises(ValueError, match="same chains and steps"):
        diagnose({"energy": draws, "ink": draws[:, 1:]}, 0.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        judged(draws, acceptance_rate=math.nan)
    with pytest.raises(ValueError, match="between 0 and 1"):
        judged(draws, swap_rates=[0.5, 1.5])


def test_importing_the_room_does_not_wait_for_scipy() -> None:
    program = "import sys, landscape_app.physics.diagnostics; sys.exit('scipy' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_draws_some_steps_apart_give_times_in_steps() -> None:
    draws = autoregressive(0.95, 40, 4000, seed=3)
    every, fifth = (diagnose({"x": draws[:, ::k]}, 0.5, spacing=k) for k in (1, 5))
    assert fifth.autocorrelation_time == pytest.approx(every.autocorrelation_time, rel=0.1)
    assert fifth.effective_sample_size == pytest.approx(every.effective_sample_size, rel=0.1)
