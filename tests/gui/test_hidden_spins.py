"""A Boltzmann machine with hidden spins, chosen in the toolbar and trained in the window."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from landscape_app.data import ising
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.gui.toolbar import ModelChoice, Toolbar
from landscape_app.problems import PROBLEMS, fitted_otherwise
from tests.gui.driving import PATIENCE, click


def hidden_units(toolbar: Toolbar) -> QAction:
    """The entry of the model's menu; it is made anew with every session."""
    (action,) = [a for a in toolbar.model_menu.findChildren(QAction) if a.objectName() == "hidden-units"]
    return action


def test_hidden_spins_are_chosen_and_trained(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = fitted_otherwise(replace(PROBLEMS["ising"].defaults, model="pairs", fit="likelihood", chains=32))
    window.engine.new(plan, train=False, dataset=ising(side=3, samples=400))
    qtbot.waitUntil(lambda: window.toolbar.problem == "ising", timeout=PATIENCE)
    toolbar = window.toolbar
    assert toolbar.way == ModelChoice("pairs", "likelihood")
    action = hidden_units(toolbar)
    assert (action.text(), action.isEnabled()) == ("Hidden units: 0…", True)
    asked: list[tuple[object, ...]] = []

    def answer(*arguments: object) -> tuple[int, bool]:
        asked.append(arguments)
        return 3, True

    monkeypatch.setattr(QInputDialog, "getInt", answer)
    action.trigger()
    assert asked[0][3:] == (0, 0, 12)
    assert action.text() == "Hidden units: 3…"
    assert "Coupled spins with 3 hidden units" in toolbar.model_button.toolTip()
    facts = window.engine.state.facts
    assert facts is not None
    assert not toolbar.is_chosen(facts)
    qtbot.waitUntil(toolbar.train_button.isEnabled, timeout=PATIENCE)
    click(qtbot, toolbar.train_button)
    qtbot.waitUntil(
        lambda: window.engine.state.activity is Activity.TRAINING and window.engine.state.epoch >= 2,
        timeout=PATIENCE,
    )
    window.engine.pause()
    state = window.engine.state
    assert state.facts is not None
    assert state.facts.configuration.hidden_units == 3
    assert state.portrait is not None
    assert state.portrait.values.shape == (12, 12)
    toolbar.choose_way(ModelChoice("observables", "min-maxent"))
    assert toolbar.units is None
    assert not hidden_units(toolbar).isEnabled()
