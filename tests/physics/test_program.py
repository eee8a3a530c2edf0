"""Formulas as programs: every operation with its derivative, against automatic differentiation."""

import math

import pytest
import torch

from landscape_app.physics.formula import FORBIDDEN, FUNCTIONS, Formula
from landscape_app.physics.kernels.program import Operation
from landscape_app.physics.kernels.program_loops import BLOCK

FORMULAS = [
    "x + 2*y - 3",
    "x*y - x*x*(y - 1)",
    "(x - 1)/(y*y + 1) + 2/(3 + x**2)",
    "x**2 + y**3 - x**7 + 2**x",
    "abs(x)**y + (x*x + 1)**(-1.5)",
    "-exp(-x*x) + log(y*y + 0.1) - sqrt(x*x + y*y + 1)",
    "sin(3*x)*cos(y) + tan(x/3) + tanh(x*y)",
    "abs(x - y) + min(x, y, 0.3) - max(x, 2*y)",
    "+(+y)",
    "pow(x*x + 1, y)",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_energy_and_slope_are_those_of_automatic_differentiation(text: str) -> None:
    formula = Formula(text)
    generator = torch.Generator().manual_seed(0)
    x = 1.5 * torch.randn(BLOCK + 44, 2, generator=generator)
    energy, gradient = formula.program.energy_and_gradient(x)
    precise = x.double().requires_grad_()
    expected = formula(precise)
    (slope,) = torch.autograd.grad(expected.sum(), precise)
    torch.testing.assert_close(energy.double(), expected.detach(), rtol=2e-5, atol=2e-5)
    torch.testing.assert_close(gradient.double(), slope, rtol=1e-4, atol=1e-4)


def test_every_operation_is_tried() -> None:
    tried = {int(code) for text in FORMULAS for code in Formula(text).program.steps[:, 0]}
    assert tried == set(Operation)
    assert all(any(f"{name}(" in text for text in FORMULAS) for name in FUNCTIONS)


def test_where_a_program_gives_no_number_there_is_a_wall_without_a_slope() -> None:
    x = torch.tensor([[-1.0], [0.0], [4.0]])
    energy, gradient = Formula("log(x)").program.energy_and_gradient(x)
    assert energy.tolist() == pytest.approx([FORBIDDEN, FORBIDDEN, math.log(4.0)])
    assert gradient.flatten().tolist() == [0.0, 0.0, 0.25]
    assert Formula("sqrt(x)").program.energy_and_gradient(torch.zeros(1, 1))[1].tolist() == [[0.0]]
