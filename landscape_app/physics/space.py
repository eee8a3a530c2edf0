"""Spaces that a configuration x lives in: levels, spins, a box, the line, or numbers beside categories."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr

ENUMERATION_LIMIT = 2**22
"""Most states that `Discrete.enumerate` lists."""

COLOURS = 3
"""Red, green and blue."""

FEW_COORDINATES = 3
"""Coordinates that are summarised one by one."""


class Space(ABC):
    """A set of configurations of a fixed shape.

    Configurations are float32 tensors, shape (batch, *shape), discrete ones too, so that energies can be
    differentiated through them.
    """

    label: ClassVar[str]
    """Name for people, such as "levels"."""

    shape: tuple[int, ...]
    levels: int
    """Number of values of a site; 0 where they are real numbers."""

    lowest: ClassVar[float] = 0.0
    """Least value of a site that takes a few; 0 of real numbers."""

    spacing: ClassVar[float] = 1.0
    """Difference of two neighbouring values of such a site."""

    is_real: ClassVar[bool] = False
    """True if every site is a real number."""

    bounds: tuple[float, float] | None = None
    """Walls of every coordinate; None without any."""

    @property
    def sites(self) -> int:
        """Number of sites: pixels, spins, or coordinates."""
        return math.prod(self.shape)

    @property
    def is_discrete(self) -> bool:
        """True if there are states, which can be counted, rather than a continuum with densities."""
        return self.levels > 0

    @property
    def states(self) -> float:
        """Number of configurations, infinite of a continuum."""
        return self.levels**self.sites if self.is_discrete else math.inf

    @property
    def is_image(self) -> bool:
        """True if configurations are images of even sides, of shape (height, width) or (height, width, 3)."""
        return False

    @property
    def is_coloured(self) -> bool:
        """True if configurations are images of red, green and blue, of shape (height, width, 3)."""
        return False

    @property
    def is_categorical(self) -> bool:
        """True if configurations are rows of a table of categories: levels on one axis, in no order."""
        return False

    @property
    def is_picture(self) -> bool:
        """True if configurations can be drawn as images, of any sides."""
        return self.is_discrete and (len(self.shape) == 2 or self.is_coloured)

    @property
    @abstractmethod
    def meaning(self) -> str:
        """Kind of the numbers of a configuration and their range, in words."""

    distance_unit: float = 1.0
    """Difference of two values of a site that counts as a distance of 1."""

    @property
    def distance_meaning(self) -> str:
        """Scale of distances, in words."""
        return tr("in the units of the data")

    @abstractmethod
    def summaries(self, x: Tensor) -> dict[str, Tensor]:
        """Quantities by which chains are diagnosed beside their energies, by name, shape (n,) each.

        Args:
            x: shape (n, *shape).
        """

    @abstractmethod
    def as_levels(self, x: np.ndarray) -> np.ndarray:
        """Configurations on the host as levels 0 … levels − 1, such as images have, uint8, same shape.

        Raises:
            ValueError: they are real numbers.
        """

    def as_images(self, x: np.ndarray) -> np.ndarray:
        """Configurations as images of levels, uint8, shape (n, height, width), or (n, height, width, 3) in colour.

        Raises:
            ValueError: they are real numbers.
        """
        levels = self.as_levels(x)
        return levels if self.is_coloured else levels.reshape(len(x), -1, self.shape[-1])

    @abstractmethod
    def unit(self, x: Tensor) -> Tensor:
        """x scaled to numbers of order one, as a network likes them, same shape."""

    @abstractmethod
    def contains(self, x: Tensor) -> Tensor:
        """Mask of the configurations in the space, bool, shape (batch,)."""

    @abstractmethod
    def compact(self, x: Tensor) -> Tensor:
        """x in as few bytes as it needs to be kept or shown, same shape; `float` brings it back."""

    def _check_shape(self) -> None:
        if not self.shape or min(self.shape) < 1:
            raise ValueError(f"a space needs at least one site along every axis, got shape {self.shape}")


class Discrete(Space):
    """A space whose sites each take one of a few evenly spaced values."""

    @property
    def distance_unit(self) -> float:  # type: ignore[override]
        """Difference of the highest and the lowest value."""
        return self.spacing * (self.levels - 1)

    def values(self, device: torch.device | str = "cpu") -> Tensor:
        """The values in rising order, shape (levels,)."""
        return self.lowest + self.spacing * torch.arange(self.levels, dtype=torch.float32, device=device)

    def index(self, x: Tensor) -> Tensor:
        """Index of each site's value, from 0 to levels − 1, int64, same shape as x."""
        return ((x - self.lowest) / self.spacing).round().long()

    def from_index(self, index: Tensor) -> Tensor:
        """The configuration of those values, float32, same shape as index."""
        level = index.float()
        return level if (self.lowest, self.spacing) == (0.0, 1.0) else level * self.spacing + self.lowest

    def contains(self, x: Tensor) -> Tensor:
        """Mask of the configurations that have only values of the space, bool, shape (batch,)."""
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

    label: ClassVar[str] = tr("levels")
    shape: tuple[int, ...]
    levels: int

    def __post_init__(self) -> None:
        self._check_shape()
        if self.levels < 2:
            raise ValueError(f"a space of levels needs at least 2 of them, got {self.levels}")

    @property
    def is_image(self) -> bool:
        """True if there are two axes of even sides, or these and one of three colours."""
        return (len(self.shape) == 2 or self.is_coloured) and all(side % 2 == 0 for side in self.shape[:2])

    @property
    def is_coloured(self) -> bool:
        """True if the third axis is one of three colours."""
        return len(self.shape) == 3 and self.shape[2] == COLOURS

    @property
    def is_categorical(self) -> bool:
        """True if there is one axis."""
        return len(self.shape) == 1

    @property
    def meaning(self) -> str:
        """Such as "integer grey levels, 0 (empty) to 16"."""
        highest = self.levels - 1
        if len(self.shape) == 1:
            return tr("categories, 0 to {highest}", highest=highest)
        if len(self.shape) == 2:
            return tr("integer grey levels, 0 (empty) to {highest}", highest=highest)
        return tr("levels of red, green and blue, 0 to {highest}", highest=highest)

    @property
    def distance_meaning(self) -> str:
        """Scale of distances, in words."""
        if self.is_coloured:
            return tr("each of a pixel's three colours scaled to 0…1")
        if self.is_categorical:
            return tr("the values of a column, in their order, scaled to 0…1")
        return tr("the grey of a pixel scaled to 0…1")

    def summaries(self, x: Tensor) -> dict[str, Tensor]:
        """Mean level."""
        return {"ink": x.flatten(1).mean(1)}

    def unit(self, x: Tensor) -> Tensor:
        """x scaled from 0…levels − 1 to [0, 1], same shape."""
        return x if self.levels == 2 else x / (self.levels - 1)

    def compact(self, x: Tensor) -> Tensor:
        """x as bytes where there are no more than 256 levels."""
        return x.to(torch.uint8 if self.levels <= 256 else torch.int32)


@dataclass(frozen=True)
class Spins(Discrete):
    """The space {−1, +1}^shape.

    Raises:
        ValueError: no site.
    """

    label: ClassVar[str] = tr("spins")
    lowest: ClassVar[float] = -1.0
    spacing: ClassVar[float] = 2.0
    levels: ClassVar[int] = 2  # type: ignore[misc]

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        self._check_shape()

    meaning: ClassVar[str] = tr("spins, −1 or +1")
    distance_meaning: ClassVar[str] = tr("−1 counted as 0 and +1 as 1")

    def summaries(self, x: Tensor) -> dict[str, Tensor]:
        """Mean spin."""
        return {"magnetisation": x.flatten(1).mean(1)}

    def unit(self, x: Tensor) -> Tensor:
        """x as it is."""
        return x

    def compact(self, x: Tensor) -> Tensor:
        """x as bytes with a sign."""
        return x.to(torch.int8)


class Continuous(Space):
    """A space of real coordinates."""

    levels: ClassVar[int] = 0  # type: ignore[misc]
    is_real: ClassVar[bool] = True
    meaning: ClassVar[str] = tr("coordinates in the units of the data")

    def summaries(self, x: Tensor) -> dict[str, Tensor]:
        """Coordinates one by one, or the mean of many."""
        sites = x.flatten(1)
        if self.sites <= FEW_COORDINATES:
            return {f"x{i + 1}": sites[:, i] for i in range(self.sites)}
        return {"mean coordinate": sites.mean(1)}

    def as_levels(self, x: np.ndarray) -> np.ndarray:
        """Refuses: real numbers are no levels.

        Raises:
            ValueError: always.
        """
        raise ValueError(tr("coordinates of {space} are no levels", space=self.label))

    def compact(self, x: Tensor) -> Tensor:
        """x as it is, in single precision."""
        return x.float()


@dataclass(frozen=True)
class Box(Continuous):
    """The box [low, high]^shape.

    Raises:
        ValueError: no site, or bounds that are not finite and in order.
    """

    label: ClassVar[str] = tr("a box")

    shape: tuple[int, ...]
    low: float
    high: float

    def __post_init__(self) -> None:
        self._check_shape()
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"a box needs finite bounds, low below high, got [{self.low}, {self.high}]")

    @property
    def bounds(self) -> tuple[float, float]:  # type: ignore[override]
        """The lowest and the highest value."""
        return self.low, self.high

    def unit(self, x: Tensor) -> Tensor:
        """x scaled from [low, high] to [−1, 1], same shape."""
        return (x - (self.low + self.high) / 2) * (2 / (self.high - self.low))

    def contains(self, x: Tensor) -> Tensor:
        """Mask of the configurations within the bounds, bool, shape (batch,)."""
        return ((x >= self.low) & (x <= self.high)).flatten(1).all(dim=1)


@dataclass(frozen=True)
class Line(Continuous):
    """The unbounded space ℝ^shape.

    Raises:
        ValueError: no site.
    """

    label: ClassVar[str] = tr("the line")

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        self._check_shape()

    def unit(self, x: Tensor) -> Tensor:
        """x as it is."""
        return x

    def contains(self, x: Tensor) -> Tensor:
        """Mask of the configurations that are finite, bool, shape (batch,)."""
        return torch.isfinite(x).flatten(1).all(dim=1)


@dataclass(frozen=True)
class Mixed(Continuous):
    """Rows of real numbers and categories: the product of a line and finite sets, one a column.

    A category is 0, 1, … in no order. Densities are with respect to Lebesgue measure for the numbers times counting
    measure for the categories.

    Args:
        values: number of values of each column; 0 for a real number.

    Raises:
        ValueError: no column of numbers or none of categories, or a category of a single value.

    Example:
        >>> Mixed((0, 2, 3)).category_columns
        (1, 2)
    """

    label: ClassVar[str] = tr("numbers and categories")
    is_real: ClassVar[bool] = False
    meaning: ClassVar[str] = tr("numbers in the units of the data, and categories")

    values: tuple[int, ...]

    def __post_init__(self) -> None:
        self._check_shape()
        if not self.number_columns or not self.category_columns:
            raise ValueError(
                f"numbers and categories are needed, at least one column of each, got {self.values}"
            )
        if any(count < 2 for count in self.values if count):
            raise ValueError(f"a column of categories needs at least 2 values, got {self.values}")

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """A row."""
        return (len(self.values),)

    @property
    def number_columns(self) -> tuple[int, ...]:
        """Positions of the numbers."""
        return tuple(i for i, count in enumerate(self.values) if not count)

    @property
    def category_columns(self) -> tuple[int, ...]:
        """Positions of the categories."""
        return tuple(i for i, count in enumerate(self.values) if count)

    @property
    def category_counts(self) -> tuple[int, ...]:
        """Number of values of each column of categories."""
        return tuple(count for count in self.values if count)

    def summaries(self, x: Tensor) -> dict[str, Tensor]:
        """Columns one by one, or the means of many numbers and of many categories."""
        if self.sites <= FEW_COORDINATES:
            return super().summaries(x)
        return {
            "mean number": x[:, list(self.number_columns)].mean(1),
            "mean category": self.unit(x)[:, list(self.category_columns)].mean(1),
        }

    def unit(self, x: Tensor) -> Tensor:
        """x with categories scaled to [0, 1], same shape."""
        return x / torch.tensor([max(1, count - 1) for count in self.values], dtype=x.dtype, device=x.device)

    def contains(self, x: Tensor) -> Tensor:
        """Mask of the rows whose numbers are finite and whose categories are there, bool, shape (batch,)."""
        counts = torch.tensor(self.values, dtype=x.dtype, device=x.device)
        is_category = (x >= 0) & (x < counts) & (x == x.round())
        return torch.where(counts > 0, is_category, torch.isfinite(x)).all(dim=1)


QUANTITIES = {
    "energy": tr("energy"),
    "ink": tr("ink"),
    "magnetisation": tr("magnetisation"),
    "mean coordinate": tr("mean coordinate"),
    "mean number": tr("mean number"),
    "mean category": tr("mean category"),
}
"""Names of quantities by which chains are diagnosed, for people; others are called as they are."""

UNITS = {
    "nats": tr("nats"),
    "nats, up to a constant": tr("nats, up to a constant"),
    "per spin": tr("per spin"),
    "mean level": tr("mean level"),
}
"""Units of these quantities, for people; files have the keys."""


def with_unit(quantity: str, unit: str) -> str:
    """A quantity with its unit, for people."""
    name = QUANTITIES.get(quantity, quantity)
    return tr("{quantity} ({unit})", quantity=name, unit=UNITS.get(unit, unit)) if unit else name


def sides(shape: Sequence[int]) -> str:
    """A shape in words, such as "8 × 8"."""
    return " × ".join(map(str, shape)) or "nothing"


def require_images(space: Space, *, grey: bool = False) -> Levels:
    """The space itself, where its configurations are images, or grey ones.

    Raises:
        ValueError: they are not.
    """
    if not (isinstance(space, Levels) and space.is_image) or (grey and space.is_coloured):
        shape = sides(space.shape)
        raise ValueError(
            tr(
                "grey images of even sides are needed, not {space} of shape {shape}",
                space=space.label,
                shape=shape,
            )
            if grey
            else tr(
                "images of even sides are needed, not {space} of shape {shape}",
                space=space.label,
                shape=shape,
            )
        )
    return space
