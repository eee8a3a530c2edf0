"""A discriminator: what tells real images from samples of a model, and so how to make these more real."""

from __future__ import annotations

import copy
import math
from collections.abc import Generator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.learning.adam import Adam
from landscape_app.learning.classifier import ImageClassifier, corrupt
from landscape_app.physics.host import number, read_back
from landscape_app.physics.space import Levels

NOISE, REPLACED = 0.15, 0.05
"""Corruption of images while a discriminator learns (`corrupt`): without it, it learns them by heart."""

BATCH = 64
"""Images of each side in a step."""

RATE, DECAY = 3e-3, 1e-2
"""Peak learning rate of AdamW, annealed to zero along a cosine, and decay of its weights."""

MOST_ODDS = 2.0
"""Log-odds that are approached, in nats, before they are scaled: off what it has seen a network may say anything, and
chains would fall into the holes that it digs there."""

SCALES = torch.linspace(0.025, 2, 80)
"""Factors of the log-odds among which validation chooses."""


class Discriminator(nn.Module):
    """log(D / (1 − D)) of D(x), the probability that x is real rather than generated.

    The network is the classifier's, with one output. What it says is multiplied by `scale`, by which validation
    keeps it from being surer than it has a right to be.

    Args:
        space: images of shape (height, width), both even.
        channels: of the two convolutions.
    """

    scale: Tensor

    def __init__(self, space: Levels, channels: tuple[int, int] = (16, 16)) -> None:
        super().__init__()
        self.space = space
        self.network = ImageClassifier(space, 1, channels)
        self.register_buffer("scale", torch.tensor(1.0))

    def forward(self, x: Tensor) -> Tensor:
        """Log-odds in nats, shape (BATCH,), of x in levels, shape (batch, height, width)."""
        return self.scale * MOST_ODDS * torch.tanh(self.network(x).squeeze(1) / MOST_ODDS)


class Sides(NamedTuple):
    """Real and generated images in levels, shapes (n, height, width) and (m, height, width)."""

    real: Tensor
    generated: Tensor


def surprise(log_odds_real: Tensor, log_odds_generated: Tensor) -> float:
    """Cross-entropy of telling the two apart, in nats; both sides count the same; log 2 knows nothing.

    Args:
        log_odds_real: of real images, shape (n,).
        log_odds_generated: of generated ones, shape (m,).
    """
    return number((F.softplus(-log_odds_real).mean() + F.softplus(log_odds_generated).mean()) / 2)


def discriminator_passes(
    discriminator: Discriminator,
    learned: Sides,
    validation: Sides,
    generator: torch.Generator,
    passes: int,
) -> Generator[float, None, float]:
    """Trains a discriminator in place; yields the share that is done, after every step of the optimiser.

    It learns from corrupted images, each side drawn as often as the other, keeps the weights that validation likes
    best, and is then scaled to what validation likes best. Afterwards it is frozen.

    Args:
        discriminator: trained in place.
        learned: images to learn from.
        validation: images to stop and scale by.
        generator: random state.
        passes: over as many images as the larger side has.

    Returns:
        Cross-entropy of the validation images, in nats; log 2 where they cannot be told apart.
    """
    space = discriminator.space
    optimiser = Adam(discriminator.parameters(), RATE, DECAY)
    steps = -(-max(map(len, learned)) // BATCH)
    best, kept = math.inf, copy.deepcopy(discriminator.state_dict())
    for done in range(passes):
        for step in range(steps):
            real, generated = (
                corrupt(
                    side[torch.randint(len(side), (BATCH,), generator=generator, device=side.device)],
                    space,
                    generator,
                    NOISE,
                    REPLACED,
                )
                for side in learned
            )
            log_odds = discriminator(torch.cat([real, generated]))
            loss = (F.softplus(-log_odds[:BATCH]).mean() + F.softplus(log_odds[BATCH:]).mean()) / 2
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            optimiser.anneal(done * steps + step + 1, passes * steps)
            yield (done * steps + step + 1) / (passes * steps)
        found = surprise(*_log_odds(discriminator, validation))
        if found < best:
            best, kept = found, copy.deepcopy(discriminator.state_dict())
    discriminator.load_state_dict(kept)
    discriminator.requires_grad_(False)
    real, generated = read_back(*_log_odds(discriminator, validation))
    by_scale = torch.tensor([surprise(scale * real, scale * generated) for scale in SCALES])
    discriminator.scale.fill_(float(SCALES[by_scale.argmin()]))
    return float(by_scale.min())


class Accuracy(NamedTuple):
    """Accuracy at telling real from generated images; ½ where they cannot be told apart.

    Attributes:
        real: share of real images found real.
        generated: share of generated images found generated.
        error: standard error of the mean of both.
    """

    real: float
    generated: float
    error: float

    @property
    def mean(self) -> float:
        """Of both shares: as if there were as many of each."""
        return (self.real + self.generated) / 2


def discriminator_accuracy(discriminator: Discriminator, sides: Sides) -> Accuracy:
    """The accuracy of a discriminator, on images that it should not have learned from."""
    log_odds_real, log_odds_generated = read_back(*_log_odds(discriminator, sides))
    real = float((log_odds_real > 0).double().mean())
    generated = float((log_odds_generated <= 0).double().mean())
    variance = real * (1 - real) / len(log_odds_real) + generated * (1 - generated) / len(log_odds_generated)
    return Accuracy(real, generated, math.sqrt(variance) / 2)


def _log_odds(discriminator: Discriminator, sides: Sides) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        return discriminator(sides.real), discriminator(sides.generated)
