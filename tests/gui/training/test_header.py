"""The figures of the training panel: of which epoch and state each is can be read at every width."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from landscape_app.gui.state import Activity, EngineState
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.training.panel import TrainingPanel
from landscape_app.gui.widgets.fixed import ShorteningLabel
from landscape_app.runs import History
from tests.gui.driving import Desk
from tests.gui.training.test_entropy_plot import NUMBER
from tests.small_runs import small_run


@dataclass(frozen=True)
class Row:
    epoch: int
    entropy_gradient: float


@pytest.fixture
def panel(qtbot: QtBot) -> TrainingPanel:
    panel = TrainingPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def shown(panel: TrainingPanel, state: EngineState) -> None:
    panel.show_state(state)
    panel.redraw(everything=True)
    for _ in panel.plots:
        panel.redraw()
    QApplication.processEvents()


def measured(*epochs: int) -> History:
    history = History()
    for epoch in epochs:
        history.append(replace(NUMBER, epoch=epoch))
    return history


def test_the_epoch_of_the_figure_is_read_at_every_width(panel: TrainingPanel) -> None:
    figure = panel.figures["nats"]
    wordings = set()
    for state, says in (
        (EngineState(measurements=measured(1_200), epoch=1_200), "1,200"),
        (EngineState(measurements=measured(1_200), epoch=1_201, activity=Activity.SAMPLING), "1,200"),
    ):
        shown(panel, state)
        for width in (250, 300, 360, 420, 500, 640, 900, 1400):
            panel.resize(width, 600)
            QApplication.processEvents()
            said = figure.caption.shown
            wordings.add(said)
            assert says in said
            assert "…" not in said
            assert figure.caption.fontMetrics().horizontalAdvance(said) <= figure.caption.width()
    assert {"Validation nats, epoch 1,200", "Validation nats of epoch 1,200, not 1,201"} < wordings
    assert len(wordings) > 2


def test_a_number_of_a_discarded_model_does_not_stand_as_if_of_this_one(
    panel: TrainingPanel, tmp_path: Path
) -> None:
    desk = Desk(small_run(tmp_path / "kept.h5"))
    desk.session.measurements.append(replace(NUMBER, epoch=1))
    kept = desk.state.kept
    assert kept is not None
    shown(panel, desk.state)
    figure = panel.figures["nats"]
    assert f"epoch {kept.epoch}" in figure.caption.text()
    assert "not" not in figure.caption.text()
    assert "of the model that is kept" in figure.toolTip()
    assert figure.value.property("kind") in (None, "")
    desk.engine.step_epoch()
    desk.turn()
    assert desk.state.kept is None
    assert desk.state.activity is not Activity.TRAINING
    shown(panel, desk.state)
    found = desk.state.measurement
    assert found is not None
    assert 1 == found.epoch < desk.state.epoch == kept.epoch + 1
    assert figure.caption.text().endswith(f"nats of epoch {found.epoch:.0f}, not {desk.state.epoch}")
    assert figure.value.property("kind") == "unsure"
    assert (
        f"The one on view is that of epoch {desk.state.epoch}, which has not been measured"
        in figure.toolTip()
    )
    assert figure.caption.toolTip() == figure.value.toolTip() == figure.toolTip()


def test_a_model_that_rests_on_an_earlier_epoch_has_the_figures_of_that_epoch(panel: TrainingPanel) -> None:
    history = History()
    for epoch, gradient in ((1, 7.0), (2, 3.0), (3, 5.0)):
        history.append(Row(epoch, gradient))
    state = EngineState(history=history, epoch=3, kept=replace(NUMBER, epoch=2))
    shown(panel, state)
    assert panel.figures["epoch"].value.text() == "2 of 3"
    assert panel.figures["gradient"].value.text() == "3"
    shown(panel, replace(state, kept=None))
    assert panel.figures["epoch"].value.text() == "3"
    assert panel.figures["gradient"].value.text() == "5"


def test_a_model_that_was_never_measured_has_no_figure_and_says_so(panel: TrainingPanel) -> None:
    history = History()
    history.append(Row(3, 1.0))
    shown(panel, EngineState(history=history, epoch=3, activity=Activity.SAMPLING))
    figure = panel.figures["nats"]
    assert (figure.value.text(), figure.caption.text()) == ("–", "Validation nats")
    assert "The model of epoch 3 has not been measured" in figure.toolTip()


def test_a_label_takes_the_longest_wording_that_fits(qtbot: QtBot) -> None:
    label = ShorteningLabel("as long as it is")
    qtbot.addWidget(label)
    label.show_text("as long as it is", "shorter", "s")
    widths = [label.fontMetrics().horizontalAdvance(text) for text in ("as long as it is", "shorter", "s")]
    for width, text in zip(widths, ("as long as it is", "shorter", "s"), strict=True):
        label.resize(width, 20)
        assert label.shown == text
    assert label.text() == "as long as it is"
    assert label.minimumSizeHint().width() == widths[-1]


def test_curves_of_the_run_before_do_not_stand_under_the_name_of_another(
    panel: TrainingPanel, tmp_path: Path
) -> None:
    desk = Desk(small_run(tmp_path / "one.h5", seed=1))
    desk.session.measurements.append(replace(NUMBER, epoch=1))
    shown(panel, desk.state)
    curves = [
        plot
        for plot in (panel.entropy, *panel.metrics.values())
        if any(len(y.values[0][1]) for y in plot.series())
    ]
    assert panel.entropy in curves
    assert len(curves) > 1
    desk.engine.open(small_run(tmp_path / "two.h5", seed=2))
    desk.turn()
    # Before any of the plots has had its turn.
    panel.show_state(desk.state)
    for plot in curves:
        assert all(not len(numbers) for series in plot.series() for _, numbers in series.columns)
    assert all(not len(numbers) for _, numbers in panel.histogram.series()[0].values)
    assert not len(panel.residuals.series()[0].x[1])
