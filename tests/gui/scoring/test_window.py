"""Files are scored by mouse and keys: the gallery says what `api.score` does, sorted, judged and exported."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.data import ColumnMeaning
from landscape_app.data.importing.folders import Files
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.request_worker import Answer
from landscape_app.gui.scoring.table import OF_NATS
from landscape_app.gui.scoring.window import SORTED_BY, ScoreWindow, looks_of
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.physics.space import Box, Levels
from landscape_app.session import api
from landscape_app.session.checkpoint import open_session
from landscape_app.session.score import COLUMNS
from tests.gui.driving import PATIENCE, click
from tests.gui.importing.driving import drop, wait_ready
from tests.gui.test_reachable import check, check_menus

KEYS = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def images(small_run: Path, tmp_path: Path) -> Path:
    """Twelve held-out images of the run as arrays, and noise."""
    data = open_session(small_run, "cpu", 2).dataset
    noise = np.random.default_rng(0).integers(0, 17, (2, 8, 8)).astype(np.uint8)
    path = tmp_path / "new.npz"
    np.savez(path, images=np.concatenate([data.held_out_items[:12], noise]))
    return path


def wait_scored(window: MainWindow, qtbot: QtBot) -> ScoreWindow:
    qtbot.waitUntil(lambda: window.scores is not None and window.scores.table is not None, timeout=PATIENCE)
    assert window.scores is not None
    return window.scores


def test_a_file_is_scored_from_the_menu_sorted_and_exported(
    window: MainWindow, small_run: Path, images: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(images), ""))
    qtbot.keyClick(window, Qt.Key.Key_J, KEYS)
    scores = wait_scored(window, qtbot)
    table = scores.table
    assert table is not None
    assert scores.shown is not None
    found = scores.shown.scores
    # log Z is measured afresh of a run that was not, by chains.
    oracle = api.score(open_session(small_run, "cpu", 2), images)
    np.testing.assert_allclose(found.surprisal, oracle.surprisal, rtol=1e-4)
    np.testing.assert_array_equal(found.nearest, oracle.nearest)
    assert tuple(column.title for column in table.records.columns) == SORTED_BY
    nats = [row.nats.value for row in table.shown]
    assert nats == sorted(nats, reverse=True)
    assert {row.index for row in table.shown[:2]} == {12, 13}
    table.sort_by(OF_NATS)
    assert [row.nats.value for row in table.shown] == sorted(nats)
    assert table.model().index(0, 0).data(Qt.ItemDataRole.DecorationRole) is not None
    assert table.model().index(0, 5).data(Qt.ItemDataRole.DecorationRole) is not None
    assert "common error" in scores.summary.text()
    check(scores)
    check_menus(scores)
    scores.set_theme(DARK)
    target = images.with_name("out")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    click(qtbot, scores.export)
    with target.with_suffix(".csv").open(encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert tuple(head) == COLUMNS
    assert len(rows) == 14
    assert "Wrote 14 scores" in scores.banner.text.text()
    # The rule is another where more false alarms are allowed; nothing is computed anew.
    allowed = scores.shown.scores.false_alarms
    scores.false_alarms.setValue(20.0)
    assert (allowed, scores.shown.scores.false_alarms) == (0.01, 0.2)
    assert "20" in scores.rule.text()
    assert any(row.is_out for row in table.shown)


def test_few_test_items_show_the_least_rate_that_they_can(
    window: MainWindow, images: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(images), ""))
    qtbot.keyClick(window, Qt.Key.Key_J, KEYS)
    scores = wait_scored(window, qtbot)
    assert scores.shown is not None
    found = scores.shown.scores
    few = replace(found, held_out=found.held_out[:36], held_out_weights=found.held_out_weights[:36])
    scores._show(Answer(1, replace(scores.shown, scores=few)))
    assert scores.false_alarms.value() == 2.8
    assert scores.shown.scores.can_tell
    assert "no lower rate" in scores.rule.text()
    scores.false_alarms.selectAll()
    qtbot.keyClicks(scores.false_alarms, "5")
    assert scores.shown.scores.false_alarms == 0.05
    assert "no lower rate" not in scores.rule.text()


def test_dropped_images_are_offered_to_be_scored_and_a_picture_or_two_are_at_once(
    window: MainWindow, images: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    drop(window, images)
    qtbot.waitUntil(lambda: window.importing.dialog is not None, timeout=PATIENCE)
    dialog = window.importing.dialog
    assert dialog is not None
    wait_ready(dialog, qtbot)
    click(qtbot, dialog.foot.score)
    scores = wait_scored(window, qtbot)
    assert scores.shown is not None
    assert scores.shown.files.path == images
    qtbot.waitUntil(lambda: window.importing.dialog is None, timeout=PATIENCE)
    picture = tmp_path / "one.png"
    Image.fromarray(np.full((8, 8), 255, np.uint8)).save(picture)
    picture.with_name("two.png").write_bytes(picture.read_bytes())
    for pictures, name in (([picture], "one.png"), ([picture, picture.with_name("two.png")], "2 files in")):
        drop(window, *pictures)
        qtbot.waitUntil(lambda name=name: scores.title.text().startswith(name), timeout=PATIENCE)
        assert scores.table is not None
        assert len(scores.table.shown) == len(pictures)


def test_what_cannot_be_scored_is_told_and_a_score_can_be_given_up(
    settings: QSettings, small_run: Path, images: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = ScoreWindow(LIGHT, settings, lambda receive: receive(None))
    window.bring_up()
    window.score(Files(images))
    qtbot.waitUntil(lambda: "no model on view" in window.banner.text.text(), timeout=PATIENCE)
    # An engine that never answers.
    window._take_run = lambda receive: None
    window.score(Files(images))
    assert window.cancel.isVisible()
    click(qtbot, window.cancel)
    assert not window.cancel.isVisible()
    assert window.shown is None
    window.end()
    window.deleteLater()


def test_items_are_shown_as_they_are() -> None:
    levels = np.array([[[0, 16], [8, 4]]], np.uint8)
    shown = looks_of(levels, (), Levels((2, 2), 17))
    assert shown.pictures is not None
    np.testing.assert_allclose(shown.pictures[0], levels[0] / 16)
    columns = (ColumnMeaning("age"), ColumnMeaning("height"))
    rows = looks_of(np.array([[40.0, 1.5]], np.float32), columns, Box((2,), 0.0, 100.0))
    assert rows.pictures is None
    assert rows.texts[0].startswith("age 40")


def test_a_file_that_is_dropped_on_the_window_is_scored_there(
    window: MainWindow, images: Path, qtbot: QtBot
) -> None:
    window.score(Files(images))
    scores = wait_scored(window, qtbot)
    first = scores.shown
    drop(scores, images)
    qtbot.waitUntil(lambda: scores.shown is not first, timeout=PATIENCE)
    assert window.importing.dialog is None
