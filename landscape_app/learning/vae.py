"""A variational autoencoder of the observables' size: what the model is compared with."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.learning.adam import Adam
from landscape_app.models.observables import mean_over_2x2
from landscape_app.physics.space import Levels

LATENT, CHANNELS = 16, (16, 64)
"""Dimension of the latent, and channels of the two convolutions."""

BATCH, RATE = 50, 2e-3
"""Images a step, and the peak learning rate, annealed to zero along a cosine over the time."""


def drawn_latent(mean: Tensor, log_deviation: Tensor, generator: torch.Generator) -> Tensor:
    """z ~ N(mean, deviation²), same shape, differentiable in both."""
    return mean + log_deviation.exp() * torch.randn(mean.shape, generator=generator, device=mean.device)


def latent_divergence(mean: Tensor, log_deviation: Tensor) -> Tensor:
    """KL(N(mean, deviation²)‖N(0, 1)) in nats, shape (batch,), of latents with shape (batch, latent)."""
    return 0.5 * (mean**2 + (2 * log_deviation).exp() - 1 - 2 * log_deviation).sum(1)


class VariationalAutoencoder(nn.Module):
    """Encoder and decoder of an image in levels, prior N(0, 1) on the latent.

    The encoder is that of `ConvObservables` (convolution, SiLU, mean over 2 × 2, convolution, SiLU, linear);
    the decoder is its mirror image, with a probability for each level of a pixel.

    Source: Kingma, Welling, "Auto-encoding variational Bayes" (2014).

    Args:
        space: images of shape (height, width), both even.
    """

    def __init__(self, space: Levels) -> None:
        super().__init__()
        self.space = space
        self.grid = (CHANNELS[1], space.shape[0] // 2, space.shape[1] // 2)
        features = math.prod(self.grid)
        self.encode1 = nn.Conv2d(1, CHANNELS[0], 3, padding=1)
        self.encode2 = nn.Conv2d(CHANNELS[0], CHANNELS[1], 3, padding=1)
        self.to_latent = nn.Linear(features, 2 * LATENT)
        self.from_latent = nn.Linear(LATENT, features)
        self.decode1 = nn.Conv2d(CHANNELS[1], CHANNELS[0], 3, padding=1)
        self.decode2 = nn.Conv2d(CHANNELS[0], space.levels, 3, padding=1)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log standard deviation of the latent, each of shape (batch, latent)."""
        h = mean_over_2x2(F.silu(self.encode1(self.space.unit(x).unsqueeze(1))))
        mean, log_deviation = self.to_latent(F.silu(self.encode2(h)).flatten(1)).chunk(2, dim=1)
        return mean, log_deviation

    def decode(self, z: Tensor) -> Tensor:
        """Logits of the levels, shape (batch, levels, height, width)."""
        h = F.silu(self.from_latent(z)).view(len(z), *self.grid)
        h = F.silu(self.decode1(h))
        return self.decode2(F.interpolate(h, scale_factor=2.0, mode="nearest"))

    def loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Minus the evidence lower bound of images x in levels, nats per image, a scalar."""
        mean, log_deviation = self.encode(x)
        output = self.decode(drawn_latent(mean, log_deviation, generator))
        misfit = F.cross_entropy(output, x.long(), reduction="sum")
        return (misfit + latent_divergence(mean, log_deviation).sum()) / len(x)

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n images in integer levels, shape (n, height, width): z from the prior, pixels from the decoder.

        Every pixel takes its most probable level: with pixel noise on top, the images are further from real ones.
        """
        z = torch.randn((n, LATENT), generator=generator, device=self.to_latent.weight.device)
        return self.decode(z).argmax(1).float()


def vae_passes(
    vae: VariationalAutoencoder,
    images: Tensor,
    generator: torch.Generator,
    seconds: float,
) -> Iterator[float]:
    """Trains a VAE in place for a given time; yields the share that is gone, after every pass over the images.

    Args:
        vae: trained in place.
        images: in levels, shape (n, height, width).
        generator: random state.
        seconds: of training.
    """
    optimiser = Adam(vae.parameters(), RATE)
    spent = 0.0
    while spent < seconds:
        start = time.perf_counter()
        optimiser.rate = RATE * 0.5 * (1 + math.cos(math.pi * spent / seconds))
        pass_over(images, vae.loss, optimiser, generator, BATCH)
        spent += time.perf_counter() - start
        yield min(1.0, spent / seconds)


def pass_over(
    data: Tensor,
    loss_of: Callable[[Tensor, torch.Generator], Tensor],
    optimiser: Adam,
    generator: torch.Generator,
    batch: int,
) -> None:
    """Trains once on all of the data, in batches of a random order.

    Args:
        data: shape (n, …).
        loss_of: the loss of a batch, a scalar.
        optimiser: of its parameters.
        generator: random state.
        batch: how many a step.
    """
    order = torch.randperm(len(data), generator=generator, device=data.device)
    for chosen in order.split(batch):
        loss = loss_of(data[chosen], generator)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
