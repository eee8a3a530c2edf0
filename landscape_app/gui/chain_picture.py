"""A chain's image as a picture of its own: dragged out, copied, or saved as PNG."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDrag, QImage, QPixmap
from PySide6.QtWidgets import QWidget

SCALE = 16
"""Pixels of the picture for one of the image."""

_folder: tempfile.TemporaryDirectory[str] | None = None


def picture_of(image: np.ndarray, levels: int) -> QImage:
    """An image of levels in either theme, every pixel 16 × 16.

    Args:
        image: shape (height, width), drawn black on white, or (height, width, 3), drawn in its colours.
        levels: number of levels.
    """
    share = np.round(image.astype(float) * 255 / (levels - 1)).astype(np.uint8)
    large = np.repeat(np.repeat(share if image.ndim == 3 else 255 - share, SCALE, 0), SCALE, 1)
    large = np.ascontiguousarray(large)
    height, width = large.shape[:2]
    form = QImage.Format.Format_RGB888 if image.ndim == 3 else QImage.Format.Format_Grayscale8
    return QImage(large.data, width, height, large.strides[0], form).copy()


def file_name(chain: int, step: int | None) -> str:
    """What its file is called."""
    return f"chain-{chain + 1}.png" if step is None else f"chain-{chain + 1}-step-{step}.png"


def mime_of(picture: QImage, name: str) -> QMimeData:
    """A picture as an image and as a PNG file of that name, for whichever a program takes."""
    path = _kept_folder() / name
    picture.save(str(path))
    data = QMimeData()
    data.setImageData(picture)
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def drag_out(source: QWidget, picture: QImage, name: str) -> None:
    """Lets a person drop a picture into another window; returns when they have."""
    drag = QDrag(source)
    drag.setMimeData(mime_of(picture, name))
    small = QPixmap.fromImage(picture).scaledToHeight(64, Qt.TransformationMode.FastTransformation)
    drag.setPixmap(small)
    drag.setHotSpot(QPoint(small.width() // 2, small.height() // 2))
    drag.exec(Qt.DropAction.CopyAction)


def _kept_folder() -> Path:
    """Where dragged files lie until the program ends: who receives one may read it later."""
    global _folder
    if _folder is None:
        _folder = tempfile.TemporaryDirectory(prefix="landscape-", ignore_cleanup_errors=True)
    return Path(_folder.name)
