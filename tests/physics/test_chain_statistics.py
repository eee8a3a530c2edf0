"""Statistics of chains from anywhere against closed forms and ArviZ, and verdicts that must not be given."""

import math

import numpy as np
import pytest
from arviz_stats.base import array_stats
from scipy.stats import rankdata

from landscape_app.physics.chain_statistics import (
    ChainDraws,
    ChainsDiagnosis,
    autocorrelation,
    judge_chains,
    rank_counts,
    split_r_hat,
    statistics_of,
)
from tests.physics.autoregression import Array, autoregressive


def judged(**arrays: Array) -> ChainsDiagnosis:
    return judge_chains(ChainDraws.of_arrays("test", arrays))


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_the_error_of_the_mean_and_the_times_are_those_of_an_autoregressive_chain(rho: float) -> None:
    time = (1 + rho) / (1 - rho)
    runs = [statistics_of("x", autoregressive(rho, 4, 2_000, seed)) for seed in range(40)]
    # The true mean is 0: means over their own errors are standard normal, but for 10% of the errors' own.
    pulls = np.array([row.mean / row.error for row in runs])
    assert np.abs(pulls).max() < 4
    assert np.mean(pulls**2) == pytest.approx(1, abs=4 * math.sqrt(2 / 40))
    assert np.mean([row.error for row in runs]) == pytest.approx(math.sqrt(time / 8_000), rel=0.1)
    assert np.mean([row.deviation for row in runs]) == pytest.approx(1, abs=0.05)
    assert np.mean([row.bulk for row in runs]) == pytest.approx(8_000 / time, rel=0.1)
    assert np.mean([row.autocorrelation_time for row in runs]) == pytest.approx(time, rel=0.1)
    # Means of the eight half chains have variances of τ / 1,000; their spread is χ² of seven degrees of freedom.
    assert all(row.r_hat**2 - 1 < 4 * time / 1_000 for row in runs)


def test_every_figure_of_a_quantity_is_what_arviz_gives() -> None:
    draws = autoregressive(0.7, 4, 500, 3) ** 3
    row = statistics_of("x", draws)
    expected = (
        array_stats.rhat(draws),
        array_stats.ess(draws, method="bulk"),
        array_stats.ess(draws, method="tail", prob=(0.05, 0.95)),
        array_stats.mcse(draws, method="mean"),
    )
    assert (row.r_hat, row.bulk, row.tail, row.error) == pytest.approx(tuple(map(float, expected)))


def test_spacing_makes_times_and_lags_those_of_the_chains_steps() -> None:
    draws = autoregressive(0.5, 4, 500, 0)
    assert statistics_of("x", draws, 7).autocorrelation_time == pytest.approx(
        7 * statistics_of("x", draws).autocorrelation_time
    )
    assert autocorrelation(draws, 5, spacing=7).lags.tolist() == [0, 7, 14, 21, 28, 35]


@pytest.mark.parametrize("rho", [0.0, 0.6, 0.9])
def test_autocorrelations_are_powers_within_errors_that_are_as_large_as_they_scatter(rho: float) -> None:
    found = [autocorrelation(autoregressive(rho, 4, 1_000, seed), 10) for seed in range(200)]
    correlations = np.array([one.correlation for one in found])
    errors = np.array([one.error for one in found])
    scatter = correlations.std(axis=0, ddof=1)
    assert correlations[:, 0] == pytest.approx(1)
    # Beside the error of the mean of 200 runs there is what is left of the bias, of order τ / draws.
    bias = (1 + rho) / (1 - rho) / 1_000
    assert (
        np.abs(correlations.mean(axis=0) - rho ** np.arange(11)) < 4 * scatter / math.sqrt(200) + bias
    ).all()
    assert errors[:, 1:].mean(axis=0) == pytest.approx(scatter[1:], rel=0.25)


def test_a_chain_that_stands_still_has_no_autocorrelation() -> None:
    with pytest.raises(ValueError, match="do not move"):
        autocorrelation(np.zeros((2, 100)))


def test_ranks_are_counted_as_scipy_ranks_them() -> None:
    draws = autoregressive(0.5, 3, 400, 1)
    found = rank_counts(draws, bins=8)
    ranks = (rankdata(draws).reshape(draws.shape) - 1) * 8 // draws.size
    assert found.counts.tolist() == [[int((row == b).sum()) for b in range(8)] for row in ranks]
    assert found.expected == 50


def test_equal_draws_are_spread_over_the_bins() -> None:
    signs = np.sign(np.random.default_rng(0).normal(size=(4, 2_000)))
    found = rank_counts(signs)
    assert found.counts.sum(axis=0).tolist() == [400] * 20
    assert found.outside == ()


@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_the_band_of_ranks_holds_all_counts_in_nineteen_of_twenty_runs_and_is_not_much_too_wide(
    rho: float,
) -> None:
    runs = [rank_counts(autoregressive(rho, 4, 1_000, seed)) for seed in range(200)]
    assert sum(bool(run.outside) for run in runs) <= 10 + 4 * math.sqrt(200 * 0.05 * 0.95)
    scatter = np.std([run.counts for run in runs], axis=(0, 1))
    reach = np.mean([run.high - run.expected for run in runs], axis=0)
    # Of 80 counts none exceeds 3.4 deviations in 19 of 20 runs.
    assert (reach < 1.35 * 3.42 * scatter).all()


def test_a_chain_elsewhere_leaves_the_band() -> None:
    draws = autoregressive(0.5, 4, 1_000, 0)
    draws[2] += 1
    assert rank_counts(draws).outside[0] == 2


def test_chains_in_all_modes_show_no_disagreement_and_the_verdict_says_what_it_does_not() -> None:
    found = judged(x=autoregressive(0.5, 4, 2_000, 0))
    assert found.finding == "no disagreement found"
    assert found.is_good
    assert "does not say that these 4 chains have reached equilibrium" in found.unsaid


def test_four_chains_in_one_mode_of_two_are_never_called_mixed() -> None:
    # P has modes at −5 and +5; all four chains were started near +5 and stay there.
    found = judged(x=autoregressive(0.5, 4, 2_000, 0) + 5)
    assert found.finding == "no disagreement found"
    words = f"{found.finding} {found.sentence} {found.unsaid} {found.figures()}".lower()
    assert "mixed" not in words
    assert "converged" not in words
    assert "a mode that none of them has visited cannot be seen" in words


def test_chains_in_two_modes_disagree_however_long_they_are() -> None:
    found = judged(x=autoregressive(0.5, 4, 2_000, 0) + np.array([[5], [5], [-5], [5]]))
    assert (found.finding, found.is_good) == ("disagreement", False)
    assert "barriers lie between them" in found.sentence


def test_chains_too_short_to_agree_are_told_to_run_longer() -> None:
    found = judged(x=autoregressive(0.99, 4, 200, 0))
    assert found.finding == "disagreement"
    assert "run longer" in found.sentence


@pytest.mark.parametrize("value", ["first", "middle"])
@pytest.mark.parametrize("chain", [0, 3])
def test_a_chain_frozen_beside_three_good_ones_is_named(chain: int, value: str) -> None:
    draws = autoregressive(0.5, 4, 1_000, 0)
    # At the middle of the distribution, where the means of all chains agree.
    draws[chain] = draws[chain, 0] if value == "first" else 0.0
    found = judged(x=draws, y=autoregressive(0.5, 4, 1_000, 1))
    assert (found.finding, found.frozen) == ("frozen", (chain,))
    assert f"chain {chain + 1} never changes x" in found.sentence
    assert not found.is_good
    assert judged(x=draws).sentence.startswith(f"frozen: chain {chain + 1} never moves while others do")


@pytest.mark.parametrize("still", [50, 300])
def test_a_chain_that_freezes_on_its_way_is_named_with_the_draw(still: int) -> None:
    draws = autoregressive(0.5, 4, 1_000, 0)
    draws[1, 1_000 - still :] = draws[1, 1_000 - still]
    found = judged(x=draws)
    assert (found.finding, found.frozen) == ("frozen", (1,))
    assert (
        f"chain 2 stands still from draw {1_001 - still:,} for {still} of its 1,000 draws" in found.sentence
    )


def test_chains_of_a_kernel_that_rejects_nine_moves_of_ten_are_not_called_frozen() -> None:
    rng = np.random.default_rng(0)
    moved = rng.random((4, 4_000)) < 0.1
    moved[:, 0] = True
    draws = rng.normal(size=(4, 4_000))
    last = np.maximum.accumulate(np.where(moved, np.arange(4_000), 0), axis=1)
    assert judged(x=np.take_along_axis(draws, last, axis=1)).frozen == ()


def test_all_chains_frozen() -> None:
    found = judged(x=np.repeat([[1.0], [2.0], [3.0]], 50, axis=1))
    assert (found.finding, found.frozen) == ("frozen", (0, 1, 2))


def test_chains_that_agree_draw_for_draw_are_copies() -> None:
    draws = autoregressive(0.5, 4, 1_000, 0)
    draws[3] = draws[1]
    found = judged(x=draws)
    assert found.finding == "copies"
    assert "chains 2 and 4" in found.sentence


def test_one_chain_has_nothing_to_compare_with() -> None:
    found = judged(x=autoregressive(0.5, 1, 4_000, 0))
    assert (found.finding, found.is_good) == ("nothing to compare", False)
    drifting = judged(x=autoregressive(0.5, 1, 4_000, 0) + np.linspace(0, 3, 4_000))
    assert drifting.finding == "disagreement"
    assert math.isnan(split_r_hat(np.zeros((1, 20))))


@pytest.mark.parametrize("draws", [1, 5, 15])
def test_few_draws_are_said(draws: int) -> None:
    found = judged(x=autoregressive(0.0, 4, draws, 0))
    assert found.finding == "too few draws"
    assert f"{draws} draw" in found.sentence
    assert found.figures()["quantities"]["x"]["r_hat"] is None


def test_draws_that_are_worth_little_are_said() -> None:
    found = judged(x=autoregressive(0.3, 4, 120, 2))
    assert found.finding in ("too few draws", "disagreement")
    assert not found.is_good


def test_quantities_without_a_number_or_a_change_are_named_in_one_sentence() -> None:
    good = autoregressive(0.5, 4, 1_000, 0)
    broken, endless = good.copy(), good.copy()
    broken[1, 3], endless[0, :2] = math.nan, math.inf
    found = judged(a=good, b=broken, c=endless, d=np.full_like(good, 2.0))
    assert [row.name for row in found.quantities] == ["a"]
    assert list(found.left_out) == ["b", "c", "d"]
    assert "b (1 of 4,000 draws are NaN or infinite)" in found.sentence
    assert "d (constant, 2 in every draw)" in found.sentence
    with pytest.raises(ValueError, match="nothing that can be judged"):
        judged(b=broken, d=np.full_like(good, 2.0))


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": np.zeros(5)}, "expected \\(chain, draw"),
        ({"x": np.zeros((4, 5)), "y": np.zeros((5, 4))}, "the same chains and draws"),
        ({"x": np.zeros((4, 5), complex)}, "no real numbers"),
        ({"x": np.array([["a", "b"]])}, "no real numbers"),
        ({"x": np.zeros((1, 2, 6_000))}, "6,000 quantities"),
        ({"x": np.zeros((4, 0))}, "at least one draw"),
        ({}, "got none"),
    ],
)
def test_arrays_of_other_shapes_are_refused(arrays: dict[str, np.ndarray], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ChainDraws.of_arrays("test", arrays)


def test_entries_of_arrays_are_quantities_of_their_own() -> None:
    found = ChainDraws.of_arrays("test", {"x": np.arange(24).reshape(2, 3, 2, 2)})
    assert list(found.quantities) == ["x[0,0]", "x[0,1]", "x[1,0]", "x[1,1]"]
    assert found.quantities["x[1,0]"].tolist() == [[2, 6, 10], [14, 18, 22]]
    assert (found.chains, found.draws) == (2, 3)
