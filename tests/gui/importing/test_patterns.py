"""Patterns drawn by mouse, and the run that remembers them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from landscape_app.gui.importing.patterns import NAME, DrawPatterns
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.theme import DARK, LIGHT
from tests.gui.driving import PATIENCE, click

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def dialog(qtbot: QtBot) -> DrawPatterns:
    dialog = DrawPatterns(LIGHT, 3)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def stroke(dialog: DrawPatterns, start: tuple[int, int], end: tuple[int, int]) -> None:
    brush = dialog.brush
    QTest.mousePress(brush, LEFT, pos=brush.pixel_rect(*start).center())
    QTest.mouseMove(brush, brush.pixel_rect(*end).center())
    QTest.mouseRelease(brush, LEFT, pos=brush.pixel_rect(*end).center())


def add(dialog: DrawPatterns, what: str) -> None:
    """Chooses from the menu of the button."""
    actions = dialog.more_button.menu().actions()
    next(action for action in actions if action.objectName() == f"pattern-add-{what}").trigger()


def test_two_strokes_make_two_patterns(dialog: DrawPatterns, qtbot: QtBot) -> None:
    assert dialog.complaint == "Draw 2 patterns at least."
    assert not dialog.remember_button.isEnabled()
    stroke(dialog, (2, 1), (2, 5))
    click(qtbot, dialog.add_button)
    assert dialog.complaint == "A pattern is empty, or full."
    stroke(dialog, (1, 3), (6, 3))
    qtbot.mouseClick(dialog.brush, RIGHT, pos=dialog.brush.pixel_rect(6, 3).center())
    qtbot.keyClicks(dialog.name_box, "bar")
    expected = -np.ones((2, 8, 8))
    expected[0, 2, 1:6] = 1
    expected[1, 1:6, 3] = 1
    np.testing.assert_array_equal(dialog.spins, expected)
    # Ten spins are up in all, two in both: 64 − 2·8 equal ones less 16 that differ.
    assert "α = 2/64 = 0.031; largest overlap of two 0.75" in dialog.hint.text()
    with qtbot.waitSignal(dialog.made, timeout=PATIENCE) as made:
        click(qtbot, dialog.remember_button)
    dataset, plan = made.args
    np.testing.assert_array_equal(dataset.training_items, expected)
    assert [dataset.class_name(i) for i in range(2)] == ["1", "bar"]
    assert (plan.problem, plan.model, plan.fit, plan.seed) == (NAME, "pairs", "projection", 3)


def test_the_same_pattern_twice_is_refused_until_one_is_removed(dialog: DrawPatterns, qtbot: QtBot) -> None:
    add(dialog, "letters")
    assert dialog.names == list("ACJNTX")
    assert not dialog.complaint
    add(dialog, "letters")
    assert dialog.complaint == "Two of the patterns are the same."
    for _ in range(6):
        click(qtbot, dialog.remove_button)
    assert not dialog.complaint
    qtbot.mouseClick(dialog.mosaic, LEFT, pos=dialog.mosaic.image_rect(1).center())
    assert dialog.name_box.text() == "C"
    dialog.set_theme(DARK)
    dialog.grab()


def test_a_larger_side_keeps_what_is_drawn(dialog: DrawPatterns) -> None:
    stroke(dialog, (0, 0), (0, 3))
    dialog.side_box.setValue(12)
    assert dialog.spins.shape == (1, 12, 12)
    assert (dialog.spins[0, 0, :4] == 1).all()
    assert dialog.spins.sum() == 8 - 144


def test_drawn_patterns_are_remembered_by_a_run_in_the_window(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.shown is not None, timeout=PATIENCE)
    window.importing.draw_patterns()
    drawing = window.importing.drawing
    assert drawing is not None
    qtbot.waitUntil(drawing.isVisible, timeout=PATIENCE)
    add(drawing, "letters")
    click(qtbot, drawing.add_button)
    stroke(drawing, (4, 0), (4, 7))
    qtbot.mouseClick(drawing.remember_button, LEFT, pos=QPoint(8, 8))
    qtbot.waitUntil(
        lambda: (
            window.engine.state.facts is not None
            and window.engine.state.facts.memories is not None
            and window.engine.state.kept is not None
        ),
        timeout=PATIENCE,
    )
    facts = window.engine.state.facts
    assert facts is not None
    assert facts.memories is not None
    assert len(facts.memories) == 7
    assert facts.memories.titled(0) == "pattern 1 (A)"
    assert not drawing.isVisible()
    qtbot.waitUntil(lambda: window.toolbar.on_view.text().startswith(NAME), timeout=PATIENCE)


def test_digits_and_images_become_patterns(
    dialog: DrawPatterns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(dialog, "digits")
    assert dialog.names == [str(digit) for digit in range(10)]
    dark = np.full((32, 32), 255, np.uint8)
    dark[8:24, :] = 0
    Image.fromarray(dark).save(tmp_path / "band.png")
    (tmp_path / "broken.png").write_bytes(b"none")
    paths = [str(tmp_path / name) for name in ("band.png", "broken.png")]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (paths, ""))
    told: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *arguments: told.append(arguments[2]))
    add(dialog, "images")
    assert len(dialog.patterns) == 11
    assert dialog.names[-1] == "band"
    assert dialog.spins[-1].sum(1).tolist() == [-8, -8, 8, 8, 8, 8, -8, -8]
    assert len(told) == 1
    assert "broken.png" in told[0]
