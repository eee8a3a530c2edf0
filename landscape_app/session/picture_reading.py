"""Images of a model's space read back from a picture: at native size, enlarged by a whole number, or in a mosaic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from landscape_app.physics.space import Discrete
from landscape_app.session.provenance_in_files import UNREADABLE_PICTURE, open_picture, read_bounded
from landscape_app.session.sample_file import GUTTER, PAPER, inked

MOST_IMAGES = 4_096
"""Of a mosaic."""


@dataclass(frozen=True, eq=False)
class ReadPicture:
    """What was read.

    Attributes:
        images: levels, uint8, shape (n, height, width).
        scale: pixels of the picture for one of the images, along each side.
        exact: whether every grey is that of a level, and every enlarged pixel one square; else they were rounded,
            as where a picture was blurred, compressed, or made by another program.
    """

    images: np.ndarray
    scale: int
    exact: bool

    @property
    def is_mosaic(self) -> bool:
        """Whether there are several."""
        return len(self.images) > 1


def read_picture(path: Path, space: Discrete, inverted: bool = False) -> ReadPicture:
    """The images in a picture.

    Args:
        path: of a PNG, GIF (its first frame), JPEG or BMP file.
        space: of the model, images of levels.
        inverted: whether it is light ink on dark paper, rather than dark on light as samples are exported.

    Raises:
        ValueError: the file cannot be read, is too large, or is of a size that does not fit; the message says so.
    """
    content = read_bounded(path)
    try:
        with open_picture(content) as picture:
            grey = _grey(picture)
    except UNREADABLE_PICTURE as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(f"{path} cannot be read as a picture: {reason}") from error
    if inverted:
        grey = PAPER - grey
    found = _mosaic(grey, space) or _single(grey, space)
    if found is None:
        height, width = space.shape
        raise ValueError(
            f"{path} is {grey.shape[1]} × {grey.shape[0]} pixels, which does not fit: the model's images are "
            f"{width} × {height}, and are read at that size, enlarged by a whole number, or in an exported mosaic"
        )
    return found


def _grey(picture: Image.Image) -> np.ndarray:
    """Its greys, on white paper where it is transparent; uint8, shape (height, width)."""
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.asarray(picture.convert("L"))


def _single(grey: np.ndarray, space: Discrete) -> ReadPicture | None:
    height, width = space.shape
    scale = grey.shape[0] // height
    if scale < 1 or grey.shape != (scale * height, scale * width):
        return None
    pixels, even = _shrunk(grey, scale)
    return _levels(pixels[None], space, scale, even)


def _mosaic(grey: np.ndarray, space: Discrete) -> ReadPicture | None:
    """Images between lines of the gutter's grey, as they are exported."""
    height, width = space.shape
    for scale in range(min(grey.shape) // (min(space.shape) + 2), 0, -1):
        if grey.shape[0] % scale or grey.shape[1] % scale:
            continue
        rows, columns = (
            (side // scale - 1) / (n + 1) for side, n in zip(grey.shape, space.shape, strict=True)
        )
        if not (rows.is_integer() and columns.is_integer() and rows * columns <= MOST_IMAGES):
            continue
        pixels, even = _shrunk(grey, scale)
        lines = np.concatenate([pixels[:: height + 1].ravel(), pixels[:, :: width + 1].ravel()])
        if not (even and (lines == GUTTER).all()):
            continue
        cells = pixels[1:, 1:].reshape(int(rows), height + 1, int(columns), width + 1)[:, :height, :, :width]
        images = cells.transpose(0, 2, 1, 3).reshape(-1, height, width)
        images = images[(images != GUTTER).any((1, 2))]
        return _levels(images, space, scale, even) if len(images) else None
    return None


def _shrunk(grey: np.ndarray, scale: int) -> tuple[np.ndarray, bool]:
    """One pixel for every square, its mean, and whether all squares were of one grey."""
    height, width = (side // scale for side in grey.shape)
    squares = grey.reshape(height, scale, width, scale)
    even = bool((squares == squares[:, :1, :, :1]).all())
    return squares.mean((1, 3)), even


def _levels(pixels: np.ndarray, space: Discrete, scale: int, even: bool) -> ReadPicture:
    images = np.rint((PAPER - pixels) * ((space.levels - 1) / PAPER)).astype(np.uint8)
    exact = even and bool((np.abs(pixels - inked(images, space.levels)) <= 1).all())
    return ReadPicture(images, scale, exact)
