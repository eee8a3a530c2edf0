"""The chooser of a new run, by mouse and keys, without and with the window."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from landscape_app.counting import byte_size
from landscape_app.data.synthetic import two_gaussians
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.new_run import NewRunDialog, RunSource, sources_of
from landscape_app.gui.session_view import facts_of
from landscape_app.gui.state import Facts, Origin
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.gui.widgets.pictures import item_picture
from landscape_app.learning import FITS
from landscape_app.problems import AUTOREGRESSIVE, PROBLEMS, Configuration, load_problem, ways_on
from landscape_app.session.plan import DataSize, memory_of
from landscape_app.session.session import Session
from tests.gui.audit import unexplained, unreached
from tests.gui.driving import PATIENCE, choose_data, click, open_new_run, pick
from tests.gui.room import check_room


@pytest.fixture
def dialog(qtbot: QtBot) -> NewRunDialog:
    dialog = NewRunDialog(sources_of(None), "digits", 3, LIGHT)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


@pytest.fixture(scope="module")
def rings() -> Facts:
    """Facts of an untrained run on two rings."""
    plan = replace(PROBLEMS["rings"].defaults, chains=8, replicas=2, seed=5)
    return facts_of(Session(plan, "cpu", sampler_chains=4), 0, Origin.NEW, None)


def offered(box: QComboBox) -> dict[str, str]:
    """Reason why each choice cannot be made, empty where it can."""
    tips = Qt.ItemDataRole.ToolTipRole
    return {box.itemData(i): str(box.itemData(i, tips) or "") for i in range(box.count())}


def test_what_is_proposed_is_what_the_problem_proposes(dialog: NewRunDialog, qtbot: QtBot) -> None:
    for name in dialog.names:
        choose_data(dialog, qtbot, name)
        assert dialog.configuration == replace(PROBLEMS[name].defaults, seed=3)
        assert not dialog.picture.pixmap().isNull()
        assert "to learn from" in dialog.about.text()
        data, plan = load_problem(name), replace(PROBLEMS[name].defaults, seed=3)
        assert f"Memory: {byte_size(memory_of(plan, data).total)} at most" in dialog.plan.text()


def test_every_way_that_can_be_chosen_is_the_plan_of_that_way(dialog: NewRunDialog, qtbot: QtBot) -> None:
    for name in dialog.names:
        choose_data(dialog, qtbot, name)
        ways = ways_on(PROBLEMS[name].space)
        assert {model for model, why in offered(dialog.model_box).items() if not why} == set(ways)
        for model, fits in ways.items():
            pick(qtbot, dialog.model_box, model)
            assert tuple(fit for fit, why in offered(dialog.fit_box).items() if not why) == fits
            for fit in fits:
                dialog.fit_box.setCurrentIndex(dialog.fit_box.findData(fit))
                dialog.fit_box.activated.emit(dialog.fit_box.currentIndex())
                plan = dialog.configuration
                assert (plan.model, plan.way_of_fitting, plan.seed) == (model, fit, 3)
                assert FITS[fit].approximates in dialog.settings["fit"].about.text()
                # Nothing that is greyed is without a reason, and nothing with a reason is offered.
                for setting in dialog.settings.values():
                    assert setting.control.isEnabled() != setting.about.text().startswith("Not here: ")


def test_members_and_a_learned_base_measure_grey_each_other(dialog: NewRunDialog, qtbot: QtBot) -> None:
    dialog.members_box.setValue(2)
    assert not dialog.base_box.isEnabled()
    assert dialog.configuration.members == 2
    dialog.members_box.setValue(1)
    pick(qtbot, dialog.base_box, AUTOREGRESSIVE)
    assert not dialog.members_box.isEnabled()
    assert "learned first" in dialog.settings["base"].about.text()
    assert dialog.configuration.is_base_learned
    assert dialog.train_button.isEnabled()


def test_a_length_that_was_chosen_stays_and_a_time_can_be_planned_instead(
    dialog: NewRunDialog, qtbot: QtBot
) -> None:
    dialog.epochs_box.setValue(60)
    pick(qtbot, dialog.model_box, "rbm")
    assert dialog.configuration.planned_epochs == 60
    pick(qtbot, dialog.length_unit, "seconds")
    dialog.seconds_box.setValue(90)
    assert not dialog.epochs_box.isVisible()
    assert dialog.configuration.planned_seconds == 90.0
    choose_data(dialog, qtbot, "letters")
    assert not dialog.epochs_box.isEnabled()
    assert "done in one step" in dialog.settings["planned_epochs"].about.text()


def test_the_run_on_view_comes_with_its_own_settings(rings: Facts, qtbot: QtBot) -> None:
    mine = two_gaussians(samples=50)
    own = replace(mine, name="mine", shipped=False)
    sources = sources_of(rings, [(own, replace(PROBLEMS["two-gaussians"].defaults, problem="mine"))])
    dialog = NewRunDialog(sources, "rings", 5, DARK)
    qtbot.addWidget(dialog)
    assert dialog.configuration == rings.configuration
    dialog.choose("mine")
    with qtbot.waitSignal(dialog.begun) as begun:
        dialog.open_button.click()
    configuration, dataset, train = begun.args
    assert (configuration.problem, dataset, train) == ("mine", own, False)
    unknown = replace(rings, title="drawn", configuration=replace(rings.configuration, problem="drawn"))
    first = sources_of(unknown)[0]
    assert (first.name, first.title, first.dataset) == ("drawn", "drawn", None)
    assert first.data == DataSize.of(load_problem("rings"))
    assert isinstance(first, RunSource)
    assert not item_picture(first.items, first.space, LIGHT, 40).isNull()


def test_on_a_gpu_more_chains_may_train(qtbot: QtBot) -> None:
    dialog = NewRunDialog(sources_of(None), "digits", 3, LIGHT, device="cuda:0")
    qtbot.addWidget(dialog)
    assert f"{PROBLEMS['digits'].defaults.chains} chains train" in dialog.plan.text()
    assert "or more if cuda:0 moves them in the same time" in dialog.plan.text()
    check_room(dialog)


def test_every_control_is_named_explained_reached_and_whole(dialog: NewRunDialog) -> None:
    assert unexplained(dialog) == []
    assert unreached(dialog) == []
    check_room(dialog)


@pytest.mark.usefixtures("small_problem")
def test_a_run_is_chosen_by_mouse_and_trains(window: MainWindow, qtbot: QtBot) -> None:
    window.may_discard = lambda: True  # type: ignore[method-assign]
    dialog = open_new_run(window, qtbot)
    assert dialog.source.name == "digits"
    choose_data(dialog, qtbot, "ising")
    pick(qtbot, dialog.model_box, "pairs")
    pick(qtbot, dialog.fit_box, "exact")
    dialog.seed_box.setValue(11)
    click(qtbot, dialog.train_button)
    qtbot.waitUntil(lambda: window.toolbar.on_view.text() == "Ising spins · Coupled spins", timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.engine.state.epoch >= 2, timeout=PATIENCE)
    facts = window.engine.state.facts
    assert facts is not None
    plan: Configuration = facts.configuration
    assert (plan.problem, plan.model, plan.fit, plan.seed) == ("ising", "pairs", "exact", 11)
    assert window.seed == 11
    click(qtbot, window.toolbar.pause_button)
    # Another one, chosen and not taken, leaves it as it is.
    other = open_new_run(window, qtbot)
    assert (other.source.name, other.model, other.fit) == ("ising", "pairs", "exact")
    choose_data(other, qtbot, "rings")
    click(qtbot, other.cancel_button)
    assert window.engine.state.facts.configuration.problem == "ising"
