"""The experiment on Hopfield networks: its theory against the equations and exact tails, and its verdicts."""

import numpy as np
import pytest
import torch
from scipy import special, stats

from landscape_app.experiments import hopfield
from landscape_app.experiments.experiment import Progress
from landscape_app.experiments.figure import Curve
from landscape_app.experiments.hopfield import (
    LOADS,
    HopfieldRecall,
    damaged,
    mixed,
    one_step_error,
    random_patterns,
    retrieval,
    wrong_after_one_step,
)
from landscape_app.learning.closed_form import Hebb

SMALL = {"spins": 200.0, "networks": 1.0}


@pytest.fixture(scope="module")
def small() -> list[Progress]:
    return list(HopfieldRecall().start(SMALL))


def verdicts(last: Progress) -> dict[str, bool]:
    return {finding.quantity.split(" patterns")[0].split(",")[0]: finding.passed for finding in last.findings}


def test_theory_solves_the_equations_of_the_replica_symmetric_state() -> None:
    """m = erf(m/√(2αr)), C = √(2/(παr)) exp(−m²/(2αr)), r = (1 − C)⁻², iterated from each solution."""
    load, m = retrieval()
    # A little below α_c, where an iteration still comes back.
    load, m = load[50:-20], m[50:-20]
    r = np.ones_like(m)
    for _ in range(5_000):
        c = np.sqrt(2 / (np.pi * load * r)) * np.exp(-(m**2) / (2 * load * r))
        r = 0.5 * r + 0.5 / (1 - c) ** 2
    np.testing.assert_allclose(special.erf(m / np.sqrt(2 * load * r)), m, atol=1e-6)


def test_memory_is_lost_where_theory_says() -> None:
    load, m = retrieval()
    assert load[-1] == pytest.approx(0.1379, abs=1e-4)
    assert m[-1] == pytest.approx(0.967, abs=1e-3)
    assert (np.diff(load) > 0).all()
    assert (np.diff(m) <= 0).all()


@pytest.mark.parametrize("load", [0.08, 0.14, 0.25])
def test_formula_of_the_first_step_is_the_tail_of_a_sum_of_signs(load: float) -> None:
    """N ξ h = N − 1 and (P − 1)(N − 1) independent signs: the spin is wrong where that is below 0, or half at 0."""
    spins, patterns = 1_000, round(1_000 * load)
    terms = (patterns - 1) * (spins - 1)
    needed = (terms - (spins - 1)) / 2
    signs = stats.binom(terms, 0.5)
    exact = signs.cdf(np.ceil(needed) - 1) + (0.5 * signs.pmf(needed) if needed == int(needed) else 0.0)
    assert float(one_step_error((patterns - 1) / (spins - 1))) == pytest.approx(exact, rel=2e-3)


def test_wrong_spins_are_counted_in_whole_numbers() -> None:
    patterns = random_patterns(0.3, 40, torch.Generator().manual_seed(0))
    xi = patterns.numpy().astype(int)
    table = xi.T @ xi
    np.fill_diagonal(table, 0)
    along = xi * (xi @ table)
    assert (along == 0).any()
    expected = ((along < 0).sum() + (along == 0).sum() / 2) / along.size
    assert wrong_after_one_step(patterns) == pytest.approx(expected)


def test_damage_turns_the_share_of_spins() -> None:
    generator = torch.Generator().manual_seed(0)
    patterns = random_patterns(0.1, 200, generator)
    turned = damaged(patterns, generator) != patterns
    assert (turned.sum(1) == 20).all()
    assert not torch.equal(turned[0], turned[1])


def test_mixtures_have_their_parts_first() -> None:
    """Of three patterns the overlaps with the sign of their sum are ½ up to 1/√N, and no spin of it turns."""
    found = mixed(random_patterns(3 / 400, 400, torch.Generator().manual_seed(0)), torch.Generator())
    assert found.parts.shape == (hopfield.MIXTURES, 3)
    assert found.others.shape == (hopfield.MIXTURES, 0)
    assert (found.kept == 1).all()
    np.testing.assert_allclose(found.parts, 0.5, atol=4 / np.sqrt(400))


def test_verdicts_of_a_small_network_on_what_does_not_depend_on_size(small: list[Progress]) -> None:
    found = verdicts(small[-1])
    assert found["Wrong spins after one step"]
    assert found["Spins of 100"]


def test_shares_rise_and_findings_come_last(small: list[Progress]) -> None:
    shares = [progress.share for progress in small]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert not any(progress.findings for progress in small[:-1])
    assert len(small[-1].findings) == 5


def test_drawn_energies_never_rise(small: list[Progress]) -> None:
    falling = [mark for mark in small[-1].figure.rows[1][0].marks if isinstance(mark, Curve)]
    assert len(falling) == hopfield.FALLS
    assert all((np.diff(curve.y) <= 0).all() for curve in falling)


def test_same_seed_gives_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hopfield, "LOADS", (0.1, 0.2))
    first, second, other = (list(HopfieldRecall().start(SMALL | {"seed": seed}))[-1] for seed in (1, 1, 2))
    assert first.findings == second.findings != other.findings


def test_hebbs_rule_in_place_of_the_projection_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hopfield.Projection, "solution", staticmethod(Hebb.solution))
    monkeypatch.setattr(hopfield, "LOADS", (0.1, 0.2))
    *_, last = HopfieldRecall().start(SMALL)
    assert not verdicts(last)["Spins of 100"]


def test_couplings_of_the_wrong_sign_fail_every_verdict_on_hebbs_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = Hebb.solution

    def wrong(training: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        couplings, fields = right(training)
        return -couplings, fields

    monkeypatch.setattr(hopfield.Hebb, "solution", staticmethod(wrong))
    monkeypatch.setattr(hopfield, "LOADS", (0.1, 0.2))
    *_, last = HopfieldRecall().start(SMALL)
    passed = [finding.passed for finding in last.findings]
    assert passed[:2] == [False, False]
    assert not passed[4]


def test_loads_lie_on_both_sides_of_the_transition() -> None:
    assert min(LOADS) < hopfield.KEPT_LOAD < retrieval()[0][-1] < hopfield.LOST_LOAD < max(LOADS)
    assert {hopfield.KEPT_LOAD, hopfield.LOST_LOAD} <= set(LOADS)


@pytest.mark.training
def test_the_quick_setting_passes() -> None:
    *_, last = HopfieldRecall().start()
    assert last.has_passed, last.findings
