"""Settling against the exact averages of a model that can be enumerated."""

import copy

import pytest
import torch
from torch import Tensor

from landscape_app.learning import settling
from landscape_app.learning.ensembles import make_ensemble
from landscape_app.learning.minmaxent import DivergenceError, MinMaxEnt
from landscape_app.learning.schedule import Schedule
from landscape_app.learning.settling import LARGER, SETTLING_SHARE, Settling
from landscape_app.physics.base import ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.observables import PerceptronObservables
from landscape_app.physics.space import Levels

SPACE = Levels((2,), 9)
BASE = ProductBase.uniform(SPACE)


def two_modes() -> Tensor:
    """Three quarters of the points lie about (1, 1), the others about (7, 7)."""
    random = torch.Generator().manual_seed(0)
    centre = torch.where(torch.arange(120) % 4 == 0, 7.0, 1.0).unsqueeze(1)
    noise = torch.randint(-1, 2, (120, 2), generator=random)
    return centre + noise


def resting_trainer(replicas: int, epochs: int = 150) -> MinMaxEnt:
    torch.manual_seed(1)
    observables = PerceptronObservables(SPACE, 2, hidden=(16,))
    schedule = Schedule()
    target = Target(BASE, Hamiltonian([]))
    ensemble = make_ensemble(
        target, DiscreteLangevin(), torch.Generator().manual_seed(2), 8, replicas, schedule
    )
    data = two_modes()
    trainer = MinMaxEnt(observables, torch.zeros(2), BASE, data, data, ensemble, schedule)
    for _ in range(epochs):
        trainer.progress = trainer.epoch / epochs
        trainer.run_epoch()
    trainer.rest()
    return trainer


def missing(trainer: MinMaxEnt) -> float:
    """By how much the model's share of the mode about (1, 1) misses the data's, by enumeration."""
    model = ExactModel(trainer.target)
    lower = (model.x.sum(1) <= 8).double()
    return abs(float(model.log_weights().exp() @ lower) - 0.75)


@pytest.mark.parametrize("replicas", [1, 4])
def test_settling_gives_the_modes_their_weights(replicas: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "SETTLING_SHARE", 0.8)
    trainer = resting_trainer(replicas)
    with torch.no_grad():
        # Tilted by hand: the mode about (1, 1) has lost weight.
        for parameter in trainer.observables.parameters():
            parameter.mul_(0.9)
    trainer.rest(trainer.parameters())
    before = missing(trainer)
    for _ in Settling(trainer, seed=3).run():
        pass
    assert before > 0.05
    assert missing(trainer) < 0.5 * before


def test_the_settled_samples_are_the_models() -> None:
    trainer = resting_trainer(4)
    settled = Settling(trainer, seed=3)
    for _ in settled.run():
        pass
    assert len(settled.ensemble) == LARGER * len(trainer.ensemble)
    samples = settled.ensemble.samples
    torch.testing.assert_close(samples.energy, trainer.target.hamiltonian.energy(samples.x))
    exact = ExactModel(trainer.target)
    lower = float(exact.log_weights().exp() @ (exact.x.sum(1) <= 8).double())
    weights = samples.log_weights.softmax(0)
    found = float(weights @ (samples.x.sum(1) <= 8).float())
    error = (lower * (1 - lower) / len(settled.ensemble)) ** 0.5
    assert abs(found - lower) < 4 * error


def test_training_goes_on_as_if_nothing_had_been_settled() -> None:
    straight, settled = resting_trainer(4), resting_trainer(4)
    for _ in Settling(settled, seed=3).run():
        pass
    assert any(
        not torch.equal(a, b) for a, b in zip(straight.parameters(), settled.parameters(), strict=True)
    )
    for trainer in (straight, settled):
        trainer.run_epoch()
    for a, b in zip(straight.parameters(), settled.parameters(), strict=True):
        assert torch.equal(a, b)
    assert straight.evaluations == settled.evaluations


def test_a_settling_that_is_broken_off_leaves_the_model_as_it_was() -> None:
    trainer = resting_trainer(4, 20)
    before = trainer.parameters()
    steps = Settling(trainer, seed=3).run()
    shares = [next(steps) for _ in range(settling.ARRIVAL_MOVES + 2)]
    assert shares == sorted(shares)
    steps.close()
    for a, b in zip(before, trainer.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_settling_that_diverges_leaves_the_model_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = resting_trainer(4, 20)
    before = copy.deepcopy(trainer.parameters())

    def fails(self: MinMaxEnt) -> object:
        raise DivergenceError("an energy became infinite")

    monkeypatch.setattr(MinMaxEnt, "run_epoch", fails)
    for _ in Settling(trainer, seed=3).run():
        pass
    for a, b in zip(before, trainer.parameters(), strict=True):
        assert torch.equal(a, b)


def test_settling_takes_its_share_of_the_evaluations() -> None:
    trainer = resting_trainer(4, 100)
    settled = Settling(trainer, seed=3)
    for _ in settled.run():
        pass
    epoch = settled.ensemble.size * 2
    allowed = SETTLING_SHARE / (1 - SETTLING_SHARE) * trainer.evaluations
    assert allowed <= settled.evaluations < allowed + 2 * epoch
