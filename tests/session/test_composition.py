"""A composition: how it reads, what it multiplies, and what it refuses."""

import math

import pytest

from landscape_app.session import Composition


@pytest.mark.parametrize(
    ("composition", "formula"),
    [
        (Composition(), "H(x) = Σᵢ λᵢ fᵢ(x)"),
        (Composition(target=7), "H(x) = Σᵢ λᵢ fᵢ(x) − 4 log p(7 | x)"),
        (Composition(target=7, strength=1), "H(x) = Σᵢ λᵢ fᵢ(x) − log p(7 | x)"),
        (Composition(target=7, strength=0), "H(x) = Σᵢ λᵢ fᵢ(x)"),
        (Composition(target=3, strength=2.5, hamiltonian=False), "H(x) = −2.5 log p(3 | x)"),
        (Composition(hamiltonian=False), "H(x) = 0"),
        (Composition(hamiltonian=False, temperature=2), "H(x) = 0"),
        (Composition(temperature=0.5), "H(x) = [ Σᵢ λᵢ fᵢ(x) ] / 0.5"),
        (Composition(target=0, temperature=2), "H(x) = [ Σᵢ λᵢ fᵢ(x) − 4 log p(0 | x) ] / 2"),
    ],
)
def test_formula_says_what_is_sampled(composition: Composition, formula: str) -> None:
    assert composition.formula == formula


def test_coefficients_are_those_of_the_formula() -> None:
    composition = Composition(target=1, strength=3, temperature=2)
    assert composition.model_coefficient == 0.5
    assert composition.field_coefficient == 1.5
    assert not composition.is_model
    assert Composition(target=None, strength=3, temperature=2, hamiltonian=False).model_coefficient == 0
    assert Composition(strength=3).is_model
    assert Composition(target=4, strength=0).is_model


@pytest.mark.parametrize("strength", [-1.0, -1e-9, math.nan, math.inf, 1e300])
def test_strengths_outside_the_range_are_refused(strength: float) -> None:
    with pytest.raises(ValueError, match="the strength must be a number from 0"):
        Composition(target=1, strength=strength)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf, 1e-30])
def test_temperatures_outside_the_range_are_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match="the temperature must be a positive number"):
        Composition(temperature=temperature)
