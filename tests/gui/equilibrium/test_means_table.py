"""The table of means, shown means of its own: digits follow the error, what is off is bold."""

import pytest
from pytestqt.qtbot import QtBot

from landscape_app.gui.equilibrium.means_table import MeansTable
from landscape_app.physics.entropy import Estimate
from landscape_app.physics.matching import MeanMatch
from tests.gui.driving import PATIENCE

ENERGY = MeanMatch("H", "nats", Estimate(-1.2345, 0.0123), Estimate(-1.5, 0.0), 1.0, 3.0)
SHARE = MeanMatch("class 7", "", Estimate(0.104, 0.004), Estimate(0.1, 0.003), 0.3, 3.0, is_share=True)


@pytest.fixture
def table(qtbot: QtBot) -> MeansTable:
    table = MeansTable()
    qtbot.addWidget(table)
    return table


def row(table: MeansTable, number: int) -> list[str]:
    items = [table.item(number, column) for column in range(table.columnCount())]
    return [item.text() for item in items if item is not None]


def test_two_digits_of_the_error_with_its_unit_and_per_cent_of_a_share(table: MeansTable) -> None:
    table.show_means((ENERGY, SHARE))
    # 0.2655 nats are 21.6 errors of 0.0123.
    assert row(table, 0) == ["H", "−1.234 ± 0.012 nats", "−1.500 nats", "21.6", "0.27"]
    # Errors of 0.4 and 0.3 per cent are 0.5 together.
    assert row(table, 1) == ["class 7", "10.40 ± 0.40%", "10.00 ± 0.30%", "0.8", "0.01"]


def test_of_starts_that_disagree_there_are_their_means_and_none_over_all(table: MeansTable) -> None:
    apart = {"lowest": -2.1, "highest": -0.5, "mixed": False}
    table.show_means((ENERGY._replace(**apart), SHARE._replace(lowest=0.05, highest=0.2, mixed=False)))
    assert row(table, 0) == ["H", "−2.100 to −0.500 nats", "−1.500 nats", "–", "–"]
    assert row(table, 1) == ["class 7", "5.00 to 20.00%", "10.00 ± 0.30%", "–", "–"]
    item = table.item(0, 0)
    assert item is not None
    assert not item.font().bold()


def test_what_is_off_is_bold_and_nothing_clears_the_table(table: MeansTable) -> None:
    table.show_means((ENERGY, SHARE))
    bold = [item.font().bold() for number in range(2) if (item := table.item(number, 0)) is not None]
    assert bold == [True, False]
    table.show_means(())
    assert table.rowCount() == 0


def test_in_a_narrow_panel_the_table_scrolls_and_no_figure_is_cut(table: MeansTable, qtbot: QtBot) -> None:
    means = [
        MeanMatch("energy", "nats", Estimate(-1_137.42, 12.31), Estimate(-1_121.88, 0.0), 42.1, 3.0),
        MeanMatch("class three", "", Estimate(0.11, 0.012), Estimate(0.1, 0.01), 0.3, 3.0, is_share=True),
    ]
    table.show_means(means)
    head = table.horizontalHeader()
    columns = range(table.columnCount())

    def is_whole() -> bool:
        return all(
            table.columnWidth(c) >= max(table.sizeHintForColumn(c), head.sectionSizeHint(c)) for c in columns
        )

    with qtbot.waitExposed(table, timeout=PATIENCE):
        table.show()
    for width in (700, 380, 260):
        table.resize(width, 150)
        qtbot.waitUntil(is_whole, timeout=PATIENCE)
    assert table.horizontalScrollBar().maximum() > 0
    # Where there is room for all, they share it again.
    table.resize(700, 150)
    qtbot.waitUntil(
        lambda: sum(map(table.columnWidth, columns)) == table.viewport().width(), timeout=PATIENCE
    )
    assert is_whole()
