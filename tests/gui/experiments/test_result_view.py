"""The view of a result without an experiment: how it stands, its figure and its table."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from landscape_app.experiments.experiment import Finding
from landscape_app.experiments.figure import Curve, Figure, Panel
from landscape_app.gui.experiments.findings_table import rows_of
from landscape_app.gui.experiments.result_view import ResultView, Standing
from landscape_app.gui.theme import LIGHT

PANEL = Panel("A line", (Curve(np.arange(3.0), np.arange(3.0)),))


@pytest.fixture
def view(qtbot: QtBot) -> ResultView:
    view = ResultView("coins", LIGHT, PANEL, QLabel("results"))
    qtbot.addWidget(view)
    return view


@pytest.mark.parametrize(("share", "maximum", "value"), [(0.25, 1000, 250), (1.0, 1000, 1000), (-1.0, 0, -1)])
def test_the_bar_shows_the_share_or_that_it_is_not_known(
    view: ResultView, share: float, maximum: int, value: int
) -> None:
    view.show_standing(Standing("Running", share=share))
    assert not view.progress.isHidden()
    assert view.progress.maximum() == maximum
    assert maximum == 0 or view.progress.value() == value


def test_a_failure_gives_its_details_to_the_clipboard(view: ResultView, qapp: QApplication) -> None:
    view.show_standing(Standing("✗ Failed", "The disk is full.", "bad", technical="Traceback …"))
    assert (view.verdict.property("kind"), view.detail.text()) == ("bad", "The disk is full.")
    assert view.progress.isHidden()
    view.copy_button.click()
    assert qapp.clipboard().text() == "Traceback …"
    view.show_standing(Standing("✓ Good", kind="good"))
    assert view.copy_button.isHidden()


def test_there_is_something_to_save_once_there_is_a_figure(view: ResultView, qtbot: QtBot) -> None:
    assert not view.save_button.isEnabled()
    finding = Finding("3d", "tosses", "10", "11", False)
    view.show_figure(Figure(((PANEL,),)), rows_of((finding,)), fresh=True)
    assert view.pages.currentWidget() is view.figure
    assert view.table.rowCount() == 1
    with qtbot.waitSignal(view.save):
        view.save_button.click()
    view.show_nothing("It was stopped.")
    assert (view.empty.text(), view.table.rowCount()) == ("It was stopped.", 0)
    assert not view.save_button.isEnabled()


def test_the_figure_has_the_room_until_results_are_unfolded(view: ResultView, qtbot: QtBot) -> None:
    view.resize(900, 600)
    view.show()
    view.show_figure(Figure(((PANEL,),)), rows_of(()), fresh=True)
    alone = view.pages.height()
    assert not view.table.isVisible()
    assert alone > 520
    qtbot.mouseClick(view.fold, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert view.table.isVisible()
    assert 0.6 * alone < view.pages.height() < 0.85 * alone
    qtbot.mouseClick(view.fold, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert view.pages.height() == alone
