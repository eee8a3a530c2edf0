"""The table of records: order, search and selection stay as they were while records come and go."""

from dataclasses import dataclass

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.theme import DARK, LIGHT, rgb
from landscape_app.gui.widgets.pictures import pixmap_of_ink, swatch
from landscape_app.gui.widgets.tables import HeadedTable, RecordColumn, RecordModel, RecordTable
from tests.gui.driving import PATIENCE


@dataclass(frozen=True)
class Record:
    name: str
    size: float | None


COLUMNS = (
    RecordColumn(
        "Name", "By which it is called", lambda r: r.name, lambda r: r.name, 90, edited=lambda r: r.name
    ),
    RecordColumn("Size", "Of it", lambda r: f"{r.size}", lambda r: r.size, 90, number=True),
)


@pytest.fixture
def table(qtbot: QtBot) -> RecordTable:
    model = RecordModel(COLUMNS, lambda r: r.name, lambda r: f"<{r.name}>\nmore", lambda r: r.size is None)
    table = RecordTable("records", "Records", "Some records", model, LIGHT, 20)
    qtbot.addWidget(table)
    model.show_records([Record("b", 2.0), Record("a", 30.0), Record("d", None), Record("c", 4.0)])
    table.show()
    return table


def names(records: list[Record]) -> str:
    return "".join(record.name for record in records)


def test_every_column_sorts_both_ways_and_what_is_not_known_comes_last(table: RecordTable) -> None:
    table.sort_by(0)
    assert names(table.shown) == "abcd"
    table.sort_by(0)
    assert names(table.shown) == "dcba"
    table.sort_by(1)
    assert names(table.shown) == "bcad"
    table.sort_by(1)
    assert names(table.shown) == "acbd"
    assert [entry.text for entry in table.sort_menu()] == ["Name", "Size"]


def test_what_is_selected_stays_so_where_records_change_come_and_go(table: RecordTable) -> None:
    table.sort_by(0)
    table.choose(table.shown[1])
    table.records.show_records([Record("e", 1.0), Record("b", 9.0), Record("c", 4.0)])
    assert names(table.shown) == "bce"
    assert table.selected == [Record("b", 9.0)]
    table.show_wanted(lambda record: record.size > 3)
    assert names(table.shown) == "bc"
    assert table.in_sight == table.shown
    table.records.show_records([])
    assert table.shown == table.selected == table.in_sight == []


def test_a_text_is_edited_and_the_table_opens_by_the_keys(table: RecordTable, qtbot: QtBot) -> None:
    table.sort_by(0)
    table.choose(table.shown[0])
    with qtbot.waitSignal(table.opened) as opened:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert opened.args == [Record("a", 30.0)]
    edited: list[object] = []
    table.records.edited.connect(lambda *told: edited.append(told))
    index = table.records.index(1, 0)
    assert not table.records.setData(index, "a", Qt.ItemDataRole.EditRole)
    assert table.records.setData(index, "z", Qt.ItemDataRole.EditRole)
    assert edited == [(Record("a", 30.0), 0, "z")]
    tip = table.records.data(index, Qt.ItemDataRole.ToolTipRole)
    assert tip == "&lt;a&gt;<br>more"


def test_pictures_have_the_colours_of_the_theme(qtbot: QtBot) -> None:
    ink = np.array([[0.0, 1.0]])
    for theme in (LIGHT, DARK):
        picture = pixmap_of_ink(ink, theme, 20).toImage()
        assert (picture.width(), picture.height()) == (20, 20)
        assert rgb(picture.pixelColor(2, 9)).tolist() == rgb(theme.paper).tolist()
        assert rgb(picture.pixelColor(18, 9)).tolist() == rgb(theme.ink).tolist()
    colours = np.array([[[1.0, 0.0, 0.0]]])
    assert pixmap_of_ink(colours, LIGHT, 4).toImage().pixelColor(1, 1).red() == 255
    assert swatch(picture.pixelColor(2, 5), 6).width() == 6


def test_heads_explain_their_columns_and_tab_goes_past_the_table(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    table = HeadedTable("figures", "Figures", (("a", "The first"), ("b", "The second")), "; click a row")
    field = QLineEdit()
    layout = QVBoxLayout(holder)
    layout.addWidget(table)
    layout.addWidget(field)
    table.setRowCount(2)
    holder.show()
    assert [table.horizontalHeaderItem(i).toolTip() for i in range(2)] == ["The first", "The second"]
    assert table.toolTip().endswith("; click a row")
    holder.activateWindow()
    table.setFocus()
    qtbot.waitUntil(table.hasFocus, timeout=PATIENCE)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Tab)
    assert field.hasFocus()
