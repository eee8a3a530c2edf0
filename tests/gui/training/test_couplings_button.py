"""The four ways to couplings, opened from the training panel on the data on view, by mouse."""

from dataclasses import replace
from itertools import combinations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from landscape_app.data import ising
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.training.panel import TrainingPanel
from landscape_app.problems import PROBLEMS, fitted_otherwise
from landscape_app.problems.letters import LETTERS
from tests.gui.driving import PATIENCE, click


def test_the_four_ways_are_compared_on_the_data_on_view(window: MainWindow, qtbot: QtBot) -> None:
    plan = fitted_otherwise(replace(PROBLEMS["ising"].defaults, model="pairs", fit="exact", chains=32))
    window.engine.new(plan, train=False, dataset=ising(coupling=0.3, side=3, samples=400))
    training = window.training
    qtbot.waitUntil(training.parameters.button.isVisible, timeout=PATIENCE)
    training.redraw(everything=True)
    click(qtbot, training.parameters.button)
    assert training.parameters.shown is training.links
    qtbot.waitUntil(training.couplings_button.isVisible, timeout=PATIENCE)
    click(qtbot, training.couplings_button)
    experiments = window.experiments
    assert experiments is not None
    qtbot.waitUntil(lambda: experiments.browser is not None, timeout=PATIENCE)
    browser = experiments.browser
    assert browser is not None
    page = browser.page
    assert page.experiment.name == "couplings-ising"
    page.form.boxes[0].set_value(20)
    qtbot.waitUntil(page.run_button.isEnabled, timeout=PATIENCE)
    click(qtbot, page.run_button)
    qtbot.waitUntil(
        lambda: any(e.result.experiment == "couplings-ising" for e in browser.worker.state.entries),
        timeout=PATIENCE,
    )
    (result,) = [e.result for e in browser.worker.state.entries if e.result.experiment == "couplings-ising"]
    assert result.is_complete
    assert result.values["epochs"] == 20
    assert not result.findings
    against = result.figure.rows[0][0]
    assert against.x_label == "J by exact likelihood (nats)"
    assert all(np.isfinite(mark.y).all() for mark in against.marks)  # type: ignore[union-attr]


def test_patterns_hold_no_couplings_and_that_is_said(window: MainWindow, qtbot: QtBot) -> None:
    window.engine.new(replace(LETTERS.defaults, chains=16), train=False)
    qtbot.waitUntil(lambda: window.toolbar.on_view.text().startswith("Letters"), timeout=PATIENCE)
    assert not window.training.couplings_button.isVisible()
    window.compare_couplings()
    qtbot.waitUntil(window.banner.isVisible, timeout=PATIENCE)
    assert window.experiments is None


def test_buttons_below_a_narrow_plot_stand_in_two_rows(qtbot: QtBot) -> None:
    panel = TrainingPanel(LIGHT)
    qtbot.addWidget(panel)
    pair = panel.parameters
    pair.setParent(None)
    qtbot.addWidget(pair)
    pair.offer_second(True)
    pair.show()
    for width, rows in ((180, 2), (300, 1)):
        pair.resize(width, 170)
        places = [
            b.geometry()
            for b in pair.findChildren(QToolButton, options=Qt.FindChildOption.FindDirectChildrenOnly)
            if not b.isHidden()
        ]
        assert len(places) == 3
        assert len({place.y() for place in places}) == rows
        assert all(pair.rect().contains(place) for place in places)
        assert not any(a.intersects(b) for a, b in combinations(places, 2))
        assert pair.contentsMargins().bottom() == rows * places[0].height()
