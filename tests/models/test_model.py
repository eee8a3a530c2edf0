"""What every model inherits: its parameters by name, copies with others, its target; by a quadratic energy."""

import pytest
import torch
from torch import Tensor, nn

from landscape_app.models.model import Model
from landscape_app.physics.base_measure import GaussianBase
from landscape_app.physics.space import Line


class Springs(Model):
    """E(x) = Σᵢ kᵢ (x − cᵢ)² / 2 on the line."""

    title = "Springs"
    default_fit = "likelihood"

    def __init__(self) -> None:
        super().__init__(GaussianBase(Line((1,)), torch.zeros(1), torch.ones(1)))
        self.stiffness = nn.Parameter(torch.tensor([1.0, 2.0]))
        self.centre = nn.Parameter(torch.tensor([0.0, 3.0]))

    def energy(self, x: Tensor) -> Tensor:
        """E of each, shape (batch,)."""
        return (self.stiffness * (x - self.centre) ** 2).sum(1) / 2


def test_its_target_is_the_base_measure_times_the_boltzmann_factor() -> None:
    model, x = Springs(), torch.linspace(-2, 4, 7).unsqueeze(1)
    torch.testing.assert_close(model.hamiltonian.energy(x), model.energy(x))
    torch.testing.assert_close(model.target.surprisal(x), model.energy(x) - model.base_measure.log_prob(x))
    assert model.dissect(x[0], x[1], x) is None


def test_values_by_name_come_back_as_they_were() -> None:
    model = Springs()
    named = model.named(model.values())
    assert list(named) == ["stiffness", "centre"]
    named = {"centre": torch.tensor([5.0, 6.0]), "stiffness": torch.tensor([7.0, 8.0])}
    model.set_values(model.values_of(named))
    assert torch.equal(model.centre, named["centre"])
    assert torch.equal(model.stiffness, named["stiffness"])
    with pytest.raises(ValueError, match="centre has shape"):
        model.values_of(named | {"centre": torch.zeros(3)})
    with pytest.raises(KeyError):
        model.values_of({"centre": torch.zeros(2)})


def test_a_copy_with_other_values_leaves_the_model_as_it_is() -> None:
    model = Springs()
    before = model.values()
    other = model.with_values([torch.zeros(2), torch.ones(2)])
    assert other.base_measure is model.base_measure
    assert not any(parameter.requires_grad for parameter in other.parameters())
    assert float(other.energy(torch.ones(1, 1))) == 0.0
    assert all(torch.equal(a, b) for a, b in zip(model.values(), before, strict=True))
    assert all(parameter.requires_grad for parameter in model.parameters())
