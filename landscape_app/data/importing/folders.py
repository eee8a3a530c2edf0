"""Image files: a folder of them, with subfolders as classes and as splits, or one file with many pictures."""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain, product
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from landscape_app.counting import counted
from landscape_app.data.importing.blocks import Progress, unwatched
from landscape_app.data.importing.images import (
    ImageSource,
    ImportFailure,
    LeftOut,
    class_numbers,
    has_colour,
    has_light_paper,
    in_grey,
    reason_of,
)
from landscape_app.data.importing.text import decoded, find_dialect, records
from landscape_app.language import joined, tr

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF", "PPM", "JPEG2000", "TGA", "PCX", "HEIF", "AVIF")
"""Names of formats, as Pillow has them."""

ENDINGS = (
    *(
        ".png",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".bmp",
        ".tif",
        ".tiff",
        ".webp",
        ".gif",
        ".pgm",
        ".ppm",
        ".pbm",
    ),
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


SEEN_SIDE = 512
"""Pixels of the shorter side down to which large pictures are averaged as they are read: many times what is kept."""


class Files(NamedTuple):
    """A file or folder, or several files and folders as one.

    Attributes:
        path: of the file or folder; of several, the folder that they all lie in.
        only: names of these in it; empty of a single one.
    """

    path: Path
    only: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name for people."""
        return (
            tr("{count:,} files in {name}", count=len(self.only), name=self.path.name)
            if self.only
            else self.path.name
        )

    @property
    def paths(self) -> list[Path]:
        """Paths of all of them."""
        return [self.path / name for name in self.only] or [self.path]


class Picture(NamedTuple):
    """A picture in a file, and its number among those of the file."""

    file: Path
    frame: int = 0


class Range(NamedTuple):
    """Numbers that stand for black and white in files of more than eight bits."""

    low: float = 0.0
    high: float = 65535.0


class OpenPictures:
    """Pictures one after the other, their file left open as the next picture of a stack is mostly asked for next."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._path: Path | None = None
        self._image: Image.Image | None = None

    @contextmanager
    def at(self, picture: Picture) -> Iterator[Image.Image]:
        """A picture, not to be changed; raises what Pillow does."""
        with self._lock:
            if self._image is None or self._path != picture.file:
                self.close()
                self._image = Image.open(picture.file, formats=_formats())
                self._path = picture.file
            try:
                _check_pixels(self._image)
                if picture.frame != self._image.tell():
                    self._image.seek(picture.frame)
                    _check_pixels(self._image)
                yield self._image
            except BaseException:
                self.close()
                raise
            if getattr(self._image, "n_frames", 1) == 1:
                self.close()

    def close(self) -> None:
        """Closes the file."""
        if self._image is not None:
            self._image.close()
        self._image = self._path = None

    def __del__(self) -> None:
        self.close()


def _check_pixels(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise ImportFailure(
            tr("{width:,} × {height:,} pixels are too many", width=image.width, height=image.height)
        )


def split_of(name: str) -> tuple[str, str] | None:
    """The word for a split in a name such as seg_train, Xtest or val2017, and the other words; None without one.

    The word is "training" or "held out".
    """
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    words = [part for word in words for part in _parts_of(word)]
    told = [word for word in words if word in TRAINING | HELD_OUT]
    if len(told) != 1:
        return None
    rest = "_".join(word for word in words if word != told[0])
    return ("training" if told[0] in TRAINING else "held out"), rest


def _parts_of(word: str) -> list[str]:
    """Xtrain, ytr and xtest in two; tr and te alone mean other things."""
    found = re.fullmatch(r"([xy])(train|trn|test|tst|val|valid|dev|tr|te)", word)
    if found is None:
        return [word]
    return [found[1], {"tr": "train", "te": "test"}.get(found[2], found[2])]


def open_folder(
    folder: Path, paper: str = "white", progress: Progress = unwatched, only: Sequence[str] = ()
) -> ImageSource:
    """The images in a folder and its subfolders, in the order of their names.

    Folders called train, val or test, or seg_train and seg_test, hold the splits, where every image lies in one of
    them; what is not for training is held out. Where every image lies in a subfolder, below these or at the top,
    and there are two of these at least, they are the classes; else a table beside the images with their names and
    labels tells them; else, where all files are named so, what stands before the number in their names
    (`classes_in_names`), which may be splits too.

    Args:
        folder: the folder.
        paper: colour below what is transparent, as Pillow knows it.
        progress: told the share of some pictures that have been looked at; what it raises ends that.
        only: names of the files and folders in it that are taken, as if it had no others; empty for all.

    Raises:
        ImportFailure: the folder has no images, more than can be taken, or cannot be listed.
    """
    listing = _listed(folder, only)
    files, others = listing.files, listing.others
    if not files:
        found = (
            tr(
                "; it has {endings}",
                endings=", ".join(sorted({path.suffix or path.name for path in others})[:8]),
            )
            if others
            else ""
        )
        raise ImportFailure(
            tr(
                "{folder} has no images; expected {endings}, … files in it or in subfolders{found}",
                folder=folder,
                endings=", ".join(ENDINGS[:8]),
                found=found,
            )
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
    used: Path | None = None
    parents = [place[0] if place else "" for place in places]
    if all(parents) and len(set(parents)) > 1:
        labels, names = class_numbers(parents)
    else:
        told = _labels_in_tables(folder, pictures, others)
        labels, names, partly, used = told.labels, told.names, told.warnings, told.table
        held_out = told.held_out if held_out is None else held_out
        inside = [parent for parent in parents if parent]
        if labels is None and len(set(inside)) > 1:
            partly += (
                tr(
                    "{count:,} of {all:,} images lie in no folder of a class: folders are "
                    "not taken for classes",
                    count=len(parents) - len(inside),
                    all=len(parents),
                ),
            )
    guessed = ""
    if labels is None and not partly and not any(parents):
        prefixes = classes_in_names([picture.file.stem for picture in pictures])
        divided = None if prefixes is None else _without_splits([(prefix,) for prefix in prefixes])[1]
        if divided is not None:
            held_out = divided if held_out is None else held_out
        elif prefixes is not None:
            (labels, names), guessed = class_numbers(prefixes), tr("the names of the files")
    source = _source(
        folder.resolve().name, pictures, paper, lambda file: str(file.relative_to(folder)), progress
    )
    not_images = [path for path in others if path.suffix.lower() not in IGNORED]
    beside = [path for path in others if path.suffix.lower() in IGNORED and path != used]
    return source.with_more(
        not_used=tuple(_passed_over(beside, listing)),
        labels=labels,
        class_names=names,
        classes_from=guessed,
        held_out_mask=held_out,
        warnings=(*source.warnings, *partly),
        left_out=tuple(LeftOut(str(path.relative_to(folder)), tr("no image")) for path in not_images),
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
    held_out: npt.NDArray[np.bool_] | None = None
    depth = 0
    while depth < min(map(len, places)):
        found = {name: split_of(name) for name in {place[depth] for place in places}}
        told = [split for split in found.values() if split is not None]
        kinds, rests = {kind for kind, _ in told}, {rest for _, rest in told}
        if len(told) < len(found) or "training" not in kinds or len(rests) > 1:
            depth += 1
            continue
        mask = np.array([found[place[depth]] == ("held out", *rests) for place in places])
        if len(kinds) < 2 or (held_out is not None and (mask != held_out).any()):
            depth += 1
            continue
        held_out, places = mask, [(*place[:depth], *place[depth + 1 :]) for place in places]
    return places, held_out


def open_pictures(
    file: Path, paper: str = "white", progress: Progress = unwatched, least: int = 3
) -> ImageSource:
    """The pictures in one file, such as the pages of a TIFF or the frames of a GIF.

    Args:
        file: the file.
        paper: colour below what is transparent.
        progress: told the share of some pictures that have been looked at; what it raises ends that.
        least: pictures that are needed.

    Raises:
        ImportFailure: it is no image, or has fewer pictures.
    """
    pictures = _frames_of(file)
    if len(pictures) < least:
        raise ImportFailure(
            tr(
                "{file} holds {pictures}; three at least are needed, or a folder of images",
                file=file,
                pictures=counted(len(pictures), "picture"),
            )
        )
    return _source(file.stem, pictures, paper, lambda path: path.name, progress)


def _source(
    name: str, pictures: list[Picture], paper: str, label: Callable[[Path], str], progress: Progress
) -> ImageSource:
    files = OpenPictures()
    chosen = np.linspace(0, len(pictures) - 1, min(LOOKED_AT, len(pictures))).astype(int)
    looked_at = [pictures[i] for i in chosen]
    sizes, modes = _sizes(looked_at, files)
    largest = max((height * width for height, width in sizes), default=1)
    few = max(LEAST_LOOKED_AT, PIXELS_LOOKED_AT // largest)
    looked_at = looked_at[:: max(1, len(looked_at) // few)]
    deep = _range_of(looked_at, files) if any(map(_is_deep_mode, modes)) else None
    progress(0.5)
    stacks = {picture.file for picture in pictures if picture.frame}

    def label_of(i: int) -> str:
        picture = pictures[i]
        text = label(picture.file)
        return (
            tr("{file}, picture {number}", file=text, number=picture.frame + 1)
            if picture.file in stacks
            else text
        )

    seen = _readable(looked_at, files, not modes <= GREY_MODES, paper, deep)
    coloured = sum(has_colour(image) for image in seen if image.ndim == 3)
    colour = 2 * coloured >= max(1, len(seen))
    progress(1.0)
    warnings = []
    if len(sizes) > 1:
        common = ", ".join(f"{h} × {w}" for (h, w), _ in sizes.most_common(3))
        common += ", …" if len(sizes) > 3 else ""
        warnings.append(
            tr("images are of {count} sizes ({sizes}): all are resized", count=len(sizes), sizes=common)
        )
    if coloured and not colour:
        warnings.append(
            tr(
                "of {seen:,} images looked at {count:,} in colour: made grey",
                seen=len(seen),
                count=coloured,
            )
        )
    if deep is not None:
        warnings.append(
            tr(
                "more than eight bits: {low:g} is taken for black, {high:g} for white",
                low=deep.low,
                high=deep.high,
            )
        )
    return ImageSource(
        name=name,
        count=len(pictures),
        read=lambda i: read_picture(pictures[i], files, paper=paper, deep=deep),
        size=sizes.most_common(1)[0][0] if sizes else (8, 8),
        sizes=max(1, len(sizes)),
        levels=2 if modes and modes <= {"1"} else 256,
        label_of=label_of,
        read_colour=(lambda i: read_picture(pictures[i], files, colour=True, paper=paper, deep=deep))
        if colour
        else None,
        warnings=tuple(warnings),
        black_and_white=None
        if deep is None
        else (deep.low, deep.high if deep.high > deep.low else deep.low + 1),
        paper=paper,
        light_paper=not colour and has_light_paper([in_grey(image) for image in seen]),
    )


def read_image(path: Path, *, colour: bool = False, paper: str = "white") -> npt.NDArray[np.float32]:
    """The image in a file, as `read_picture` reads it."""
    return read_picture(Picture(path), OpenPictures(), colour=colour, paper=paper)


def read_picture(
    picture: Picture,
    files: OpenPictures,
    *,
    colour: bool = False,
    paper: str = "white",
    deep: Range | None = None,
) -> npt.NDArray[np.float32]:
    """A picture in an image file, 0 to 1, turned as its camera says, what is transparent on paper.

    Large ones are averaged over squares of pixels, so that the shorter side keeps `SEEN_SIDE` of them.

    Args:
        picture: file, and number of the picture in it.
        files: that are open.
        colour: whether to read red, green and blue, shape (height, width, 3); else grey by luminance, shape
            (height, width).
        paper: colour below what is transparent.
        deep: black and white of files with more than eight bits; None for 0 and 65535.

    Raises:
        ImportFailure: it is missing, damaged, too large or of another format.
    """
    if picture.file.suffix.lower() in HEIC:
        _with_heif()
    try:
        with files.at(picture) as image:
            many = max(1, min(image.size) // SEEN_SIDE)
            if many > 1 and image.format == "JPEG":
                image.draft(None, (image.width // many, image.height // many))
                many = max(1, min(image.size) // SEEN_SIDE)
            seen = ImageOps.exif_transpose(image)
        if _is_deep_mode(seen.mode):
            low, high = deep or Range()
            numbers = np.asarray(seen, np.float32)
            if many > 1:
                numbers = np.asarray(Image.fromarray(numbers).reduce(many))
            grey = np.clip((numbers - low) / (high - low if high > low else 1.0), 0.0, 1.0)
            return np.repeat(grey[..., None], 3, axis=-1) if colour else grey
        if seen.has_transparency_data:
            below = Image.new("RGBA", seen.size, paper)
            seen = Image.alpha_composite(below, seen.convert("RGBA"))
        seen = seen.convert("RGB" if colour else "L")
        return np.asarray(seen.reduce(many) if many > 1 else seen, np.float32) / 255.0
    except UnidentifiedImageError as error:
        raise ImportFailure(tr("no image")) from error
    except Image.DecompressionBombError as error:
        raise ImportFailure(tr("too many pixels")) from error
    except DAMAGES as error:
        if isinstance(error, ImportFailure):
            raise
        raise ImportFailure(tr("damaged or unreadable: {why}", why=reason_of(error))) from error


GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
"""Of pictures without colours, as Pillow has them."""


def _is_deep_mode(mode: str) -> bool:
    return mode.startswith(("I", "F"))


@lru_cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _with_heif() -> None:
    """Lets Pillow read HEIC, where the package for it is installed."""
    try:
        import pillow_heif
    except ImportError:
        raise ImportFailure(
            tr("HEIC needs a package more: pip install pillow-heif; or save it as PNG")
        ) from None
    if "HEIF" not in Image.OPEN:
        pillow_heif.register_heif_opener()
        _formats.cache_clear()


class _Listing(NamedTuple):
    """Files in a folder and its subfolders: those named as images, all others, and how much is hidden."""

    files: list[Path]
    others: list[Path]
    hidden_files: int
    hidden_folders: int


def _passed_over(beside: Sequence[Path], listing: _Listing) -> Iterator[str]:
    """Numbers of the files and folders that are passed over, by their kinds.

    Args:
        beside: files that accompany images.
        listing: of the folder.
    """
    endings = Counter(path.suffix.lower() for path in beside)
    kinds = [
        tr("{count:,} {ending}", count=count, ending=ending or tr("without an ending"))
        for ending, count in endings.most_common()
    ]
    whys = [tr("no images: {kinds}", kinds=joined(", ", kinds))] if kinds else []
    if listing.hidden_files:
        whys.append(tr("hidden: {count:,}", count=listing.hidden_files))
    if whys:
        files = counted(len(beside) + listing.hidden_files, "file")
        yield tr("{files} ({why})", files=files, why=joined("; ", whys))
    if listing.hidden_folders:
        yield tr("{folders} (hidden)", folders=counted(listing.hidden_folders, "folder"))


def image_files(folder: Path, only: Sequence[str] = ()) -> tuple[list[Path], list[Path]]:
    """The files in a folder and its subfolders that are named as images, in the order of their names, and all others.

    Args:
        folder: the folder.
        only: names of the files and folders in it that are looked at; empty for all.

    Raises:
        ImportFailure: there are too many, or it cannot be listed.
    """
    listing = _listed(folder, only)
    return listing.files, listing.others


def _listed(folder: Path, only: Sequence[str]) -> _Listing:
    files: list[Path] = []
    others: list[Path] = []
    hidden_files = hidden_folders = 0

    def refuse(error: OSError) -> None:
        raise ImportFailure(
            tr("{folder} cannot be listed: {why}", folder=error.filename, why=error.strerror)
        ) from error

    chosen = [folder / name for name in sorted(only)] or [folder]
    for place, folders, names in chain.from_iterable(
        os.walk(one, onerror=refuse) if one.is_dir() else [(str(one.parent), [], [one.name])]
        for one in chosen
    ):
        parent = Path(place)
        seen = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        hidden_folders += len(folders) - len(seen)
        folders[:] = seen
        for name in sorted(names):
            if name.startswith("."):
                hidden_files += 1
            else:
                (files if name.lower().endswith(ENDINGS) else others).append(parent / name)
        if len(files) > MOST_FILES:
            raise ImportFailure(
                tr(
                    "{folder} has more than {most:,} images; import a part of them",
                    folder=folder,
                    most=MOST_FILES,
                )
            )
    return _Listing(files, others, hidden_files, hidden_folders)


def _pictures_of(file: Path) -> list[Picture]:
    """The pictures in a file: one, but for stacks."""
    return _frames_of(file) if file.name.lower().endswith(STACKS) else [Picture(file)]


def _frames_of(file: Path) -> list[Picture]:
    """All pictures in a file; one of a file that cannot be read, which says so later."""
    try:
        with Image.open(file, formats=_formats()) as image:
            return [Picture(file, frame) for frame in range(getattr(image, "n_frames", 1))]
    except (*DAMAGES, Image.DecompressionBombError):
        return [Picture(file)]


def _sizes(pictures: list[Picture], files: OpenPictures) -> tuple[Counter[tuple[int, int]], set[str]]:
    """Heights and widths as they are seen, the most frequent first, and the modes of the pixels."""
    sizes: Counter[tuple[int, int]] = Counter()
    modes = set()
    for picture in pictures:
        try:
            with files.at(picture) as image:
                turned = image.getexif().get(0x0112, 1) >= 5
                sizes[(image.width, image.height) if turned else (image.height, image.width)] += 1
                modes.add(image.mode)
        except (*DAMAGES, Image.DecompressionBombError):
            continue
    return sizes, modes


def _range_of(pictures: list[Picture], files: OpenPictures) -> Range | None:
    """The least and the largest number of pictures with more than eight bits; None where there are none."""
    lows, highs = [], []
    for picture in pictures:
        try:
            with files.at(picture) as image:
                if not _is_deep_mode(image.mode):
                    continue
                numbers = np.asarray(image)
            finite = numbers[np.isfinite(numbers)] if numbers.dtype.kind == "f" else numbers
            lows.append(finite.min())
            highs.append(finite.max())
        except (*DAMAGES, Image.DecompressionBombError):
            continue
    return Range(float(min(lows)), float(max(highs))) if lows else None


def _readable(
    pictures: list[Picture], files: OpenPictures, colour: bool, paper: str, deep: Range | None
) -> list[npt.NDArray[np.float32]]:
    """Those of the pictures that can be read."""
    found = []
    for picture in pictures:
        try:
            found.append(read_picture(picture, files, colour=colour, paper=paper, deep=deep))
        except ImportFailure:
            continue
    return found


class _Told(NamedTuple):
    """Findings of a table beside images: labels, names of classes, what it holds out, warnings; and which it is."""

    labels: npt.NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()
    held_out: npt.NDArray[np.bool_] | None = None
    warnings: tuple[str, ...] = ()
    table: Path | None = None


def _labels_in_tables(folder: Path, pictures: list[Picture], others: list[Path]) -> _Told:
    """Classes and splits of the pictures in a table beside or below them, whose rows have the name of a file each.

    A warning for each table that has only some of the pictures.
    """
    partly: dict[str, int] = {}
    names = [picture.file.name for picture in pictures]
    stems = [picture.file.stem for picture in pictures]
    tables = [path for path in others if path.suffix.lower() in (".csv", ".tsv")]
    tables += [path for path in others if path.suffix.lower() == ".txt" and path.parent == folder]
    for path in sorted(tables, key=lambda path: len(path.parts))[:MOST_LABEL_TABLES]:
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
            found = _classes_of([told[key] for key in keys], rows[0], column)
            if found.labels is not None or found.held_out is not None:
                return found._replace(table=path)
    told_of = [(name, known) for name, known in partly.items() if 2 * known > len(set(names))]
    return _Told(
        warnings=tuple(
            tr(
                "{name} names {known:,} of {all:,} images: its classes are not taken",
                name=name,
                known=known,
                all=len(set(names)),
            )
            for name, known in told_of
        )
    )


MOST_LABEL_TABLES = 20
"""Beside and below images, in which their names are looked for."""


def _classes_of(rows: Sequence[Sequence[str]], header: Sequence[str], key: int) -> _Told:
    """Classes in rows of a table: a column called so, one column of zeros and ones for each class, or one of words.

    Args:
        rows: one for each picture.
        header: the first row of the table.
        key: number of the column with the names of files.
    """
    columns = {i: [row[i] for row in rows] for i in range(len(header)) if i != key}
    splits = {i for i, cells in columns.items() if {cell.lower() for cell in cells} <= TRAINING | HELD_OUT}
    held_out = None
    for i in splits:
        mask = np.array([cell.lower() in HELD_OUT for cell in columns[i]])
        held_out = mask if mask.any() and not mask.all() else held_out
    left = [i for i in columns if i not in splits]
    called = [i for i in left if header[i].lower() in LABEL_NAMES]
    marks = [i for i in left if set(columns[i]) <= {"0", "1", "0.0", "1.0"}]
    if not called and len(marks) > 1:
        places = np.array([[cell[0] == "1" for cell in columns[i]] for i in marks])
        if (places.sum(0) == 1).all() and places.any(1).sum() > 1:
            return _Told(*class_numbers([header[marks[i]] for i in places.argmax(0)]), held_out)
    by_words = sorted(left, key=lambda i: any(letter.isdigit() for cell in columns[i] for letter in cell))
    for i in (*called, *by_words):
        if 1 < len(set(columns[i])) <= max(2, len(rows) // 2):
            return _Told(*class_numbers(columns[i]), held_out)
    return _Told(held_out=held_out)
