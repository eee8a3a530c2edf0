"""Fields of what an image looks like: pixels, ink, symmetry, likeness, smoothness."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.physics.fields import AXES, Ink, PreferredPixels, Similarity, Smoothness, Symmetry
from landscape_app.physics.hamiltonian import EnergyTerm
from landscape_app.physics.space import Space
from landscape_app.session.fields.field import Field, Ingredients

MOST_PIXELS = 64 * 64
HIGHEST_LEVEL = 65_535


@dataclass(frozen=True)
class PinnedPixels(Field):
    """Pixels to keep exactly, or to prefer.

    Attributes:
        pixels: (row, column, level) of each.
        exact: whether chains keep them exactly, by clamping; then the strength has no part in it.
    """

    kind: ClassVar[str] = "pixels"

    pixels: tuple[tuple[int, int, int], ...] = ()
    exact: bool = True

    def __post_init__(self) -> None:
        if len(self.pixels) > MOST_PIXELS:
            raise ValueError(f"at most {MOST_PIXELS:,} pixels can be pinned, got {len(self.pixels):,}")
        if any(
            len(p) != 3 or any(isinstance(n, bool) or not isinstance(n, int) for n in p) for p in self.pixels
        ):
            raise ValueError("a pinned pixel is a row, a column and a level, all whole numbers")
        _check_levels(level for _, _, level in self.pixels)
        if len({p[:2] for p in self.pixels}) < len(self.pixels):
            raise ValueError("a pixel is pinned twice")
        if not isinstance(self.exact, bool):
            raise ValueError(f"pixels are kept exactly or not, got {self.exact!r}")

    @classmethod
    def of(
        cls, image: Sequence[Sequence[int]], mask: Sequence[Sequence[bool]], exact: bool = True
    ) -> PinnedPixels:
        """The pixels of an image that a mask chooses, both of shape (height, width)."""
        rows = enumerate(zip(image, mask, strict=True))
        return cls(
            tuple(
                (i, j, int(level))
                for i, (levels, held) in rows
                for j, (level, chosen) in enumerate(zip(levels, held, strict=True))
                if chosen
            ),
            exact,
        )

    @property
    def label(self) -> str:
        """Such as "12 pixels kept"."""
        count = len(self.pixels)
        return f"{count} pixel{'' if count == 1 else 's'} {'kept' if self.exact else 'preferred'}"

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return f"Σ (u − v)² of {len(self.pixels)} pixels"

    def tables(self, space: Space) -> tuple[Tensor, Tensor]:
        """Which pixels, bool, and their levels, shape (height, width) both.

        Raises:
            ValueError: a pixel lies outside the image.
        """
        if len(space.shape) != 2:
            raise ValueError(f"what has shape {space.shape} has no pixels to pin")
        mask = torch.zeros(space.shape, dtype=torch.bool)
        values = torch.zeros(space.shape)
        for row, column, level in self.pixels:
            if not (0 <= row < space.shape[0] and 0 <= column < space.shape[1]):
                raise ValueError(
                    f"there is no pixel in row {row}, column {column} of images of shape {space.shape}"
                )
            mask[row, column] = True
            values[row, column] = level
        if not bool(space.contains(values.unsqueeze(0))):
            raise ValueError(f"a pinned pixel has a level outside the model's {space.label}")
        return mask, values

    def check(self, space: Space, classes: int) -> None:
        """Refuses images that do not have these pixels, or not these levels.

        Raises:
            ValueError: as `tables`.
        """
        super().check(space, classes)
        self.tables(space)

    def build(self, ingredients: Ingredients, strength: float, name: str) -> EnergyTerm:
        """V, the squared distance from the levels."""
        return PreferredPixels(ingredients.space, *self.tables(ingredients.space))


@dataclass(frozen=True)
class InkAmount(Field):
    """How much ink an image has.

    Attributes:
        share: wanted, of an image that is all ink.
    """

    kind: ClassVar[str] = "ink"

    share: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"the share of ink must lie between 0 and 1, got {self.share}")

    @property
    def label(self) -> str:
        """Such as "ink 30 %"."""
        return f"ink {100 * self.share:.0f} %"

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return f"N (ū − {self.share:g})²"

    def build(self, ingredients: Ingredients, strength: float, name: str) -> EnergyTerm:
        """V."""
        return Ink(ingredients.space, self.share)


@dataclass(frozen=True)
class SymmetryAbout(Field):
    """How symmetric an image is.

    Attributes:
        axis: one of `AXES`.
    """

    kind: ClassVar[str] = "symmetry"

    axis: str = AXES[0]

    def __post_init__(self) -> None:
        if self.axis not in AXES:
            raise ValueError(f"the axis of a symmetry must be one of {', '.join(AXES)}, got {self.axis!r}")

    @property
    def label(self) -> str:
        """Such as "symmetry left-right"."""
        return f"symmetry {self.axis}"

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return f"½ Σ (u − u′)², {self.axis}"

    def build(self, ingredients: Ingredients, strength: float, name: str) -> EnergyTerm:
        """V."""
        return Symmetry(ingredients.space, self.axis)


@dataclass(frozen=True)
class LikenessTo(Field):
    """Likeness to an image; with a negative strength, distance from it.

    Attributes:
        image: its levels, row by row.
        source: where it is from, such as "training image 12".
    """

    kind: ClassVar[str] = "similarity"

    image: tuple[tuple[int, ...], ...]
    source: str = ""

    def __post_init__(self) -> None:
        widths = {len(row) for row in self.image}
        if len(widths) != 1 or 0 in widths or sum(map(len, self.image)) > MOST_PIXELS:
            raise ValueError(
                f"the image of a likeness needs rows of equal length, at most {MOST_PIXELS:,} pixels"
            )
        if any(isinstance(level, bool) or not isinstance(level, int) for row in self.image for level in row):
            raise ValueError("the image of a likeness needs whole levels")
        _check_levels(level for row in self.image for level in row)
        if not isinstance(self.source, str):
            raise ValueError(f"the source of an image must be text, got {self.source!r}")

    @property
    def label(self) -> str:
        """Such as "like training image 12"."""
        return f"like {self.source or 'an image'}"

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return "Σ (u − v)²"

    def check(self, space: Space, classes: int) -> None:
        """Refuses images of another size, or of other levels.

        Raises:
            ValueError: it is not one of theirs.
        """
        super().check(space, classes)
        shape = len(self.image), len(self.image[0])
        if shape != space.shape:
            raise ValueError(f"its image has shape {shape}, this run's have {space.shape}")
        if not bool(space.contains(self._tensor.unsqueeze(0))):
            raise ValueError(f"its image has a level outside the model's {space.label}")

    def build(self, ingredients: Ingredients, strength: float, name: str) -> EnergyTerm:
        """V."""
        return Similarity(ingredients.space, self._tensor)

    @property
    def _tensor(self) -> Tensor:
        return torch.tensor(self.image, dtype=torch.float32)


@dataclass(frozen=True)
class SmoothPixels(Field):
    """How little neighbouring pixels differ."""

    kind: ClassVar[str] = "smoothness"

    @property
    def label(self) -> str:
        """What a person calls it."""
        return "smoothness"

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return "Σ (u − u′)² of neighbours"

    def build(self, ingredients: Ingredients, strength: float, name: str) -> EnergyTerm:
        """V."""
        return Smoothness(ingredients.space)


def _check_levels(levels: Iterable[int]) -> None:
    if any(abs(level) > HIGHEST_LEVEL for level in levels):
        raise ValueError(f"no level is larger than {HIGHEST_LEVEL:,}")
