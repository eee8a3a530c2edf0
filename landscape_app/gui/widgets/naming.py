"""Names for widgets: tests, style sheet and accessibility tools find a widget by its object name."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QAbstractButton, QWidget

W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str, text: str | None = None) -> W:
    """The widget, with its object name and, for a button, its text set."""
    widget.setObjectName(name)
    if text is not None and isinstance(widget, QAbstractButton):
        widget.setText(text)
    return widget
