"""Where the keys go when a person asks for a place."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QWidget


def go_to(place: QWidget) -> None:
    """Brings a panel to the front, and gives the focus to its first control."""
    if isinstance(place, QDockWidget):
        place.show()
        place.raise_()
    controls = [within for within in place.findChildren(QWidget) if _takes_keys(within)]
    ahead: QWidget | None = place.nextInFocusChain()
    while ahead is not None and ahead is not place:
        if ahead in controls:
            ahead.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        ahead = ahead.nextInFocusChain()


def _takes_keys(widget: QWidget) -> bool:
    """Whether the Tab key leads to it."""
    tabbed = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return tabbed and widget.isEnabled() and widget.isVisible()
