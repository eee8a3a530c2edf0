"""Pictures of configurations, drawn and read back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.base_measure import BaseMeasure, UnboundedBase
from landscape_app.physics.host import to_host
from landscape_app.physics.space import Discrete, Line
from landscape_app.session.provenance_in_files import UNREADABLE_PICTURE, open_picture, read_bounded
from landscape_app.session.sample_file import GUTTER, PAPER, inked

SIDE = 15
"""Pixels of a frame along each axis."""

DOT_LEVELS = 17

DOT_RADIUS = 2.2
"""Pixels from a dot's centre to where its ink ends."""

FRAME_REACH = 1.5
"""Half the side of a frame, in deviations of the base measure. Dots beyond it lie on its edge."""


def picture_levels(base: BaseMeasure) -> int:
    """Levels of ink in `pictures`."""
    return base.space.levels or DOT_LEVELS


def pictures(base: BaseMeasure, x: Tensor) -> np.ndarray:
    """Configurations as images of `picture_levels`, uint8.

    Their shape is (n, height, width), (n, width), or (n, height, width, 3) in colour. Of points the first two
    coordinates are shown, or the only one, as a dot on a line.

    Args:
        base: the base measure, which says where points are to be expected.
        x: shape (n, *shape).
    """
    if base.space.is_discrete:
        return base.space.as_levels(to_host(x).numpy())
    unit = base.space.unit(x)
    if isinstance(base, UnboundedBase) and isinstance(base.space, Line):
        unit = (x - base.mean) / (FRAME_REACH * base.deviation)
    place = to_host(unit.flatten(1)[:, :2].clamp(-1, 1))
    pixel = torch.arange(SIDE)
    distance = (pixel - (place.unsqueeze(2) + 1) * ((SIDE - 1) / 2)).square()
    if place.shape[1] == 2:
        # Rows run downwards, the second coordinate upwards.
        squares = distance[:, 1].flip(1).unsqueeze(2) + distance[:, 0].unsqueeze(1)
    else:
        squares = distance[:, 0]
    share = (DOT_RADIUS - squares.sqrt()).clamp(0, 1)
    return (share * (DOT_LEVELS - 1)).round().to(torch.uint8).numpy()


MOST_IMAGES = 4_096
"""Of a mosaic."""


@dataclass(frozen=True, eq=False)
class ReadPicture:
    """Data that were read.

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
        """True if there are several."""
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
            page = _light(picture, coloured=len(space.shape) == 3)
    except UNREADABLE_PICTURE as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(
            tr("{path} cannot be read as a picture: {reason}", path=path, reason=reason)
        ) from error
    if inverted:
        page = PAPER - page
    found = _mosaic(page, space) or _single(page, space)
    if found is None:
        height, width = space.shape[:2]
        raise ValueError(
            tr(
                "{path} is {width} × {height} pixels, which does not fit: the model's images are "
                "{model_width} × {model_height}, and are read at that size, enlarged by a whole number, or in an "
                "exported mosaic",
                path=path,
                width=page.shape[1],
                height=page.shape[0],
                model_width=width,
                model_height=height,
            )
        )
    return found


def _light(picture: Image.Image, coloured: bool) -> np.ndarray:
    """Its greys, or its colours, on white paper where it is transparent; uint8, (height, width) or (…, 3)."""
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.asarray(picture.convert("RGB" if coloured else "L"))


def _single(page: np.ndarray, space: Discrete) -> ReadPicture | None:
    height, width = space.shape[:2]
    scale = page.shape[0] // height
    if scale < 1 or page.shape[:2] != (scale * height, scale * width):
        return None
    pixels, even = _shrunk(page, scale)
    return _levels(pixels[None], space, scale, even)


def _mosaic(page: np.ndarray, space: Discrete) -> ReadPicture | None:
    """Images between lines of the gutter's grey, as they are exported."""
    height, width = space.shape[:2]
    for scale in range(min(page.shape[:2]) // (min(height, width) + 2), 0, -1):
        if page.shape[0] % scale or page.shape[1] % scale:
            continue
        rows, columns = (
            (side // scale - 1) / (n + 1) for side, n in zip(page.shape, (height, width), strict=False)
        )
        if not (rows.is_integer() and columns.is_integer() and rows * columns <= MOST_IMAGES):
            continue
        pixels, even = _shrunk(page, scale)
        lines = np.concatenate([pixels[:: height + 1].ravel(), pixels[:, :: width + 1].ravel()])
        if not (even and (lines == GUTTER).all()):
            continue
        cells = pixels[1:, 1:].reshape(int(rows), height + 1, int(columns), width + 1, *pixels.shape[2:])
        images = cells[:, :height, :, :width].swapaxes(1, 2).reshape(-1, *space.shape)
        images = images[(images != GUTTER).reshape(len(images), -1).any(1)]
        return _levels(images, space, scale, even) if len(images) else None
    return None


def _shrunk(page: np.ndarray, scale: int) -> tuple[np.ndarray, bool]:
    """One pixel for every square, its mean, and whether each square was of one shade."""
    height, width = (side // scale for side in page.shape[:2])
    squares = page.reshape(height, scale, width, scale, *page.shape[2:])
    even = bool((squares == squares[:, :1, :, :1]).all())
    return squares.mean((1, 3)), even


def _levels(pixels: np.ndarray, space: Discrete, scale: int, even: bool) -> ReadPicture:
    light = pixels if len(space.shape) == 3 else PAPER - pixels
    images = np.rint(light * ((space.levels - 1) / PAPER)).astype(np.uint8)
    exact = even and bool((np.abs(pixels - inked(images, space.levels)) <= 1).all())
    return ReadPicture(images, scale, exact)
