"""Experiments run, stopped and watched in the browser, with mouse and keys."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from landscape_app.experiments.experiment import describe_seconds
from landscape_app.gui.experiments.browser import Browser
from landscape_app.gui.experiments.page import ExperimentPage
from landscape_app.gui.experiments.window import ExperimentsWindow
from landscape_app.gui.experiments.worker import Ending, ExperimentWorker
from landscape_app.gui.theme import LIGHT
from tests.gui.experiments.driving import (
    GATE,
    PATIENCE,
    Steps,
    click,
    points_of,
    run,
    run_to_the_gate,
    table_texts,
    type_into,
)


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
    page: ExperimentPage, browser: Browser, steps: Steps, qtbot: QtBot
) -> None:
    assert "Not run yet" in page.view.empty.text()
    assert not page.view.save_button.isEnabled()
    run_to_the_gate(qtbot, page)
    assert points_of(page) == GATE + 1
    assert page.view.progress.value() == 600
    assert "Step 3" in page.view.detail.text()
    assert not page.run_button.isEnabled()
    assert "▶" in browser.list.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    canvases = page.view.figure.canvases
    steps.gate.set()
    qtbot.waitUntil(lambda: len(page.entries) == 1, timeout=PATIENCE)
    assert page.view.verdict.text() == "✓ All 2 good"
    assert page.view.verdict.property("kind") == "good"
    assert page.view.figure.canvases == canvases
    assert points_of(page) == 6
    assert table_texts(page)[0] == ["0", "Slope", "at most 1", "0.5", "✓ good"]
    assert steps.threads == {"experiments"}
    assert "✓ All 2 good" in browser.list.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert page.results.item(0).text().startswith("seed 0\n✓ All 2 good")


def test_a_bad_verdict_is_told_by_sign_word_and_colour(
    page: ExperimentPage, steps: Steps, qtbot: QtBot
) -> None:
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
    page: ExperimentPage, qtbot: QtBot, name: str, text: str
) -> None:
    click(qtbot, page.fold)
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
    assert page.entries == ()
    type_into(qtbot, box, "1")
    assert not complaint.isVisible()
    assert page.run_button.isEnabled()


def test_arrow_keys_step_a_parameter_within_its_range(page: ExperimentPage, qtbot: QtBot) -> None:
    click(qtbot, page.fold)
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


def test_quick_and_full_set_everything_but_the_seed_and_say_how_long(
    page: ExperimentPage, qtbot: QtBot
) -> None:
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
    window: ExperimentsWindow, page: ExperimentPage, steps: Steps, qtbot: QtBot, tmp_path: Path
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page.running is not None and page.stop_button.isEnabled(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: page.view.verdict.text().startswith("Running · 60%"), timeout=PATIENCE)
    qtbot.keyClick(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(page.entries) == 1, timeout=PATIENCE)
    assert page.entries[0].ending is Ending.STOPPED
    assert not page.entries[0].result.is_complete
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
    assert len(page.entries) == 2


def test_one_runs_at_a_time_and_the_others_say_which(
    page: ExperimentPage, browser: Browser, steps: Steps, qtbot: QtBot
) -> None:
    run_to_the_gate(qtbot, page)
    browser.list.choose("textbook")
    assert not browser.page.run_button.isEnabled()
    assert browser.page.view.detail.text() == "Steps is running; one at a time"
    steps.gate.set()
    qtbot.waitUntil(browser.page.run_button.isEnabled, timeout=PATIENCE)
    browser.worker.run("steps", {"steps": 2000})
    qtbot.waitUntil(lambda: "Steps must be a whole number" in browser.banner.text.text(), timeout=PATIENCE)


def test_the_textbook_runs_in_the_window(browser: Browser, qtbot: QtBot) -> None:
    browser.list.choose("textbook")
    page = browser.page
    run(qtbot, page)
    assert page.view.verdict.text() == "✓ All 6 good"
    assert len(page.view.figure.canvases) == 6
    assert len(table_texts(page)) == 6


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.42, "0.4 s"), (42.1, "42 s"), (125.0, "2:05 min"), (7325.0, "2:02 h")]
)
def test_durations_are_told_in_words(seconds: float, text: str) -> None:
    assert describe_seconds(seconds) == text


def test_the_mailbox_holds_the_latest_step_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    steps = Steps()
    steps.gate.set()
    worker = ExperimentWorker({"steps": steps}, threads=1)
    worker.start()
    worker.run("steps", {"steps": 300})
    shares = [0.0]
    deadline = time.monotonic() + PATIENCE / 1000
    while not worker.state.entries and time.monotonic() < deadline:
        running = worker.state.running
        if running is not None and running.progress is not None:
            shares.append(running.progress.share)
    worker.end()
    assert shares == sorted(shares)
    assert worker.state.entries[0].result.is_complete
    assert worker.state.running is None
