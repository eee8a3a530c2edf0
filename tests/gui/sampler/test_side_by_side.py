"""Two compositions side by side, without a window: their titles, and the badge on the one that is edited."""

from types import SimpleNamespace

import numpy as np
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.sampler.side_by_side import ComparedTitles
from landscape_app.gui.state import Compared, EngineState
from landscape_app.session.composition import Composition
from landscape_app.session.records import Snapshot


def test_titles_say_what_a_and_b_are_and_the_badge_stands_at_b(qtbot: QtBot) -> None:
    around, titles = QWidget(), ComparedTitles()
    qtbot.addWidget(around)
    QVBoxLayout(around).addWidget(titles)
    around.resize(600, 60)
    around.show()
    assert not titles.isVisible()
    facts = SimpleNamespace(formula="E(x)")
    snapshot = Snapshot(False, np.zeros((9, 8, 8)), np.zeros(9), np.zeros(9), np.ones(9), None)
    compared = Compared(Composition.towards(3, 2.0), snapshot, None)
    state = EngineState(facts=facts, compared=compared, composition=Composition.towards(8))  # type: ignore[arg-type]
    titles.show_state(state)
    assert (titles.a.text(), titles.b.text()) == ("A: 3 (α = 2)", "B: 8 (α = 4)")
    assert titles.b.toolTip() == "B: H(x) = E(x) − 4 · log p(8 | x)"
    assert titles.a.geometry().right() < titles.b.geometry().left() < titles.badge.geometry().left()
    cold = Composition.towards(8, temperature=0.5)
    titles.show_state(
        EngineState(facts=facts, compared=Compared(Composition(), snapshot, None), composition=cold)  # type: ignore[arg-type]
    )
    # T of both where it is not 1 in both.
    assert (titles.a.text(), titles.b.text()) == ("A: the model alone, T = 1", "B: 8 (α = 4), T = 0.5")
    # A long one has a second line, where that is allowed.
    around.resize(360, 120)
    QApplication.processEvents()
    low = titles.sizeHint().height()
    assert titles.b.shown[0].endswith("…")
    titles.set_lines(2)
    assert " ".join(titles.b.shown) == titles.b.text()
    assert titles.sizeHint().height() > low
    QApplication.processEvents()
    assert titles.badge.height() == titles.badge.sizeHint().height()
    titles.show_state(EngineState(facts=facts))  # type: ignore[arg-type]
    assert not titles.isVisible()
