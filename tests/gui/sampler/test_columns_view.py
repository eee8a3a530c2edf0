"""Figures, correlations and corner of a table's columns, shown states without an engine."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from landscape_app.data.columns import ColumnMeaning, from_units
from landscape_app.gui.sampler.columns_view import ColumnTable, CorrelationPage
from landscape_app.gui.sampler.points_view import MOST_DRAWN, PointsView
from landscape_app.gui.state import Compared, EngineState
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.gui.widgets.corner import CornerView, column_ticks
from landscape_app.physics.fields.columns import FixedColumns
from landscape_app.session.chain_plots import Corner
from landscape_app.session.columns import ColumnComparison
from landscape_app.session.composition import Composition, Layer
from tests.gui.audit import unexplained
from tests.gui.driving import PATIENCE
from tests.gui.sampler.test_points_view import mixed_state

LEFT = Qt.MouseButton.LeftButton
FARE = ColumnMeaning("fare", offset=3.0, scale=0.5, type="logarithm")
DAY = ColumnMeaning("booked", offset=19_850.0, scale=30.0, type="date")
COLUMNS = (ColumnMeaning("sex", ("f", "m")), ColumnMeaning("age"), FARE, DAY, *map(ColumnMeaning, "abcd"))


def rows(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, len(COLUMNS)))
    x[:, 0] = rng.integers(2, size=n)
    x[:, 1] = 40 + 9 * x[:, 1]
    x[:, 2] = np.exp(3 + 0.5 * x[:, 2])
    x[:, 3] = 19_850 + 30 * x[:, 3]
    return x


def state(chains: np.ndarray, fixed: tuple[tuple[int, float], ...] = ()) -> EngineState:
    before = mixed_state(rows(200, 0), *(column.values for column in COLUMNS))
    assert before.facts is not None
    assert before.snapshot is not None
    return replace(
        before,
        facts=replace(before.facts, columns=COLUMNS),
        snapshot=replace(before.snapshot, x=chains),
        composition=Composition((Layer(FixedColumns(fixed)),)) if fixed else Composition(),
    )


@pytest.fixture
def view(qtbot: QtBot) -> PointsView:
    view = PointsView(LIGHT)
    qtbot.addWidget(view)
    view.resize(460, 560)
    view.show_state(state(rows(120, 1)))
    view.show()
    return view


def test_figures_are_in_the_unit_of_the_file(qtbot: QtBot) -> None:
    table = ColumnTable()
    qtbot.addWidget(table)
    chains = rows(120, 1)
    chains[:, 1] += 20
    table.show_figures(ColumnComparison.of(COLUMNS, rows(200, 0), chains, 120).figures, COLUMNS)
    texts = [[table.item(row, column).text() for column in range(5)] for row in range(table.rowCount())]
    assert [text[:2] for text in texts[:6]] == [
        ["sex", "= f"],
        ["", "= m"],
        ["age", "mean"],
        ["", "deviation"],
        ["", "skewness"],
        ["fare", "geometric mean"],
    ]
    assert texts[0][2].endswith("%")
    assert float(texts[5][3].split(" ± ")[0]) == pytest.approx(np.exp(3), rel=0.2)
    assert texts[8][2].startswith("2024-05-0")
    assert texts[9][2].endswith(" d")
    # Off by twenty years: bold.
    assert float(texts[2][4]) > 10
    assert table.item(2, 4).font().bold()
    assert not table.item(3, 4).font().bold()


def test_correlations_are_told_and_a_click_shows_the_pair(qtbot: QtBot) -> None:
    page = CorrelationPage(LIGHT)
    qtbot.addWidget(page)
    page.resize(420, 440)
    page.show()
    chains = rows(120, 1)
    chains[:, 5] = chains[:, 1] / 9
    page.show_comparison(ColumnComparison.of(COLUMNS, rows(200, 0), chains, 120))
    assert "Furthest apart: b and age" in page.summary.text()
    assert page.summary.text().startswith("1 of 28 pairs ringed")
    matrix = page.matrix
    matrix.grab()
    centre = matrix.cell(1, 5).center().toPoint()
    assert "<b>age and b</b>" in matrix.describe(centre)
    assert "chains 1.00" in matrix.describe(centre)
    assert "Ring" not in matrix.describe(QPoint(0, 0))
    with qtbot.waitSignal(matrix.pair_chosen) as chosen:
        qtbot.mouseClick(matrix, LEFT, pos=centre)
    assert chosen.args == [5, 1]
    (series,) = matrix.series()
    assert len(series.values) == 5
    assert len(series.x[1]) == 28


def test_columns_of_the_corner_are_chosen_from_a_list(view: PointsView, qtbot: QtBot) -> None:
    view.pages.button("columns-corner").click()
    corner = view.corner._corner
    assert corner is not None
    assert corner.names == ("sex", "age", "fare (log scale)", "booked", "a")
    assert view.chooser.text() == "5 of 8 columns ▾"
    actions = view._menu.actions()
    actions[7].trigger()
    actions[0].trigger()
    assert view.corner._corner.names == ("age", "fare (log scale)", "booked", "a", "d")
    for action in actions[5:7]:
        action.trigger()
    assert len(view.corner._corner.names) == MOST_DRAWN
    view.grab()
    chains = rows(120, 1)
    chains[:, 6] += 5
    view.show_state(state(chains))
    view.furthest.click()
    assert "c" in view.corner._corner.names
    # A click on a cell shows that pair.
    across, up = 0, 1
    qtbot.mouseClick(view.corner, LEFT, pos=view.corner.cell(across, up).center().toPoint())
    names = view.corner._corner.names
    assert view.pages.button("pair").isChecked()
    assert [box.currentText() for box in view.boxes] == [name.split(" (")[0] for name in names[:2]]
    assert unexplained(view.page) == []


def test_a_condition_is_drawn_and_its_rows_are_told(view: PointsView) -> None:
    chains = rows(120, 1)
    chains[:, 0], chains[:, 2] = 1, np.exp(3.5)
    view.show_state(state(chains, ((0, 1.0), (2, 1.0))))
    assert view.note.text().startswith("Data: ")
    assert " of 200 training rows near sex = m, fare " in view.note.text()
    view.pages.button("columns-corner").click()
    corner = view.corner._corner
    assert corner is not None
    assert set(corner.fixed) == {0, 2}
    assert corner.low[2] + corner.fixed[2] * (corner.high[2] - corner.low[2]) == pytest.approx(3.5)
    view.grab()
    assert [box.currentText() for box in view.boxes] == ["age", "fare"]
    across, up = view.scatter._lines
    assert (across.isVisible(), up.isVisible()) == (False, True)
    assert up.value() == pytest.approx(3.5)
    view.pages.button("columns-figures").click()
    assert view.table.item(0, 0).text() == "age"
    view.pages.button("correlations").click()
    view.set_theme(DARK)
    view.grab()
    view.show_state(state(rows(120, 1)))
    assert not view.note.isVisibleTo(view)


def test_ticks_are_round_in_the_unit_of_the_file() -> None:
    assert [text for _, text in column_ticks(FARE, np.log(2), np.log(450), 6)] == [
        "3",
        "10",
        "30",
        "100",
        "300",
    ]
    assert [text for _, text in column_ticks(FARE, np.log(20), np.log(31), 4)] == ["20", "25", "30"]
    days = column_ticks(DAY, 19_800.0, 19_900.0, 3)
    assert days == [(19_814.0, "2024-04"), (19_844.0, "2024-05"), (19_875.0, "2024-06")]
    years = column_ticks(replace(DAY, scale=2_000.0), 0.0, 7_400.0, 4)
    assert [(place, text) for place, text in years if text == "1980"] == [(3652, "1980")]
    assert [text for _, text in column_ticks(None, 0.0, 1.0, 2)] == ["0.0", "0.5", "1.0"]
    assert [text for _, text in column_ticks(None, 1e8, 1e8 + 100, 2)] == [
        "100000000",
        "100000050",
        "100000100",
    ]
    assert [text for _, text in column_ticks(None, 2e-7, 4e-7, 2)] == ["2.0e−7", "3.0e−7", "4.0e−7"]
    assert [text for _, text in column_ticks(None, 0.0, 3e5, 3)] == ["0", "100000", "200000", "300000"]


def test_bars_of_a_category_are_exported_as_shares(qtbot: QtBot) -> None:
    view = CornerView(LIGHT)
    qtbot.addWidget(view)
    view.resize(300, 300)
    x = rows(200, 0)[:, :3]
    view.show_corner(Corner.of_rows(COLUMNS[:3], x, x, rows(90, 1)[:, :3]))
    view.grab()
    sex, _, fare = view.series()
    assert sex.values[0][0] == "share of the chains"
    assert sum(sex.values[1][1]) == pytest.approx(1)
    assert fare.x[1].min() > 0
    assert view.describe(QPointF(view.cell(0, 0).center()).toPoint()).startswith("<b>Shares of sex")
    assert "per unit of its natural logarithm" in view.describe(view.cell(2, 2).center().toPoint())


def test_chains_of_two_compositions_lie_in_one_plane(view: PointsView) -> None:
    b = state(rows(120, 1))
    a = rows(90, 2)
    item_units = from_units(COLUMNS, a)
    assert b.snapshot is not None
    compared = Compared(Composition(), replace(b.snapshot, x=item_units), None)
    both = replace(b, compared=compared)
    view.show_state(both)
    view.show_compared(both)
    names = [series.x[0] for series in view.scatter.series()]
    assert names == ["training data: age", "chains of A: age", "chains of B: age"]
    of_a = view.scatter.series()[1]
    np.testing.assert_allclose(of_a.x[1], a[:, 1], rtol=1e-5)
    np.testing.assert_allclose(of_a.values[0][1], a[:, 2], rtol=1e-5)
    view.show_compared(b)
    assert [series.x[0] for series in view.scatter.series()] == ["training data: age", "chains: age"]


def test_an_axis_has_room_for_the_ticks_that_it_is_given(view: PointsView, qtbot: QtBot) -> None:
    axis = view.scatter.getAxis("left")
    before = axis.width()
    axis.setTicks([[(3.0, "1,000,000,000")]])
    qtbot.waitUntil(lambda: axis.width() > before, timeout=PATIENCE)
