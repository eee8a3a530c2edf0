"""Every verdict of the diagnosis, and what it advises."""

import math

import numpy as np
import pytest
import scipy.stats

from landscape_app.physics import diagnostics
from landscape_app.physics.diagnostics import (
    LEAST_EFFECTIVE,
    LEAST_EFFECTIVE_PER_CHAIN,
    LEAST_STEPS,
    MOST_SHIFT,
    R_HAT_LIMIT,
    Diagnosis,
    autocorrelation_time,
    diagnose,
    effective_sample_size,
    equal_means,
    r_hat,
)
from tests.physics.autoregression import THREE_STARTS, Array, autoregressive, shifts

STARTS = ("noise", "data", "hot")


def judged(draws: Array, acceptance_rate: float = 0.5, **rest: object) -> Diagnosis:
    return diagnose({"energy": draws}, acceptance_rate, **rest)  # type: ignore[arg-type]


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
    assert found.sentence.startswith("mixed: the starts agree (noise, data, hot, no start's mean off by")


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


@pytest.mark.parametrize(("swap_rates", "trips"), [([0.3, 0.002], 0), ([0.3, 0.2], 0), ([0.3, 0.2], 25)])
def test_replicas_that_nobody_can_choose_are_no_advice(swap_rates: list[float], trips: int) -> None:
    draws = autoregressive(0.5, 4, 1000, seed=19) + shifts(0, 0, 3, 3)
    found = judged(draws, swap_rates=swap_rates, round_trips=trips, sets_replicas=True)
    assert found.verdict == "stuck"
    assert "try" not in found.sentence


def test_what_a_chain_forgets_is_said_of_the_part_that_it_stays_in() -> None:
    found = judged(autoregressive(0.5, 4, 1000, seed=19) + shifts(0, 0, 3, 3))
    assert "forgets where it was within the part that it stays in" in found.sentence


def test_gibbs_sampling_may_accept_all_its_moves() -> None:
    draws = {"energy": autoregressive(0.5, 4, 1000, seed=18) + shifts(0, 0, 3, 3)}
    found = diagnose(draws, 1.0, rejects=False)
    assert found.verdict == "stuck"
    assert found.sentence.endswith("try replica exchange")


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


def test_draws_some_steps_apart_give_times_in_steps() -> None:
    draws = autoregressive(0.95, 40, 4000, seed=3)
    every, fifth = (diagnose({"x": draws[:, ::k]}, 0.5, spacing=k) for k in (1, 5))
    assert fifth.autocorrelation_time == pytest.approx(every.autocorrelation_time, rel=0.1)
    assert fifth.effective_sample_size == pytest.approx(every.effective_sample_size, rel=0.1)


def means_of_starts(
    shift: float, seed: int, quantities: int = 1, chains: int = 24, steps: int = 1_500
) -> Diagnosis:
    """Three starts, the third with its mean off: 12,000 effective draws in all, as τ = 9 steps."""
    draws = [autoregressive(0.8, 3 * chains, steps, seed + k) for k in range(0, 1_000 * quantities, 1_000)]
    draws[0] += shifts(0, 0, shift, each=chains)
    return judged(
        draws[0], groups=np.repeat(STARTS, chains), means={f"f{i}": f for i, f in enumerate(draws[1:])}
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shift", [-0.2, 0.2])
def test_a_small_shift_of_one_start_is_found_named_and_measured(shift: float, seed: int) -> None:
    found = means_of_starts(shift, seed, quantities=4)
    assert 8_000 < found.effective_sample_size < 15_000
    assert found.r_hat <= R_HAT_LIMIT
    assert found.verdict == "stuck"
    row = found.means[0]
    assert (row.name, row.furthest) == ("energy", "hot")
    assert row.shifts["hot"] == pytest.approx(shift, abs=4 * row.error)
    assert row.error == pytest.approx(math.sqrt(3 / 2 / 4_000), rel=0.5)
    assert (
        "disagree on the mean of energy: that from hot is off the others' by " + "+−"[shift < 0]
        in found.sentence
    )


def test_equal_laws_are_called_apart_as_seldom_as_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnostics, "REARRANGEMENTS", 199)
    rng, sets = np.random.default_rng(31), 150
    called_apart = 0
    for _ in range(sets):
        # Skewed, correlated quantities: one of them rare, as a class that few chains ever visit.
        base = rng.exponential(size=(12, LEAST_STEPS))
        draws = {"H": base, "f": base**2, "class": (rng.random((12, 1)) < 0.1) * np.ones((12, LEAST_STEPS))}
        draws["sum"] = draws["H"] - 2 * draws["f"]
        rows = equal_means(draws, np.repeat([0, 1, 2], 4))
        called_apart += any(row.differ for row in rows)
    # The 99.9% quantile of the binomial distribution at the probability 0.01.
    assert called_apart <= 7


def test_no_start_is_off_by_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnostics, "REARRANGEMENTS", 9)
    rng, sets, beyond = np.random.default_rng(32), 150, 0
    for _ in range(sets):
        draws = rng.normal(size=(12, LEAST_STEPS)) + shifts(0, 0, 0.3, each=4)
        (row,) = equal_means({"H": draws}, np.repeat(STARTS, 4))
        beyond += row.limit < 0.3 / draws.std()
    # The 99.9% quantile of the binomial distribution at the probability 0.05.
    assert beyond <= 17


def test_starts_whose_means_are_hardly_known_are_not_mixed() -> None:
    observables = {f"f{k}": autoregressive(0.5, 6, 400, seed=50 + k) for k in range(20)}
    found = judged(autoregressive(0.5, 6, 400, seed=41), groups=np.repeat(STARTS, 2), means=observables)
    assert found.effective_sample_size > LEAST_EFFECTIVE
    assert found.r_hat <= R_HAT_LIMIT
    assert found.limit > MOST_SHIFT
    assert found.verdict == "still drifting"
    assert "may still be off by " in found.sentence


def test_equality_of_one_quantity_is_the_analysis_of_variance() -> None:
    draws = autoregressive(0.5, 72, 400, seed=33) + shifts(0, 0, 0.1, each=24)
    (row,) = equal_means({"H": draws}, np.repeat(STARTS, 24))
    means = draws.mean(1).reshape(3, 24)
    exact = scipy.stats.f_oneway(*means).pvalue
    assert row.probability == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 2_000) + 1 / 2_000)
    others = means[:2].mean()
    pooled = math.sqrt(means.var(axis=1, ddof=1).mean() * (1 / 24 + 1 / 48))
    assert row.shifts["hot"] == pytest.approx((means[2].mean() - others) / draws.std(), rel=1e-9)
    assert row.error == pytest.approx(pooled / draws.std(), rel=1e-9)
    reach = scipy.stats.t.isf(0.025 / 3, 69) * row.error
    assert row.limit == pytest.approx(max(abs(shift) for shift in row.shifts.values()) + reach, rel=1e-9)


def test_a_shift_hidden_by_what_quantities_share_is_found_in_what_the_others_do_not_explain() -> None:
    shared, *own = (autoregressive(0.5, 72, 400, seed=60 + k) for k in range(4))
    draws = {f"f{k}": shared + 0.3 * values for k, values in enumerate(own)}
    draws["f2"] = draws["f2"] + shifts(0, 0, 0.05, each=24)
    rows = equal_means(draws, np.repeat(STARTS, 24))
    assert [row.differ for row in rows] == [False, False, True]
    assert rows[2].is_partial
    assert abs(rows[2].shifts["hot"]) < 3 * rows[2].error
    energy = draws.pop("f0")
    sentence = judged(energy, groups=np.repeat(STARTS, 24), means=draws).sentence
    assert "disagree on the mean of f2" in sentence
    assert "the other quantities allowed for" in sentence


def test_residuals_are_those_of_least_squares() -> None:
    means = np.random.default_rng(64).normal(size=(72, 4)) @ np.random.default_rng(65).normal(size=(4, 4))
    means -= means.mean(0)
    found = diagnostics._residuals(means)
    for k in range(4):
        others = np.delete(means, k, axis=1)
        residual = means[:, k] - others @ np.linalg.lstsq(others, means[:, k], rcond=None)[0]
        assert abs(np.corrcoef(residual, found[:, k])[0, 1]) == pytest.approx(1, abs=1e-9)


def test_rounding_of_an_energy_that_observables_sum_to_is_no_difference() -> None:
    draws = {f"f{k}": autoregressive(0.5, 72, 400, seed=66 + k) for k in range(2)}
    rounding = 1e-6 * np.repeat([0, 1, 2], 24)[:, None]
    draws["H"] = draws["f0"] - 3 * draws["f1"] + rounding
    assert not any(row.differ for row in equal_means(draws, np.repeat(STARTS, 24)))


def test_rounding_that_depends_on_the_number_of_a_chain_is_no_difference() -> None:
    rounded = np.full((12, 100), 3.0) + 1e-7 * np.repeat([0, 1, 2], 4)[:, None]
    assert equal_means({"f": rounded}, np.repeat(STARTS, 4)) == ()


def test_chains_of_the_starts_may_come_in_any_order() -> None:
    draws = autoregressive(0.5, 12, 200, seed=34) + shifts(0, 0, 0.5, each=4)
    groups = np.repeat(STARTS, 4)
    mixed_up = np.random.default_rng(0).permutation(12)
    (row,), (other,) = (
        equal_means({"H": draws[chains]}, groups[chains]) for chains in (np.arange(12), mixed_up)
    )
    assert other.shifts == pytest.approx(row.shifts)
    assert (other.error, other.limit) == pytest.approx((row.error, row.limit))


@pytest.mark.parametrize(("chains", "frozen"), [(4, [2]), (24, [5]), (24, [0, 5, 7, 9])])
@pytest.mark.parametrize("depth", [0.0, 3.0])
def test_a_frozen_chain_among_moving_ones_is_named(chains: int, frozen: list[int], depth: float) -> None:
    draws = autoregressive(0.5, chains, 6_000 // chains, seed=35)
    draws[frozen] = depth
    found = judged(draws, groups=None if chains == 4 else np.repeat(["noise", "data", "hot"], 8))
    assert found.verdict == "frozen"
    assert found.frozen == tuple(frozen)
    assert found.effective_sample_size == 0
    assert "barrier" not in found.sentence
    where = (
        "3" if chains == 4 else "6 (from noise)" if len(frozen) == 1 else "1 (from noise), 6 (from noise), 8"
    )
    assert found.sentence.startswith(f"frozen: chain{'s' if len(frozen) > 1 else ''} {where}")
    assert found.sentence.endswith("try a smaller step, or another start")


def test_chains_that_all_stand_still_in_different_places_are_frozen() -> None:
    found = judged(np.broadcast_to(shifts(1, 1, 1, 2), (4, 100)))
    assert found.sentence.startswith("frozen: none of the 4 chains ever moves")


def test_a_chain_that_keeps_its_class_is_not_frozen() -> None:
    classes = (np.random.default_rng(36).random((4, 4000)) < 0.5).astype(float)
    classes[3] = 1
    found = diagnose({"energy": autoregressive(0.5, 4, 4000, seed=37)}, 0.5, means={"class 1": classes})
    assert found.frozen == ()
    assert found.verdict == "mixed"


def test_the_verdict_says_that_a_mode_no_chain_has_reached_cannot_be_seen() -> None:
    # All chains in one of two modes look exactly like chains of a law with one.
    for groups in (None, THREE_STARTS):
        found = judged(6 + autoregressive(0.5, 150, 200, seed=38), groups=groups)
        assert found.verdict == ("mixed" if groups is not None else found.verdict)
    assert found.sentence.endswith("a mode that none of these starts has reached cannot be seen")


def test_an_indicator_whose_shares_differ_by_start_is_never_mixed() -> None:
    rng = np.random.default_rng(39)
    zeros = rng.random((150, 200)) < np.repeat([0.1, 0.1, 0.2], 50)[:, None]
    found = judged(autoregressive(0.5, 150, 200, seed=40), groups=THREE_STARTS, means={"class 0": zeros})
    assert found.verdict == "stuck"
    assert "disagree on the mean of class 0: that from hot is off the others' by +0.2" in found.sentence
    assert [row.name for row in found.quantities] == ["energy"]
    assert [row.name for row in found.means] == ["energy", "class 0"]
