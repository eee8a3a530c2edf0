"""The pseudo-likelihood against conditionals by enumeration, and its consistency."""

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.learning.gradient import GradientRecord
from landscape_app.learning.pseudo_likelihood import PseudoLikelihood
from landscape_app.models.model import Model
from landscape_app.models.pairs import PairModel
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.kernels import MALA
from tests.learning.spins import PAIRS, SPACE, drawn, law, run, trainer_of, truth
from tests.models.test_model import Springs


def by_enumeration(p: np.ndarray) -> np.ndarray:
    """Σ_i log P(s_i | others) of every state, shape (32,)."""
    total = np.zeros(32)
    for i in range(5):
        flipped = np.arange(32) ^ (1 << (4 - i))
        total += np.log(p / (p + p[flipped]))
    return total


def objective_of(model: Model, data: Tensor) -> float:
    """−Σ_i ⟨log P(s_i | others)⟩ of data, by enumeration."""
    number = ((data > 0).long() @ (1 << torch.arange(4, -1, -1))).numpy()
    return -float(by_enumeration(law(model).numpy())[number].mean())


def test_it_is_the_sum_of_conditionals() -> None:
    model = truth()
    data = drawn(model, 100)
    expected = objective_of(model, data)
    trainer = trainer_of("pseudo-likelihood", model, data)
    assert isinstance(trainer, PseudoLikelihood)
    record = trainer.advance()
    assert isinstance(record, GradientRecord)
    assert record.objective == pytest.approx(expected, abs=1e-5)


def test_some_sites_of_each_item_stand_for_all() -> None:
    """Of a model that must evaluate every level, drawn sites give the same objective within their spread."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        machine = RestrictedBoltzmannMachine.untrained(ProductBase.uniform(SPACE), 3)
    data = drawn(truth(1.0), 4_000)
    exact = objective_of(machine, data)
    record = trainer_of("pseudo-likelihood", machine, data).advance()
    assert isinstance(record, GradientRecord)
    assert record.objective == pytest.approx(exact, rel=0.02)


def test_many_data_of_a_model_give_it_back() -> None:
    """Within five standard errors of a coupling, which are near 1/√n where couplings are weak."""
    model, items = truth(0.3), 4_000
    found = PairModel.untrained(ProductBase.uniform(SPACE))
    run(trainer_of("pseudo-likelihood", found, drawn(model, items)), 400)
    error = (found.symmetric - model.symmetric)[PAIRS[0], PAIRS[1]].detach()
    assert float(error.square().mean().sqrt()) < 2 * items**-0.5
    assert float((found.fields - model.fields).detach().abs().max()) < 5 * 1.5 * items**-0.5


def test_continuous_spaces_are_refused() -> None:
    with pytest.raises(ValueError, match="levels of a site"):
        trainer_of("pseudo-likelihood", Springs(), torch.zeros(30, 1), MALA())
