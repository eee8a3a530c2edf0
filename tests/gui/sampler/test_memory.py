"""Recall in the real window, by mouse: damaged patterns, the fall at T = 0, overlaps, and minima with names."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from landscape_app.data.patterns import of_patterns
from landscape_app.gui.landscape.minima import words_of_minimum
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.sampler.memory import OverlapPlot
from landscape_app.gui.sampler.recall import RecallDialog
from landscape_app.gui.state import Activity
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.models.memories import Memories
from landscape_app.problems.letters import LETTERS
from landscape_app.session import journal
from tests.gui.driving import PATIENCE, click

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def letters(used_window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """A window on a network that remembers the letters, made anew for each test, its chains held."""
    window = used_window
    facts = window.engine.state.facts
    before = facts.number if facts is not None else -1
    window.engine.new(replace(LETTERS.defaults, chains=16), train=True)
    qtbot.waitUntil(
        lambda: (
            window.shown is not None
            and window.shown.facts is not None
            and window.shown.facts.number > before
            and window.shown.kept is not None
        ),
        timeout=PATIENCE,
    )
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)
    window.engine.play(False)
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.STILL, timeout=PATIENCE)
    qtbot.waitUntil(window.sampler.memory.isVisible, timeout=PATIENCE)
    yield window
    dialog = window.sampler.memory.dialog
    if dialog is not None:
        dialog.pages.button("noise").click()
        dialog.which.setCurrentIndex(0)
        dialog.close()


def opened(window: MainWindow, qtbot: QtBot) -> RecallDialog:
    """The dialog of damaged patterns, from the menu of the button."""
    action = next(
        action
        for action in window.sampler.memory.recall_button.menu().actions()
        if action.objectName() == "recall-damaged"
    )
    action.trigger()
    dialog = window.sampler.memory.dialog
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible, timeout=PATIENCE)
    return dialog


SEEN = 1e-3
"""Steps a second, so few that a fall is not over before a busy machine has looked at it."""


def pick(dialog: RecallDialog, qtbot: QtBot, pattern: int) -> None:
    qtbot.mouseClick(dialog.patterns, LEFT, pos=dialog.patterns.image_rect(pattern).center())
    assert dialog.patterns.selection == pattern


def press(qtbot: QtBot, button: QAbstractButton) -> None:
    qtbot.mouseClick(button, LEFT, pos=QPoint(8, button.height() // 2))


def is_at_rest(window: MainWindow) -> bool:
    message = window.engine.state.message
    return message is not None and message.text.startswith("At rest at T = 0")


def test_a_letter_with_noise_falls_back_into_memory(letters: MainWindow, qtbot: QtBot) -> None:
    dialog = opened(letters, qtbot)
    pick(dialog, qtbot, 4)
    assert dialog.chosen.text() == "Pattern 5 (T)"
    dialog.noise_box.setValue(10)
    # Six of 64 spins.
    assert dialog.overlap.text() == f"Overlap with the pattern +{1 - 12 / 64:.2f}"
    letters.engine.set_speed(SEEN)
    press(qtbot, dialog.fall_button)
    qtbot.waitUntil(lambda: letters.engine.state.falling is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "fall at T = 0" in letters.sampler.caption.text(), timeout=PATIENCE)
    letters.engine.set_speed(400.0)
    qtbot.waitUntil(lambda: is_at_rest(letters), timeout=PATIENCE)
    state = letters.engine.state
    assert state.message is not None
    assert "in pattern 5 (T)" in state.message.text
    assert state.falling is None
    assert state.activity is Activity.STILL
    assert state.snapshot is not None
    assert state.snapshot.overlaps is not None
    assert state.snapshot.overlaps[:, 4].mean() > 0.9
    qtbot.waitUntil(lambda: letters.sampler.memory._drawn is letters.engine.state.snapshot, timeout=PATIENCE)
    (series,) = letters.sampler.memory.plot.series()
    np.testing.assert_allclose(series.values[0][1], state.snapshot.overlaps.mean(0))
    assert [type(entry.action) for entry in state.journal[-2:]] == [
        journal.StartedFromPattern,
        journal.FellAtZero,
    ]


def test_chains_wander_from_a_letter_after_a_fall_has_come_to_its_end(
    letters: MainWindow, qtbot: QtBot
) -> None:
    dialog = opened(letters, qtbot)
    letters.engine.set_speed(400.0)
    press(qtbot, dialog.fall_button)
    qtbot.waitUntil(lambda: is_at_rest(letters), timeout=PATIENCE)
    assert letters.engine.state.activity is Activity.STILL
    press(qtbot, dialog.wander_button)
    qtbot.waitUntil(lambda: letters.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)
    assert letters.engine.state.falling is None


def test_only_the_chain_that_is_followed_starts_from_half_a_letter_and_wanders(
    letters: MainWindow, qtbot: QtBot
) -> None:
    mosaic = letters.sampler.mosaic
    qtbot.mouseClick(mosaic, LEFT, pos=mosaic.image_rect(7).center())
    qtbot.waitUntil(lambda: letters.engine.state.snapshot.followed is not None, timeout=PATIENCE)  # type: ignore[union-attr]
    before = letters.engine.state.snapshot
    assert before is not None
    dialog = opened(letters, qtbot)
    pick(dialog, qtbot, 2)
    press(qtbot, dialog.pages.button("hidden"))
    dialog.half.setCurrentIndex(0)
    dialog.which.setCurrentIndex(1)
    assert "chain 8" in dialog.which.currentText()
    press(qtbot, dialog.wander_button)
    qtbot.waitUntil(lambda: letters.engine.state.snapshot is not before, timeout=PATIENCE)
    after = letters.engine.state.snapshot
    assert after is not None
    changed = (after.x != before.x).any((1, 2))
    assert np.flatnonzero(changed).tolist() == [7]
    facts = letters.engine.state.facts
    assert facts is not None
    assert facts.memories is not None
    np.testing.assert_array_equal(after.x[7][:, 4:], facts.memories.patterns[2][:, 4:])
    assert letters.engine.state.falling is None


def test_a_pattern_is_painted_over_with_the_brush(letters: MainWindow, qtbot: QtBot) -> None:
    dialog = opened(letters, qtbot)
    pick(dialog, qtbot, 0)
    press(qtbot, dialog.pages.button("painted"))
    brush = dialog.brush
    qtbot.waitUntil(brush.isVisible, timeout=PATIENCE)
    before = brush.image
    qtbot.mouseClick(brush, LEFT, pos=brush.pixel_rect(7, 0).center())
    assert (brush.image != before).sum() == 1
    assert dialog.overlap.text() == f"Overlap with the pattern +{1 - 2 / 64:.2f}"
    assert dialog.damage.painted.count("+") == int(brush.image.sum())
    press(qtbot, dialog.whole_button)
    np.testing.assert_array_equal(brush.image, before)


def test_a_fall_ends_where_the_chains_are_restarted_and_can_be_held(
    letters: MainWindow, qtbot: QtBot
) -> None:
    letters.engine.set_speed(SEEN)
    qtbot.keyClick(letters, Qt.Key.Key_Z)
    qtbot.waitUntil(lambda: letters.engine.state.falling is not None, timeout=PATIENCE)
    qtbot.waitUntil(letters.sampler.play_button.isChecked, timeout=PATIENCE)
    click(qtbot, letters.sampler.play_button)
    qtbot.waitUntil(lambda: letters.engine.state.activity is Activity.STILL, timeout=PATIENCE)
    falling = letters.engine.state.falling
    assert falling is not None
    click(qtbot, letters.sampler.step_button)
    qtbot.waitUntil(
        lambda: (
            letters.engine.state.falling is not None and letters.engine.state.falling.sweeps > falling.sweeps
        ),
        timeout=PATIENCE,
    )
    letters.engine.restart("noise")
    qtbot.waitUntil(lambda: letters.engine.state.falling is None, timeout=PATIENCE)


def test_minima_of_the_letters_are_named_in_the_graph(letters: MainWindow, qtbot: QtBot) -> None:
    letters.engine.restart("data", 16)
    letters.landscape_dock.raise_()
    qtbot.waitUntil(letters.landscape.pages.isVisible, timeout=PATIENCE)
    button = letters.landscape.chosen.buttons["minima"]
    qtbot.waitUntil(button.isEnabled, timeout=PATIENCE)
    press(qtbot, button)
    qtbot.waitUntil(
        lambda: (
            letters.landscape.minima.plot.record is not None and letters.landscape.minima.plot.record.is_done
        ),
        timeout=PATIENCE,
    )
    plot = letters.landscape.minima.plot
    record = plot.record
    assert record is not None
    assert sorted(name.short for name in record.names) == list("ACJNTX")
    assert "6 patterns" in letters.landscape.minima.summary.text()
    leaf = [name.short for name in record.names].index("N")
    assert words_of_minimum(record, leaf).startswith("<b>pattern 4 (N)</b>, overlap 1.00 with it")
    qtbot.mouseClick(plot.viewport(), LEFT, pos=plot.leaf_rect_centre(leaf))
    pick = letters.landscape.chosen.first.pick
    assert pick is not None
    assert pick.name.endswith("pattern 4 (N)")
    facts = letters.engine.state.facts
    assert facts is not None
    assert facts.memories is not None
    np.testing.assert_array_equal(pick.image, (facts.memories.patterns[3] > 0).astype(np.uint8))


def test_the_experiment_on_load_opens_from_the_window(letters: MainWindow, qtbot: QtBot) -> None:
    click(qtbot, letters.sampler.memory.experiment_button)
    experiments = letters.experiments
    assert experiments is not None
    qtbot.waitUntil(lambda: experiments.browser is not None, timeout=PATIENCE)
    assert experiments.browser is not None
    assert experiments.browser.page.experiment.name == "hopfield"


@pytest.mark.parametrize("count", [6, 40])
def test_overlaps_are_bars_of_few_patterns_and_a_strip_of_many(qtbot: QtBot, count: int) -> None:
    patterns = (2 * np.random.default_rng(0).integers(0, 2, (count, 6, 6)) - 1).astype(np.int8)
    memories = Memories(of_patterns("mine", patterns).training_items.astype(np.int8))
    plot = OverlapPlot(LIGHT)
    qtbot.addWidget(plot)
    plot.resize(420, 120)
    plot.show()
    plot.show_memories(memories)
    overlaps = memories.overlaps(patterns[:5])
    plot.show_overlaps(overlaps, 3)
    assert plot.has_bars == (count == 6)
    (series,) = plot.series()
    names = [name for name, _ in series.values]
    assert names == ["mean overlap m over the chains", "overlap m of chain 4"]
    assert series.values[1][1][3] == 1.0
    plot.set_theme(DARK)
    plot.show_overlaps(overlaps, None)
    plot.grab()
