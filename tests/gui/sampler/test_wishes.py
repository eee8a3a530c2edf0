"""Words under the chains while something that was asked for waits."""

from pytestqt.qtbot import QtBot

from landscape_app.gui.sampler.outcome import MODEL_ALONE, WAITS, WAITS_FOR_TRAINING, Outcomes
from landscape_app.gui.state import Activity, EngineState
from landscape_app.gui.worker import WAITING_SECONDS
from landscape_app.session.composition import Composition


def test_what_waits_is_said_in_place_of_the_outcome(qtbot: QtBot) -> None:
    outcomes = Outcomes()
    qtbot.addWidget(outcomes)
    outcomes.show_state(EngineState(activity=Activity.SAMPLING))
    assert outcomes.b.share.text() == MODEL_ALONE
    height = outcomes.sizeHint().height()
    outcomes.show_wishes(("",))
    assert outcomes.b.share.text() == WAITS
    outcomes.show_state(EngineState(activity=Activity.TRAINING, busy="Solving … 56% · 2 min left"))
    assert (outcomes.b.share.text(), outcomes.b.evidence.text()) == (
        WAITS_FOR_TRAINING,
        "Solving … 56% · 2 min left",
    )
    outcomes.show_wishes(("", "a.npz waits to be written"))
    assert outcomes.b.share.text() == "a.npz waits to be written"
    assert outcomes.sizeHint().height() == height
    outcomes.show_wishes(())
    assert (outcomes.b.share.text(), outcomes.b.evidence.text()) == (MODEL_ALONE, "")


def test_a_wish_that_waits_is_said_first_and_what_is_being_done_once_it_has_begun(qtbot: QtBot) -> None:
    outcomes = Outcomes()
    qtbot.addWidget(outcomes)
    outcomes.show()
    outcomes.show_state(EngineState())
    alone = outcomes.b.share.text()
    outcomes.set_awaited(Composition(temperature=0.1))
    outcomes.show_wishes(("",))
    assert outcomes.b.share.text() == WAITS
    qtbot.wait(round(1000 * WAITING_SECONDS) + 200)
    assert outcomes.b.share.text() == WAITS
    outcomes.show_wishes(())
    assert outcomes.b.share.text() == "Sampling at T = 0.1 …"
    outcomes.show_state(EngineState())
    assert outcomes.b.share.text() == "Sampling at T = 0.1 …"
    outcomes.set_awaited(None)
    assert outcomes.b.share.text() == alone
    # Each new picture says that nothing is awaited; a wish goes on waiting.
    outcomes.show_wishes(("",))
    outcomes.set_awaited(None)
    assert outcomes.b.share.text() == WAITS
