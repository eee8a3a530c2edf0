"""User-defined fields: what is no energy, or has no slope, is named."""

import sys
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from landscape_app.physics.fields.custom import CheckedTerm, FieldError
from landscape_app.physics.hamiltonian import Hamiltonian, WeightedTerm


def root(x: Tensor) -> Tensor:
    return x.flatten(1).sum(1).sqrt()


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (lambda x: x.sum(), r"gave shape \(\), expected \(5,\)"),
        (lambda x: x, r"gave shape \(5, 2, 2\), expected \(5,\)"),
        (lambda x: 3.0, "gave a float, not a tensor"),
        (lambda x: torch.zeros(len(x), dtype=torch.long), "gave torch.int64, expected floating point"),
        (lambda x: x.flatten(1).sum(1) / 0, "an energy that is not finite"),
        (lambda x: x.flatten(1).sum(1).log(), "an energy that is not finite"),
        (lambda x: x.nonsense, "failed: AttributeError"),
        (lambda x: sys.exit("enough"), "failed: SystemExit: enough"),
        (lambda x: torch.full((len(x),), 1e300, dtype=torch.float64), "an energy that is not finite"),
    ],
)
def test_what_is_no_energy_is_named(function: Callable[[Tensor], Tensor], complaint: str) -> None:
    with pytest.raises(FieldError, match=complaint) as caught:
        CheckedTerm("mine", function).energy(torch.zeros(5, 2, 2))
    assert "“mine”" in str(caught.value)
    assert caught.value.name == "mine"


def test_a_slope_that_is_not_finite_is_named() -> None:
    field = Hamiltonian([WeightedTerm(1.0, CheckedTerm("root", root))])
    with pytest.raises(FieldError, match="“root” has a slope that is not finite"):
        field.energy_and_gradient(torch.zeros(5, 2, 2))
    energy, gradient = field.energy_and_gradient(torch.ones(5, 2, 2))
    torch.testing.assert_close(energy, torch.full((5,), 2.0))
    torch.testing.assert_close(gradient, torch.full((5, 2, 2), 0.25))


def changed_on_the_way(x: Tensor) -> Tensor:
    y = x.exp()
    energy = y.square().flatten(1).sum(1)
    y += 1
    return energy


def test_a_slope_that_fails_is_named() -> None:
    field = Hamiltonian([WeightedTerm(1.0, CheckedTerm("mine", changed_on_the_way))])
    assert field.energy(torch.zeros(5, 2, 2)).tolist() == [4.0] * 5
    with pytest.raises(FieldError, match="“mine” has no slope: RuntimeError") as caught:
        field.energy_and_gradient(torch.zeros(5, 2, 2))
    assert caught.value.name == "mine"


def in_place(x: Tensor) -> Tensor:
    x *= 3
    return x.double().flatten(1).sum(1)


def test_a_user_defined_field_cannot_change_the_chains_nor_their_precision() -> None:
    field = Hamiltonian([WeightedTerm(1.0, CheckedTerm("mine", in_place))])
    x = torch.ones(5, 2, 2)
    assert field.energy(x).dtype == torch.float32
    energy, gradient = field.energy_and_gradient(x)
    assert torch.equal(x, torch.ones(5, 2, 2))
    assert energy.dtype == torch.float32
    assert energy.tolist() == [12.0] * 5
    assert torch.equal(gradient, torch.full((5, 2, 2), 3.0))


def test_what_depends_on_something_else_than_x_has_a_slope_of_zero() -> None:
    weight = torch.ones(1, requires_grad=True)
    field = Hamiltonian([WeightedTerm(1.0, CheckedTerm("mine", lambda x: weight.expand(len(x))))])
    _, gradient = field.energy_and_gradient(torch.ones(5, 2, 2))
    assert not gradient.any()


def test_a_constant_has_a_slope_of_zero() -> None:
    field = Hamiltonian([WeightedTerm(1.0, CheckedTerm("flat", lambda x: torch.ones(len(x))))])
    _, gradient = field.energy_and_gradient(torch.ones(5, 2, 2))
    assert not gradient.any()
