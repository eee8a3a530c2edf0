"""Room: every window is whole at 900 × 600, and comes up on a screen that there is."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from landscape_app.data.dataset import Dataset
from landscape_app.gui.main_window import USUAL_SIZE, MainWindow
from landscape_app.gui.training.panel import NamedNumber
from landscape_app.gui.widgets import screens
from landscape_app.gui.widgets.containers import Page, Pages, PlotGrid
from landscape_app.gui.widgets.fixed import FigureLabel, lay_out_panel
from landscape_app.gui.widgets.screens import place
from landscape_app.gui.widgets.tables import HeadedTable
from landscape_app.problems.proposal import starting_configuration
from tests.gui.driving import PATIENCE, train_for
from tests.gui.room import SMALLEST, check_room, cut_off

SMALL_SCREEN = QRect(0, 0, 1024, 600)
GUI = Path(screens.__file__).parents[1]


def test_while_it_trains(window: MainWindow, small_problem: None, qtbot: QtBot) -> None:
    window.reset()
    train_for(window, qtbot, 1)
    for dock in window.docks:
        dock.raise_()
        check_room(window)


def test_a_table(used_window: MainWindow, qtbot: QtBot) -> None:
    table = Dataset.of_points(np.random.default_rng(0).normal(size=(60, 5)))
    used_window.engine.new(starting_configuration(table), train=False, dataset=table)
    qtbot.waitUntil(used_window.sampler.points.isVisible, timeout=PATIENCE)
    for page in used_window.sampler.points.pages.names:
        used_window.sampler.points.pages.button(page).click()
        check_room(used_window)


def test_a_line_that_is_cut_without_dots_has_too_little_room(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    labels = QLabel("−137.4 ± 0.3 nats"), FigureLabel("−137.4 ± 0.3 nats")
    for label in labels:
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout.addWidget(label)
    table = HeadedTable("figures", "Figures", [("a long head of a column", "The first")])
    layout.addWidget(table)
    window.resize(400, 200)
    with qtbot.waitExposed(window, timeout=PATIENCE):
        window.show()
    assert cut_off(window) == []
    window.setFixedWidth(90)
    table.setColumnWidth(0, 40)
    qtbot.waitUntil(lambda: labels[0].width() < 80, timeout=PATIENCE)
    (found,) = cut_off(window)
    assert found.startswith("QLabel ")
    # A table whose heads have no dots either.
    table.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideNone)
    assert [entry.split()[0] for entry in cut_off(window)] == ["QLabel", "QHeaderView"]


def test_panels_become_tabs_where_they_have_no_room_and_go_back_where_they_have(
    used_window: MainWindow,
) -> None:
    window = used_window
    steer, _, equilibrium, _ = window.docks
    assert window.tabifiedDockWidgets(steer) == []
    window.resize(SMALLEST)
    QApplication.processEvents()
    assert set(window.tabifiedDockWidgets(steer)) == set(window.docks[1:])
    assert not steer.visibleRegion().isEmpty()
    equilibrium.hide()
    window.resize(*USUAL_SIZE)
    QApplication.processEvents()
    assert window.tabifiedDockWidgets(steer) == []
    assert window.dockWidgetArea(steer) == Qt.DockWidgetArea.LeftDockWidgetArea
    assert [dock.isHidden() for dock in window.docks] == [False, False, True, False]


def test_the_toolbar_says_what_it_has_no_room_for(used_window: MainWindow) -> None:
    used_window.resize(SMALLEST)
    QApplication.processEvents()
    extension = used_window.toolbar.findChild(QToolButton, "qt_toolbar_ext_button")
    assert extension.isVisible()
    assert extension.text()
    assert used_window.toolbar.status.isVisible()
    assert used_window.toolbar.status.width() >= 150


def remembered(at: QRect) -> object:
    """Geometry as settings give it back of a window that was there."""
    window = QWidget()
    window.setGeometry(at)
    return window.saveGeometry()


@pytest.mark.parametrize(
    "geometry", [None, b"torn", QRect(3000, 100, 1280, 800), QRect(-700, -500, 900, 700)]
)
def test_a_window_comes_up_whole_on_a_small_screen(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, geometry: QRect | bytes | None
) -> None:
    monkeypatch.setattr(screens, "room_for", lambda _: SMALL_SCREEN)
    window = QWidget()
    qtbot.addWidget(window)
    place(window, 1280, 800, remembered(geometry) if isinstance(geometry, QRect) else geometry)
    window.show()
    assert SMALL_SCREEN.contains(window.frameGeometry())
    assert window.height() >= 500


def test_no_window_sizes_itself_otherwise() -> None:
    """`place` alone knows the screen's room: no other place gives a window a usual size."""
    for path in GUI.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert re.search(r"self\.resize\(\d", text) is None, path
        assert path.name == "screens.py" or "restoreGeometry" not in text, path


def test_plots_take_one_column_where_there_is_no_room_for_two_and_an_odd_one_the_first_row(
    qtbot: QtBot,
) -> None:
    plots = [QLabel(str(number)) for number in range(5)]
    for plot in plots:
        plot.setMinimumWidth(180)
    grid, area = PlotGrid(plots), QScrollArea()
    qtbot.addWidget(area)
    area.setWidgetResizable(True)
    area.setWidget(grid)
    area.resize(500, 900)
    area.show()
    wide, beside = plots[0].parentWidget(), plots[1].parentWidget()
    assert (grid.columns, wide.width()) == (2, grid.width())
    assert beside.width() < 260
    area.resize(300, 900)
    QApplication.processEvents()
    assert grid.columns == 1
    assert {plot.parentWidget().width() for plot in plots} == {grid.width()}
    area.resize(500, 900)
    for _ in range(3):
        QApplication.processEvents()
    # As high as there is room for, where it was as high as one column.
    assert (grid.columns, grid.height()) == (2, area.viewport().height())
    grid.show_first(2)
    QApplication.processEvents()
    assert [plot.parentWidget().isVisible() for plot in plots] == [True, True, False, False, False]
    assert wide.height() == grid.height()


def test_a_panel_scrolls_its_body_between_head_and_foot(qtbot: QtBot) -> None:
    panel, head, foot = QWidget(), QLabel("head"), QLabel("foot")
    qtbot.addWidget(panel)
    area = lay_out_panel(panel, [QLabel("card"), QLabel("\n" * 60)], [head], [foot])
    panel.resize(300, 200)
    panel.show()
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    assert area.verticalScrollBar().maximum() > 0
    for label in (head, foot):
        assert panel.rect().contains(QRect(label.mapTo(panel, QPoint()), label.size()))


def test_pages_need_the_height_of_the_one_on_view(qtbot: QtBot) -> None:
    low, high = QLabel("low"), QLabel("\n" * 40)
    pages = Pages([Page("low", "Low", "", low), Page("high", "High", "", high)])
    qtbot.addWidget(pages)
    pages.show()
    before = pages.minimumSizeHint().height()
    pages.button("high").click()
    QApplication.processEvents()
    assert pages.minimumSizeHint().height() > before + 300


def test_panels_stand_beside_each_other_again_where_another_run_needs_less(
    opened: Callable[[Path], MainWindow], small_run: Path, qtbot: QtBot
) -> None:
    window = opened(small_run)
    before = window.sampler.minimumWidth()
    window.sampler.setMinimumWidth(700)
    try:
        # The request for another layout passes from widget to widget before the window has it.
        qtbot.waitUntil(lambda: bool(window.tabifiedDockWidgets(window.docks[0])), timeout=PATIENCE)
    finally:
        window.sampler.setMinimumWidth(before)
    opened(small_run)
    qtbot.waitUntil(lambda: not window.tabifiedDockWidgets(window.docks[0]), timeout=PATIENCE)
    assert window.size() == QSize(*USUAL_SIZE)


def test_panels_that_the_window_put_into_tabs_stand_apart_in_a_larger_one_after_a_restart(
    make_window: Callable[[], MainWindow],
) -> None:
    small = make_window()
    small.docks[3].hide()
    small.resize(SMALLEST)
    QApplication.processEvents()
    assert len(small.tabifiedDockWidgets(small.docks[0])) == 2
    small.docks[3].show()
    small.docks[2].hide()
    assert small.close()
    large = make_window()
    large.resize(*USUAL_SIZE)
    QApplication.processEvents()
    assert large.tabifiedDockWidgets(large.docks[0]) == []
    # What the person has hidden or shown meanwhile is so.
    assert [dock.isHidden() for dock in large.docks] == [False, False, True, False]
    # What the person has put into one row of tabs stays.
    large.docks[2].show()
    large.tabifyDockWidget(large.docks[1], large.docks[0])
    large.resize(SMALLEST)
    QApplication.processEvents()
    assert large.close()
    again = make_window()
    again.resize(*USUAL_SIZE)
    QApplication.processEvents()
    assert again.docks[1] in again.tabifiedDockWidgets(again.docks[0])


def test_a_long_name_of_a_number_makes_no_panel_wider(qtbot: QtBot) -> None:
    number = NamedNumber("figure", "Nats", "tip")
    qtbot.addWidget(number)
    number.show_text("87.9 ± 0.6")
    before = number.minimumSizeHint().width()
    number.show_text("87.9 ± 0.6", "Nats of the test set, at epoch 1,000,000")
    assert number.minimumSizeHint().width() == before
    assert number.sizeHint().width() > before
