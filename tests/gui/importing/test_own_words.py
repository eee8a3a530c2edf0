"""A window on data of a person's own speaks of these, by the names of their classes, and of no digits."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.gui.steering.controls.simple import InkControls
from tests.gui.driving import PATIENCE
from tests.gui.importing.driving import dialog_of, drop, wait_ready

OF_DIGITS = {"action-open-shipped": "opens the model of digits"}
"""What may speak of digits, and why."""


@pytest.fixture
def window_on_bars(
    own_window: MainWindow, pictures: Path, quick_classifier: None, qtbot: QtBot
) -> MainWindow:
    """A window that has opened nothing else, a model of the pictures begun and paused."""
    window = own_window
    window.may_discard = lambda: True  # type: ignore[method-assign]
    drop(window, pictures)
    dialog = dialog_of(window, qtbot)
    wait_ready(dialog, qtbot)
    qtbot.mouseClick(dialog.foot.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: window.toolbar.on_view.text().startswith("bars") and window.engine.state.epoch > 1,
        timeout=PATIENCE,
    )
    qtbot.mouseClick(window.toolbar.pause_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)
    return window


def words_of(window: QWidget) -> dict[str, str]:
    """What every widget and menu entry says, shows when pointed at, and tells a screen reader."""
    said: dict[str, str] = {}
    for widget in window.findChildren(QWidget):
        text = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
        said[widget.objectName()] = said.get(widget.objectName(), "") + " ".join(
            (text, widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
        )
    for action in window.findChildren(QAction):
        said[action.objectName()] = f"{action.text()} {action.toolTip()}"
    return said


def test_nothing_speaks_of_digits_and_ink_is_that_of_the_data(
    window_on_bars: MainWindow, qtbot: QtBot
) -> None:
    window = window_on_bars
    for kind in ("class", "discriminator", "pixels", "ink", "symmetry", "similarity", "smoothness"):
        window.steering.add(kind)
    window.steering.hamiltonian.click()
    qtbot.waitUntil(lambda: not window.engine.state.composition.hamiltonian, timeout=PATIENCE)
    said = words_of(window)
    assert len(said) > 100
    wrong = {
        name: text
        for name, text in said.items()
        if re.search(r"\bdigits?\b", text, re.IGNORECASE) and name not in OF_DIGITS
    }
    assert wrong == {}
    (controls,) = window.findChildren(InkControls)
    facts = window.engine.state.facts
    share = facts.training_items.mean() / (facts.space.levels - 1)
    assert f"have {share:.0%} on average" in controls.share.toolTip()


def test_classes_are_called_by_their_folders(window_on_bars: MainWindow, qtbot: QtBot) -> None:
    window = window_on_bars
    assert [button.text() for button in window.steering.targets.buttons()] == ["lying", "standing"]
    qtbot.waitUntil(window.steering.targets.button(1).isEnabled, timeout=PATIENCE)
    qtbot.keyClick(window, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: window.steering.composition.target == 1, timeout=PATIENCE)
    entry = window.findChild(QAction, "action-target-1")
    assert entry.text() == "Steer to standing"
    assert not window.findChild(QAction, "action-target-2").isVisible()
