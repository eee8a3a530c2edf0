"""Samples on disk: arrays in .npz or .h5, tables in .csv, pictures in .png, .gif or a folder; whole or not."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_app.language import english_of, tr
from landscape_app.runs.atomic import RunFileError, atomic_write, check_writable
from landscape_app.session.provenance import Provenance

if TYPE_CHECKING:
    from PIL import Image

    from landscape_app.data import ColumnMeaning
    from landscape_app.physics.space import Space

PICTURE_SIDE = 1600
"""Pixels that a mosaic is enlarged to at most."""

ANIMATION_SIDE = 800
"""The same of an animation, each of whose frames is a mosaic."""

MOST_ENLARGED = 16
COLOURED_AXES = 4
"""Of an array of coloured images."""

PAPER, GUTTER = 255, 225
"""Grey of an empty pixel, and of the line between two images."""

FRAME_MILLISECONDS = 50
MOST_FRAMES = 100
"""Of an animation; a longer history is thinned evenly."""

CAPTION_HEIGHT = 24
"""Pixels below a frame for its caption."""

MOST_FILES = 10_000
"""In a folder of pictures."""


@dataclass(frozen=True, eq=False)
class SampleFile:
    """Text of the field.

    Attributes:
        x: configurations in few bytes (`Space.compact`), shape (n, *shape).
        energy: H(x) under the composition in nats, float32, shape (n,).
        space: where they live.
        effective_samples: how many independent ones they are worth (`sampling.Samples`).
        provenance: where they come from.
        history: where the chains have been, oldest first, x the last, shape (times, n, *shape); None where that is
            not known. Only an animation shows it.
        columns: of a table, what each number of a sample is; files have the numbers in the units of the table.
        captions: words below each time of the history; none for none.
        frame_milliseconds: for which an animation shows each time.
        scale: pixels of a picture for one of an image, along each side; 0 for as many as make it a usual size.
        light_ink: whether grey pictures are light ink on dark paper, a level as its own light; else dark on light.
    """

    x: np.ndarray
    energy: np.ndarray
    space: Space
    effective_samples: float
    provenance: Provenance
    history: np.ndarray | None = None
    columns: tuple[ColumnMeaning, ...] = ()
    captions: tuple[str, ...] = ()
    frame_milliseconds: int = FRAME_MILLISECONDS
    scale: int = 0
    light_ink: bool = False

    def page(self, images: np.ndarray, side: int = PICTURE_SIDE) -> np.ndarray:
        """A picture of grey or coloured pixels, dark ink on light paper, as it is to be written."""
        if self.light_ink and len(self.space.shape) != COLOURED_AXES - 1:
            images = PAPER - images
        return images.repeat(self.scale, 0).repeat(self.scale, 1) if self.scale else enlarged(images, side)

    def __post_init__(self) -> None:
        said = {**self.provenance.sampling, "effective_samples": round(self.effective_samples, 1)}
        object.__setattr__(self, "provenance", replace(self.provenance, sampling=said))


def worth(effective_samples: float, samples: int) -> str:
    """The number of independent samples that some are worth in words, as the end of a sentence."""
    if effective_samples == 1 and samples > 1:
        return tr("all of one ancestor: not known to be worth more than one independent one")
    return (
        tr("worth about {count:,.0f} independent one", count=effective_samples)
        if round(effective_samples) == 1
        else tr("worth about {count:,.0f} independent ones", count=effective_samples)
    )


def check_ending(path: Path) -> None:
    """Fails where the path names no kind of file that samples can be written to, and no folder that there is.

    Raises:
        ValueError: with the endings there are.
    """
    if path.suffix.lower() not in _WRITERS and not path.is_dir():
        known = ", ".join(_WRITERS)
        raise ValueError(
            tr(
                "samples are written to {known}, or as one .png each to a folder that there is; "
                "give the output such an ending, not {path}",
                known=known,
                path=path,
            )
        )


def check_form(path: Path, space: Space) -> None:
    """Fails where samples of a space cannot be written in the form that the path names.

    Raises:
        ValueError: a picture is wanted of what are no images.
    """
    if shows_pictures(path) and not space.is_picture:
        raise ValueError(
            tr(
                "a folder is filled with images, and these samples live on {space}; write .npz or .h5 instead",
                space=space.label,
            )
            if path.is_dir()
            else tr(
                "a {ending} is a mosaic of images, and these samples live on {space}; write .npz or .h5 instead",
                ending=path.suffix,
                space=space.label,
            )
        )
    if path.suffix.lower() == ".csv" and len(space.shape) != 1:
        raise ValueError(
            tr("a .csv has a row for every sample, and these samples are no rows; write .npz instead")
        )


def shows_pictures(path: Path) -> bool:
    """True if what is written there is to be looked at."""
    return path.is_dir() or path.suffix.lower() in (".png", ".gif")


def write_samples(path: Path, samples: SampleFile) -> None:
    """Writes samples in the form that the path's ending names; to a folder, each as a picture of its own.

    Raises:
        RunFileError: a file cannot be written; nothing of that file is left behind.
    """
    if path.is_dir():
        _write_folder(path, samples)
        return
    with atomic_write(path) as part:
        _WRITERS[path.suffix.lower()](part, samples)


def write_picture(path: Path, image: np.ndarray, levels: int, provenance: Provenance | None) -> None:
    """Writes one image as PNG, a grey one in dark ink on light paper, every pixel as a square of several.

    Args:
        path: of the file; an older one there is replaced once the new one is whole.
        image: levels, shape (height, width), or (height, width, 3) in colour.
        levels: number of levels.
        provenance: where it comes from.

    Raises:
        RunFileError: the file cannot be written.
    """
    with atomic_write(path) as part:
        _save_png(part, enlarged(inked(image[None], levels)[0]), provenance)


def inked(images: np.ndarray, levels: int) -> np.ndarray:
    """Levels as light, uint8, same shape: grey images as dark ink on light paper, others in their colours.

    Args:
        images: shape (n, height, width), or (n, height, width, 3).
        levels: number of levels.
    """
    light = np.rint(images.astype(float) * (PAPER / (levels - 1))).astype(np.uint8)
    return light if light.ndim == COLOURED_AXES else PAPER - light


def enlarged(page: np.ndarray, side: int = PICTURE_SIDE) -> np.ndarray:
    """A picture without smoothing, at most `MOST_ENLARGED` times as large, and no larger than a side allows."""
    scale = min(max(side // max(page.shape[:2]), 1), MOST_ENLARGED)
    return page.repeat(scale, axis=0).repeat(scale, axis=1)


def mosaic(x: np.ndarray, space: Space) -> np.ndarray:
    """Images in rows with lines between them; uint8, shape (height, width), or (height, width, 3) in colour."""
    n, height, width = x.shape[:3]
    columns = math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    page = np.full((rows * (height + 1) + 1, columns * (width + 1) + 1, *x.shape[3:]), GUTTER, dtype=np.uint8)
    for index, image in enumerate(inked(space.as_levels(x), space.levels)):
        top = 1 + (index // columns) * (height + 1)
        left = 1 + (index % columns) * (width + 1)
        page[top : top + height, left : left + width] = image
    return page


def _write_npz(path: Path, samples: SampleFile) -> None:
    from landscape_app.data.columns import in_units
    from landscape_app.session.provenance_in_files import npz_text

    provenance = npz_text(samples.provenance)
    arrays: dict[str, Any] = {
        "x": in_units(samples.columns, samples.x),
        "energy": samples.energy,
        "provenance": provenance,
    }
    arrays["effective_samples"] = np.float64(samples.effective_samples)
    if samples.columns:
        arrays["columns"] = np.array(_columns_text(samples.columns))
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _columns_text(columns: Sequence[ColumnMeaning]) -> str:
    """Names, values, offsets and scales of columns, as JSON."""
    return json.dumps([asdict(column) for column in columns], ensure_ascii=False)


def _write_csv(path: Path, samples: SampleFile) -> None:
    """A row for every sample, in the words and units of the data, with its energy and the model that has made it."""
    from landscape_app.session.conditioning import table_of

    names, *rows = table_of(samples.columns, samples.space, samples.x)
    made = ", ".join(
        f"model {source.model_sha256[:12]} of epoch {source.epoch}" for source in samples.provenance.sources
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "energy (nats)", "generated by Landscape"])
        writer.writerows(
            [*row, f"{h:.6g}", made] for row, h in zip(rows, samples.energy.tolist(), strict=True)
        )


def _write_hdf5(path: Path, samples: SampleFile) -> None:
    import h5py

    from landscape_app.data.columns import in_units
    from landscape_app.session.provenance_in_files import mark_hdf5

    # HDF5 crashes the process where a disk fills up, so it writes to memory.
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        file.create_dataset("x", data=in_units(samples.columns, samples.x), compression="gzip", shuffle=True)
        file.create_dataset("energy", data=samples.energy)
        file["x"].attrs["meaning"] = english_of(samples.space.meaning)
        if samples.columns:
            file["x"].attrs["columns"] = _columns_text(samples.columns)
        file["energy"].attrs["meaning"] = "H(x) under the composition"
        file["energy"].attrs["unit"] = "nat"
        file.attrs["effective_samples"] = samples.effective_samples
        mark_hdf5(file, samples.provenance)
    path.write_bytes(image.getvalue())


def _write_png(path: Path, samples: SampleFile) -> None:
    _save_png(path, samples.page(mosaic(samples.x, samples.space)), samples.provenance)


def _save_png(path: Path, pixels: np.ndarray, provenance: Provenance | None) -> None:
    from PIL import Image

    from landscape_app.session.provenance_in_files import png_text

    Image.fromarray(pixels).save(path, format="PNG", optimize=True, pnginfo=png_text(provenance))


def _write_gif(path: Path, samples: SampleFile) -> None:
    from landscape_app.session.provenance_in_files import gif_comment

    frames = _frames(samples)
    first = next(frames)
    first.save(
        path,
        format="GIF",
        save_all=True,
        append_images=frames,
        duration=samples.frame_milliseconds,
        loop=0,
        optimize=False,
        comment=gif_comment(samples.provenance),
    )


def _frames(samples: SampleFile) -> Iterator[Image.Image]:
    """A mosaic for every time, at most `MOST_FRAMES`."""
    from PIL import Image

    space = samples.space
    history = samples.x[None] if samples.history is None else samples.history
    for time in np.linspace(0, len(history) - 1, min(len(history), MOST_FRAMES)).round().astype(int):
        frame = Image.fromarray(samples.page(mosaic(history[time], space), ANIMATION_SIDE))
        yield _captioned(frame, samples.captions[time]) if samples.captions else frame


def _captioned(picture: Image.Image, caption: str) -> Image.Image:
    """A picture on light paper, with words in dark ink below it."""
    from PIL import Image, ImageDraw

    page = Image.new(picture.mode, (picture.width, picture.height + CAPTION_HEIGHT), "white")
    page.paste(picture)
    place = picture.width // 2, picture.height + CAPTION_HEIGHT // 2
    ImageDraw.Draw(page).text(place, caption, "black", anchor="mm", font_size=CAPTION_HEIGHT * 2 // 3)
    return page


def _write_folder(folder: Path, samples: SampleFile) -> None:
    """A picture for every chain, by its number."""
    space = samples.space
    if len(samples.x) > MOST_FILES:
        raise RunFileError(
            tr(
                "{count:,} pictures are too many for a folder, which takes {most:,}; write .npz instead",
                count=len(samples.x),
                most=MOST_FILES,
            )
        )
    check_writable(folder / "chain.png")
    digits = len(str(len(samples.x)))
    for number, image in enumerate(space.as_levels(samples.x), start=1):
        drawn = replace(samples.provenance, sampling={**samples.provenance.sampling, "chain": number})
        with atomic_write(folder / f"chain-{number:0{digits}d}.png") as part:
            _save_png(part, samples.page(inked(image[None], space.levels)[0]), drawn)


_WRITERS: dict[str, Callable[[Path, SampleFile], None]] = {
    ".npz": _write_npz,
    ".h5": _write_hdf5,
    ".csv": _write_csv,
    ".png": _write_png,
    ".gif": _write_gif,
}
