"""The page of sweeps, driven with mouse and keys: started, stopped, resumed after the window was closed, exported."""

import csv
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.lattice import sweep_worker
from landscape_app.gui.lattice.sweep_page import progress_text, verdict_text
from landscape_app.gui.lattice.sweep_worker import SweepState, SweepWorker
from landscape_app.gui.lattice.window import LatticeWindow
from landscape_app.session.lattice_sweep import Crossing, LatticeSweep, SweepPlan, lattice_sweep, open_sweep
from tests.gui.driving import PATIENCE, wait

LEFT = Qt.MouseButton.LeftButton
QUICK = {"points": "3", "copies": "6", "warm_up": "10", "steps": "40"}


def write(qtbot: QtBot, box: QWidget, text: str) -> None:
    """Types over what stands in a box."""
    box.setFocus()
    line = box if isinstance(box, QLineEdit) else box.lineEdit()  # type: ignore[attr-defined]
    line.selectAll()
    qtbot.keyClicks(line, text)


def wait_for(qtbot: QtBot, window: LatticeWindow, holds: Callable[[SweepState], bool]) -> SweepState:
    """Waits until the page shows a state of which something holds."""

    def shown() -> bool:
        return window.shown_sweep is window.sweeper.state and holds(window.sweeper.state)

    qtbot.waitUntil(shown, timeout=PATIENCE)
    return window.sweeper.state


def set_up(qtbot: QtBot, window: LatticeWindow, sides: str, **entries: str) -> None:
    qtbot.mouseClick(window.pages.button("sweeps"), LEFT)
    write(qtbot, window.sweeps.sides_edit, sides)
    for name, text in (QUICK | entries).items():
        write(qtbot, window.sweeps.boxes[name], text)


@pytest.fixture
def dialogs(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Files that dialogs give."""
    chosen = {"save": "", "open": ""}
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (chosen["save"], ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (chosen["open"], ""))
    return chosen


def test_a_sweep_runs_to_its_end_and_is_exported(
    window: LatticeWindow, qtbot: QtBot, tmp_path: Path, dialogs: dict[str, str]
) -> None:
    set_up(qtbot, window, "8, 16", low="2.1", high="2.5")
    sweeps = window.sweeps
    assert not sweeps.table_button.isEnabled()
    qtbot.mouseClick(sweeps.start_button, LEFT)
    state = wait_for(qtbot, window, lambda state: state.share == 1 and not state.running)
    plan = SweepPlan(sides=(8, 16), low=2.1, high=2.5, points=3, copies=6, warm_up=10, steps=40)
    assert state.plan == plan
    assert sweeps.progress.text() == "Done"
    assert sweeps.bar.value() == 1_000
    assert not sweeps.stop_button.isEnabled()
    titles = [canvas.panel.title for canvas in sweeps.canvases]
    assert titles[0] == "Magnetisation ⟨|m|⟩"
    assert titles[-1] == "Correlation length over L"
    qtbot.waitUntil(
        lambda: sweeps.drawer.is_idle and all(canvas.image is not None for canvas in sweeps.canvases),
        timeout=PATIENCE,
    )
    dialogs["save"] = str(tmp_path / "table")
    qtbot.mouseClick(sweeps.table_button, LEFT)
    wait_for(qtbot, window, lambda state: state.message_number == 1)
    rows = list(csv.DictReader((tmp_path / "table.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["L"], float(row["T (J/k_B)"])) for row in rows] == [
        (str(side), float(value)) for side in (8, 16) for value in plan.values
    ]
    same = lattice_sweep(plan).averages(16).energy
    assert [float(row["E/N (J)"]) for row in rows[3:]] == same.value.tolist()
    dialogs["save"] = str(tmp_path / "figure.png")
    qtbot.mouseClick(sweeps.picture_button, LEFT)
    wait_for(qtbot, window, lambda state: state.message_number == 2)
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    assert (tmp_path / "figure.svg").exists()


def test_a_sweep_is_stopped_and_resumed_after_the_window_was_closed(
    make_lattice: Callable[[], LatticeWindow], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_lattice()
    set_up(qtbot, window, "8", steps="60", points="4")
    # A step is held up, so that the sweep cannot end before it is stopped.
    step = LatticeSweep.step
    done = []

    def slow(self: LatticeSweep) -> None:
        if len(done) < 3 or self.share > 0.6:
            step(self)
            done.append(self.share)
        else:
            time.sleep(0.002)

    monkeypatch.setattr(LatticeSweep, "step", slow)
    monkeypatch.setattr("landscape_app.session.lattice_sweep.PIECE", 64 * 6 * 50)
    qtbot.mouseClick(window.sweeps.start_button, LEFT)
    wait_for(qtbot, window, lambda state: state.share > 0.2 and bool(state.figure.panels[3].marks))
    assert window.sweeps.stop_button.text() == "Stop"
    qtbot.mouseClick(window.sweeps.stop_button, LEFT)
    state = wait_for(qtbot, window, lambda state: not state.running)
    assert window.sweeps.stop_button.text() == "Resume"
    assert "Stopped at" in window.sweeps.progress.text()
    measured = state.figure.panels[3].marks
    assert measured
    window.end()
    monkeypatch.setattr(LatticeSweep, "step", step)

    again = make_lattice()
    state = wait_for(qtbot, again, lambda state: state.plan is not None)
    assert 0 < state.share < 1
    assert not state.running
    assert again.sweeps.plan == state.plan
    qtbot.mouseClick(again.pages.button("sweeps"), LEFT)
    qtbot.mouseClick(again.sweeps.stop_button, LEFT)
    state = wait_for(qtbot, again, lambda state: state.share == 1 and not state.running)
    assert state.plan is not None
    whole = lattice_sweep(state.plan)
    np.testing.assert_array_equal(open_sweep(again.sweeper._cache).moments[8], whole.moments[8])


def test_sweeps_are_saved_and_opened(
    window: LatticeWindow, qtbot: QtBot, tmp_path: Path, dialogs: dict[str, str]
) -> None:
    set_up(qtbot, window, "8", points="2")
    qtbot.mouseClick(window.sweeps.start_button, LEFT)
    first = wait_for(qtbot, window, lambda state: state.share == 1 and not state.running).plan
    dialogs["save"] = dialogs["open"] = str(tmp_path / "mine.h5")
    qtbot.mouseClick(window.sweeps.save_button, LEFT)
    wait_for(qtbot, window, lambda state: state.message_number == 1)
    write(qtbot, window.sweeps.sides_edit, "16")
    qtbot.mouseClick(window.sweeps.open_button, LEFT)
    state = wait_for(qtbot, window, lambda state: state.message_number == 2)
    assert state.plan == first
    assert window.sweeps.sides_edit.text() == "8"
    assert "100% is measured" in window.banner.text.text()
    dialogs["open"] = str(tmp_path / "none.h5")
    qtbot.mouseClick(window.sweeps.open_button, LEFT)
    wait_for(qtbot, window, lambda state: state.message_number == 3)
    assert window.sweeper.state.plan == first


def test_a_sweep_over_the_field(window: LatticeWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.pages.button("sweeps"), LEFT)
    sweeps = window.sweeps
    sweeps.over_box.setFocus()
    qtbot.keyClick(sweeps.over_box, Qt.Key.Key_Down)
    assert sweeps._labels["fixed"].text() == "At temperature T"
    set_up(qtbot, window, "8")
    qtbot.mouseClick(sweeps.start_button, LEFT)
    state = wait_for(qtbot, window, lambda state: state.share == 1 and not state.running)
    assert state.plan is not None
    assert state.plan.over == "field"
    assert state.plan.values.tolist() == [-0.5, 0.0, 0.5]
    assert len(state.figure.panels) == 5
    assert not sweeps.grid._cards[5].isVisible()
    marks = state.figure.panels[0].marks
    assert marks[-1].y[0] < 0 < marks[-1].y[2]  # type: ignore[union-attr]


def test_what_cannot_be_swept_is_told_in_one_message(window: LatticeWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.pages.button("sweeps"), LEFT)
    for name, text, words in (
        ("low", "0", "temperature T must be above 0"),
        ("low", "-2", "temperature T must be above 0"),
        ("low", "3", "smaller number to a larger one"),
        ("points", "1", "“Points” needs a whole number from 2"),
        ("steps", "many", "“Steps” needs a whole number"),
        ("sides", "9", "even number from 8 to 256"),
        ("sides", "16, 8", "rising"),
        ("sides", "large", "“Sides L” needs whole numbers"),
        ("sides", "", "from one to 6 sides"),
    ):
        box = window.sweeps.sides_edit if name == "sides" else window.sweeps.boxes[name]
        line = box if isinstance(box, QLineEdit) else box.lineEdit()
        before = line.text()
        window.banner.hide()
        box.setFocus()
        line.setText(text)
        qtbot.mouseClick(window.sweeps.start_button, LEFT)
        qtbot.waitUntil(window.banner.isVisible, timeout=PATIENCE)
        assert words in window.banner.text.text()
        assert window.sweeper.state.plan is None
        line.setText(before)


def test_a_file_of_another_version_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "sweep.h5"
    path.write_bytes(b"old")
    worker = SweepWorker(path)
    worker.start()
    worker.start_sweep(SweepPlan(sides=(8,), points=2, copies=2, warm_up=0, steps=16))
    wait(lambda: worker.state.share == 1)
    worker.end()
    assert worker.state.message is None
    assert open_sweep(path).is_complete


def test_a_sweep_that_fails_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = SweepWorker(tmp_path / "sweep.h5")
    worker.start()

    def fail(self: LatticeSweep) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(sweep_worker.LatticeSweep, "step", fail)
    worker.start_sweep(SweepPlan(sides=(8,)))
    wait(lambda: worker.state.message is not None)
    wait(lambda: not worker.state.running)
    worker.end()


def test_words_for_time_and_crossings() -> None:
    running = SweepState(plan=SweepPlan(), share=0.25, running=True, left=130.0, doing="L = 8, T = 2")
    assert progress_text(running) == "25%, 2 min left · L = 8, T = 2"
    assert progress_text(SweepState()) == "No sweep yet"
    state = SweepState(
        plan=SweepPlan(), crossings=(Crossing((16, 32), (2.2712, 0.0031), (0.611, 0.002)),), short=2
    )
    text = verdict_text(state)
    assert "L = 16, 32 cross at T = 2.2712 ± 0.0031" in text
    assert "Tc = 2.2692" in text
    assert "2 points were measured" in text
