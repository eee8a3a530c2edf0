"""Models that are given, in the main window: formulas, Python and couplings, opened, saved, trusted and refused."""

import itertools
import math
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.own_energy import CODE, TABLES, OwnEnergyDialog
from landscape_app.gui.state import Activity, EngineState
from landscape_app.gui.trust import TrustDialog
from landscape_app.learning.given import Given
from landscape_app.runs.trust import trust_path
from landscape_app.session.script import script_of
from tests.gui.conftest import shown_sweep
from tests.gui.driving import PATIENCE, click, open_new_run

LEFT = Qt.MouseButton.LeftButton
BOWL = "def energy(x):\n    return (x**2).sum(1) / 2\n"
J = np.array([[0.0, 0.5, 0.2], [0.5, 0.0, -0.4], [0.2, -0.4, 0.0]])


@pytest.fixture
def empty(used_window: MainWindow) -> MainWindow:
    """A window whose chains move quickly once there are any."""
    used_window.engine.set_speed(100.0)
    return used_window


def open_dialog(window: MainWindow, qtbot: QtBot) -> OwnEnergyDialog:
    action = window.findChild(QAction, "action-own-energy")
    assert isinstance(action, QAction)
    action.trigger()
    return visible_dialog(window, qtbot)


def visible_dialog(window: MainWindow, qtbot: QtBot) -> OwnEnergyDialog:
    def visible() -> list[OwnEnergyDialog]:
        return [dialog for dialog in window.findChildren(OwnEnergyDialog) if dialog.isVisible()]

    qtbot.waitUntil(lambda: bool(visible()), timeout=PATIENCE)
    return visible()[0]


def write(qtbot: QtBot, dialog: OwnEnergyDialog, text: str) -> None:
    line = dialog.formula.line
    qtbot.mouseClick(line, LEFT)
    line.selectAll()
    qtbot.keyClicks(line, text)


def wait_for(window: MainWindow, qtbot: QtBot, holds: Callable[[EngineState], bool]) -> EngineState:
    """Waits until the window shows a state of which something holds."""
    qtbot.waitUntil(
        lambda: window.shown is not None and window.shown.facts is not None and holds(window.shown),
        timeout=PATIENCE,
    )
    assert window.shown is not None
    return window.shown


def open_given(
    window: MainWindow, qtbot: QtBot, dialog: OwnEnergyDialog, holds: Callable[[EngineState], bool]
) -> EngineState:
    """Opens what the dialog names, and waits until the window shows a state of it of which something holds."""
    facts = window.engine.state.facts
    before = facts.number if facts is not None else -1
    click(qtbot, dialog.open_button)
    return wait_for(window, qtbot, lambda state: state.facts.number > before and holds(state))


def press(answer: str) -> None:
    """Presses a button of the next question whether to trust a file, as soon as it is there."""

    def answered() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, TrustDialog):
            getattr(dialog, answer).click()
        else:
            QTimer.singleShot(50, answered)

    QTimer.singleShot(50, answered)


def test_a_formula_is_opened_by_mouse_and_its_chains_run_at_once(
    empty: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = empty
    dialog = open_dialog(window, qtbot)
    write(qtbot, dialog, "x**4 - sim(y)")
    assert dialog.formula.complaint.isVisible()
    assert "did you mean sin?" in dialog.formula.complaint.text()
    assert not dialog.open_button.isEnabled()
    write(qtbot, dialog, "x**4 - x**2 + y**2")
    assert not dialog.formula.complaint.isVisible()
    state = open_given(window, qtbot, dialog, lambda state: state.sweep is not None and state.sweep.sweep > 2)
    assert not dialog.isVisible()
    assert state.activity is Activity.SAMPLING
    assert state.kept is not None
    assert state.kept.log_partition == pytest.approx(-3.01709, abs=1e-4)
    assert state.facts is not None
    assert state.facts.is_given
    assert window.steering.formula.text() == "H(x) = x**4 - x**2 + y**2"
    assert window.toolbar.on_view.text().endswith(" · Own energy")
    # There is nothing to train, and that is said.
    assert window.toolbar.train_button.text() == "Train…"
    assert not window.toolbar.step_button.isEnabled()
    window.engine.train()
    state = wait_for(window, qtbot, lambda state: state.message is not None and state.message.kind == "error")
    assert state.message is not None
    assert "nothing to train: the energy is given" in state.message.text
    assert "energy_session(" in script_of(state.journal, state.epoch)
    # Steering, the convergence test and files work as with a trained model.
    window.engine.test_convergence()
    wait_for(window, qtbot, lambda state: state.testing)
    window.engine.stop_test()
    path = tmp_path / "wells.h5"
    window.engine.save(path)
    wait_for(window, qtbot, lambda state: not state.unsaved)
    window.engine.open(path)
    again = wait_for(window, qtbot, lambda state: state.facts.path == path and shown_sweep(window) > 1)
    assert again.kept == state.kept


def test_another_model_is_trained_on_its_samples(make_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = make_window()
    window.may_discard = lambda: True  # type: ignore[method-assign]
    dialog = open_dialog(window, qtbot)
    write(qtbot, dialog, "(sqrt(x^2 + y^2) - 2)^2*8")
    open_given(window, qtbot, dialog, lambda state: state.facts.is_given)
    chosen = open_new_run(window, qtbot, window.toolbar.train_button)
    assert (chosen.model, chosen.fit) == ("observables", "min-maxent")
    assert chosen.epochs_box.value() > 1
    click(qtbot, chosen.train_button)
    state = wait_for(window, qtbot, lambda state: not state.facts.is_given and state.epoch > 2)
    assert state.facts is not None
    assert state.facts.configuration.energy is None
    assert len(state.facts.training_items) == 2_000


def test_reset_and_train_bring_chains_to_the_energy_again(empty: MainWindow, qtbot: QtBot) -> None:
    window = empty
    dialog = open_dialog(window, qtbot)
    first = open_given(window, qtbot, dialog, lambda state: state.facts.is_given and state.epoch == 1)
    qtbot.waitUntil(window.toolbar.reset_button.isEnabled, timeout=PATIENCE)
    click(qtbot, window.toolbar.reset_button)
    wait_for(window, qtbot, lambda state: state.facts.number > first.facts.number and state.epoch == 0)
    qtbot.waitUntil(window.toolbar.train_button.isEnabled, timeout=PATIENCE)
    click(qtbot, window.toolbar.train_button)
    state = wait_for(window, qtbot, lambda state: state.epoch == 1 and state.kept is not None)
    assert state.kept.log_partition == pytest.approx(first.kept.log_partition, abs=1e-6)
    assert isinstance(window.engine.session.trainer, Given)


def test_couplings_are_opened_from_a_file_and_what_is_wrong_is_told_in_the_dialog(
    empty: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, path = empty, tmp_path / "glass.csv"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    dialog = open_dialog(window, qtbot)
    dialog.show_kind(TABLES)
    assert not dialog.open_button.isEnabled()
    np.savetxt(path, J + np.triu(J) / 2, delimiter=",")
    click(qtbot, dialog.choose_button)
    click(qtbot, dialog.open_button)
    assert dialog.isVisible()
    assert "must be symmetric" in dialog.complaint.text()
    assert "row 1, column 2 they differ by 0.25" in dialog.complaint.text()
    np.savetxt(path, J, delimiter=",")
    qtbot.keyClicks(dialog.shape_line, "2x2")
    click(qtbot, dialog.open_button)
    assert "of 3 sites, which make no 2 × 2" in dialog.complaint.text()
    dialog.shape_line.clear()
    state = open_given(window, qtbot, dialog, lambda state: state.sweep is not None and state.sweep.sweep > 2)
    states = np.array(list(itertools.product((-1, 1), repeat=3)))
    exact = np.log(np.exp(0.5 * np.einsum("ni,ij,nj->n", states, J, states)).mean())
    assert state.kept is not None
    assert state.kept.log_partition == pytest.approx(exact, abs=1e-5)
    assert window.toolbar.on_view.text().endswith(" · Coupled spins")
    assert state.portrait is not None
    np.testing.assert_allclose(state.portrait.values, J, atol=1e-6)


def test_a_machine_of_a_file_has_a_map_and_minima(empty: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "machine.h5", "w") as file:
        file["W"] = np.random.default_rng(0).normal(0, 0.6, (16, 4))
    dialog = open_dialog(empty, qtbot)
    dialog.show_kind(TABLES)
    dialog.take_file(tmp_path / "machine.h5")
    qtbot.keyClicks(dialog.shape_line, "4x4")
    state = open_given(empty, qtbot, dialog, lambda state: state.sweep is not None and state.sweep.sweep > 2)
    assert state.landscape is not None
    # Samples of a model have no classes.
    assert state.landscape.map.training_labels is None
    empty.landscape_dock.raise_()
    empty.engine.find_minima()
    found = wait_for(
        empty, qtbot, lambda state: bool(state.landscape.minima) and state.landscape.minima.is_done
    )
    assert found.landscape is not None


def test_python_is_trusted_when_it_is_given_and_again_where_its_run_is_opened(
    empty: MainWindow, make_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    window, path, run = empty, tmp_path / "bowl.py", tmp_path / "bowl.h5"
    path.write_text(BOWL)
    dialog = open_dialog(window, qtbot)
    dialog.show_kind(CODE)
    dialog.take_file(path)
    press("cancel")
    click(qtbot, dialog.open_button)
    assert dialog.isVisible()
    press("run")
    state = open_given(window, qtbot, dialog, lambda state: state.sweep is not None and state.sweep.sweep > 2)
    assert state.kept is not None
    assert state.kept.entropy == pytest.approx(math.log(2 * math.pi) + 1, abs=2e-3)
    window.engine.save(run)
    wait_for(window, qtbot, lambda state: not state.unsaved)
    # The file brings no trust along: on another machine its Python is shown, and asked about.
    trust_path().unlink()
    other = make_window()
    press("cancel")
    other.engine.open(run)
    qtbot.waitUntil(lambda: other.engine.state.untrusted is not None, timeout=PATIENCE)
    qtbot.wait(100)
    assert other.engine.state.facts is None
    press("run")
    other.engine.open(run)
    found = wait_for(other, qtbot, lambda state: state.facts.path == run)
    assert found.kept is not None
    assert found.kept.entropy == state.kept.entropy


def test_python_that_fails_while_chains_move_holds_them_and_says_so(
    empty: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "tired.py"
    path.write_text(
        "calls = []\ndef energy(x):\n    calls.append(1)\n    e = (x**2).sum(1)\n"
        "    return e / 0 if len(calls) > 30_000 else e\n"
    )
    dialog = open_dialog(empty, qtbot)
    dialog.show_kind(CODE)
    dialog.take_file(path)
    press("run")
    open_given(empty, qtbot, dialog, lambda state: state.activity is Activity.SAMPLING)
    energy = list(empty.engine.session.composer.trusted.values())[-1]
    energy.__globals__["calls"].extend([1] * 30_000)
    state = wait_for(empty, qtbot, lambda state: state.activity is Activity.STILL)
    assert state.message is not None
    assert "the energy “tired” gave an energy that is not finite" in state.message.text.lower()


def test_a_new_run_leads_to_the_dialog(empty: MainWindow, qtbot: QtBot) -> None:
    click(qtbot, open_new_run(empty, qtbot).energy_button)
    dialog = visible_dialog(empty, qtbot)
    click(qtbot, dialog.cancel_button)
    assert not dialog.isVisible()
