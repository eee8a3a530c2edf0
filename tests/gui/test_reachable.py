"""Every window in every state: each control is named, explained, reached with the keys and whole at 900 × 600."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.experiments.window import ExperimentsWindow
from landscape_app.gui.keyboard import KeyboardDialog
from landscape_app.gui.lattice.window import LatticeWindow
from landscape_app.gui.main_window import WIDGET_KEYS, MainWindow
from landscape_app.gui.own_energy import KINDS, OwnEnergyDialog
from landscape_app.gui.playground.window import PlaygroundWindow
from landscape_app.gui.remote import RemoteDialog
from landscape_app.gui.state import Activity
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.trust import TrustDialog, TrustedDialog
from landscape_app.problems import PROBLEMS
from landscape_app.session.custom_field import FieldSource
from landscape_app.session.lattice_sweep import SweepPlan
from tests.gui.audit import keys_of, menu_actions, unexplained, unreached
from tests.gui.driving import PATIENCE
from tests.gui.room import check_room


def check(window: QWidget) -> None:
    """Holds a window to it, as it is now."""
    QApplication.processEvents()
    assert unexplained(window) == []
    assert unreached(window) == []
    check_room(window)


def check_menus(window: QWidget) -> None:
    """Every entry has a text and, unless a heading explains it, a tooltip of its own; no key means two things."""
    assert {key: number for key, number in keys_of(window).items() if number > 1} == {}
    for action in menu_actions(window):
        assert action.text()
        own = action.toolTip().rstrip(".…") != action.text().replace("&", "").rstrip(".…")
        assert own or action.actionGroup() is not None, action.text()


def test_a_window_without_a_model(
    make_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    window.engine.open(tmp_path / "missing.h5")
    qtbot.waitUntil(window.banner.isVisible, timeout=PATIENCE)
    check(window)
    check_menus(window)


def test_the_window_with_fields_of_every_kind_a_chain_followed_and_two_compositions(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.steering.set_comparing(True)
    qtbot.waitUntil(window.sampler.compared.mosaic.isVisible, timeout=PATIENCE)
    window.sampler.select(3)
    qtbot.waitUntil(lambda: window.engine.state.snapshot.followed is not None, timeout=PATIENCE)
    for kind in ("class", "discriminator", "pixels", "ink", "symmetry", "similarity", "smoothness"):
        window.steering.add(kind)
    window.steering.layers.lines[0].controls.buttons[4].click()  # type: ignore[attr-defined]
    window.steering.set_target(3)
    window.sampler.kernel_controls.switch.click()
    check(window)


def test_the_panels_of_equilibrium_and_landscape(window: MainWindow, qtbot: QtBot) -> None:
    window.docks[2].raise_()
    for page in window.equilibrium.pages.names:
        window.equilibrium.pages.button(page).click()
        check(window)
    window.landscape_dock.raise_()
    window.engine.play(False)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)
    plot = window.landscape.map_page.plot
    qtbot.waitUntil(lambda: "chain" in plot.clouds, timeout=PATIENCE)
    plot.picked.emit(plot.clouds["chain"].pick(0), False)
    window.landscape.ask("dissect")
    qtbot.waitUntil(lambda: window.engine.state.landscape.dissection is not None, timeout=PATIENCE)
    for page in window.landscape.pages.names:
        window.landscape.pages.button(page).click()
        check(window)


def test_points_in_the_plane(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window.engine.new(PROBLEMS["two-gaussians"].defaults, train=False)
    landscape = window.sampler.points.landscape
    qtbot.waitUntil(landscape.isVisible, timeout=PATIENCE)
    window.steering.add("ink")
    check(window)


def test_the_playground_and_the_points_editor(settings: QSettings, qtbot: QtBot) -> None:
    window = PlaygroundWindow(LIGHT, settings, trains=True)
    window.bring_up()
    try:
        for target in ("double-well", "banana"):
            before = window.worker.state.number
            window.target.picker.setCurrentIndex(window.target.picker.findData(target))
            window.target.picker.activated.emit(window.target.picker.currentIndex())
            qtbot.waitUntil(lambda before=before: window.worker.state.number > before, timeout=PATIENCE)
            # A table with rows would keep the Tab key to itself.
            window.mixing.table.setRowCount(2)
            check(window)
        check_menus(window)
        window.points.bring_up()
        window.points.editor.brush_switch.click()
        window.points.editor.drawing.replace(np.random.default_rng(0).normal(size=(20, 2)))
        window.points.editor.show()
        window.points.editor._on_change()
        check(window.points)
        check_menus(window.points)
    finally:
        window.end()
        window.deleteLater()


def test_the_lattice_and_its_sweeps(settings: QSettings, qtbot: QtBot, tmp_path: Path) -> None:
    window = LatticeWindow(LIGHT, settings, tmp_path / "sweep.h5")
    window.bring_up()
    try:
        qtbot.waitUntil(lambda: window.live.picture.spins.size > 0, timeout=PATIENCE)
        check(window)
        window.pages.button("sweeps").click()
        window.sweeper.start_sweep(SweepPlan(sides=(8,), points=2, copies=2, warm_up=0, steps=16))
        qtbot.waitUntil(window.sweeps.table_button.isEnabled, timeout=PATIENCE)
        check(window)
        check_menus(window)
    finally:
        window.end()
        window.deleteLater()


def test_the_experiments(
    settings: QSettings, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    window = ExperimentsWindow(LIGHT, settings, threads=1)
    window.bring_up()
    try:
        qtbot.waitUntil(lambda: window.browser is not None, timeout=PATIENCE)
        assert window.browser is not None
        check(window)
        check_menus(window)
        window.browser.list.choose("textbook")
        page = window.browser.page
        page.run_button.click()
        qtbot.waitUntil(lambda: page.view.table.rowCount() > 0 and page.running is None, timeout=PATIENCE)
        check(window)
    finally:
        window.end()
        window.deleteLater()


def test_the_dialogs(settings: QSettings, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    for dialog in (
        TrustDialog(
            FieldSource(Path("field.py"), "def energy(x):\n    return x.sum((1, 2))\n", "0" * 64), window
        ),
        TrustedDialog(window),
        KeyboardDialog(WIDGET_KEYS, window),
    ):
        dialog.show()
        check(dialog)
        dialog.close()
    remote = RemoteDialog(settings, window)
    remote.show()
    remote.complaint.show_fault("host cannot be reached: " + "ssh gives no reason " * 12)
    check(remote)
    remote.close()
    own = OwnEnergyDialog((), window)
    own.show()
    for kind in KINDS:
        own.show_kind(kind)
        own.take_file(Path("J.csv"))
        check(own)
    own.close()


def test_pages_are_one_stop_of_the_tab_key_and_arrows_turn_them(window: MainWindow, qtbot: QtBot) -> None:
    window.landscape_dock.raise_()
    pages = window.landscape.pages
    pages.button("map").setFocus()
    qtbot.keyClick(pages.button("map"), Qt.Key.Key_Right)
    assert window.landscape.barrier.isVisible()
    assert pages.button("barrier").hasFocus()


def test_the_tab_key_goes_from_digit_to_digit_and_space_steers(window: MainWindow, qtbot: QtBot) -> None:
    targets = window.steering.targets
    qtbot.waitUntil(targets.button(0).isEnabled, timeout=PATIENCE)
    targets.button(0).setFocus()
    for c in range(6):
        qtbot.keyClick(targets.button(c), Qt.Key.Key_Tab)
        assert targets.button(c + 1).hasFocus()
    qtbot.keyClick(targets.button(6), Qt.Key.Key_Space)
    assert window.steering.composition.target == 6


def test_keys_go_from_panel_to_panel(window: MainWindow, qtbot: QtBot) -> None:
    places = (window.sampler, window.steering, window.training, window.equilibrium, window.landscape)
    for number, place in enumerate(places, start=1):
        qtbot.keyClick(window, getattr(Qt.Key, f"Key_{number}"), Qt.KeyboardModifier.ControlModifier)
        assert place.isVisible()
        focused = QApplication.focusWidget()
        assert focused is not None
        assert place.isAncestorOf(focused)


def test_a_network_that_remembers_and_its_dialogs(
    make_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = make_window()
    window.engine.new(PROBLEMS["letters"].defaults, train=False)
    memory = window.sampler.memory
    qtbot.waitUntil(memory.isVisible, timeout=PATIENCE)
    window.training.redraw(everything=True)
    window.training.parameters.turn()
    check(window)
    check_menus(window)
    memory.open_dialog()
    assert memory.dialog is not None
    for page in memory.dialog.pages.names:
        memory.dialog.pages.button(page).click()
        check(memory.dialog)
    memory.dialog.close()
    window.importing.draw_patterns()
    assert window.importing.drawing is not None
    window.importing.drawing.add_letters()
    check(window.importing.drawing)
    window.importing.drawing.reject()
