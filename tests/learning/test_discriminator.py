"""The discriminator, against two distributions whose log-odds are known."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.learning.discriminator import (
    Discriminator,
    Sides,
    discriminator_accuracy,
    discriminator_passes,
    surprise,
)
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.space import Levels

SPACE = Levels((4, 4), 5)
TILT = 0.35
"""log-odds per level of every pixel, by which real and generated images differ."""


def sides(n: int, tilt: float, seed: int) -> Sides:
    """Uniform images as generated ones, and as real ones images whose pixels are tilted towards dark."""
    generator = torch.Generator().manual_seed(seed)
    real = ProductBase(SPACE, (tilt * SPACE.values()).expand(SPACE.sites, -1))
    return Sides(real.sample(n, generator), ProductBase.uniform(SPACE).sample(n, generator))


def exact_log_odds(x: Tensor, tilt: float) -> Tensor:
    """log P_real − log P_generated in closed form, shape (n,)."""
    weights = torch.exp(tilt * SPACE.values())
    return (tilt * x.flatten(1) - torch.log(weights.mean())).sum(1)


def train(tilt: float, seed: int, learned: int = 800, passes: int = 25) -> Discriminator:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        discriminator = Discriminator(SPACE, channels=(8, 8))
    generator = torch.Generator().manual_seed(seed)
    shares = discriminator_passes(
        discriminator, sides(learned, tilt, seed + 1), sides(400, tilt, seed + 2), generator, passes
    )
    steps = passes * -(-learned // 64)
    assert list(shares) == pytest.approx(np.arange(1, steps + 1) / steps)
    return discriminator


def test_it_comes_near_the_best_there_is() -> None:
    discriminator = train(TILT, seed=0)
    fresh = sides(2_000, TILT, seed=10)
    best = [exact_log_odds(x, TILT) for x in fresh]
    found = [discriminator(x) for x in fresh]
    known, knowable = (math.log(2) - surprise(*log_odds) for log_odds in (found, best))
    assert 0.8 * knowable <= known <= knowable + 0.01
    best_accuracy = float(((best[0] > 0).double().mean() + (best[1] <= 0).double().mean()) / 2)
    accuracy = discriminator_accuracy(discriminator, fresh)
    assert best_accuracy > 0.8
    assert accuracy.mean == pytest.approx(best_accuracy, abs=0.03)
    correlation = np.corrcoef(torch.cat(best).numpy(), torch.cat(found).numpy())[0, 1]
    assert correlation > 0.9


@pytest.mark.parametrize("seed", [0, 5])
def test_of_two_sets_from_one_distribution_it_claims_nothing(seed: int) -> None:
    # Few images to learn from: without validation it would know them by heart.
    discriminator = train(0.0, seed, learned=40)
    fresh = sides(2_000, 0.0, seed=20)
    found = [discriminator(x) for x in fresh]
    assert surprise(*found) <= math.log(2) + 0.01
    accuracy = discriminator_accuracy(discriminator, fresh)
    assert accuracy.mean == pytest.approx(0.5, abs=4 * max(accuracy.error, 1e-3))


def test_accuracy_is_that_of_its_log_odds() -> None:
    class Ink(Discriminator):
        def forward(self, x: Tensor) -> Tensor:
            return x.flatten(1).mean(1) - 2

    dark, light = torch.full((30, 4, 4), 4.0), torch.zeros(50, 4, 4)
    light[:10] = 3.0
    accuracy = discriminator_accuracy(Ink(SPACE), Sides(dark, light))
    assert (accuracy.real, accuracy.generated) == (1.0, pytest.approx(0.8))
    assert accuracy.mean == pytest.approx(0.9)
    assert accuracy.error == pytest.approx(math.sqrt(0.8 * 0.2 / 50) / 2)


def test_surprise_of_knowing_nothing_is_log_two() -> None:
    assert surprise(torch.zeros(3), torch.zeros(7)) == pytest.approx(math.log(2))


def test_it_is_frozen_when_it_has_learned() -> None:
    assert not any(p.requires_grad for p in train(TILT, seed=3, learned=100, passes=1).parameters())
