"""Densities of images of levels to compare with: a mixture of products, MADE, and PixelCNN.

Each is fitted to the training images and stopped where the held-out images like it best: more than a model that may
not look at them could know, and so the most that the rival can give. `python tests/benchmarks/density.py` uses them.
"""

from __future__ import annotations

import copy
import math
import time
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.physics.base import ProductBase
from landscape_app.physics.space import Levels

LOGISTICS = 3
LEAST_PROBABILITY = 1e-9


class Density(Protocol):
    """Anything that gives log P."""

    def log_prob(self, x: Tensor) -> Tensor:
        """log P(x) in nats, shape (batch,), of x with shape (batch, height, width)."""
        ...


class Fit(NamedTuple):
    """A fitted rival, and the seconds until it was at its best."""

    density: Density
    seconds: float


def nats(density: Density, x: Tensor) -> Tensor:
    """−log P of every image, shape (n,)."""
    with torch.no_grad():
        return -density.log_prob(x)


class ProductMixture:
    """Σ_k w_k ∏_i p_ki(x_i), by expectation maximisation.

    A level's count is shared with its neighbours (Gaussian of deviation `smoothing` levels), and every component
    has `pseudo_count` images of the base measure added. Without either it is worse than independent pixels.

    Args:
        base: the independent pixels.
        x: training images, shape (n, height, width).
        components: how many.
        seed: of the responsibilities to start from.
    """

    def __init__(
        self,
        base: ProductBase,
        x: Tensor,
        components: int = 20,
        seed: int = 0,
        pseudo_count: float = 40.0,
        smoothing: float = 0.7,
        iterations: int = 40,
    ) -> None:
        self.space = base.space
        generator = torch.Generator().manual_seed(seed)
        responsibility = torch.rand(len(x), components, generator=generator).pow(8)
        level = base.space.values()
        share = torch.exp(-((level - level.unsqueeze(1)) ** 2) / (2 * smoothing**2))
        counts = self._one_hot(x) @ (share / share.sum(1, keepdim=True))
        prior = pseudo_count * base.log_probabilities.exp()
        for _ in range(iterations):
            responsibility = responsibility / responsibility.sum(1, keepdim=True)
            of_component = torch.einsum("nk,niv->kiv", responsibility, counts) + prior
            self.log_p = of_component.log().log_softmax(-1)
            self.log_w = (responsibility.sum(0) + 1).log().log_softmax(0)
            responsibility = self._joint(x).softmax(1)

    def log_prob(self, x: Tensor) -> Tensor:
        """log P(x), shape (batch,)."""
        return self._joint(x).logsumexp(1)

    def _joint(self, x: Tensor) -> Tensor:
        return torch.einsum("niv,kiv->nk", self._one_hot(x), self.log_p) + self.log_w

    def _one_hot(self, x: Tensor) -> Tensor:
        return F.one_hot(self.space.index(x.flatten(1)), self.space.levels).float()


def fit_mixture(base: ProductBase, training: Tensor, held_out: Tensor, restarts: int = 10) -> Fit:
    """The best of some restarts."""
    start = time.perf_counter()
    mixtures = [ProductMixture(base, training, seed=seed) for seed in range(restarts)]
    best = min(mixtures, key=lambda mixture: float(nats(mixture, held_out).mean()))
    return Fit(best, time.perf_counter() - start)


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


class MaskedLinear(nn.Linear):
    """A linear layer of which only the entries of a mask, shape (outputs, inputs), are used."""

    def __init__(self, mask: Tensor) -> None:
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask.float())

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.mask, self.bias)


class MADE(nn.Module):
    """A masked autoencoder: every pixel given those before it (Germain, Gregor, Murray, Larochelle 2015)."""

    def __init__(self, space: Levels, hidden: int = 512, dropout: float = 0.6) -> None:
        super().__init__()
        self.space = space
        site, unit = torch.arange(space.sites), torch.arange(hidden) % (space.sites - 1)
        readout = MaskedLinear(site.repeat_interleave(3 * LOGISTICS).unsqueeze(1) > unit)
        with torch.no_grad():
            readout.weight.mul_(0.1)
            readout.bias.copy_(initial_logistics().repeat(space.sites))
        self.layers = nn.Sequential(
            MaskedLinear(unit.unsqueeze(1) >= site),
            nn.ReLU(),
            nn.Dropout(dropout),
            MaskedLinear(unit.unsqueeze(1) >= unit),
            nn.ReLU(),
            nn.Dropout(dropout),
            readout,
        )

    def log_prob(self, x: Tensor) -> Tensor:
        """log P(x), shape (batch,)."""
        parameters = self.layers(self.space.unit(x).flatten(1)).unflatten(1, (self.space.sites, -1))
        return log_logistics(parameters, x.flatten(1), self.space).sum(1)


class MaskedConv(nn.Conv2d):
    """A convolution that sees only earlier pixels in raster order, and the pixel itself if told."""

    def __init__(self, inputs: int, outputs: int, side: int, itself: bool) -> None:
        super().__init__(inputs, outputs, side, padding=side // 2)
        place = torch.arange(side * side).view(side, side)
        middle = side * side // 2
        self.register_buffer("mask", ((place < middle) | (itself & (place == middle))).float())

    def forward(self, x: Tensor) -> Tensor:
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
            self.readout.bias.copy_(initial_logistics())

    def log_prob(self, x: Tensor) -> Tensor:
        """log P(x), shape (batch,)."""
        image = self.space.unit(x).unsqueeze(1)
        h = self.first(torch.cat([image, torch.ones_like(image)], dim=1)) + self.place
        for block in self.blocks:
            h = h + block(self.dropout(F.silu(h)))
        parameters = (self.readout(self.dropout(F.silu(h))) + self.place_out).flatten(2).transpose(1, 2)
        return log_logistics(parameters, x.flatten(1), self.space).sum(1)


def fit_network(
    network: nn.Module,
    training: Tensor,
    held_out: Tensor,
    seconds: float,
    rate: float,
    decay: float = 0.01,
    batch: int = 50,
    patience: int = 30,
) -> Fit:
    """Maximum likelihood by AdamW; keeps the parameters that give held-out images most probability.

    Args:
        network: a density.
        training: images to learn.
        held_out: images to stop by, looked at every five passes.
        seconds: of training at most, looks not counted.
        rate: learning rate.
        decay: of weights.
        batch: images a step.
        patience: looks without a better one after which it stops.
    """
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=decay)
    spent, best, since = 0.0, math.inf, 0
    kept, found = copy.deepcopy(network.state_dict()), 0.0
    while spent < seconds and since < patience:
        start = time.perf_counter()
        network.train()
        for _ in range(5):
            for chosen in torch.randperm(len(training)).split(batch):
                optimiser.zero_grad()
                (-network.log_prob(training[chosen]).mean()).backward()
                optimiser.step()
        spent += time.perf_counter() - start
        value = float(nats(network.eval(), held_out).mean())
        since += 1
        if value < best:
            best, since, found = value, 0, spent
            kept = copy.deepcopy(network.state_dict())
    network.load_state_dict(kept)
    return Fit(network.eval(), found)
