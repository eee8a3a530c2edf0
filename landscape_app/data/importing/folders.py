"""A folder of PNG and JPEG files, with subfolders as classes or without."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from landscape_app.data.importing.images import (
    ImageSource,
    ImportFailure,
    class_numbers,
    has_colour,
    reason_of,
)

ENDINGS = (".png", ".jpg", ".jpeg")
MOST_FILES = 200_000
MOST_PIXELS = 64_000_000
"""Of one file; a small file can claim to hold more than memory does."""

LOOKED_AT = 50
"""Files that say which size is the usual one, and whether there are colours."""


def open_folder(folder: Path) -> ImageSource:
    """The images in a folder and its subfolders, in the order of their names.

    Where every image lies in a subfolder and there are two of these at least, they are the classes.

    Raises:
        ImportFailure: the folder has no images, more than can be taken, or cannot be listed.
    """
    files = image_files(folder)
    if not files:
        raise ImportFailure(
            f"{folder} has no images; expected {', '.join(ENDINGS)} files in it or in subfolders"
        )
    parents = [file.relative_to(folder).parts[0] if file.parent != folder else "" for file in files]
    labels: npt.NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()
    if all(parents) and len(set(parents)) > 1:
        labels, names = class_numbers(parents)
    looked_at = [files[i] for i in np.linspace(0, len(files) - 1, min(LOOKED_AT, len(files))).astype(int)]
    return ImageSource(
        name=folder.resolve().name,
        count=len(files),
        read=lambda i: read_image(files[i]),
        size=_usual_size(looked_at),
        labels=labels,
        class_names=names,
        label_of=lambda i: str(files[i].relative_to(folder)),
        read_colour=(lambda i: read_image(files[i], colour=True)) if _mostly_coloured(looked_at) else None,
    )


def read_image(path: Path, *, colour: bool = False) -> npt.NDArray[np.float32]:
    """A PNG or JPEG file, 0 to 1, what is transparent on white.

    Args:
        path: of the file.
        colour: whether to read red, green and blue, shape (height, width, 3); else grey by luminance, shape
            (height, width).

    Raises:
        ImportFailure: it is missing, damaged, too large or of another format.
    """
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ImportFailure(f"{image.width:,} × {image.height:,} pixels are too many")
            if image.mode.startswith("I"):
                grey = np.asarray(image, np.float32) / 65535.0
                return np.repeat(grey[..., None], 3, axis=-1) if colour else grey
            seen: Image.Image = image
            if image.has_transparency_data:
                paper = Image.new("RGBA", image.size, "white")
                seen = Image.alpha_composite(paper, image.convert("RGBA"))
            return np.asarray(seen.convert("RGB" if colour else "L"), np.float32) / 255.0
    except UnidentifiedImageError as error:
        raise ImportFailure("no PNG or JPEG image") from error
    except Image.DecompressionBombError as error:
        raise ImportFailure("too many pixels") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, ImportFailure):
            raise
        raise ImportFailure(f"damaged or unreadable: {reason_of(error)}") from error


def image_files(folder: Path) -> list[Path]:
    """The files in a folder and its subfolders that are named as images, in the order of their names.

    Raises:
        ImportFailure: there are too many, or it cannot be listed.
    """
    files: list[Path] = []

    def refuse(error: OSError) -> None:
        raise ImportFailure(f"{error.filename} cannot be listed: {error.strerror}") from error

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(ENDINGS) and not name.startswith("."):
                files.append(Path(place) / name)
        if len(files) > MOST_FILES:
            raise ImportFailure(f"{folder} has more than {MOST_FILES:,} images; import a part of them")
    return files


def _usual_size(files: list[Path]) -> tuple[int, int]:
    """Height and width that most of the files have."""
    sizes: Counter[tuple[int, int]] = Counter()
    for file in files:
        try:
            with Image.open(file, formats=("PNG", "JPEG")) as image:
                sizes[(image.height, image.width)] += 1
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            continue
    return sizes.most_common(1)[0][0] if sizes else (8, 8)


def _mostly_coloured(files: list[Path]) -> bool:
    """True if at least half of the files that can be read have colours."""
    found = []
    for file in files:
        try:
            found.append(has_colour(read_image(file, colour=True)))
        except ImportFailure:
            continue
    return 2 * sum(found) >= max(1, len(found))
