"""Tips in lines of a readable width: Qt breaks the lines of rich text only."""

from __future__ import annotations

from html import escape

from PySide6.QtGui import Qt
from PySide6.QtWidgets import QWidget

LONGEST_LINE = 110
"""Characters of a tip that is left in one line."""


def wrapped(text: str) -> str:
    """A tip that is broken into lines where it is long; rich text, and what is short, as it is.

    Example:
        >>> wrapped("Pause (Ctrl+P)")
        'Pause (Ctrl+P)'
        >>> wrapped("λ < 1, " * 20).startswith("<qt>λ &lt; 1, ")
        True
    """
    if len(text) <= LONGEST_LINE or Qt.mightBeRichText(text):
        return text
    return f"<qt>{escape(text, quote=False)}</qt>"


def wrap_tips(window: QWidget) -> None:
    """Breaks the long tips of all that is in a window into lines, as they are now."""
    for widget in window.findChildren(QWidget):
        tip = widget.toolTip()
        if tip:
            known = wrapped(tip)
            if known != tip:
                widget.setToolTip(known)
