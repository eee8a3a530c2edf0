"""Edits that cross what the engine does meanwhile, files from other runs, and keys for whoever has the focus."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from landscape_app.gui.engine import Engine
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.pixels import (
    FixedPixels,
    InkAmount,
    SimilarityTo,
    SmoothPixels,
    SymmetryAbout,
)
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.composition_file import write_composition
from landscape_app.session.sampler import Sampler
from tests.gui.steering.conftest import PATIENCE, arrives, click

INK = Layer(InkAmount(0.2), 80.0)
SMOOTH = Layer(SmoothPixels(), 1.0)
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What message boxes said; files are opened from mine.json."""
    said: list[str] = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "mine.json"), ""))
    monkeypatch.setattr(QMessageBox, "exec", lambda box: said.append(box.informativeText()))
    return said


def test_a_composition_of_another_run_opens_with_what_fits_and_can_be_undone(
    window: MainWindow, qtbot: QtBot, told: list[str], tmp_path: Path
) -> None:
    before = Composition((Layer(SmoothPixels(), 1.0),))
    window.steering.edit(before)
    layers = (
        Layer(SimilarityTo(((40,) * 16,) * 16), 1.0, name="a larger digit"),
        INK,
        Layer(ClassCondition((3, 25)), 2.0),
        Layer(FixedPixels(((15, 15, 3),))),
        Layer(FixedPixels(((4, 4, 9),))),
    )
    (tmp_path / "mine.json").write_text(write_composition(Composition(layers, temperature=1.5)))
    click(qtbot, window.steering.tools.open)
    opened = Composition((layers[1], layers[4]), temperature=1.5)
    assert window.steering.composition == opened
    (text,) = told
    assert "layer 1 “a larger digit” was left out: its image is 16 × 16, this run's are 8 × 8" in text
    assert "layer 3 was left out: there is no class 25" in text
    assert "layer 4 was left out: there is no pixel in row 15" in text
    arrives(window, qtbot)
    assert (window.engine.state.snapshot.x[:, 4, 4] == 9).all()
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    assert window.steering.composition == before
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert window.steering.composition == opened
    arrives(window, qtbot)


def test_undo_and_presets_edit_b_and_leave_a(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.edit(Composition((INK,)))
    arrives(window, qtbot)
    click(qtbot, window.steering.tools.compare)
    qtbot.waitUntil(lambda: window.engine.state.compared is not None, timeout=PATIENCE)
    between = window.steering.tools.preset_button.menu().actions()[10]
    between.trigger()
    assert window.steering.composition.layers[0].title == "3 and 8"
    arrives(window, qtbot)
    for _ in range(2):
        qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
        arrives(window, qtbot)
    assert window.steering.composition == Composition()
    assert window.engine.state.compared.composition == Composition((INK,))
    click(qtbot, window.steering.tools.keep_a)
    arrives(window, qtbot)
    assert window.steering.composition == Composition((INK,))
    qtbot.waitUntil(lambda: window.engine.state.compared is None, timeout=PATIENCE)


def test_the_chains_of_a_go_on_where_they_are_once_a_is_kept(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.steering.edit(Composition((INK,)))
    arrives(window, qtbot)
    click(qtbot, window.steering.tools.compare)
    qtbot.waitUntil(lambda: window.engine.state.compared is not None, timeout=PATIENCE)
    window.steering.edit(Composition((SMOOTH,)))
    arrives(window, qtbot)
    click(qtbot, window.sampler.play_button)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.shown is window.engine.state, timeout=PATIENCE)
    a = window.engine.state.compared
    assert (a.snapshot.x != window.engine.state.snapshot.x).any()

    def jump(*_: object) -> None:
        raise AssertionError("the chains of A are there")

    monkeypatch.setattr(Sampler, "steer", jump)
    click(qtbot, window.steering.tools.keep_a)
    qtbot.waitUntil(lambda: window.shown.compared is None, timeout=PATIENCE)
    # At no time the images of B under the composition A.
    assert (window.shown.snapshot.x == a.snapshot.x).all()
    assert (window.shown.composition, window.shown.steering) == (Composition((INK,)), a.steering)
    assert np.array_equal(
        window.sampler.mosaic.shown.images, window.shown.facts.space.as_images(a.snapshot.x)
    )
    assert window.sampler.outcomes.isEnabled()
    click(qtbot, window.sampler.step_button)
    qtbot.waitUntil(lambda: (window.engine.state.snapshot.x != a.snapshot.x).any(), timeout=PATIENCE)
    assert window.engine.state.composition == Composition((INK,))
    assert window.engine.state.message is None


def test_a_slider_takes_both_sides_along(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.edit(Composition((INK,)))
    arrives(window, qtbot)
    click(qtbot, window.steering.tools.compare)
    qtbot.waitUntil(lambda: window.engine.state.compared is not None, timeout=PATIENCE)
    slider = window.steering.layers.lines[0].strength.slider
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    qtbot.waitUntil(
        lambda: (s := window.engine.state.compared.steering) is not None and s.source == "chains",
        timeout=PATIENCE,
    )
    # At rest both jump once more, from the same samples of the model.
    qtbot.waitUntil(lambda: window.engine.state.steering.source == "model", timeout=PATIENCE)
    assert window.engine.state.compared.steering.source == "model"
    arrives(window, qtbot)


def test_a_comparison_that_the_engine_cannot_begin_is_not_shown(window: MainWindow, qtbot: QtBot) -> None:
    window.engine.train()
    window.steering.set_comparing(True)
    assert window.steering.tools.compare.isChecked()
    qtbot.waitUntil(lambda: window.steering.reference is None, timeout=PATIENCE)
    assert not window.steering.tools.compare.isChecked()
    assert window.engine.state.compared is None
    window.engine.pause()
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)


def test_an_edit_that_crosses_another_session_is_dropped_on_both_sides(
    window: MainWindow, small_run: Path, qtbot: QtBot
) -> None:
    first = window.steering.context.facts.number
    # Both commands wait together: the edit reaches the engine when the other session is there already.
    window.engine.open(small_run)
    window.steering.edit(Composition((INK,)))
    window.steering.set_comparing(True)
    qtbot.waitUntil(lambda: window.steering.context.facts.number > first, timeout=PATIENCE)
    sweep = window.engine.state.sweep
    qtbot.waitUntil(lambda: window.engine.state.sweep is not sweep, timeout=PATIENCE)
    qtbot.wait(50)
    assert window.engine.state.composition == window.steering.composition == Composition()
    assert window.engine.state.compared is None
    assert window.steering.reference is None
    window.steering.edit(Composition((INK,)))
    arrives(window, qtbot)


def test_a_command_for_another_session_does_nothing() -> None:
    engine = Engine(threads=1)
    assert engine.state.is_of(None)
    assert not engine.state.is_of(0)


def test_keys_belong_to_what_is_being_typed(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.edit(Composition((INK, Layer(SymmetryAbout(), 2.0))))
    line = window.steering.layers.lines[0]
    box = line.strength.box
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "25")
    assert window.steering.composition.layers == (INK, Layer(SymmetryAbout(), 2.0))
    qtbot.keyClick(box, Qt.Key.Key_Z, CONTROL)
    assert window.steering.composition.layers[0] == INK
    box.selectAll()
    qtbot.keyClicks(box, "25")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert window.steering.composition.layers[0].strength == 25
    qtbot.keyClicks(box, "hcrst ")
    assert window.steering.composition.hamiltonian
    assert window.steering.reference is None
    # Nothing is being typed any more: undo is the editor's.
    box.setValue(25)
    qtbot.keyClick(box, Qt.Key.Key_Z, CONTROL)
    assert window.steering.composition.layers[0] == INK
    qtbot.keyClick(box, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert window.steering.composition.layers[0].strength == 25
    line.title.begin()
    qtbot.keyClicks(line.title.line, "7 hc.-")
    qtbot.keyClick(line.title.line, Qt.Key.Key_Backspace)
    qtbot.keyClick(line.title.line, Qt.Key.Key_Return)
    assert window.steering.composition.layers == (
        Layer(InkAmount(0.2), 25.0, name="7 hc."),
        Layer(SymmetryAbout(), 2.0),
    )
    assert window.steering.composition.hamiltonian


def test_space_presses_what_was_reached_with_the_keyboard_and_else_holds_the_chains(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.steering.add("class")
    buttons = window.steering.layers.lines[0].controls.buttons
    QApplication.processEvents()
    buttons[0].setFocus()
    qtbot.keyClick(buttons[0], Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is buttons[1]
    qtbot.keyClick(buttons[1], Qt.Key.Key_Space)
    assert window.steering.composition.layers[0].field == ClassCondition((1, 3, 8))
    qtbot.wait(30)
    assert window.engine.state.activity is Activity.SAMPLING
    click(qtbot, buttons[2])
    assert window.steering.composition.layers[0].field == ClassCondition((1, 2, 3, 8))
    qtbot.keyClick(buttons[2], Qt.Key.Key_Space)
    assert window.steering.composition.layers[0].field == ClassCondition((1, 2, 3, 8))
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)
