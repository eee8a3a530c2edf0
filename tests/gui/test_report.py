"""File ▸ Report: the page of the run on view is the one that the command writes, and is offered to be opened."""

from pathlib import Path

import pytest
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from landscape_app.experiments.run_page import page_of
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.report import ReportWriter
from landscape_app.runs import read_run
from tests.gui.driving import PATIENCE


def test_the_page_of_the_run_on_view_is_written_and_opened(
    window: MainWindow, small_run: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "page"), ""))
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    window.findChild(QAction, "action-report").trigger()
    report = window.report
    assert isinstance(report, ReportWriter)
    qtbot.waitUntil(lambda: report.offer is not None and report.offer.isVisible(), timeout=PATIENCE)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    of_file = page_of(read_run(small_run), small_run.name)
    # It is measured, and has samples, of the moment; the plots and tables are the same.
    titles = ["Energies beyond those of the training set", "How it was made", "Final figures"]
    titles.append("Equilibrium not tested: Test convergence.")
    assert all(title in text for title in titles for text in (page, of_file))
    assert f"<h1>{small_run.name}</h1>" in page
    report.offer.button(QMessageBox.StandardButton.Close)
    next(button for button in report.offer.buttons() if button.objectName() == "report-open").click()
    assert opened == [str(tmp_path / "page.html")]


def test_a_place_that_cannot_be_written_is_told_at_once(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *a: told.append(a[-1]))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "page.html"), ""))
    window.findChild(QAction, "action-report").trigger()
    assert "there is no folder" in told[0]
