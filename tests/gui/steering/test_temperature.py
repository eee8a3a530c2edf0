"""Temperature: typed, dragged and waited for, for one composition and for two."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from landscape_app.gui.help.glossary import GlossaryDialog
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.sampler.outcome import Outcomes
from landscape_app.gui.state import EngineState
from landscape_app.gui.worker import WAITING_SECONDS
from landscape_app.session.composition import Composition
from tests.gui.driving import PATIENCE, click

pytestmark = pytest.mark.usefixtures("small_problem")


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_after_a_number_is_typed_the_next_digit_steers(window: MainWindow, qtbot: QtBot, key: Qt.Key) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
    box = window.steering.temperature.box
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "0.5")
    qtbot.keyClick(box, key)
    qtbot.waitUntil(lambda: not box.hasFocus(), timeout=PATIENCE)
    assert window.focusWidget() is window.sampler.mosaic
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_7)
    assert window.steering.composition.temperature == 0.5
    assert window.steering.composition.target == 7


def test_the_slider_of_the_temperature_is_the_larger_one(window: MainWindow) -> None:
    whole, model = window.steering.temperature, window.steering.model_temperature
    assert whole.slider.isVisible()
    assert whole.slider.width() > 1.2 * model.slider.width() > 100
    assert "Without a field it does the same as T" in model.box.toolTip()
    assert window.steering.isAncestorOf(whole.box)
    assert whole.box.isVisible()


def test_chains_that_are_waited_for_are_said_to_be(qtbot: QtBot) -> None:
    outcomes = Outcomes()
    qtbot.addWidget(outcomes)
    outcomes.show()
    state = EngineState()
    outcomes.show_state(state)
    alone = outcomes.b.share.text()
    cold = Composition(temperature=0.1)
    outcomes.set_awaited(cold)
    assert outcomes.b.share.text() == alone
    qtbot.wait(round(1000 * WAITING_SECONDS) + 200)
    assert outcomes.b.share.text() == "Sampling at T = 0.1 …"
    assert not outcomes.isEnabled()
    outcomes.show_state(state)
    outcomes.set_awaited(Composition(temperature=0.2))
    assert outcomes.b.share.text() == "Sampling at T = 0.2 …"
    outcomes.set_awaited(None)
    assert outcomes.b.share.text() == alone
    assert outcomes.isEnabled()
    # What is there at once is not announced.
    outcomes.set_awaited(cold)
    outcomes.set_awaited(None)
    qtbot.wait(round(1000 * WAITING_SECONDS) + 200)
    assert outcomes.b.share.text() == alone


def test_both_compositions_are_tinted_by_one_scale(window: MainWindow, qtbot: QtBot) -> None:
    tint = window.sampler.tools.tint_box
    click(qtbot, window.steering.tools.compare)
    beside = window.sampler.compared.mosaic
    qtbot.waitUntil(lambda: beside.isVisible() and beside.shown is not None, timeout=PATIENCE)
    assert beside.shown is not None
    assert beside.shown.tinting is None
    tint.setCurrentIndex(tint.findData("energy"))
    qtbot.waitUntil(lambda: beside.shown is not None and beside.shown.tinting is not None, timeout=PATIENCE)
    own = window.sampler.mosaic.shown
    assert own is not None
    assert own.tinting is not None
    assert (own.tinting.colours == beside.shown.tinting.colours).all()
    tint.setCurrentIndex(0)
    qtbot.waitUntil(lambda: beside.shown is not None and beside.shown.tinting is None, timeout=PATIENCE)
    click(qtbot, window.steering.tools.compare)


def test_the_glossary_is_read_while_the_window_is_used(window: MainWindow, qtbot: QtBot) -> None:
    for _ in range(2):
        qtbot.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    (dialog,) = window.findChildren(GlossaryDialog)
    assert isinstance(dialog, QDialog)
    assert dialog.isVisible()
    assert not dialog.isModal()
    names = {term.name for term in dialog.terms}
    assert names >= {"Markov chain", "Critical temperature", "Temperature of the model", "Heat bath"}
    window.steering.set_target(3)
    assert window.steering.composition.target == 3
    dialog.close()
