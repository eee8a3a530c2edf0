"""Provenance of generated samples, which model made them and under which composition, in every kind of file."""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import os
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from landscape_app.data import Dataset
from landscape_app.data.importing.folders import image_files
from landscape_app.data.importing.images import ImportFailure
from landscape_app.physics.host import to_host
from landscape_app.runs.atomic import UNREADABLE
from landscape_app.session.composition import Composition
from landscape_app.session.composition_file import parse_document, write_composition
from landscape_app.version import __version__

if TYPE_CHECKING:
    import h5py

    from landscape_app.learning.trainer import Trainer
    from landscape_app.models.model import Model


@dataclass(frozen=True)
class Lineage:
    """Lineage of a run.

    Attributes:
        run: its own name, new for every run and every resumption.
        parent: the name of the run that it was resumed from; None for a run from scratch, or where its file had none.
        random: since when its random numbers are those of another kind of device; None where they never changed.
    """

    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    parent: str | None = None
    random: str | None = None


def origin_of(dataset: Dataset) -> dict[str, str]:
    """Provenance in every file, whatever it holds: program, date, and the data by name and fingerprint."""
    return {
        "program": f"Landscape {__version__}",
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "data": dataset.name,
        "data_sha256": dataset.fingerprint,
    }


FORMAT, VERSION = "landscape-provenance", 1

MOST_BYTES = 2**18
"""Longest document; a reader refuses longer ones, and a writer leaves compositions out that make one too long."""

MOST_SOURCES = 16
"""Sources told of one file: a recording of a training passes through many models."""

Value = str | int | float | bool


@dataclass(frozen=True)
class Source:
    """Source that samples were drawn from.

    Attributes:
        problem: what the model learns.
        data_sha256: fingerprint of its data, in hexadecimal.
        model_sha256: fingerprint of the model (`model_fingerprint`); empty where it is not known any more.
        epoch: epochs that the model was trained for.
        composition: what was added to it; None where it is not known any more.
    """

    problem: str
    data_sha256: str
    model_sha256: str
    epoch: int
    composition: Composition | None

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        composition = self.composition
        return {
            "problem": self.problem,
            "data_sha256": self.data_sha256,
            "model_sha256": self.model_sha256,
            "epoch": self.epoch,
            "formula": None if composition is None else composition.formula,
            "composition": None if composition is None else json.loads(write_composition(composition)),
        }


@dataclass(frozen=True)
class Provenance:
    """Provenance of generated samples.

    Attributes:
        sources: what they were drawn from; several where it changed while they were recorded.
        sampling: how they were drawn, as far as it is known, such as the kernel, its steps and the seed.
        date: when the document was made, ISO 8601; `SOURCE_DATE_EPOCH` in the environment sets it, as for other
            programs whose files are to be the same whenever they are made.
    """

    sources: tuple[Source, ...]
    sampling: Mapping[str, Value] = field(default_factory=dict)
    date: str = field(default_factory=lambda: _now())

    def to_json(self) -> str:
        """The document: one line of ASCII, at most `MOST_BYTES` long."""
        sources = [source.to_json() for source in _evenly(_distinct(self.sources))]
        document = {
            "format": FORMAT,
            "version": VERSION,
            "generated": True,
            "program": f"Landscape {__version__}",
            "date": self.date,
            "sampling": dict(self.sampling),
            "sources": sources,
        }
        text = json.dumps(document)
        if len(text) > MOST_BYTES:
            for source in sources:
                whole = json.dumps(source["composition"]).encode()
                source["composition_sha256"] = hashlib.sha256(whole).hexdigest()
                source["composition"] = None
                source["formula"] = None if source["formula"] is None else source["formula"][:1000]
            text = json.dumps(document)
        return text


class Identification:
    """Tells the source of chains; fingerprints are made anew only where the model has changed.

    Args:
        problem: name of what the model learns.
        dataset: that it learns.
        trainer: of the model.
    """

    def __init__(self, problem: str, dataset: Dataset, trainer: Trainer) -> None:
        self._problem, self._dataset, self._trainer = problem, dataset, trainer
        self._model: tuple[tuple[int, ...], str] | None = None

    def source(self, composition: Composition) -> Source:
        """The model as it is now, under a composition."""
        return Source(
            problem=self._problem,
            data_sha256=self._dataset.fingerprint,
            model_sha256=self._model_sha256(),
            epoch=self._trainer.epoch,
            composition=composition,
        )

    def _model_sha256(self) -> str:
        trainer = self._trainer
        # In-place changes, which is how parameters are trained and set, count a tensor's version up.
        versions = tuple(p._version for p in trainer.model.parameters())
        if self._model is None or self._model[0] != versions:
            self._model = versions, model_fingerprint(trainer.model)
        return self._model[1]


def model_fingerprint(model: Model) -> str:
    """SHA-256 of a model's parameters, in hexadecimal.

    It does not depend on the file that the model lies in, on its chains or its metrics: on every parameter's name,
    shape and numbers, as little-endian single precision, in the order of their names.
    """
    digest = hashlib.sha256()
    for name, parameter in sorted(model.named_parameters()):
        values = to_host(parameter).numpy().astype("<f4")
        digest.update(f"{name}{values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def parse_provenance(text: str) -> dict[str, Any]:
    """The document of a JSON text, as plain JSON values that are yet to be judged.

    Raises:
        ValueError: it is too long, or no provenance.
    """
    return parse_document(text, "provenance", FORMAT, MOST_BYTES)


def _distinct(sources: tuple[Source, ...]) -> list[Source]:
    """Sources in their order, without those that repeat the one before."""
    return [source for i, source in enumerate(sources) if i == 0 or source != sources[i - 1]]


def _evenly(sources: list[Source]) -> list[Source]:
    """At most `MOST_SOURCES` of them, the first and the last included."""
    if len(sources) <= MOST_SOURCES:
        return sources
    return [sources[i] for i in np.linspace(0, len(sources) - 1, MOST_SOURCES).round().astype(int)]


def _now() -> str:
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.datetime.now(datetime.UTC)
    if fixed.isascii() and fixed.isdigit() and len(fixed) <= 11:
        moment = datetime.datetime.fromtimestamp(int(fixed), datetime.UTC)
    return moment.isoformat(timespec="seconds")


KEY = "Provenance"
"""Keyword of the PNG text chunk."""

NAME = "provenance"
"""Name of the HDF5 attribute, and of the array in an .npz."""

MOST_FILE_BYTES = 2**26
"""Largest file that is looked into."""

MOST_PIXELS = 2**24
"""Most pixels of a picture that is decoded."""

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
        raise ValueError(f"{path} cannot be read: {_reason(error)}") from error
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
        raise ValueError(f"{path} is a folder; give the images in it, such as {path / '*.png'}")
    if not path.is_file():
        raise ValueError(f"there is no file {path}; give the path of an image, such as samples.png")
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise ValueError(f"{path} is larger than {MOST_FILE_BYTES // 2**20} MiB; it is not read")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from error


def open_picture(content: bytes) -> Image.Image:
    """The picture of a PNG, GIF, JPEG or BMP file, not decoded yet.

    Raises:
        ValueError: it has too many pixels.
        OSError, SyntaxError and others of `UNREADABLE_PICTURE`: it is none.
    """
    picture = Image.open(io.BytesIO(content), formats=("PNG", "GIF", "JPEG", "BMP"))
    if picture.width * picture.height > MOST_PIXELS:
        raise ValueError(
            f"it has {picture.width} × {picture.height} pixels, more than {MOST_PIXELS:,} are not decoded"
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
        raise ValueError("its provenance is too long")
    reader = io.BytesIO(stored)
    headers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, _, dtype = headers[np.lib.format.read_magic(reader)](reader)
    if dtype.kind != "U" or shape != () or dtype.itemsize > len(stored):
        raise ValueError("its provenance is no text")
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
        raise ValueError("its provenance is no text")
    return found


def mark_hdf5(file: h5py.File, provenance: Provenance) -> None:
    """Writes the document to the root of an HDF5 file."""
    file.attrs[NAME] = provenance.to_json()


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        # Pillow names the bytes in memory, which nobody knows.
        return "it is no PNG, GIF, JPEG or BMP image, and no .npz or .h5 of samples"
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


LOOKED_AT = 20
"""Files of a folder."""

ADVICE = "A model of them learns the other model, not the world"


def generated_words(path: Path) -> str:
    """A sentence on data that say so; empty where none does, or nothing can be read."""
    try:
        files = image_files(path) if path.is_dir() else [path]
    except ImportFailure:
        return ""
    looked_at = [files[i] for i in np.linspace(0, len(files) - 1, min(LOOKED_AT, len(files))).astype(int)]
    count = sum(map(_says_generated, looked_at))
    if not count:
        return ""
    if not path.is_dir():
        return f"The file says of itself that it is generated. {ADVICE}"
    return f"{count} of {len(looked_at)} images looked at say of themselves that they are generated. {ADVICE}"


def _says_generated(path: Path) -> bool:
    try:
        document = read_provenance(path)
    except ValueError:
        return False
    return document is not None and document.get("generated") is True
