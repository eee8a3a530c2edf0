"""Files dragged over a window of a test's own: what it says of them, and which it takes."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.data.importing.folders import Files
from landscape_app.gui.importing.drop_target import DropTarget
from landscape_app.gui.theme import LIGHT


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


def dragged(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def enter(window: QWidget, data: QMimeData) -> bool:
    event = QDragEnterEvent(
        QPointF(5, 5).toPoint(),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.ignore()
    QApplication.sendEvent(window, event)
    return event.isAccepted()


def drop(window: QWidget, data: QMimeData) -> None:
    action, button, modifier = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier
    QApplication.sendEvent(window, QDropEvent(QPointF(5, 5), action, data, button, modifier.NoModifier))


def test_one_file_that_can_be_used_is_taken(window: QWidget, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("1,2\n")
    target, dropped = DropTarget(window, LIGHT), []
    target.dropped.connect(dropped.append)
    data = dragged(path)
    assert enter(window, data)
    assert target.highlight.isVisible()
    assert target.highlight.text == "Drop to open mine.csv"
    drop(window, data)
    assert dropped == [Files(path)]
    assert not target.highlight.isVisible()


def test_others_are_refused_with_the_reason(window: QWidget, tmp_path: Path) -> None:
    film, photo = tmp_path / "film.mp4", tmp_path / "photo.png"
    for path in (film, photo):
        path.write_bytes(b"abcd")
    target, refused = DropTarget(window, LIGHT), []
    target.refused.connect(refused.append)
    for paths, reason in (
        ((film,), "Landscape cannot use film.mp4"),
        ((photo, film), "2 files at once are one data set only where all are images"),
    ):
        data = dragged(*paths)
        assert enter(window, data)
        assert target.highlight.text == "This cannot be used here"
        drop(window, data)
        assert reason in refused[-1]
        assert "film.mp4" in refused[-1]
        assert refused[-1] == target.highlight.detail


def test_a_picture_or_two_are_offered_to_be_scored_and_more_are_a_data_set(
    window: QWidget, tmp_path: Path
) -> None:
    (tmp_path / "cats").mkdir()
    photos = [tmp_path / f"photo-{i}.png" for i in range(3)]
    for photo in photos:
        photo.write_bytes(b"abcd")
    target, dropped = DropTarget(window, LIGHT), []
    target.dropped.connect(dropped.append)
    for paths, text, names in (
        (photos[:1], "Drop to score photo-0.png", ()),
        (photos[:2], f"Drop to score 2 files in {tmp_path.name}", ("photo-0.png", "photo-1.png")),
        ([photos[2], tmp_path / "cats"], f"Drop to open 2 files in {tmp_path.name}", ("cats", "photo-2.png")),
        (photos, f"Drop to open 3 files in {tmp_path.name}", tuple(photo.name for photo in photos)),
    ):
        assert enter(window, dragged(*paths))
        assert target.highlight.text == text
        drop(window, dragged(*paths))
        assert dropped[-1] == Files(tmp_path if names else photos[0], names)


def test_what_is_no_file_is_left_to_others_and_leaving_takes_the_frame_away(
    window: QWidget, tmp_path: Path
) -> None:
    target, words = DropTarget(window, LIGHT), QMimeData()
    words.setText("seven")
    assert not enter(window, words)
    assert not target.highlight.isVisible()
    enter(window, dragged(tmp_path))
    assert target.highlight.isVisible()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not target.highlight.isVisible()


def test_files_are_scored_where_that_is_what_the_window_does(window: QWidget, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("1,2\n")
    target, dropped = DropTarget(window, LIGHT, scores=True), []
    target.dropped.connect(dropped.append)
    data = dragged(path)
    assert enter(window, data)
    assert target.highlight.text == "Drop to score mine.csv"
    drop(window, data)
    assert dropped == [Files(path)]


@pytest.mark.parametrize(
    ("name", "menu"), [("energy.py", "File ▸ Energy of your own"), ("draws.nc", "File ▸ Open chains")]
)
def test_files_of_other_entries_are_sent_there(window: QWidget, tmp_path: Path, name: str, menu: str) -> None:
    path = tmp_path / name
    path.write_text("")
    target, refused = DropTarget(window, LIGHT), []
    target.refused.connect(refused.append)
    data = dragged(path)
    assert enter(window, data)
    drop(window, data)
    (told,) = refused
    assert menu in told
