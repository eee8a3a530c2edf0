"""Runs on another machine in the window: opened through ssh, followed, mended, steered and refused."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.remote import RemoteDialog
from landscape_app.gui.state import Activity, EngineState
from landscape_app.problems import PROBLEMS
from landscape_app.runs import Order, RunFileError, RunState, Update, WriterStatus, orders, read_run, remote
from landscape_app.runs.orders import give_order
from landscape_app.runs.remote import RemoteRun
from landscape_app.runs.tail import Histories
from landscape_app.session.api import given_session
from landscape_app.session.autosave import Autosave, snapshot
from landscape_app.session.composition import Composition
from landscape_app.session.custom_field import FieldSource
from landscape_app.session.given import read_given, trusted_functions
from landscape_app.session.session import Session
from tests.gui.driving import PATIENCE, Desk, click
from tests.stand_in_ssh import LIGHT, not_on_windows, stand_in_ssh


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", stand_in_ssh(tmp_path))
    monkeypatch.setattr(
        "landscape_app.runs.autosave.platformdirs.user_data_path", lambda *a, **k: tmp_path / "data"
    )
    monkeypatch.setattr(orders, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(remote, "FIRST_WAIT", 0.05)
    monkeypatch.setattr("landscape_app.gui.run_files.LOOK_SECONDS", 0.05)


def line_session() -> Session:
    return Session(replace(PROBLEMS["two-gaussians"].defaults, chains=64), "cpu", sampler_chains=16)


def ask_for_remote_run(window: MainWindow) -> RemoteDialog:
    action = window.findChild(QAction, "action-open-remote")
    assert isinstance(action, QAction)
    action.trigger()
    (dialog,) = (found for found in window.findChildren(RemoteDialog) if found.isVisible())
    return dialog


def write(qtbot: QtBot, dialog: RemoteDialog, address: str, command: str) -> None:
    for line, text in ((dialog.address_line, address), (dialog.command_line, command)):
        line.selectAll()
        qtbot.keyClicks(line, text)


@not_on_windows
def test_a_run_is_opened_followed_mended_and_steered_on_another_machine(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    session = line_session()
    autosave, training = Autosave(session, tmp_path / "live.h5"), session.train()
    for _ in itertools.islice(training, 10):
        pass
    autosave.save_now()
    assert autosave.wait()
    state: Callable[[], EngineState] = lambda: window.engine.state  # noqa: E731
    dialog = ask_for_remote_run(window)
    write(qtbot, dialog, "ssh://nowhere/run.h5", LIGHT)
    click(qtbot, dialog.open_button)
    qtbot.waitUntil(dialog.complaint.isVisible, timeout=PATIENCE)
    assert "annot reach nowhere: ssh: Could not resolve hostname" in dialog.complaint.text()
    write(qtbot, dialog, f"ssh://host{tmp_path}/live.h5", LIGHT)
    click(qtbot, dialog.open_button)
    qtbot.waitUntil(lambda: state().following, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "live.h5 on host" in window.windowTitle(), timeout=PATIENCE)
    for _ in itertools.islice(training, 10):
        pass
    autosave.save_now()
    qtbot.waitUntil(lambda: "Following · epoch 20" in window.toolbar.status.text(), timeout=PATIENCE)
    curve = window.training.metrics["gradient"].lines[0]
    qtbot.waitUntil(lambda: np.size(curve.getData()[0]) == 20, timeout=PATIENCE)
    files = window.engine._files
    assert files is not None
    tail: Any = files._tail
    tail._process.kill()
    qtbot.waitUntil(lambda: "Connection lost" in window.toolbar.status.text(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: "Following" in window.toolbar.status.text(), timeout=PATIENCE)
    window.toolbar.epochs_box.setValue(777)
    asked: list[Order | None] = []
    qtbot.waitUntil(lambda: (asked.append(autosave.take_order()), asked[-1])[1] is not None, timeout=PATIENCE)
    assert asked[-1] == Order(epochs=777)
    session.plan_epochs(777)
    autosave.save_now()
    qtbot.waitUntil(lambda: state().facts.configuration.planned_epochs == 777, timeout=PATIENCE)

    def stop() -> None:
        (box,) = (found for found in window.findChildren(QMessageBox) if found.isVisible())
        qtbot.mouseClick(box.findChild(QPushButton, "stop-there-stop"), Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, stop)
    assert window.toolbar.pause_button.text() == "Stop…"
    click(qtbot, window.toolbar.pause_button)
    qtbot.waitUntil(lambda: (asked.append(autosave.take_order()), asked[-1])[1] is not None, timeout=PATIENCE)
    assert asked[-1] == Order(stop=True)
    autosave.finish(passing=True)
    autosave.close()
    qtbot.waitUntil(lambda: not state().following, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "has ended after 20 epochs" in state().message.text, timeout=PATIENCE)
    assert tail._process.poll() is not None
    assert window.toolbar.pause_button.text() == "Pause"


@not_on_windows
def test_closing_the_dialog_ends_the_connection(window: MainWindow, qtbot: QtBot) -> None:
    dialog = ask_for_remote_run(window)
    write(qtbot, dialog, "ssh://host/run.h5", "exec sleep 60;")
    click(qtbot, dialog.open_button)
    tail = dialog._tail
    assert tail is not None
    qtbot.waitUntil(lambda: tail._process is not None, timeout=PATIENCE)
    assert "Connecting to host" in dialog.doing.text()
    assert not dialog.open_button.isEnabled()
    click(qtbot, dialog.cancel_button)
    assert tail._process is not None
    assert tail._process.poll() is not None


class StandInTail:
    """A run on another machine, whose updates a test gives."""

    def __init__(self, *updates: Update) -> None:
        self.run = RemoteRun.at("ssh://host/run.h5", "landscape")
        self.title = self.run.address
        self.updates, self.orders, self.closed = list(updates), list[Order](), False

    def look(self) -> Update:
        if not self.updates:
            raise RunFileError("ssh://host/run.h5: what comes is no run of Landscape: a header is too long")
        return self.updates.pop(0)

    def order(self, order: Order) -> None:
        self.orders.append(order)

    def close(self) -> None:
        self.closed = True


def opened(
    monkeypatch: pytest.MonkeyPatch, *updates: Update, trusted: FieldSource | None = None
) -> tuple[Desk, StandInTail]:
    monkeypatch.setattr("landscape_app.gui.run_files.LOOK_SECONDS", 0.0)
    desk, tail = Desk(), StandInTail(*updates)
    desk.engine.open_remote(tail, trusted)  # type: ignore[arg-type]
    desk.turn()
    return desk, tail


def states_after(*epochs: int) -> list[RunState]:
    """States of one training after so many epochs, as another machine writes them."""
    session, states = line_session(), []
    for _ in session.train():
        if session.trainer.epoch in epochs:
            states.append(replace(snapshot(session), writer="machine"))
        if session.trainer.epoch == max(epochs):
            break
    return states


def test_rows_that_are_ahead_of_the_state_are_drawn_and_training_goes_on_from_the_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (early, late), writing = states_after(4, 7), WriterStatus.WRITING
    rows, nothing = (
        Update(None, writing, Histories.of(late)),
        Update(None, writing, trouble="connection lost"),
    )
    desk, tail = opened(monkeypatch, Update(early, writing, Histories.of(early)), rows, nothing, rows, rows)
    assert (desk.state.epoch, desk.state.followed, len(desk.state.history)) == (4, 7, 7)
    assert desk.state.following
    desk.turn()
    assert desk.state.trouble == "connection lost"
    desk.engine.plan_epochs(50)
    desk.engine.ask(Order(stop=True))
    desk.turn()
    assert tail.orders == [Order(epochs=50), Order(stop=True)]
    assert desk.state.trouble == ""
    # What it goes on from here with is of the state that has come whole.
    desk.engine.step_epoch()
    desk.turn()
    assert tail.closed
    assert desk.state.history["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert not desk.state.facts.remote


@pytest.mark.usefixtures("quick_starts")
def test_the_verdict_on_a_run_that_is_followed_goes_with_the_state_that_was_tested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("landscape_app.gui.engine.TEST_STEPS", 100)
    (early, late), writing = states_after(4, 7), WriterStatus.WRITING
    nothing = Update(None, writing)
    desk, tail = opened(monkeypatch, Update(early, writing, Histories.of(early)), nothing, nothing)
    assert desk.state.following

    def turn(update: Update) -> None:
        tail.updates = [update, nothing, nothing]
        desk.turn()

    desk.engine.test_convergence()
    turn(nothing)
    while desk.state.testing:
        turn(nothing)
    assert desk.state.verdict is not None
    # What the file says of others' tests does not take the one that was made here.
    turn(Update(early, writing))
    assert desk.state.verdict is not None
    desk.engine.test_convergence()
    turn(nothing)
    assert desk.state.testing
    turn(Update(late, writing))
    assert (desk.state.epoch, desk.state.testing) == (7, False)
    assert (desk.state.verdict, desk.state.convergence) == (None, None)


def test_all_that_is_on_view_of_a_run_that_is_followed_is_of_the_state_that_has_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (early, late), writing = states_after(4, 7), WriterStatus.WRITING
    nothing = Update(None, writing)
    desk, tail = opened(monkeypatch, Update(early, writing, Histories.of(early)), *[nothing] * 4)
    engine = desk.engine
    engine.compare(Composition())
    engine.compose(Composition(temperature=2.0))
    desk.turn()
    engine.play(False)
    desk.turn()
    tail.updates = [Update(late, writing)]
    desk.turn()
    assert desk.state.epoch == 7
    comparison, state = engine._comparison, desk.state
    assert comparison is not None
    assert state.compared is not None
    assert state.snapshot is not None
    for sampler, shown in ((comparison.a, state.compared.snapshot), (comparison.b, state.snapshot)):
        chains = sampler.chains
        x = chains.x.clone()
        np.testing.assert_array_equal(shown.x, x.numpy())
        known = chains.energy.clone()
        chains.retarget(chains.target, x)
        np.testing.assert_array_equal(known, chains.energy)


def test_a_broken_stream_ends_the_following_and_leaves_the_run_on_view(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = line_session()
    next(session.train())
    state = replace(snapshot(session), writer="machine")
    desk, tail = opened(monkeypatch, Update(state, WriterStatus.WRITING, Histories.of(state)))
    assert tail.closed
    assert not desk.state.following
    assert desk.state.message is not None
    assert "no run of Landscape: a header is too long" in desk.state.message.text
    assert (desk.state.epoch, desk.state.activity) == (1, Activity.SAMPLING)


def test_a_run_that_has_ended_is_opened_and_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    session = line_session()
    next(session.train())
    state = snapshot(session)
    desk, tail = opened(monkeypatch, Update(state, WriterStatus.ENDED, Histories.of(state)))
    assert tail.closed
    assert (desk.state.epoch, desk.state.facts.remote) == (1, "run.h5 on host")


def test_what_does_not_fit_together_is_refused_as_a_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    session = line_session()
    state = snapshot(session)
    state = replace(state, arrays={n: a for n, a in state.arrays.items() if not n.startswith("trainer/")})
    desk, tail = opened(monkeypatch, Update(state, WriterStatus.WRITING, Histories.of(state)))
    assert tail.closed
    assert desk.state.message is not None
    assert "ssh://host/run.h5 is not a whole run file" in desk.state.message.text


def test_python_of_another_machine_runs_only_once_it_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "bowl.py"
    code.write_text("def energy(x):\n    return (x**2).sum(1) / 2\n")
    given = read_given(code, low=-3.0, high=3.0)
    session = given_session(given, "cpu", 16, 0, trusted_functions(given.code))
    state = snapshot(session)
    ended = Update(state, WriterStatus.ENDED, Histories.of(state))
    desk, tail = opened(monkeypatch, ended)
    assert tail.closed
    assert desk.state.facts is None
    assert desk.state.untrusted is not None
    assert desk.state.untrusted.run == tail.run
    source = desk.state.untrusted.source
    other = replace(source, text=source.text + "# and more", digest="0" * 64)
    desk, _ = opened(monkeypatch, ended, trusted=other)
    assert desk.state.facts is None
    desk, _ = opened(monkeypatch, ended, trusted=source)
    assert desk.state.facts is not None


def test_a_training_in_the_window_does_what_is_asked_of_it_beside_its_file(tmp_path: Path) -> None:
    desk = Desk()
    desk.engine.new(replace(PROBLEMS["two-gaussians"].defaults, chains=64), train=True)
    desk.turn(2)
    files = desk.engine._files
    assert files is not None
    assert files._autosave is not None
    path = files._autosave.path
    give_order(path, Order(epochs=40))
    desk.turn(2)
    assert desk.state.facts.configuration.planned_epochs == 40
    give_order(path, Order(stop=True))
    desk.turn(2)
    assert desk.state.activity is Activity.SAMPLING
    (path.parent / f".{path.name}.order").write_text("stop")
    desk.turn()
    assert "What was asked from elsewhere is not done" in desk.state.message.text
    desk.engine.close()
    assert len(read_run(path).metrics["epoch"]) == desk.state.epoch
