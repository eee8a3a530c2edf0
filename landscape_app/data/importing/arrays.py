"""Images and labels in NumPy and HDF5 files, whatever they are called there."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import numpy.typing as npt

from landscape_app.data.importing.images import (
    USUAL_LEVELS,
    ImageSource,
    ImportFailure,
    class_numbers,
    has_colour,
    luminance,
    reason_of,
)

MOST_BYTES = 2**29
"""Of an array, checked on its declared size before it is read."""

LOOKED_AT = 50
"""Images that say whether there are colours."""

LEAST_IMAGES = 3
"""To train on, to hold out, and one more."""

IMAGE_NAMES = ("images", "x", "data", "x_train", "train_images", "pixels")
LABEL_NAMES = ("labels", "y", "target", "targets", "y_train", "train_labels", "classes")


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


def open_arrays(path: Path) -> ImageSource:
    """The images in an array file, and their labels where there are such.

    An array of images has shape (n, height, width), (n, height, width, channels) or (n, channels, height, width),
    with one or three channels, or (n, pixels) where the pixels make squares.

    Raises:
        ImportFailure: the file cannot be read, or has no array of this kind, or several that could be meant.
    """
    with _reading(path):
        return _open(path)


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
    name: str, images: npt.NDArray[np.generic], labels: npt.NDArray[np.generic] | None = None
) -> ImageSource:
    """A source of the images in an array.

    Whole numbers up to 33 levels keep their values; others are taken from 0 to 255 where they fit, real numbers from
    0 to 1; anything else goes from its least to its largest.

    Args:
        name: of the data set.
        images: shape as `open_arrays` takes it.
        labels: shape (n,): whole numbers or words.

    Raises:
        ImportFailure: the shapes do not fit, or there are numbers that are not finite.
    """
    if not _could_be_images(images.shape, images.dtype):
        raise ImportFailure(
            f"{name} holds no images but {_sides(images)} numbers; expected n × height × width, with n of "
            f"{LEAST_IMAGES} at least"
        )
    pixels = _channels_last(images)
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise ImportFailure(f"{name} has pixels that are not finite numbers")
    low, high, levels = _range(pixels)
    scale = 1.0 / (high - low) if high > low else 1.0
    numbers, names = (None, ()) if labels is None else _classes(labels, len(pixels))

    def read_colour(i: int) -> npt.NDArray[np.float32]:
        return ((pixels[i].astype(np.float64) - low) * scale).astype(np.float32)

    def read(i: int) -> npt.NDArray[np.float32]:
        image = read_colour(i)
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
    )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Says of whatever a library fails with that the file cannot be read."""
    try:
        yield
    except ImportFailure:
        raise
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
        raise ImportFailure(
            f"{path} cannot be read: it is damaged or of another format ({reason_of(error)})"
        ) from error


def _open(path: Path) -> ImageSource:
    arrays = _stored(path)
    images = {name: array for name, array in arrays.items() if _could_be_images(array.shape, array.dtype)}
    if not images:
        found = (
            ", ".join(f"{name} ({_sides(array)} numbers)" for name, array in list(arrays.items())[:8])
            or "nothing"
        )
        raise ImportFailure(f"{path} has no array of images, n × height × width; it has {found}")
    name = _meant(images, IMAGE_NAMES)
    if name is None:
        raise ImportFailure(
            f"{path} has several arrays of images: {', '.join(images)}; name one of them “images”"
        )
    count = images[name].shape[0]
    labels = {
        n: a for n, a in arrays.items() if a.shape in ((count,), (count, 1)) and a.dtype.kind in "iubUSO"
    }
    label = _meant(labels, LABEL_NAMES) if labels else None
    values = None if label is None else np.asarray(labels[label].read()).reshape(count)
    return image_source(path.stem, images[name].read(), values)


def _stored(path: Path) -> dict[str, Stored]:
    ending = path.suffix.lower()
    if ending == ".npy":
        shape, dtype = _npy_header(path)
        return {"array": _bounded(path, shape, dtype, partial(np.load, path, allow_pickle=False))}
    if ending == ".npz":
        return _npz(path)
    return _hdf5(path)


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


def _hdf5(path: Path) -> dict[str, Stored]:
    stored: dict[str, Stored] = {}

    def note(name: str, node: h5py.HLObject) -> None:
        if isinstance(node, h5py.Dataset) and node.shape is not None and not node.external:
            stored[name] = _bounded(path, node.shape, node.dtype, partial(_hdf5_array, path, name))

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return stored


def _hdf5_array(path: Path, name: str) -> npt.NDArray[np.generic]:
    with h5py.File(path, "r") as file:
        node = file[name]
        return node.asstr()[:] if h5py.check_string_dtype(node.dtype) else node[:]


def _bounded(
    path: Path,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    read: Callable[[], npt.NDArray[np.generic]],
) -> Stored:
    def checked() -> npt.NDArray[np.generic]:
        declared = math.prod(shape) * max(1, dtype.itemsize)
        if declared > MOST_BYTES:
            raise ImportFailure(
                f"{path} declares {declared / 1e6:,.0f} MB in one array; at most {MOST_BYTES / 1e6:,.0f} are read"
            )
        return read()

    return Stored(tuple(shape), dtype, checked)


def _could_be_images(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> bool:
    if dtype.kind not in "iufb" or len(shape) < 2 or shape[0] < LEAST_IMAGES or min(shape) < 1:
        return False
    if len(shape) == 2:
        return math.isqrt(shape[1]) ** 2 == shape[1] and shape[1] >= 4
    return len(shape) == 3 or (len(shape) == 4 and (shape[-1] in (1, 3) or shape[1] in (1, 3)))


def _meant(arrays: Mapping[str, Stored], usual: tuple[str, ...]) -> str | None:
    """The only array, else that of a usual name, else the only one of most axes."""
    if len(arrays) == 1:
        return next(iter(arrays))
    for name in usual:
        for path in arrays:
            if path.rpartition("/")[2].lower() == name:
                return path
    most = max(len(array.shape) for array in arrays.values())
    left = [path for path, array in arrays.items() if len(array.shape) == most]
    return left[0] if len(left) == 1 else None


def _channels_last(images: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Images of shape (n, height, width), or (n, height, width, 3)."""
    if images.ndim == 2:
        side = math.isqrt(images.shape[1])
        return images.reshape(len(images), side, side)
    if images.ndim == 4:
        channels = images if images.shape[-1] in (1, 3) else np.moveaxis(images, 1, -1)
        return channels[..., 0] if channels.shape[-1] == 1 else channels
    return images


def _range(pixels: npt.NDArray[np.generic]) -> tuple[float, float, int]:
    """Meaning of level 0 and of the highest, and number of levels between them."""
    if pixels.dtype.kind == "b":
        return 0.0, 1.0, 2
    low, high = float(pixels.min()), float(pixels.max())
    if pixels.dtype.kind in "iu":
        if low >= 0 and high < 2 * USUAL_LEVELS - 1:
            return 0.0, max(high, 1.0), int(max(high, 1.0)) + 1
        return (0.0, 255.0, 256) if low >= 0 and high <= 255 else (low, high, 256)
    return (0.0, 1.0, 256) if low >= 0 and high <= 1 else (low, high, 256)


def _sides(array: npt.NDArray[np.generic] | Stored) -> str:
    return " × ".join(map(str, array.shape)) or "1"


def _classes(labels: npt.NDArray[np.generic], count: int) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    if labels.shape != (count,):
        raise ImportFailure(f"{count:,} images need as many labels, got {_sides(labels)}")
    words = [
        value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        for value in labels.tolist()
    ]
    numbers, names = class_numbers(words)
    # Digits need no names: their numbers say it.
    return numbers, () if names == tuple(map(str, range(len(names)))) else names
