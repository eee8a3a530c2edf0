"""Where a configuration x lives, and the base measures q on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

ENUMERATION_LIMIT = 2**22
"""Most states that `Levels.enumerate` lists."""


@dataclass(frozen=True)
class Levels:
    """The space {0, 1, …, levels − 1}^shape, such as grey images of integer intensity.

    Configurations are float32 tensors of integer values, shape (batch, *shape), so that energies can be
    differentiated through the levels.
    """

    shape: tuple[int, ...]
    levels: int

    def __post_init__(self) -> None:
        if not self.shape or min(self.shape) < 1:
            raise ValueError(f"a space needs at least one site along every axis, got shape {self.shape}")
        if self.levels < 2:
            raise ValueError(f"a space of levels needs at least 2 of them, got {self.levels}")

    @property
    def sites(self) -> int:
        """Number of sites (pixels)."""
        return math.prod(self.shape)

    def unit(self, x: Tensor) -> Tensor:
        """x scaled from 0…levels − 1 to [0, 1], same shape."""
        return x / (self.levels - 1)

    def enumerate(self) -> Tensor:
        """Every configuration once, shape (levels^sites, *shape).

        Raises:
            ValueError: more than `ENUMERATION_LIMIT` states.
        """
        count = self.levels**self.sites
        if count > ENUMERATION_LIMIT:
            raise ValueError(f"{count:.3g} states are too many to enumerate (limit {ENUMERATION_LIMIT})")
        axis = torch.arange(self.levels, dtype=torch.float32)
        grid = torch.meshgrid(*([axis] * self.sites), indexing="ij")
        return torch.stack(grid, dim=-1).reshape(count, *self.shape)


class ProductBase:
    """A base measure q(x) = ∏_i q_i(x_i): normalised, every site independent.

    Args:
        space: where x lives.
        log_probabilities: log q_i(v), shape (sites, levels); normalised here.

    Raises:
        ValueError: the table has another shape, or gives a level no probability at all.
    """

    def __init__(self, space: Levels, log_probabilities: Tensor) -> None:
        if log_probabilities.shape != (space.sites, space.levels):
            raise ValueError(
                f"the base measure's table has shape {tuple(log_probabilities.shape)}, "
                f"expected (sites, levels) = {(space.sites, space.levels)}"
            )
        if not torch.isfinite(log_probabilities).all():
            raise ValueError("every level needs a positive base probability; add a pseudo-count")
        self.space = space
        self.log_probabilities = log_probabilities.log_softmax(dim=-1).float()

    @classmethod
    def uniform(cls, space: Levels) -> ProductBase:
        """The uniform measure on the space."""
        return cls(space, torch.zeros(space.sites, space.levels))

    @classmethod
    def from_marginals(cls, space: Levels, x: Tensor, pseudo_count: float = 0.5) -> ProductBase:
        """The per-site histograms of x, shape (n, *shape), each level with `pseudo_count` added."""
        if pseudo_count <= 0:
            raise ValueError(f"the pseudo-count must be positive, got {pseudo_count}")
        counts = torch.nn.functional.one_hot(x.flatten(1).long(), space.levels).sum(0)
        return cls(space, (counts + pseudo_count).log())

    def to(self, device: torch.device | str) -> ProductBase:
        """The same measure with its table on `device`."""
        return ProductBase(self.space, self.log_probabilities.to(device))

    def log_prob(self, x: Tensor) -> Tensor:
        """log q(x) in nats, shape (batch,), of x with shape (batch, *shape)."""
        levels = x.flatten(1).long().unsqueeze(-1)
        table = self.log_probabilities.expand(len(x), -1, -1)
        return table.gather(-1, levels).squeeze(-1).sum(-1)

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent configurations, shape (n, *shape)."""
        draws = torch.multinomial(self.log_probabilities.exp(), n, replacement=True, generator=generator)
        return draws.T.reshape(n, *self.space.shape).float()

    def entropy(self) -> float:
        """S[q] = −Σ_i Σ_v q_i(v) log q_i(v), in nats."""
        return float(-(self.log_probabilities.exp() * self.log_probabilities).sum())
