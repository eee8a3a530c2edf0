"""Denoising score matching of normal data: the curvature is that of the smoothed data (Vincent 2011)."""

import pytest
import torch

from landscape_app.learning.schedule import Schedule
from landscape_app.learning.score_matching import NOISE_SHARE
from landscape_app.models.pairs import PairModel
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.kernels import MALA
from tests.learning.spins import SPACE, drawn, run, trainer_of, truth
from tests.models.test_model import Springs


def test_normal_data_give_their_inverse_variance_and_mean() -> None:
    """U = k₁(x − c₁)²/2 + k₂(x − c₂)²/2 + x²/2: its curvature is 1/(s² + σ²), its minimum the mean."""
    generator = torch.Generator().manual_seed(0)
    data = 0.5 * torch.randn(2_000, 1, generator=generator) + 1
    model = Springs()
    schedule = Schedule(theta_rate=0.02, momentum=0.5, weighted=False)
    run(trainer_of("score-matching", model, data, MALA(), schedule=schedule), 600)
    variance = float(data.var(correction=0))
    sigma = NOISE_SHARE * variance**0.5
    curvature = float(model.stiffness.detach().sum()) + 1
    centre = float((model.stiffness * model.centre).detach().sum()) / curvature
    # The noise of the last epochs, each with 2,000 draws ξ: a slope of −ξ/σ against x has the error 1/(σ √(n) s).
    error = 1 / (sigma * (2_000 * 60) ** 0.5 * variance**0.5)
    assert curvature == pytest.approx(1 / (variance + sigma**2), abs=5 * error)
    assert centre == pytest.approx(float(data.mean()), abs=5 * error)


def test_spins_are_refused() -> None:
    with pytest.raises(ValueError, match="without walls"):
        trainer_of("score-matching", PairModel.untrained(ProductBase.uniform(SPACE)), drawn(truth(), 20))
