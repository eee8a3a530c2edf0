"""Crossings of cumulants on curves whose crossing is known, and the errors that are told of them."""

import numpy as np
import pytest

from landscape_app.physics.finite_size import binder, binder_crossing

T_C, U_C = 2.27, 0.61
TEMPERATURES = np.linspace(2.1, 2.44, 12)


def moments(side: int, noise: float, seed: int, chains: int = 16) -> np.ndarray:
    """m² and m⁴ of chains whose mean cumulant is U_C − 0.02 L x + 0.05 (L x/8)² about T_C, shape (2, n, chains)."""
    x = side * (TEMPERATURES - T_C)
    cumulant = U_C - 0.02 * x + 0.05 * (x / 8) ** 2
    square = np.full_like(x, 0.5)
    fourth = 3 * square**2 * (1 - cumulant)
    random = np.random.default_rng(seed)
    return np.stack(
        [np.repeat(square[:, None], chains, 1), fourth[:, None] + noise * random.normal(size=(12, chains))]
    )


def test_a_crossing_without_noise_is_found() -> None:
    smaller, larger = moments(8, 0.0, 0), moments(16, 0.0, 1)
    (temperature, cumulant), error = binder_crossing(TEMPERATURES, smaller, larger)
    # The curves differ by a term in x², which a parabola holds.
    assert temperature == pytest.approx(T_C, abs=1e-6)
    assert cumulant == pytest.approx(U_C, abs=1e-6)
    assert error == pytest.approx([0, 0], abs=1e-6)


def test_its_error_is_the_spread_of_repeated_runs() -> None:
    found = [
        binder_crossing(TEMPERATURES, moments(8, 0.003, 2 * k), moments(16, 0.003, 2 * k + 1))
        for k in range(200)
    ]
    values, errors = (np.array([pair[i] for pair in found]) for i in (0, 1))
    pulls = (values - (T_C, U_C)) / errors
    # Standard deviations of 200 pulls of 15 degrees of freedom have an error of 6%, their means of 0.08.
    assert pulls.std(0) == pytest.approx([1.07, 1.07], abs=0.25)
    assert np.abs(pulls.mean(0)).max() < 0.35


def test_points_that_are_missing_are_left_out_and_curves_that_do_not_cross_give_none() -> None:
    smaller, larger = moments(8, 0.0, 0), moments(16, 0.0, 1)
    smaller[:, 3] = np.nan
    value, _ = binder_crossing(TEMPERATURES, smaller, larger)
    assert value[0] == pytest.approx(T_C, abs=1e-6)
    value, error = binder_crossing(TEMPERATURES[:4], smaller[:, :4], larger[:, :4])
    assert np.isnan(value).all()
    assert np.isnan(error).all()
    smaller[:] = np.nan
    assert np.isnan(binder_crossing(TEMPERATURES, smaller, larger).value).all()


def test_the_cumulant_is_two_thirds_in_order_and_nothing_in_disorder() -> None:
    assert binder(np.array([1.0, 0.64, 0.64**2])) == pytest.approx(2 / 3)
    assert binder(np.array([1.0, 0.1, 3 * 0.1**2])) == pytest.approx(0.0)
