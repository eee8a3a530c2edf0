"""Python source of the run on view, to be read, copied or saved: its model in a few lines, or all as a script."""

from __future__ import annotations

import math
import re
from pathlib import Path

from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QGuiApplication,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised, counted
from landscape_app.data import SHIPPED_MODEL, asset_path
from landscape_app.gui.state import EngineState, Facts, Origin
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.file_dialogs import ask_to_save
from landscape_app.gui.widgets.screens import place
from landscape_app.language import tr
from landscape_app.runs import RunFileError, atomic_write
from landscape_app.session.script import model_snippet, plain_name, script_of, trained_epochs

PYTHON_FILES = tr("Python (*.py);;All files (*)")
MOST_SIZE = 1_000, 760


class CodeDialog(QDialog):
    """Shows Python source, to be copied or saved.

    Args:
        title: of the window.
        meaning: what the source does, in a sentence or two.
        code: the source.
        file_name: to suggest where it is saved.
        theme: colours.
        parent: the window.
    """

    def __init__(
        self, title: str, meaning: str, code: str, file_name: str, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("code-dialog")
        self.setWindowTitle(title)
        self._file_name = file_name
        explanation = set_name(QLabel(meaning), "muted")
        explanation.setWordWrap(True)
        self.code = set_name(QPlainTextEdit(code), "code-text")
        self.code.setAccessibleName(title)
        self.code.setToolTip(tr("Select all or some of it with the mouse or with Shift and the arrow keys"))
        self.code.setReadOnly(True)
        self.code.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.code.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.code.setTabChangesFocus(True)
        self._colours = PythonColours(self.code.document(), theme)
        self.told = set_name(QLabel(), "muted")
        self.told.setAccessibleName(tr("What was done with the source"))
        # Qt's own box of buttons lets the Tab key reach only one of them under our style.
        self.copy = set_name(QPushButton(), "code-copy", text=tr("&Copy"))
        self.copy.setToolTip(tr("Put all of it on the clipboard"))
        self.save = set_name(QPushButton(), "code-save", text=tr("&Save…"))
        self.save.setToolTip(tr("Write it to a Python file"))
        self.close_button = set_name(QPushButton(), "code-close", text=tr("Close"))
        self.close_button.setToolTip(tr("Close this window (Esc)"))
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._save)
        self.close_button.clicked.connect(self.reject)
        self.save.setAutoDefault(False)
        self.close_button.setAutoDefault(False)
        self.copy.setDefault(True)
        row = QHBoxLayout()
        row.addWidget(self.told, 1)
        for button in (self.copy, self.save, self.close_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addWidget(explanation)
        layout.addWidget(self.code, 1)
        layout.addLayout(row)
        self._fit(code)
        self.copy.setFocus()

    def _fit(self, code: str) -> None:
        """As large as the source needs, within bounds."""
        self.code.ensurePolished()
        lines, metrics = code.splitlines(), self.code.fontMetrics()
        widest = max((metrics.horizontalAdvance(line) for line in lines), default=0)
        height = (len(lines) + 2) * metrics.lineSpacing() + 130
        place(self, min(widest + 90, MOST_SIZE[0]), min(max(height, 260), MOST_SIZE[1]))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.code.toPlainText())
        self.told.setText(tr("Copied."))

    def _save(self) -> None:
        name, _ = ask_to_save(self, self.windowTitle(), self._file_name, PYTHON_FILES)
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".py")
        try:
            with atomic_write(path) as part:
                part.write_text(self.code.toPlainText(), encoding="utf-8")
        except RunFileError as error:
            text = str(error)
            QMessageBox.warning(self, tr("Not saved"), capitalised(text))
            return
        self.told.setText(tr("Saved {name}.", name=path.name))


class PythonColours(QSyntaxHighlighter):
    """Comments and strings in quieter colours, words of the language in a stronger one.

    Args:
        document: the source.
        theme: colours.
    """

    WORDS = re.compile(r"\b(import|from|for|in|as|True|False|None)\b")
    TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
    COMMENT = re.compile(r"#.*")
    INSIDE = 1
    """State of a line that ends within a docstring."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._word, self._quoted, self._quiet = (
            _format(colour) for colour in (theme.accent, theme.model, theme.muted)
        )

    def highlightBlock(self, text: str) -> None:
        """Colours a line."""
        inside = self.previousBlockState() == self.INSIDE
        quotes = text.count('"""')
        self.setCurrentBlockState(self.INSIDE if (inside + quotes) % 2 else 0)
        if inside or quotes:
            self.setFormat(0, len(text), self._quiet)
            return
        for found in self.WORDS.finditer(text):
            self.setFormat(found.start(), len(found.group()), self._word)
        quoted = list(self.TEXT.finditer(text))
        for found in quoted:
            self.setFormat(found.start(), len(found.group()), self._quoted)
        for found in self.COMMENT.finditer(text):
            if not any(q.start() < found.start() < q.end() for q in quoted):
                self.setFormat(found.start(), len(found.group()), self._quiet)


def _format(colour: str) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setForeground(QColor(colour))
    return form


def show_model_in_python(window: QWidget, theme: Theme, state: EngineState) -> None:
    """Shows the lines of Python that load the model on view; nothing before there is one."""
    facts = state.facts
    if facts is None:
        return
    file, advice = _model_file(state, facts)
    _open(
        window,
        theme,
        tr("Use this model in Python"),
        tr(
            "Lines that load the model and evaluate H(x), to be pasted where Landscape is installed. {advice}",
            advice=advice,
        ),
        model_snippet(file, facts.space, None if state.latest is None else state.epoch),
        "use_model.py",
    )


def show_as_script(window: QWidget, theme: Theme, state: EngineState) -> None:
    """Shows what was done with the run on view as a script; nothing before there is one."""
    facts = state.facts
    if facts is None:
        return
    data_file = None if facts.path is None else str(facts.path.resolve())
    epochs = trained_epochs(state.journal, state.epoch)
    seconds = float(state.history.last.get("seconds", math.nan))
    meaning = tr(
        "What was done with this run so far, as a script that does it again. Its first lines say what comes out the "
        "same."
    )
    if epochs:
        meaning = tr(
            "What was done with this run so far, as a script that does it again. It trains for {epochs}; its first "
            "lines say what comes out the same.",
            epochs=counted(epochs, "epoch"),
        )
    _open(
        window,
        theme,
        tr("Show as script"),
        meaning,
        script_of(state.journal, state.epoch, data_file, seconds, facts.class_names),
        f"{plain_name(facts.configuration.problem)}_script.py",
    )


def _model_file(state: EngineState, facts: Facts) -> tuple[str, str]:
    """Path of the file that holds the model on view, and what is to be known of it."""
    if facts.origin is Origin.SHIPPED:
        return str(asset_path(SHIPPED_MODEL)), tr("This is the model that comes with Landscape.")
    if facts.path is None:
        name = f"{plain_name(facts.configuration.problem)}-run.h5"
        return name, tr("This run is in no file yet: save it as {name} first (Ctrl+S).", name=name)
    if state.unsaved:
        return str(facts.path.resolve()), tr("Save the run first (Ctrl+S): its file holds an earlier state.")
    return str(facts.path.resolve()), ""


def _open(window: QWidget, theme: Theme, title: str, meaning: str, code: str, file_name: str) -> None:
    dialog = CodeDialog(title, meaning, code, file_name, theme, window)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
