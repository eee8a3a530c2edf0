"""A Boltzmann machine with hidden spins, chosen for a new run and trained in the window."""

from dataclasses import replace

from pytestqt.qtbot import QtBot

from landscape_app.data import ising
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.problems import PROBLEMS, fitted_otherwise
from tests.gui.driving import PATIENCE, click, open_new_run, pick


def test_hidden_spins_are_chosen_and_trained(window: MainWindow, qtbot: QtBot) -> None:
    plan = fitted_otherwise(replace(PROBLEMS["ising"].defaults, model="pairs", fit="likelihood", chains=32))
    window.engine.new(plan, train=False, dataset=ising(side=3, samples=400))
    qtbot.waitUntil(lambda: "Coupled spins" in window.toolbar.on_view.text(), timeout=PATIENCE)
    dialog = open_new_run(window, qtbot)
    assert (dialog.source.name, dialog.model, dialog.fit) == ("ising", "pairs", "likelihood")
    assert (dialog.units_box.minimum(), dialog.units_box.maximum(), dialog.units_box.value()) == (0, 12, 0)
    pick(qtbot, dialog.model_box, "observables")
    assert not dialog.units_box.isEnabled()
    pick(qtbot, dialog.model_box, "pairs")
    dialog.units_box.setValue(3)
    assert dialog.configuration == replace(plan, units=3)
    click(qtbot, dialog.train_button)
    qtbot.waitUntil(
        lambda: window.engine.state.activity is Activity.TRAINING and window.engine.state.epoch >= 2,
        timeout=PATIENCE,
    )
    window.engine.pause()
    state = window.engine.state
    assert state.facts is not None
    assert state.facts.configuration.hidden_units == 3
    assert "3 hidden units" in window.toolbar.on_view.toolTip()
    assert state.portrait is not None
    assert state.portrait.values.shape == (12, 12)
