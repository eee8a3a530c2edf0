"""The page of the moving lattice, driven with mouse and keys."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QSlider
from pytestqt.qtbot import QtBot

from landscape_app.gui.lattice.controls import COUNTS, SIDES, SPINS_SHOWN
from landscape_app.gui.lattice.picture import SHEET_SIDE, SHEET_TITLE
from landscape_app.gui.lattice.window import LatticeWindow
from landscape_app.gui.lattice.worker import LatticeChoice, LatticeState, LatticeWorker
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.theme import DARK
from landscape_app.physics.spin_lattices import GRAPHS, SAMPLERS, SpinLattice
from landscape_app.physics.square_lattice import CRITICAL_TEMPERATURE, onsager_energy
from landscape_app.session.lattice_run import LatticeRun
from tests.gui.driving import PATIENCE, pick, wait

LEFT = Qt.MouseButton.LeftButton


def wait_for(qtbot: QtBot, window: LatticeWindow, holds: Callable[[LatticeState], bool]) -> LatticeState:
    """Waits until the window shows a state of which something holds, all its plots drawn."""

    def shown() -> bool:
        return window.shown is window.worker.state and holds(window.worker.state) and not window.live._due

    qtbot.waitUntil(shown, timeout=PATIENCE)
    return window.worker.state


def click_on_slider(qtbot: QtBot, slider: QSlider, share: float) -> None:
    """Drags a slider's handle to a share of its length."""
    width = slider.width() - 16
    before = slider.value() / slider.maximum()
    start, end = (QPoint(8 + round(width * part), slider.height() // 2) for part in (before, share))
    qtbot.mousePress(slider, LEFT, pos=start)
    qtbot.mouseMove(slider, (start + end) / 2)
    qtbot.mouseMove(slider, end)
    qtbot.mouseRelease(slider, LEFT, pos=end)


def test_a_step_moves_the_spins_and_everything_on_view(window: LatticeWindow, qtbot: QtBot) -> None:
    before = window.live.picture.spins
    for step in (1, 2, 3):
        qtbot.mouseClick(window.live.step_button, LEFT)
        state = wait_for(qtbot, window, lambda state, step=step: state.steps == step)
    assert before.shape == (1, 128, 128)
    assert not np.array_equal(window.live.picture.spins, before)
    assert np.array_equal(window.live.picture.spins, state.picture)
    assert state.trace is not None
    (series,) = window.live.energy.series()
    np.testing.assert_array_equal(series.values[0][1], state.trace.energies)
    assert window.live.energy.exact == (pytest.approx(-(2**0.5), abs=1e-3),)
    assert "Step 3" in window.live.caption.text()
    assert "paused" in window.live.caption.text()
    assert window.live.controls.ratio.text() == "T/Tc = 1.0000"


def test_spins_move_are_held_and_begin_anew(window: LatticeWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Space)
    wait_for(qtbot, window, lambda state: state.steps > 20 and state.rate > 0)
    assert window.live.play_button.isChecked()
    assert "sweeps a second" in window.live.caption.text()
    qtbot.mouseClick(window.live.play_button, LEFT)
    held = wait_for(qtbot, window, lambda state: not state.moving).steps
    qtbot.wait(50)
    assert window.worker.state.steps == held
    pick(qtbot, window.live.controls.start_box, "up")
    state = wait_for(qtbot, window, lambda state: state.steps == 0 and state.choice.start == "up")
    assert state.picture is not None
    assert state.picture.all()
    qtbot.keyClick(window, Qt.Key.Key_Period)
    wait_for(qtbot, window, lambda state: state.steps == 1)
    qtbot.keyClick(window, Qt.Key.Key_R)
    wait_for(qtbot, window, lambda state: state.steps == 0)


def test_temperature_and_field_act_at_once_on_the_running_lattice(
    window: LatticeWindow, qtbot: QtBot
) -> None:
    controls = window.live.controls
    qtbot.mouseClick(window.live.play_button, LEFT)
    click_on_slider(qtbot, controls.field.slider, 0.95)
    state = wait_for(
        qtbot, window, lambda state: state.trace is not None and state.trace.magnetisations[-1:].sum() > 0.9
    )
    assert state.conditions.field == pytest.approx(controls.field.value)
    assert state.conditions.field > 1.5
    steps = state.steps
    qtbot.mouseClick(controls.zero_button, LEFT)
    click_on_slider(qtbot, controls.temperature.slider, 0.9)
    state = wait_for(
        qtbot,
        window,
        lambda state: state.trace is not None and abs(state.trace.magnetisations[-1]) < 0.3,
    )
    assert state.steps > steps
    assert state.conditions.field == 0
    assert state.conditions.temperature > 4
    assert f"T/Tc = {state.conditions.temperature / CRITICAL_TEMPERATURE:.4f}" == controls.ratio.text()
    qtbot.mouseClick(controls.critical_button, LEFT)
    state = wait_for(qtbot, window, lambda state: state.conditions.temperature < 4)
    assert state.conditions.temperature == pytest.approx(CRITICAL_TEMPERATURE, abs=1e-4)


def test_averages_stand_beside_onsagers(window: LatticeWindow, qtbot: QtBot) -> None:
    controls = window.live.controls
    pick(qtbot, controls.sampler_box, "swendsen-wang")
    controls.temperature.box.setFocus()
    controls.temperature.box.selectAll()
    qtbot.keyClicks(controls.temperature.box, controls.temperature.locale().toString(3.0))
    qtbot.keyClick(controls.temperature.box, Qt.Key.Key_Return)
    wait_for(qtbot, window, lambda state: state.conditions.temperature == 3.0)
    for _ in range(150):
        window.worker.step_once()
    state = wait_for(qtbot, window, lambda state: state.steps == 150)
    found = state.measurement
    assert found is not None
    exact = float(onsager_energy(np.array([3.0]))[0])
    # 100 steps of 16,384 spins with C = 0.4 k_B: the error is below 0.005, and known to a fifth.
    assert found.energy.value == pytest.approx(exact, abs=6 * found.energy.error + 0.002)
    readouts = window.live.readouts
    assert readouts.exact["energy"].text() == f"{exact:.4f}".replace("-", "−")
    assert "±" in readouts.values["energy"].text()
    assert readouts.symbols["moved"].text() == "Turned"
    assert readouts.values["length"].text() != "–"


def test_every_graph_and_sampler_comes_on_view(window: LatticeWindow, qtbot: QtBot) -> None:
    controls = window.live.controls
    pick(qtbot, controls.side_box, 16)
    for graph in GRAPHS:
        pick(qtbot, controls.graph_box, graph)
        wait_for(qtbot, window, lambda state, graph=graph: state.choice.lattice == SpinLattice(graph, 16))
        for sampler in SAMPLERS:
            pick(qtbot, controls.sampler_box, sampler)
            state = wait_for(
                qtbot, window, lambda state, sampler=sampler: state.conditions.sampler == sampler
            )
            steps = state.steps
            qtbot.mouseClick(window.live.step_button, LEFT)
            wait_for(qtbot, window, lambda state, steps=steps: state.steps == steps + 1)
        has_distance = SpinLattice(graph, 16).has_distance
        qtbot.waitUntil(
            lambda drawn=has_distance: (len(window.live.correlation.series()[0].x[1]) > 0) == drawn,
            timeout=PATIENCE,
        )
        assert controls.critical_button.isEnabled() == (graph in ("square", "free", "complete"))


def test_many_small_lattices_are_a_mosaic(window: LatticeWindow, qtbot: QtBot) -> None:
    controls = window.live.controls
    pick(qtbot, controls.side_box, 8)
    pick(qtbot, controls.count_box, 1_024)
    state = wait_for(qtbot, window, lambda state: state.choice.count == 1_024)
    assert state.picture is not None
    assert state.picture.shape == (1_024, 8, 8)
    pick(qtbot, controls.side_box, 256)
    state = wait_for(qtbot, window, lambda state: state.choice.lattice.side == 256)
    assert controls.count_box.count() == 1
    assert state.choice.count == 1
    assert max(SIDES) ** 2 == SPINS_SHOWN
    assert all(count * 8**2 <= SPINS_SHOWN for count in COUNTS)


def test_what_cannot_be_is_told_once_and_the_rest_goes_on(window: LatticeWindow, qtbot: QtBot) -> None:
    window.worker.set_temperature(-1.0)
    wait_for(qtbot, window, lambda state: state.message_number == 1)
    assert "above 0" in window.banner.text.text()
    assert window.live.controls.temperature.value == pytest.approx(CRITICAL_TEMPERATURE, abs=1e-4)
    window.worker.take(LatticeChoice(SpinLattice("square", 256), 1_000))
    wait_for(qtbot, window, lambda state: state.message_number == 2)
    assert "number of lattices" in window.banner.text.text()
    assert window.live.picture.spins.shape == (1, 128, 128)
    qtbot.mouseClick(window.live.step_button, LEFT)
    wait_for(qtbot, window, lambda state: state.steps == 1)


def test_a_step_that_fails_holds_the_spins(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = LatticeWorker()
    worker.start()
    wait(lambda: worker.state.picture is not None)

    def fail(self: LatticeRun) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(LatticeRun, "step", fail)
    worker.play(True)
    wait(lambda: worker.state.message is not None)
    wait(lambda: not worker.state.moving)
    worker.end()


def test_closing_holds_the_spins_and_ending_ends_the_threads(window: LatticeWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.live.play_button, LEFT)
    wait_for(qtbot, window, lambda state: state.moving and state.steps > 0)
    window.close()
    qtbot.waitUntil(lambda: not window.worker.state.moving, timeout=PATIENCE)
    window.bring_up()
    wait_for(qtbot, window, lambda state: not state.moving)
    window.set_theme(DARK)
    window.end()
    assert not window.worker.is_alive
    assert not window.sweeper.is_alive


def test_the_main_window_opens_it_with_a_key_and_takes_it_along(
    make_window: Callable[[], MainWindow], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    main = make_window()
    qtbot.waitUntil(main.isActiveWindow, timeout=PATIENCE)
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(main, Qt.Key.Key_L, modifiers)
    lattice = main.lattice
    assert lattice is not None
    assert lattice.isVisible()
    main.set_theme(DARK)
    main.open_lattice()
    assert main.lattice is lattice
    main.may_discard = lambda: True  # type: ignore[method-assign]
    main.close()
    assert not lattice.isVisible()
    assert not lattice.worker.is_alive


def test_spins_are_exported_from_the_menu_with_a_title_and_nothing_beside_them(
    window: LatticeWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "spins.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.resize(1280, 600)
    picture = window.live.picture
    assert picture.title.startswith("Square lattice, periodic, 128 × 128: T = 2.2692 J/kB, h = 0 J, step ")
    window.findChild(QAction, "action-export-spins").trigger()
    image = QImage(str(path))
    side = image.width()
    assert image.height() / side == (SHEET_SIDE + SHEET_TITLE) / SHEET_SIDE
    # A spin of the left and of the right edge, none of them paper that surrounds a lattice.
    paper = image.pixelColor(2, 2).name()
    middle = image.height() * 2 // 3
    assert {image.pixelColor(x, middle).name() for x in (6, side - 7)}.isdisjoint({paper})
    picture.write_picture(tmp_path / "spins.svg", "svg")
    assert "T = 2.2692" in (tmp_path / "spins.svg").read_text(encoding="utf-8")


def test_in_a_small_window_the_speed_can_be_set_and_the_averages_are_in_sight(
    window: LatticeWindow, qtbot: QtBot
) -> None:
    window.resize(900, 600)
    qtbot.waitUntil(lambda: window.height() == 600, timeout=PATIENCE)
    live = window.live
    assert live.speed.slider.width() >= 60
    for label in live.readouts.values.values():
        assert label.visibleRegion().boundingRect().size() == label.size()
    # Figures that grow move no slider.
    before = live.controls.temperature.slider.width()
    for text in ("0", "−1.41421 ± 0.00034", "> 108,450 steps"):
        live.readouts.values["memory"].setText(text)
        QApplication.processEvents()
        assert live.controls.temperature.slider.width() == before
    assert live.readouts.missing.text() == ""
    window.worker.step_once()
    qtbot.waitUntil(lambda: live.readouts.missing.text() == "± from 20 τ on", timeout=PATIENCE)
    assert live.readouts.missing.shown == live.readouts.missing.text()
    assert "20 autocorrelation times" in live.readouts.missing.toolTip()
