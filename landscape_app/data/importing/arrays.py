"""Arrays in NumPy, HDF5 and MATLAB files, whatever their names: images, with labels and splits, or tables."""

from __future__ import annotations

import math
import re
import struct
import tokenize
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import numpy.typing as npt

from landscape_app.data.dataset import MOST_CLASSES
from landscape_app.data.importing.blocks import (
    LARGE,
    Progress,
    drawn_rows,
    read_rows,
    rows_of_stream,
    unwatched,
)
from landscape_app.data.importing.columns import Column
from landscape_app.data.importing.folders import LABEL_NAMES, split_of
from landscape_app.data.importing.images import (
    COLOURS,
    USUAL_LEVELS,
    ImageSource,
    ImportFailure,
    LeftOut,
    damaged,
    has_colour,
    in_grey,
    numbered,
)
from landscape_app.data.importing.tables import (
    FIRST_ROWS,
    LARGE_CELLS,
    ReadOptions,
    Table,
    table_of_array,
    table_of_columns,
)
from landscape_app.language import tr

MOST_BYTES = 2**31
"""Of an array, checked on its declared size before it is read."""

DAMAGES = (
    *(OSError, ValueError, LookupError, EOFError, RuntimeError, TypeError, ArithmeticError, AttributeError),
    *(SyntaxError, struct.error, zlib.error, zipfile.BadZipFile, tokenize.TokenError),
)
"""Errors that NumPy, h5py and SciPy raise of damaged files."""

LOOKED_AT = 50
"""Images that say whether there are colours."""

RANGE_ROWS = 2_000
"""Images that tell the range of the numbers."""

LEAST_IMAGES = 3
"""To train on, to hold out, and one more."""

LEAST_SIDE = 4
"""Of images in an array of real numbers: what is narrower is something else, such as coordinates in time."""

LEAST_FLAT = 64
"""Numbers of a row from which on a square number of them are pixels, if nothing else says so."""

MOSTLY_PAPER, LEAST_WIDE = 0.02, 256
"""Share of the pixels that are black, at −1, of images from −1 to 1 with fewer pixels than these."""

IMAGE_NAMES = ("images", "image", "pixels", "x", "data", "imgs", "features")

HDF5_FILTERS = {
    32000: "LZF",
    32001: "Blosc",
    32004: "LZ4",
    32008: "bitshuffle",
    32013: "ZFP",
    32015: "Zstandard",
    32026: "Blosc2",
    307: "bzip2",
    305: "LZO",
}


class SeveralArrays(ImportFailure):
    """Arrays of which any could be meant.

    Args:
        path: of the file.
        names: of the arrays.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        super().__init__(
            tr(
                "{path} has several arrays: {names}; choose one (--array {first})",
                path=path,
                names=", ".join(names),
                first=names[0],
            )
        )
        self.names = tuple(names)


class Stored(NamedTuple):
    """An array in a file, not read yet.

    Attributes:
        shape: as declared.
        dtype: as declared.
        read: its numbers; of a mapped array where they lie.
        rows: some of its rows by their places along `axis`, and told the share that is read; None where only the
            whole can be read.
        mapped: whether it is looked at where it lies.
        axis: first, or last where the axes are reversed, as MATLAB's are.
        names: of its columns; empty where it says none.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    read: Callable[[], npt.NDArray[np.generic]]
    rows: Callable[[npt.NDArray[np.int64], Progress], npt.NDArray[np.generic]] | None = None
    mapped: bool = False
    axis: int = 0
    names: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes, as declared."""
        return math.prod(self.shape) * max(1, self.dtype.itemsize)

    def first(self, count: int) -> npt.NDArray[np.generic]:
        """The first rows, or all where only these can be read."""
        if self.rows is None or self.mapped or self.axis:
            return self.read()[:count]
        return self.rows(np.arange(min(count, self.shape[0])), unwatched)


class Parts(NamedTuple):
    """The arrays of one name in the splits of a file: for training, and held out; or only one, of everything."""

    training: Stored
    held_out: tuple[Stored, ...] = ()

    @property
    def counts(self) -> tuple[int, ...]:
        """Items of each."""
        return tuple(part.shape[0] if part.shape else 0 for part in (self.training, *self.held_out))


def open_arrays(
    path: Path, as_table: bool = False, options: ReadOptions | None = None
) -> ImageSource | Table:
    """The images in an array file, with their labels and splits where there are such; else the table in it.

    An array of images has shape (n, height, width), (n, height, width, channels), (n, channels, height, width), or
    any of these with n at the end, with one or three channels; or (n, pixels) where the pixels make squares and the
    numbers are such as pixels have. Other arrays of rows are tables, as are columns that lie side by side.

    Args:
        path: of the file.
        as_table: takes rows for a table even where they look like images.
        options: whether the beginning is enough, and who is told how much is read.

    Raises:
        ImportFailure: the file cannot be read, or has no such array, or several that could be meant.
    """
    options = options or ReadOptions()
    with _reading(path):
        arrays = _transposed(_stored(path))
        return _table(path, arrays, options) if as_table else _open(path, arrays, options)


def read_array(path: Path) -> npt.NDArray[np.generic]:
    """The array in a .npy file.

    Raises:
        ImportFailure: the file cannot be read, or its array is too large or holds objects.
    """
    with _reading(path):
        return _stored(path)["array"].read()


def stored_arrays(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    """All arrays of a .npy, .npz or HDF5 file by their names.

    Raises:
        ImportFailure: the file cannot be read, or an array is too large or holds objects.
    """
    with _reading(path):
        return {name: array.read() for name, array in _stored(path).items()}


def few_of_shape(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.generic] | None:
    """The array of an array file that has items of a shape, where it has fewer than `LEAST_IMAGES`; else None.

    Args:
        path: of the file.
        shape: of an item; an array of this shape is one.

    Returns:
        The items, shape (n, *shape).

    Raises:
        ImportFailure: the file cannot be read.
    """
    with _reading(path):
        fitting = [
            stored
            for stored in _stored(path).values()
            if stored.dtype.kind in "iufb" and shape in (stored.shape, stored.shape[1:])
        ]
        if len(fitting) != 1 or math.prod(fitting[0].shape) >= LEAST_IMAGES * math.prod(shape):
            return None
        return fitting[0].read().reshape(-1, *shape)


def image_source(
    name: str,
    images: npt.NDArray[np.generic],
    labels: npt.NDArray[np.generic] | None = None,
    held_out: npt.NDArray[np.bool_] | None = None,
) -> ImageSource:
    """A source of the images in an array.

    Whole numbers up to 33 levels keep their values; others are taken from 0 to 255 where they fit, real numbers from
    0 to 1; anything else goes from its least to its largest.

    Args:
        name: of the data set.
        images: shape as `open_arrays` takes it.
        labels: shape (n,): whole numbers or words; or one column for each class, shape (n, classes).
        held_out: mask of those that no model is to learn from, shape (n,).

    Raises:
        ImportFailure: the shapes do not fit, or there are numbers that are not finite.
    """
    if not _could_be_images(images.shape, images.dtype):
        raise ImportFailure(
            tr(
                "{name} holds no images but {sides} numbers; expected n × height × width, with n of "
                "{least} at least",
                name=name,
                sides=_sides(images),
                least=LEAST_IMAGES,
            )
        )
    count_of_labels = None if labels is None else len(labels)
    pixels, warnings = _arranged(images, count_of_labels)
    some = pixels[np.linspace(0, len(pixels) - 1, min(RANGE_ROWS, len(pixels))).astype(int)]
    if some.dtype.kind == "f" and not np.isfinite(some).all():
        raise ImportFailure(tr("{name} has pixels that are not finite numbers", name=name))
    low, high, levels = _range(some)
    scale = 1.0 / (high - low) if high > low else 1.0
    numbers, names = (None, ()) if labels is None else _classes(labels, len(pixels))

    def read_colour(i: int) -> npt.NDArray[np.float32]:
        return ((pixels[i].astype(np.float64) - low) * scale).astype(np.float32)

    def read(i: int) -> npt.NDArray[np.float32]:
        image = read_colour(i)
        if not np.isfinite(image).all():
            raise ImportFailure(tr("pixels that are not finite numbers"))
        return in_grey(image)

    looked_at = np.linspace(0, len(pixels) - 1, min(LOOKED_AT, len(pixels))).astype(int)
    coloured = pixels.ndim == 4 and any(has_colour(read_colour(i)) for i in looked_at)
    return ImageSource(
        name=name,
        count=len(pixels),
        read=read,
        size=(pixels.shape[1], pixels.shape[2]),
        levels=levels,
        labels=numbers,
        class_names=names,
        read_colour=read_colour if coloured else None,
        held_out_mask=held_out,
        warnings=tuple(warnings),
        black_and_white=(low, high if high > low else low + 1.0),
    )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Says of whatever a library fails with that the file cannot be read."""
    try:
        yield
    except ImportFailure:
        raise
    except DAMAGES as error:
        raise damaged(path, error) from error


def _open(path: Path, arrays: Mapping[str, Stored], options: ReadOptions) -> ImageSource | Table:
    parts = _by_name(arrays)
    images = {
        name: part
        for name, part in parts.items()
        if _could_be_images(part.training.shape, part.training.dtype) and _holds_images(name, part)
    }
    if not images:
        return _table(path, arrays, options)
    can_be_taken = _can_be_taken(parts)
    name = _checked(path, options.array, can_be_taken)
    if name is not None and name not in images:
        return _table(path, arrays, options)
    name = name or _meant(images, IMAGE_NAMES)
    if name is None:
        raise SeveralArrays(path, tuple(images))
    chosen = images[name]
    counts = chosen.counts
    ways = {counts}
    if len(chosen.training.shape) > 2:
        ways.add(tuple(part.shape[-1] for part in _all(chosen)))
    labels = {
        other: part
        for other, part in parts.items()
        if other != name and _label_counts(part) in ways and _could_be_labels(part.training)
    }
    called = {
        other: part for other, part in labels.items() if other.rpartition("/")[2].lower() in LABEL_NAMES
    }
    first = {other: part for other, part in labels.items() if _label_counts(part) == counts}
    labels = called or first
    values, label = None, _meant(labels, LABEL_NAMES) if labels else None
    if label is not None:
        read = [_as_labels(part) for part in _all(labels[label])]
        told = [one for one in read if one is not None]
        values, label = (np.concatenate(told), label) if len(told) == len(read) else (None, None)
    if values is not None and not called and 2 * len(np.unique(values)) > len(values):
        # Numbers of images are no classes.
        values, label = None, None
    held_out = _held_out(chosen)
    count = None if values is None else len(values)
    pixels, rows, all_rows = _joined(chosen, options, count)
    if rows is not None:
        values = None if values is None else values[rows]
        held_out = None if held_out is None else held_out[rows]
    source = image_source(path.stem, pixels, values, held_out)
    used = {name, label}
    for other, part in parts.items():
        if values is not None and re.fullmatch(CLASS_NAMES, other.rpartition("/")[2], re.IGNORECASE):
            source, is_used = _with_class_names(source, part.training)
            used |= {other} if is_used else set()
    others = tuple(other for other in parts if other not in used)
    choices = _first(name, [one for one in can_be_taken if one != label])
    of_rows = len(chosen.training.shape) == 2
    source = source.with_more(not_used=others, arrays=choices, of_rows=of_rows)
    return sampled(source, rows, all_rows)


def _can_be_taken(parts: Mapping[str, Parts]) -> tuple[str, ...]:
    """Names of arrays of images and of matrices, which alone can be data."""
    return tuple(
        name
        for name, part in parts.items()
        if _could_be_images(part.training.shape, part.training.dtype) or _is_matrix(part.training)
    )


def _is_matrix(stored: Stored) -> bool:
    """True of rows of several numbers."""
    shape = stored.shape
    return len(shape) == 2 and 1 not in shape and stored.dtype.kind in "iufb" and shape[0] >= LEAST_IMAGES


def _checked(path: Path, name: str | None, can_be_taken: Sequence[str]) -> str | None:
    """The name of an array that is to be taken, if one is."""
    if name is not None and name not in can_be_taken:
        found = ", ".join(can_be_taken) or tr("none that can be taken")
        raise ImportFailure(
            tr(
                "{path} has no array {name!r} of rows or images; it has {found}",
                path=path,
                name=name,
                found=found,
            )
        )
    return name


def _first(name: str, names: Sequence[str]) -> tuple[str, ...]:
    """Names with one of them first."""
    return (name, *(other for other in names if other != name))


def _with_class_names(source: ImageSource, names: Stored) -> tuple[ImageSource, bool]:
    """A source whose classes, numbered from 0, have names; as it is where they do not fit."""
    count = 0 if source.labels is None else int(source.labels.max()) + 1
    if source.class_names or names.dtype.kind not in "USO" or math.prod(names.shape) != count:
        return source, False
    words = _words_of(names)
    return (source.with_more(class_names=words), True) if len(set(words)) == count else (source, False)


def sampled(source: ImageSource, rows: npt.NDArray[np.int64] | None, count: int) -> ImageSource:
    """A source that says of how many images its own were drawn, or that they are the first.

    Args:
        source: of some images.
        rows: their places; None for all.
        count: images that there are.
    """
    if rows is None or len(rows) == count:
        return source
    if len(rows) == rows[-1] + 1:
        return source.with_more(is_beginning=True)
    reason = tr(
        "not drawn: of so large an array {count:,} images are read, at random, seed 0", count=len(rows)
    )
    return source.with_more(beyond={reason: count - len(rows)})


def sample_of(count: int, bytes_a_row: int, beginning: bool) -> npt.NDArray[np.int64] | None:
    """Places of the rows that are read of an array that cannot be looked at where it lies; None for all."""
    if beginning and count > FIRST_IMAGES and count * bytes_a_row > SMALL:
        return np.arange(FIRST_IMAGES)
    most = max(LEAST_IMAGES, LARGE // max(1, bytes_a_row))
    return drawn_rows(count, most) if count > most else None


SMALL, FIRST_IMAGES = 30_000_000, 1_000
"""Bytes of an array up to which it is read at once; of a larger one so many images are shown before."""


def _all(part: Parts) -> tuple[Stored, ...]:
    return (part.training, *part.held_out)


def _transposed(arrays: Mapping[str, Stored]) -> dict[str, Stored]:
    """The same, with the items of a matrix first where labels say that they are last, as MATLAB has MNIST."""
    labels = {
        math.prod(stored.shape)
        for name, stored in arrays.items()
        if name.rpartition("/")[2].lower() in LABEL_NAMES
        and math.prod(stored.shape) == max(stored.shape, default=0)
    }
    if len(labels) != 1:
        return dict(arrays)
    (count,) = labels
    return {
        name: Stored(stored.shape[::-1], stored.dtype, partial(_read_transposed, stored))
        if len(stored.shape) == 2 and stored.shape[0] != count == stored.shape[1] and stored.shape[0] > 1
        else stored
        for name, stored in arrays.items()
    }


def _read_transposed(stored: Stored) -> npt.NDArray[np.generic]:
    return stored.read().T


def _joined(
    part: Parts, options: ReadOptions, labels: int | None = None
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.int64] | None, int]:
    """The arrays of all splits one after the other: whole, or where they lie, or of large ones a sample.

    Args:
        part: the arrays.
        options: whether the beginning is enough, and who is told how much is read.
        labels: number of labels, if there are such.

    Returns:
        The rows, their places among all (None for all), and the number of all.
    """
    parts = _all(part)
    only = parts[0]
    if len(parts) == 1 and (only.rows is None or only.mapped):
        return only.read(), None, only.shape[0]
    is_last = len(parts) == 1 and _is_last(only.shape, labels)
    count = only.shape[-1] if is_last else sum(part.counts)
    size = sum(one.size for one in parts)
    read = [one.rows for one in parts if one.rows is not None]
    if len(read) < len(parts) or (size > MOST_BYTES and any(one.axis != -is_last for one in parts)):
        whole = [one.read() for one in parts]
        return (whole[0] if len(parts) == 1 else np.concatenate(whole)), None, count
    along_items = all(one.axis == -is_last for one in parts)
    rows = sample_of(count, size // max(1, count), options.beginning) if along_items else None
    found, begin = [], 0
    for one, rows_of in zip(parts, read, strict=True):
        length = one.shape[one.axis]
        inside = (
            np.arange(length) if rows is None else rows[(rows >= begin) & (rows < begin + length)] - begin
        )
        found.append(rows_of(inside, options.progress))
        begin += length
    return (found[0] if len(parts) == 1 else np.concatenate(found)), rows, count


def _by_name(arrays: Mapping[str, Stored]) -> dict[str, Parts]:
    """Arrays by their names without the words for splits, where the splits have the same arrays; else as they are."""
    splits: dict[str, dict[str, list[Stored]]] = {}
    for name, stored in arrays.items():
        told = split_of(name)
        if told is not None:
            splits.setdefault(told[1] or "data", {}).setdefault(told[0], []).append(stored)
    paired = {
        rest: Parts(found["training"][0], tuple(found["held out"]))
        for rest, found in splits.items()
        if set(found) == {"training", "held out"}
        and len(found["training"]) == 1
        and all(part.shape[1:] == found["training"][0].shape[1:] for part in found["held out"])
    }
    taken = {id(stored) for part in paired.values() for stored in _all(part)}
    alone = {name: Parts(stored) for name, stored in arrays.items() if id(stored) not in taken}
    return paired | alone


def _holds_images(name: str, part: Parts) -> bool:
    """True of more than two axes, and of rows whose numbers are such as pixels have."""
    shape = part.training.shape
    if len(shape) == 3 and part.training.dtype.kind == "f":
        return shape[1] >= LEAST_SIDE and (shape[2] >= LEAST_SIDE or shape[0] == shape[1])
    if len(shape) > 2:
        return True
    called = name.rpartition("/")[2].lower() in ("images", "image", "pixels", "imgs")
    return called or (
        shape[1] >= LEAST_FLAT and are_pixels(part.training.first(max(1, 2_000_000 // shape[1])))
    )


def are_pixels(rows: npt.NDArray[np.generic]) -> bool:
    """True of numbers from 0 to 1, or whole ones from 0 to 255, with some paper among them or in full use.

    Also of numbers from −1 to 1, some of them black.
    """
    some = rows[: max(1, 2_000_000 // max(1, rows.shape[1]))]
    if some.dtype.kind == "b":
        return True
    if some.dtype.kind == "f" and not np.isfinite(some).all():
        return False
    low, high = float(some.min()), float(some.max())
    if some.dtype.kind == "f" and abs(low + 1.0) < 1e-6 and high <= 1.0:
        is_used = rows.shape[1] >= LEAST_WIDE or np.isclose(some, -1.0).mean() > MOSTLY_PAPER
        return bool((np.abs(some) < 1.0).any()) and bool(is_used)
    if low < 0 or high > 255 or low > 0.1 * high:
        return False
    return high <= 1.0 or bool((some == np.rint(some)).all())


def _table(path: Path, arrays: Mapping[str, Stored], options: ReadOptions) -> Table:
    """The table in a file without images: rows of a matrix, in splits or not, columns side by side, or records."""
    table, used = _found_table(path, arrays, options)
    if table is None:
        found = ", ".join(
            f"{name} ({_sides(array)} {_content(array)})" for name, array in list(arrays.items())[:8]
        )
        raise ImportFailure(
            tr(
                "{path} has no array of images, n × height × width, and no table, rows × columns, with {least} "
                "items at least, by which the axes are told apart; it has {found}",
                path=path,
                least=LEAST_IMAGES,
                found=found or tr("nothing"),
            )
        )
    return replace(table, not_used=tuple(name for name in arrays if name not in used))


def _content(array: Stored) -> str:
    """Kind of what is in an array, in words."""
    kinds = dict.fromkeys("iufb", tr("numbers")) | {"c": tr("complex numbers"), "O": tr("objects of Python")}
    return kinds.get(array.dtype.kind, tr("words") if array.dtype.kind in "SU" else str(array.dtype))


def _found_table(
    path: Path, arrays: Mapping[str, Stored], options: ReadOptions
) -> tuple[Table | None, set[str]]:
    """The table, and the names of the arrays that it is made of."""
    name = path.stem
    for one, stored in arrays.items():
        if stored.dtype.names and len(stored.shape) == 1:
            rows: Any = stored.read()
            fields = {field: rows[field] for field in rows.dtype.names}
            return table_of_columns(
                name, {a: b for field in fields.items() for a, b in _one_by_one(*field)}
            ), {one}
    names = {id(stored): one for one, stored in arrays.items()}
    parts = _by_name(arrays)
    matrices = {one: part for one, part in parts.items() if _is_matrix(part.training)}
    can_be_taken = _can_be_taken(parts)
    chosen = _checked(path, options.array, can_be_taken)
    chosen = chosen or (_meant(matrices, IMAGE_NAMES) if matrices else None)
    if chosen is not None and chosen not in matrices:
        return None, set()
    if chosen is not None:
        part = matrices[chosen]
        numbers, rows, count = _joined(part, options)
        told, label = _labels_of_rows({one: other for one, other in parts.items() if one != chosen}, part)
        used = {names[id(stored)] for one in (part, label) if one is not None for stored in _all(one)}
        held_out = _held_out(part)
        beginning = rows is not None and len(rows) == rows[-1] + 1
        if options.beginning and numbers.size > LARGE_CELLS:
            numbers, beginning = numbers[:FIRST_ROWS], True
        titles, source = _names_of_columns(part, arrays)
        used |= source
        table = table_of_array(numbers, name, titles)
        places = table.lines - 1 if rows is None else rows[table.lines - 1]
        table = replace(
            table,
            lines=places + 1,
            held_out=None if held_out is None else held_out[places],
            labels=None if told is None else told[places],
            not_drawn=count - len(table),
            is_beginning=beginning,
            arrays=_first(chosen, [one for one in can_be_taken if label is None or parts[one] is not label]),
        )
        return table, used
    columns = {
        one: stored
        for one, stored in arrays.items()
        if stored.dtype.kind in "iufbUSO" and math.prod(stored.shape) == max(stored.shape, default=0)
    }
    lengths = Counter(math.prod(stored.shape) for stored in columns.values())
    length = max(lengths, key=lambda count: (lengths[count], count), default=0)
    side_by_side = {one: stored for one, stored in columns.items() if math.prod(stored.shape) == length}
    if matrices and len(side_by_side) < 2:
        raise SeveralArrays(path, tuple(matrices))
    if length < LEAST_IMAGES:
        return None, set()
    if len(side_by_side) == 1 and next(iter(side_by_side.values())).dtype.kind in "iufb":
        (only,) = side_by_side.values()
        return table_of_array(only.read().reshape(-1), name), set(side_by_side)
    cells = {one.rpartition("/")[2]: stored.read().reshape(-1) for one, stored in side_by_side.items()}
    if len(cells) < len(side_by_side):
        cells = {one: stored.read().reshape(-1) for one, stored in side_by_side.items()}
    return table_of_columns(name, cells), set(side_by_side)


def _names_of_columns(part: Parts, arrays: Mapping[str, Stored]) -> tuple[tuple[str, ...], set[str]]:
    """Names of the columns of a matrix, and of the array that has them; none where nothing says so."""
    width = part.training.shape[1]
    given, source = part.training.names, set[str]()
    for name, stored in arrays.items():
        if given or math.prod(stored.shape) != width or stored.dtype.kind not in "USO":
            continue
        if re.fullmatch(
            COLUMN_NAMES + "|axis0", name.rpartition("/")[2].removeprefix("block0_"), re.IGNORECASE
        ):
            given, source = _words_of(stored), {name}
    return (given, source) if len(given) == width == len(set(given)) else ((), set())


def _words_of(stored: Stored) -> tuple[str, ...]:
    """The words in an array, none of one that has other things."""
    return _as_words(stored.read())


def _as_words(values: npt.ArrayLike) -> tuple[str, ...]:
    words = np.asarray(values).reshape(-1).tolist()
    if not all(isinstance(word, (str, bytes)) for word in words):
        return ()
    return tuple(word.decode(errors="replace") if isinstance(word, bytes) else word for word in words)


def _one_by_one(name: str, values: npt.NDArray[np.generic]) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    """A column, or the columns of a field that has several numbers in each row."""
    if values.ndim < 2:
        yield name, values
        return
    for i, column in enumerate(values.reshape(len(values), -1).T, start=1):
        yield f"{name} {i}", column


def _labels_of_rows(
    parts: Mapping[str, Parts], rows: Parts
) -> tuple[npt.NDArray[np.generic] | None, Parts | None]:
    """Classes beside a matrix, shape (n,), and the arrays that say them; None where no array of their name does.

    Numbers that hardly ever come again are no classes but a quantity.
    """
    named = {
        one: part
        for one, part in parts.items()
        if one.rpartition("/")[2].lower() in LABEL_NAMES
        and _label_counts(part) == rows.counts
        and _could_be_labels(part.training)
    }
    chosen = _meant(named, LABEL_NAMES) if named else None
    if chosen is None:
        return None, None
    read = [_as_labels(part) for part in _all(named[chosen])]
    told = [one for one in read if one is not None]
    if len(told) < len(read):
        return None, None
    labels = np.concatenate(told)
    different = len(np.unique(labels))
    if not 2 <= different <= min(MOST_CLASSES, len(labels) // 2):
        return None, None
    return labels, named[chosen]


def _held_out(part: Parts) -> npt.NDArray[np.bool_] | None:
    """Mask of the rows that a file holds out; None where it holds out none."""
    return np.repeat([False, *([True] * len(part.held_out))], part.counts) if part.held_out else None


def _stored(path: Path) -> dict[str, Stored]:
    ending = path.suffix.lower()
    if ending == ".npy":
        shape, dtype = _npy_header(path)
        large = math.prod(shape) * dtype.itemsize > LARGE
        load = partial(np.load, path, mmap_mode="r" if large else None, allow_pickle=False)
        return {"array": _bounded(path, shape, dtype, load, mapped=large)}
    if ending == ".npz":
        return _npz(path)
    with path.open("rb") as file:
        start = file.read(116)
    if ending == ".mat" and not start.startswith(b"MATLAB 7.3") and not h5py.is_hdf5(path):
        return _matlab(path)
    return _hdf5(path, start.startswith(b"MATLAB 7.3"))


def _matlab(path: Path) -> dict[str, Stored]:
    """Arrays of a MATLAB file before version 7.3."""
    import scipy.io
    import scipy.sparse

    arrays = scipy.io.loadmat(path, chars_as_strings=True)
    stored: dict[str, Stored] = {}
    for name, array in arrays.items():
        if scipy.sparse.issparse(array) and math.prod(array.shape) * 8 <= MOST_BYTES:
            array = array.toarray()
        if not name.startswith("__") and isinstance(array, np.ndarray):
            for one, values in _fields(name, array):
                stored[one] = Stored(values.shape, values.dtype, partial(np.asarray, values))
    return stored


def _fields(name: str, array: npt.NDArray[Any]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """An array, or the arrays in the fields of a structure, by names as a path."""
    if array.dtype.names is None:
        yield name, array
    elif array.size == 1:
        for field in array.dtype.names:
            value = array.reshape(-1)[0][field]
            if isinstance(value, np.ndarray):
                yield from _fields(f"{name}/{field}", value)


def _npy_header(path: Path) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    with path.open("rb") as file:
        shape, dtype, _ = _whole_header(file)
        return shape, dtype


def _whole_header(file: object) -> tuple[tuple[int, ...], np.dtype[np.generic], bool]:
    """Shape and type of an array of NumPy, and whether its rows follow one another."""
    version = np.lib.format.read_magic(file)  # type: ignore[arg-type]
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = reader(file)  # type: ignore[arg-type]
    return shape, dtype, not fortran


def _npz(path: Path) -> dict[str, Stored]:
    stored: dict[str, Stored] = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.filename.endswith(".npy"):
                continue
            with archive.open(member) as file:
                shape, dtype, in_order = _whole_header(file)
                begin = file.tell()
            name = member.filename.removesuffix(".npy")
            whole = partial(_npz_member, path, name)
            place = _place_in_zip(path, member)
            if place and in_order and math.prod(shape) * dtype.itemsize > LARGE:
                mapped = partial(np.memmap, path, dtype, "r", place + begin, shape)
                stored[name] = _bounded(path, shape, dtype, mapped, mapped=True)
            else:
                rows = partial(_npz_rows, path, member.filename, shape, dtype) if in_order and shape else None
                stored[name] = _bounded(path, shape, dtype, whole, rows)
    return stored


def _place_in_zip(path: Path, member: zipfile.ZipInfo) -> int:
    """Offset of the bytes of a member that is not packed; 0 of others."""
    if member.compress_type != zipfile.ZIP_STORED:
        return 0
    with path.open("rb") as file:
        file.seek(member.header_offset)
        head = file.read(30)
    name, extra = struct.unpack("<26x2H", head)
    return member.header_offset + 30 + int(name) + int(extra)


def _npz_rows(
    path: Path,
    member: str,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    rows: npt.NDArray[np.int64],
    progress: Progress,
) -> npt.NDArray[np.generic]:
    if dtype.hasobject:
        raise ValueError("objects are not read")
    with zipfile.ZipFile(path) as archive, archive.open(member) as file:
        _whole_header(file)
        return rows_of_stream(file, shape, dtype, rows, progress)


def _npz_member(path: Path, name: str) -> npt.NDArray[np.generic]:
    with np.load(path, allow_pickle=False) as archive:
        return archive[name]


def _hdf5(path: Path, reversed_axes: bool) -> dict[str, Stored]:
    stored: dict[str, Stored] = {}

    def note(name: str, node: h5py.HLObject) -> None:
        if not isinstance(node, h5py.Dataset) or node.shape is None or node.external:
            return
        shape = node.shape[::-1] if reversed_axes else node.shape
        place = node.id.get_offset() if node.dtype.kind in "iufb" else None
        size = math.prod(shape) * max(1, node.dtype.itemsize)
        if place is not None and size > LARGE:
            mapped = partial(_hdf5_mapped, path, place, node.dtype, node.shape, reversed_axes)
            stored[name] = _bounded(path, shape, node.dtype, mapped, mapped=True)
            return
        whole = partial(_hdf5_array, path, name, reversed_axes)
        # What is declared and was never written would be read as zeros, however much it is.
        is_there = size <= MOST_BYTES or node.id.get_storage_size() * MOST_PACKED > size
        by_rows = shape and node.dtype.kind in "iufb" and is_there
        rows = partial(_hdf5_array, path, name, reversed_axes) if by_rows else None
        one = _bounded(path, shape, node.dtype, whole, rows, axis=-int(reversed_axes))
        stored[name] = one._replace(names=_names_in_attributes(node))

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return {name: one for name, one in stored.items() if not name.startswith("#")}


def _names_in_attributes(node: h5py.Dataset) -> tuple[str, ...]:
    """Names of columns that an array of HDF5 has with it; none where it has none."""
    for name in node.attrs:
        if re.fullmatch(COLUMN_NAMES, name, re.IGNORECASE):
            words = _as_words(node.attrs[name])
            if words:
                return words
    return ()


COLUMN_NAMES = (
    r"(?:(?:feature|column|variable|field|col|var)?_?(?:names|columns|features|variables|items)|header)"
)
"""Names of attributes and arrays that have the names of columns."""

CLASS_NAMES = r"(?:list_|class_|label_|target_|category_)(?:classes|names)|classes|categories|label_names"
"""Names of arrays that have the names of classes."""

MOST_PACKED = 1_100
"""Times that a packed array may be larger than what is stored of it: deflate reaches 1,032."""


def _hdf5_mapped(
    path: Path, place: int, dtype: np.dtype[np.generic], shape: tuple[int, ...], reversed_axes: bool
) -> npt.NDArray[np.generic]:
    array = np.memmap(path, dtype, "r", place, shape)
    return array.T if reversed_axes else array


def _hdf5_array(
    path: Path,
    name: str,
    reversed_axes: bool,
    rows: npt.NDArray[np.int64] | None = None,
    progress: Progress = unwatched,
) -> npt.NDArray[np.generic]:
    with h5py.File(path, "r") as file:
        node = file[name]
        plist = node.id.get_create_plist()
        for i in range(plist.get_nfilters()):
            code = plist.get_filter(i)[0]
            if not h5py.h5z.filter_avail(code):
                known = HDF5_FILTERS.get(code, tr("number {code}", code=code))
                raise ImportFailure(
                    tr(
                        "{path}: {name} is compressed with the HDF5 filter {filter}, which is not installed; "
                        "install it (pip install hdf5plugin) or save the array with gzip",
                        path=path,
                        name=name,
                        filter=known,
                    )
                )
        if rows is not None:
            step = node.chunks[0] if node.chunks else 1
            array = read_rows(lambda a, b: node[a:b], node.shape, node.dtype, rows, progress, step)
        else:
            array = node.asstr()[:] if h5py.check_string_dtype(node.dtype) else node[:]
        return array.T if reversed_axes else array


def _bounded(
    path: Path,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    read: Callable[[], npt.NDArray[np.generic]],
    rows: Callable[[npt.NDArray[np.int64], Progress], npt.NDArray[np.generic]] | None = None,
    mapped: bool = False,
    axis: int = 0,
) -> Stored:
    def checked() -> npt.NDArray[np.generic]:
        declared = math.prod(shape) * max(1, dtype.itemsize)
        if declared > MOST_BYTES and not mapped:
            raise ImportFailure(
                tr(
                    "{path} declares {size:,.0f} MB in one array; at most {most:,.0f} are read",
                    path=path,
                    size=declared / 1e6,
                    most=MOST_BYTES / 1e6,
                )
            )
        return read()

    return Stored(tuple(shape), dtype, checked, rows, mapped, axis)


def _could_be_images(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> bool:
    if dtype.kind not in "iufb" or len(shape) < 2 or shape[0] < 2 or min(shape) < 1:
        return False
    if len(shape) == 2:
        return shape[0] >= LEAST_IMAGES and side_of(shape[1]) is not None
    if len(shape) == 3:
        return min(shape) > 1 and (shape[0] >= LEAST_IMAGES or shape[2] >= LEAST_IMAGES)
    channels = (1, COLOURS, COLOURS + 1)
    return len(shape) == 4 and any(side in channels for side in shape)


def side_of(numbers: int) -> tuple[int, bool] | None:
    """The side of square images of so many numbers, and whether they are coloured; None where there is none."""
    side = math.isqrt(numbers)
    if side * side == numbers and side >= 2:
        return side, False
    side = math.isqrt(numbers // COLOURS)
    return (side, True) if COLOURS * side * side == numbers and side >= 8 else None


def _could_be_labels(stored: Stored) -> bool:
    shape = stored.shape
    if len(shape) == 1 or (len(shape) == 2 and 1 in shape):
        return stored.dtype.kind in "iubUSOf"
    return len(shape) == 2 and shape[1] < shape[0] and stored.dtype.kind in "iufb"


def _label_counts(part: Parts) -> tuple[int, ...]:
    """Labels in each part, whose array may be a row."""
    return tuple(max(one.shape) if 1 in one.shape else one.shape[0] for one in _all(part) if one.shape)


def _as_labels(stored: Stored) -> npt.NDArray[np.generic] | None:
    """Labels of shape (n,), those of one column for each class by the largest; None of other numbers."""
    values = np.asarray(stored.read())
    if values.ndim == 2 and 1 not in values.shape:
        numbers = values.astype(np.float64)
        is_share = np.isfinite(numbers).all() and (numbers >= 0).all()
        return values.argmax(1) if is_share and np.allclose(numbers.sum(1), 1, atol=1e-3) else None
    values = values.reshape(-1)
    if values.dtype.kind == "f":
        whole = np.isfinite(values).all() and (values == np.rint(values)).all()
        return values.astype(np.int64) if whole else None
    return values


def _meant(arrays: Mapping[str, Parts], usual: tuple[str, ...]) -> str | None:
    """The only array, else that of a usual name, else the only one of most axes."""
    if len(arrays) == 1:
        return next(iter(arrays))
    for name in usual:
        for path in arrays:
            if path.rpartition("/")[2].lower() == name:
                return path
    most = max(len(array.training.shape) for array in arrays.values())
    left = [path for path, array in arrays.items() if len(array.training.shape) == most]
    return left[0] if len(left) == 1 else None


def _arranged(
    images: npt.NDArray[np.generic], count: int | None
) -> tuple[npt.NDArray[np.generic], list[str]]:
    """Images of shape (n, height, width), or (n, height, width, 3), and what was assumed, in words."""
    if images.ndim == 2:
        found = side_of(images.shape[1])
        assert found is not None
        side, coloured = found
        if not coloured:
            return images.reshape(len(images), side, side), []
        return _planes_or_pixels(images, side)
    shape = images.shape
    if images.ndim == 3:
        if _is_last(shape, count):
            told = tr(
                "axes are taken as height × width × images: {count:,} images of {height} × {width}",
                count=shape[2],
                height=shape[0],
                width=shape[1],
            )
            return np.moveaxis(images, -1, 0), [told]
        return images, []
    channels = (1, COLOURS, COLOURS + 1)
    if shape[0] in channels and not any(side in channels for side in shape[1:]):
        told = tr("axes are taken as colours × height × width × images: {count:,} images", count=shape[3])
        images = np.moveaxis(images, (3, 0), (0, 3))
        return (_on_white(images) if shape[0] > COLOURS else images if shape[0] > 1 else images[..., 0]), [
            told
        ]
    if shape[2] in channels and shape[1] not in channels and shape[3] not in channels:
        images = np.moveaxis(images, -1, 0)
    elif shape[-1] not in channels:
        images = np.moveaxis(images, 1, -1)
    if images.shape[-1] == COLOURS + 1:
        return _on_white(images), [
            tr("images are taken on white paper: a fourth number of a pixel is how dense it is")
        ]
    return (images[..., 0] if images.shape[-1] == 1 else images), []


def _is_last(shape: tuple[int, ...], count: int | None) -> bool:
    """True of the shape (height, width, n) of n images.

    Args:
        shape: of an array.
        count: number of labels; None where there are none.
    """
    if len(shape) != 3 or shape[2] < LEAST_IMAGES:
        return False
    likely = shape[0] == shape[1] != shape[2] or (
        shape[2] > shape[0] and _aspect(*shape[:2]) <= 2 < _aspect(*shape[1:])
    )
    return count == shape[2] != shape[0] or (count != shape[0] and likely)


def _aspect(height: int, width: int) -> float:
    return max(height, width) / min(height, width)


def _on_white(images: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Red, green and blue of images with a fourth number of each pixel, 0 for transparent, on white paper."""
    colours, dense = images[..., :COLOURS], images[..., COLOURS:]
    full = float(dense.max()) or 1.0
    if float(dense.min()) == full:
        return colours
    share: npt.NDArray[Any] = np.asarray(dense, np.float64) / full
    mixed = share * colours + (1.0 - share) * full
    return mixed.astype(images.dtype) if images.dtype.kind == "f" else np.rint(mixed).astype(images.dtype)


def _planes_or_pixels(rows: npt.NDArray[np.generic], side: int) -> tuple[npt.NDArray[np.generic], list[str]]:
    """Coloured images of flat rows: a plane for each colour, or three numbers a pixel, whichever is the smoother."""
    planes = np.moveaxis(rows.reshape(len(rows), COLOURS, side, side), 1, -1)
    pixels = rows.reshape(len(rows), side, side, COLOURS)

    def roughness(images: npt.NDArray[np.generic]) -> float:
        return float(np.abs(np.diff(images[:50].astype(np.float64), axis=2)).mean())

    return (planes if roughness(planes) <= roughness(pixels) else pixels), []


def _range(pixels: npt.NDArray[np.generic]) -> tuple[float, float, int]:
    """Meaning of level 0 and of the highest, and number of levels between them."""
    if pixels.dtype.kind == "b":
        return 0.0, 1.0, 2
    low, high = float(pixels.min()), float(pixels.max())
    if pixels.dtype.kind in "iu" or bool((pixels == np.rint(pixels)).all()):
        if low >= 0 and high < 2 * USUAL_LEVELS - 1:
            return 0.0, max(high, 1.0), int(max(high, 1.0)) + 1
        steps = _even_steps(pixels) if low < 0 else None
        if steps is not None:
            return low, high, steps + 1
        if (pixels.dtype.kind in "iu" or high > 1) and low >= 0:
            return (0.0, 255.0, 256) if high <= 255 else (low, high, 256)
        return low, high, 256
    return (0.0, 1.0, 256) if low >= 0 and high <= 1 else (low, high, 256)


def _even_steps(pixels: npt.NDArray[np.generic]) -> int | None:
    """Steps between the values of pixels of few whole numbers that are evenly spaced, such as −1 and 1; else None."""
    if len(np.unique(pixels.reshape(-1)[:MANY])) >= USUAL_LEVELS:
        return None
    values = np.unique(pixels).astype(np.int64)
    gaps = np.diff(values)
    return len(gaps) if 0 < len(gaps) < USUAL_LEVELS and (gaps == gaps[0]).all() else None


MANY = 10_000
"""Pixels that tell at once that there are many levels."""


def _sides(array: npt.NDArray[np.generic] | Stored) -> str:
    return " × ".join(map(str, array.shape)) or "1"


def _classes(labels: npt.NDArray[np.generic], count: int) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    if labels.shape != (count,):
        raise ImportFailure(
            tr("{count:,} images need as many labels, got {sides}", count=count, sides=_sides(labels))
        )
    return numbered(labels.tolist())


def images_in(table: Table) -> ImageSource | None:
    """The images whose pixels are the columns of a table, with a column of labels or without; None of other tables.

    Such are tables of MNIST: a label first or last, or called so, and a square number of columns of pixels.
    """
    columns = list(table.columns)
    label, marks = None, list[Column]()
    if side_of(len(columns)) is None and len(columns) > 1:
        named = [column for column in columns if column.name.lower() in LABEL_NAMES]
        numbers = [column for column in columns if column.type.value == "identifier" and column not in named]
        words = [column for column in columns if not column.is_numeric and column not in (*named, *numbers)]
        for left_out in ([], numbers, [*numbers, *words]):
            rest = [column for column in columns if column not in left_out]
            if len(rest) > 1 and side_of(len(rest) - 1) is not None:
                label = named[0] if named else max((rest[0], rest[-1]), key=_evenness)
                columns = [column for column in rest if column is not label]
                break
            if left_out and side_of(len(rest)) is not None:
                columns = rest
                break
        else:
            marks = _marks_of_classes(columns)
            columns = [column for column in columns if column not in marks]
    if side_of(len(columns)) is None or len(columns) < LEAST_FLAT or len(table) < LEAST_IMAGES:
        return None
    if not all(column.is_numeric or column.type.value in ("empty", "identifier") for column in columns):
        return None
    rows = np.stack([column.numbers for column in columns], axis=1)
    whole = ~np.isnan(rows).any(1)
    rows, holes = rows[whole], np.flatnonzero(~whole).tolist()
    if len(holes) > MOST_HOLES * len(table) or len(rows) < LEAST_IMAGES or not are_pixels(rows):
        return None
    is_labelled = bool(marks) or (label is not None and _evenness(label) > CERTAIN)
    if not _are_called_pixels(columns, table, rows, is_labelled):
        return None
    if bool((rows == np.rint(rows)).all()):
        rows = rows.astype(np.uint8)
    values = None
    if label is not None:
        values = np.array([label.cell(i).removesuffix(".0") for i in np.flatnonzero(whole).tolist()])
    elif marks:
        values = np.stack([column.numbers for column in marks], axis=1)[whole].argmax(1)
    taken = [*columns, *marks]
    not_used = [column.name for column in table.columns if column not in taken and column is not label]
    source = image_source(table.name, rows, values)
    odd = (
        *table.left_out,
        *(LeftOut(tr("line {line}", line=table.lines[row]), tr("a pixel has no value")) for row in holes),
    )
    return source.with_more(not_used=tuple(not_used), left_out=odd, beyond=table.beyond, of_rows=True)


MOST_HOLES = 0.1
"""Share of the images of a table that may lack a pixel."""


def _marks_of_classes(columns: Sequence[Column]) -> list[Column]:
    """Columns of zeros and a one in each row, a class each, behind or before those of a square number of pixels."""
    for count in range(2, min(MOST_CLASSES, len(columns) - LEAST_FLAT) + 1):
        if side_of(len(columns) - count) is None:
            continue
        for marks in (list(columns[-count:]), list(columns[:count])):
            if all(column.is_numeric and column.limits == (0.0, 1.0) for column in marks):
                numbers = np.stack([column.numbers for column in marks], axis=1)
                if ((numbers == 0) | (numbers == 1)).all() and (numbers.sum(1) == 1).all():
                    return marks
    return []


def _evenness(column: Column) -> float:
    """Effective number of values over their number, of a column that may hold labels; 0 where it cannot."""
    words, counts = np.unique(column.codes[column.codes >= 0], return_counts=True)
    values = column.numbers[np.isfinite(column.numbers)]
    if not 2 <= len(words) <= max(2, len(column) // 2) or (column.is_numeric and not column.is_whole):
        return 0.0
    steady = not column.is_numeric or np.ptp(values) == len(words) - 1
    share = counts / counts.sum()
    return float(np.exp(-(share * np.log(share)).sum()) / len(words)) + steady


CERTAIN = 1.5
"""Of `_evenness`, from which on a column is certainly one of labels."""


def _are_called_pixels(
    columns: Sequence[Column], table: Table, rows: npt.NDArray[np.generic], is_labelled: bool
) -> bool:
    """True of columns without names of their own, or with names that only count.

    Where there is no header, numbers that are not whole need labels beside them.
    """
    if not table.has_header:
        return is_labelled or (bool((rows == np.rint(rows)).all()) and float(rows.max()) > 1)
    names = [column.name.lower() for column in columns]
    word = r"(?:pixels?|px|pix|p|x|v|f|r|at|feature|dim|column|images?|img)?"
    pattern = re.compile(rf"^{word}[\s_.\-\[(]*\d+(?:[xc_.,\-×\s]+\d+)*[\])]?$")
    return sum(bool(pattern.match(name)) for name in names) >= 0.9 * len(names)
