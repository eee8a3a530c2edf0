"""Fields of grey images: fixed or preferred pixels, ink, symmetry, similarity, smoothness.

They see the ink u = x / (levels − 1) of a pixel, from 0 to 1.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.counting import counted
from landscape_app.language import tr
from landscape_app.physics.fields.field import Field, FieldResources, StrengthScale, Tables
from landscape_app.physics.hamiltonian import EnergyTerm
from landscape_app.physics.space import Space, sides

AXES = ("left-right", "top-bottom", "diagonal", "half-turn")
"""Mirror axes of an image, and half a turn."""

AXIS_NAMES = {
    "left-right": tr("left-right"),
    "top-bottom": tr("top-bottom"),
    "diagonal": tr("diagonal"),
    "half-turn": tr("half-turn"),
}
"""Names of `AXES`, for people."""

MOST_PIXELS = 64 * 64
HIGHEST_LEVEL = 65_535


class PixelField(Field):
    """A field whose V is a function of u alone."""

    @abstractmethod
    def energy(self, u: Tensor) -> Tensor:
        """V of images, shape (batch, height, width) to shape (batch,)."""

    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Refuses configurations without two axes.

        Raises:
            ValueError: they have another shape than (height, width).
        """
        if len(shape) != 2:
            raise ValueError(
                tr("configurations of shape {shape} have no rows and columns of pixels", shape=sides(shape))
            )

    def check(self, space: Space, classes: int) -> None:
        """Refuses anything but grey images of a shape that the field takes.

        Raises:
            ValueError: it does not fit.
        """
        super().check(space, classes)
        self.check_shape(space.shape)

    def term(self, resources: FieldResources, strength: float = 1.0, name: str = "") -> EnergyTerm:
        """V as a term of a Hamiltonian.

        Raises:
            ValueError: the field does not take configurations of this shape.
        """
        self.check_shape(resources.space.shape)
        return PixelTerm(self, resources.space)


class PixelTerm:
    """V of a field of pixels, as a function of x.

    Args:
        field: V(u).
        space: of the images, which scales x to u.
    """

    def __init__(self, field: PixelField, space: Space) -> None:
        self.field = field
        self.space = space
        self.label = field.label

    def energy(self, x: Tensor) -> Tensor:
        """V(x), shape (batch,)."""
        return self.field.energy(self.space.unit(x))


class SquaredDistance:
    """V(x) = Σ_i m_i (u_i − v_i)²: weighted squared distance from an image.

    Args:
        space: of the images.
        mask: weights m of the pixels, shape (*shape).
        values: the image in levels, shape (*shape).
        label: name for people.

    Raises:
        ValueError: another shape than the space's.
    """

    def __init__(self, space: Space, mask: Tensor, values: Tensor, label: str) -> None:
        for name, table in (("mask", mask), ("image", values)):
            if tuple(table.shape) != space.shape:
                raise ValueError(
                    f"the {name} of “{label}” has shape {sides(table.shape)}, not {sides(space.shape)}"
                )
        self.space = space
        self.label = label
        self._tables = Tables(mask.float(), space.unit(values.float()))

    def energy(self, x: Tensor) -> Tensor:
        """Squared distance, shape (batch,)."""
        mask, values = self._tables.on(x.device)
        return (mask * (self.space.unit(x) - values).square()).flatten(1).sum(1)


@dataclass(frozen=True)
class FixedPixels(Field):
    """Pixels with given levels: fixed in every chain, or preferred with V(x) = Σ (u − v)² over these pixels.

    Attributes:
        pixels: (row, column, level) of each.
        exact: whether chains keep them fixed, by `ProductBase.clamped`; the strength has no part in it then.
    """

    kind: ClassVar[str] = "pixels"
    scale: ClassVar[StrengthScale] = StrengthScale(8.0, 30.0)

    pixels: tuple[tuple[int, int, int], ...] = ()
    exact: bool = True

    def __post_init__(self) -> None:
        if len(self.pixels) > MOST_PIXELS:
            raise ValueError(
                tr(
                    "at most {most:,} pixels can be fixed, got {count:,}",
                    most=MOST_PIXELS,
                    count=len(self.pixels),
                )
            )
        _check_levels(level for _, _, level in self.pixels)
        if len({p[:2] for p in self.pixels}) < len(self.pixels):
            raise ValueError(tr("a pixel is fixed twice"))

    @classmethod
    def of(
        cls, image: Sequence[Sequence[int]], mask: Sequence[Sequence[bool]], exact: bool = True
    ) -> FixedPixels:
        """The pixels of an image that a mask chooses, both of shape (height, width)."""
        rows = enumerate(zip(image, mask, strict=True))
        return cls(
            tuple(
                (i, j, int(level))
                for i, (levels, chosen_row) in rows
                for j, (level, chosen) in enumerate(zip(levels, chosen_row, strict=True))
                if chosen
            ),
            exact,
        )

    @property
    def clamps(self) -> bool:  # type: ignore[override]
        """True if it fixes the pixels."""
        return self.exact

    @property
    def fixed(self) -> int:  # type: ignore[override]
        """Number of pixels that it fixes."""
        return len(self.pixels) if self.exact else 0

    @property
    def label(self) -> str:
        """Such as "12 pixels fixed"."""
        pixels = counted(len(self.pixels), "pixel")
        return tr("{pixels} fixed", pixels=pixels) if self.exact else tr("{pixels} preferred", pixels=pixels)

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return tr("Σ (u − v)² of {pixels}", pixels=counted(len(self.pixels), "pixel"))

    def tables(self, space: Space) -> tuple[Tensor, Tensor]:
        """Mask of the pixels, bool, and their levels, shape (height, width) both.

        Raises:
            ValueError: a pixel lies outside the image.
        """
        if len(space.shape) != 2:
            raise ValueError(tr("what has shape {shape} has no pixels to fix", shape=sides(space.shape)))
        mask = torch.zeros(space.shape, dtype=torch.bool)
        values = torch.zeros(space.shape)
        for row, column, level in self.pixels:
            if not (0 <= row < space.shape[0] and 0 <= column < space.shape[1]):
                raise ValueError(
                    tr(
                        "there is no pixel in row {row}, column {column} of images of {size}",
                        row=row,
                        column=column,
                        size=sides(space.shape),
                    )
                )
            mask[row, column] = True
            values[row, column] = level
        if not bool(space.contains(values.unsqueeze(0))):
            raise ValueError(tr("a fixed pixel has a level outside the model's {space}", space=space.label))
        return mask, values

    def check(self, space: Space, classes: int) -> None:
        """Refuses images that do not have these pixels, or not these levels.

        Raises:
            ValueError: as `tables`.
        """
        super().check(space, classes)
        self.tables(space)

    def term(self, resources: FieldResources, strength: float = 1.0, name: str = "") -> EnergyTerm:
        """Squared distance from the levels.

        Raises:
            ValueError: as `tables`.
        """
        return SquaredDistance(resources.space, *self.tables(resources.space), self.label)


@dataclass(frozen=True)
class InkAmount(PixelField):
    """V(x) = N (ū − share)²: how much ink an image has, ū the mean over its N pixels.

    Attributes:
        share: wanted, from 0 to 1, of an image that is all ink.

    Raises:
        ValueError: a share outside that range.
    """

    kind: ClassVar[str] = "ink"
    scale: ClassVar[StrengthScale] = StrengthScale(80.0, 200.0)

    share: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(tr("the share of ink must lie between 0 and 1, got {share}", share=self.share))

    @property
    def label(self) -> str:
        """Such as "ink 30%"."""
        return tr("ink {share:.0f}%", share=100 * self.share)

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return f"N (ū − {self.share:g})²"

    def energy(self, u: Tensor) -> Tensor:
        """N (ū − share)², shape (batch,)."""
        return u.shape[1:].numel() * (u.flatten(1).mean(1) - self.share).square()


@dataclass(frozen=True)
class SymmetryAbout(PixelField):
    """V(x) = ½ Σ_i (u_i − u_σ(i))²: difference of an image from its mirror image.

    Attributes:
        axis: one of `AXES`; only square images have a diagonal.

    Raises:
        ValueError: there is no such axis.
    """

    kind: ClassVar[str] = "symmetry"
    scale: ClassVar[StrengthScale] = StrengthScale(3.0, 15.0)

    axis: str = AXES[0]

    def __post_init__(self) -> None:
        if self.axis not in AXES:
            raise ValueError(
                tr(
                    "the axis of a symmetry must be one of {axes}, got {axis!r}",
                    axes=", ".join(AXES),
                    axis=self.axis,
                )
            )

    @property
    def label(self) -> str:
        """Such as "symmetry left-right"."""
        return tr("symmetry {axis}", axis=AXIS_NAMES[self.axis])

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return f"½ Σ (u − u′)², {AXIS_NAMES[self.axis]}"

    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Refuses images that do not have the axis.

        Raises:
            ValueError: they have not.
        """
        super().check_shape(shape)
        if self.axis == "diagonal" and shape[0] != shape[1]:
            raise ValueError(tr("images of {size} have no diagonal symmetry", size=sides(shape)))

    def energy(self, u: Tensor) -> Tensor:
        """Half the squared distance from the mirror image, shape (batch,)."""
        mirrored = {
            "left-right": lambda: u.flip(2),
            "top-bottom": lambda: u.flip(1),
            "diagonal": lambda: u.transpose(1, 2),
            "half-turn": lambda: u.flip(1, 2),
        }[self.axis]()
        return 0.5 * (u - mirrored).square().flatten(1).sum(1)


TRAINING, CHAIN = "training image ", "chain "
"""Beginnings of the sources that are stored with a similarity; a number follows."""


def shown_source(source: str) -> str:
    """The source of an image in the language of the window."""
    if source.startswith(TRAINING):
        return tr("training image {number}", number=source.removeprefix(TRAINING))
    if source.startswith(CHAIN):
        return tr("chain {number}", number=source.removeprefix(CHAIN))
    return source


@dataclass(frozen=True)
class SimilarityTo(Field):
    """V(x) = Σ_i (u_i − v_i)²: similarity to an image; with a negative strength, distance from it.

    Attributes:
        image: its levels, row by row.
        source: origin of the image, such as "training image 12".
    """

    kind: ClassVar[str] = "similarity"
    scale: ClassVar[StrengthScale] = StrengthScale(3.0, 8.0)

    image: tuple[tuple[int, ...], ...]
    source: str = ""

    def __post_init__(self) -> None:
        widths = {len(row) for row in self.image}
        if len(widths) != 1 or 0 in widths or sum(map(len, self.image)) > MOST_PIXELS:
            raise ValueError(
                tr(
                    "the image of a similarity needs rows of equal length, at most {most:,} pixels",
                    most=MOST_PIXELS,
                )
            )
        _check_levels(level for row in self.image for level in row)

    @property
    def label(self) -> str:
        """Such as "like training image 12"."""
        return tr("like {source}", source=shown_source(self.source)) if self.source else tr("like an image")

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
            raise ValueError(
                tr(
                    "its image is {size}, this run's are {run_size}",
                    size=sides(shape),
                    run_size=sides(space.shape),
                )
            )
        if not bool(space.contains(self._tensor.unsqueeze(0))):
            raise ValueError(tr("its image has a level outside the model's {space}", space=space.label))

    def term(self, resources: FieldResources, strength: float = 1.0, name: str = "") -> EnergyTerm:
        """Squared distance from the image.

        Raises:
            ValueError: the image has another shape.
        """
        image = self._tensor
        return SquaredDistance(resources.space, torch.ones_like(image), image, self.label)

    @property
    def _tensor(self) -> Tensor:
        return torch.tensor(self.image, dtype=torch.float32)


@dataclass(frozen=True)
class SmoothPixels(PixelField):
    """V(x) = Σ (u_i − u_j)² over neighbouring pixels."""

    kind: ClassVar[str] = "smoothness"
    scale: ClassVar[StrengthScale] = StrengthScale(3.0, 10.0)

    @property
    def label(self) -> str:
        """Name for people."""
        return tr("smoothness")

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return tr("Σ (u − u′)² of neighbours")

    def energy(self, u: Tensor) -> Tensor:
        """Sum of squared differences of neighbours, shape (batch,)."""
        along, down = u.diff(dim=2).square(), u.diff(dim=1).square()
        return along.flatten(1).sum(1) + down.flatten(1).sum(1)


def _check_levels(levels: Iterable[int]) -> None:
    if any(abs(level) > HIGHEST_LEVEL for level in levels):
        raise ValueError(tr("no level is larger than {highest:,}", highest=HIGHEST_LEVEL))


KINDS: tuple[type[Field], ...] = (FixedPixels, InkAmount, SymmetryAbout, SimilarityTo, SmoothPixels)
