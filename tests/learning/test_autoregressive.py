"""Maximum likelihood of a density, stopped by held-out items, against the truth that they are of."""

from itertools import count
from types import SimpleNamespace

import pytest
import torch

from landscape_app.learning import autoregressive as module
from landscape_app.learning.autoregressive import likelihood_passes
from landscape_app.models.autoregressive import PixelCNN, nats
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.space import Levels

SPACE = Levels((2, 2), 5)


def test_training_keeps_what_held_out_images_like_best(monkeypatch: pytest.MonkeyPatch) -> None:
    # A clock by which the passes between two looks take a second, however fast the machine is.
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=count().__next__))
    table = 2 * torch.randn(SPACE.sites, SPACE.levels, generator=torch.Generator().manual_seed(0))
    truth = ProductBase(SPACE, table)
    generator = torch.Generator().manual_seed(1)
    training, held_out = truth.sample(300, generator), truth.sample(2_000, generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        learner = PixelCNN(SPACE, channels=4, blocks=1)
    before = float(nats(learner.eval(), held_out).mean())
    shares = list(likelihood_passes(learner, training, held_out, seconds=10, rate=1e-2))
    assert shares == pytest.approx([0.1 * (look + 1) for look in range(10)])
    after = float(nats(learner, held_out).mean())
    assert after < before
    exact = -float(truth.log_prob(held_out).mean())
    assert exact - 0.05 <= after <= exact + 0.1
    assert not any(p.requires_grad for p in learner.parameters())
