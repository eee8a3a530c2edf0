"""The run on view as Python: what the window shows is run by another process, and gives what the window has."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.gui.code_dialog import CodeDialog
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.problems import PROBLEMS, usual_configuration
from landscape_app.problems.networks import OF_IMAGES
from landscape_app.problems.problem import Configuration
from landscape_app.session import api
from landscape_app.session.checkpoint import open_session
from landscape_app.session.composition import Composition
from landscape_app.session.composition_file import read_composition
from landscape_app.session.journal import Reopened
from landscape_app.session.session import Session
from tests.gui.audit import interactive
from tests.gui.driving import PATIENCE, click, open_new_run, train_for

ROOT = Path(__file__).resolve().parents[2]
CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier

QUICK = """
from landscape_app.session.session import Session
from tests.fresh_chains import few_fresh_chains, quick_measurements
few_fresh_chains()
quick_measurements()
training = Session.classifier_training
Session.classifier_training = lambda self, epochs=60, seed=None: training(self, epochs // 20, seed)
"""
"""What `few_fresh_chains`, `quick_classifier` and `quick_measurements` do, for another process."""

KEEP = """
import numpy as np
from pathlib import Path
from landscape_app.session.composition_file import write_composition

parts = {name: p.detach().numpy() for name, p in session.model.observables.named_parameters()}
np.savez("model.npz", multipliers=session.model.multipliers.numpy(), epoch=session.trainer.epoch,
         validation_nats=session.measurements["validation_nats"] if len(session.measurements) else [],
         chi_squared=session.history["chi_squared"], step_size=session.sampler.chains.kernel.step_size,
         chains=len(session.sampler), **parts)
Path("composition.json").write_text(write_composition(session.composition))
"""

LIGHT = """
import sys
assert not {"sympy", "torch._dynamo"} & set(sys.modules)
"""
"""Training waits for neither torch's compiler nor its algebra, which take two seconds to load."""


def run(code: str, folder: Path) -> str:
    """Standard output of Python source, run by another process in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def session_of(window: MainWindow) -> Session:
    return window.engine.session


def shown(window: MainWindow, qtbot: QtBot, name: str) -> CodeDialog:
    """The dialog that a menu entry opens."""
    window.findChild(QAction, f"action-{name}").trigger()
    return opened(window, qtbot)


def opened(window: MainWindow, qtbot: QtBot) -> CodeDialog:
    qtbot.waitUntil(lambda: window.findChild(CodeDialog) is not None, timeout=PATIENCE)
    dialog = window.findChild(CodeDialog)
    assert isinstance(dialog, CodeDialog)
    return dialog


def pause(window: MainWindow, qtbot: QtBot) -> None:
    click(qtbot, window.toolbar.pause_button)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)


def is_same_model(folder: Path, session: Session) -> None:
    """Compares what `KEEP` has left with a session, to the last bit."""
    with np.load(folder / "model.npz") as kept:
        assert int(kept["epoch"]) == session.trainer.epoch
        for name, parameter in session.model.observables.named_parameters():
            np.testing.assert_array_equal(kept[name], parameter.detach().numpy())
        np.testing.assert_array_equal(kept["multipliers"], session.model.multipliers.numpy())
        np.testing.assert_array_equal(kept["chi_squared"], session.history["chi_squared"])
        if len(session.measurements):
            np.testing.assert_array_equal(kept["validation_nats"], session.measurements["validation_nats"])
        assert int(kept["chains"]) == len(session.sampler)
    text = (folder / "composition.json").read_text(encoding="utf-8")
    assert read_composition(text).composition == session.composition


@pytest.fixture
def plain_defaults(small_problem: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts that name the chains and channels of `small_problem`, which another process does not have."""
    small = PROBLEMS["digits"].defaults
    digits = replace(small, chains=Configuration().chains, channels=OF_IMAGES[small.network])
    usual = {"digits": digits}
    monkeypatch.setattr(api, "usual_configuration", lambda data: usual.get(data) or usual_configuration(data))


@pytest.mark.usefixtures("plain_defaults", "quick_classifier")
def test_the_script_of_a_run_trains_the_same_model_to_the_last_bit(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = open_new_run(window, qtbot)
    dialog.seed_box.setValue(17)
    click(qtbot, dialog.open_button)
    qtbot.waitUntil(lambda: window.engine.state.epoch == 0, timeout=PATIENCE)
    assert window.engine.state.facts.configuration.seed == 17
    train_for(window, qtbot, 3)
    pause(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_7)
    qtbot.waitUntil(lambda: window.engine.state.composition.target == 7, timeout=PATIENCE)
    slider = window.steering.layers.lines[0].strength.slider
    for _ in range(4):
        qtbot.keyClick(slider, Qt.Key.Key_Right)
    train_for(window, qtbot, 2)
    qtbot.keyClick(window, Qt.Key.Key_3)
    qtbot.waitUntil(lambda: window.engine.state.composition.target == 3, timeout=PATIENCE)
    # Where its plan ends the entropy is measured, and the chains follow; a new plan begins with the next training.
    window.engine.plan_epochs(window.engine.state.epoch + 3)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)
    train_for(window, qtbot, 3)
    click(qtbot, window.toolbar.pause_button)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)
    window.sampler.kernel_box.setFocus()
    qtbot.keyClick(window.sampler.kernel_box, Qt.Key.Key_Down)
    window.engine.tune_kernel(step_size=0.7)
    qtbot.waitUntil(lambda: window.engine.state.kernel.values == (0.7,), timeout=PATIENCE)
    window.steering.temperature.box.setValue(1.5)
    qtbot.waitUntil(lambda: window.engine.state.composition.temperature == 1.5, timeout=PATIENCE)
    window.engine.restart("noise", 40)
    qtbot.waitUntil(lambda: len(window.engine.state.snapshot.x) == 40, timeout=PATIENCE)

    qtbot.keyClick(window, Qt.Key.Key_Y, CONTROL_SHIFT)
    script = opened(window, qtbot).code.toPlainText()
    assert script.count("session.steer(Composition.towards(7") == 2
    window.engine.play(False)
    run(QUICK + script + KEEP + LIGHT, tmp_path)
    is_same_model(tmp_path, session_of(window))
    with np.load(tmp_path / "model.npz") as kept:
        assert float(kept["step_size"]) == 0.7


def test_an_opened_run_that_goes_on_is_opened_by_its_script(
    window: MainWindow, small_run: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_for(window, qtbot, 3)
    pause(window, qtbot)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "more.h5"), ""))
    assert window.save()
    qtbot.waitUntil(lambda: not window.engine.state.unsaved, timeout=PATIENCE)
    window.engine.open(tmp_path / "more.h5")
    qtbot.waitUntil(lambda: isinstance(window.engine.state.journal[-1].action, Reopened), timeout=PATIENCE)
    # Every training is recorded by a process of its own, which has to start and to end.
    title = "Handwritten digits – more.h5 – Landscape"
    qtbot.waitUntil(lambda: window.windowTitle() == title, timeout=PATIENCE)
    qtbot.waitUntil(window.toolbar.step_button.isEnabled, timeout=PATIENCE)
    click(qtbot, window.toolbar.step_button)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)
    script = shown(window, qtbot, "script").code.toPlainText()
    # A long line of the script is broken after the bracket.
    assert f'open_session("{small_run.resolve()}"' in script.replace("(\n    ", "(")
    again = tmp_path / "again"
    again.mkdir()
    monkeypatch.chdir(again)
    exec(script + KEEP, {})
    is_same_model(again, session_of(window))
    assert (again / "more.h5").is_file()


def test_the_lines_for_the_model_load_it_and_evaluate_h(
    window: MainWindow, small_run: Path, qtbot: QtBot
) -> None:
    lines = shown(window, qtbot, "model-in-python").code.toPlainText()
    assert len([line for line in lines.splitlines() if line]) <= 10
    found: dict[str, Any] = {}
    exec(lines, found)
    session = open_session(small_run, "cpu")
    with torch.no_grad():
        f = session.model.observables(session.held_out_items)
    np.testing.assert_allclose(found["h"], (f @ session.model.multipliers).numpy(), rtol=1e-4, atol=1e-3)
    assert found["slope"].shape == session.held_out_items.shape
    assert found["new"].x.shape == (16, 8, 8)


@pytest.mark.usefixtures("small_problem")
def test_a_run_in_no_file_is_to_be_saved_before_its_lines_work(window: MainWindow, qtbot: QtBot) -> None:
    click(qtbot, window.toolbar.reset_button)
    qtbot.waitUntil(lambda: window.engine.state.epoch == 0, timeout=PATIENCE)
    dialog = shown(window, qtbot, "model-in-python")
    assert 'open_session("digits-run.h5"' in dialog.code.toPlainText()
    explained = [label.text() for label in dialog.findChildren(type(dialog.told))]
    assert any("save it as digits-run.h5 first" in text for text in explained)


def test_source_is_copied_and_saved(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = shown(window, qtbot, "script")
    click(qtbot, dialog.copy)
    assert QGuiApplication.clipboard().text() == dialog.code.toPlainText()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    click(qtbot, dialog.save)
    assert (tmp_path / "mine.py").read_text(encoding="utf-8") == dialog.code.toPlainText()
    assert dialog.told.text() == "Saved mine.py."
    for widget in interactive(dialog):
        assert widget.objectName(), widget
        assert widget.toolTip(), widget.objectName()
    click(qtbot, dialog.close_button)
    qtbot.waitUntil(lambda: window.findChild(CodeDialog) is None, timeout=PATIENCE)


def test_before_anything_is_open_nothing_is_shown(
    make_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = make_window()
    for name in ("script", "model-in-python"):
        window.findChild(QAction, f"action-{name}").trigger()
    qtbot.wait(20)
    assert window.findChild(CodeDialog) is None


def test_a_drag_is_one_line_and_what_was_chosen_stays(window: MainWindow, qtbot: QtBot) -> None:
    for key, strength in ((Qt.Key.Key_7, 3), (Qt.Key.Key_3, 0)):
        qtbot.keyClick(window, key)
        target = int(chr(key))
        qtbot.waitUntil(
            lambda target=target: window.engine.state.composition.target == target, timeout=PATIENCE
        )
        for _ in range(strength):
            number = len(window.engine.state.journal)
            before = window.engine.state.composition
            qtbot.keyClick(window.steering.layers.lines[0].strength.slider, Qt.Key.Key_Right)
            qtbot.waitUntil(lambda before=before: window.engine.state.composition != before, timeout=PATIENCE)
            assert len(window.engine.state.journal) <= number + 1
    steered = [entry.action.composition for entry in window.engine.state.journal[1:]]
    assert [layer.field for c in steered for layer in c.layers] == [
        ClassCondition((7,)),
        ClassCondition((7,)),
        ClassCondition((3,)),
    ]
    assert steered[-1] == window.engine.state.composition != Composition()
