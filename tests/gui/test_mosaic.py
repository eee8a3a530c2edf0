"""The mosaic: composed, tinted, sorted, enlarged, moved and dragged from, with mouse and keys."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from landscape_app.gui.theme import DARK, LIGHT, Theme, rgb
from landscape_app.gui.widgets.mosaic import WHEEL_ZOOM, Mosaic, MosaicPicture, Tinting, columns_for

RNG = np.random.default_rng(0)


def images(n: int, levels: int = 17, shape: tuple[int, int] = (8, 8)) -> np.ndarray:
    return RNG.integers(0, levels, (n, *shape)).astype(np.uint8)


def drawn_by_hand(picture: MosaicPicture, theme: Theme) -> np.ndarray:
    """The picture pixel by pixel, as the definition says."""
    height, width = picture.images.shape[1:]
    rows, columns = picture.rows, picture.columns
    out = np.empty((rows * (height + 1) + 1, columns * (width + 1) + 1, 3), np.uint8)
    out[:] = rgb(theme.border)
    for place in range(rows * columns):
        row, column = divmod(place, columns)
        top, left = 1 + row * (height + 1), 1 + column * (width + 1)
        if place >= len(picture.images):
            out[top : top + height, left : left + width] = rgb(theme.paper)
            continue
        index = place if picture.order is None else picture.order[place]
        share = picture.images[index] / (picture.levels - 1)
        if picture.tinting is None:
            colours = theme.ink_table[(255 * share).astype(int)]
        else:
            ink = picture.tinting.colours[picture.tinting.chosen[index]].astype(float)
            paper = rgb(theme.paper).astype(float)
            colours = (paper + share[..., None] * (ink - paper)).round()
        out[top : top + height, left : left + width] = colours
    return out


@pytest.fixture
def mosaic(qtbot: QtBot) -> Mosaic:
    widget = Mosaic(LIGHT)
    qtbot.addWidget(widget)
    widget.resize(400, 400)
    widget.show_images(images(100), 17)
    widget.show()
    return widget


def turn_wheel(mosaic: Mosaic, at: QPoint, notches: int) -> None:
    position = QPointF(at)
    event = QWheelEvent(
        position,
        QPointF(mosaic.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
        device=QPointingDevice.primaryPointingDevice(),
    )
    QApplication.sendEvent(mosaic, event)


def drag(mosaic: Mosaic, start: QPoint, end: QPoint) -> None:
    button = Qt.MouseButton.LeftButton
    QTest.mousePress(mosaic, button, pos=start)
    for share in (0.5, 1.0):
        QTest.mouseMove(mosaic, start + (end - start) * share)
    QTest.mouseRelease(mosaic, button, pos=end)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("tinted", [False, True])
@pytest.mark.parametrize("sorted_", [False, True])
def test_the_picture_is_what_its_definition_says(theme: Theme, tinted: bool, sorted_: bool) -> None:
    n = 23
    tinting = None
    if tinted:
        tinting = Tinting(
            RNG.integers(0, 256, (14, 3)).astype(np.uint8), RNG.integers(0, 14, n).astype(np.uint8)
        )
    picture = MosaicPicture(images(n, shape=(6, 9)), 17, RNG.permutation(n) if sorted_ else None, tinting)
    np.testing.assert_array_equal(picture.table(theme)[picture.indices()], drawn_by_hand(picture, theme))


def test_images_of_more_levels_than_there_are_colours_are_rounded_to_fewer() -> None:
    colours = RNG.integers(0, 256, (14, 3)).astype(np.uint8)
    picture = MosaicPicture(
        images(9, 256), 256, tinting=Tinting(colours, RNG.integers(0, 14, 9).astype(np.uint8))
    )
    found = picture.table(LIGHT)[picture.indices()].astype(int)
    # One of 18 shades: at most half a step of 255 / 17 from the level itself.
    assert np.abs(found - drawn_by_hand(picture, LIGHT)).max() <= 255 / 17 / 2 + 1


def test_what_is_painted_is_the_picture_enlarged(mosaic: Mosaic) -> None:
    grabbed = mosaic.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = mosaic.pixels
    corner = mosaic.image_rect(0).topLeft() - QPoint(4, 4)
    for row, column in ((0, 0), (3, 5), (40, 61), (90, 90)):
        point = corner + QPoint(4 * column + 2, 4 * row + 2)
        assert QColor(grabbed.pixel(point)).getRgb()[:3] == tuple(pixels[row, column])


def test_sorted_images_are_found_at_their_places_and_keys_go_from_place_to_place(
    mosaic: Mosaic, qtbot: QtBot
) -> None:
    order = RNG.permutation(100)
    mosaic.show_images(images(100), 17, order)
    for index in range(100):
        assert mosaic.index_at(mosaic.image_rect(index).center()) == index
    with qtbot.waitSignal(mosaic.selected) as heard:
        qtbot.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=mosaic.image_rect(int(order[33])).center())
    assert heard.args == [order[33]]
    for key, place in (
        (Qt.Key.Key_Right, 34),
        (Qt.Key.Key_Down, 44),
        (Qt.Key.Key_Left, 43),
        (Qt.Key.Key_Up, 33),
        (Qt.Key.Key_End, 99),
        (Qt.Key.Key_Down, 99),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Left, 0),
    ):
        qtbot.keyClick(mosaic, key)
        assert mosaic.selection == order[place]
    chosen = mosaic.selection
    mosaic.show_images(images(100), 17, RNG.permutation(100))
    assert mosaic.selection == chosen


def test_the_wheel_enlarges_about_the_pointer_and_back(mosaic: Mosaic, qtbot: QtBot) -> None:
    at = mosaic.image_rect(37).center()
    with qtbot.waitSignal(mosaic.zoomed):
        turn_wheel(mosaic, at, 5)
    assert mosaic.zoom == pytest.approx(WHEEL_ZOOM**5)
    assert mosaic.index_at(at) == 37
    assert mosaic.image_rect(37).width() >= 2 * 32
    turn_wheel(mosaic, at, 40)
    # At the highest zoom a single image with its frame fills the widget.
    assert mosaic.image_rect(37).height() == 8 * (400 // 10)
    turn_wheel(mosaic, at, -60)
    assert mosaic.zoom == 1
    assert mosaic.image_rect(0).topLeft() == QPoint(22, 22)


def test_two_fingers_enlarge_about_the_point_between_them(mosaic: Mosaic) -> None:
    at = mosaic.image_rect(72).center()
    where = QPointF(at)
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        where,
        where,
        QPointF(mosaic.mapToGlobal(at)),
        0.5,
        QPointF(),
    )
    for _ in range(3):
        QApplication.sendEvent(mosaic, event)
    assert mosaic.zoom == pytest.approx(1.5**3)
    assert mosaic.index_at(at) == 72


def test_an_enlarged_mosaic_is_dragged_but_not_out_of_sight(mosaic: Mosaic, qtbot: QtBot) -> None:
    mosaic.zoom_by(4.0)
    seen = mosaic.index_at(QPoint(200, 200))
    assert seen is not None
    before = mosaic.image_rect(seen)
    drag(mosaic, QPoint(200, 200), QPoint(260, 230))
    assert mosaic.image_rect(seen).topLeft() - before.topLeft() == QPoint(60, 30)
    # It was a move, not a click.
    assert mosaic.selection is None
    for _ in range(20):
        drag(mosaic, QPoint(10, 10), QPoint(390, 390))
    assert mosaic.image_rect(0).topLeft().x() == pytest.approx(16, abs=1)
    qtbot.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=mosaic.image_rect(0).center())
    assert mosaic.selection == 0


def test_keys_move_an_enlarged_mosaic_along_with_the_selection(mosaic: Mosaic, qtbot: QtBot) -> None:
    mosaic.zoom_by(4.0)
    qtbot.keyClick(mosaic, Qt.Key.Key_Home)
    assert mosaic.rect().contains(mosaic.image_rect(0))
    qtbot.keyClick(mosaic, Qt.Key.Key_End)
    assert mosaic.rect().contains(mosaic.image_rect(99))
    assert not mosaic.rect().intersects(mosaic.image_rect(0))
    mosaic.reset_zoom()
    assert mosaic.rect().contains(mosaic.image_rect(0))


def test_an_image_is_dragged_out_where_it_is_not_the_mosaic_that_moves(mosaic: Mosaic, qtbot: QtBot) -> None:
    start = mosaic.image_rect(12).center()
    with qtbot.waitSignal(mosaic.dragged) as heard:
        drag(mosaic, start, start + QPoint(40, 0))
    assert heard.args == [12]
    assert mosaic.selection == 12
    mosaic.zoom_by(3.0)
    chosen, other = mosaic.image_rect(12).center(), mosaic.image_rect(13).center()
    with qtbot.waitSignal(mosaic.dragged) as heard:
        drag(mosaic, chosen, chosen + QPoint(0, 40))
    assert heard.args == [12]
    with qtbot.assertNotEmitted(mosaic.dragged):
        drag(mosaic, other, other + QPoint(0, 40))


def test_a_plain_mosaic_is_neither_selected_nor_enlarged(qtbot: QtBot) -> None:
    plain = Mosaic(LIGHT, plain=True)
    qtbot.addWidget(plain)
    plain.resize(150, 60)
    plain.show_images(images(3), 17, in_row=3)
    assert (plain.shown.rows, plain.shown.columns) == (1, 3)  # type: ignore[union-attr]
    turn_wheel(plain, QPoint(20, 20), 3)
    qtbot.mouseClick(plain, Qt.MouseButton.LeftButton, pos=plain.image_rect(1).center())
    assert plain.zoom == 1
    assert plain.selection is None


@pytest.mark.parametrize(
    ("count", "room", "columns"),
    [
        # A hundred images of 8 × 8: scale 5 as a square, 7 in 8 columns of 13, and in 14 of 8.
        (100, QSize(530, 940), 8),
        (100, QSize(400, 400), 10),
        (100, QSize(940, 530), 14),
        (1, QSize(300, 900), 1),
        # A square is left where nothing is larger.
        (16, QSize(300, 301), 4),
    ],
)
def test_images_of_a_narrow_room_stand_in_as_many_columns_as_make_them_largest(
    count: int, room: QSize, columns: int
) -> None:
    assert columns_for(count, (9, 9), 1, room) == columns
    picture = MosaicPicture(np.zeros((count, 8, 8), np.uint8), 17, in_row=columns)
    square = MosaicPicture(np.zeros((count, 8, 8), np.uint8), 17)
    assert picture.height_in(room) <= room.height()
    assert picture.height_in(room) / picture.size[0] >= square.height_in(room) / square.size[0]
