"""Controls of fixed columns, shown a run without an engine."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from landscape_app.data.columns import ColumnMeaning, in_units
from landscape_app.gui.state import Facts, Origin
from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.steering.controls.columns import ColumnControls
from landscape_app.gui.theme import LIGHT
from landscape_app.physics.fields.columns import FixedColumns
from landscape_app.physics.space import Mixed
from landscape_app.problems.problem import Configuration
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.plan import DataSize
from tests.gui.audit import unexplained

COLUMNS = (
    ColumnMeaning("sex", ("f", "m")),
    ColumnMeaning("income", offset=5e6, scale=2e6),
    ColumnMeaning("age"),
)
ROWS = np.array([[0, -1, 30], [1, 0, 40], [1, 1.5, 50]], np.float32)


def context(columns: tuple[ColumnMeaning, ...] = COLUMNS) -> FieldContext:
    facts = Facts(
        number=0,
        configuration=Configuration(problem="points"),
        origin=Origin.NEW,
        path=None,
        device="cpu",
        title="People",
        space=Mixed(tuple(len(column.values) for column in columns)),
        training_items=in_units(columns, ROWS),
        data_size=DataSize(3, 0, 0, ROWS.nbytes, 0, carried=True),
        class_names=(),
        column_names=(),
        kernels=("mixed",),
        neighbours=None,  # type: ignore[arg-type]
        columns=columns,
        formula="H(x)",
    )
    return FieldContext(facts)


@pytest.fixture
def controls(qtbot: QtBot) -> ColumnControls:
    run = context()
    found = ColumnControls(run, FieldSignals(), LIGHT)
    qtbot.addWidget(found)
    found.show_field(ColumnControls.new_field(run))
    found.show_context(run)
    found.show()
    return found


@pytest.fixture
def fields(controls: ColumnControls) -> list[FixedColumns]:
    """Every field that the controls have asked for."""
    found: list[FixedColumns] = []
    controls.changed.connect(lambda field, _: found.append(field))
    return found


def test_a_new_layer_fixes_the_first_column_at_its_commonest_value(controls: ColumnControls) -> None:
    (row,) = controls.rows
    assert (row.column.currentText(), row.word.currentText(), row.value) == ("sex", "m", (0, 1.0))
    assert ColumnControls.new_field(context()).label == "sex = m"
    assert unexplained(controls) == []


def test_values_are_in_the_unit_of_the_data(controls: ColumnControls, fields: list[FixedColumns]) -> None:
    controls.more.click()
    assert [row.column.currentText() for row in controls.rows] == ["sex", "income"]
    # The median of the data to begin with.
    assert controls.rows[1].number.value() == pytest.approx(5e6)
    controls.rows[1].number.setValue(6e6)
    assert fields[-1].columns == ((0, 1.0), (1, 0.5))
    assert fields[-1].label == "sex = m, income = 6000000"
    controls.rows[0].word.setCurrentIndex(0)
    controls.rows[0].word.activated.emit(0)
    assert fields[-1].columns == ((0, 0.0), (1, 0.5))


def test_one_column_stays_free(controls: ColumnControls, fields: list[FixedColumns]) -> None:
    assert controls.more.isEnabled()
    controls.more.click()
    assert not controls.more.isEnabled()
    controls.rows[0].free.click()
    assert fields[-1].columns == ((1, 0.0),)
    assert controls.more.isEnabled()
    controls.rows[0].free.click()
    assert (fields[-1].columns, controls.rows) == ((), [])


def test_another_column_takes_the_place_of_one_that_has_it(
    controls: ColumnControls, fields: list[FixedColumns]
) -> None:
    controls.more.click()
    column = controls.rows[0].column
    column.setCurrentIndex(2)
    column.activated.emit(2)
    assert fields[-1].columns == ((2, 40.0), (1, 0.0))
    column.setCurrentIndex(1)
    column.activated.emit(1)
    assert fields[-1].columns == ((1, 0.0),)
    assert len(controls.rows) == 1


def test_another_run_has_other_columns(controls: ColumnControls) -> None:
    others = (ColumnMeaning("town", ("A", "B")), ColumnMeaning("size"), ColumnMeaning("weight"))
    controls.show_context(context(others))
    assert [controls.rows[0].column.itemText(i) for i in range(3)] == ["town", "size", "weight"]


def test_a_composition_is_said_in_the_words_of_the_run() -> None:
    composition = Composition((Layer(FixedColumns(((1, 0.5),))),))
    assert context().named(composition).formula.endswith("given income = 6000000")
    assert FieldContext().named(composition).formula.endswith("given column 2 = 0.5")
    with pytest.raises(ValueError, match="no columns yet"):
        ColumnControls.new_field(FieldContext())
