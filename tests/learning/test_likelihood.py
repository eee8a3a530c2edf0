"""Maximum likelihood by chains and by sums, against the moments of the data."""

from dataclasses import replace

import pytest
import torch

from landscape_app.learning.gradient import GradientRecord
from landscape_app.learning.likelihood import ContrastiveDivergence, UnadjustedLangevin
from landscape_app.models.pairs import PairModel
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import GaussianBase, ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.kernels import MALA, DiscreteLangevin
from landscape_app.physics.space import Line, Spins
from tests.learning.spins import QUIET, SPACE, STATES, drawn, law, moments, run, trainer_of, truth
from tests.models.test_model import Springs

ITEMS = 2_000


def data_moments(data: torch.Tensor) -> torch.Tensor:
    """⟨s_i⟩ and ⟨s_i s_j⟩ over items, shape (15,)."""
    number = ((data + 1) / 2) @ (2.0 ** torch.arange(5).flip(0))
    p = torch.bincount(number.long(), minlength=32).double() / len(data)
    return moments(p)


def test_the_exact_objective_is_the_negative_log_likelihood() -> None:
    model, data = truth(), drawn(truth(1.0, seed=5), 100)
    record = trainer_of("exact", model, data).advance()
    assert isinstance(record, GradientRecord)
    before = truth()
    exact = ExactModel(before.target)
    energy = before.energy(data).detach().double().mean() - before.base_measure.log_prob(data).double().mean()
    assert record.objective == pytest.approx(float(energy) + exact.at(1.0).log_partition, abs=1e-5)


def test_the_exact_fit_has_the_moments_of_the_data() -> None:
    """Where the likelihood of an exponential family is largest, its means are the data's."""
    data, model = drawn(truth(), ITEMS), PairModel.untrained(ProductBase.uniform(SPACE))
    run(trainer_of("exact", model, data), 400)
    torch.testing.assert_close(moments(law(model)), data_moments(data), atol=5e-3, rtol=0)


def test_decay_holds_weights_where_the_likelihood_rises_as_much() -> None:
    """At the largest log L − ½ d Σ W² of all rows, summed over all states, ∂ log L / ∂W = d W."""
    torch.manual_seed(0)
    data, decay = drawn(truth(1.0), 500), 10.0
    model = RestrictedBoltzmannMachine.untrained(ProductBase.uniform(SPACE), 2)
    run(trainer_of("exact", model, data, schedule=replace(QUIET, weight_decay=decay)), 250)
    of_data, of_model = data.T @ model.activations(data) / len(data), law(model).float() * STATES.T
    slope = of_data - of_model @ model.activations(STATES)
    torch.testing.assert_close(slope, decay / len(data) * model.weights.detach(), atol=5e-3, rtol=0)
    assert float(slope.abs().max()) > 0.02


@pytest.mark.parametrize("fit", ["likelihood", "persistent"])
def test_chains_come_to_the_moments_of_the_data(fit: str) -> None:
    """To a few standard errors of the means over the chains that an average of some tens of epochs has."""
    data, model = drawn(truth(), ITEMS), PairModel.untrained(ProductBase.uniform(SPACE))
    schedule = QUIET if fit == "persistent" else type(QUIET)(theta_rate=0.03, momentum=0.5, weighted=True)
    run(trainer_of(fit, model, data, chains=256, schedule=schedule), 300)
    torch.testing.assert_close(moments(law(model)), data_moments(data), atol=0.06, rtol=0)


def test_contrastive_divergence_leaves_a_model_where_it_is_exact() -> None:
    """Data of the model itself: after one step of an exact kernel they are data of the model still."""
    model = truth()
    trainer = trainer_of("contrastive-divergence", model, drawn(model, 20_000))
    assert isinstance(trainer, ContrastiveDivergence)
    before = model.values()
    record = trainer.advance()
    assert isinstance(record, GradientRecord)
    assert record.gradient < 5 * (15 / 20_000) ** 0.5
    assert all(torch.isfinite(p).all() for p in before)


def test_unadjusted_langevin_has_the_bias_of_its_steps() -> None:
    """Quadratic energy and a normal base: x' = x − ε²/2 · k x + ε ξ has variance 1/(k (1 − ε² k/4)), not 1/k."""
    model, step = Springs(), 0.8
    with torch.no_grad():
        model.stiffness.copy_(torch.tensor([1.0, 1.0]))
        model.centre.zero_()
    curvature = 3.0
    kernel = MALA(step)
    kernel.adaptation_rate = 0.0
    trainer = trainer_of("langevin", model, torch.zeros(50, 1), kernel, chains=4_000, schedule=MOVES)
    assert isinstance(trainer, UnadjustedLangevin)
    trainer.model.requires_grad_(True)
    record = trainer.advance()
    assert isinstance(record, GradientRecord)
    variance = float(trainer.ensemble.chains.x.var())
    expected = 1 / (curvature * (1 - step**2 * curvature / 4))
    # A twentieth of the chains began at the base, of variance 1, 30 steps before.
    assert variance == pytest.approx(expected, rel=5 * (2 / 4_000) ** 0.5)
    assert abs(variance - 1 / curvature) > 0.1
    assert 0.5 < record.acceptance_rate < 0.98


MOVES = type(QUIET)(moves=30, theta_rate=1e-6, weighted=False)


def test_ways_that_do_not_fit_are_refused() -> None:
    space = Spins((25,))
    model = PairModel(ProductBase.uniform(space), torch.zeros(25, 25), torch.zeros(25))
    with pytest.raises(ValueError, match="sums over all states"):
        trainer_of("exact", model, space_items(space))
    with pytest.raises(ValueError, match="without a ladder, by Discrete"):
        trainer_of("langevin", model, space_items(space))
    line = Springs()
    assert isinstance(line.base_measure, GaussianBase)
    assert isinstance(line.space, Line)
    with pytest.raises(ValueError, match="has none; choose likelihood"):
        trainer_of("min-maxent", model, space_items(space), DiscreteLangevin())


def space_items(space: Spins) -> torch.Tensor:
    """Random spins, shape (30, sites)."""
    return 2.0 * torch.randint(2, (30, space.sites), generator=torch.Generator().manual_seed(0)) - 1
