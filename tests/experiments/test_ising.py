"""The experiment on the square lattice: its estimates against sums over all states, and its verdicts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from landscape_app.experiments import ising
from landscape_app.experiments.experiment import Progress
from landscape_app.experiments.figure import Curve, Points
from landscape_app.experiments.ising import (
    CENTRE,
    NEARBY,
    TEMPERATURES,
    Lattice,
    SquareIsing,
    sides_up_to,
)
from landscape_app.physics.finite_size import binder, fall_through_zero, jackknife
from landscape_app.physics.lattice import Ising
from landscape_app.physics.square_lattice import CRITICAL_TEMPERATURE

SMALL = {"side": 16.0, "chains": 10.0, "sweeps": 30.0}
FEW_ERRORS = 4.5
"""Standard errors that one of 48 means from 150 chains exceeds in one case of 1,500."""


@pytest.fixture(scope="module")
def small() -> list[Progress]:
    return list(SquareIsing().start(SMALL))


@pytest.fixture(scope="module")
def four() -> Lattice:
    lattice = Lattice(4, 150, seed=0)
    lattice.warm_up()
    lattice.measure(40)
    return lattice


def summed(temperatures: np.ndarray) -> np.ndarray:
    """⟨E⟩/N, C/N, ⟨|m|⟩ and U of the 4 × 4 lattice by a sum over its 65,536 states, shape (4, temperatures)."""
    s = 1.0 - 2 * (np.arange(2**16)[:, None] >> np.arange(16) & 1).reshape(-1, 4, 4)
    e = -(s * (np.roll(s, 1, 1) + np.roll(s, 1, 2))).sum((1, 2))
    m = s.mean((1, 2))
    p = np.exp(-(e + 32) / temperatures[:, None])
    p /= p.sum(1, keepdims=True)
    variance = p @ e**2 - (p @ e) ** 2
    cumulant = 1 - p @ m**4 / (3 * (p @ m**2) ** 2)
    return np.stack([p @ e / 16, variance / temperatures**2 / 16, p @ np.abs(m), cumulant])


def test_means_are_those_of_a_sum_over_states(four: Lattice) -> None:
    measured = (four.energy(), four.heat_capacity(), four.magnetisation(), four.cumulant())
    for found, exact in zip(measured, summed(TEMPERATURES), strict=True):
        assert (found.error > 0).all()
        assert_allclose((found.value - exact) / found.error, 0, atol=FEW_ERRORS)


def test_reweighting_gives_the_cumulants_nearby(four: Lattice) -> None:
    found = jackknife(binder, four.reweighted())
    assert_allclose((found.value - summed(NEARBY)[3]) / found.error, 0, atol=FEW_ERRORS)
    middle = len(NEARBY) // 2
    assert NEARBY[middle] == pytest.approx(TEMPERATURES[CENTRE])
    assert found.value[middle] == pytest.approx(four.cumulant().value[CENTRE])


def test_jackknife_of_a_mean_is_its_standard_error() -> None:
    moments = np.random.default_rng(0).normal(size=(1, 3, 12))
    found = jackknife(lambda means: means[0], moments)
    assert_allclose(found.value, moments[0].mean(1))
    assert_allclose(found.error, moments[0].std(1, ddof=1) / np.sqrt(12))


def test_crossing_is_where_the_difference_falls_through_zero() -> None:
    assert fall_through_zero(NEARBY, 2.2741 - NEARBY) == pytest.approx(2.2741)
    assert np.isnan(fall_through_zero(NEARBY, NEARBY - 2.2741))
    wavy = np.sin((2.2741 - NEARBY) * 400)
    assert fall_through_zero(NEARBY, wavy) == pytest.approx(2.2741, abs=1e-4)
    assert np.isnan(fall_through_zero(NEARBY, np.ones(len(NEARBY))))


def test_sides_double() -> None:
    assert sides_up_to(16) == [8, 16]
    assert sides_up_to(100) == [8, 16, 32, 64]


def test_shares_rise_and_findings_come_last(small: list[Progress]) -> None:
    shares = [progress.share for progress in small]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert not any(progress.findings for progress in small[:-1])
    assert len(small[-1].findings) == 5
    assert all(progress.figure.panels for progress in small)


def test_points_lie_about_the_exact_curves(small: list[Progress]) -> None:
    energy = small[-1].figure.rows[0][1]
    curves = [mark for mark in energy.marks if isinstance(mark, Curve)]
    points = [mark for mark in energy.marks if isinstance(mark, Points)]
    assert [mark.name for mark in points] == ["L = 8", "L = 16"]
    for found in points:
        (exact,) = (curve for curve in curves if curve.role is found.role)
        assert found.error is not None
        assert np.abs(found.y - np.interp(found.x, exact.x, exact.y)).mean() < 3 * found.error.mean()


def test_same_seed_gives_the_same_result() -> None:
    short = SMALL | {"chains": 4.0, "sweeps": 10.0}
    first, second, other = (list(SquareIsing().start(short | {"seed": seed}))[-1] for seed in (1, 1, 2))
    assert first.findings == second.findings != other.findings


def test_a_stronger_coupling_fails_the_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """With J = 1.1 the transition lies 10% higher, out of reach of the temperatures that are looked through."""
    monkeypatch.setattr(ising, "Ising", lambda shape, coupling: Ising(shape, 1.1 * coupling))
    *_, last = SquareIsing().start(SMALL)
    assert [finding.passed for finding in last.findings if finding.figure != "cumulant"] == [False] * 3
    assert not last.findings[0].passed


@pytest.mark.training
def test_the_quick_setting_passes_and_finds_the_critical_point() -> None:
    *_, last = SquareIsing().start()
    assert last.has_passed, last.findings
    temperature = float(last.findings[0].measured.split()[0])
    assert temperature == pytest.approx(CRITICAL_TEMPERATURE, rel=0.01)
