"""The equilibrium panel's pages: the ladder as a person looks at it, and replicas followed by mouse and keys."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from landscape_app.gui.equilibrium.ladder_view import LadderView
from landscape_app.gui.equilibrium.panel import EquilibriumPanel
from landscape_app.gui.lessons.lesson import Compared, shipped_lesson
from landscape_app.gui.lessons.quantities import QUANTITIES, Scene
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import EngineState
from landscape_app.gui.theme import DARK, LIGHT, Theme
from landscape_app.gui.widgets.fixed import FixedLabel
from landscape_app.physics.diagnostics import diagnose
from landscape_app.physics.entropy import Estimate, Thermometry
from landscape_app.physics.matching import match
from landscape_app.session.convergence import ConvergenceRecord
from landscape_app.session.ladder_watch import LadderSnapshot
from tests.gui.driving import PATIENCE

PANEL_WIDTH = 412
"""Of a panel of a window of 900 × 600, in pixels."""

pytestmark = pytest.mark.usefixtures("quick_starts")


def click(qtbot: QtBot, widget: QAbstractButton) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(8, widget.height() // 2))


def snapshot(replicas: int = 12, columns: int = 6, side: int = 8) -> LadderSnapshot:
    rng = np.random.default_rng(0)
    replica_ids = np.arange(replicas * columns).reshape(replicas, columns)
    return LadderSnapshot(
        betas=np.linspace(0, 1, replicas),
        groups=("noise", "noise", "data", "data", "hot", "hot")[:columns],
        images=rng.integers(0, 17, (replicas, columns, side, side)).astype(np.uint8),
        levels=17,
        replica_ids=replica_ids,
        swap_rates=np.full(replicas - 1, 0.6),
        round_trips=7,
        followed=int(replica_ids[2, 1]),
        path=rng.integers(0, replicas, 120),
    )


def shown(window: MainWindow) -> LadderSnapshot | None:
    return window.engine.state.ladder


def look_at_replicas(window: MainWindow, qtbot: QtBot) -> LadderView:
    """Runs the test with its ladder on view."""
    window.docks[2].raise_()
    panel = window.equilibrium
    click(qtbot, panel.pages.button("replicas"))
    assert panel.ladder.isVisible()
    click(qtbot, panel.button)
    qtbot.waitUntil(lambda: shown(window) is not None and len(shown(window).path) > 5, timeout=PATIENCE)
    return panel.ladder


@pytest.mark.parametrize("replicas", [3, 12, 48])
@pytest.mark.parametrize("size", [(360, 260), (444, 440), (500, 900)])
def test_every_replica_is_found_at_its_own_place(qtbot: QtBot, replicas: int, size: tuple[int, int]) -> None:
    view = LadderView(LIGHT)
    qtbot.addWidget(view)
    view.resize(*size)
    view.show_snapshot(snapshot(replicas))
    places = [view.image_rect(row, column) for row in range(replicas) for column in range(6)]
    for index, place in enumerate(places):
        assert view.rect().contains(place)
        assert view.replica_at(place.center()) == divmod(index, 6)
    assert view.image_rect(0, 0).top() > view.image_rect(replicas - 1, 0).bottom()
    assert view.replica_at(QPoint(2, 2)) is None
    view.grab()


def test_replicas_pixels_are_their_levels(qtbot: QtBot) -> None:
    view = LadderView(LIGHT)
    qtbot.addWidget(view)
    seen = snapshot(4)
    for theme in (LIGHT, DARK):
        view.set_theme(theme)
        view.show_snapshot(seen)
        expected = theme.ink_table[(seen.images[3, 5] / 16 * 255).astype(np.uint8)]
        np.testing.assert_array_equal(view._pixels[:8, -8:], expected)


def test_what_is_under_the_pointer_is_told(qtbot: QtBot) -> None:
    view = LadderView(LIGHT)
    qtbot.addWidget(view)
    view.resize(444, 440)
    view.show_snapshot(snapshot())
    assert "Replica 8 at β = 0.091, in a ladder started from data" in view.describe(
        view.image_rect(1, 2).center()
    )
    lowest, next_lowest = view.image_rect(0, 0), view.image_rect(1, 0)
    between = QPoint(view.width() - 20, (lowest.center().y() + next_lowest.center().y()) // 2)
    assert "β = 0.000 and 0.091 swap in 60%" in view.describe(between)
    assert "Ladders of replicas" in view.describe(QPoint(80, 100))


def test_clicking_a_replica_follows_it(window: MainWindow, qtbot: QtBot) -> None:
    view = look_at_replicas(window, qtbot)
    first = shown(window).followed
    click(qtbot, window.equilibrium.button)
    qtbot.waitUntil(lambda: not window.engine.state.testing, timeout=PATIENCE)
    qtbot.waitUntil(lambda: view.snapshot is shown(window), timeout=PATIENCE)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.image_rect(3, 4).center())
    expected = int(shown(window).replica_ids[3, 4])
    assert expected != first
    qtbot.waitUntil(lambda: shown(window).followed == expected, timeout=PATIENCE)
    assert shown(window).path[-1] == 3
    qtbot.waitUntil(lambda: view.snapshot is shown(window), timeout=PATIENCE)
    assert "round trip" in window.equilibrium.pages.caption.text()
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: shown(window).place == (4, 4), timeout=PATIENCE)
    assert "β = " in view.accessibleDescription() or view.snapshot is not shown(window)


def test_replicas_are_sent_only_while_somebody_looks(window: MainWindow, qtbot: QtBot) -> None:
    look_at_replicas(window, qtbot)
    click(qtbot, window.equilibrium.pages.button("plots"))
    qtbot.waitUntil(lambda: not window.engine._shows_ladder, timeout=PATIENCE)
    still, steps = shown(window), len(window.engine.state.convergence.trace)
    qtbot.waitUntil(lambda: len(window.engine.state.convergence.trace) > steps + 3, timeout=PATIENCE)
    assert shown(window) is still
    click(qtbot, window.equilibrium.pages.button("replicas"))
    qtbot.waitUntil(lambda: shown(window) is not still, timeout=PATIENCE)
    assert len(shown(window).path) >= steps + 3
    window.docks[1].raise_()
    qtbot.waitUntil(lambda: not window.engine._shows_ladder, timeout=PATIENCE)


def test_training_shows_its_own_ladder(window: MainWindow, qtbot: QtBot) -> None:
    view = look_at_replicas(window, qtbot)
    click(qtbot, window.toolbar.train_button)

    def steps_seen() -> int:
        snapshot = view.snapshot
        return 0 if snapshot is None or set(snapshot.groups) != {""} else len(snapshot.path)

    qtbot.waitUntil(lambda: steps_seen() > 5, timeout=PATIENCE)
    assert window.equilibrium.status.text() == "Pause training to run it"


def test_a_steady_label_is_as_high_as_its_longest_text(qtbot: QtBot) -> None:
    long = "word " * 60
    short = FixedLabel("word", long)
    qtbot.addWidget(short)
    assert short.heightForWidth(200) == FixedLabel(long, "").heightForWidth(200)
    assert short.heightForWidth(200) > short.heightForWidth(2_000)


def judged_record(mixed: bool, shift: float | None) -> ConvergenceRecord:
    """A record of chains that have mixed or not, of a model whose mean is off so many deviations; None for none."""
    rng = np.random.default_rng(1)
    draws = rng.normal(size=(12, 200)) + (0 if mixed else np.repeat([0, 0, 3], 4)[:, None])
    items = rng.normal(size=200)
    observed = {} if shift is None else {"f1": draws - draws.mean() + items.mean() + shift}
    classes = {"class 0": rng.random((12, 200)) < 0.4}
    data = dict.fromkeys(observed, items) | {"class 0": np.arange(200) < 80}
    compared = (
        match(
            observed | classes,
            data,
            frozenset(classes),
            mixed,
            groups=np.repeat(["noise", "data", "hot"], 4),
        )
        if shift is not None
        else match({}, {})
    )
    return ConvergenceRecord(
        steps=100,
        budget=100,
        trace=np.zeros((100, 3)),
        betas=np.array([0.0, 1.0]),
        swap_rates=np.array([0.5]),
        round_trips=3,
        diagnosis=diagnose({"energy": draws}, 0.5, groups=np.repeat(["noise", "data", "hot"], 4)),
        thermometry=Thermometry(
            torch.tensor([0.0, 1.0]),
            Estimate(1.0, 0.1),
            Estimate(2.0, 0.1),
            Estimate(3.0, 0.1),
            torch.zeros(2),
            torch.zeros(2),
            torch.zeros(2),
            torch.ones(1),
            12,
            Estimate(0.0, 0.1),
        ),
        cross_entropy=Estimate(4.0, 0.1),
        match=compared,
    )


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize(
    ("mixed", "shift", "words"),
    [
        (True, 0.0, ("Mixed", "Matched")),
        (True, 0.6, ("Mixed", "Not matched")),
        (True, None, ("Mixed", "Not known")),
        (False, 0.0, ("Stuck", "Not known")),
    ],
)
def test_each_verdict_that_is_good_is_green_and_has_its_sign(
    qtbot: QtBot, theme: Theme, mixed: bool, shift: float | None, words: tuple[str, str]
) -> None:
    panel = EquilibriumPanel(theme)
    qtbot.addWidget(panel)
    record = judged_record(mixed, shift)
    panel.show_state(EngineState(convergence=record))
    for word in words:
        assert f">{word}</b>:" in panel.verdict.text()
    of_chains, of_model = panel.verdict.text().split("<br>")
    assert (theme.model in of_chains) == ("✓" in of_chains) == (words[0] == "Mixed")
    assert (theme.model in of_model) == ("✓" in of_model) == (words[1] == "Matched")
    assert record.is_good == (words == ("Mixed", "Matched"))
    assert (theme.danger in panel.verdict.text()) == ("✗" in of_model) == (words[1] == "Not matched")
    if shift is None:
        assert panel.means.rowCount() == 0
        return
    assert [panel.means.item(row, 0).text() for row in range(2)] == ["f1", "class 0"]
    share = panel.means.item(1, 1).text()
    if not mixed:
        # A mean over starts that disagree is none of the model.
        assert "±" not in share + panel.means.item(0, 1).text()
        assert " to " in share
        assert [panel.means.item(0, column).text() for column in (3, 4)] == ["–", "–"]
        return
    assert "±" in share
    assert share.endswith("%")
    assert record.match is not None
    assert float(share.split(" ±")[0]) == pytest.approx(100 * record.match.shares[0].chains.value, abs=0.1)
    assert "40.0 ± 3.4" in panel.means.item(1, 2).text()
    panel.show_state(EngineState())
    assert panel.means.rowCount() == 0


def test_the_panel_says_that_a_test_goes_on_and_figures_of_chains_that_have_not_mixed_are_not_bold(
    qtbot: QtBot,
) -> None:
    panel = EquilibriumPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(PANEL_WIDTH, 500)
    with qtbot.waitExposed(panel, timeout=PATIENCE):
        panel.show()
    panel.show_state(EngineState(convergence=replace(judged_record(False, 0.0), steps=2_000, budget=2_000)))
    assert panel.status.text() == "No agreement in 2,000 steps: go on?"
    assert panel.status.shown == panel.status.text()
    figures = (panel.entropy, panel.cross_entropy)
    assert [label.property("kind") for label in figures] == ["unsure"] * 2
    panel.show_state(EngineState(convergence=replace(judged_record(False, 0.0), steps=99)))
    assert panel.status.text() == "Stopped after 99 steps: go on?"
    panel.show_state(EngineState(convergence=judged_record(True, 0.0)))
    assert panel.status.text() == "Agreed after 100 steps"
    assert [label.property("kind") for label in figures] == [""] * 2


def test_the_plot_of_the_starts_holds_the_lowest_and_cuts_off_only_what_comes_from_above(
    qtbot: QtBot,
) -> None:
    panel = EquilibriumPanel(LIGHT)
    qtbot.addWidget(panel)
    trace = np.zeros((100, 3))
    trace[:, 0], trace[:, 2] = np.geomspace(217, 0.1, 100), 2.0
    trace[10:20, 0] = -7.0
    panel.show_state(EngineState(convergence=replace(judged_record(False, 0.0), trace=trace)))
    low, high = panel.energies.getViewBox().viewRange()[1]
    assert low < -7.0
    assert 2.0 < high < 60
    # Beginnings that lie above the plot are read in its title, also while steps come.
    panel.resize(PANEL_WIDTH, 500)
    with qtbot.waitExposed(panel, timeout=PATIENCE):
        panel.show()
    record = replace(judged_record(False, 0.0), trace=trace[:95], steps=45)
    panel.show_state(EngineState(convergence=record, testing=True))
    qtbot.keyClick(panel.energies, Qt.Key.Key_Home)
    assert "Step −49: noise 217, data 0, hot 2" in panel.energies.accessibleDescription()
    record = replace(judged_record(False, 0.0), trace=trace, steps=50)
    panel.show_state(EngineState(convergence=record, testing=True))
    assert "noise 217, data 0, hot 2" in panel.energies.accessibleDescription()
    panel.energies.hovered.emit(-1)
    assert panel.energies.accessibleDescription() == ""


def test_the_shipped_lesson_goes_on_with_either_verdict(qtbot: QtBot) -> None:
    steps = shipped_lesson("equilibrium").steps
    (condition,) = next(step.do for step in steps if step.asks and step.do)
    assert isinstance(condition, Compared)
    quantity = QUANTITIES[condition.name]

    def holds(state: EngineState) -> bool:
        value = quantity.value(Scene(state))
        return value is not None and condition.holds(value.value)

    for mixed in (True, False):
        record = judged_record(mixed, 0.0)
        assert holds(EngineState(convergence=record))
        assert not holds(EngineState(convergence=record, testing=True))
        assert not holds(EngineState(convergence=replace(record, diagnosis=None)))
    assert not holds(EngineState())
