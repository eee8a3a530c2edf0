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
from landscape_app.data.importing.folders import HELD_OUT, LABEL_NAMES, TRAINING
from landscape_app.data.importing.images import (
    COLOURS,
    USUAL_LEVELS,
    ImageSource,
    ImportFailure,
    has_colour,
    luminance,
    numbered,
    reason_of,
)
from landscape_app.data.importing.tables import Column, Table, table_of_array, table_of_columns

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


class Stored(NamedTuple):
    """An array in a file, not read yet.

    Attributes:
        shape: as declared.
        dtype: as declared.
        read: its numbers.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    read: Callable[[], npt.NDArray[np.generic]]


class Parts(NamedTuple):
    """The arrays of one name in the splits of a file: for training, and held out; or only one, of everything."""

    training: Stored
    held_out: tuple[Stored, ...] = ()

    @property
    def counts(self) -> tuple[int, ...]:
        """Items of each."""
        return tuple(part.shape[0] if part.shape else 0 for part in (self.training, *self.held_out))


def open_arrays(path: Path, as_table: bool = False) -> ImageSource | Table:
    """The images in an array file, with their labels and splits where there are such; else the table in it.

    An array of images has shape (n, height, width), (n, height, width, channels), (n, channels, height, width), or
    any of these with n at the end, with one or three channels; or (n, pixels) where the pixels make squares and the
    numbers are such as pixels have. Other arrays of rows are tables, as are columns that lie side by side.

    Args:
        path: of the file.
        as_table: takes rows for a table even where they look like images.

    Raises:
        ImportFailure: the file cannot be read, or has no such array, or several that could be meant.
    """
    with _reading(path):
        arrays = _stored(path)
        return _table(path, arrays) if as_table else _open(path, arrays)


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
            f"{name} holds no images but {_sides(images)} numbers; expected n × height × width, with n of "
            f"{LEAST_IMAGES} at least"
        )
    count_of_labels = None if labels is None else len(labels)
    pixels, warnings = _arranged(images, count_of_labels)
    some = pixels[np.linspace(0, len(pixels) - 1, min(RANGE_ROWS, len(pixels))).astype(int)]
    if some.dtype.kind == "f" and not np.isfinite(some).all():
        raise ImportFailure(f"{name} has pixels that are not finite numbers")
    low, high, levels = _range(some)
    scale = 1.0 / (high - low) if high > low else 1.0
    numbers, names = (None, ()) if labels is None else _classes(labels, len(pixels))

    def read_colour(i: int) -> npt.NDArray[np.float32]:
        return ((pixels[i].astype(np.float64) - low) * scale).astype(np.float32)

    def read(i: int) -> npt.NDArray[np.float32]:
        image = read_colour(i)
        if not np.isfinite(image).all():
            raise ImportFailure("pixels that are not finite numbers")
        return image if image.ndim == 2 else luminance(image)

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
    )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Says of whatever a library fails with that the file cannot be read."""
    try:
        yield
    except ImportFailure:
        raise
    except DAMAGES as error:
        raise ImportFailure(
            f"{path} cannot be read: it is damaged or of another format ({reason_of(error)})"
        ) from error


def _open(path: Path, arrays: Mapping[str, Stored]) -> ImageSource | Table:
    parts = _by_name(arrays)
    images = {
        name: part
        for name, part in parts.items()
        if _could_be_images(part.training.shape, part.training.dtype) and _holds_images(name, part)
    }
    if not images:
        return _table(path, arrays)
    name = _meant(images, IMAGE_NAMES)
    if name is None:
        raise ImportFailure(
            f"{path} has several arrays of images: {', '.join(images)}; name one of them “images”"
        )
    chosen = images[name]
    pixels = _joined(chosen)
    counts = chosen.counts
    ways = {counts}
    if len(chosen.training.shape) > 2:
        ways.add(tuple(part.shape[-1] for part in _all(chosen)))
    labels = {
        other: part
        for other, part in parts.items()
        if other != name and _label_counts(part) in ways and _could_be_labels(part.training)
    }
    values, label = None, _meant(labels, LABEL_NAMES) if labels else None
    if label is not None:
        read = [_as_labels(part) for part in _all(labels[label])]
        told = [one for one in read if one is not None]
        values, label = (np.concatenate(told), label) if len(told) == len(read) else (None, None)
    held_out = _held_out(chosen)
    source = image_source(path.stem, pixels, values, held_out)
    used = {name, label}
    others = tuple(other for other in parts if other not in used)
    return source.with_more(not_used=others)


def _all(part: Parts) -> tuple[Stored, ...]:
    return (part.training, *part.held_out)


def _joined(part: Parts) -> npt.NDArray[np.generic]:
    arrays = [stored.read() for stored in _all(part)]
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _by_name(arrays: Mapping[str, Stored]) -> dict[str, Parts]:
    """Arrays by their names without the words for splits, where the splits have the same arrays; else as they are."""
    splits: dict[str, dict[str, list[Stored]]] = {}
    for name, stored in arrays.items():
        words = [word for word in re.split(r"[/_.\-\s]+", name.lower()) if word]
        told = [word for word in words if word in TRAINING | HELD_OUT]
        if len(told) != 1:
            continue
        rest = "_".join(word for word in words if word != told[0]) or "data"
        kind = "training" if told[0] in TRAINING else "held out"
        splits.setdefault(rest, {}).setdefault(kind, []).append(stored)
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
    return called or (shape[1] >= LEAST_FLAT and are_pixels(part.training.read()))


def are_pixels(rows: npt.NDArray[np.generic]) -> bool:
    """True of numbers from 0 to 1 or whole ones from 0 to 255, with some paper among them or in full use."""
    some = rows[: max(1, 2_000_000 // max(1, rows.shape[1]))]
    if some.dtype.kind == "b":
        return True
    if some.dtype.kind == "f" and not np.isfinite(some).all():
        return False
    low, high = float(some.min()), float(some.max())
    if low < 0 or high > 255 or low > 0.1 * high:
        return False
    return high <= 1.0 or bool((some == np.rint(some)).all())


def _table(path: Path, arrays: Mapping[str, Stored]) -> Table:
    """The table in a file without images: rows of a matrix, in splits or not, columns side by side, or records."""
    table, used = _found_table(path.stem, arrays)
    if table is None:
        found = ", ".join(f"{name} ({_sides(array)} numbers)" for name, array in list(arrays.items())[:8])
        raise ImportFailure(
            f"{path} has no array of images, n × height × width, and no table, rows × columns; it has "
            f"{found or 'nothing'}"
        )
    return replace(table, not_used=tuple(name for name in arrays if name not in used))


def _found_table(name: str, arrays: Mapping[str, Stored]) -> tuple[Table | None, set[str]]:
    """The table, and the names of the arrays that it is made of."""
    for one, stored in arrays.items():
        if stored.dtype.names and len(stored.shape) == 1:
            rows: Any = stored.read()
            return table_of_columns(name, {field: rows[field] for field in rows.dtype.names}), {one}
    names = {id(stored): one for one, stored in arrays.items()}
    parts = _by_name(arrays)
    matrices = {
        one: part
        for one, part in parts.items()
        if len(part.training.shape) == 2
        and 1 not in part.training.shape
        and part.training.dtype.kind in "iufb"
        and part.training.shape[0] >= LEAST_IMAGES
    }
    chosen = _meant(matrices, IMAGE_NAMES) if matrices else None
    if chosen is not None:
        part = matrices[chosen]
        table = table_of_array(_joined(part), name)
        told, label = _labels_of_rows({one: other for one, other in parts.items() if one != chosen}, part)
        used = {names[id(stored)] for one in (part, label) if one is not None for stored in _all(one)}
        return replace(table, held_out=_held_out(part), labels=told), used
    columns = {
        one: stored
        for one, stored in arrays.items()
        if stored.dtype.kind in "iufbUSO" and math.prod(stored.shape) == max(stored.shape, default=0)
    }
    lengths = Counter(math.prod(stored.shape) for stored in columns.values())
    length = max(lengths, key=lambda count: (lengths[count], count), default=0)
    if length < LEAST_IMAGES:
        return None, set()
    side_by_side = {one: stored for one, stored in columns.items() if math.prod(stored.shape) == length}
    if len(side_by_side) == 1 and next(iter(side_by_side.values())).dtype.kind in "iufb":
        (only,) = side_by_side.values()
        return table_of_array(only.read().reshape(-1), name), set(side_by_side)
    cells = {one.rpartition("/")[2]: stored.read().reshape(-1) for one, stored in side_by_side.items()}
    if len(cells) < len(side_by_side):
        cells = {one: stored.read().reshape(-1) for one, stored in side_by_side.items()}
    return table_of_columns(name, cells), set(side_by_side)


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
        large = math.prod(shape) * dtype.itemsize > MOST_BYTES // 4
        load = partial(np.load, path, mmap_mode="r" if large else None, allow_pickle=False)
        return {"array": _bounded(path, shape, dtype, load, large)}
    if ending == ".npz":
        return _npz(path)
    with path.open("rb") as file:
        start = file.read(116)
    if start.startswith(b"MATLAB 5.0"):
        return _matlab(path)
    return _hdf5(path, start.startswith(b"MATLAB 7.3"))


def _matlab(path: Path) -> dict[str, Stored]:
    """Arrays of a MATLAB file before version 7.3."""
    import scipy.io

    arrays = scipy.io.loadmat(path, chars_as_strings=True)
    stored: dict[str, Stored] = {}
    for name, array in arrays.items():
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
        return _header(file)


def _header(file: object) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    version = np.lib.format.read_magic(file)  # type: ignore[arg-type]
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = reader(file)  # type: ignore[arg-type]
    return shape, dtype


def _npz(path: Path) -> dict[str, Stored]:
    stored: dict[str, Stored] = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.endswith(".npy"):
                with archive.open(member) as file:
                    shape, dtype = _header(file)
                name = member.removesuffix(".npy")
                stored[name] = _bounded(path, shape, dtype, partial(_npz_member, path, name))
    return stored


def _npz_member(path: Path, name: str) -> npt.NDArray[np.generic]:
    with np.load(path, allow_pickle=False) as archive:
        return archive[name]


def _hdf5(path: Path, reversed_axes: bool) -> dict[str, Stored]:
    stored: dict[str, Stored] = {}

    def note(name: str, node: h5py.HLObject) -> None:
        if isinstance(node, h5py.Dataset) and node.shape is not None and not node.external:
            shape = node.shape[::-1] if reversed_axes else node.shape
            stored[name] = _bounded(path, shape, node.dtype, partial(_hdf5_array, path, name, reversed_axes))

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return {name: one for name, one in stored.items() if not name.startswith("#")}


def _hdf5_array(path: Path, name: str, reversed_axes: bool) -> npt.NDArray[np.generic]:
    with h5py.File(path, "r") as file:
        node = file[name]
        plist = node.id.get_create_plist()
        for i in range(plist.get_nfilters()):
            code = plist.get_filter(i)[0]
            if not h5py.h5z.filter_avail(code):
                known = HDF5_FILTERS.get(code, f"number {code}")
                raise ImportFailure(
                    f"{path}: {name} is compressed with the HDF5 filter {known}, which is not installed; "
                    "install it (pip install hdf5plugin) or save the array with gzip"
                )
        array = node.asstr()[:] if h5py.check_string_dtype(node.dtype) else node[:]
        return array.T if reversed_axes else array


def _bounded(
    path: Path,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    read: Callable[[], npt.NDArray[np.generic]],
    mapped: bool = False,
) -> Stored:
    def checked() -> npt.NDArray[np.generic]:
        declared = math.prod(shape) * max(1, dtype.itemsize)
        if declared > MOST_BYTES and not mapped:
            raise ImportFailure(
                f"{path} declares {declared / 1e6:,.0f} MB in one array; at most {MOST_BYTES / 1e6:,.0f} are read"
            )
        return read()

    return Stored(tuple(shape), dtype, checked)


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
        likely = shape[0] == shape[1] != shape[2] or (
            shape[2] > shape[0] and _aspect(*shape[:2]) <= 2 < _aspect(*shape[1:])
        )
        last = count == shape[2] != shape[0] or (count != shape[0] and likely)
        if last and shape[2] >= LEAST_IMAGES:
            told = (
                f"axes are taken as height × width × images: {shape[2]:,} images of {shape[0]} × {shape[1]}"
            )
            return np.moveaxis(images, -1, 0), [told]
        return images, []
    channels = (1, COLOURS, COLOURS + 1)
    if shape[0] in channels and not any(side in channels for side in shape[1:]):
        told = f"axes are taken as colours × height × width × images: {shape[3]:,} images"
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
            "images are taken on white paper: a fourth number of a pixel is how dense it is"
        ]
    return (images[..., 0] if images.shape[-1] == 1 else images), []


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
        if (pixels.dtype.kind in "iu" or high > 1) and low >= 0:
            return (0.0, 255.0, 256) if high <= 255 else (low, high, 256)
        return low, high, 256
    return (0.0, 1.0, 256) if low >= 0 and high <= 1 else (low, high, 256)


def _sides(array: npt.NDArray[np.generic] | Stored) -> str:
    return " × ".join(map(str, array.shape)) or "1"


def _classes(labels: npt.NDArray[np.generic], count: int) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    if labels.shape != (count,):
        raise ImportFailure(f"{count:,} images need as many labels, got {_sides(labels)}")
    return numbered(labels.tolist())


def images_in(table: Table) -> ImageSource | None:
    """The images whose pixels are the columns of a table, with a column of labels or without; None of other tables.

    Such are tables of MNIST: a label first or last, or called so, and a square number of columns of pixels.
    """
    columns = list(table.columns)
    label = None
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
    if side_of(len(columns)) is None or len(columns) < LEAST_FLAT or len(table) < LEAST_IMAGES:
        return None
    if not all(column.is_numeric or column.type.value in ("empty", "identifier") for column in columns):
        return None
    rows = np.stack([column.numbers for column in columns], axis=1)
    if np.isnan(rows).any() or not are_pixels(rows) or not _are_called_pixels(columns, table, rows):
        return None
    if bool((rows == np.rint(rows)).all()):
        rows = rows.astype(np.uint8)
    values = None
    if label is not None:
        values = np.array([label.cell(i).removesuffix(".0") for i in range(len(table))])
    not_used = [column.name for column in table.columns if column not in columns and column is not label]
    source = image_source(table.name, rows, values)
    return source.with_more(not_used=tuple(not_used), left_out=table.left_out, beyond=table.beyond)


def _evenness(column: Column) -> float:
    """Effective number of values over their number, of a column that may hold labels; 0 where it cannot."""
    words, counts = np.unique(column.codes[column.codes >= 0], return_counts=True)
    values = column.numbers[np.isfinite(column.numbers)]
    if len(words) < 2 or (column.is_numeric and (not column.is_whole or values.min() not in (0, 1))):
        return 0.0
    steady = not column.is_numeric or np.ptp(values) == len(words) - 1
    share = counts / counts.sum()
    return float(np.exp(-(share * np.log(share)).sum()) / len(words)) + steady


def _are_called_pixels(columns: Sequence[Column], table: Table, rows: npt.NDArray[np.generic]) -> bool:
    """True of columns without names of their own, or with names that only count, whose numbers are whole."""
    if not table.has_header:
        return bool((rows == np.rint(rows)).all()) and float(rows.max()) > 1
    names = [column.name.lower() for column in columns]
    pattern = re.compile(r"^(?:pixels?|px|pix|p|x|v|f|feature|dim|column )?[\s_.\-]?\d+(?:[x_.\-×]\d+)*$")
    return sum(bool(pattern.match(name)) for name in names) >= 0.9 * len(names)
