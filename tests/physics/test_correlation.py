"""Correlations in space against loops over pairs, sums over all states, and the closed forms of the ring."""

import math

import numpy as np
import pytest

from landscape_app.physics.correlation import (
    exceeds_lattice,
    fitted_length,
    pair_correlation,
    power_spectrum,
    second_moment_length,
    structure_factors,
)
from landscape_app.physics.space import Spins


def spins(shape: tuple[int, ...], batch: int = 3) -> np.ndarray:
    return 2.0 * np.random.default_rng(0).integers(2, size=(batch, *shape)) - 1


def test_structure_factors_are_sums_over_pairs() -> None:
    s = spins((4, 4))
    zero, lowest = structure_factors(s.astype(np.float32))
    for b in range(len(s)):
        total = along = 0.0
        for i, j, k, m in np.ndindex(4, 4, 4, 4):
            product = s[b, i, j] * s[b, k, m]
            total += product / 16
            along += product * (math.cos(math.pi * (i - k) / 2) + math.cos(math.pi * (j - m) / 2)) / 32
        assert zero[b] == pytest.approx(total)
        assert lowest[b] == pytest.approx(along, abs=1e-9)


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("shape", [(6,), (6, 6)])
def test_pair_correlations_are_averages_over_pairs(shape: tuple[int, ...], periodic: bool) -> None:
    s = spins(shape)
    found = pair_correlation(s, periodic)
    assert found.shape == (4,)
    for r in range(4):
        products = []
        for axis in range(1, s.ndim):
            if periodic:
                products.append((s * np.roll(s, -r, axis)).mean())
            else:
                first, second = (np.moveaxis(s, axis, 0)[part] for part in (slice(6 - r), slice(r, 6)))
                products.append((first * second).mean())
        assert found[r] == pytest.approx(np.mean(products), abs=1e-6)


def test_the_length_of_a_ring_is_its_closed_form() -> None:
    """S(k) = (1 − t²)/(1 − 2t cos k + t²), t = tanh 1/T, gives ξ = √t/(1 − t) at every wave number."""
    for t in (0.3, 0.7, 0.9):
        side = 64
        r = np.arange(side)
        correlation = (t**r + t ** (side - r)) / (1 + t**side)
        zero = correlation.sum()
        lowest = (correlation * np.cos(2 * np.pi * r / side)).sum()
        assert second_moment_length(zero, lowest, side) == pytest.approx(
            math.sqrt(t) / (1 - t) * math.sqrt((1 - t**side) / (1 + t**side)), rel=0.02
        )


def test_the_length_of_a_small_lattice_is_that_of_a_sum_over_its_states() -> None:
    """Periodic 4 × 4 spins at T = 3: ξ from all pair correlations, with k̂² ξ² = S(0)/S(k) − 1 written out."""
    s = Spins((4, 4)).enumerate().numpy().astype(float)
    energy = -(s * (np.roll(s, 1, 1) + np.roll(s, 1, 2))).sum((1, 2))
    p = np.exp(-(energy + 32) / 3)
    p /= p.sum()
    zero, lowest = (p @ part for part in structure_factors(s))
    pairs = np.einsum("b,bij,bkm->ijkm", p, s, s)
    by_distance = np.zeros((4, 4))
    for i, j, k, m in np.ndindex(4, 4, 4, 4):
        by_distance[(k - i) % 4, (m - j) % 4] += pairs[i, j, k, m] / 16
    susceptibility = by_distance.sum()
    at_k = (by_distance * np.cos(np.pi * np.arange(4) / 2)[:, None]).sum()
    assert zero == pytest.approx(susceptibility)
    assert lowest == pytest.approx(at_k)
    expected = math.sqrt((susceptibility / at_k - 1) / 2)
    assert second_moment_length(zero, lowest, 4) == pytest.approx(expected)
    along = pair_correlation(s[np.random.default_rng(1).choice(len(s), 20_000, p=p)], True)
    exact = (by_distance[0, :3] + by_distance[:3, 0]) / 2
    # Products are of size 1, and the 16 pairs of each of 20,000 states are at worst one.
    assert along == pytest.approx(exact, abs=4 / math.sqrt(20_000))


def test_no_correlations_have_no_length() -> None:
    assert math.isnan(second_moment_length(1.0, 0.0, 8))
    assert second_moment_length(0.9, 1.0, 8) == 0.0


def test_the_power_spectrum_is_a_sum_over_sites() -> None:
    s = spins((4, 4))
    found = power_spectrum(s)
    assert found.shape == (4, 3)
    rows, columns = np.indices((4, 4))
    for p, q in np.ndindex(4, 3):
        wave = np.exp(2j * np.pi * (p * rows + q * columns) / 4)
        expected = (np.abs((s * wave).sum((1, 2))) ** 2).mean() / 16
        assert found[p, q] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("length", [0.4, 3.0, 40.0])
@pytest.mark.parametrize("shape", [(64,), (64, 64)])
def test_the_length_of_waves_of_the_fitted_form_is_theirs(length: float, shape: tuple[int, ...]) -> None:
    k = [4 * np.sin(np.pi * np.arange(n) / 64) ** 2 for n in (*shape[:-1], 33)]
    q = sum(np.meshgrid(*k, indexing="ij"), start=np.zeros((*shape[:-1], 33)))
    exact = 5 / (1 + length**2 * q)
    for with_mean in (True, False):
        assert fitted_length(exact, with_mean) == pytest.approx(length, rel=1e-4)
    # Of m looks at waves that have the law of chance, ξ is the likeliest: its bias is far below its error.
    random = np.random.default_rng(0)
    found = [fitted_length(exact * random.gamma(400, 1 / 400, exact.shape), True) for _ in range(20)]
    if length < 10:
        assert np.mean(found) == pytest.approx(length, rel=0.05)


def test_near_the_critical_point_it_is_the_second_moment_length() -> None:
    """Where no wave is longer than ξ, k = 0 and the smallest k alone decide."""
    power = np.random.default_rng(1).gamma(5, 1.0, (16, 9))
    power[0, 0] = 5_000.0
    power[0, 1], power[1, 0], power[-1, 0] = 40.0, 35.0, 35.0
    assert fitted_length(power, True) == pytest.approx(second_moment_length(5_000.0, 37.5, 16), rel=1e-6)


def test_waves_without_a_slope_have_no_length() -> None:
    assert fitted_length(np.ones((8, 5)), True) == 0.0
    rising = 1 + np.add.outer(np.arange(8) % 5, np.arange(5))
    assert fitted_length(rising.astype(float), True) == 0.0
    assert math.isnan(fitted_length(np.zeros((8, 5)), True))


def test_a_lattice_tells_lengths_up_to_half_of_its_side() -> None:
    assert exceeds_lattice(np.array([63.9, 64.0, 64.1, math.nan]), 128).tolist() == [
        False,
        False,
        True,
        False,
    ]
    assert not exceeds_lattice(0.5, 1)
    assert exceeds_lattice(0.905, 1)
