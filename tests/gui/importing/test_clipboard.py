"""Data that are pasted: cells as a spreadsheet copies them, files that were copied, and what is refused."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.data.importing.folders import Files
from landscape_app.gui.importing.clipboard import Pasted, pasted_in
from landscape_app.gui.main_window import MainWindow
from landscape_app.runs import read_run
from landscape_app.session.dataset_io import open_data
from tests.gui.driving import PATIENCE
from tests.gui.importing.driving import dialog_of, page_of, wait_ready

POINTS = np.random.default_rng(0).normal(size=(60, 2)).round(3)
CELLS = "\n".join(["Länge\tBreite", *(f"{a}\t{b}".replace(".", ",") for a, b in POINTS.tolist())]) + "\n"
"""As a German spreadsheet copies them."""


@pytest.fixture(autouse=True)
def cleared(qapp: QApplication) -> Iterator[None]:
    """Takes off the clipboard what Python made: Qt would look at it once Python has ended, and crash."""
    yield
    qapp.clipboard().clear()


def copy(**content: object) -> None:
    """Puts a text, a text in HTML, an image or files on the clipboard."""
    data = QMimeData()
    if "text" in content:
        data.setText(str(content["text"]))
        data.setHtml("<table><tr><td>of another table</td></tr></table>")
    if "image" in content:
        data.setImageData(QImage(8, 8, QImage.Format.Format_RGB32))
    if "files" in content:
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in content["files"]])  # type: ignore[attr-defined]
    QGuiApplication.clipboard().setMimeData(data)


def press_paste(window: object, qtbot: QtBot) -> None:
    """Presses Ctrl+V."""
    qtbot.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def test_cells_of_a_spreadsheet_are_pasted_looked_at_and_saved(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy(text=CELLS)
    press_paste(window, qtbot)
    dialog = dialog_of(window, qtbot)
    wait_ready(dialog, qtbot)
    page = page_of(dialog)
    assert page.title.text().startswith("clipboard 20")
    assert page.summary.text().startswith("A table of 60 rows and 2 columns. 48 to learn from, 12 held out")
    path = tmp_path / "pasted.h5"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(path), ""))
    qtbot.mouseClick(dialog.foot.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.foot.state.text().startswith("Saved"), timeout=PATIENCE)
    dataset, _ = open_data(path)
    np.testing.assert_allclose(dataset.items, POINTS, atol=1e-6)
    assert [column.name for column in dataset.columns] == ["Länge", "Breite"]
    assert read_run(path).provenance["imported_from"] == dataset.name == page.title.text()

    # A field of the dialog takes the key for its own text, the dialog for data.
    copy(text="survey")
    line = page.form.name.line
    line.selectAll()
    press_paste(line, qtbot)
    assert line.text() == "survey"
    assert dialog.found is page
    copy(text="x\ty\n" + "".join(f"{i / 4}\t{i % 7}\n" for i in range(30)))
    press_paste(dialog, qtbot)
    qtbot.waitUntil(lambda: dialog.found not in (None, page), timeout=PATIENCE)
    assert page_of(dialog).summary.text().startswith("A table of 30 rows and 2 columns")
    page_of(dialog).reading.header.box.setCurrentIndex(2)
    qtbot.waitUntil(
        lambda: dialog.found is not None and "31 rows" in dialog.found.summary.text(), timeout=PATIENCE
    )


def test_what_is_no_data_is_refused_with_what_can_be_pasted(window: MainWindow, qtbot: QtBot) -> None:
    copy(image=True)
    press_paste(window, qtbot)
    assert "One image is no data set: three at least are needed" in window.banner.text.text()
    window.importing.open_dialog()
    dialog = dialog_of(window, qtbot)
    copy()
    qtbot.mouseClick(dialog.start.paste, Qt.MouseButton.LeftButton)
    assert dialog.start.message.text().startswith("There are no data on the clipboard")
    copy(text="No table at all")
    qtbot.mouseClick(dialog.start.paste, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "no rows" in dialog.start.message.text(), timeout=PATIENCE)
    assert dialog.chosen is None


def test_a_file_that_was_copied_is_opened_and_many_are_not(survey: Path, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(survey))])
    assert pasted_in(data) == Files(survey)
    data.setUrls([QUrl.fromLocalFile(str(survey))] * 2)
    with pytest.raises(ValueError, match="drop it alone, or put all rows into one file"):
        pasted_in(data)
    data = QMimeData()
    data.setText(CELLS)
    found = pasted_in(data)
    assert isinstance(found, Pasted)
    assert found.text == CELLS
