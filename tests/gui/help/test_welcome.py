"""The welcome below the chains: true of what is on view, closed for good, and with the last run to go on with."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, QSettings, QSize
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.help.welcome import WelcomeStrip
from landscape_app.gui.main_window import USUAL_SIZE, MainWindow
from landscape_app.gui.messages import Message
from landscape_app.gui.recent import LastRun
from landscape_app.gui.state import EngineState, Origin
from landscape_app.gui.widgets.banner import Banner, Notices, free_top
from landscape_app.session.composition import Composition
from tests.gui.driving import PATIENCE
from tests.gui.room import SMALLEST, cut_off

LAST = LastRun(Path("mine.h5"), "Handwritten digits, 412 epochs, yesterday")


def shipped_state(window: MainWindow) -> EngineState:
    """The state of a window, as of the model that ships."""
    state = window.engine.state
    assert state.facts is not None
    return replace(state, facts=replace(state.facts, origin=Origin.SHIPPED), composition=Composition())


def test_the_strip_says_what_is_on_view_and_stays_closed(
    window: MainWindow, settings: QSettings, qtbot: QtBot
) -> None:
    state = shipped_state(window)
    strip = WelcomeStrip(settings)
    qtbot.addWidget(strip)
    strip.show_state(window.engine.state)
    # A run of one's own needs no welcome.
    assert strip.isHidden()
    strip.show_state(state)
    assert strip.text.text() == "100 Markov chains of a trained model. Press 7 to ask for sevens."
    strip.show_state(replace(state, composition=Composition.towards(7)))
    assert strip.isHidden()
    strip.show_state(state)
    assert not strip.isHidden()
    strip.dismiss()
    again = WelcomeStrip(settings)
    qtbot.addWidget(again)
    again.show_state(state)
    assert again.isHidden()
    again.offer(LAST)
    again.show_state(state)
    assert not again.isHidden()
    with qtbot.waitSignal(again.opened) as opened:
        again.last_button.click()
    assert opened.args == [LAST.path]
    assert again.last_button.text() == "Continue with Handwritten digits, 412 epochs, yesterday"


@pytest.mark.parametrize("size", [SMALLEST, QSize(*USUAL_SIZE), QSize(1900, 700)])
@pytest.mark.parametrize("run", [None, LAST])
def test_it_hides_no_chain_and_moves_none_when_it_goes(
    window: MainWindow, size: QSize, run: LastRun | None
) -> None:
    strip, mosaic = window.welcome, window.sampler.mosaic
    window.resize(size)
    QApplication.processEvents()
    state, before = shipped_state(window), chains_in(window)
    strip.offer(run)
    strip.show_state(state)
    for _ in range(3):
        QApplication.sendPostedEvents()
    assert strip.isVisible()
    assert chains_in(window) == before
    covered = QRect(strip.mapTo(window, QPoint()), strip.size())
    assert not covered.intersects(before)
    assert strip.width() >= mosaic.width()
    assert strip.height() >= strip.heightForWidth(strip.width())
    assert strip.last_button.isVisible() == (run is not None)
    assert cut_off(strip) == []
    strip.offer(None)
    strip.show_state(replace(state, composition=Composition.towards(7)))
    QApplication.sendPostedEvents()
    after = chains_in(window)
    window.resize(*USUAL_SIZE)
    assert after == before


def chains_in(window: MainWindow) -> QRect:
    """Place of all chains in their window, in pixels."""
    mosaic = window.sampler.mosaic
    assert mosaic.shown is not None
    whole = mosaic.image_rect(0).united(mosaic.image_rect(len(mosaic.shown) - 1))
    return QRect(mosaic.mapTo(window, whole.topLeft()), whole.size())


def test_it_makes_way_for_what_is_said_of_two_compositions_and_of_a_chain(
    window: MainWindow, qtbot: QtBot
) -> None:
    state, strip = shipped_state(window), window.welcome
    strip.show_state(state)
    assert strip.isVisible()
    window.steering.set_comparing(True)
    qtbot.waitUntil(lambda: window.engine.state.compared is not None, timeout=PATIENCE)
    strip.show_state(shipped_state(window))
    assert strip.isHidden()
    window.steering.set_comparing(False)
    qtbot.waitUntil(lambda: window.engine.state.compared is None, timeout=PATIENCE)
    window.sampler.select(3)
    qtbot.waitUntil(
        lambda: (snapshot := window.engine.state.snapshot) is not None and snapshot.followed is not None,
        timeout=PATIENCE,
    )
    strip.show_state(shipped_state(window))
    window.sampler.select(None)
    assert strip.isHidden()


def test_a_run_to_go_on_with_ends_with_dots_where_there_is_little_room(
    qtbot: QtBot, settings: QSettings
) -> None:
    strip = WelcomeStrip(settings)
    qtbot.addWidget(strip)
    strip.offer(LAST)
    strip.resize(300, 36)
    strip.show()
    QApplication.sendPostedEvents()
    assert strip.last_button.width() < strip.last_button.sizeHint().width()
    assert strip.text.isHidden()
    assert LAST.words in strip.last_button.toolTip()
    assert strip.rect().contains(strip.tour_button.geometry())


def test_a_message_takes_all_the_width_also_where_it_is_the_first(qtbot: QtBot) -> None:
    window, place, banner = QWidget(), QWidget(), Banner()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    layout.addWidget(place)
    Notices(place, (banner,), window)
    window.resize(460, 300)
    window.show()
    window.grab()
    banner.show_message(Message("error", "A long message. " * 9))
    QApplication.processEvents()
    assert banner.text.width() > 0.75 * place.width()
    assert banner.text.height() >= banner.text.heightForWidth(banner.text.width())


def test_a_message_lies_over_no_control(qtbot: QtBot) -> None:
    window, place, banner = QWidget(), QWidget(), Banner()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    layout.addWidget(place)
    inside = QVBoxLayout(place)
    buttons = [QPushButton("Pair"), QPushButton("Corner")]
    inside.addWidget(buttons[0])
    inside.addWidget(QLabel("points"), 1)
    inside.addWidget(buttons[1])
    Notices(place, (banner,), window)
    window.resize(460, 300)
    window.show()
    banner.show_message(Message("error", "A long message. " * 6))
    QApplication.processEvents()
    lies = QRect(place.mapFromGlobal(banner.mapToGlobal(QPoint())), banner.size())
    assert not any(lies.intersects(button.geometry()) for button in buttons)
    assert lies.top() == buttons[0].geometry().bottom() + 1
    buttons[0].hide()
    QApplication.processEvents()
    assert place.mapFromGlobal(banner.mapToGlobal(QPoint())).y() == 0


def test_a_strip_lies_as_far_up_as_it_covers_least() -> None:
    room = QRect(0, 0, 400, 200)
    row = QRect(10, 5, 80, 25)
    assert free_top(40, room, []) == 0
    assert free_top(40, room, [row]) == 30
    # Where there is no place without a control, it covers what is smallest.
    column = [QRect(10, y, 80, 20) for y in range(0, 200, 20)]
    assert free_top(40, room, column) == 0
    assert free_top(40, room, [*column, row]) > 0
    assert free_top(300, room, [row]) == 0


def test_notices_lie_over_the_chains_and_move_nothing(window: MainWindow, qtbot: QtBot) -> None:
    mosaic = window.sampler.mosaic
    before = mosaic.mapTo(window, mosaic.rect().topLeft()), mosaic.size()
    window.welcome.show_state(shipped_state(window))
    window.welcome.show()
    window.banner.show_message(Message("error", "A long message. " * 12))
    qtbot.wait(1)
    assert (mosaic.mapTo(window, mosaic.rect().topLeft()), mosaic.size()) == before
    corner = window.banner.mapTo(window, window.banner.rect().topLeft())
    place = window.sampler.chains
    assert corner == place.mapTo(window, place.rect().topLeft())
    assert window.banner.width() == place.width()
