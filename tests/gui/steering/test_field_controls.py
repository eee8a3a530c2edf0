"""The controls of every kind of field as a person uses them, with mouse and keys."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from landscape_app.gui import engine
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.gui.steering import panel
from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.steering.controls.classes import ClassControls
from landscape_app.gui.steering.controls.custom import CustomControls
from landscape_app.gui.steering.controls.discriminator import DiscriminatorControls
from landscape_app.gui.steering.controls.field_controls import FieldControls
from landscape_app.gui.steering.controls.pixels import PixelControls
from landscape_app.gui.steering.controls.similarity import SimilarityControls
from landscape_app.gui.steering.controls.simple import InkControls, SymmetryControls
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.trust import TrustDialog, choose_code
from landscape_app.physics.fields import CustomField
from landscape_app.physics.fields.classes import ALL_OF, NONE_OF, ClassCondition
from landscape_app.physics.fields.field import Field
from landscape_app.physics.fields.pixels import FixedPixels, InkAmount, SymmetryAbout
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.custom_field import EXAMPLE
from tests.gui.steering.conftest import PATIENCE, arrives, click


def add(window: MainWindow, kind: str) -> FieldControls:
    """Adds a layer, and returns its controls."""
    window.steering.add(kind)
    return window.steering.layers.lines[-1].controls


def field(window: MainWindow) -> Field:
    return window.steering.composition.layers[-1].field


def test_classes_are_combined_and_their_shares_sum_to_a_whole(window: MainWindow, qtbot: QtBot) -> None:
    controls = add(window, "class")
    assert isinstance(controls, ClassControls)
    assert field(window) == ClassCondition((3, 8))
    click(qtbot, controls.buttons[5])
    assert field(window) == ClassCondition((3, 5, 8))
    controls.shares[5].setFocus()
    controls.shares[5].setValue(60)
    assert [round(box.value()) for box in controls.shares.values()] == [20, 60, 20]
    assert window.steering.layers.lines[0].title.label.text() == "20% 3, 60% 5, 20% 8"
    arrives(window, qtbot)
    qtbot.waitUntil(lambda: "5: " in window.sampler.outcomes.b.share.text(), timeout=PATIENCE)
    controls.mode.setFocus()
    qtbot.keyClick(controls.mode, Qt.Key.Key_Down)
    assert field(window) == ClassCondition((3, 5, 8), ALL_OF)
    assert not controls.shares
    qtbot.keyClick(controls.mode, Qt.Key.Key_Down)
    for c in (3, 5):
        click(qtbot, controls.buttons[c])
    assert field(window) == ClassCondition((8,), NONE_OF)
    click(qtbot, controls.buttons[8])
    assert field(window) == ClassCondition((8,), NONE_OF)
    assert controls.buttons[8].isChecked()
    arrives(window, qtbot)


def test_a_brush_pins_pixels_that_every_chain_keeps(window: MainWindow, qtbot: QtBot) -> None:
    controls = add(window, "pixels")
    assert isinstance(controls, PixelControls)
    brush = controls.brush
    qtbot.mousePress(brush, Qt.MouseButton.LeftButton, pos=brush.pixel_rect(1, 2).center())
    qtbot.mouseMove(brush, brush.pixel_rect(1, 5).center())
    qtbot.mouseRelease(brush, Qt.MouseButton.LeftButton, pos=brush.pixel_rect(1, 5).center())
    assert field(window) == FixedPixels(tuple((1, j, 16) for j in range(2, 6)))
    qtbot.mouseClick(brush, Qt.MouseButton.RightButton, pos=brush.pixel_rect(1, 3).center())
    controls.level_box.setValue(9)
    brush.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Space):
        qtbot.keyClick(brush, key)
    assert brush.cursor_at == (2, 4)
    assert field(window) == FixedPixels(((1, 2, 16), (1, 4, 16), (1, 5, 16), (2, 4, 9)))
    assert window.engine.state.activity is Activity.SAMPLING
    qtbot.keyClick(brush, Qt.Key.Key_Up)
    qtbot.keyClick(brush, Qt.Key.Key_Delete)
    assert field(window) == FixedPixels(((1, 2, 16), (1, 5, 16), (2, 4, 9)))
    arrives(window, qtbot)
    images = window.engine.state.snapshot.x
    assert (images[:, 1, 2] == 16).all()
    assert (images[:, 2, 4] == 9).all()
    assert len(np.unique(images[:, 1, 4])) > 1
    shown = brush.grab().toImage().pixelColor(brush.pixel_rect(2, 4).center())
    assert shown == QColor(*LIGHT.ink_table[int(255 * np.float32(9 / 16))])
    click(qtbot, window.steering.tools.undo)
    assert field(window).pixels[1] == (1, 4, 16)
    assert not window.steering.layers.lines[0].strength.isEnabled()
    controls.mode.setFocus()
    qtbot.keyClick(controls.mode, Qt.Key.Key_Down)
    assert not field(window).exact
    assert window.steering.layers.lines[0].strength.isEnabled()
    click(qtbot, controls.clear_button)
    assert field(window) == FixedPixels((), exact=False)


def test_the_selected_chain_is_pinned_or_taken_for_similarity(window: MainWindow, qtbot: QtBot) -> None:
    pixels = add(window, "pixels")
    assert isinstance(pixels, PixelControls)
    click(qtbot, pixels.chain.button)
    assert "Select a chain" in pixels.chain.told.text()
    assert pixels.chain.told.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)
    mosaic = window.sampler.mosaic
    qtbot.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=mosaic.image_rect(5).center())
    image = window.engine.state.snapshot.x[5]
    likeness = add(window, "similarity")
    assert isinstance(likeness, SimilarityControls)
    assert likeness.number.value() == 1
    click(qtbot, likeness.chain.button)
    np.testing.assert_array_equal(np.array(field(window).image), image)
    assert field(window).source == "chain 6"
    click(qtbot, pixels.chain.button)
    pinned = window.steering.composition.layers[0].field
    assert isinstance(pinned, FixedPixels)
    np.testing.assert_array_equal(np.array([p[2] for p in pinned.pixels]).reshape(8, 8), image)
    likeness.number.setValue(7)
    facts = window.engine.state.facts
    np.testing.assert_array_equal(np.array(field(window).image), facts.training_items[6])
    np.testing.assert_array_equal(likeness.picture.shown.images[0], facts.training_items[6])
    window.steering.edit(Composition())
    window.steering.undo()
    assert window.steering.layers.lines[1].controls.number.value() == 7


def test_ink_and_axis_are_set_with_keys(window: MainWindow, qtbot: QtBot) -> None:
    ink = add(window, "ink")
    assert isinstance(ink, InkControls)
    ink.share.slider.setFocus()
    for _ in range(8):
        qtbot.keyClick(ink.share.slider, Qt.Key.Key_Right)
    assert field(window) == InkAmount(0.32)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert field(window) == InkAmount(0.3)
    axis = add(window, "symmetry")
    assert isinstance(axis, SymmetryControls)
    axis.axis.setFocus()
    qtbot.keyClick(axis.axis, Qt.Key.Key_Down)
    assert field(window) == SymmetryAbout("top-bottom")
    strength = window.steering.layers.lines[1].strength
    strength.box.setValue(-2.5)
    assert "− 2.5 · ½ Σ (u − u′)², top-bottom" in window.steering.formula.text()
    arrives(window, qtbot)


@pytest.mark.usefixtures("small_problem", "quick_classifier")
def test_a_discriminator_is_trained_beside_the_chains_and_then_acts(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, training = threading.Event(), engine.discriminator_training

    def waits(*arguments: Any) -> Iterator[float]:
        assert seen.wait(PATIENCE / 1000)
        yield from training(*arguments, passes=2)

    monkeypatch.setattr(engine, "discriminator_training", waits)
    monkeypatch.setattr("landscape_app.session.discriminator.GENERATED", 160)
    controls = add(window, "discriminator")
    assert isinstance(controls, DiscriminatorControls)
    assert "No round yet" in controls.rounds.text()
    assert window.steering.formula.text() == "H(x) = Σᵢ λᵢ fᵢ(x)"
    click(qtbot, controls.train)
    qtbot.waitUntil(lambda: "discriminator" in window.toolbar.status.text(), timeout=PATIENCE)
    seen.set()
    qtbot.waitUntil(lambda: "Round 1: " in controls.rounds.text(), timeout=3 * PATIENCE)
    assert "D1(x)" in window.steering.formula.text()
    arrives(window, qtbot)
    assert window.engine.state.unsaved
    qtbot.waitUntil(controls.train.isEnabled, timeout=PATIENCE)
    assert controls.round.currentText() == "Round 1"
    assert controls.round.itemData(0, Qt.ItemDataRole.ToolTipRole) == "Trained against H(x) = Σᵢ λᵢ fᵢ(x)"
    window.may_discard = lambda: True  # type: ignore[method-assign]
    click(qtbot, window.toolbar.reset_button)
    qtbot.waitUntil(lambda: window.steering.context.rounds == (), timeout=PATIENCE)
    assert window.engine.state.epoch == 0
    assert not window.steering.composition.layers[0].enabled


@pytest.fixture
def trust(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file that the next dialog chooses, and presses a button of the question whether to trust it."""

    def prepare(text: str, answer: str) -> Path:
        path = tmp_path / "tilt.py"
        path.write_text(text)
        monkeypatch.setattr(panel, "begin_code", lambda parent, what, _: choose_code(parent, what))
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))

        def press() -> None:
            dialog = QApplication.activeModalWidget()
            assert isinstance(dialog, TrustDialog)
            assert dialog.text.toPlainText() == text
            getattr(dialog, answer).click()

        QTimer.singleShot(100, press)
        return path

    return prepare


def test_a_user_defined_field_is_shown_first_runs_once_trusted_and_is_reloaded(
    window: MainWindow, qtbot: QtBot, trust: Callable[[str, str], Path]
) -> None:
    trust(EXAMPLE, "cancel")
    window.steering.add("custom")
    assert window.steering.composition == Composition()
    path = trust(EXAMPLE, "run")
    window.steering.add("custom")
    controls = window.steering.layers.lines[0].controls
    assert isinstance(controls, CustomControls)
    qtbot.waitUntil(lambda: controls.state.text() == "Trusted: it runs", timeout=PATIENCE)
    assert window.steering.composition.layers[0].enabled
    assert window.steering.formula.text().endswith("+ tilt(x)")
    arrives(window, qtbot)
    first = field(window).digest
    path.write_text(EXAMPLE.replace("def energy", "def other"))
    click(qtbot, controls.reload)
    assert "needs a function energy(x)" in controls.error.text()
    # The one before runs on.
    assert controls.state.text() == "Trusted: it runs"
    trust(EXAMPLE.replace("abs()", "square()"), "run")
    click(qtbot, controls.reload)
    qtbot.waitUntil(lambda: field(window).digest != first, timeout=PATIENCE)
    arrives(window, qtbot)
    assert not controls.error.isVisible()
    window.steering.undo()
    assert field(window).digest == first
    window.steering.undo()
    assert window.steering.composition == Composition()


FAILS_LATER = (
    "calls = []\ndef energy(x):\n    calls.append(1)\n    e = x.mean((1, 2))\n"
    "    return e / 0 if len(calls) > 100 else e\n"
)


def test_a_user_defined_field_that_fails_is_switched_off_named_and_the_chains_go_on(
    window: MainWindow, qtbot: QtBot, trust: Callable[[str, str], Path]
) -> None:
    window.steering.set_target(3)
    trust(FAILS_LATER, "run")
    window.steering.add("custom")
    qtbot.waitUntil(lambda: window.banner.isVisible(), timeout=PATIENCE)
    assert "“tilt” gave an energy that is not finite" in window.banner.text.text()
    line = window.steering.layers.lines[1]
    qtbot.waitUntil(lambda: not line.switch.isChecked(), timeout=PATIENCE)
    assert "not finite" in line.controls.error.text()
    assert line.controls.state.text() == "Trusted, but it has failed"
    arrives(window, qtbot)
    assert window.steering.composition.acting == (Layer(ClassCondition((3,)), 4.0),)
    sweep = window.engine.state.sweep.sweep if window.engine.state.sweep else 0
    qtbot.waitUntil(lambda: (s := window.engine.state.sweep) and s.sweep > sweep + 3, timeout=PATIENCE)
    assert window.engine.state.activity is Activity.SAMPLING


@pytest.mark.parametrize("mended", ["removed", "replaced"])
def test_the_message_of_a_field_that_has_failed_goes_with_it(
    window: MainWindow, qtbot: QtBot, trust: Callable[[str, str], Path], mended: str
) -> None:
    trust(FAILS_LATER, "run")
    window.steering.add("custom")
    line = window.steering.layers.lines[0]
    qtbot.waitUntil(lambda: window.banner.tells("the field “tilt” gave"), timeout=PATIENCE)
    qtbot.waitUntil(lambda: not line.switch.isChecked(), timeout=PATIENCE)
    arrives(window, qtbot)
    # It stays while the field is there, switched off.
    assert window.banner.isVisible()
    if mended == "removed":
        qtbot.keyClick(line, Qt.Key.Key_Delete)
    else:
        trust(EXAMPLE, "run")
        click(qtbot, line.controls.reload)
        line.switch.setChecked(True)
    qtbot.waitUntil(lambda: not window.banner.isVisible(), timeout=PATIENCE)


def test_a_template_is_written_and_runs_as_it_is(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))

    def press() -> None:
        asked = QApplication.activeModalWidget()
        if isinstance(asked, TrustDialog):
            asked.run.click()
            return
        QTimer.singleShot(50, press)
        if isinstance(asked, QMessageBox):
            asked.findChild(QPushButton, "begin-template").click()  # type: ignore[union-attr]

    QTimer.singleShot(50, press)
    window.steering.add("custom")
    assert "x has shape (batch, 8, 8)" in (tmp_path / "mine.py").read_text()
    qtbot.waitUntil(lambda: window.steering.composition.layers[0].enabled, timeout=PATIENCE)
    arrives(window, qtbot)


def test_a_file_that_fails_to_load_is_told_in_its_card(
    window: MainWindow, qtbot: QtBot, trust: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    trust("import nowhere_at_all\ndef energy(x):\n    return x\n", "run")
    window.steering.add("custom")
    controls = window.steering.layers.lines[0].controls
    qtbot.waitUntil(lambda: "ModuleNotFoundError" in controls.error.text(), timeout=PATIENCE)
    assert not window.steering.composition.layers[0].enabled
    told: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *text: told.append(text[2]))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("nowhere.py", ""))
    window.steering.add("custom")
    assert "cannot be read" in told[0]


def test_a_field_that_has_failed_stays_so_where_another_file_cannot_take_its_place(qtbot: QtBot) -> None:
    controls = CustomControls(FieldContext(trusted=frozenset({"a" * 64})), FieldSignals(), LIGHT)
    qtbot.addWidget(controls)
    controls.show_field(CustomField("wrong.py", "a" * 64))
    controls.show_context(FieldContext(trusted=frozenset({"a" * 64})))
    assert controls.state.text() == "Trusted: it runs"
    controls.show_error("it gave another shape", failed=True)
    controls.show_error("the field “syntax” is no Python")
    assert controls.state.text() == "Trusted, but it has failed"
    controls.show_error("")
    assert controls.state.text() == "Trusted: it runs"
    # Revoked, or not trusted yet.
    controls.show_context(FieldContext())
    assert controls.state.text() == "Not trusted yet, or no longer: it does nothing"
