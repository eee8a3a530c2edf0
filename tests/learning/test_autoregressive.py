"""The autoregressive network, by enumeration."""

from itertools import count
from types import SimpleNamespace

import pytest
import torch

from landscape_app.learning import autoregressive as module
from landscape_app.learning.autoregressive import PixelCNN, likelihood_passes, log_logistics, nats
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.space import Levels

SPACE = Levels((2, 2), 5)


def network(seed: int) -> PixelCNN:
    """One with weights far from those that it starts from, so that every pixel matters."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = PixelCNN(SPACE, channels=4, blocks=2).eval()
        for parameter in made.parameters():
            parameter.data += 0.3 * torch.randn(parameter.shape)
    return made


@pytest.mark.parametrize("seed", range(3))
def test_its_probabilities_add_up_to_one(seed: int) -> None:
    x = SPACE.enumerate()
    total = torch.exp(-nats(network(seed), x).double()).sum()
    # Levels as improbable as LEAST_PROBABILITY are lifted to it.
    assert float(total) == pytest.approx(1, abs=1e-4)


def test_probabilities_of_a_pixels_levels_add_up_to_one() -> None:
    levels = SPACE.values().unsqueeze(1)
    parameters = torch.tensor([0.5, -1.0, 0.2, 0.1, 0.5, 1.1, -2.0, -1.0, -3.0]).expand(5, 1, 9)
    assert float(log_logistics(parameters, levels, SPACE).exp().sum()) == pytest.approx(1, abs=1e-5)


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
