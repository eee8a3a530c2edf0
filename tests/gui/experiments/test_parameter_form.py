"""The form of an experiment's parameters: its two settings, and numbers that cannot stand."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from landscape_app.experiments.experiment import SEED, Experiment, Parameter, Progress, Values
from landscape_app.gui.experiments.parameter_form import ParameterForm


class Coins(Experiment):
    """An experiment that nobody runs here."""

    name, title, paper, summary = "coins", "Coins", "figure 0", "Nothing."
    parameters = (Parameter("tosses", "Tosses", 10, 1_000, 1, 5_000, "Of each coin."), SEED)
    minutes = (0.1, 2.0)

    def run(self, values: Values) -> Iterator[Progress]:
        """Nothing."""
        yield from ()


@pytest.fixture
def form(qtbot: QtBot) -> ParameterForm:
    form = ParameterForm(Coins())
    qtbot.addWidget(form)
    form.show()
    return form


def test_a_setting_changes_all_numbers_but_the_seed(form: ParameterForm) -> None:
    form.set_values({"seed": 7.0})
    assert form.values == {"tosses": 10, "seed": 7}
    form.full.click()
    assert form.values == {"tosses": 1_000, "seed": 7}
    assert form.full.isChecked()
    form.box("tosses").set_value(12)
    assert not form.full.isChecked()
    assert not form.quick.isChecked()
    form.quick.click()
    assert form.values == {"tosses": 10, "seed": 7}


@pytest.mark.parametrize("text", ["0", "5001", "1.5", "many", ""])
def test_a_number_that_cannot_stand_is_told_below_it_and_gives_no_values(
    form: ParameterForm, text: str
) -> None:
    form.box("tosses").lineEdit().setText(text)
    assert form.values is None
    assert "1 to 5,000" in form.complaints[0].text().replace("\n", " ")
    assert form.complaints[0].isVisible()
    form.box("tosses").lineEdit().setText("20")
    assert form.values is not None
    assert not form.complaints[0].isVisible()


def test_return_in_a_box_asks_for_the_run(form: ParameterForm, qtbot: QtBot) -> None:
    with qtbot.waitSignal(form.submitted):
        qtbot.keyClick(form.box("tosses"), Qt.Key.Key_Return)
