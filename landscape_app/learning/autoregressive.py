"""Autoregressive densities of images of levels: every pixel given those before it, by maximum likelihood."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Generator
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.learning.adam import Adam
from landscape_app.physics.space import Levels

LOGISTICS = 3
"""In the mixture of a pixel."""

LEAST_PROBABILITY = 1e-9
PASSES = 5
"""Over the training images, between two looks at the held-out ones."""


class PixelDensity(Protocol):
    """Anything that gives log P."""

    def log_prob(self, x: Tensor) -> Tensor:
        """log P(x) in nats, shape (batch,), of x with shape (batch, height, width)."""
        ...


def nats(density: PixelDensity, x: Tensor) -> Tensor:
    """−log P of every image, shape (n,)."""
    with torch.no_grad():
        return -density.log_prob(x)


def log_logistics(parameters: Tensor, x: Tensor, space: Levels) -> Tensor:
    """log P of every pixel under its mixture of logistics, integrated over a level (Salimans et al. 2017).

    Args:
        parameters: logits, centres and log widths in units of the range of levels, shape (batch, sites, 3 K).
        x: levels, shape (batch, sites).
        space: where x lives; the first and the last level reach to infinity.
    """
    top = space.levels - 1
    logits, centre, log_width = parameters.unflatten(-1, (3, -1)).unbind(2)
    sharpness, x = torch.exp(-log_width.clamp(-6, 3)), x.unsqueeze(-1)
    above = torch.where(x == top, torch.inf, ((x + 0.5) / top - centre) * sharpness)
    below = torch.where(x == 0, -torch.inf, ((x - 0.5) / top - centre) * sharpness)
    mass = logits.softmax(-1) * (above.sigmoid() - below.sigmoid())
    return mass.sum(-1).clamp_min(LEAST_PROBABILITY).log()


def initial_logistics() -> Tensor:
    """Parameters of a broad mixture, shape (3 K,)."""
    logits = torch.zeros(LOGISTICS)
    return torch.cat([logits, torch.linspace(-0.1, 1.1, LOGISTICS), torch.full_like(logits, math.log(0.15))])


class MaskedConv(nn.Conv2d):
    """A convolution that sees only earlier pixels in raster order, and the pixel itself if told."""

    mask: Tensor

    def __init__(self, inputs: int, outputs: int, side: int, itself: bool) -> None:
        super().__init__(inputs, outputs, side, padding=side // 2)
        place = torch.arange(side * side).view(side, side)
        middle = side * side // 2
        self.register_buffer("mask", ((place < middle) | (itself & (place == middle))).float())

    def forward(self, x: Tensor) -> Tensor:
        """Features of x that see none of the pixels after their own, shape (n, outputs, height, width)."""
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


class PixelCNN(nn.Module):
    """Masked convolutions with residual connections (van den Oord, Kalchbrenner, Kavukcuoglu 2016).

    Images are centred, so that layers may depend on the position: the first and the last have a bias for each pixel.
    """

    def __init__(self, space: Levels, channels: int = 32, blocks: int = 3, dropout: float = 0.3) -> None:
        super().__init__()
        self.space = space
        self.first = MaskedConv(2, channels, 5, itself=False)
        self.blocks = nn.ModuleList(MaskedConv(channels, channels, 3, itself=True) for _ in range(blocks))
        self.readout = nn.Conv2d(channels, 3 * LOGISTICS, 1)
        self.place = nn.Parameter(torch.zeros(channels, *space.shape))
        self.place_out = nn.Parameter(torch.zeros(3 * LOGISTICS, *space.shape))
        self.dropout = nn.Dropout(dropout)
        with torch.no_grad():
            self.readout.weight.mul_(0.1)
            assert self.readout.bias is not None
            self.readout.bias.copy_(initial_logistics())

    def log_prob(self, x: Tensor) -> Tensor:
        """log P(x), shape (batch,)."""
        image = self.space.unit(x).unsqueeze(1)
        h = self.first(torch.cat([image, torch.ones_like(image)], dim=1)) + self.place
        for block in self.blocks:
            h = h + block(self.dropout(F.silu(h)))
        parameters = (self.readout(self.dropout(F.silu(h))) + self.place_out).flatten(2).transpose(1, 2)
        return log_logistics(parameters, x.flatten(1), self.space).sum(1)


def likelihood_passes(
    network: nn.Module,
    training: Tensor,
    held_out: Tensor,
    seconds: float,
    rate: float = 2e-3,
    decay: float = 0.01,
    batch: int = 50,
    patience: int = 30,
    seed: int = 0,
) -> Generator[float, None, float]:
    """Maximum likelihood by AdamW; keeps the parameters that give held-out images most probability.

    Yields the share of the time that is gone, after every look at the held-out images.

    Args:
        network: a density; trained in place.
        training: images to learn, shape (n, height, width).
        held_out: images to stop by, shape (m, height, width), looked at every `PASSES` passes.
        seconds: of training at most, looks not counted.
        rate: learning rate.
        decay: of weights.
        batch: images a step.
        patience: looks without a better one after which it stops.
        seed: of the order of images, and of dropout.

    Returns:
        Seconds of training until it was at its best.
    """
    optimiser = Adam(network.parameters(), rate, decay)
    spent, best, since, looks = 0.0, math.inf, 0, 0
    kept, found = copy.deepcopy(network.state_dict()), 0.0
    while spent < seconds and since < patience:
        start = time.perf_counter()
        network.train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + looks)
            for _ in range(PASSES):
                for chosen in torch.randperm(len(training)).split(batch):
                    optimiser.zero_grad()
                    (-network.log_prob(training[chosen]).mean()).backward()  # type: ignore[operator]
                    optimiser.step()
        spent += time.perf_counter() - start
        value = float(nats(network.eval(), held_out).mean())  # type: ignore[arg-type]
        looks, since = looks + 1, since + 1
        if value < best:
            best, since, found = value, 0, spent
            kept = copy.deepcopy(network.state_dict())
        yield min(1.0, spent / seconds)
    network.load_state_dict(kept)
    network.eval().requires_grad_(False)
    return found
