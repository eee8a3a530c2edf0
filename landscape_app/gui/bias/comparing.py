"""Two compositions in the editor: A, which is kept, beside B, which is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from landscape_app.gui.frame import Frame
from landscape_app.session import Composition

if TYPE_CHECKING:
    from landscape_app.gui.bias.editor import BiasEditor


class Comparing(QObject):
    """What the buttons of a comparison do.

    Every wish has a number, and frames say which the engine has done last: so it is told apart whether the engine has
    ended a comparison by itself, or has not come to begin it.

    Signals:
        asked: A, or None for the end of a comparison, and the number of the wish.

    Args:
        editor: whose compositions; the present one is B.
    """

    asked = Signal(object, int)

    def __init__(self, editor: BiasEditor) -> None:
        super().__init__(editor)
        self._editor = editor
        self._request = 0
        self.reference: Composition | None = None
        """A, while two are compared."""
        tools = editor.tools
        tools.compared.connect(self.compare)
        tools.swapped.connect(self.swap)
        tools.kept.connect(lambda: self.compare(False))
        tools.returned.connect(self.go_back)

    def compare(self, on: bool) -> None:
        """Keeps the present composition as A, or goes on with B alone."""
        self._compare_with(self._editor.composition if on else None)

    def swap(self) -> None:
        """A and B change places."""
        if self.reference is not None:
            a, b = self.reference, self._editor.composition
            self._compare_with(b)
            self._editor.edit(a)

    def go_back(self) -> None:
        """Ends the comparison with A."""
        if self.reference is not None:
            reference = self.reference
            self._compare_with(None)
            self._editor.edit(reference)

    def show_frame(self, frame: Frame) -> None:
        """Follows the engine, where that has ended the comparison: as the model trains, or A cannot be."""
        if self.reference is not None and frame.compared is None and frame.comparison == self._request:
            self.forget()

    def forget(self) -> None:
        """There is no comparison: another session has come on view, or the engine has ended it."""
        self.reference = None
        self._editor.tools.show_comparison("")

    def _compare_with(self, reference: Composition | None) -> None:
        self.reference = reference
        self._request += 1
        self._editor.tools.show_comparison("" if reference is None else reference.formula)
        self.asked.emit(reference, self._request)
