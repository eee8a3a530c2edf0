"""The second part of a planned training: rates fall, chains start afresh and carry weights."""

import pytest
import torch

from landscape_app.learning.minmaxent import LEAST_RATE_SHARE, MinMaxEnt, Schedule
from landscape_app.physics.base import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.observables import ConvObservables
from landscape_app.physics.space import Levels

SPACE = Levels((4, 4), 3)


def make_trainer(**schedule: object) -> MinMaxEnt:
    generator = torch.Generator().manual_seed(3)
    torch.manual_seed(3)
    images = ProductBase.uniform(SPACE).sample(20, generator).cummax(dim=1).values
    base = ProductBase.from_marginals(SPACE, images)
    chains = Chains(base.sample(16, generator), Target(base, Hamiltonian([])), DiscreteLangevin(), generator)
    observables = ConvObservables(SPACE, count=3, channels=(2, 3))
    return MinMaxEnt(observables, torch.zeros(3), base, images, images, chains, Schedule(**schedule))  # type: ignore[arg-type]


def parameters(trainer: MinMaxEnt) -> torch.Tensor:
    flat = [p.detach().flatten() for p in trainer.observables.parameters()]
    return torch.cat([*flat, trainer.multipliers]).clone()


@pytest.mark.parametrize(
    ("progress", "share"), [(0.0, 1.0), (0.5, 1.0), (0.75, 0.5), (0.9, 0.2), (1.0, LEAST_RATE_SHARE)]
)
def test_rates_fall_linearly_over_the_second_half(progress: float, share: float) -> None:
    trainer = make_trainer(anneal_from=0.5)
    trainer.progress = progress
    assert trainer.rate_share == pytest.approx(share)


def test_parameters_wait_while_fresh_chains_settle() -> None:
    trainer = make_trainer(moves=2, settling_moves=10)
    trainer.run_epoch()
    trainer.progress = 0.6
    before = parameters(trainer)
    trainer.run_epoch()
    assert trainer.settling_left == 4
    assert torch.equal(parameters(trainer), before)
    trainer.run_epoch()
    assert trainer.settling_left == 0
    trainer.run_epoch()
    assert not torch.equal(parameters(trainer), before)


def test_chains_carry_weights_after_they_started_afresh() -> None:
    trainer = make_trainer(settling_moves=0, resample_share=0.01, theta_rate=0.05)
    for _ in range(5):
        trainer.run_epoch()
    assert torch.equal(trainer.log_weights, torch.zeros(16))
    trainer.progress = 0.5
    for _ in range(3):
        trainer.run_epoch()
    assert trainer.log_weights.std() > 0


def test_without_a_plan_nothing_is_annealed() -> None:
    trainer = make_trainer()
    for _ in range(20):
        trainer.run_epoch()
    assert trainer.rate_share == 1.0
    assert trainer.settling_left is None
