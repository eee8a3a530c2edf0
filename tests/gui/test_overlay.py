"""Results of one experiment laid over one another in the window, by a click, and saved so."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import RESULTS, Curve, Figure, Images, Panel, Role
from landscape_app.experiments.result import open_result
from landscape_app.gui.experiments.browser import Browser
from landscape_app.gui.experiments.findings_table import rows_of_all
from landscape_app.gui.experiments.page import ExperimentPage
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.widgets.panel_canvas import names_of
from tests.gui.driving import PATIENCE

X = np.linspace(0.0, 1.0, 5)


def panel(height: float) -> Panel:
    """A line of a result's own, and a truth that all share."""
    truth, own = Curve(X, X, "exact", Role.TRUTH, dashed=True), Curve(X, height * X, "Min-MaxEnt", Role.MODEL)
    return Panel("Lines", (truth, own), "x", "y")


def names(panel: Panel) -> list[str]:
    return [mark.name for mark in panel.marks if not isinstance(mark, Images) and mark.name]


class Lines(Experiment):
    """A line whose slope is chosen, beside one that is not."""

    name = "lines"
    title = "Lines"
    paper = "figure 0"
    summary = "It draws lines."
    parameters = (Parameter("slope", "Slope", 1.0, 2.0, 0.1, 9.0, "Of the line.", whole=False), SEED)
    minutes = (0.1, 0.1)

    def run(self, values: Values) -> Iterator[Progress]:
        """One step."""
        found = Finding("0", "Slope", "any", f"{values['slope']:g}", True)
        yield Progress(1.0, "", Figure(((panel(values["slope"]),),)), (found,))


@pytest.fixture
def browser(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    browser = Browser({"lines": Lines()}, LIGHT, settings, threads=1)
    qtbot.addWidget(browser)
    browser.resize(1100, 700)
    browser.show()
    yield browser
    browser.end()


def run(qtbot: QtBot, browser: Browser, slope: float) -> None:
    page, before = browser.page, len(browser.worker.state.entries)
    page.form.box("slope").set_value(slope)
    qtbot.mouseClick(page.run_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(browser.worker.state.entries) > before, timeout=PATIENCE)
    browser.poll()


def tick(qtbot: QtBot, page: ExperimentPage, rows: range) -> None:
    page.results.setFocus()
    for row in rows:
        page.results.setCurrentRow(row)
        qtbot.keyClick(page.results, Qt.Key.Key_Space)


def test_ticked_results_are_overlaid_by_a_click_and_saved_so(
    browser: Browser, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = browser.page
    for slope in (2.0, 3.0):
        run(qtbot, browser, slope)
    assert not page.overlay_button.isEnabled()
    tick(qtbot, page, range(2))
    qtbot.mouseClick(page.overlay_button, Qt.MouseButton.LeftButton)
    assert page.view.verdict.text() == "2 results overlaid"
    (canvas,) = page.view.figure.canvases
    assert names_of(canvas.panel) == ("slope 2", "slope 3", "Min-MaxEnt", "exact")
    assert [mark.role for mark in canvas.panel.marks[-2:]] == list(RESULTS[:2])  # type: ignore[union-attr]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    page.save_shown()
    qtbot.waitUntil(lambda: (tmp_path / "lines.h5").exists(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: browser.worker.state.message is not None, timeout=PATIENCE)
    saved = open_result(tmp_path / "lines.h5")
    assert names(saved.figure.panels[0])[:2] == ["slope 2", "slope 3"]
    qtbot.mouseClick(page.compare_button, Qt.MouseButton.LeftButton)
    assert page.view.verdict.text() == "2 results side by side"


class Slow(Lines):
    """Says that it has begun, and waits with its figure until it may go on."""

    def __init__(self) -> None:
        self.gate = threading.Event()

    def run(self, values: Values) -> Iterator[Progress]:
        """Waits, then does it."""
        while not self.gate.is_set():
            yield Progress(0.1, "Thinking", Figure())
            time.sleep(0.002)
        yield from super().run(values)


def test_a_figure_that_has_not_begun_is_announced_and_not_said_to_be_kept(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    browser = Browser({"lines": Slow()}, LIGHT, settings, threads=1)
    qtbot.addWidget(browser)
    page = browser.page
    page.start()

    def says(text: str) -> bool:
        browser.poll()
        return page.view.verdict.text() == text

    qtbot.waitUntil(lambda: says("Running · 10%"), timeout=PATIENCE)
    assert page.view.pages.currentIndex() == 0
    assert page.view.empty.text() == "The figure appears here with its first numbers."
    page.halt()
    qtbot.waitUntil(lambda: says("■ Stopped at 10%"), timeout=PATIENCE)
    assert "kept" not in page.view.detail.text()
    browser.end()


def test_more_results_than_there_are_colours_are_not_overlaid(browser: Browser, qtbot: QtBot) -> None:
    page = browser.page
    for number in range(len(RESULTS) + 1):
        run(qtbot, browser, 1.0 + number)
    tick(qtbot, page, range(len(RESULTS)))
    assert page.overlay_button.isEnabled()
    tick(qtbot, page, range(len(RESULTS), len(RESULTS) + 1))
    assert not page.overlay_button.isEnabled()
    assert page.compare_button.isEnabled()


def test_the_table_of_several_says_every_expectation() -> None:
    one, other = (
        [Finding("0", "S", f"{expected} nats", "1.0 nats", True), Finding("0", "KL", "0", "0", True)]
        for expected in (1, 2)
    )
    rows = rows_of_all(["a", "b"], [one, other])
    assert [row[2].text for row in rows.cells] == ["1 nats / 2 nats", "0"]
    assert [row[3].text for row in rows.cells] == ["✓ good: 1.0 nats", "✓ good: 0"]


def test_results_are_told_apart_by_what_differs() -> None:
    experiment = Lines()
    a, b = {"slope": 2.0, "seed": 0.0}, {"slope": 2.0, "seed": 1.0}
    assert experiment.tell_apart([a, b]) == ["seed 0", "seed 1"]
    assert experiment.tell_apart([a, {**b, "slope": 3.0}]) == ["seed 0 · slope 2", "seed 1 · slope 3"]
    assert experiment.tell_apart([a, a]) == ["seed 0 · full (1)", "seed 0 · full (2)"]
