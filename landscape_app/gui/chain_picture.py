"""A chain's image as a picture of its own: dragged out, copied, or saved as PNG."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDrag, QImage, QPixmap
from PySide6.QtWidgets import QWidget

from landscape_app.gui.frame import Frame
from landscape_app.session.provenance import Provenance, Source
from landscape_app.session.provenance_in_files import KEY
from landscape_app.session.sample_file import enlarged, inked, write_picture

_folder: tempfile.TemporaryDirectory[str] | None = None


class ChainPicture(NamedTuple):
    """One image that a chain has made.

    Attributes:
        image: levels, uint8, shape (height, width), or (height, width, 3) in colour.
        levels: number of levels.
        provenance: where it comes from.
        chain: number of its chain, from 0.
        step: kernel step; None where that is not known.
    """

    image: np.ndarray
    levels: int
    provenance: Provenance
    chain: int
    step: int | None

    @property
    def file_name(self) -> str:
        """What its file is called."""
        step = "" if self.step is None else f"-step-{self.step}"
        return f"chain-{self.chain + 1}{step}.png"

    def drawn(self) -> QImage:
        """It as a picture, grey ones black on white in either theme; its provenance is in the picture's text."""
        drawn = np.ascontiguousarray(enlarged(inked(self.image[None], self.levels)[0]))
        height, width = drawn.shape[:2]
        form = QImage.Format.Format_RGB888 if drawn.ndim == 3 else QImage.Format.Format_Grayscale8
        picture = QImage(drawn.data, width, height, drawn.strides[0], form).copy()
        picture.setText(KEY, self.provenance.to_json())
        return picture

    def save(self, path: Path) -> None:
        """Writes it as PNG, with its provenance.

        Raises:
            RunFileError: the file cannot be written.
        """
        write_picture(path, self.image, self.levels, self.provenance)


def picture_of(
    frame: Frame, x: np.ndarray, chain: int, step: int | None, source: Source | None
) -> ChainPicture:
    """A chain's configuration as a picture.

    Args:
        frame: that it is shown in; its facts are known.
        x: in few bytes (`Space.compact`), shape (*shape).
        chain: number of the chain, from 0.
        step: kernel step; None where that is not known.
        source: what it was drawn from; None where that is not known.
    """
    facts = frame.facts
    assert facts is not None
    return ChainPicture(
        facts.as_images(x[None])[0], facts.levels, provenance_on_view(frame, source, step), chain, step
    )


def provenance_on_view(frame: Frame, source: Source | None, step: int | None) -> Provenance:
    """Where chains on view come from, with how they are moved."""
    assert frame.facts is not None
    sampling: dict[str, str | int | float | bool] = {"run_seed": frame.facts.configuration.seed}
    if step is not None:
        sampling["steps"] = step
    if frame.kernel is not None:
        sampling["kernel"] = frame.kernel.name
    if frame.snapshot is not None:
        sampling["training"] = frame.snapshot.training
    return Provenance(() if source is None else (source,), sampling)


def mime_of(picture: ChainPicture) -> QMimeData:
    """A picture as an image and as a PNG file, for whichever a program takes."""
    path = _kept_folder() / picture.file_name
    picture.save(path)
    data = QMimeData()
    data.setImageData(picture.drawn())
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def drag_out(source: QWidget, picture: ChainPicture) -> None:
    """Lets a person drop a picture into another window; returns when they have."""
    drag = QDrag(source)
    drag.setMimeData(mime_of(picture))
    small = QPixmap.fromImage(picture.drawn()).scaledToHeight(64, Qt.TransformationMode.FastTransformation)
    drag.setPixmap(small)
    drag.setHotSpot(QPoint(small.width() // 2, small.height() // 2))
    drag.exec(Qt.DropAction.CopyAction)


def _kept_folder() -> Path:
    """Where dragged files lie until the program ends: who receives one may read it later."""
    global _folder
    if _folder is None:
        _folder = tempfile.TemporaryDirectory(prefix="landscape-", ignore_cleanup_errors=True)
    return Path(_folder.name)
