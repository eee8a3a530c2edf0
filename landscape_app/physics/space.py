"""Where a configuration x lives: levels, spins, a box, or the line."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

ENUMERATION_LIMIT = 2**22
"""Most states that `Discrete.enumerate` lists."""


class Space(ABC):
    """A set of configurations of a fixed shape.

    Configurations are float32 tensors, shape (batch, *shape), discrete ones too, so that energies can be
    differentiated through them.
    """

    label: ClassVar[str]
    """What a person calls it, such as "levels"."""

    shape: tuple[int, ...]

    @property
    def sites(self) -> int:
        """Number of sites: pixels, spins, or coordinates."""
        return math.prod(self.shape)

    @abstractmethod
    def unit(self, x: Tensor) -> Tensor:
        """x scaled to numbers of order one, as a network likes them, same shape."""

    @abstractmethod
    def contains(self, x: Tensor) -> Tensor:
        """Which configurations lie in the space, bool, shape (batch,)."""

    @abstractmethod
    def compact(self, x: Tensor) -> Tensor:
        """x in as few bytes as it needs to be kept or shown, same shape; `float` brings it back."""

    def _check_shape(self) -> None:
        if not self.shape or min(self.shape) < 1:
            raise ValueError(f"a space needs at least one site along every axis, got shape {self.shape}")


class Discrete(Space):
    """A space whose sites each take one of a few evenly spaced values."""

    levels: int
    """Number of values."""

    lowest: ClassVar[float]
    spacing: ClassVar[float]

    def values(self, device: torch.device | str = "cpu") -> Tensor:
        """The values in rising order, shape (levels,)."""
        return self.lowest + self.spacing * torch.arange(self.levels, dtype=torch.float32, device=device)

    def index(self, x: Tensor) -> Tensor:
        """Which value each site has, from 0 to levels − 1, int64, same shape as x."""
        return ((x - self.lowest) / self.spacing).round().long()

    def from_index(self, index: Tensor) -> Tensor:
        """The configuration of those values, float32, same shape as index."""
        return index.float() * self.spacing + self.lowest

    def contains(self, x: Tensor) -> Tensor:
        """Which configurations have only values of the space, bool, shape (batch,)."""
        index = self.index(x)
        inside = (index >= 0) & (index < self.levels) & (self.from_index(index) == x)
        return inside.flatten(1).all(dim=1)

    def as_levels(self, x: np.ndarray) -> np.ndarray:
        """Configurations on the host as levels 0 … levels − 1, such as images have, uint8, same shape."""
        return np.rint((x - self.lowest) / self.spacing).astype(np.uint8)

    def enumerate(self) -> Tensor:
        """Every configuration once, shape (levels^sites, *shape), the last site fastest.

        Raises:
            ValueError: more than `ENUMERATION_LIMIT` states.
        """
        count = self.levels**self.sites
        if count > ENUMERATION_LIMIT:
            raise ValueError(f"{count:.3g} states are too many to enumerate (limit {ENUMERATION_LIMIT})")
        grid = torch.meshgrid(*([self.values()] * self.sites), indexing="ij")
        return torch.stack(grid, dim=-1).reshape(count, *self.shape)


@dataclass(frozen=True)
class Levels(Discrete):
    """The space {0, 1, …, levels − 1}^shape, such as grey images of integer intensity.

    Raises:
        ValueError: no site, or fewer than two levels.

    Example:
        >>> Levels((8, 8), 17).sites
        64
    """

    label: ClassVar[str] = "levels"
    lowest: ClassVar[float] = 0.0
    spacing: ClassVar[float] = 1.0

    shape: tuple[int, ...]
    levels: int

    def __post_init__(self) -> None:
        self._check_shape()
        if self.levels < 2:
            raise ValueError(f"a space of levels needs at least 2 of them, got {self.levels}")

    def unit(self, x: Tensor) -> Tensor:
        """x scaled from 0…levels − 1 to [0, 1], same shape."""
        return x / (self.levels - 1)

    def compact(self, x: Tensor) -> Tensor:
        """x as bytes where there are no more than 256 levels."""
        return x.to(torch.uint8 if self.levels <= 256 else torch.int32)


@dataclass(frozen=True)
class Spins(Discrete):
    """The space {−1, +1}^shape.

    Raises:
        ValueError: no site.
    """

    label: ClassVar[str] = "spins"
    lowest: ClassVar[float] = -1.0
    spacing: ClassVar[float] = 2.0
    levels: ClassVar[int] = 2  # type: ignore[misc]

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        self._check_shape()

    def unit(self, x: Tensor) -> Tensor:
        """x as it is."""
        return x

    def compact(self, x: Tensor) -> Tensor:
        """x as bytes with a sign."""
        return x.to(torch.int8)


class Continuous(Space):
    """A space of real coordinates."""

    def compact(self, x: Tensor) -> Tensor:
        """x as it is, in single precision."""
        return x.float()


@dataclass(frozen=True)
class Box(Continuous):
    """The box [low, high]^shape.

    Raises:
        ValueError: no site, or bounds that are not finite and in order.
    """

    label: ClassVar[str] = "a box"

    shape: tuple[int, ...]
    low: float
    high: float

    def __post_init__(self) -> None:
        self._check_shape()
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"a box needs finite bounds, low below high, got [{self.low}, {self.high}]")

    def unit(self, x: Tensor) -> Tensor:
        """x scaled from [low, high] to [−1, 1], same shape."""
        return (x - (self.low + self.high) / 2) * (2 / (self.high - self.low))

    def contains(self, x: Tensor) -> Tensor:
        """Which configurations lie within the bounds, bool, shape (batch,)."""
        return ((x >= self.low) & (x <= self.high)).flatten(1).all(dim=1)


@dataclass(frozen=True)
class Line(Continuous):
    """The unbounded space ℝ^shape.

    Raises:
        ValueError: no site.
    """

    label: ClassVar[str] = "the line"

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        self._check_shape()

    def unit(self, x: Tensor) -> Tensor:
        """x as it is."""
        return x

    def contains(self, x: Tensor) -> Tensor:
        """Which configurations are finite, bool, shape (batch,)."""
        return torch.isfinite(x).flatten(1).all(dim=1)
