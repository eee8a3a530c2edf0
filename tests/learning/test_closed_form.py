"""Couplings in one step, against the rules written out, and against what the rules are for."""

import numpy as np
import pytest
import torch

from landscape_app.learning.closed_form import Hebb, MeanField, Projection
from landscape_app.models.pairs import PairModel
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.space import Spins
from tests.learning.spins import PAIRS, SPACE, drawn, law, moments, trainer_of, truth


def patterns(count: int, spins: int, seed: int = 0) -> torch.Tensor:
    """Random ±1, float64, shape (count, spins)."""
    return 2.0 * torch.randint(2, (count, spins), generator=torch.Generator().manual_seed(seed)).double() - 1


def test_hebb_sums_outer_products() -> None:
    xi = patterns(3, 8)
    couplings, fields = Hebb.solution(xi)
    expected = np.einsum("mi,mj->ij", xi, xi) / 8
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(couplings, expected)
    assert not fields.any()


@pytest.mark.parametrize("count", [1, 5, 30])
def test_the_projection_rule_keeps_every_pattern(count: int) -> None:
    """Σ_j J_ij ξ_j = (1 − J's diagonal) ξ_i: aligned with the pattern as long as α is below 1."""
    xi = patterns(count, 40)
    couplings, _ = Projection.solution(xi)
    assert bool((xi * (xi @ couplings) > 0).all())


def test_dependent_patterns_have_a_projection_too() -> None:
    xi = patterns(3, 40)
    doubled = torch.cat([xi, xi[:1], -xi[1:2]])
    torch.testing.assert_close(Projection.solution(doubled)[0], Projection.solution(xi)[0])


def test_mean_field_is_right_to_second_order() -> None:
    """From the exact moments: the error falls as the square of the couplings or faster."""

    def error(strength: float) -> float:
        model = truth(strength)
        p = law(model)
        # Many items in exact proportion to P stand for infinitely many.
        count = (p * 2_000_000).round().long()
        items = SPACE.enumerate().double().repeat_interleave(count, 0)
        couplings, fields = MeanField.solution(items)
        wrong = (couplings - model.symmetric.detach())[PAIRS[0], PAIRS[1]]
        return float(torch.cat([wrong, fields - model.fields.detach()]).abs().max())

    assert error(0.05) < 0.3 * error(0.1) + 1e-5
    assert moments(law(truth(0.05))).shape == (15,)


def test_constant_spins_leave_mean_field_finite() -> None:
    items = torch.ones(10, 3, dtype=torch.float64)
    couplings, fields = MeanField.solution(items)
    assert couplings.isfinite().all()
    assert fields.isfinite().all()


@pytest.mark.parametrize("fit", ["hebb", "projection", "mean-field"])
def test_the_first_epoch_sets_the_model_and_others_leave_it(fit: str) -> None:
    model = PairModel.untrained(ProductBase.uniform(SPACE))
    trainer = trainer_of(fit, model, drawn(truth(), 100))
    trainer.advance()
    first = model.values()
    assert first[0].any()
    trainer.advance()
    trainer.rest()
    for a, b in zip(first, model.values(), strict=True):
        assert torch.equal(a, b)
    again = trainer_of(fit, PairModel.untrained(ProductBase.uniform(SPACE)), drawn(truth(), 100))
    assert again.metrics.keys() == trainer.metrics.keys()


def test_other_models_are_refused() -> None:
    machine = RestrictedBoltzmannMachine.untrained(ProductBase.uniform(Spins((5,))), 3)
    with pytest.raises(ValueError, match="choose the model pairs"):
        trainer_of("hebb", machine, drawn(truth(), 20))
    with pytest.raises(ValueError, match="between visible spins"):
        trainer_of("mean-field", PairModel.untrained(ProductBase.uniform(SPACE), 1), drawn(truth(), 20))
