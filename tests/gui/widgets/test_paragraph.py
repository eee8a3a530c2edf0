"""Texts in little room: shortened names, lines that end with dots, titles that are renamed."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from landscape_app.gui.widgets.paragraph import (
    WIDEST,
    Paragraph,
    ShortenedLabel,
    TitleEdit,
    lines_of,
    shortened,
)
from landscape_app.gui.widgets.tips import wrapped


@pytest.mark.parametrize(
    ("name", "most", "shown"),
    [("seven", 5, "seven"), ("sevens", 5, "seve…"), ("a cat and", 3, "a…"), ("", 4, "")],
)
def test_a_name_takes_no_more_than_its_room(name: str, most: int, shown: str) -> None:
    assert shortened(name, most) == shown
    assert len(shown) <= most


def test_a_paragraph_is_as_high_as_at_its_widest(qtbot: QtBot) -> None:
    paragraph = Paragraph("word " * 400)
    qtbot.addWidget(paragraph)
    assert paragraph.heightForWidth(3 * WIDEST) == paragraph.heightForWidth(WIDEST)
    assert paragraph.heightForWidth(WIDEST // 3) > paragraph.heightForWidth(WIDEST)


def test_a_label_gives_way_to_what_is_beside_it_and_tells_its_text(qtbot: QtBot) -> None:
    label = ShortenedLabel()
    qtbot.addWidget(label)
    label.setText("H(x) = " + "Σ" * 200)
    assert label.sizeHint().width() == 0
    assert label.toolTip() == wrapped(label.text())


def test_return_keeps_a_title_and_escape_does_not(qtbot: QtBot) -> None:
    title = TitleEdit("title-line")
    qtbot.addWidget(title)
    title.show()
    title.show_title("Ink")
    renamed: list[str] = []
    title.renamed.connect(renamed.append)
    for key, expected in ((Qt.Key.Key_Escape, []), (Qt.Key.Key_Return, ["Bold"])):
        qtbot.mouseDClick(title.label, Qt.MouseButton.LeftButton)
        title.line.setText(" Bold ")
        qtbot.keyClick(title.line, key)
        assert renamed == expected
        assert title.currentWidget() is title.label


def test_a_label_has_fewer_words_or_more_lines_where_there_is_no_room_for_one(qtbot: QtBot) -> None:
    label = ShortenedLabel()
    qtbot.addWidget(label)
    whole, short = "100 Markov chains of 12 distinct ancestors", "100 chains · 12 ancestors"
    metrics = label.fontMetrics()
    label.setText(whole, short)
    label.resize(metrics.horizontalAdvance(whole) + 2, 20)
    assert label.shown == [whole]
    label.resize(metrics.horizontalAdvance(short) + 2, 20)
    assert label.shown == [short]
    assert label.toolTip() == wrapped(whole)
    label.resize(metrics.horizontalAdvance(short) - 20, 20)
    (shown,) = label.shown
    assert shown.endswith("…")
    label.setText(whole)
    label.lines = 2
    label.resize(metrics.horizontalAdvance("100 Markov chains of 12"), 40)
    assert label.shown == ["100 Markov chains of 12", "distinct ancestors"]
    label.resize(metrics.horizontalAdvance("100 Markov"), 40)
    assert len(label.shown) == 2
    assert label.shown[-1].endswith("…")
    assert lines_of("B: 7, T = 0.5", metrics, metrics.horizontalAdvance("B: 7, T =")) == ["B: 7,", "T = 0.5"]
