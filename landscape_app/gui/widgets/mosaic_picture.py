"""Many small images as one picture of 8-bit indices into a table of colours, composed by a single strided copy."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from landscape_app.gui.theme import Theme, rgb

GAP = 1
"""Pixels of background between two images, where nothing else is said."""

GRID, PAPER = 255, 254
"""Indices of the background between images, and of places without one."""


@dataclass(frozen=True, eq=False)
class Tinting:
    """Colours for the ink of images.

    Attributes:
        colours: of full ink, uint8, shape (k, 3).
        chosen: which of them each image has, uint8, shape (n,).
    """

    colours: np.ndarray
    chosen: np.ndarray


@dataclass(frozen=True, eq=False)
class MosaicPicture:
    """Images in a grid, row by row.

    Attributes:
        images: levels, uint8, shape (n, height, width).
        levels: number of levels.
        order: which image is at each place, int, shape (n,); None for their own order.
        tinting: colours of their ink; None for the theme's.
        in_row: images in a row; None makes as many rows.
        gap: pixels of background between two images, and around them all.
    """

    images: np.ndarray
    levels: int
    order: np.ndarray | None = None
    tinting: Tinting | None = None
    in_row: int | None = None
    gap: int = GAP
    _places: np.ndarray | None = field(init=False)

    def __post_init__(self) -> None:
        places = None
        if self.order is not None:
            places = np.empty_like(self.order)
            places[self.order] = np.arange(len(self.order))
        object.__setattr__(self, "_places", places)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def columns(self) -> int:
        """Images in a row."""
        return self.in_row or max(1, math.ceil(math.sqrt(len(self.images))))

    @property
    def rows(self) -> int:
        """Number of rows."""
        return max(1, math.ceil(len(self.images) / self.columns))

    @property
    def cell(self) -> tuple[int, int]:
        """Height and width of an image with its gap."""
        return self.images.shape[1] + self.gap, self.images.shape[2] + self.gap

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in image pixels."""
        height, width = self.cell
        return self.rows * height + self.gap, self.columns * width + self.gap

    def place_of(self, index: int) -> int:
        """The place of an image."""
        return index if self._places is None else int(self._places[index])

    def index_at(self, place: int) -> int:
        """The image at a place."""
        return place if self.order is None else int(self.order[place])

    @property
    def shades(self) -> int:
        """Colours of one ink: as many as there are levels, or as the table has room for."""
        inks = 1 if self.tinting is None else len(self.tinting.colours)
        return min(self.levels, PAPER // inks)

    def indices(self) -> np.ndarray:
        """The picture as indices into `table`, uint8, shape `size`."""
        n, (rows, columns), (height, width) = len(self), (self.rows, self.columns), self.images.shape[1:]
        shades = self.images
        if self.shades < self.levels:
            steps = np.arange(self.levels) * (self.shades - 1) / (self.levels - 1)
            shades = steps.round().astype(np.uint8)[shades]
        cells = np.full((rows * columns, height, width), PAPER, np.uint8)
        if self.order is None:
            cells[:n] = shades
        else:
            np.take(shades, self.order, axis=0, out=cells[:n])
        if self.tinting is not None:
            first = self.tinting.chosen * np.uint8(self.shades)
            cells[:n] += (first if self.order is None else first[self.order])[:, None, None]
        grid = np.full((rows * self.cell[0] + self.gap, columns * self.cell[1] + self.gap), GRID, np.uint8)
        # Splitting axes makes a view: what is written there is written into the grid.
        body = grid[self.gap :, self.gap :].reshape(rows, self.cell[0], columns, self.cell[1])
        body[:, :height, :, :width] = cells.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
        return grid

    def table(self, theme: Theme) -> np.ndarray:
        """The colours in a theme, uint8, shape (256, 3)."""
        table = np.empty((256, 3), np.uint8)
        table[:] = rgb(theme.paper)
        table[GRID] = rgb(theme.border)
        share = np.linspace(0, 1, self.shades)
        if self.tinting is None:
            table[: self.shades] = theme.ink_table[(255 * share).astype(np.uint8)]
            return table
        paper = rgb(theme.paper).astype(float)
        inks = paper + share[None, :, None] * (self.tinting.colours[:, None].astype(float) - paper)
        table[: inks.shape[0] * self.shades] = inks.round().astype(np.uint8).reshape(-1, 3)
        return table
