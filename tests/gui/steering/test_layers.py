"""The list of layers as a person edits it, with mouse and keys."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QFileDialog,
    QMessageBox,
    QSlider,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.steering.layers import LayerCard
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.pixels import InkAmount, SmoothPixels, SymmetryAbout
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.composition_file import read_composition, write_composition
from tests.gui.steering.conftest import PATIENCE, arrives, click

INK = Layer(InkAmount(0.2), 80.0)
SYMMETRY = Layer(SymmetryAbout(), 2.0)
SMOOTH = Layer(SmoothPixels(), 1.0)


def pick(qtbot: QtBot, button: QToolButton, name: str) -> None:
    """Opens a button's menu with the mouse and takes an entry with a key."""

    def choose() -> None:
        menu = button.menu()
        if not menu.isVisible():
            QTimer.singleShot(50, choose)
            return
        (action,) = (action for action in menu.actions() if action.objectName() == name)
        menu.setActiveAction(action)
        qtbot.keyClick(menu, Qt.Key.Key_Return)

    QTimer.singleShot(50, choose)
    click(qtbot, button)


def kinds(composition: Composition) -> list[str]:
    return [layer.field.kind for layer in composition.layers]


def cards(window: MainWindow) -> list[LayerCard]:
    return window.steering.layers.cards


def test_fields_of_every_kind_are_added_from_the_menu_and_reach_the_chains(
    window: MainWindow, qtbot: QtBot
) -> None:
    wanted = ["class", "pixels", "ink", "symmetry", "similarity", "smoothness"]
    for kind in wanted:
        pick(qtbot, window.steering.tools.add_button, f"add-{kind}")
    assert kinds(window.steering.composition) == wanted
    assert [card.layer for card in cards(window)] == list(window.steering.composition.layers)
    assert "symmetry" not in window.steering.formula.text()
    assert "left-right" in window.steering.formula.text()
    arrives(window, qtbot)
    ink = cards(window)[2]
    qtbot.waitUntil(lambda: ink.statistics.text().startswith("⟨V⟩ 0."), timeout=PATIENCE)
    statistics = window.engine.state.statistics
    assert statistics is not None
    assert statistics.layers[1] is None
    assert "fixed in every chain" in cards(window)[1].statistics.text()
    low, high = ink.strength.limits
    assert low == -high
    spread = statistics.layers[2].model_spread
    qtbot.waitUntil(lambda: 25 / 2.1 < ink.strength.limits[1] * spread < 25 * 2.1, timeout=PATIENCE)


def test_a_layer_that_is_added_below_the_others_comes_into_view(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 800)
    window.steering.edit(Composition((INK, SYMMETRY)))
    window.steering.add("pixels")
    viewport, card = window.steering.scroll_area.viewport(), cards(window)[-1]

    def is_in_view() -> bool:
        place = QRect(card.mapTo(viewport, QPoint()), card.size())
        return place.height() > 300 and viewport.rect().contains(place)

    qtbot.waitUntil(is_in_view, timeout=PATIENCE)


def test_keys_move_duplicate_rename_and_remove_a_layer_and_undo_it(window: MainWindow, qtbot: QtBot) -> None:
    start = Composition((INK, SYMMETRY, SMOOTH))
    opened = window.engine.state.facts.number
    window.steering.edit(start)
    card = cards(window)[0]
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert window.steering.composition.layers == (SYMMETRY, INK, SMOOTH)
    assert cards(window)[1] is card
    assert card.has_focus
    qtbot.keyClick(card, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert window.steering.composition.layers == (SYMMETRY, INK, INK, SMOOTH)
    assert window.engine.state.facts.number == opened
    qtbot.keyClick(card, Qt.Key.Key_F2)
    qtbot.keyClicks(card.title.line, "dark")
    qtbot.keyClick(card.title.line, Qt.Key.Key_Return)
    assert window.steering.composition.layers[1].name == "dark"
    assert card.title.label.text() == "dark"
    qtbot.keyClick(card, Qt.Key.Key_Delete)
    assert window.steering.composition.layers == (SYMMETRY, INK, SMOOTH)
    arrives(window, qtbot)
    for _ in range(4):
        qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.steering.composition == start
    shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_Z, shift)
    assert window.steering.composition.layers == (SYMMETRY, INK, SMOOTH)
    arrives(window, qtbot)


def test_the_mouse_moves_switches_and_removes_layers(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.edit(Composition((INK, SYMMETRY, SMOOTH)))
    first, second, third = cards(window)
    assert not any(card.controls.isVisible() for card in cards(window))
    click(qtbot, third.expander)
    assert third.controls.isVisible()
    click(qtbot, third.expander)
    click(qtbot, second.switch)
    assert not window.steering.composition.layers[1].enabled
    assert "left-right" not in window.steering.formula.text()
    qtbot.wait(20)
    handle = first.handle
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    for card in (second, third):
        below = card.mapToGlobal(QPoint(4, card.height() - 4))
        qtbot.mouseMove(handle, handle.mapFromGlobal(below))
        qtbot.wait(20)
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton)
    assert cards(window) == [second, third, first]
    assert kinds(window.steering.composition) == ["symmetry", "smoothness", "ink"]
    click(qtbot, window.steering.tools.undo)
    assert kinds(window.steering.composition) == ["ink", "symmetry", "smoothness"]
    last = cards(window)[2]
    click(qtbot, last.expander)
    click(qtbot, last.buttons["remove"])
    assert kinds(window.steering.composition) == ["ink", "symmetry"]
    qtbot.mouseDClick(cards(window)[0].title.label, Qt.MouseButton.LeftButton)
    line = cards(window)[0].title.line
    assert line.isVisible()
    qtbot.keyClicks(line, "x")
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert window.steering.composition.layers[0].name == ""


def test_a_drag_of_a_slider_reaches_the_chains_and_is_one_step(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.set_target(3)
    before = window.steering.composition
    slider = cards(window)[0].strength.slider
    y = slider.height() // 2
    handle = round(slider.width() * 4 / 8)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(handle, y))
    for x in range(handle, slider.width() - 10, 6):
        qtbot.mouseMove(slider, QPoint(x, y))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 12, y))
    strength = window.steering.composition.layers[0].strength
    assert strength > 5
    assert f"− {strength:g} · log p(3 | x)" in window.steering.formula.text()
    arrives(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.steering.composition == before
    assert cards(window)[0].strength.value == 4.0
    arrives(window, qtbot)


def test_both_temperatures_and_the_quick_buttons_keep_the_other_layers(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.steering.edit(Composition((INK,)))
    window.steering.model_temperature.box.setValue(2.0)
    click(qtbot, window.steering.targets.button(6))
    click(qtbot, window.steering.targets.button(2))
    assert window.steering.composition.layers == (INK, Layer(ClassCondition((2,)), 4.0))
    assert window.steering.formula.text().startswith("H(x) = 0.5 · Σᵢ λᵢ fᵢ(x) + 80 · N")
    assert window.steering.targets.button(2).isChecked()
    assert not window.steering.targets.button(6).isChecked()
    arrives(window, qtbot)
    click(qtbot, window.steering.targets.button(2))
    assert window.steering.composition.layers == (INK,)
    qtbot.keyClick(window, Qt.Key.Key_Backspace)
    assert window.steering.composition == Composition()


def test_a_composition_is_saved_and_opened_with_what_is_left_out_listed(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, told = tmp_path / "mine.json", []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(QMessageBox, "exec", lambda box: told.append(box.informativeText()))
    monkeypatch.setattr(QMessageBox, "warning", lambda *told_of: told.append(told_of[2]))
    saved = Composition((INK, SMOOTH), temperature=1.5)
    window.steering.edit(saved)
    click(qtbot, window.steering.tools.save)
    assert read_composition(path.read_text()).composition == saved
    window.steering.clear()
    click(qtbot, window.steering.tools.open)
    assert window.steering.composition == saved
    assert told == []
    path.write_text(write_composition(saved).replace('"smoothness"', '"telepathy"'))
    click(qtbot, window.steering.tools.open)
    assert window.steering.composition.layers == (INK,)
    assert "telepathy" in told.pop()
    path.write_text("no composition")
    click(qtbot, window.steering.tools.open)
    assert "mine.json" in told.pop().lower()
    assert window.steering.composition.layers == (INK,)
    pick(qtbot, window.steering.tools.preset_button, "preset-10")
    assert window.steering.composition.layers[0].title == "3 and 8"
    arrives(window, qtbot)


def test_two_compositions_move_side_by_side(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.set_target(0)
    arrives(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: window.engine.state.compared is not None, timeout=PATIENCE)
    window.steering.set_target(1)
    arrives(window, qtbot)
    view = window.sampler.compared
    qtbot.waitUntil(view.mosaic.isVisible, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "p(1 | x)" in view.captions[1].text(), timeout=PATIENCE)
    assert view.captions[0].text() == "A:  Σᵢ λᵢ fᵢ(x) − 4 · log p(0 | x)"
    assert len(view.mosaic.shown.images) == len(window.sampler.mosaic.shown.images)
    images = window.engine.state.compared.snapshot.x
    qtbot.waitUntil(lambda: (window.engine.state.compared.snapshot.x != images).any(), timeout=PATIENCE)
    click(qtbot, window.steering.tools.swap)
    assert window.steering.composition.target == 0
    assert window.steering.reference.target == 1
    qtbot.waitUntil(
        lambda: (
            window.engine.state.compared is not None
            and window.engine.state.compared.composition.target == 1
            and window.engine.state.composition.target == 0
        ),
        timeout=PATIENCE,
    )
    click(qtbot, window.steering.tools.back)
    assert window.steering.composition.target == 1
    qtbot.waitUntil(lambda: window.engine.state.compared is None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not view.mosaic.isVisible(), timeout=PATIENCE)
    assert not window.steering.tools.compare.isChecked()
    arrives(window, qtbot)
    click(qtbot, window.steering.tools.compare)
    qtbot.waitUntil(view.mosaic.isVisible, timeout=PATIENCE)
    click(qtbot, window.toolbar.step_button)
    qtbot.waitUntil(lambda: not view.mosaic.isVisible(), timeout=PATIENCE)
    assert window.steering.reference is None
    assert not window.steering.tools.compare.isChecked()


def test_every_control_of_the_editor_is_named_explained_and_reached_with_keys(
    window: MainWindow, qtbot: QtBot
) -> None:
    for kind in ("class", "discriminator", "pixels", "ink", "symmetry", "similarity", "smoothness"):
        window.steering.add(kind)
    kinds_of_widgets = (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider)
    controls = [w for kind in kinds_of_widgets for w in window.steering.findChildren(kind) if w.isVisible()]
    assert len(controls) > 80
    for widget in controls:
        if widget.objectName().startswith("qt_"):
            continue
        assert widget.objectName(), widget
        assert widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
        parents = (widget, widget.parentWidget())
        assert any(w.toolTip() for w in parents), widget.objectName()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, widget.objectName()
    narrow = [
        b.objectName()
        for b in window.steering.findChildren(QAbstractButton)
        if b.isVisible()
        and b.text()
        and not b.objectName().startswith("qt_")
        and b.fontMetrics().horizontalAdvance(b.text()) > b.width()
    ]
    assert not narrow
