"""The frame around a plot."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from landscape_app.gui.widgets.naming import named


def plot_card(content: QWidget) -> QFrame:
    """A card with narrow margins, as plots bring their own."""
    card = named(QFrame(), "card")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(4, 2, 6, 3)
    layout.addWidget(content)
    return card
