"""Two compositions, or data and chains, side by side: titles, the badge on the one that is edited, and the images."""

from types import SimpleNamespace

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.sampler.side_by_side import ComparedTitles
from landscape_app.gui.state import Compared, EngineState
from landscape_app.session.composition import Composition
from landscape_app.session.records import Snapshot
from tests.gui.driving import PATIENCE


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


def test_training_data_stand_beside_the_chains_in_the_same_size(window: MainWindow, qtbot: QtBot) -> None:
    sampler, compared = window.sampler, window.sampler.compared

    def choose() -> None:
        (menu,) = (
            found for found in window.menuBar().findChildren(QMenu) if sampler.data_beside in found.actions()
        )
        menu.popup(window.mapToGlobal(QPoint()))
        qtbot.mouseClick(
            menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(sampler.data_beside).center()
        )
        # Without a window manager a menu takes the keys from the window.
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)

    assert not compared.mosaic.isVisible()
    choose()
    qtbot.waitUntil(compared.mosaic.isVisible)
    items = window.shown.facts.training_items
    chains = len(window.shown.snapshot.x)
    shown = compared.mosaic.shown.images
    assert len(shown) == chains < len(items)
    known = {item.tobytes() for item in window.shown.facts.space.as_images(items)}
    assert all(image.tobytes() in known for image in shown)
    assert sampler.titles.a.text() == f"Data: {chains} of {len(items)} training items"
    assert sampler.titles.b.text() == "Chains: the model alone"
    assert not sampler.titles.badge.isVisible()
    # Of an odd width one has the pixel that is left.
    qtbot.waitUntil(lambda: abs(compared.mosaic.width() - sampler.mosaic.width()) <= 1)
    assert compared.mosaic.shown.size == sampler.mosaic.shown.size
    # What is saved or recorded is what is on view.
    frame = sampler._take()
    assert frame is not None
    assert frame.beside is not None
    assert frame.beside.titles[0] == sampler.titles.a.text()
    # A comparison takes their place, and gives it back.
    qtbot.keyClick(window, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: sampler.titles.a.text().startswith("A: "), timeout=PATIENCE)
    assert sampler.titles.badge.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: sampler.titles.a.text().startswith("Data: "), timeout=PATIENCE)
    assert compared.mosaic.accessibleName() == "Training items"
    choose()
    qtbot.waitUntil(lambda: not compared.mosaic.isVisible())
    assert not sampler.titles.isVisible()
