"""Provenance in files of samples, PNG, GIF, HDF5 and .npz: written, read, and looked for in imported data."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from landscape_app.data.importing.folders import image_files
from landscape_app.data.importing.images import ImportFailure
from landscape_app.language import tr
from landscape_app.runs.atomic import UNREADABLE
from landscape_app.session.provenance import MOST_BYTES, Provenance, parse_provenance
from landscape_app.version import __version__

if TYPE_CHECKING:
    import h5py

KEY = "Provenance"
"""Keyword of the PNG text chunk."""

NAME = "provenance"
"""Name of the HDF5 attribute, and of the array in an .npz."""

MOST_FILE_BYTES = 2**26
"""Largest file that is looked into."""

MOST_PIXELS = 2**24
"""Most pixels of a picture that is decoded."""

LOOKED_AT = 20
"""Files of a folder that are looked at for what they say of themselves."""

ADVICE = tr("A model of them learns the other model, not the world")

UNREADABLE_PICTURE = (*UNREADABLE, SyntaxError, EOFError, zipfile.BadZipFile, Image.DecompressionBombError)
"""Errors that reading a hostile picture or archive can end in."""


def png_text(provenance: Provenance | None) -> PngImagePlugin.PngInfo:
    """The text chunks of a PNG, or of an animated one."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", f"Landscape {__version__}")
    if provenance is not None:
        text.add_text(KEY, provenance.to_json())
    return text


def gif_comment(provenance: Provenance | None) -> bytes:
    """The comment of a GIF."""
    return b"" if provenance is None else provenance.to_json().encode("ascii")


def npz_text(provenance: Provenance) -> np.ndarray:
    """An array of text without a shape, to be read without pickle."""
    return np.array(provenance.to_json())


def read_provenance(path: Path) -> dict[str, Any] | None:
    """The document in a PNG, GIF, HDF5 or .npz file, as plain JSON values; None where there is none.

    Sizes are checked before anything is read; nothing in the file is executed.

    Raises:
        ValueError: there is no such file, it cannot be read, is too large, or what it holds is no provenance.
    """
    content = read_bounded(path)
    try:
        text = _text_of(content)
    except UNREADABLE_PICTURE as error:
        raise ValueError(tr("{path} cannot be read: {reason}", path=path, reason=_reason(error))) from error
    if text is None:
        return None
    try:
        return parse_provenance(text)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_bounded(path: Path) -> bytes:
    """The bytes of a file that is not too large.

    Raises:
        ValueError: there is no such file, it cannot be read, or is too large.
    """
    if path.is_dir():
        raise ValueError(
            tr(
                "{path} is a folder; give the images in it, such as {example}",
                path=path,
                example=path / "*.png",
            )
        )
    if not path.is_file():
        raise ValueError(
            tr("there is no file {path}; give the path of an image, such as samples.png", path=path)
        )
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise ValueError(
                tr(
                    "{path} is larger than {most} MiB; it is not read",
                    path=path,
                    most=MOST_FILE_BYTES // 2**20,
                )
            )
        return path.read_bytes()
    except OSError as error:
        raise ValueError(
            tr("{path} cannot be read: {reason}", path=path, reason=error.strerror or error)
        ) from error


def open_picture(content: bytes) -> Image.Image:
    """The picture of a PNG, GIF, JPEG or BMP file, not decoded yet.

    Raises:
        ValueError: it has too many pixels.
        OSError, SyntaxError and others of `UNREADABLE_PICTURE`: it is none.
    """
    picture = Image.open(io.BytesIO(content), formats=("PNG", "GIF", "JPEG", "BMP"))
    if picture.width * picture.height > MOST_PIXELS:
        raise ValueError(
            tr(
                "it has {width} × {height} pixels, more than {most:,} are not decoded",
                width=picture.width,
                height=picture.height,
                most=MOST_PIXELS,
            )
        )
    return picture


def _text_of(content: bytes) -> str | None:
    """The text in which a document stands, by the file's first bytes."""
    if content.startswith(b"PK"):
        return _npz_text(content)
    if content.startswith(b"\x89HDF\r\n\x1a\n"):
        return _hdf5_text(content)
    with open_picture(content) as picture:
        found = picture.info.get(KEY, picture.info.get("comment"))
        if found is None and isinstance(picture, PngImagePlugin.PngImageFile):
            # Text may follow the pixels.
            found = picture.text.get(KEY)
    if isinstance(found, bytes):
        found = found[: MOST_BYTES + 1].decode("utf-8", "replace")
    # Another program's comment is no damaged document.
    return str(found) if found is not None and "landscape-provenance" in found else None


def _npz_text(content: bytes) -> str | None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = f"{NAME}.npy"
        if member not in archive.namelist():
            return None
        # Text takes four bytes a character.
        most = 4 * MOST_BYTES + 4096
        with archive.open(member) as file:
            stored = file.read(most + 1)
    if len(stored) > most:
        raise ValueError(tr("its provenance is too long"))
    reader = io.BytesIO(stored)
    headers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, _, dtype = headers[np.lib.format.read_magic(reader)](reader)
    if dtype.kind != "U" or shape != () or dtype.itemsize > len(stored):
        raise ValueError(tr("its provenance is no text"))
    return str(np.frombuffer(reader.read(), dtype, 1)[0])


def _hdf5_text(content: bytes) -> str | None:
    import h5py

    with h5py.File(io.BytesIO(content), "r") as file:
        if NAME not in file.attrs:
            return None
        # HDF5 crashes on some damaged attributes of other types.
        kind = h5py.h5a.open(file.id, NAME.encode()).get_type()
        found = file.attrs[NAME] if isinstance(kind, h5py.h5t.TypeStringID) else None
    if not isinstance(found, str):
        raise ValueError(tr("its provenance is no text"))
    return found


def mark_hdf5(file: h5py.File, provenance: Provenance) -> None:
    """Writes the document to the root of an HDF5 file."""
    file.attrs[NAME] = provenance.to_json()


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        # Pillow names the bytes in memory, which nobody knows.
        return tr("it is no PNG, GIF, JPEG or BMP image, and no .npz or .h5 of samples")
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


def generated_words(path: Path, only: Sequence[str] = ()) -> str:
    """A sentence on data that say so; empty where none does, or nothing can be read.

    Args:
        path: of a file or folder.
        only: of a folder, names of the files and folders in it that are meant; empty for all.
    """
    try:
        files = image_files(path, only)[0] if path.is_dir() else [path]
    except ImportFailure:
        return ""
    looked_at = [files[i] for i in np.linspace(0, len(files) - 1, min(LOOKED_AT, len(files))).astype(int)]
    count = sum(map(_says_generated, looked_at))
    if not count:
        return ""
    if not path.is_dir():
        return f"{tr('The file says of itself that it is generated.')} {ADVICE}"
    said = tr(
        "{count} of {total} images looked at say of themselves that they are generated.",
        count=count,
        total=len(looked_at),
    )
    return f"{said} {ADVICE}"


def _says_generated(path: Path) -> bool:
    try:
        document = read_provenance(path)
    except ValueError:
        return False
    return document is not None and document.get("generated") is True
