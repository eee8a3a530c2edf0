"""Trust in Python files: asked by showing the code, remembered by its content, looked at and revoked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.trust import TrustDialog, TrustedDialog, is_trusted
from landscape_app.runs.trust import is_remembered, remember, trusted_sources
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.custom_field import EXAMPLE, FieldSource, source_of_text
from tests.gui.driving import PATIENCE

LEFT = Qt.MouseButton.LeftButton


def source(text: str = EXAMPLE, path: str = "tilt.py") -> FieldSource:
    return source_of_text(Path(path), text)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], list[str]]:
    """Answers every question from now on; returns the texts that were shown."""

    def answered(yes: bool) -> list[str]:
        shown: list[str] = []

        def closed(dialog: TrustDialog) -> QDialog.DialogCode:
            shown.append(dialog.text.toPlainText())
            return QDialog.DialogCode.Accepted if yes else QDialog.DialogCode.Rejected

        monkeypatch.setattr(TrustDialog, "exec", closed)
        return shown

    return answered


def test_trust_is_asked_once_and_remembered_by_content_not_by_place(
    qtbot: QtBot, answer: Callable[[bool], list[str]]
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    shown = answer(False)
    assert not is_trusted(window, source(), ())
    assert shown == [EXAMPLE]
    assert trusted_sources() == ()
    answer(True)
    assert is_trusted(window, source(), ())
    shown = answer(False)
    assert is_trusted(window, source(path="elsewhere/copy.py"), ())
    assert not shown
    # One letter more is another file, also in the same place.
    assert not is_trusted(window, source(EXAMPLE + "\n"), ())
    assert len(shown) == 1


def test_a_file_that_runs_other_code_is_named_as_that_and_asked_about_again(
    qtbot: QtBot, answer: Callable[[bool], list[str]]
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    code = "import math, helper\nfrom torch import nn\nfrom .near import y\n" + EXAMPLE
    assert source().other_code == ()
    assert source(code).other_code == (".", "helper")
    assert "also runs ., helper, which is not shown" in TrustDialog(source(code), window).advice.text()
    answer(True)
    assert is_trusted(window, source(code), ())
    assert not is_remembered(source(code).digest)
    # In the session the engine knows that it has run.
    assert is_trusted(window, source(code), {source(code).digest})


def test_signs_that_hide_what_the_code_does_are_named(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = TrustDialog(source(EXAMPLE + "# \u202egnp.esrever\u200b\n"), window)
    assert "# ‹U+202E›gnp.esrever‹U+200B›" in dialog.text.toPlainText()
    assert dialog.text.lineWrapMode() is dialog.text.LineWrapMode.WidgetWidth


def test_a_field_that_is_revoked_stops_at_once_and_is_shown_again(
    window: MainWindow, qtbot: QtBot, answer: Callable[[bool], list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "tilt.py"
    path.write_text(EXAMPLE)
    answer(True)
    assert is_trusted(window, source(path=str(path)), ())
    field = window.engine.session.composer.trust(source(path=str(path)))
    window.engine.trust_field(source(path=str(path)))
    window.steering.edit(Composition((Layer(field, 3.0),)))
    qtbot.waitUntil(lambda: len(window.engine.state.composition.acting) == 1, timeout=PATIENCE)
    window.show_trusted()
    dialog = window.findChild(TrustedDialog)
    assert dialog is not None
    assert [dialog.table.item(0, column).text() for column in (1, 3)] == ["tilt.py", field.digest[:12]]
    assert not dialog.one.isEnabled()
    dialog.table.selectRow(0)
    qtbot.mouseClick(dialog.one, LEFT)
    assert dialog.table.rowCount() == 0
    assert "No Python file is trusted" in dialog.note.text()
    assert not dialog.all.isEnabled()
    qtbot.waitUntil(lambda: not window.engine.state.composition.acting, timeout=PATIENCE)
    assert window.engine.state.trusted == frozenset()
    shown = answer(False)
    assert not is_trusted(window, source(path=str(path)), window.engine.state.trusted)
    assert shown
    dialog.accept()


def test_the_keys_stay_with_the_list_once_a_file_of_several_is_revoked(tmp_path: Path, qtbot: QtBot) -> None:
    for name in "abc":
        remember(name * 64, tmp_path / f"{name}.py", f"# {name}\n")
    dialog = TrustedDialog()
    qtbot.addWidget(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow, timeout=PATIENCE)
    dialog.table.selectRow(0)
    dialog.one.setFocus()
    qtbot.keyClick(dialog.one, Qt.Key.Key_Space)
    assert dialog.table.rowCount() == 2
    assert dialog.focusWidget() is dialog.table
