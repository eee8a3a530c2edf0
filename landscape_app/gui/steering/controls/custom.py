"""Controls of a custom field: its file, whether it is trusted, and what went wrong with it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton

from landscape_app.counting import capitalised
from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.steering.controls.field_controls import FieldControls
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.language import tr
from landscape_app.physics.fields import CustomField, Field


class CustomControls(FieldControls):
    """The file, whether it is trusted, and its errors."""

    field_type = CustomField
    title = tr("User-defined field…")
    meaning = tr("A Python file with one function of x")

    def __init__(self, context: FieldContext, signals: FieldSignals, theme: Theme) -> None:
        super().__init__(context, signals, theme)
        self._field: CustomField | None = None
        self._context = FieldContext()
        self._failed = False
        self.path = set_name(ShortenedLabel(), "muted")
        self.path.setAccessibleName(tr("File of the field"))
        self.state = set_name(QLabel(), "muted")
        self.state.setAccessibleName(tr("Whether the file is trusted"))
        self.state.setWordWrap(True)
        self.error = QLabel()
        self.error.setObjectName("custom-error")
        self.error.setProperty("kind", "complaint")
        self.error.setWordWrap(True)
        self.error.setVisible(False)
        self.choose = set_name(QPushButton(tr("Choose file…")), "custom-choose")
        self.choose.setToolTip(
            tr("Another Python file with a function energy(x); it is shown before it runs")
        )
        self.choose.clicked.connect(lambda: signals.file.emit(self))
        self.reload = set_name(QPushButton(tr("Reload")), "custom-reload")
        self.reload.setToolTip(
            tr("Reads the file again; where it has changed, or is not trusted yet, it is shown first")
        )
        self.reload.clicked.connect(lambda: signals.reload.emit(self))
        row = QHBoxLayout()
        row.addWidget(self.choose)
        row.addWidget(self.reload)
        for widget in (self.path, self.state, self.error):
            self.body.addWidget(widget)
        self.body.addLayout(row)

    @classmethod
    def new_field(cls, context: FieldContext) -> CustomField:
        """None without a file: `CustomFiles.add` asks for one.

        Raises:
            ValueError: always.
        """
        raise ValueError(tr("a user-defined field needs a file"))

    @property
    def field(self) -> CustomField | None:
        """Value on show."""
        return self._field

    def show_field(self, field: Field) -> None:
        """Shows the file."""
        assert isinstance(field, CustomField)
        if self._field is not None and field != self._field:
            self.show_error("")
        self._field = field
        self.path.setText(field.path)
        self._show_state()

    def show_context(self, context: FieldContext) -> None:
        """Says whether the file may run."""
        self._context = context
        self._show_state()

    def show_error(self, text: str, failed: bool = False) -> None:
        """Shows what went wrong, until the file is another one.

        Args:
            text: what; empty for nothing.
            failed: whether the field itself has failed, rather than a file that was to take its place.
        """
        # A field that has failed is still one that does nothing where another file cannot take its place.
        self._failed = failed or (self._failed and bool(text))
        self.error.setText(capitalised(text))
        self.error.setVisible(bool(text))
        self._show_state()

    def _show_state(self) -> None:
        trusted = self._field is not None and self._field.digest in self._context.trusted
        runs = tr("Trusted, but it has failed") if self._failed else tr("Trusted: it runs")
        self.state.setText(runs if trusted else tr("Not trusted yet, or no longer: it does nothing"))
        self.reload.setText(tr("Reload") if trusted else tr("Load and run…"))


CONTROLS: tuple[type[FieldControls], ...] = (CustomControls,)
