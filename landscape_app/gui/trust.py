"""Python files of the user: chosen, shown before they run, remembered once they are trusted, and taken back."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.file_dialogs import ask_to_open, ask_to_save
from landscape_app.gui.widgets.screens import place
from landscape_app.gui.widgets.tables import HeadedTable
from landscape_app.language import tr
from landscape_app.physics.fields import CodeError, FieldError
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.trust import TrustedSource, is_remembered, remember, revoke, trusted_sources
from landscape_app.session.custom_field import TEMPLATE, FieldSource, read_source

CODE = tr("Python (*.py);;All files (*)")


class TrustDialog(QDialog):
    """Run this file? It can do anything that you can.

    Args:
        source: as it was read; nothing of it has run.
        parent: the window.
    """

    def __init__(self, source: FieldSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trust-dialog")
        self.setWindowTitle(tr("Run this file?"))
        question = set_name(QLabel(tr("Run this file? It can do anything that you can.")), "heading")
        path = set_name(QLabel(_visible(str(source.path))), "muted")
        path.setTextFormat(Qt.TextFormat.PlainText)
        path.setWordWrap(True)
        self.text = set_name(QPlainTextEdit(_visible(source.text)), "trust-source")
        self.text.setAccessibleName(tr("Source of the file"))
        self.text.setToolTip(tr("All of the file, as it was read; nothing of it has run"))
        self.text.setReadOnly(True)
        # Nothing of it is out of sight to the right.
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        others = ", ".join(source.other_code)
        self.advice = QLabel(
            f"{tr('Run it only if you wrote it or know what every line does.')} "
            + (
                tr(
                    "It also runs {others}, which is not shown here, so the answer is not remembered.",
                    others=others,
                )
                if others
                else tr("You are asked again when it changes; Tools ▸ Trusted Python files… takes it back.")
            )
        )
        self.advice.setWordWrap(True)
        # Qt's own box of buttons lets the Tab key reach only one of them under our style.
        self.run = set_name(QPushButton(), "trust-run", text=tr("Run this file"))
        self.run.setToolTip(tr("Runs the file once, and its function energy(x) at every step of the chains"))
        self.cancel = set_name(QPushButton(), "trust-cancel", text=tr("Cancel"))
        self.cancel.setToolTip(tr("Runs nothing of it"))
        self.run.setAutoDefault(False)
        self.cancel.setDefault(True)
        self.run.clicked.connect(self.accept)
        self.cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.run)
        buttons.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        for widget in (question, path, self.text, self.advice):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        place(self, 640, 480)
        self.cancel.setFocus()


def _visible(text: str) -> str:
    """A text whose signs that are not seen, such as those that turn the direction of writing round, are named."""
    return "".join(f"‹U+{ord(sign):04X}›" if unicodedata.category(sign) == "Cf" else sign for sign in text)


class TrustedDialog(QDialog):
    """Python files that run without a question, to be looked at and taken back.

    Args:
        parent: the window.

    Signals:
        revoked: digests of files that are no longer trusted.
    """

    revoked = Signal(object)

    HEADS = (
        (tr("Trusted"), tr("Day on which you have said that it may run")),
        (
            tr("File"),
            tr("Where it lay then; a copy elsewhere is the same file, and a changed one is another"),
        ),
        (tr("First lines"), tr("Of the file; all of what is remembered of its text")),
        ("SHA-256", tr("Of the file's text, by which it is known again: the first of its 64 digits")),
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trusted-dialog")
        self.setWindowTitle(tr("Trusted Python files"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.table = HeadedTable("trusted-table", tr("Trusted Python files"), self.HEADS, selects_rows=True)
        self.table.horizontalHeader().setStretchLastSection(True)
        for column, width in enumerate((110, 220, 260)):
            self.table.setColumnWidth(column, width)
        self.one = set_name(QPushButton(tr("Revoke")), "trusted-revoke")
        self.one.setToolTip(
            tr("The selected file is shown again before it runs; where it acts now, it stops")
        )
        self.all = set_name(QPushButton(tr("Revoke all")), "trusted-revoke-all")
        self.all.setToolTip(tr("Every file of the list is shown again before it runs"))
        self.close_button = set_name(QPushButton(tr("Close")), "trusted-close")
        self.close_button.setToolTip(tr("Close the list (Esc)"))
        self.close_button.setDefault(True)
        self.one.clicked.connect(self._revoke_one)
        self.all.clicked.connect(lambda: self._revoke(self.sources))
        self.close_button.clicked.connect(self.accept)
        self.table.itemSelectionChanged.connect(self._show_buttons)
        buttons = QHBoxLayout()
        for button in (self.one, self.all):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.note)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)
        self.sources: tuple[TrustedSource, ...] = ()
        self._show()
        place(self, 760, 360)

    def _show(self) -> None:
        """Reads the list anew, the latest first."""
        try:
            self.sources = trusted_sources()[::-1]
            text = (
                tr(
                    "These files run without a question. A field that is revoked stops at once, a run whose energy "
                    "is revoked once another one is opened. Files that import other code are asked about in every "
                    "session."
                )
                if self.sources
                else tr("No Python file is trusted: each is shown before it runs.")
            )
        except RunFileError as error:
            self.sources, text = (), capitalised(str(error))
        self.note.setText(text)
        self.table.setRowCount(len(self.sources))
        for row, source in enumerate(self.sources):
            when = source.when.astimezone()
            texts = (
                f"{when:%Y-%m-%d}",
                Path(source.path).name,
                source.first_lines.partition("\n")[0],
                source.digest[:12],
            )
            tips = (f"{when:%c}", source.path, source.first_lines, source.digest)
            for column, (words, tip) in enumerate(zip(texts, tips, strict=True)):
                item = QTableWidgetItem(_visible(words))
                # Qt would take what looks like HTML for that.
                item.setToolTip(f"<pre>{html.escape(_visible(tip))}</pre>")
                self.table.setItem(row, column, item)
        self.table.clearSelection()
        self._show_buttons()

    def _show_buttons(self) -> None:
        self.one.setEnabled(bool(self.table.selectedItems()))
        self.all.setEnabled(bool(self.sources))

    def _revoke_one(self) -> None:
        self._revoke((self.sources[self.table.currentRow()],))

    def _revoke(self, sources: Collection[TrustedSource]) -> None:
        digests = frozenset(source.digest for source in sources)
        try:
            revoke(digests)
        except RunFileError as error:
            QMessageBox.warning(self, tr("Not revoked"), capitalised(str(error)))
        self.revoked.emit(digests)
        # Else the keys would go from the button that is now off to the one that revokes all.
        self.table.setFocus()
        self._show()


def choose_code(parent: QWidget, what: str) -> Path | None:
    """Asks for a Python file.

    Args:
        parent: of the dialog.
        what: the file in words, such as "the field's file".
    """
    name = ask_to_open(parent, capitalised(tr("Choose {file}", file=what)), "", CODE)
    return Path(name) if name else None


def begin_code(parent: QWidget, what: str, shape: tuple[int, ...]) -> Path | None:
    """Asks for a Python file that there is, or writes a template to begin with.

    Args:
        parent: of the dialogs.
        what: the file in words, such as "the field's file".
        shape: of a configuration.
    """
    box = QMessageBox(parent)
    box.setObjectName("begin-code")
    box.setWindowTitle(tr("Python file"))
    box.setText(capitalised(tr("Open {file}, or begin with a template?", file=what)))
    box.setInformativeText(
        tr(
            "The template has a function energy(x) that runs as it is; write your own in any editor, then press "
            "Reload."
        )
    )
    opening = box.addButton(tr("Open a file…"), QMessageBox.ButtonRole.AcceptRole)
    beginning = box.addButton(tr("Template…"), QMessageBox.ButtonRole.AcceptRole)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    for button, name, tip in (
        (opening, "begin-open", tr("Choose a Python file with a function energy(x)")),
        (beginning, "begin-template", tr("Choose where to write the template")),
        (cancel, "begin-cancel", tr("Add nothing")),
    ):
        set_name(button, name).setToolTip(tip)
    box.setDefaultButton(opening)
    box.exec()
    chosen = box.clickedButton()
    box.deleteLater()
    if chosen is beginning:
        return write_template(parent, shape)
    return choose_code(parent, what) if chosen is opening else None


def write_template(parent: QWidget, shape: tuple[int, ...]) -> Path | None:
    """Asks where to, and writes a file to begin with; returns where, or None where nothing was written.

    Args:
        parent: of the dialog.
        shape: of a configuration.
    """
    name, _ = ask_to_save(parent, tr("Write a template"), "energy.py", CODE)
    if not name:
        return None
    path = Path(name) if Path(name).suffix else Path(name).with_suffix(".py")
    try:
        path.write_text(TEMPLATE.format(shape=", ".join(map(str, shape))), encoding="utf-8")
    except OSError as error:
        QMessageBox.warning(
            parent,
            tr("Not written"),
            tr("{name} cannot be written: {reason}", name=path.name, reason=error.strerror or error),
        )
        return None
    return path


def reviewed(
    parent: QWidget, path: Path, trusted: Collection[str], error: type[CodeError] = FieldError
) -> FieldSource | CodeError | None:
    """Reads a Python file, and asks whether to run it unless it is trusted already.

    Args:
        parent: of the dialog.
        path: of the file.
        trusted: digests of the sources that may run.
        error: kind of what is wrong with the file.

    Returns:
        The source that may run; what is wrong with the file; None where the person does not want it to run.
    """
    try:
        source = read_source(path, error)
    except CodeError as failure:
        return failure
    return source if is_trusted(parent, source, trusted) else None


def is_trusted(parent: QWidget, source: FieldSource, trusted: Collection[str]) -> bool:
    """True if a source may run: it is trusted already, in this session or before, or the person says so now.

    What the person says is remembered, unless the source runs other code, which was not shown.
    """
    if source.digest in trusted or is_remembered(source.digest):
        return True
    if TrustDialog(source, parent).exec() != QDialog.DialogCode.Accepted:
        return False
    if not source.other_code:
        # Where it cannot be remembered, it is asked again.
        with suppress(RunFileError):
            remember(source.digest, source.path, source.text)
    return True
