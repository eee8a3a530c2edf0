"""Samples on disk: arrays in .npz or .h5, or a mosaic in .png; written whole or not at all."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from landscape_app.cli.failures import WrongUsageError
from landscape_app.runs import written_whole

if TYPE_CHECKING:
    from landscape_app.physics.space import Discrete, Space

PICTURE_SIDE = 1600
"""Pixels that a mosaic is enlarged to at most."""
MOST_ENLARGED = 16
PAPER, GUTTER = 255, 225
"""Grey of an empty pixel, and of the line between two images."""


@dataclass(frozen=True, eq=False)
class Samples:
    """What is written.

    Attributes:
        x: configurations in few bytes (`Space.compact`), shape (n, *shape).
        energy: H(x) under the composition in nats, float32, shape (n,).
        space: where they live.
        provenance: how they came to be; without a date, so that the same command gives the same file.
    """

    x: np.ndarray
    energy: np.ndarray
    space: Space
    provenance: Mapping[str, str | int | float | bool]


def check_ending(path: Path) -> None:
    """Fails where the path's ending names no kind of file that samples can be written to.

    Raises:
        WrongUsageError: with the endings there are.
    """
    if path.suffix.lower() not in _WRITERS:
        known = ", ".join(_WRITERS)
        raise WrongUsageError(f"samples are written to {known}; give the output such an ending, not {path}")


def check_form(path: Path, space: Space) -> None:
    """Fails where samples of a space cannot be written in the form that the path's ending names.

    Raises:
        WrongUsageError: a picture is wanted of what are no images.
    """
    if path.suffix.lower() == ".png" and not _are_pictures(space):
        arrays = " or ".join(ending for ending in _WRITERS if ending != ".png")
        raise WrongUsageError(
            f"a .png is a mosaic of images, and these samples live on {space.label}; write {arrays} instead"
        )


def _are_pictures(space: Space) -> TypeGuard[Discrete]:
    from landscape_app.physics.observables import are_coloured
    from landscape_app.physics.space import Discrete

    return isinstance(space, Discrete) and (len(space.shape) == 2 or are_coloured(space))


def write_samples(path: Path, samples: Samples) -> None:
    """Writes samples in the form that the path's ending names.

    Raises:
        RunFileError: the file cannot be written; nothing is left behind.
    """
    with written_whole(path) as part:
        _WRITERS[path.suffix.lower()](part, samples)


def mosaic(samples: Samples) -> np.ndarray:
    """The images in rows, enlarged without smoothing: grey ones in dark ink on light paper, others in colour.

    Returns:
        uint8, shape (height, width), or (height, width, 3).
    """
    space = samples.space
    assert _are_pictures(space)
    n, height, width = samples.x.shape[:3]
    colours = samples.x.shape[3:]
    columns = math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    light = np.rint(space.as_levels(samples.x) * (PAPER / (space.levels - 1))).astype(np.uint8)
    page = np.full((rows * (height + 1) + 1, columns * (width + 1) + 1, *colours), GUTTER, dtype=np.uint8)
    for index, image in enumerate(light if colours else PAPER - light):
        top = 1 + (index // columns) * (height + 1)
        left = 1 + (index % columns) * (width + 1)
        page[top : top + height, left : left + width] = image
    scale = min(max(PICTURE_SIDE // max(page.shape[:2]), 1), MOST_ENLARGED)
    return page.repeat(scale, axis=0).repeat(scale, axis=1)


def _write_npz(path: Path, samples: Samples) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, x=samples.x, energy=samples.energy)


def _write_hdf5(path: Path, samples: Samples) -> None:
    import h5py

    # HDF5 crashes the process where a disk fills up, so it writes to memory.
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        file.create_dataset("x", data=samples.x, compression="gzip", shuffle=True)
        file.create_dataset("energy", data=samples.energy)
        file["x"].attrs["meaning"] = _meaning(samples.space)
        file["energy"].attrs["meaning"] = "H(x) under the composition"
        file["energy"].attrs["unit"] = "nat"
        for name, value in samples.provenance.items():
            file.attrs[name] = value
    path.write_bytes(image.getbuffer())


def _meaning(space: Space) -> str:
    """What the numbers of a configuration are."""
    from landscape_app.physics.space import Levels, Spins

    if isinstance(space, Levels):
        what = {1: "categories", 2: "integer grey levels"}.get(
            len(space.shape), "levels of red, green and blue"
        )
        return f"{what}, 0{' (empty)' if len(space.shape) == 2 else ''} to {space.levels - 1}"
    return "spins, −1 or +1" if isinstance(space, Spins) else "coordinates in the units of the data"


def _write_png(path: Path, samples: Samples) -> None:
    from PIL import Image, PngImagePlugin

    text = PngImagePlugin.PngInfo()
    text.add_text("Software", str(samples.provenance["program"]))
    text.add_itxt("Provenance", json.dumps(samples.provenance, ensure_ascii=False))
    Image.fromarray(mosaic(samples)).save(path, format="PNG", optimize=True, pnginfo=text)


_WRITERS: dict[str, Callable[[Path, Samples], None]] = {
    ".npz": _write_npz,
    ".h5": _write_hdf5,
    ".png": _write_png,
}
