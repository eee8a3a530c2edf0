"""The tour: each step stands beside a real widget, names what is there, and can be skipped or ended."""

import re

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from landscape_app.gui.help.tour import STEPS, bubble_corner
from landscape_app.gui.main_window import MainWindow
from tests.gui.driving import click


def test_each_step_points_at_a_widget_and_what_it_names_is_there(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 800)
    tour, places = window.tour, window._places()
    assert 6 <= len(STEPS) <= 8
    tour.begin()
    for number, step in enumerate(STEPS):
        assert tour.step == step
        place = places[step.place]
        assert not place.visibleRegion().isEmpty()
        corner = place.mapTo(window, QPoint())
        outline = tour._outline.geometry()
        assert outline.contains(QRect(corner, place.size()).intersected(window.rect()))
        assert window.rect().contains(tour.geometry())
        assert tour.title.text() == step.title
        texts = {button.text() for button in window.findChildren(QAbstractButton) if button.isVisible()}
        assert set(re.findall("“(.+?)”", step.text)) <= texts, step.title
        assert tour.back_button.isEnabled() == (number > 0)
        click(qtbot, tour.next_button)
    assert tour.step is None
    assert not tour._outline.isVisible()


def test_the_tour_goes_back_passes_over_what_cannot_be_seen_and_ends_at_any_time(
    window: MainWindow, qtbot: QtBot
) -> None:
    tour = window.tour
    window.steering.target_card.hide()
    tour.begin()
    click(qtbot, tour.next_button)
    assert tour.step == STEPS[2]
    click(qtbot, tour.back_button)
    assert tour.step == STEPS[0]
    qtbot.keyClick(tour.next_button, Qt.Key.Key_Escape)
    assert tour.step is None
    tour.begin()
    click(qtbot, tour.end_button)
    assert tour.step is None
    window.steering.target_card.show()


@pytest.mark.parametrize("place", [QRect(20, 20, 100, 30), QRect(400, 300, 400, 200), QRect(0, 0, 900, 600)])
def test_a_bubble_is_whole_in_the_window_and_beside_what_it_is_about(place: QRect) -> None:
    window = QRect(0, 0, 900, 600)
    bubble = QRect(bubble_corner(place, 330, 150, window), QRect(0, 0, 330, 150).size())
    assert window.contains(bubble)
    if place.width() < 900:
        assert not bubble.intersects(place)
