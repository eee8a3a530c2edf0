"""The list of layers as a person edits it, with mouse and keys."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QMessageBox,
    QSlider,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.steering.layers import LayerLine
from landscape_app.gui.widgets.fixed import FixedScrollArea
from landscape_app.gui.worker import WAITING_SECONDS
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.pixels import InkAmount, SmoothPixels, SymmetryAbout
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.composition_file import read_composition, write_composition
from tests.gui.room import names_above
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


def lines(window: MainWindow) -> list[LayerLine]:
    return window.steering.layers.lines


def test_fields_of_every_kind_are_added_from_the_menu_and_reach_the_chains(
    window: MainWindow, qtbot: QtBot
) -> None:
    wanted = ["class", "pixels", "ink", "symmetry", "similarity", "smoothness"]
    for kind in wanted:
        pick(qtbot, window.steering.tools.add_button, f"add-{kind}")
    assert kinds(window.steering.composition) == wanted
    assert [card.layer for card in lines(window)] == list(window.steering.composition.layers)
    assert "symmetry" not in window.steering.formula.text()
    assert "left-right" in window.steering.formula.text()
    arrives(window, qtbot)
    ink = lines(window)[2]
    qtbot.waitUntil(lambda: ink.note.text().startswith("⟨V⟩ 0."), timeout=PATIENCE)
    statistics = window.engine.state.statistics
    assert statistics is not None
    assert statistics.layers[1] is None
    assert "fixed in every chain" in lines(window)[1].note.text()
    low, high = ink.strength.limits
    assert low == -high
    spread = statistics.layers[2].model_spread
    qtbot.waitUntil(lambda: 25 / 2.1 < ink.strength.limits[1] * spread < 25 * 2.1, timeout=PATIENCE)
    # A strength that a person has chosen keeps its place on the slider.
    ink.strengthen(1)
    chosen = ink.strength.limits
    wide = replace(statistics.layers[2], model_spread=100 * spread)
    ink.show_statistics(wide)
    assert ink.strength.limits == chosen


def is_whole(widget: QWidget) -> bool:
    """True if a widget is visible with all of its area, scrolled out of sight nowhere."""
    return widget.isVisible() and widget.visibleRegion().boundingRect() == widget.rect()


@pytest.mark.parametrize("height", [800, 600])
def test_a_layer_that_is_added_is_selected_and_its_line_comes_into_view(
    window: MainWindow, qtbot: QtBot, height: int
) -> None:
    window.resize(1280, height)
    window.steering.edit(Composition((INK, SYMMETRY, SMOOTH, INK)))
    window.steering.add("class")
    line = lines(window)[-1]
    qtbot.waitUntil(lambda: is_whole(line), timeout=PATIENCE)
    assert window.steering.layers.selected is line
    assert is_whole(line.strength.slider)
    qtbot.waitUntil(lambda: is_whole(line.controls.mode), timeout=PATIENCE)
    assert [other.page.isVisible() for other in lines(window)] == [False] * 4 + [True]


def test_three_layers_and_all_above_them_fit_without_scrolling(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 800)
    steering = window.steering
    steering.edit(Composition((INK, SYMMETRY, Layer(ClassCondition((3, 8), shares=(1.0, 3.0)), 2.0))))
    QApplication.processEvents()
    areas = [area for area in steering.findChildren(FixedScrollArea) if area.isVisible()]
    assert len(areas) == 4
    assert {area.verticalScrollBar().maximum() for area in areas} == {0}
    for widget in (
        *lines(window),
        *steering.targets.buttons(),
        steering.temperature,
        *lines(window)[2].buttons.values(),
    ):
        seen = widget.visibleRegion().boundingRect()
        assert is_whole(widget), f"{seen} of {widget.rect()} is seen, in {names_above(widget)}"
    assert is_whole(lines(window)[2].controls)


def fixed_places(window: MainWindow) -> dict[str, QRect]:
    """Places on the screen of what shall not move: the head, the list's lines, the fixed rows of the controls."""
    steering = window.steering
    line = steering.layers.selected or steering.layers.model
    number = line.strength if isinstance(line, LayerLine) else line.temperature
    parts: dict[str, QWidget] = {
        button.objectName(): button for button in steering.findChildren(QToolButton) if button.isVisible()
    }
    parts |= {button.objectName(): button for button in steering.targets.buttons()}
    parts |= {"list": steering.layers.area, "pages": steering.layers.pages}
    parts |= {"temperature": steering.temperature, "number": number.slider, "mosaic": window.sampler.mosaic}
    parts |= {"formula": steering.formula.parentWidget()}
    found = {name: QRect(part.mapTo(window, QPoint()), part.size()) for name, part in parts.items()}
    # The list scrolls to the line that is selected.
    scrolled = steering.layers.area.verticalScrollBar().value()
    for number, one in enumerate((steering.layers.model, *steering.layers.lines[:2])):
        found[f"line {number}"] = QRect(one.mapTo(window, QPoint(0, scrolled)), one.size())
    return found


@pytest.mark.parametrize("size", [(1280, 800), (900, 600)])
def test_nothing_moves_as_layers_come_are_selected_switched_and_go(
    window: MainWindow, qtbot: QtBot, size: tuple[int, int]
) -> None:
    window.resize(*size)
    window.steering.scroll_area.verticalScrollBar().setValue(0)
    QApplication.processEvents()
    before = fixed_places(window)

    def check() -> None:
        for _ in range(3):
            QApplication.processEvents()
        now = fixed_places(window)
        moved = {
            name: (place, now[name]) for name, place in before.items() if name in now and now[name] != place
        }
        assert not moved
        before.update(now)

    for kind in ("class", "pixels", "ink", "symmetry", "similarity", "smoothness", "discriminator"):
        window.steering.add(kind)
        check()
    for line in lines(window)[-1::-1]:
        window.steering.layers.select(line)
        line.switch.click()
        check()
    window.steering.set_target(7)
    check()
    window.steering.clear()
    check()


def test_keys_move_duplicate_rename_and_remove_a_layer_and_undo_it(window: MainWindow, qtbot: QtBot) -> None:
    start = Composition((INK, SYMMETRY, SMOOTH))
    opened = window.engine.state.facts.number
    window.steering.edit(start)
    line = lines(window)[0]
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert window.steering.composition.layers == (SYMMETRY, INK, SMOOTH)
    assert lines(window)[1] is line
    assert line.has_focus
    qtbot.keyClick(line, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert window.steering.layers.selected is lines(window)[2]
    line.setFocus()
    assert window.steering.composition.layers == (SYMMETRY, INK, INK, SMOOTH)
    assert window.engine.state.facts.number == opened
    qtbot.keyClick(line, Qt.Key.Key_F2)
    qtbot.keyClicks(line.title.line, "dark")
    qtbot.keyClick(line.title.line, Qt.Key.Key_Return)
    assert window.steering.composition.layers[1].name == "dark"
    assert line.title.label.text() == "dark"
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    assert window.steering.composition.layers == (SYMMETRY, INK, SMOOTH)
    arrives(window, qtbot)
    for _ in range(4):
        qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.steering.composition == start
    shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_Z, shift)
    assert window.steering.composition.layers == (SYMMETRY, INK, SMOOTH)
    arrives(window, qtbot)


def test_the_mouse_selects_moves_switches_and_removes_layers(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 800)
    window.steering.edit(Composition((INK, SYMMETRY, SMOOTH)))
    first, second, third = lines(window)
    assert third.page.isVisible()
    QApplication.processEvents()
    for line in (second, window.steering.layers.model, first):
        qtbot.mouseClick(line.title, Qt.MouseButton.LeftButton)
        shown = [other.page.isVisible() for other in (window.steering.layers.model, *lines(window))]
        assert shown == [other is line for other in (window.steering.layers.model, *lines(window))]
    click(qtbot, second.switch)
    assert not window.steering.composition.layers[1].enabled
    assert "left-right" not in window.steering.formula.text()
    assert second.page.isVisible()
    handle = first.handle
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    for line in (second, third):
        below = line.mapToGlobal(QPoint(4, line.height() - 4))
        qtbot.mouseMove(handle, handle.mapFromGlobal(below))
        qtbot.wait(20)
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton)
    assert lines(window) == [second, third, first]
    assert first.page.isVisible()
    assert kinds(window.steering.composition) == ["symmetry", "smoothness", "ink"]
    click(qtbot, window.steering.tools.undo)
    assert kinds(window.steering.composition) == ["ink", "symmetry", "smoothness"]
    last = lines(window)[2]
    qtbot.mouseClick(last.title, Qt.MouseButton.LeftButton)
    click(qtbot, last.buttons["up"])
    assert kinds(window.steering.composition) == ["ink", "smoothness", "symmetry"]
    click(qtbot, last.buttons["duplicate"])
    assert kinds(window.steering.composition) == ["ink", "smoothness", "smoothness", "symmetry"]
    click(qtbot, lines(window)[2].buttons["remove"])
    click(qtbot, lines(window)[2].buttons["remove"])
    assert kinds(window.steering.composition) == ["ink", "smoothness"]
    qtbot.mouseDClick(lines(window)[0].title.label, Qt.MouseButton.LeftButton)
    line = lines(window)[0].title.line
    assert line.isVisible()
    qtbot.keyClicks(line, "x")
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert window.steering.composition.layers[0].name == ""


def test_up_and_down_select_lines_and_keys_act_on_their_controls(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.edit(Composition((INK, SYMMETRY)))
    layers = window.steering.layers
    layers.model.setFocus()
    assert layers.selected is None
    assert layers.model.page.isVisible()
    for wanted in (layers.lines[0], layers.lines[1], layers.lines[1]):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
        assert layers.selected is wanted
        assert wanted.hasFocus()
    qtbot.keyClick(layers.lines[1], Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert kinds(window.steering.composition) == ["symmetry", "ink"]
    # From among the controls of the selected layer.
    button = layers.lines[0].buttons["down"]
    assert button.isVisible()
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert kinds(window.steering.composition) == ["symmetry", "symmetry", "ink"]
    qtbot.keyClick(window, Qt.Key.Key_Plus)
    assert window.steering.composition.layers[1].strength > SYMMETRY.strength
    qtbot.keyClick(window, Qt.Key.Key_H)
    assert layers.selected is None
    assert window.steering.warning.isVisible()


def test_a_drag_of_a_slider_reaches_the_chains_and_is_one_step(window: MainWindow, qtbot: QtBot) -> None:
    window.steering.set_target(3)
    before = window.steering.composition
    slider = lines(window)[0].strength.slider
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
    assert lines(window)[0].strength.value == 4.0
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
    view, titles, outcomes = window.sampler.compared, window.sampler.titles, window.sampler.outcomes
    qtbot.waitUntil(view.mosaic.isVisible, timeout=PATIENCE)
    qtbot.waitUntil(lambda: titles.b.text() == "B: 1 (α = 4)", timeout=PATIENCE)
    assert titles.a.text() == "A: 0 (α = 4)"
    assert titles.a.toolTip() == "A: H(x) = Σᵢ λᵢ fᵢ(x) − 4 · log p(0 | x)"
    assert titles.badge.isVisible()
    # Each above and below its own mosaic.
    for title, mosaic, line in (
        (titles.a, view.mosaic, outcomes.a),
        (titles.b, window.sampler.mosaic, outcomes.b),
    ):
        places = [QRect(widget.mapTo(window, QPoint()), widget.size()) for widget in (title, mosaic, line)]
        assert len({place.left() for place in places}) == 1
        assert places[0].bottom() < places[1].top()
        assert places[1].bottom() < places[2].top()
    words = "% read as"
    qtbot.waitUntil(lambda: outcomes.a.share.text().endswith(f"{words} 0"), timeout=PATIENCE)
    qtbot.waitUntil(lambda: outcomes.b.share.text().endswith(f"{words} 1"), timeout=PATIENCE)
    assert outcomes.a.share.text().startswith("A: ")
    assert "effective samples" in outcomes.a.evidence.text()
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
    click(qtbot, window.steering.tools.keep_a)
    assert window.steering.composition.target == 1
    qtbot.waitUntil(lambda: window.engine.state.compared is None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not view.mosaic.isVisible(), timeout=PATIENCE)
    assert not titles.isVisible()
    assert not outcomes.a.isVisible()
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
    controls = []
    for kind in ("class", "discriminator", "pixels", "ink", "symmetry", "similarity", "smoothness"):
        window.steering.add(kind)
        kinds_of_widgets = (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider)
        controls += [
            w for some in kinds_of_widgets for w in window.steering.findChildren(some) if w.isVisible()
        ]
        narrow = [
            b.objectName()
            for b in window.steering.findChildren(QAbstractButton)
            if b.isVisible()
            and b.text()
            and not b.objectName().startswith("qt_")
            and b.fontMetrics().horizontalAdvance(b.text()) > b.width()
        ]
        assert not narrow
    assert len(set(controls)) > 80
    for widget in set(controls):
        if widget.objectName().startswith("qt_"):
            continue
        assert widget.objectName(), widget
        assert widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
        parents = (widget, widget.parentWidget())
        assert any(w.toolTip() for w in parents), widget.objectName()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, widget.objectName()


def test_figures_of_the_composition_before_are_not_shown_for_the_one_that_is_awaited(
    window: MainWindow, qtbot: QtBot
) -> None:
    steering, outcomes = window.steering, window.sampler.outcomes
    steering.set_target(7)
    qtbot.waitUntil(lambda: steering.composition == window.shown.composition, timeout=PATIENCE)  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: " ± " in lines(window)[0].note.text(), timeout=PATIENCE)
    of_sevens = window.engine.state
    # From here on the engine's states do not come through.
    window._timer.stop()
    steering.set_target(2)
    assert lines(window)[0].note.text() == "⟨V⟩ …"
    late = replace(of_sevens, statistics=deepcopy(of_sevens.statistics))
    window._show(late)
    assert lines(window)[0].note.text() == "⟨V⟩ …"
    # Of another strength it is the same field, whose figures stay while the chains follow at once.
    steering.strengthen(1)
    qtbot.wait(round(1000 * WAITING_SECONDS) + 300)
    window._show(replace(late, statistics=deepcopy(of_sevens.statistics)))
    assert lines(window)[0].note.text() == "⟨V⟩ …"
    assert outcomes.b.share.text() == "Sampling at T = 1 …"
    assert "from before" in outcomes.b.evidence.text()
    assert outcomes.b.motion.text() == "…"
    window._timer.start()
    qtbot.waitUntil(lambda: " ± " in lines(window)[0].note.text(), timeout=PATIENCE)
    assert "⟨E⟩" in outcomes.b.motion.text()
