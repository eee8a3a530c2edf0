"""Line in which a formula of an energy is written, with what is wrong with it below."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.paragraph import Complaint
from landscape_app.language import tr
from landscape_app.physics.formula import CONSTANTS, FUNCTIONS, MOST_CHARACTERS, Formula, FormulaError

REST_MILLISECONDS = 250
"""After the last key, when a formula is taken."""

LETTERS = ("x", "y", "z")

TOOLTIP = tr(
    "<b>Energy</b> E(x) in nats; the chains sample p ∝ exp(−E) in the box, so it is low where they stay.<br>"
    "Coordinates {coordinates}; + − * / and ** (also ^), parentheses, numbers, {constants}; {functions}.<br>"
    "Good: it grows towards the walls. Where it gives no number, as log of a negative one, there is a wall."
)


class FormulaField(QWidget):
    """Reads a formula as it is written; a wrong one is explained, and the last good one stays taken.

    Args:
        name: of the line; its complaint is called the same with "-error" behind.
        text: to begin with.
        coordinates: that a formula may name.

    Signals:
        taken: a text that is a formula.
        judged: whether the text in the line is a formula.

    Attributes:
        line: where it is written.
        complaint: what is wrong.
    """

    taken = Signal(str)
    judged = Signal(bool)

    def __init__(self, name: str, text: str, coordinates: int) -> None:
        super().__init__()
        self._coordinates = coordinates
        self._taken = text
        known = ", ".join(LETTERS[:coordinates])
        if coordinates > len(LETTERS):
            known = tr("{letters} or x1, x2, … x{coordinates}", letters=known, coordinates=coordinates)
        self.line = set_name(QLineEdit(text), name)
        self.line.setMaxLength(MOST_CHARACTERS + 1)
        self.line.setAccessibleName(tr("Formula of the energy"))
        self.line.setPlaceholderText("x**4 - x**2 + y**2")
        self.line.setToolTip(
            TOOLTIP.format(coordinates=known, constants=", ".join(CONSTANTS), functions=", ".join(FUNCTIONS))
        )
        self.complaint = Complaint(f"{name}-error", tr("What is wrong with the formula"))
        self._rest = QTimer(self, interval=REST_MILLISECONDS, singleShot=True)
        self._rest.timeout.connect(self._take)
        self.line.textEdited.connect(self._judge)
        self.line.returnPressed.connect(self._take)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.line)
        layout.addWidget(self.complaint)

    @property
    def text(self) -> str:
        """The last text that was a formula."""
        return self._taken

    @property
    def fault(self) -> str:
        """Fault of the text in the line, in words; empty where it is a formula."""
        try:
            Formula(self.line.text(), self._coordinates)
        except FormulaError as error:
            return str(error)
        return ""

    def _judge(self) -> None:
        fault = self.fault
        self.complaint.show_fault(fault)
        self._rest.start() if not fault else self._rest.stop()
        self.judged.emit(not fault)

    def _take(self) -> None:
        self._rest.stop()
        if not self.fault:
            self._taken = self.line.text()
            self.taken.emit(self._taken)
