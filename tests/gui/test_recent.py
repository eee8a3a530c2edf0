"""Runs that were opened last: their list, its menu, and the one that is offered at the start."""

import datetime
import os
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.recent import (
    COMPOSITIONS,
    MOST_RECENT,
    NOTED,
    LastCompositions,
    RecentMenu,
    RecentRuns,
    last_run,
)
from landscape_app.runs.autosave import new_autosave
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.composition import Composition
from tests.gui.driving import PATIENCE

TODAY = datetime.date(2026, 3, 2)


@pytest.fixture(autouse=True)
def own_autosaves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of autosaved runs of the test's own."""
    monkeypatch.setattr(
        "landscape_app.runs.autosave.platformdirs.user_data_path", lambda *a, **k: tmp_path / "data"
    )


def seen(path: Path, day: datetime.date) -> Path:
    """A file, last changed at noon of a day."""
    noon = datetime.datetime.combine(day, datetime.time(12)).timestamp()
    os.utime(path, (noon, noon))
    return path


def noted(recent: RecentRuns, settings: QSettings, path: Path, day: datetime.date) -> None:
    """Notes a run, as it was saved at noon of a day."""
    recent.note(seen(path, day))
    settings.setValue(NOTED, path.stat().st_mtime)


def test_the_last_ten_are_remembered_each_once_the_latest_first(settings: QSettings, tmp_path: Path) -> None:
    recent = RecentRuns(settings)
    assert recent.paths == []
    for number in range(MOST_RECENT + 2):
        recent.note(tmp_path / f"{number}.h5")
    recent.note(tmp_path / "5.h5")
    names = [path.stem for path in RecentRuns(settings).paths]
    assert names == ["5", "11", "10", "9", "8", "7", "6", "4", "3", "2"]
    settings.setValue("recent/runs", "no list")
    assert recent.paths == []


def test_the_menu_opens_what_is_there_and_greys_what_is_gone(
    settings: QSettings, tmp_path: Path, qtbot: QtBot
) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    recent = RecentRuns(settings)
    menu = RecentMenu(recent, window)
    assert [action.isEnabled() for action in menu.actions()] == [False]
    (tmp_path / "here.h5").touch()
    for name in ("gone.h5", "here.h5"):
        recent.note(tmp_path / name)
    menu.aboutToShow.emit()
    here, gone = menu.actions()
    assert (here.isEnabled(), gone.isEnabled()) == (True, False)
    assert "gone" in gone.text()
    with qtbot.waitSignal(menu.chosen) as chosen:
        here.trigger()
    assert chosen.args == [tmp_path / "here.h5"]


def test_the_last_run_is_the_latest_that_was_opened_or_autosaved(
    settings: QSettings, tmp_path: Path, small_run: Path
) -> None:
    recent = RecentRuns(settings)
    assert last_run(recent) is None
    copy = tmp_path / "copy.h5"
    copy.write_bytes(small_run.read_bytes())
    noted(recent, settings, copy, TODAY - datetime.timedelta(1))
    found = last_run(recent, TODAY)
    assert found is not None
    assert (found.path, found.words) == (copy, "Handwritten digits, 8 epochs, yesterday")
    autosave = new_autosave("digits")
    save_session(open_session(small_run, "cpu", sampler_chains=4), autosave)
    seen(autosave, TODAY)
    assert last_run(recent, TODAY) == (autosave, "Handwritten digits, 8 epochs, today")
    assert last_run(recent, TODAY + datetime.timedelta(40)).words.endswith(", 2026-03-02")  # type: ignore[union-attr]
    # The file of yesterday is opened: it is the last that was worked on, though it has not been written since.
    settings.setValue(NOTED, autosave.stat().st_mtime + 1)
    assert last_run(recent, TODAY) == (copy, "Handwritten digits, 8 epochs, yesterday")
    settings.setValue(NOTED, copy.stat().st_mtime)
    autosave.write_bytes(b"damaged")
    assert last_run(recent, TODAY).path == copy  # type: ignore[union-attr]


def test_a_training_goes_on_from_the_file_that_the_person_saved(
    settings: QSettings, tmp_path: Path, small_run: Path
) -> None:
    recent = RecentRuns(settings)
    autosave, saved, other = new_autosave("digits"), tmp_path / "saved.h5", tmp_path / "other.h5"
    for path in (autosave, saved):
        path.write_bytes(small_run.read_bytes())
    save_session(open_session(small_run, "cpu", sampler_chains=4), other)
    for path in (saved, other):
        noted(recent, settings, path, TODAY - datetime.timedelta(1))
    seen(autosave, TODAY)
    found = last_run(recent, TODAY)
    assert found is not None
    assert found.path == saved
    # Without it the autosaved run is all there is.
    saved.unlink()
    found = last_run(recent, TODAY)
    assert found is not None
    assert found.path == autosave


def test_a_run_that_is_gone_on_with_has_the_composition_that_it_had(
    own_window: MainWindow, small_run: Path, qtbot: QtBot
) -> None:
    window = own_window

    def go_on() -> None:
        number = window.engine.state.facts.number  # type: ignore[union-attr]
        window.welcome.opened.emit(small_run)
        qtbot.waitUntil(lambda: window.shown.facts.number > number, timeout=PATIENCE)  # type: ignore[union-attr]

    window.may_discard = lambda: True  # type: ignore[method-assign]
    go_on()
    assert window.steering.composition == Composition()
    window.steering.temperature.set_value(1.5)
    steered = window.steering.composition
    assert steered != Composition()
    go_on()
    assert window.steering.composition == steered
    qtbot.waitUntil(lambda: window.engine.state.composition == steered, timeout=PATIENCE)
    window.steering.undo()
    assert window.steering.composition == Composition()
    window.steering.redo()
    facts = window.engine.state.facts
    assert facts is not None
    window.close()
    assert LastCompositions(window.settings).of(facts) == steered


def test_the_last_composition_of_a_run_that_is_opened_is_a_click_away(
    window: MainWindow, small_run: Path, qtbot: QtBot
) -> None:
    steered = Composition(temperature=1.5)
    window.steering.edit(steered)

    def open_recent() -> None:
        number = window.engine.state.facts.number  # type: ignore[union-attr]
        window.recent_menu.list_runs()
        window.recent_menu.actions()[0].trigger()
        qtbot.waitUntil(lambda: window.shown.facts.number > number, timeout=PATIENCE)  # type: ignore[union-attr]

    open_recent()
    assert window.steering.composition == Composition()
    assert window.banner.isVisible()
    assert "last steered by the model alone, T = 1.5" in window.banner.text.text()
    qtbot.mouseClick(window.banner.act, Qt.MouseButton.LeftButton)
    assert window.steering.composition == steered
    assert not window.banner.isVisible()
    qtbot.waitUntil(lambda: window.engine.state.composition == steered, timeout=PATIENCE)
    # It passes by where another composition is made instead.
    open_recent()
    assert window.banner.act.isVisible()
    window.steering.edit(Composition(temperature=2.0))
    qtbot.waitUntil(lambda: not window.banner.isVisible(), timeout=PATIENCE)
    assert window.steering.composition == Composition(temperature=2.0)


def test_a_run_of_the_model_alone_forgets_the_composition_before(
    window: MainWindow, settings: QSettings
) -> None:
    facts = window.engine.state.facts
    assert facts is not None
    last = LastCompositions(settings)
    last.note(facts.runs, Composition(temperature=2.0))
    assert last.of(facts) == Composition(temperature=2.0)
    last.note(facts.runs, Composition())
    assert last.of(facts) is None
    settings.setValue(COMPOSITIONS, "no list")
    assert last.of(facts) is None


def test_a_run_that_is_opened_is_among_the_recent_ones(
    window: MainWindow, small_run: Path, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: window.recent.paths[:1] == [small_run], timeout=PATIENCE)
    window.recent_menu.list_runs()
    number = window.engine.state.facts.number
    window.recent_menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: window.engine.state.facts.number > number, timeout=PATIENCE)
