"""Pictures of the icon in the formats that systems want, drawn from `assets/icon.svg`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICON = Path(__file__).resolve().parents[1] / "assets" / "icon.svg"
FORMATS = {".ico": [16, 24, 32, 48, 64, 128, 256], ".icns": [1024], ".png": [512]}
"""Sides of the pictures in a file of each format, in pixels; Apple's smaller ones are made of the largest."""


def write_icon(path: Path) -> Path:
    """Writes the icon in the format that the ending of a path names: .ico, .icns or .png."""
    pictures = [drawn(side) for side in FORMATS[path.suffix]]
    path.parent.mkdir(parents=True, exist_ok=True)
    *others, largest = pictures
    if path.suffix == ".ico":
        largest.save(path, sizes=[one.size for one in pictures], append_images=others)
    else:
        largest.save(path)
    return path


def drawn(side: int) -> Image.Image:
    """The icon as a picture of so many pixels a side."""
    image = QImage(side, side, QImage.Format.Format_RGBA8888)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(ICON)).render(painter)
    painter.end()
    return Image.frombytes("RGBA", (side, side), bytes(image.constBits()))
