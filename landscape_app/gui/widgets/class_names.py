"""Names and colours of classes, as there is room for them."""

from __future__ import annotations

from PySide6.QtGui import QColor

from landscape_app.gui.theme import Theme

MOST_COLOURS = 16
"""Colours of classes that a theme has."""


def shortened(name: str, most: int) -> str:
    """A name in at most so many characters, an ellipsis in place of the rest."""
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def class_colours(theme: Theme, classes: int) -> list[QColor]:
    """A colour for each class, as different as there are colours for."""
    return [theme.series[round(MOST_COLOURS * c / classes) % MOST_COLOURS] for c in range(classes)]
