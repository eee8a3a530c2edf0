"""Energies of the user's own as models: formulas and Python, before and after it is trusted."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from landscape_app.learning import FITS
from landscape_app.models.energy import EnergyError, EnergyModel, EnergySource, UntrustedError
from landscape_app.physics.base_measure import UniformBase
from landscape_app.physics.space import Box
from landscape_app.problems import PROBLEMS, Configuration, fitted_otherwise
from landscape_app.session.provenance import model_fingerprint
from landscape_app.session.session import Session

BASE = UniformBase(Box((2,), -5.0, 5.0))
CODE = EnergySource("def energy(x):\n    return (x**2).sum(1)\n", "bowl.py")


def squares(x: Tensor) -> Tensor:
    return (x**2).sum(1)


def test_the_energy_is_the_formula_and_nothing_is_fitted() -> None:
    model = EnergyModel(BASE, EnergySource("x**2 + y"))
    x = torch.tensor([[1.0, 2.0], [3.0, -1.0]])
    assert model.energy(x).tolist() == [3, 8]
    assert model.formula == "x**2 + y"
    assert not any(parameter.requires_grad for parameter in model.parameters())
    copied = model.with_values(model.values())
    assert torch.equal(copied.energy(x), model.energy(x))
    assert EnergyModel(BASE, EnergySource("x*y" + "+x*y" * 20)).formula == "E(x)"


def test_python_runs_only_once_it_is_trusted() -> None:
    with pytest.raises(
        UntrustedError, match=r"“bowl” is a Python file .* read it, and trust it first"
    ) as caught:
        EnergyModel(BASE, CODE)
    assert caught.value.source == CODE
    model = EnergyModel(BASE, CODE, {CODE.digest: squares})
    assert model.energy(torch.ones(3, 2)).tolist() == [2, 2, 2]
    assert model.formula == "E(x)"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x, "“bowl” gave shape \\(4, 2\\), expected \\(4,\\)"),
        (lambda x: x.sum(1) / 0, "gave an energy that is not finite"),
        (lambda x: None, "gave nothing"),
        (lambda x: x.nothing, "failed: AttributeError"),
    ],
)
def test_python_that_gives_no_energy_says_so(function: Callable[[Tensor], Tensor], message: str) -> None:
    with pytest.raises(EnergyError, match=message):
        EnergyModel(BASE, CODE, {CODE.digest: function}).energy(torch.ones(4, 2))


def test_fingerprints_tell_energies_apart() -> None:
    prints = {model_fingerprint(EnergyModel(BASE, EnergySource(text))) for text in ("x + y", "x - y", "x+y")}
    assert len(prints) == 3


def test_what_cannot_be_an_energy_is_refused() -> None:
    with pytest.raises(ValueError, match="names x3, and a configuration has 2 numbers"):
        EnergyModel(BASE, EnergySource("x + z"))
    with pytest.raises(ValueError, match="“foo” is not known"):
        EnergySource("foo")
    for low, high in ((1.0, 1.0), (2.0, -2.0), (float("nan"), 1.0), (0.0, float("inf"))):
        with pytest.raises(ValueError, match="finite walls, low below high"):
            EnergySource("x", "", low, high)
    with pytest.raises(ValueError, match="bytes of source"):
        EnergySource("x" * 1_000_001, "long.py")


def test_ways_of_fitting_refuse_an_energy_that_is_given() -> None:
    plan = replace(PROBLEMS["rings"].defaults, model="energy", energy=EnergySource("x**2 + y**2"), chains=8)
    for name, way in FITS.items():
        if not way.fits_given:
            with pytest.raises(ValueError, match="has nothing to fit: the model “Energy of your own”"):
                Session(replace(plan, fit=name, kernel="mala", replicas=1), "cpu")
    session = Session(replace(plan, replicas=4), "cpu")
    before = session.model.values()
    for _ in range(2):
        next(session.train())
    assert all(torch.equal(a, b) for a, b in zip(before, session.model.values(), strict=True))


def test_configurations_carry_the_energy() -> None:
    plan = replace(PROBLEMS["rings"].defaults, model="energy", energy=EnergySource("x**2 + y**2", low=-3))
    assert Configuration.from_dict(plan.as_dict()) == plan
    assert plan.way_of_fitting == "given"
    with pytest.raises(ValueError, match="needs an energy of your own"):
        replace(plan, energy=None)
    with pytest.raises(ValueError, match="no setting “colour”"):
        Configuration.from_dict(plan.as_dict() | {"energy": {"text": "x", "colour": 1}})
    with pytest.raises(ValueError, match="“q” is not known"):
        Configuration.from_dict(plan.as_dict() | {"energy": {"text": "q"}})
    assert fitted_otherwise(replace(plan, model="observables", fit=None)).energy is None
    with pytest.raises(ValueError, match=r"data reach from .* beyond the energy's box from -1 to 1"):
        Session(replace(plan, energy=EnergySource("x", low=-1, high=1)), "cpu")
