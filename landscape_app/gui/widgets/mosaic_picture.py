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

CUBE = 6
"""Shades of red, of green and of blue that coloured images are drawn in: their 6³ colours leave room for tints."""

BAND_SHARE = 12
"""A tinted image in colour has a band of its tint below, a pixel for so many of its height."""


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
    """Images in a grid, row by row: grey ones in ink on paper, coloured ones in their colours.

    Attributes:
        images: levels, uint8, shape (n, height, width), or (n, height, width, 3).
        levels: number of levels.
        order: which image is at each place, int, shape (n,); None for their own order.
        tinting: colours of their ink, of coloured images those of a band below each; None for the theme's.
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
        """Height and width of an image with its band and gap."""
        return self.images.shape[1] + self.band + self.gap, self.images.shape[2] + self.gap

    @property
    def is_coloured(self) -> bool:
        """Whether the images have colours of their own."""
        return self.images.ndim == 4

    @property
    def band(self) -> int:
        """Pixels of tint below every image."""
        return 0 if self.tinting is None or not self.is_coloured else 1 + self.images.shape[1] // BAND_SHARE

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
        rows, columns = self.rows, self.columns
        cells = self._coloured_cells() if self.is_coloured else self._inked_cells()
        height, width = cells.shape[1:]
        grid = np.full((rows * self.cell[0] + self.gap, columns * self.cell[1] + self.gap), GRID, np.uint8)
        # Splitting axes makes a view: what is written there is written into the grid.
        body = grid[self.gap :, self.gap :].reshape(rows, self.cell[0], columns, self.cell[1])
        body[:, :height, :, :width] = cells.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
        return grid

    def _inked_cells(self) -> np.ndarray:
        """Grey images in their places as indices, uint8, shape (rows · columns, height, width)."""
        n, (height, width) = len(self), self.images.shape[1:]
        shades = self.images
        if self.shades < self.levels:
            shades = self._steps(self.shades)[shades]
        cells = np.full((self.rows * self.columns, height, width), PAPER, np.uint8)
        if self.order is None:
            cells[:n] = shades
        else:
            np.take(shades, self.order, axis=0, out=cells[:n])
        if self.tinting is not None:
            first = self.tinting.chosen * np.uint8(self.shades)
            cells[:n] += (first if self.order is None else first[self.order])[:, None, None]
        return cells

    def _coloured_cells(self) -> np.ndarray:
        """Coloured images in their places, each over its band, shape (rows · columns, height + band, width)."""
        n, (height, width) = len(self), self.images.shape[1:3]
        steps = self._steps(CUBE)
        red, green, blue = (steps[self.images[..., plane]] for plane in range(3))
        shades = np.uint8(CUBE * CUBE) * red + np.uint8(CUBE) * green + blue
        order = slice(None) if self.order is None else self.order
        cells = np.full((self.rows * self.columns, height + self.band, width), PAPER, np.uint8)
        cells[:n, :height] = shades[order]
        if self.tinting is not None:
            tints = CUBE**3 + self.tinting.chosen.astype(int) * self._tints // len(self.tinting.colours)
            cells[:n, height:] = tints.astype(np.uint8)[order][:, None, None]
        return cells

    def _steps(self, shades: int) -> np.ndarray:
        """The shade of each level, uint8, shape (levels,)."""
        return (np.arange(self.levels) * (shades - 1) / (self.levels - 1)).round().astype(np.uint8)

    @property
    def _tints(self) -> int:
        """Colours of bands that the table has room for."""
        return 0 if self.tinting is None else min(len(self.tinting.colours), PAPER - CUBE**3)

    def table(self, theme: Theme) -> np.ndarray:
        """The colours in a theme, uint8, shape (256, 3)."""
        table = np.empty((256, 3), np.uint8)
        table[:] = rgb(theme.paper)
        table[GRID] = rgb(theme.border)
        if self.is_coloured:
            # Between images of many colours a grey line is lost: they lie apart on the window itself.
            table[GRID] = rgb(theme.window)
            corners = np.indices((CUBE, CUBE, CUBE)).reshape(3, -1).T
            table[: CUBE**3] = (corners * (255 / (CUBE - 1))).round()
            if self.tinting is not None:
                chosen = np.arange(self._tints) * len(self.tinting.colours) // self._tints
                table[CUBE**3 : CUBE**3 + self._tints] = self.tinting.colours[chosen]
            return table
        share = np.linspace(0, 1, self.shades)
        if self.tinting is None:
            table[: self.shades] = theme.ink_table[(255 * share).astype(np.uint8)]
            return table
        paper = rgb(theme.paper).astype(float)
        inks = paper + share[None, :, None] * (self.tinting.colours[:, None].astype(float) - paper)
        table[: inks.shape[0] * self.shades] = inks.round().astype(np.uint8).reshape(-1, 3)
        return table
