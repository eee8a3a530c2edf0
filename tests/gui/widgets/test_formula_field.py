"""The line for a formula: what it takes, and what it says of the rest."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from landscape_app.gui.widgets.formula_field import FormulaField
from tests.gui.driving import PATIENCE


def test_only_formulas_are_taken_after_a_rest_or_at_once_by_return(qtbot: QtBot) -> None:
    field = FormulaField("line", "x", 3)
    qtbot.addWidget(field)
    field.show()
    taken: list[str] = []
    judged: list[bool] = []
    field.taken.connect(taken.append)
    field.judged.connect(judged.append)
    field.line.selectAll()
    qtbot.keyClicks(field.line, "x + ")
    assert judged[0]
    assert not judged[-1]
    assert field.complaint.text().startswith("The formula cannot be read")
    qtbot.keyClick(field.line, Qt.Key.Key_Return)
    assert taken == []
    assert field.text == "x"
    qtbot.keyClicks(field.line, "z")
    qtbot.waitUntil(lambda: taken == ["x + z"], timeout=PATIENCE)
    qtbot.keyClicks(field.line, "*y")
    qtbot.keyClick(field.line, Qt.Key.Key_Return)
    assert taken == ["x + z", "x + z*y"]
    assert not field.complaint.isVisible()


def test_the_coordinates_that_there_are_are_named(qtbot: QtBot) -> None:
    for count, known in ((1, "are x, pi"), (2, "are x, y, pi"), (5, "are x, y, z or x1 … x5, pi")):
        field = FormulaField("line", "x", count)
        qtbot.addWidget(field)
        field.line.setText("x6")
        assert known in field.fault
