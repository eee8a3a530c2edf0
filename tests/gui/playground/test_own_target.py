"""Energies of the user's own in the playground: a formula as it is written, and a Python file."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.gui.playground.target_panel import CODE, FIRST_FORMULA, FORMULA
from landscape_app.gui.playground.window import PlaygroundWindow
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.trust import TrustDialog
from tests.gui.audit import unexplained, unreached
from tests.gui.driving import PATIENCE, wait_for_scene

LEFT = Qt.MouseButton.LeftButton
BOWL = "def energy(x):\n    return (x**2).sum(1) / 2\n"


@pytest.fixture
def window(settings: QSettings, qtbot: QtBot) -> Iterator[PlaygroundWindow]:
    window = PlaygroundWindow(LIGHT, settings)
    window.bring_up()
    wait_for_scene(qtbot, window, lambda scene: scene.chains is not None)
    yield window
    window.end()
    window.deleteLater()


def choose(qtbot: QtBot, window: PlaygroundWindow, data: str) -> None:
    """Opens the list of targets, and clicks one."""
    picker = window.target.picker
    # With the mouse, the list would take no click within the time of a double click.
    picker.showPopup()
    view = picker.view()
    index = view.model().index(picker.findData(data), 0)
    view.scrollTo(index)
    qtbot.mouseMove(view.viewport(), view.visualRect(index).center())
    qtbot.mouseClick(view.viewport(), LEFT, pos=view.visualRect(index).center())


def write(qtbot: QtBot, window: PlaygroundWindow, text: str) -> None:
    line = window.target.formula_field.line
    qtbot.mouseDClick(line, LEFT)
    line.selectAll()
    qtbot.keyClicks(line, text)


def press(answer: str) -> None:
    """Presses a button of the next question whether to trust a file."""

    def answered() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, TrustDialog)
        getattr(dialog, answer).click()

    QTimer.singleShot(100, answered)


def test_a_formula_is_sampled_as_it_is_written_and_a_wrong_one_leaves_the_last(
    window: PlaygroundWindow, qtbot: QtBot
) -> None:
    target = window.target
    choose(qtbot, window, FORMULA)
    scene = wait_for_scene(qtbot, window, lambda scene: scene.formula == f"H(x, y) = {FIRST_FORMULA}")
    assert target.formula_field.isVisible()
    assert target.wall_box.isVisible()
    assert not target.factor_box.isVisible()
    assert unexplained(window) == []
    assert unreached(window) == []
    qtbot.mouseClick(window.play_button, LEFT)
    wait_for_scene(qtbot, window, lambda scene: scene.steps > 3)
    write(qtbot, window, "x^2 + foo*y")
    complaint = target.formula_field.complaint
    assert complaint.isVisible()
    assert complaint.text().startswith("“foo” is not known; known are x, y, pi, e, and the functions exp")
    qtbot.wait(400)
    now = wait_for_scene(qtbot, window, lambda now: now.steps > scene.steps)
    assert (now.number, now.formula, now.moving) == (scene.number, scene.formula, True)
    write(qtbot, window, "x^2/2 + y^2/2 + z")
    assert "“z” is not known" in complaint.text()
    write(qtbot, window, "x^2/2 + y^2/2")
    assert not complaint.isVisible()
    scene = wait_for_scene(qtbot, window, lambda scene: scene.formula == "H(x, y) = x^2/2 + y^2/2")
    assert scene.moving
    target.wall_box.selectAll()
    qtbot.keyClicks(target.wall_box, "8")
    qtbot.keyClick(target.wall_box, Qt.Key.Key_Return)
    scene = wait_for_scene(qtbot, window, lambda scene: scene.landscape.bounds == ((-8, 8), (-8, 8)))
    assert scene.landscape is not None
    # Quadrature of a Gaussian: ⟨H⟩ = 1, log Z = log 2π.
    assert scene.landscape.mean(scene.landscape.energy) == pytest.approx(1, abs=1e-3)
    assert -scene.landscape.log_density.max() == pytest.approx(math.log(2 * math.pi), abs=1e-3)
    write(qtbot, window, "(x^2 - 1)^2")
    scene = wait_for_scene(qtbot, window, lambda scene: scene.formula == "H(x) = (x^2 - 1)^2")
    assert scene.landscape is not None
    assert scene.landscape.dimensions == 1
    window.start_box.setCurrentIndex(window.start_box.findData("minimum"))
    qtbot.mouseClick(window.play_button, LEFT)
    wait_for_scene(qtbot, window, lambda scene: not scene.moving)
    qtbot.mouseClick(window.restart_button, LEFT)
    window.start_box.activated.emit(window.start_box.currentIndex())
    scene = wait_for_scene(qtbot, window, lambda scene: np.ptp(scene.chains.positions) == 0)
    assert scene.chains is not None
    assert abs(scene.chains.positions[0, 0]) == pytest.approx(1, abs=1e-3)


def test_a_formula_that_is_a_number_nowhere_is_told_and_the_last_stays(
    window: PlaygroundWindow, qtbot: QtBot
) -> None:
    choose(qtbot, window, FORMULA)
    scene = wait_for_scene(qtbot, window, lambda scene: scene.title == "Formula")
    write(qtbot, window, "log(-1 - x^2)")
    now = wait_for_scene(qtbot, window, lambda now: now.message_number > scene.message_number)
    assert "no finite number at any of 4,096 places" in window.banner.text.text()
    assert now.formula == scene.formula


def test_a_python_file_is_shown_first_and_sampled_once_it_is_trusted(
    window: PlaygroundWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bowl.py"
    path.write_text(BOWL)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    choose(qtbot, window, CODE)
    number, button = window.worker.state.number, window.target.file_button
    assert button.isVisible()
    press("cancel")
    qtbot.mouseClick(button, LEFT)
    assert window.worker.state.number == number
    press("run")
    qtbot.mouseClick(button, LEFT)
    scene = wait_for_scene(qtbot, window, lambda scene: scene.title == "bowl")
    assert scene.formula == "H(x, y) = bowl(x, y)"
    assert window.target.picker.currentText() == "Python file: bowl.py"
    assert scene.landscape is not None
    x, y = scene.landscape.coordinate(0), scene.landscape.coordinate(1)
    np.testing.assert_allclose(scene.landscape.energy, (x**2 + y**2) / 2, atol=1e-5)
    choose(qtbot, window, "ring")
    wait_for_scene(qtbot, window, lambda scene: scene.title == "Ring")
    assert not button.isVisible()
    choose(qtbot, window, CODE)
    scene = wait_for_scene(qtbot, window, lambda scene: scene.title == "bowl")
    # It is trusted by its content: the same is not asked again.
    qtbot.mouseClick(button, LEFT)
    wait_for_scene(qtbot, window, lambda now: now.number > scene.number)
    path.write_text("def energy(x):\n    return x\n")
    press("run")
    qtbot.mouseClick(button, LEFT)
    wait_for_scene(qtbot, window, lambda now: now.message_number > 0)
    assert "the energy “bowl” gave shape" in window.banner.text.text().lower()
    path.write_text("x = 1\n")
    qtbot.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: "needs a function energy(x)" in window.banner.text.text(), timeout=PATIENCE)
