"""The experiment browser, driven with mouse and keys."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QSettings, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QFileDialog,
    QMessageBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from landscape_app.experiments import (
    EXPERIMENTS,
    Experiment,
    Finding,
    Parameter,
    Progress,
    Values,
    open_result,
)
from landscape_app.experiments.experiment import SEED
from landscape_app.experiments.figure import Curve, Figure, Panel, Points
from landscape_app.experiments.sketches import SKETCHES, sketch
from landscape_app.gui.experiments.browser import Browser
from landscape_app.gui.experiments.page import Page
from landscape_app.gui.experiments.results_list import LIVE
from landscape_app.gui.experiments.runner import Ending, Runner
from landscape_app.gui.experiments.thumbnail import SIZE, thumbnail
from landscape_app.gui.experiments.window import ExperimentsWindow
from landscape_app.gui.experiments.words import describe_seconds
from landscape_app.gui.theme import DARK, LIGHT, apply_theme

PATIENCE = 20_000
GATE = 3
"""Step at which `Steps` waits."""


class Steps(Experiment):
    """Takes some steps; at the third it waits until it may go on."""

    name = "steps"
    title = "Steps"
    paper = "figure 0"
    summary = "It takes steps. " * 12
    parameters = (
        Parameter("steps", "Steps", 5, 50, 1, 1000, "How many."),
        Parameter("slope", "Slope", 0.5, 0.5, 0.01, 2.0, "Of the line.", whole=False),
        SEED,
    )
    minutes = (0.1, 30.0)

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.closed = False
        self.threads: set[str] = set()

    def run(self, values: Values) -> Iterator[Progress]:
        """A line that grows."""
        steps = int(values["steps"])
        try:
            for step in range(1, steps + 1):
                self.threads.add(threading.current_thread().name)
                progress = Progress(step / steps, f"Step {step}", self._figure(step, values))
                while step == GATE and not self.gate.is_set():
                    yield progress
                    time.sleep(0.002)
                yield progress if step < steps else self._last(progress, values)
        finally:
            self.closed = True

    @staticmethod
    def _figure(step: int, values: Values) -> Figure:
        x = np.arange(step + 1.0)
        line = Curve(x, (1 + values["seed"]) * values["slope"] * x, "line")
        dots = Points(x, x, "dots")
        return Figure(((Panel("Line", (line,), "step", "height"), Panel("Dots", (dots,), "step", "dot")),))

    @staticmethod
    def _last(progress: Progress, values: Values) -> Progress:
        good = values["slope"] <= 1
        findings = (
            Finding("0", "Slope", "at most 1", f"{values['slope']:g}", bool(good)),
            Finding("0", "Steps", "any", f"{values['steps']:g}", True),
        )
        return Progress(1.0, progress.doing, progress.figure, findings)


class Failing(Steps):
    """Fails after two steps."""

    name = "failing"
    title = "Failing"

    def run(self, values: Values) -> Iterator[Progress]:
        """Two steps."""
        for step in (1, 2):
            yield Progress(step / 5, "", self._figure(step, values))
        raise RuntimeError("the energies became infinite")


@pytest.fixture
def steps() -> Steps:
    return Steps()


MakeWindow = Callable[[Mapping[str, Experiment]], ExperimentsWindow]


@pytest.fixture
def make_window(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Mapping[str, Experiment]], ExperimentsWindow]]:
    """Makes windows on some experiments, which are ended afterwards; results are kept in a folder of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    windows: list[ExperimentsWindow] = []

    def make(experiments: Mapping[str, Experiment]) -> ExperimentsWindow:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, LIGHT)
        settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
        window = ExperimentsWindow(LIGHT, settings, lambda: experiments, threads=1)
        windows.append(window)
        window.bring_up()
        qtbot.waitUntil(lambda: window.browser is not None, timeout=PATIENCE)
        return window

    yield make
    for window in windows:
        if window.browser is not None:
            for experiment in window.browser.runner.experiments.values():
                if isinstance(experiment, Steps):
                    experiment.gate.set()
        window.end()
        window.deleteLater()


@pytest.fixture
def window(make_window: MakeWindow, steps: Steps) -> ExperimentsWindow:
    return make_window({"steps": steps, "failing": Failing(), "textbook": EXPERIMENTS["textbook"]})


def browser_of(window: ExperimentsWindow) -> Browser:
    assert window.browser is not None
    return window.browser


@pytest.fixture
def browser(window: ExperimentsWindow) -> Browser:
    return browser_of(window)


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.page


def click(qtbot: QtBot, button: QAbstractButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def type_into(qtbot: QtBot, box: QAbstractSpinBox, text: str) -> None:
    box.setFocus()
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    qtbot.keyClicks(box, text)


def run(qtbot: QtBot, page: Page, steps: Steps | None = None, **values: float) -> None:
    """Types parameters, clicks Run, and waits for the result."""
    before = len(page._entries)
    for name, value in values.items():
        type_into(qtbot, page.form.box(name), f"{value:g}")
    if steps is not None:
        steps.gate.set()
    qtbot.waitUntil(page.run_button.isEnabled, timeout=PATIENCE)
    click(qtbot, page.run_button)
    qtbot.waitUntil(lambda: len(page._entries) > before, timeout=PATIENCE)


def run_to_the_gate(qtbot: QtBot, page: Page) -> None:
    click(qtbot, page.run_button)
    qtbot.waitUntil(lambda: page.view.verdict.text().startswith("Running · 60%"), timeout=PATIENCE)


def table_texts(page: Page) -> list[list[str]]:
    table = page.view.table
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def points_of(page: Page, card: int = 0) -> int:
    x, _ = page.view.figure.cards[card].content._marks[0]._items[-1].getData()  # type: ignore[union-attr]
    return len(x)


def test_the_list_names_each_experiment_and_keys_turn_the_pages(browser: Browser, qtbot: QtBot) -> None:
    assert [browser.list.item(row).text() for row in range(3)] == [
        "Steps",
        "Failing",
        "Textbook distributions",
    ]
    assert browser.page.experiment.name == "steps"
    qtbot.keyClick(browser.list, Qt.Key.Key_End)
    assert browser.page.experiment.name == "textbook"
    browser.list.grab()


def test_an_experiment_is_shown_live_and_ends_with_its_table(
    page: Page, browser: Browser, steps: Steps, qtbot: QtBot
) -> None:
    assert "Not run yet" in page.view.empty.text()
    assert not page.view.save_button.isEnabled()
    run_to_the_gate(qtbot, page)
    assert points_of(page) == GATE + 1
    assert page.view.progress.value() == 600
    assert "Step 3" in page.view.detail.text()
    assert not page.run_button.isEnabled()
    assert "▶" in browser.list.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    cards = page.view.figure.cards
    steps.gate.set()
    qtbot.waitUntil(lambda: len(page._entries) == 1, timeout=PATIENCE)
    assert page.view.verdict.text() == "✓ All 2 good"
    assert page.view.verdict.property("kind") == "good"
    assert page.view.figure.cards == cards
    assert points_of(page) == 6
    assert table_texts(page)[0] == ["0", "Slope", "at most 1", "0.5", "✓ good"]
    assert steps.threads == {"experiments"}
    assert "✓ All 2 good" in browser.list.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert page.results.item(0).text().startswith("seed 0\n✓ All 2 good")


def test_a_bad_verdict_is_told_by_sign_word_and_colour(page: Page, steps: Steps, qtbot: QtBot) -> None:
    run(qtbot, page, steps, slope=1.5)
    assert page.view.verdict.text() == "✗ 1 of 2 bad"
    assert page.view.verdict.property("kind") == "bad"
    assert table_texts(page)[0][-1] == "✗ bad"
    assert page.view.table.item(0, 4).foreground().color().name() == LIGHT.danger
    assert "slope 1.5" in page.results.item(0).text()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("steps", "0"),
        ("steps", "1001"),
        ("steps", "1.5"),
        ("steps", "many"),
        ("steps", ""),
        ("slope", "3"),
        ("slope", "nan"),
        ("slope", "0,5,5"),
        ("seed", "-1"),
    ],
)
def test_a_wrong_parameter_is_refused_where_it_is_typed_with_its_range(
    page: Page, qtbot: QtBot, name: str, text: str
) -> None:
    box = page.form.box(name)
    complaint = page.form.complaints[page.form.boxes.index(box)]
    assert not complaint.isVisible()
    type_into(qtbot, box, text)
    assert complaint.isVisible()
    ranges = {"steps": "from 1 to 1,000", "slope": "from 0.01 to 2", "seed": "from 0 to 2,147,483,647"}
    assert ranges[name] in complaint.text()
    assert ranges[name] in box.accessibleDescription().replace("\n", " ")
    assert complaint.mapTo(page, QPoint()).y() > box.mapTo(page, QPoint()).y()
    assert not page.run_button.isEnabled()
    qtbot.keyClick(box, Qt.Key.Key_Return)
    qtbot.wait(60)
    assert page._entries == ()
    type_into(qtbot, box, "1")
    assert not complaint.isVisible()
    assert page.run_button.isEnabled()


def test_arrow_keys_step_a_parameter_within_its_range(page: Page, qtbot: QtBot) -> None:
    box = page.form.box("slope")
    for text, key, expected in (
        ("0.5", Qt.Key.Key_Up, 0.51),
        ("2", Qt.Key.Key_Up, 2.0),
        ("0.01", Qt.Key.Key_Down, 0.01),
        ("what", Qt.Key.Key_Up, 0.5),
    ):
        type_into(qtbot, box, text)
        qtbot.keyClick(box, key)
        assert box.value == pytest.approx(expected)
    seed = page.form.box("seed")
    qtbot.keyClick(seed, Qt.Key.Key_Up)
    qtbot.keyClick(seed, Qt.Key.Key_Up)
    qtbot.keyClick(seed, Qt.Key.Key_Down)
    assert seed.value == 1


def test_quick_and_full_set_everything_but_the_seed_and_say_how_long(page: Page, qtbot: QtBot) -> None:
    assert page.form.quick.text() == "Quick · 5 s"
    assert page.form.full.text() == "Full · 30 min"
    type_into(qtbot, page.form.box("seed"), "7")
    assert page.form.quick.isChecked()
    click(qtbot, page.form.full)
    assert page.form.values == {"steps": 50, "slope": 0.5, "seed": 7}
    assert page.form.full.isChecked()
    type_into(qtbot, page.form.box("steps"), "49")
    assert not page.form.full.isChecked()
    assert not page.form.quick.isChecked()
    click(qtbot, page.form.quick)
    assert page.form.values == {"steps": 5, "slope": 0.5, "seed": 7}


def test_keys_run_and_stop_and_what_there_is_is_kept(
    window: ExperimentsWindow, page: Page, steps: Steps, qtbot: QtBot, tmp_path: Path
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page._running is not None and page.stop_button.isEnabled(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: page.view.verdict.text().startswith("Running · 60%"), timeout=PATIENCE)
    qtbot.keyClick(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(page._entries) == 1, timeout=PATIENCE)
    assert page._entries[0].ending is Ending.STOPPED
    assert not page._entries[0].result.is_complete
    assert page.view.verdict.text() == "■ Stopped at 60%"
    assert page.view.verdict.property("kind") == "stopped"
    assert points_of(page) == GATE + 1
    assert steps.closed
    assert not list((tmp_path / "cache").rglob("*.h5"))
    run(qtbot, page, steps)
    assert page.view.verdict.text() == "✓ All 2 good"


def test_a_failure_is_told_and_what_there_was_is_kept(browser: Browser, qtbot: QtBot) -> None:
    browser.list.choose("failing")
    page = browser.page
    run(qtbot, page)
    assert page.view.verdict.text() == "⚠ Failed at 40%"
    assert page.view.detail.text() == "the energies became infinite; what there was is kept"
    assert points_of(page) == 3
    assert page.view.copy_button.isVisible()
    click(qtbot, page.view.copy_button)
    assert "RuntimeError" in QApplication.clipboard().text()
    run(qtbot, page)
    assert len(page._entries) == 2


def test_one_runs_at_a_time_and_the_others_say_which(
    page: Page, browser: Browser, steps: Steps, qtbot: QtBot
) -> None:
    run_to_the_gate(qtbot, page)
    browser.list.choose("textbook")
    assert not browser.page.run_button.isEnabled()
    assert browser.page.view.detail.text() == "Steps is running; one at a time"
    steps.gate.set()
    qtbot.waitUntil(browser.page.run_button.isEnabled, timeout=PATIENCE)
    browser.runner.run("steps", {"steps": 2000})
    qtbot.waitUntil(lambda: "Steps must be a whole number" in browser.banner.text.text(), timeout=PATIENCE)


def test_results_stand_side_by_side(page: Page, steps: Steps, qtbot: QtBot) -> None:
    run(qtbot, page, steps, seed=0)
    run(qtbot, page, seed=1, slope=1.5)
    assert not page.compare_button.isEnabled()
    page.results.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_End):
        qtbot.keyClick(page.results, key)
        qtbot.keyClick(page.results, Qt.Key.Key_Space)
    click(qtbot, page.compare_button)
    assert page.view.verdict.text() == "2 results side by side"
    titles = [card.title.text() for card in page.view.figure.cards]
    assert titles == [
        "seed 0 · slope 0.5\nLine",
        "seed 1 · slope 1.5\nLine",
        "seed 0 · slope 0.5\nDots",
        "seed 1 · slope 1.5\nDots",
    ]
    ranges = [card.content.getViewBox().viewRange()[1] for card in page.view.figure.cards[:2]]  # type: ignore
    np.testing.assert_allclose(*ranges)
    assert table_texts(page)[0] == ["0", "Slope", "at most 1", "✓ good: 0.5", "✗ bad: 1.5"]
    qtbot.keyClick(page.results, Qt.Key.Key_Up)
    assert page.view.verdict.text() == "✗ 1 of 2 bad"


def test_an_older_result_can_be_looked_at_while_another_comes(page: Page, steps: Steps, qtbot: QtBot) -> None:
    run(qtbot, page, steps, slope=1.5)
    steps.gate.clear()
    click(qtbot, page.run_button)
    qtbot.waitUntil(lambda: page.results.current == LIVE, timeout=PATIENCE)
    place: QRect = page.results.visualItemRect(page.results.item(1))
    qtbot.mouseClick(page.results.viewport(), Qt.MouseButton.LeftButton, pos=place.center())
    assert page.view.verdict.text() == "✗ 1 of 2 bad"
    steps.gate.set()
    qtbot.waitUntil(lambda: len(page._entries) == 2, timeout=PATIENCE)
    assert page.results.current == 0


def test_return_takes_the_settings_of_a_result_over(page: Page, steps: Steps, qtbot: QtBot) -> None:
    run(qtbot, page, steps, seed=5, slope=1.25)
    click(qtbot, page.form.quick)
    type_into(qtbot, page.form.box("seed"), "0")
    page.results.setFocus()
    qtbot.keyClick(page.results, Qt.Key.Key_Return)
    assert page.form.values == {"steps": 5, "slope": 1.25, "seed": 5}


def test_a_result_is_saved_beside_others_and_opened_again(
    page: Page, browser: Browser, steps: Steps, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "results"))
    run(qtbot, page, steps, seed=3)
    for number in (1, 2):
        click(qtbot, page.view.save_button)
        qtbot.waitUntil(lambda n=number: browser.runner.bench.message_number == n, timeout=PATIENCE)
    names = {path.name for path in (tmp_path / "results").iterdir()}
    assert names == {f"steps{tail}.{kind}" for tail in ("", "-2") for kind in ("h5", "png", "svg")}
    saved = open_result(tmp_path / "results" / "steps.h5")
    assert saved.values == {"steps": 5, "slope": 0.5, "seed": 3}
    assert saved.has_passed
    browser.list.choose("textbook")
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "results" / "steps-2.h5"), "")
    )
    click(qtbot, browser.page.open_button)
    qtbot.waitUntil(lambda: browser.page is page and len(page._entries) == 2, timeout=PATIENCE)
    assert "steps-2.h5" in page.results.item(0).text()
    assert page.results.current == 1


def test_a_comparison_is_saved_with_every_verdict(
    page: Page, browser: Browser, steps: Steps, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "results"))
    run(qtbot, page, steps)
    run(qtbot, page)
    for row in range(2):
        page.results.item(row).setCheckState(Qt.CheckState.Checked)
    qtbot.mouseClick(page.compare_button, Qt.MouseButton.LeftButton)
    page.save_shown()
    qtbot.waitUntil(lambda: browser.runner.bench.message is not None, timeout=PATIENCE)
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
    page: Page, browser: Browser, steps: Steps, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    qtbot.waitUntil(lambda: len(page._entries) == 1, timeout=PATIENCE)
    assert page.results.item(0).text().startswith("seed 9\n✓ All 2 good")
    assert "earlier" in page.results.item(0).text()
    assert page.view.verdict.text() == "✓ All 2 good"


def test_closing_asks_about_what_runs_and_stops_it(
    window: ExperimentsWindow, page: Page, steps: Steps, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_to_the_gate(qtbot, page)
    monkeypatch.setattr(QMessageBox, "exec", lambda self: QMessageBox.StandardButton.Cancel)
    window.close()
    assert window.isVisible()
    assert page._running is not None
    monkeypatch.setattr(QMessageBox, "exec", lambda self: QMessageBox.StandardButton.Yes)
    window.close()
    assert not window.isVisible()
    qtbot.waitUntil(lambda: len(page._entries) == 1, timeout=PATIENCE)
    window.bring_up()
    assert page.view.verdict.text() == "■ Stopped at 60%"


def test_ending_stops_the_thread_in_the_middle_of_an_experiment(
    window: ExperimentsWindow, page: Page, steps: Steps, qtbot: QtBot
) -> None:
    run_to_the_gate(qtbot, page)
    window.end()
    assert not browser_of(window).runner._thread.is_alive()
    assert steps.closed


def test_experiments_that_cannot_be_loaded_are_told(make_window: MakeWindow, qtbot: QtBot) -> None:
    def fail() -> Mapping[str, Experiment]:
        raise ImportError("no module named scipy")

    window = ExperimentsWindow(LIGHT, QSettings(), fail)
    qtbot.addWidget(window)
    assert "Loading" in window._waiting.text()
    qtbot.waitUntil(lambda: "no module named scipy" in window._waiting.text(), timeout=PATIENCE)
    window.end()


def test_a_browser_that_cannot_be_made_is_told(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no page to turn to")

    monkeypatch.setattr("landscape_app.gui.experiments.browser.Browser", broken)
    window = ExperimentsWindow(LIGHT, QSettings(), lambda: {"steps": Steps()})
    qtbot.addWidget(window)
    qtbot.waitUntil(lambda: "no page to turn to" in window._waiting.text(), timeout=PATIENCE)
    window.end()


def test_geometry_and_experiment_are_remembered(make_window: MakeWindow, qtbot: QtBot) -> None:
    experiments = {"steps": Steps(), "failing": Failing()}
    first = make_window(experiments)
    browser_of(first).list.choose("failing")
    first.resize(1100, 650)
    first.end()
    second = make_window(experiments)
    assert browser_of(second).page.experiment.name == "failing"
    assert second.height() == 650


def test_themes_dress_everything(window: ExperimentsWindow, page: Page, steps: Steps, qtbot: QtBot) -> None:
    run(qtbot, page, steps, slope=1.5)
    for theme in (DARK, LIGHT):
        window.set_theme(theme)
        assert page.view.table.item(0, 4).foreground().color().name() == theme.danger
        for card in page.view.figure.cards:
            assert card.content.backgroundBrush().color().name() == theme.surface  # type: ignore[union-attr]


def test_every_control_has_a_name_for_tests_and_for_screen_readers(
    window: ExperimentsWindow, page: Page, steps: Steps, qtbot: QtBot
) -> None:
    run(qtbot, page, steps)
    kinds: tuple[type[QWidget], ...] = (QAbstractButton, QAbstractSpinBox, QAbstractItemView)
    for kind in kinds:
        for widget in window.findChildren(kind):
            if widget.objectName().startswith("qt_") or not widget.isVisible():
                continue
            if type(widget).__name__ in ("QHeaderView", "QTableCornerButton", "QAbstractButton"):
                continue
            assert widget.objectName(), widget
            assert widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
    assert all(card.content.accessibleName() for card in page.view.figure.cards)


def test_the_textbook_runs_in_the_window(browser: Browser, qtbot: QtBot) -> None:
    browser.list.choose("textbook")
    page = browser.page
    run(qtbot, page)
    assert page.view.verdict.text() == "✓ All 6 good"
    assert len(page.view.figure.cards) == 6
    assert len(table_texts(page)) == 6


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("name", [*SKETCHES, "unheard of"])
def test_every_sketch_has_a_thumbnail(qtbot: QtBot, name: str, theme: object) -> None:
    picture = thumbnail(sketch(name), theme, 2.0).toImage()  # type: ignore[arg-type]
    assert (picture.width(), picture.height()) == (2 * SIZE.width(), 2 * SIZE.height())
    empty = thumbnail(Panel("", ()), theme, 2.0).toImage()  # type: ignore[arg-type]
    assert (picture != empty) == (name in SKETCHES)


def test_every_experiment_has_a_sketch() -> None:
    assert set(EXPERIMENTS) <= set(SKETCHES)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.42, "0.4 s"), (42.1, "42 s"), (125.0, "2:05 min"), (7325.0, "2:02 h")]
)
def test_durations_are_told_in_words(seconds: float, text: str) -> None:
    assert describe_seconds(seconds) == text


def test_the_mailbox_holds_the_latest_step_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    steps = Steps()
    steps.gate.set()
    runner = Runner({"steps": steps}, threads=1)
    runner.start()
    runner.run("steps", {"steps": 300})
    shares = [0.0]
    deadline = time.monotonic() + 20
    while not runner.bench.entries and time.monotonic() < deadline:
        running = runner.bench.running
        if running is not None and running.progress is not None:
            shares.append(running.progress.share)
    runner.end()
    assert shares == sorted(shares)
    assert runner.bench.entries[0].result.is_complete
    assert runner.bench.running is None


def test_the_main_window_starts_without_the_experiments() -> None:
    code = (
        "import sys, landscape_app.gui.application\n"
        "print([m for m in ('landscape_app.experiments', 'scipy.stats', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
