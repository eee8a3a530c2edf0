"""The table of mixing, shown judgements of its own: its digits follow the error, its verdict the judgement."""

import pytest
from pytestqt.qtbot import QtBot

from landscape_app.gui.playground.mixing_table import TUNING, WAITING, MixingTable
from landscape_app.session.surface_run import Mixing, QuantityMixing
from tests.gui.driving import PATIENCE


def mixing(*quantities: QuantityMixing, verdict: str = "mixed") -> Mixing:
    # 64 chains, two evaluations a step.
    return Mixing(1_000, quantities, verdict, f"{verdict}: the chains agree", 64 * 2_000.0)


@pytest.fixture
def table(qtbot: QtBot) -> MixingTable:
    table = MixingTable()
    qtbot.addWidget(table)
    return table


def row(table: MixingTable, number: int) -> list[str]:
    items = [table.table.item(number, column) for column in range(table.table.columnCount())]
    return [item.text() for item in items if item is not None]


def test_two_digits_of_the_error_and_as_many_decimals_of_the_mean(table: MixingTable) -> None:
    x = QuantityMixing("x", -0.1234567, 0.0123, -0.1, 1.0049, 812.4, 3.26)
    energy = QuantityMixing("H", 12.3456, 1.23, 12.0, 1.2, 8_123.0, 123.0)
    table.show_mixing(mixing(x, energy), tuning=False)
    assert row(table, 0) == ["x", "−0.123 ± 0.012", "−0.100", "1.005", "812", "3.3"]
    assert row(table, 1) == ["H", "12.3 ± 1.2", "12.0", "1.200", "8,123", "123"]
    # The worst quantity: 812.4 draws of all chains, for the evaluations of all.
    assert "6.35 effective draws per 1,000 evaluations" in table.worth.text()


def test_a_mean_of_zero_has_no_sign(table: MixingTable) -> None:
    table.show_mixing(mixing(QuantityMixing("y", -0.0001, 0.02, 0.0, 1.0, 400.0, 1.0)), tuning=False)
    assert row(table, 0)[1:3] == ["0.000 ± 0.020", "0.000"]


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [("mixed", "good"), ("still drifting", "stopped"), ("stuck", "bad"), ("frozen", "bad")],
)
def test_a_verdict_has_a_sign_and_a_colour(table: MixingTable, verdict: str, kind: str) -> None:
    table.show_mixing(mixing(verdict=verdict), tuning=False)
    assert table.verdict.text()[2:].lower() == verdict
    assert table.verdict.property("kind") == kind
    assert table.reason.text() == "The chains agree."


def test_it_says_why_nothing_is_judged_yet(table: MixingTable) -> None:
    assert table.reason.text() == TUNING
    table.show_mixing(None, tuning=False)
    assert table.reason.text() == WAITING
    table.show_mixing(mixing(QuantityMixing("x", 0.0, 0.1, 0.0, 1.0, 400.0, 1.0)), tuning=False)
    table.show_mixing(None, tuning=True)
    assert (table.reason.text(), table.table.rowCount()) == (TUNING, 0)


def test_where_figures_are_wider_than_the_table_it_scrolls_and_all_rows_stay_in_sight(
    table: MixingTable, qtbot: QtBot
) -> None:
    x = QuantityMixing("x", -1_234.1234567, 0.0123, -1_234.1, 1.0049, 8_123.4, 1_234.0)
    table.resize(320, 300)
    table.show_mixing(mixing(x, x, x), tuning=False)
    with qtbot.waitExposed(table, timeout=PATIENCE):
        table.show()
    inside = table.table
    qtbot.waitUntil(lambda: inside.horizontalScrollBar().maximum() > 0, timeout=PATIENCE)
    for column in range(inside.columnCount()):
        assert inside.columnWidth(column) >= inside.sizeHintForColumn(column)
    qtbot.waitUntil(
        lambda: inside.rowViewportPosition(2) + inside.rowHeight(2) <= inside.viewport().height(),
        timeout=PATIENCE,
    )
    table.resize(700, 300)
    qtbot.waitUntil(lambda: inside.horizontalScrollBar().maximum() == 0, timeout=PATIENCE)
