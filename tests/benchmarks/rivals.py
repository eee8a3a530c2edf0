"""Densities of images of levels to compare with: a mixture of products, and MADE.

Each is fitted to training images, and stopped or chosen where validation images like it best; test images, which
judge it, choose nothing. `python tests/benchmarks/density.py` uses them.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.learning.autoregressive import likelihood_passes
from landscape_app.models.autoregressive import (
    LOGISTICS,
    PixelDensity,
    initial_logistics,
    log_logistics,
    nats,
)
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.space import Levels


class Fit(NamedTuple):
    """A fitted rival, and the seconds until it was at its best."""

    density: PixelDensity
    seconds: float


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


def fit_mixture(
    base: ProductBase, training: Tensor, validation: Tensor, seed: int = 0, restarts: int = 10
) -> Fit:
    """The mixture of some restarts that gives validation images most probability."""
    start = time.perf_counter()
    mixtures = [ProductMixture(base, training, seed=restarts * seed + k) for k in range(restarts)]
    best = min(mixtures, key=lambda mixture: float(nats(mixture, validation).mean()))
    return Fit(best, time.perf_counter() - start)


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


def fit_network(
    network: nn.Module, training: Tensor, validation: Tensor, seconds: float, rate: float, seed: int = 0
) -> Fit:
    """A network at the parameters that give validation images most probability (`likelihood_passes`)."""
    passes = likelihood_passes(network, training, validation, seconds, rate, seed=seed)
    while True:
        try:
            next(passes)
        except StopIteration as end:
            return Fit(network, end.value)  # type: ignore[arg-type]
