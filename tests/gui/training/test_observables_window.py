"""The window that looks into observables: opened from the training panel by mouse, true to what was found."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtWidgets import QTableWidget
from pytestqt.qtbot import QtBot

from landscape_app.data import Dataset, Kind
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.session_view import SessionView, facts_of, first_state
from landscape_app.gui.state import Activity, EngineState, Origin
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.gui.training.observables_plots import ObservablePlot
from landscape_app.gui.training.observables_window import ObservablesWindow, drawn_of, status_of
from landscape_app.problems import PROBLEMS, fitted_otherwise
from landscape_app.problems.proposal import starting_configuration
from landscape_app.session.observables import NO_OBSERVABLES
from landscape_app.session.session import Session
from landscape_app.session.share_out import finished
from tests.gui.audit import unexplained, unreached
from tests.gui.driving import PATIENCE, click
from tests.gui.room import check_room
from tests.session.test_mixed import people


def looked_into(session: Session) -> EngineState:
    """A state of a session whose observables have been looked into."""
    facts = facts_of(session, 0, Origin.NEW, None)
    state = first_state(session, SessionView(session), Activity.SAMPLING, facts)
    return replace(state, observables=finished(session.looking_into()))


def spins_in_a_row(sites: int) -> Dataset:
    items = np.sign(np.random.default_rng(0).normal(size=(40, sites))).astype(np.int8)
    return Dataset("row", Kind.SPINS, items, np.arange(30), np.arange(30, 40))


def column(table: QTableWidget, number: int) -> list[str]:
    return [table.item(row, number).text() for row in range(table.rowCount())]


def numbers(texts: list[str]) -> list[float]:
    return [float(text.split(" ± ")[0].replace("−", "-").replace(",", "")) for text in texts]


@pytest.fixture
def shown(qtbot: QtBot, settings: QSettings) -> ObservablesWindow:
    window = ObservablesWindow(LIGHT, settings)
    qtbot.addWidget(window)
    window.bring_up()
    return window


def test_what_each_observable_responds_to_is_seen_by_mouse(window: MainWindow, qtbot: QtBot) -> None:
    panel = window.training
    click(qtbot, panel.look_buttons[0])
    found = window.observables
    assert found is not None
    qtbot.waitUntil(lambda: found.table.rowCount() > 0, timeout=PATIENCE)
    record = window.engine.state.observables
    assert record is not None
    assert found.status.text() == status_of(record)
    assert "chains on view" in found.status.text()
    table = found.table
    assert column(table, 0) == [f"f{i + 1}" for i in range(len(record))]
    np.testing.assert_allclose(numbers(column(table, 1)), record.multipliers, rtol=0.01)
    np.testing.assert_allclose(numbers(column(table, 2)), record.weights, atol=0.0051)
    np.testing.assert_allclose(numbers(column(table, 4)), record.scores, atol=0.0051)
    # The largest weights first.
    head = table.horizontalHeader()
    for _ in range(2):
        place = QPoint(head.sectionViewportPosition(2) + 8, head.height() // 2)
        qtbot.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=place)
    sizes = np.abs(numbers(column(table, 2)))
    assert (np.diff(sizes) <= 0).all()
    row = table.visualItemRect(table.item(1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=row)
    number = int(np.argsort(-np.abs(record.weights))[1])
    assert table.selected == number
    assert found.heading.text().startswith(f"<b>f{number + 1}</b>")
    strip = found.strips["least_chains"]
    response = record.responses[number]
    np.testing.assert_array_equal(strip.images.shown.images, response.least_chains.x)
    qtbot.mouseClick(strip.images, Qt.MouseButton.LeftButton, pos=strip.images.image_rect(1).center())
    assert found.slope.accessibleName() == f"∂f{number + 1}/∂x at chain {response.least_chains.places[1] + 1}"
    assert strip.images.selection == 1
    assert found.strips["most_data"].images.selection is None
    x = torch.as_tensor(response.least_chains.x[1:2]).float().requires_grad_()
    window.engine.session.model.constraints(x)[0, number].backward()
    assert x.grad is not None
    drawn = np.stack([values for _, values in found.slope.series()[0].values])
    np.testing.assert_allclose(drawn, x.grad[0].numpy(), rtol=1e-4, atol=1e-6)
    (curve,) = found.multiplier.series()
    history = window.engine.session.history
    np.testing.assert_array_equal(curve.values[0][1], history["multipliers"][:, number])
    assert unexplained(found) == []
    assert unreached(found) == []
    check_room(found)


def test_a_look_at_a_model_that_has_changed_is_marked_until_it_is_made_again(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.open_observables()
    found = window.observables
    assert found is not None
    qtbot.waitUntil(lambda: found.table.rowCount() > 0, timeout=PATIENCE)
    assert not found.stale.isVisible()
    window.engine.train()
    qtbot.waitUntil(found.stale.isVisible, timeout=PATIENCE)
    click(qtbot, found.button)
    qtbot.waitUntil(lambda: "as it trained" in found.status.text(), timeout=PATIENCE)
    window.engine.pause()
    qtbot.waitUntil(lambda: window.engine.state.activity is Activity.SAMPLING, timeout=PATIENCE)
    qtbot.waitUntil(found.stale.isVisible, timeout=PATIENCE)
    click(qtbot, found.button)
    qtbot.waitUntil(lambda: not found.stale.isVisible(), timeout=PATIENCE)
    assert f"epoch {window.engine.state.epoch:,} at rest" in found.status.text()
    found.close()
    assert not found.isVisible()


def test_points_have_curves_and_planes(shown: ObservablesWindow) -> None:
    for problem, sides in (("two-gaussians", 1), ("rings", 2)):
        session = Session(replace(PROBLEMS[problem].defaults, chains=16), "cpu", sampler_chains=8)
        state = looked_into(session)
        shown.show_state(state)
        record, facts = state.observables, state.facts
        assert record is not None
        assert facts is not None
        assert shown.plot.isVisible()
        assert not shown.slope.isVisible()
        assert not shown.multiplier.isVisible()
        drawn = drawn_of(record, 0, facts)
        assert len(drawn.axes) == sides
        (series,) = shown.plot.series()
        np.testing.assert_array_equal(series.values[-1][1], drawn.values.ravel())
        x = np.stack([c for _, c in series.columns[:sides]], 1)
        f = session.model.constraints(torch.as_tensor(x.reshape(-1, *session.space.shape)).float())
        np.testing.assert_allclose(series.values[-1][1], f[:, 0].detach(), rtol=1e-4, atol=1e-5)
        shown.set_theme(DARK)
        shown.grab()


def test_an_empty_plot_of_an_observable_has_no_numbers(qtbot: QtBot) -> None:
    plot = ObservablePlot(LIGHT)
    qtbot.addWidget(plot)
    assert plot.series() == []


def test_rows_of_a_table_are_listed_in_the_units_of_the_file(shown: ObservablesWindow) -> None:
    data = people(60)
    session = Session(replace(starting_configuration(data), chains=16), "cpu", 8, data)
    state = looked_into(session)
    shown.show_state(state)
    record = state.observables
    assert record is not None
    assert shown.rows.isVisible()
    heads = [shown.rows.horizontalHeaderItem(i).text() for i in range(shown.rows.columnCount())]
    assert heads == ["", "f1", *(column.name for column in data.columns)]
    first = record.responses[0].most_data.places[0]
    texts = [shown.rows.item(0, i).text() for i in range(2, shown.rows.columnCount())]
    assert texts == [
        column.text_of(float(value))
        for column, value in zip(data.columns, data.training_items[first], strict=True)
    ]
    assert shown.rows.item(0, 0).text() == f"most: training item {first + 1}"


def test_hidden_units_and_pairs_are_named_and_other_models_say_that_they_have_none(
    shown: ObservablesWindow,
) -> None:
    plan = replace(PROBLEMS["ising"].defaults, chains=16, units=4)
    machine = fitted_otherwise(replace(plan, model="rbm", fit="persistent"))
    shown.show_state(looked_into(Session(machine, "cpu", 8, spins_in_a_row(5))))
    assert column(shown.table, 0)[3] == "f4 = p(h4 = 1 | x)"
    assert shown.table.isColumnHidden(1)
    assert not shown.multiplier.isVisible()
    assert shown.slope.isVisible()
    pairs = fitted_otherwise(replace(plan, model="pairs", fit="persistent", units=0))
    shown.show_state(looked_into(Session(pairs, "cpu", 8, spins_in_a_row(5))))
    assert column(shown.table, 0)[5] == "f6 = s1 s2"
    assert not shown.table.isColumnHidden(1)
    many = Session(pairs, "cpu", 8, spins_in_a_row(30))
    shown.show_state(
        first_state(many, SessionView(many), Activity.SAMPLING, facts_of(many, 1, Origin.NEW, None))
    )
    assert not shown.button.isEnabled()
    assert shown.status.text() == NO_OBSERVABLES
    assert not shown.sides.isVisible()
