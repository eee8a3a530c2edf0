"""Verdicts on models by their means, against means whose errors are known."""

import math

import numpy as np
import pytest
import scipy.stats

from landscape_app.physics.estimate import SIGNIFICANCE, TOLERANCE
from landscape_app.physics.matching import Match, match
from tests.physics.autoregression import Array, autoregressive

ITEMS = np.random.default_rng(1).normal(3.0, 2.0, 200)
"""Of one quantity, over the data."""


def chains(shift: float, seed: int, count: int = 72, steps: int = 200) -> Array:
    """A quantity of mean 3 and deviation 2 but for a shift in its deviations, as the data's mean of it exactly."""
    return ITEMS.mean() + 2 * (autoregressive(0.8, count, steps, seed) + shift)


def judged(shift: float, seed: int = 2, count: int = 72, **rest: object) -> Match:
    return match({"H": chains(shift, seed, count)}, {"H": ITEMS}, units={"H": "nats"}, **rest)  # type: ignore[arg-type]


def test_the_difference_has_the_error_of_independent_chains() -> None:
    draws = chains(0.1, 3)
    (row,) = judged(0.1, 3).means
    means = draws.mean(1)
    assert row.chains[:2] == pytest.approx((means.mean(), means.std(ddof=1) / math.sqrt(72)))
    assert row.data[:2] == (pytest.approx(ITEMS.mean()), 0.0)
    assert row.difference.value == pytest.approx(means.mean() - ITEMS.mean())
    assert row.deviations == pytest.approx(abs(row.difference.value) / ITEMS.std())
    assert row.reach == pytest.approx(scipy.stats.t.isf(SIGNIFICANCE / 2, 71))


@pytest.mark.parametrize("seed", range(10))
def test_a_model_that_fails_an_exact_test_by_a_hair_matches(seed: int) -> None:
    found = match({"H": chains(0.1, seed, steps=2_000)}, {"H": ITEMS})
    assert found.means[0].errors > 5
    assert found.verdict == "matched"
    assert found.sentence.startswith(
        "matched: 1 means of the chains are the data's to 0.2 standard deviations"
    )


@pytest.mark.parametrize("shift", [-0.43, 0.43])
def test_a_mean_that_is_off_is_named_in_its_unit_in_errors_and_in_deviations(shift: float) -> None:
    found = judged(shift)
    (row,) = found.means
    assert found.verdict == "not matched"
    value, error = row.difference[:2]
    side = "above" if shift > 0 else "below"
    assert found.sentence == (
        f"not matched: the mean of H is {abs(value):.3f} ± {error:.3f} nats {side} the data's, {row.errors:.1f} "
        f"standard errors and {row.deviations:.2f} of their standard deviations, where 0.2 are tolerated"
    )


def test_the_worst_of_many_is_named() -> None:
    draws = {"f1": chains(0.5, 4), "f2": chains(-0.9, 5), "f3": chains(0, 6)}
    found = match(draws, dict.fromkeys(draws, ITEMS))
    assert found.sentence.startswith("not matched: the mean of f2 is")
    assert found.sentence.endswith("; 1 more of 3 are off")


def test_a_mean_that_is_hardly_known_is_no_match() -> None:
    few = match({"f": chains(0, 7, count=4, steps=50)}, {"f": ITEMS})
    assert few.verdict == "not known"
    assert few.sentence.endswith(f"where {TOLERANCE} are tolerated: run longer, or more chains")
    assert few.needs_draws


def test_nothing_is_known_of_a_model_that_matches_nothing_or_has_not_mixed() -> None:
    nothing = match({}, {})
    assert nothing.verdict == "not known"
    assert "sets no means" in nothing.sentence
    assert not nothing.needs_draws
    unmixed = judged(2.0, mixed=False)
    assert unmixed.verdict == "not known"
    assert "not in equilibrium" in unmixed.sentence
    assert unmixed.means[0].is_off


def test_shares_of_classes_carry_the_multinomial_error_of_the_data() -> None:
    labels = np.repeat([0, 1], [20, 180])
    zeros = (autoregressive(0.8, 72, 200, seed=8) < scipy.stats.norm.ppf(0.48)).astype(int)
    draws = {"class 0": zeros == 1, "class 1": zeros == 0}
    found = match(draws, {"class 0": labels == 0, "class 1": labels == 1}, frozenset(draws))
    assert found.verdict == "not matched"
    assert found.sentence.startswith("not matched: the share of class 0 is 0.3")
    assert found.means == ()
    row = found.shares[0]
    assert row.data[:2] == (pytest.approx(0.1), pytest.approx(math.sqrt(22 * 182 / 204**3)))
    assert row.chains.error == pytest.approx(draws["class 0"].mean(1).std(ddof=1) / math.sqrt(72))
    # A share as far off as a sample of 200 items is by chance.
    near = match({"class 0": zeros == 1}, {"class 0": np.arange(200) < 90}, frozenset(["class 0"]))
    assert near.shares[0].difference.value == pytest.approx(0.03, abs=0.03)
    # Classes alone can speak against a model that has no means to match, but not for it.
    assert near.verdict == "not known"
    assert "sets no means" in near.sentence


def test_a_class_that_no_chain_is_in_has_an_error() -> None:
    draws = {"H": chains(0, 10), "class 3": np.zeros((72, 50))}
    found = match(draws, {"H": ITEMS, "class 3": np.zeros(200)}, frozenset(["class 3"]))
    (row,) = found.shares
    assert (row.chains.value, row.data.value) == (0, 0)
    assert row.chains.error > 0
    assert row.data.error > 0
    assert found.verdict == "matched"


def test_an_exact_match_is_called_off_as_seldom_as_said() -> None:
    # All of the errors here are larger than the tolerance, which then decides nothing.
    rng, sets = np.random.default_rng(9), 300
    off = 0
    for _ in range(sets):
        draws = {f"f{i}": rng.normal(size=(6, 20)) for i in range(5)}
        # The items have a mean of 0, and a deviation that nothing is tolerated of.
        found = match(draws, dict.fromkeys(draws, np.array([-1e-6, 1e-6])))
        off += found.verdict == "not matched"
    # The 99.9% quantile of the binomial distribution at the probability 0.01.
    assert off <= 10


def test_constants_that_are_the_data_s_match_and_others_do_not() -> None:
    same, other = np.full((6, 20), 2.0), np.full((6, 20), 3.0)
    assert match({"f": same}, {"f": np.full(9, 2.0)}).verdict == "matched"
    assert match({"f": other}, {"f": np.full(9, 2.0)}).verdict == "not matched"


def test_rounding_is_no_difference() -> None:
    rounded = np.full((6, 20), 2.0) + 1e-7 * np.arange(6)[:, None]
    assert match({"f": rounded}, {"f": np.full(9, 2.0)}).verdict == "matched"


def test_quantities_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ValueError, match="the same quantities"):
        match({"f": np.zeros((2, 9))}, {"g": np.zeros(9)})
    with pytest.raises(ValueError, match="two chains or more"):
        match({"f": np.zeros((1, 9))}, {"f": np.zeros(9)})


def test_starts_that_disagree_have_means_of_their_own_and_none_over_all() -> None:
    groups = np.repeat(["noise", "data", "hot"], 24)
    draws = chains(0.0, 7) + np.repeat([-5.0, 0.0, 5.0], 24)[:, None]
    (row,) = match({"H": draws}, {"H": ITEMS}, mixed=False, groups=groups).means
    assert (row.lowest, row.highest) == pytest.approx((draws[:24].mean(), draws[48:].mean()))
    found = row.figures()
    assert (found["lowest_start"], found["highest_start"]) == (row.lowest, row.highest)
    assert all(math.isnan(found[name]) for name in ("chains", "error", "errors_off", "deviations_off"))
    (row,) = match({"H": draws}, {"H": ITEMS}, groups=groups).means
    assert row.figures()["chains"] == row.chains.value
