"""Block Gibbs sampling leaves the enumerated law as it is: with fields, temperatures and fixed sites too."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels.block_gibbs import BlockGibbs
from landscape_app.physics.space import Levels
from tests.physics.exact import LEAST_P_VALUE, all_states, base_log_prob, draw, p_value, random_base

SPACE = Levels((2, 2), 3)
CHAINS = 20_000


@dataclass(frozen=True)
class Tilt:
    """A field that favours high levels at two sites that agree."""

    strength: float = 1.0

    def energy(self, x: Tensor) -> Tensor:
        """Nats, shape (batch,)."""
        flat = x.flatten(1)
        return -self.strength * flat[:, 0] * flat[:, 3]


@dataclass(frozen=True)
class Ink:
    """A field that is linear in the levels."""

    def energy(self, x: Tensor) -> Tensor:
        """Nats, shape (batch,)."""
        return (x.flatten(1) * torch.tensor([1.0, -2.0, 0.5, 0.0])).sum(1)


def machine() -> RestrictedBoltzmannMachine:
    generator = torch.Generator().manual_seed(0)
    visible, hidden, weights = (torch.randn(*s, generator=generator) for s in ((4,), (3,), (4, 3)))
    return RestrictedBoltzmannMachine(random_base(SPACE, 1), visible, hidden, 2 * weights)


def law(target: Target, beta: float = 1.0) -> np.ndarray:
    """P of every state, in double precision."""
    states = all_states(SPACE)
    energy = target.hamiltonian.energy(torch.as_tensor(states).float().view(-1, 2, 2)).double().numpy()
    assert isinstance(target.base_measure, ProductBase)
    log_mass = base_log_prob(target.base_measure, states) - beta * energy
    mass = np.exp(log_mass - log_mass.max())
    return mass / mass.sum()


def after_steps(target: Target, p: np.ndarray, steps: int = 3) -> tuple[Tensor, Tensor]:
    """Chains that began with the law p, and the acceptance probabilities of the last step."""
    kernel, generator = BlockGibbs(), torch.Generator().manual_seed(2)
    state = kernel.init(draw(p, CHAINS, SPACE, seed=1), target)
    for _ in range(steps):
        state, info = kernel.step(state, target, generator)
    torch.testing.assert_close(state.energy, target.hamiltonian.energy(state.x))
    return state.x, info.probability


def test_alone_every_proposal_is_accepted() -> None:
    model = machine()
    p = law(model.target)
    x, probability = after_steps(model.target, p)
    assert probability.min() == 1
    assert p_value(x, p, SPACE) > LEAST_P_VALUE


def test_linear_fields_are_sampled_without_a_rejection() -> None:
    model = machine()
    hamiltonian = Hamiltonian([WeightedTerm(1.0, model), WeightedTerm(0.7, Ink())])
    target = Target(model.base_measure, hamiltonian)
    p = law(target)
    x, probability = after_steps(target, p)
    assert float(probability.min()) == pytest.approx(1.0, abs=1e-5)
    assert p_value(x, p, SPACE) > LEAST_P_VALUE


@pytest.mark.parametrize("temperature", [1.0, 0.6, 3.0])
def test_with_a_field_at_a_temperature(temperature: float) -> None:
    model = machine()
    hamiltonian = Hamiltonian([WeightedTerm(1.0, model), WeightedTerm(0.7, Tilt())], temperature)
    target = Target(model.base_measure, hamiltonian)
    p = law(target)
    x, probability = after_steps(target, p)
    assert 0 < probability.min() < 1
    assert p_value(x, p, SPACE) > LEAST_P_VALUE


def test_replicas_at_their_own_temperatures() -> None:
    model = machine()
    for beta in (0.0, 0.4):
        target = model.target._replace(beta=torch.full((CHAINS,), beta))
        p = law(target, beta)
        x, _ = after_steps(target, p)
        assert p_value(x, p, SPACE) > LEAST_P_VALUE


def test_fixed_sites_stay() -> None:
    model = machine()
    mask = torch.tensor([[True, False], [False, False]])
    base = model.base_measure.clamped(mask, torch.full((2, 2), 2.0))
    target = Target(base, model.hamiltonian)
    p = law(target)
    x, _ = after_steps(target, p)
    assert (x[:, 0, 0] == 2).all()
    assert p_value(x, p, SPACE) > LEAST_P_VALUE


@pytest.mark.parametrize("terms", [[], [WeightedTerm(0.3, Tilt())]], ids=["alone", "with a field"])
def test_where_the_machine_is_switched_off_sites_are_drawn_from_the_base_measure(
    terms: list[WeightedTerm],
) -> None:
    model, kernel = machine(), BlockGibbs()
    kernel.check(model.target)
    target = Target(model.base_measure, Hamiltonian(terms))
    kernel.check(target)
    kernel.anew(1.0).check(target)
    p = law(target)
    x, _ = after_steps(target, p)
    assert p_value(x, p, SPACE) > LEAST_P_VALUE


def test_a_hamiltonian_without_hidden_units_is_refused() -> None:
    model = machine()
    with pytest.raises(ValueError, match="hidden units"):
        BlockGibbs().check(Target(model.base_measure, Hamiltonian([WeightedTerm(1.0, Tilt())])))
