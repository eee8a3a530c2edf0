"""The frames around what belongs together."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QLayout, QVBoxLayout, QWidget

from landscape_app.gui.widgets.naming import named


def plot_card(content: QWidget) -> QFrame:
    """A card with narrow margins, as plots bring their own."""
    card = named(QFrame(), "card")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(4, 2, 6, 3)
    layout.addWidget(content)
    return card


def control_card(*items: QWidget | QLayout) -> QFrame:
    """A card of controls, one below the other."""
    card = named(QFrame(), "card")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(12, 10, 12, 10)
    layout.setSpacing(7)
    for item in items:
        if isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            layout.addLayout(item)
    return card
