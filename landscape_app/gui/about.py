"""What Landscape is, and whose work it shows."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget


def show_about(window: QWidget) -> None:
    """Tells it in a dialog over a window."""
    QMessageBox.about(
        window,
        "About Landscape",
        "<b>Landscape</b> trains Min-MaxEnt models, shows their Markov chains and steers what they generate."
        "<p>Method: M. Miotto, L. Monacelli, <i>A new pathway to generative artificial intelligence by "
        "minimizing the maximum entropy</i>, arXiv:2502.13287.</p>"
        "<p>Digits: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits (CC BY 4.0).</p>",
    )
