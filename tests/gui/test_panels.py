"""The panels, shown states without an engine: each has a look for every state, and asks by its signals."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QMainWindow, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.equilibrium.panel import EquilibriumPanel
from landscape_app.gui.landscape.panel import LandscapePanel
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.menus import MenuEntry, add_menus, pressing
from landscape_app.gui.messages import Message
from landscape_app.gui.sampler.view import SamplerView
from landscape_app.gui.session_view import SessionView, facts_of, first_state
from landscape_app.gui.state import LEAST_MORE, Activity, EngineState, Origin
from landscape_app.gui.steering.panel import SteeringPanel
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.gui.toolbar import Toolbar
from landscape_app.gui.training.panel import OverfittingLine, PlotPair, TrainingPanel
from landscape_app.gui.widgets.banner import Banner
from landscape_app.physics.estimate import Estimate
from landscape_app.problems import PROBLEMS
from landscape_app.problems.problem import Configuration
from landscape_app.runs import History
from landscape_app.session.composition import Composition
from landscape_app.session.measurement import Rise
from landscape_app.session.session import Session
from tests.gui.driving import PATIENCE
from tests.gui.test_messages import FOUND

PANELS = (SamplerView, SteeringPanel, TrainingPanel, EquilibriumPanel, LandscapePanel)


def state_of(problem: str) -> EngineState:
    """A state of an untrained run, whose chains are sampled."""
    configuration = (
        replace(PROBLEMS[problem].defaults, chains=8) if problem != "digits" else Configuration(chains=8)
    )
    session = Session(configuration, "cpu", sampler_chains=4)
    facts = facts_of(session, 0, Origin.NEW, None)
    return first_state(session, SessionView(session), Activity.SAMPLING, facts)


@pytest.fixture(scope="module")
def digits() -> EngineState:
    return state_of("digits")


@pytest.fixture(scope="module")
def line() -> EngineState:
    return state_of("two-gaussians")


@pytest.mark.parametrize("make", PANELS)
def test_a_panel_shows_every_activity_of_every_kind_of_run(
    make: Callable, qtbot: QtBot, digits: EngineState, line: EngineState
) -> None:
    panel = make(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(500, 700)
    panel.show()
    panel.show_state(EngineState())
    for state in (digits, line, digits):
        for activity in Activity:
            panel.show_state(replace(state, activity=activity))
            panel.show_state(replace(state, activity=activity, failed=True, busy="Opening run.h5 …"))
    panel.set_theme(DARK)
    panel.grab()


def test_the_toolbar_offers_what_can_be_done_now(qtbot: QtBot, digits: EngineState) -> None:
    toolbar = Toolbar()
    qtbot.addWidget(toolbar)

    def offered(state: EngineState) -> list[str]:
        toolbar.show_state(state)
        buttons = (toolbar.train_button, toolbar.pause_button, toolbar.step_button, toolbar.reset_button)
        return [button.text() for button in buttons if button.isEnabled()]

    assert offered(EngineState()) == []
    assert offered(EngineState(activity=Activity.STILL)) == ["Train…"]
    assert offered(digits) == ["Train", "Step an epoch", "Reset"]
    assert offered(replace(digits, epoch=3, activity=Activity.TRAINING)) == ["Pause", "Reset"]
    assert offered(replace(digits, epoch=3)) == ["Continue", "Step an epoch", "Reset"]
    assert offered(replace(digits, busy="Opening run.h5 …")) == []
    assert toolbar.status.text() == "Opening run.h5 …"


def test_the_toolbar_says_how_far_training_is_and_how_long_it_takes(
    qtbot: QtBot, digits: EngineState
) -> None:
    toolbar = Toolbar()
    qtbot.addWidget(toolbar)
    toolbar.resize(1800, 40)
    toolbar.show()
    training = replace(digits, activity=Activity.TRAINING, epoch=620, progress=0.155, rate=12.34)
    planned = f"{training.facts.configuration.planned_epochs:,}"  # type: ignore[union-attr]
    toolbar.show_state(training)
    QApplication.processEvents()
    place = toolbar.status.geometry()

    def shown(state: EngineState) -> tuple[str, int | None]:
        toolbar.show_state(state)
        QApplication.processEvents()
        assert toolbar.status.geometry() == place
        bar = toolbar.progress
        return toolbar.status.text(), bar.value() if bar.isVisible() else None

    assert shown(training) == (f"Epoch 620 of {planned} · 12.3 epochs/s", 155)
    assert shown(replace(training, left=200.0)) == (
        f"Epoch 620 of {planned} · 3 min left · 12.3 epochs/s",
        155,
    )
    # What comes after the planned time is no part of what is left of it.
    assert shown(replace(training, left=200.0, afterwards=160.0))[0] == (
        f"Epoch 620 of {planned} · 3 min left, then 3 min to measure · 12.3 epochs/s"
    )
    facts = replace(training.facts, configuration=Configuration(chains=8, planned_seconds=60.0))  # type: ignore[type-var]
    assert shown(replace(training, facts=facts))[0].startswith("Training · 16% of the planned time · ")
    measuring = replace(training, busy="Measuring the entropy … 40%", busy_share=0.4)
    assert shown(measuring) == ("Measuring the entropy … 40%", 400)
    assert shown(replace(digits, epoch=620))[1] is None


def test_overfitting_is_said_in_words_with_a_way_back(qtbot: QtBot) -> None:
    line = OverfittingLine()
    qtbot.addWidget(line)
    line.resize(600, 30)
    line.show()
    height = line.height()
    rise = Rise(340, Estimate(0.42, 0.05), is_certain=True)

    def shown(rise: Rise | None, measured: int = 9, kept: int | None = None, offered: bool = True) -> str:
        line.show_rise(rise, measured, kept, offered)
        assert line.sizeHint().height() <= height
        return line.text.text()

    assert shown(None, measured=0) == "Validation set not measured yet"
    assert shown(None, measured=1) == "1 measurement of the validation set: too few to see overfitting"
    assert shown(None) == "No overfitting seen on the validation set"
    assert not line.button.isVisible()
    assert shown(Rise(340, Estimate(0.1, 0.05), is_certain=False)) == (
        "Validation 0.10 ± 0.05 nats above its lowest, at epoch 340: no overfitting beyond doubt"
    )
    assert not line.button.isVisible()
    said = "Overfitting since epoch 340: validation nats have risen by 0.42 ± 0.05 since"
    assert shown(rise) == said
    assert "The validation set has chosen that epoch, and so does not judge it" in line.text.toolTip()
    with qtbot.waitSignal(line.back_to) as asked:
        qtbot.mouseClick(line.button, Qt.MouseButton.LeftButton)
    assert asked.args == [340]
    assert shown(rise, kept=340) == f"{said}; its state is kept"
    assert not line.button.isVisible()
    # The last state was kept: the best can still be gone back to, but not of a model that ships.
    shown(rise, kept=500)
    assert line.button.isVisible()
    shown(rise, kept=500, offered=False)
    assert not line.button.isVisible()


def test_the_entropy_plot_says_what_goes_on_before_there_is_a_measurement(
    qtbot: QtBot, digits: EngineState
) -> None:
    panel = TrainingPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(500, 900)
    panel.show()
    columns = {"epoch": np.arange(1, 8), "base_nats": np.ones(7), "chi_squared": np.full(7, np.nan)}
    fitting = replace(
        digits, activity=Activity.TRAINING, epoch=7, history=History.from_arrays(columns), kept=None
    )
    for state, words in (
        (digits, ""),
        (fitting, "Fitting the base measure, epoch 7"),
        (
            replace(fitting, history=History.from_arrays(columns | {"chi_squared": np.ones(7)})),
            "Measuring, epoch 7",
        ),
    ):
        panel.show_state(state)
        panel.redraw(everything=True)
        assert ("" if panel.entropy._note is None else panel.entropy._note.text()) == words


def state_of_model(model: str, fit: str, epochs: int = 3) -> EngineState:
    """A state of a small model of spins that has trained for some epochs."""
    plan = replace(PROBLEMS["ising"].defaults, model=model, fit=fit, chains=8, replicas=2, hidden=(4,))
    session = Session(plan, "cpu", sampler_chains=4)
    for _ in islice(session.train(), epochs):
        pass
    facts = facts_of(session, 0, Origin.NEW, None)
    state = first_state(session, SessionView(session), Activity.SAMPLING, facts)
    return replace(state, epoch=epochs)


def test_the_toolbar_says_what_is_on_view_and_what_train_does_to_it(
    qtbot: QtBot, digits: EngineState
) -> None:
    toolbar = Toolbar()
    qtbot.addWidget(toolbar)
    assert digits.facts is not None
    shipped = replace(digits, epoch=3, progress=1.0, facts=replace(digits.facts, origin=Origin.SHIPPED))
    toolbar.show_state(shipped)
    assert toolbar.on_view.text() == "Handwritten digits · Observables"
    assert "fitted by Min-MaxEnt; seed 0; the trained model that ships" in toolbar.on_view.toolTip()
    # The model that ships is left as it is.
    assert toolbar.train_button.text() == "Train…"
    assert not any(w.isEnabled() for w in (toolbar.step_button, toolbar.reset_button, toolbar.epochs_box))
    # A training that has ended says how many epochs more it would be planned for.
    ended = replace(digits, epoch=1_200, progress=1.0)
    toolbar.show_state(ended)
    more = max(digits.facts.configuration.planned_epochs // 2, LEAST_MORE)
    assert ended.more_epochs == more
    assert toolbar.train_button.text() == f"Train {more:,} more"
    # One that is planned in seconds does not show a number of epochs.
    by_time = replace(digits.facts.configuration, planned_seconds=90.0)
    toolbar.show_state(replace(digits, facts=replace(digits.facts, configuration=by_time)))
    assert toolbar.epochs_box.text() == "90 s"
    for model, fit, text in (("pairs", "projection", "Train…"), ("pairs", "likelihood", "Continue")):
        state = state_of_model(model, fit)
        toolbar.show_state(state)
        assert toolbar.train_button.text() == text
        assert toolbar.on_view.text() == "Ising spins · Coupled spins"


@pytest.mark.parametrize(
    ("model", "fit", "titles", "formula"),
    [
        (
            "pairs",
            "likelihood",
            ["Gradient of the objective", "Objective", "Couplings Jᵢⱼ"],
            "−½ Σ Jᵢⱼ xᵢ xⱼ",
        ),
        (
            "rbm",
            "persistent",
            ["Gradient of the objective", "Hidden units", "Weights Wᵢⱼ of hidden units"],
            "F(x)",
        ),
        ("pairs", "hebb", ["Nothing to draw", "Nothing to draw", "Couplings Jᵢⱼ"], "−½ Σ Jᵢⱼ xᵢ xⱼ"),
        ("observables", "likelihood", ["Gradient of the", "Objective", "Nothing to draw"], "Σᵢ λᵢ fᵢ(x)"),
    ],
)
def test_a_model_has_the_plots_and_the_formula_that_go_with_it(
    qtbot: QtBot, model: str, fit: str, titles: list[str], formula: str
) -> None:
    state = state_of_model(model, fit)
    panel, steering = TrainingPanel(LIGHT), SteeringPanel(LIGHT)
    for widget in (panel, steering):
        qtbot.addWidget(widget)
        widget.show_state(state)
    panel.redraw(everything=True)
    shown = [
        place.shown.shown if isinstance(place.shown, PlotPair) else place.shown for place in panel.places
    ]
    names = [page.text() if isinstance(page, QLabel) else page.accessibleName() for page in shown]
    assert all(name.startswith(title) for name, title in zip(names, titles, strict=True)), names
    assert formula in steering.formula.text()
    assert steering.energy in steering.findChild(QCheckBox, "hamiltonian").toolTip()
    if state.portrait is not None:
        (series,) = panel.portrait.series()
        columns = np.array([values for _, values in series.values])
        np.testing.assert_array_equal(columns, state.portrait.values.reshape(len(columns), -1))
    if model == "observables":
        assert state.portrait is None
    panel.set_theme(DARK)
    panel.grab()


def test_the_place_of_parameters_follows_the_model_where_the_way_of_fitting_stays(qtbot: QtBot) -> None:
    panel = TrainingPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.show_state(state_of_model("observables", "likelihood", 1))
    assert panel.places[2].shown is not panel.parameters
    panel.show_state(state_of_model("pairs", "likelihood", 1))
    assert panel.places[2].shown is panel.parameters


def test_an_average_tells_to_what_tolerance_it_holds_constraints(qtbot: QtBot) -> None:
    state = state_of_model("observables", "min-maxent", 1)
    assert state.facts is not None
    for members in (1, 3):
        panel = TrainingPanel(LIGHT)
        qtbot.addWidget(panel)
        plan = replace(state.facts.configuration, members=members)
        panel.show_state(replace(state, facts=replace(state.facts, configuration=plan)))
        panel.redraw(everything=True)
        assert ("An average of 3 energies" in panel.residuals.toolTip()) == (members > 1)
        assert ("all within" in panel.residuals._shown_title) == (members > 1)


def test_the_convergence_test_is_asked_for_and_stopped_but_not_while_the_model_trains(
    qtbot: QtBot, digits: EngineState
) -> None:
    panel = EquilibriumPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.show_state(replace(digits, activity=Activity.TRAINING))
    assert not panel.button.isEnabled()
    panel.show_state(digits)
    with qtbot.waitSignal(panel.test_convergence):
        panel.button.click()
    panel.show_state(replace(digits, testing=True))
    with qtbot.waitSignal(panel.stop_test):
        panel.button.click()


def test_chains_are_asked_to_start_anew_in_the_number_that_is_chosen(
    qtbot: QtBot, digits: EngineState
) -> None:
    view = SamplerView(LIGHT)
    qtbot.addWidget(view)
    view.show_state(digits)
    rows = {row.name: row for row in view.menu() if isinstance(row, MenuEntry)}
    with qtbot.waitSignal(view.restart) as asked:
        rows["restart-noise"].do()
    assert asked.args == ["noise", view.count]


def test_a_target_is_a_composition_for_the_session_on_view(qtbot: QtBot, digits: EngineState) -> None:
    panel = SteeringPanel(LIGHT)
    qtbot.addWidget(panel)
    assert digits.facts is not None
    panel.show_state(replace(digits, accuracy=0.9, facts=replace(digits.facts, number=5)))
    with qtbot.waitSignal(panel.compose) as asked:
        panel.set_target(7)
    composition, hurried, number = asked.args
    assert isinstance(composition, Composition)
    assert (composition.target, hurried, number) == (7, False, 5)


def test_good_news_goes_by_itself_and_errors_stay(qtbot: QtBot) -> None:
    around = QWidget()
    qtbot.addWidget(around)
    around.show()
    banner = Banner(around)
    banner.show_message(Message("error", "lost", "traceback"))
    assert banner.text.text() == "Lost"
    assert banner.copy.isVisible()
    assert not banner._timer.isActive()
    banner.show_message(Message("done", "saved"))
    assert not banner.copy.isVisible()
    assert banner._timer.isActive()


def test_an_error_that_could_be_read_goes_with_what_is_done_next(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the machine is.
    monkeypatch.setattr("landscape_app.gui.widgets.banner.READ_MILLISECONDS", 10 * PATIENCE)
    window.banner.show_message(Message("error", "bad.h5 is no run"))
    window.engine.compose(Composition(temperature=1.1))
    qtbot.waitUntil(lambda: window.shown.composition.temperature == 1.1, timeout=PATIENCE)  # type: ignore[union-attr]
    # So soon nobody has read it.
    assert window.banner.isVisible()
    monkeypatch.setattr("landscape_app.gui.widgets.banner.READ_MILLISECONDS", 0)
    window.engine.compose(Composition(temperature=1.2))
    qtbot.waitUntil(lambda: not window.banner.isVisible(), timeout=PATIENCE)
    window.banner.show_message(Message("warning", "this run is not saved by itself"))
    window.engine.compose(Composition(temperature=1.3))
    qtbot.waitUntil(lambda: window.shown.composition.temperature == 1.3, timeout=PATIENCE)  # type: ignore[union-attr]
    assert window.banner.isVisible()
    window.banner.hide()


def test_menus_are_made_of_rows(qtbot: QtBot) -> None:
    window, done = QMainWindow(), []
    qtbot.addWidget(window)
    button = QPushButton("Step")
    button.setObjectName("step")
    button.setToolTip("One step")
    button.clicked.connect(lambda: done.append("step"))
    other = QAction("Other")
    rows = [
        MenuEntry("Light", "Ctrl+L", "light", lambda: done.append("light"), "Light colours", chosen=True),
        None,
        pressing("One step", ".", button),
        other,
    ]
    actions = add_menus(window, {"&View": rows})
    assert list(actions) == ["light", "step"]
    assert actions["light"].isChecked()
    assert actions["step"].toolTip() == "One step"
    for action in actions.values():
        action.trigger()
    assert done == ["light", "step"]
    menu = window.menuBar().actions()[0].menu()
    assert [action.isSeparator() for action in menu.actions()] == [False, True, False, False]


def test_the_toolbar_says_no_speed_before_it_is_known_and_that_a_command_waits(
    qtbot: QtBot, digits: EngineState
) -> None:
    toolbar = Toolbar()
    qtbot.addWidget(toolbar)
    training = replace(digits, activity=Activity.TRAINING, epoch=1, rate=0.0)
    toolbar.show_state(training)
    planned = f"{training.facts.configuration.planned_epochs:,}"  # type: ignore[union-attr]
    assert toolbar.status.text() == f"Epoch 1 of {planned}"
    toolbar.show_wishes(("",))
    assert toolbar.status.text() == f"Epoch 1 of {planned} · a command waits"
    toolbar.show_wishes(())
    assert toolbar.status.text() == f"Epoch 1 of {planned}"


def test_the_training_panel_says_that_equilibrium_is_not_tested(qtbot: QtBot, digits: EngineState) -> None:
    panel = TrainingPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(500, 900)
    panel.show()
    digits = replace(digits, kept=FOUND)
    panel.show_state(replace(digits, activity=Activity.TRAINING, kept=None))
    panel.redraw()
    height = panel.equilibrium.height()
    assert panel.equilibrium.text() == ""
    panel.show_state(digits)
    for _ in range(20):
        panel.redraw()
    assert panel.equilibrium.text() == "Equilibrium not tested: Test convergence"
    assert panel.equilibrium.height() == height
    panel.show_state(replace(digits, testing=True))
    panel.redraw()
    assert panel.equilibrium.text() == "Equilibrium: the convergence test goes on"


def test_figures_of_another_run_are_shown_with_its_name(qtbot: QtBot, digits: EngineState) -> None:
    panel = TrainingPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.show_state(digits)
    assert panel.figures["epoch"].value.text() == digits.epoch_in_words
    assert digits.facts is not None
    other = replace(digits, facts=replace(digits.facts), history=History(), latest=None, epoch=0)
    panel.show_state(other)
    assert panel.figures["epoch"].value.text() == other.epoch_in_words
    assert panel.figures["chi"].value.text() == "–"
