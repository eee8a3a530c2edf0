"""Image files: a folder of them, with subfolders as classes and as splits, or one file with many pictures."""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from itertools import product
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from landscape_app.data.importing.images import (
    ImageSource,
    ImportFailure,
    LeftOut,
    class_numbers,
    has_colour,
    reason_of,
)
from landscape_app.data.importing.text import decoded, find_dialect, records

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF", "PPM", "JPEG2000", "TGA", "PCX", "HEIF", "AVIF")
"""Names of formats, as Pillow has them."""

ENDINGS = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".pgm", ".ppm", ".pbm"),
    *(".pnm", ".jp2", ".tga", ".pcx", ".heic", ".heif", ".avif"),
)
STACKS = (".tif", ".tiff", ".gif")
"""Of files that may hold many pictures."""

HEIC = (".heic", ".heif")
IGNORED = {
    ".txt",
    ".md",
    ".json",
    ".xml",
    ".yaml",
    ".yml",
    ".csv",
    ".tsv",
    ".db",
    ".ini",
    ".html",
    ".py",
    ".log",
    "",
}
"""Endings of files that accompany images."""

DAMAGES = (
    *(OSError, SyntaxError, ValueError, EOFError, TypeError, ArithmeticError, LookupError, AttributeError),
    *(struct.error, zlib.error, NotImplementedError),
)
"""Errors that Pillow raises of damaged pictures."""

TRAINING = frozenset({"train", "training", "trn", "learn"})
HELD_OUT = frozenset(
    {"val", "valid", "validation", "dev", "test", "testing", "tst", "eval", "holdout", "held_out"}
)
"""Names of folders and arrays that are splits of the data."""

MOST_FILES = 200_000
MOST_PIXELS = 64_000_000
"""Of one file; a small file can claim to hold more than memory does."""

LABEL_NAMES = ("labels", "label", "y", "target", "targets", "classes", "class", "category")
"""Names of arrays and columns that hold the class of each item."""

FEWEST_CLASSES, MOST_CLASSES_NAMED = 2, 50
"""Different beginnings of names of files that are classes."""

MOST_LABEL_COLUMNS = 10
"""Of a table beside images, in which their names are looked for."""

LOOKED_AT = 35
"""Files that say which size is usual and whether there are colours: those that a preview shows, no others."""


PIXELS_LOOKED_AT, LEAST_LOOKED_AT = 100_000_000, 3
"""Of all these files, so that large ones are looked at in a moment too; and files, however large."""


class Picture(NamedTuple):
    """A picture in a file, and its number among those of the file."""

    file: Path
    frame: int = 0


class Range(NamedTuple):
    """Numbers that stand for black and white in files of more than eight bits."""

    low: float = 0.0
    high: float = 65535.0


def open_folder(folder: Path, paper: str = "white") -> ImageSource:
    """The images in a folder and its subfolders, in the order of their names.

    Folders called train, val or test hold the splits, where every image lies in one of them; what is not for
    training is held out. Where every image lies in a subfolder, below these or at the top, and there are two of
    these at least, they are the classes; else a table beside the images with their names and labels tells them; else,
    where all files are named so, what stands before the number in their names (`classes_in_names`).

    Args:
        folder: the folder.
        paper: colour below what is transparent, as Pillow knows it.

    Raises:
        ImportFailure: the folder has no images, more than can be taken, or cannot be listed.
    """
    files, others = image_files(folder)
    if not files:
        found = (
            f"; it has {', '.join(sorted({path.suffix or path.name for path in others})[:8])}"
            if others
            else ""
        )
        raise ImportFailure(
            f"{folder} has no images; expected {', '.join(ENDINGS[:8])}, … files in it or in subfolders{found}"
        )
    pictures = [picture for file in files for picture in _pictures_of(file)]
    depth = len(folder.parts)
    places = [picture.file.parts[depth:-1] for picture in pictures]
    places, held_out = _without_splits(places)
    while all(places) and len({place[0] for place in places}) == 1:
        places = [place[1:] for place in places]
    labels: npt.NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    parents = [place[0] if place else "" for place in places]
    if all(parents) and len(set(parents)) > 1:
        labels, names = class_numbers(parents)
    else:
        labels, names, partly = _labels_in_tables(folder, pictures, others)
    guessed = ""
    if labels is None and not partly and not any(parents):
        prefixes = classes_in_names([picture.file.stem for picture in pictures])
        if prefixes is not None:
            (labels, names), guessed = class_numbers(prefixes), "the names of the files"
    source = _source(folder.resolve().name, pictures, paper, lambda file: str(file.relative_to(folder)))
    not_images = [path for path in others if path.suffix.lower() not in IGNORED]
    return source.with_more(
        labels=labels,
        class_names=names,
        classes_from=guessed,
        held_out_mask=held_out,
        warnings=(*source.warnings, *partly),
        left_out=tuple(LeftOut(str(path.relative_to(folder)), "no image") for path in not_images),
    )


def classes_in_names(stems: list[str]) -> list[str] | None:
    """Beginnings of names such as cat_001, dog-17 and 3_0042, before the number; None where they are no classes.

    All names must be of this kind, with `FEWEST_CLASSES` to `MOST_CLASSES_NAMED` different beginnings, each at least
    twice. Days, such as those of 2024-05-01_001, and what differs by a number at its end, are no classes.
    """
    found = [re.fullmatch(r"(.*[^\s_.(\-])[\s_.\-]+\(?\d+\)?", stem) for stem in stems]
    if not all(found):
        return None
    names = [match[1] for match in found if match is not None]
    counts = Counter(names)
    if not FEWEST_CLASSES <= len(counts) <= MOST_CLASSES_NAMED or min(counts.values()) < 2:
        return None
    built = {re.sub(r"\d+", "0", name) for name in counts}
    if len(built) == 1 and not all(name.isdecimal() and len(name) <= 3 for name in counts):
        return None
    return names


def _without_splits(
    places: list[tuple[str, ...]],
) -> tuple[list[tuple[str, ...]], npt.NDArray[np.bool_] | None]:
    """Folders of each picture without those that are splits, and the mask of what these hold out; None without."""
    for depth in range(min(map(len, places))):
        found = {place[depth].lower() for place in places}
        if len(found) > 1 and found & TRAINING and found <= TRAINING | HELD_OUT:
            held_out = np.array([place[depth].lower() in HELD_OUT for place in places])
            return [(*place[:depth], *place[depth + 1 :]) for place in places], held_out
    return places, None


def open_pictures(file: Path, paper: str = "white") -> ImageSource:
    """The pictures in one file, such as the pages of a TIFF or the frames of a GIF.

    Raises:
        ImportFailure: it is no image, or has one picture only.
    """
    pictures = _pictures_of(file)
    if len(pictures) < 3:
        raise ImportFailure(
            f"{file} holds {len(pictures)} picture{'' if len(pictures) == 1 else 's'}; three at least are needed, "
            "or a folder of images"
        )
    return _source(file.stem, pictures, paper, lambda path: path.name)


def _source(name: str, pictures: list[Picture], paper: str, label: Callable[[Path], str]) -> ImageSource:
    chosen = np.linspace(0, len(pictures) - 1, min(LOOKED_AT, len(pictures))).astype(int)
    looked_at = [pictures[i] for i in chosen]
    sizes, modes = _sizes(looked_at)
    largest = max((height * width for height, width in sizes), default=1)
    few = max(LEAST_LOOKED_AT, PIXELS_LOOKED_AT // largest)
    looked_at = looked_at[:: max(1, len(looked_at) // few)]
    deep = _range_of(looked_at)
    stacks = {picture.file for picture in pictures if picture.frame}

    def label_of(i: int) -> str:
        picture = pictures[i]
        text = label(picture.file)
        return f"{text}, picture {picture.frame + 1}" if picture.file in stacks else text

    colour = _mostly_coloured(looked_at, paper, deep)
    warnings = []
    if len(sizes) > 1:
        common = ", ".join(f"{h} × {w}" for (h, w), _ in sizes.most_common(3))
        more = ", …" if len(sizes) > 3 else ""
        warnings.append(f"images are of {len(sizes)} sizes ({common}{more}): all are resized")
    if deep is not None:
        warnings.append(f"more than eight bits: {deep.low:g} is taken for black, {deep.high:g} for white")
    return ImageSource(
        name=name,
        count=len(pictures),
        read=lambda i: read_image(pictures[i].file, frame=pictures[i].frame, paper=paper, deep=deep),
        size=sizes.most_common(1)[0][0] if sizes else (8, 8),
        levels=2 if modes and modes <= {"1"} else 256,
        label_of=label_of,
        read_colour=(
            lambda i: read_image(
                pictures[i].file, colour=True, frame=pictures[i].frame, paper=paper, deep=deep
            )
        )
        if colour
        else None,
        warnings=tuple(warnings),
    )


def read_image(
    path: Path, *, colour: bool = False, frame: int = 0, paper: str = "white", deep: Range | None = None
) -> npt.NDArray[np.float32]:
    """An image file, 0 to 1, turned as its camera says, what is transparent on paper.

    Args:
        path: of the file.
        colour: whether to read red, green and blue, shape (height, width, 3); else grey by luminance, shape
            (height, width).
        frame: number of the picture, of a file with many.
        paper: colour below what is transparent.
        deep: black and white of files with more than eight bits; None for 0 and 65535.

    Raises:
        ImportFailure: it is missing, damaged, too large or of another format.
    """
    if path.suffix.lower() in HEIC:
        _with_heif()
    try:
        with Image.open(path, formats=_formats()) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ImportFailure(f"{image.width:,} × {image.height:,} pixels are too many")
            if frame:
                image.seek(frame)
            seen = ImageOps.exif_transpose(image)
            if _is_deep(seen):
                low, high = deep or Range()
                numbers = np.asarray(seen, np.float32)
                grey = np.clip((numbers - low) / (high - low if high > low else 1.0), 0.0, 1.0)
                return np.repeat(grey[..., None], 3, axis=-1) if colour else grey
            if seen.has_transparency_data:
                below = Image.new("RGBA", seen.size, paper)
                seen = Image.alpha_composite(below, seen.convert("RGBA"))
            return np.asarray(seen.convert("RGB" if colour else "L"), np.float32) / 255.0
    except UnidentifiedImageError as error:
        raise ImportFailure("no image") from error
    except Image.DecompressionBombError as error:
        raise ImportFailure("too many pixels") from error
    except DAMAGES as error:
        if isinstance(error, ImportFailure):
            raise
        raise ImportFailure(f"damaged or unreadable: {reason_of(error)}") from error


def _is_deep(image: Image.Image) -> bool:
    return image.mode.startswith(("I", "F"))


@lru_cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _with_heif() -> None:
    """Lets Pillow read HEIC, where the package for it is installed."""
    try:
        import pillow_heif
    except ImportError:
        raise ImportFailure("HEIC needs a package more: pip install pillow-heif; or save it as PNG") from None
    if "HEIF" not in Image.OPEN:
        pillow_heif.register_heif_opener()
        _formats.cache_clear()


def image_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files in a folder and its subfolders that are named as images, in the order of their names, and all others.

    Raises:
        ImportFailure: there are too many, or it cannot be listed.
    """
    files: list[Path] = []
    others: list[Path] = []

    def refuse(error: OSError) -> None:
        raise ImportFailure(f"{error.filename} cannot be listed: {error.strerror}") from error

    for place, folders, names in os.walk(folder, onerror=refuse):
        parent = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(names):
            if not name.startswith("."):
                (files if name.lower().endswith(ENDINGS) else others).append(parent / name)
        if len(files) > MOST_FILES:
            raise ImportFailure(f"{folder} has more than {MOST_FILES:,} images; import a part of them")
    return files, others


def _pictures_of(file: Path) -> list[Picture]:
    """The pictures in a file: one, but for stacks; one too of a file that cannot be read, which says so later."""
    if not file.name.lower().endswith(STACKS):
        return [Picture(file)]
    try:
        with Image.open(file, formats=_formats()) as image:
            return [Picture(file, frame) for frame in range(getattr(image, "n_frames", 1))]
    except (*DAMAGES, Image.DecompressionBombError):
        return [Picture(file)]


def _sizes(pictures: list[Picture]) -> tuple[Counter[tuple[int, int]], set[str]]:
    """Heights and widths as they are seen, the most frequent first, and the modes of the pixels."""
    sizes: Counter[tuple[int, int]] = Counter()
    modes = set()
    for picture in pictures:
        try:
            with Image.open(picture.file, formats=_formats()) as image:
                turned = image.getexif().get(0x0112, 1) >= 5
                sizes[(image.width, image.height) if turned else (image.height, image.width)] += 1
                modes.add(image.mode)
        except (*DAMAGES, Image.DecompressionBombError):
            continue
    return sizes, modes


def _range_of(pictures: list[Picture]) -> Range | None:
    """The least and the largest number of pictures with more than eight bits; None where there are none."""
    lows, highs = [], []
    for picture in pictures:
        try:
            with Image.open(picture.file, formats=_formats()) as image:
                if _is_deep(image) and image.width * image.height <= MOST_PIXELS:
                    image.seek(picture.frame)
                    numbers = np.asarray(image, np.float64)
                    finite = numbers[np.isfinite(numbers)]
                    lows.append(finite.min())
                    highs.append(finite.max())
        except (*DAMAGES, Image.DecompressionBombError):
            continue
    return Range(float(min(lows)), float(max(highs))) if lows else None


def _mostly_coloured(pictures: list[Picture], paper: str, deep: Range | None) -> bool:
    """True if at least half of the pictures that can be read have colours."""
    found = []
    for file, frame in pictures:
        try:
            found.append(has_colour(read_image(file, colour=True, frame=frame, paper=paper, deep=deep)))
        except ImportFailure:
            continue
    return 2 * sum(found) >= max(1, len(found))


def _labels_in_tables(
    folder: Path, pictures: list[Picture], others: list[Path]
) -> tuple[npt.NDArray[np.int64] | None, tuple[str, ...], tuple[str, ...]]:
    """Labels of the pictures in a table beside them, whose rows have a file's name and its class, and their names.

    Returns:
        Also a warning for each table that has only some of the pictures.
    """
    partly: dict[str, int] = {}
    names = [picture.file.name for picture in pictures]
    stems = [picture.file.stem for picture in pictures]
    for path in others:
        if path.suffix.lower() not in (".csv", ".tsv", ".txt") or path.parent != folder:
            continue
        try:
            text = decoded(path.read_bytes(), path.name)
            dialect = find_dialect(text)
            rows = [record.cells for record in records(text, dialect)] if dialect is not None else []
        except (OSError, ImportFailure):
            continue
        width = max(map(len, rows), default=0)
        for keys, column in product((names, stems), range(min(width, MOST_LABEL_COLUMNS))):
            told = {
                PurePosixPath(row[column].replace("\\", "/")).name: row for row in rows if len(row) == width
            }
            known = len(set(keys) & told.keys())
            if known < len(set(keys)):
                partly[path.name] = max(known, partly.get(path.name, 0))
                continue
            others_called = [i for i, cell in enumerate(rows[0]) if cell.lower() in LABEL_NAMES]
            for label in (*others_called, *range(width)):
                labels = [told[key][label] for key in keys]
                if label != column and 1 < len(set(labels)) <= max(2, len(labels) // 2):
                    return *class_numbers(labels), ()
    told_of = [(name, known) for name, known in partly.items() if 2 * known > len(set(names))]
    return (
        None,
        (),
        tuple(
            f"{name} names {known:,} of {len(set(names)):,} images: its classes are not taken"
            for name, known in told_of
        ),
    )
