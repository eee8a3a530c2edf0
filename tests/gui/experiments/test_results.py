"""Results compared, looked at again, saved and opened."""

from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.experiments.result import open_result
from landscape_app.gui.experiments.browser import Browser
from landscape_app.gui.experiments.page import ExperimentPage
from landscape_app.gui.experiments.results_list import LIVE
from tests.gui.experiments.conftest import MakeWindow
from tests.gui.experiments.driving import (
    PATIENCE,
    Steps,
    browser_of,
    click,
    run,
    table_texts,
    type_into,
    unfold_results,
)


def test_results_stand_side_by_side(page: ExperimentPage, steps: Steps, qtbot: QtBot) -> None:
    run(qtbot, page, steps, seed=0)
    run(qtbot, page, seed=1, slope=1.5)
    assert not page.compare_button.isEnabled()
    unfold_results(qtbot, page)
    page.results.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_End):
        qtbot.keyClick(page.results, key)
        qtbot.keyClick(page.results, Qt.Key.Key_Space)
    click(qtbot, page.compare_button)
    assert page.view.verdict.text() == "2 results side by side"
    titles = [canvas.panel.title for canvas in page.view.figure.canvases]
    assert titles == [
        "seed 0 · slope 0.5\nLine",
        "seed 1 · slope 1.5\nLine",
        "seed 0 · slope 0.5\nDots",
        "seed 1 · slope 1.5\nDots",
    ]
    one, other = (canvas.limits for canvas in page.view.figure.canvases[:2])
    assert one == other
    assert table_texts(page)[0] == ["0", "Slope", "at most 1", "✓ good: 0.5", "✗ bad: 1.5"]
    # A column is narrower than such a name: it ends with dots, and all of it is told.
    head = page.view.table.horizontalHeaderItem(4)
    assert (head.text(), head.toolTip()) == ("seed 1 · slope 1.5",) * 2
    assert page.view.table.horizontalHeader().textElideMode() is Qt.TextElideMode.ElideRight
    qtbot.keyClick(page.results, Qt.Key.Key_Up)
    assert page.view.verdict.text() == "✗ 1 of 2 bad"


def test_an_older_result_can_be_looked_at_while_another_comes(
    page: ExperimentPage, steps: Steps, qtbot: QtBot
) -> None:
    run(qtbot, page, steps, slope=1.5)
    steps.gate.clear()
    click(qtbot, page.run_button)
    qtbot.waitUntil(lambda: page.results.current == LIVE, timeout=PATIENCE)
    unfold_results(qtbot, page)
    place: QRect = page.results.visualItemRect(page.results.item(1))
    qtbot.mouseClick(page.results.viewport(), Qt.MouseButton.LeftButton, pos=place.center())
    assert page.view.verdict.text() == "✗ 1 of 2 bad"
    steps.gate.set()
    qtbot.waitUntil(lambda: len(page.entries) == 2, timeout=PATIENCE)
    assert page.results.current == 0


def test_return_takes_the_settings_of_a_result_over(page: ExperimentPage, steps: Steps, qtbot: QtBot) -> None:
    run(qtbot, page, steps, seed=5, slope=1.25)
    click(qtbot, page.form.quick)
    type_into(qtbot, page.form.box("seed"), "0")
    qtbot.keyClick(page.window(), Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert page.results.hasFocus()
    qtbot.keyClick(page.results, Qt.Key.Key_Return)
    assert page.form.values == {"steps": 5, "slope": 1.25, "seed": 5}


def test_a_result_is_saved_beside_others_and_opened_again(
    page: ExperimentPage,
    browser: Browser,
    steps: Steps,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "results"))
    run(qtbot, page, steps, seed=3)
    for number in (1, 2):
        click(qtbot, page.view.save_button)
        qtbot.waitUntil(lambda n=number: browser.worker.state.message_number == n, timeout=PATIENCE)
    names = {path.name for path in (tmp_path / "results").iterdir()}
    assert names == {f"steps{tail}.{kind}" for tail in ("", "-2") for kind in ("h5", "png", "svg")}
    saved = open_result(tmp_path / "results" / "steps.h5")
    assert saved.values == {"steps": 5, "slope": 0.5, "seed": 3}
    assert saved.has_passed
    browser.list.choose("textbook")
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "results" / "steps-2.h5"), "")
    )
    unfold_results(qtbot, browser.page)
    click(qtbot, browser.page.open_button)
    qtbot.waitUntil(lambda: browser.page is page and len(page.entries) == 2, timeout=PATIENCE)
    assert "steps-2.h5" in page.results.item(0).text()
    assert page.results.current == 1


def test_a_comparison_is_saved_with_every_verdict(
    page: ExperimentPage,
    browser: Browser,
    steps: Steps,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "results"))
    run(qtbot, page, steps)
    run(qtbot, page)
    for row in range(2):
        page.results.item(row).setCheckState(Qt.CheckState.Checked)
    unfold_results(qtbot, page)
    click(qtbot, page.compare_button)
    page.save_shown()
    qtbot.waitUntil(lambda: browser.worker.state.message is not None, timeout=PATIENCE)
    saved = open_result(tmp_path / "results" / "steps.h5")
    assert len(saved.figure.panels) == 4
    assert [finding.quantity for finding in saved.findings][:1] == ["seed 0 (1): Slope"]


def test_a_file_that_is_no_result_is_told(
    browser: Browser, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "foreign.h5").write_bytes(b"not a result")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "foreign.h5"), ""))
    browser.open()
    qtbot.waitUntil(browser.banner.isVisible, timeout=PATIENCE)
    assert "foreign.h5" in browser.banner.text.text()


def test_a_folder_that_cannot_be_written_is_told(
    page: ExperimentPage,
    browser: Browser,
    steps: Steps,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "file"))
    run(qtbot, page, steps)
    click(qtbot, page.view.save_button)
    qtbot.waitUntil(browser.banner.isVisible, timeout=PATIENCE)
    assert "choose another folder" in browser.banner.text.text()


def test_the_last_result_is_there_the_next_time(make_window: MakeWindow, qtbot: QtBot) -> None:
    steps = Steps()
    first = make_window({"steps": steps})
    run(qtbot, browser_of(first).page, steps, seed=9)
    first.end()
    second = make_window({"steps": Steps()})
    page = browser_of(second).page
    qtbot.waitUntil(lambda: len(page.entries) == 1, timeout=PATIENCE)
    assert page.results.item(0).text().startswith("seed 9\n✓ All 2 good")
    assert "earlier" in page.results.item(0).text()
    assert page.view.verdict.text() == "✓ All 2 good"
