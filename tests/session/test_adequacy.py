"""Warnings where a model that is kept is not the one that its training was after."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from landscape_app.cli.info import info
from landscape_app.gui.messages import describe_outcome
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.training.panel import TrainingPanel
from landscape_app.physics.estimate import SIGNIFICANCE, TOLERANCE, Estimate
from landscape_app.session import fresh_chains
from landscape_app.session.adequacy import Adequacy, chi_squared_limit
from landscape_app.session.checkpoint import open_session
from landscape_app.session.records import Outcome
from tests.gui.driving import Desk
from tests.gui.training.test_entropy_plot import NUMBER
from tests.small_runs import small_run

NOT_THE_MODEL = "but it is not the maximum-entropy model of the data"


@pytest.fixture
def many_fresh_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many chains as users have, by whose noise six spins can be judged."""
    monkeypatch.setattr(fresh_chains, "LEAST_COLUMNS", 64)
    monkeypatch.setattr(fresh_chains, "MOST_COLUMNS", 64)
    monkeypatch.setattr(fresh_chains, "TAKES", 16)


def of(residuals: list[float], limit: float = 0.1, off: int = 0, base_nats: float = math.inf) -> Adequacy:
    return Adequacy(np.array(residuals), 0.05, limit, off, True, base_nats, True)


@pytest.mark.parametrize("mixes", [False, True], ids=["independent", "correlated"])
def test_noise_alone_exceeds_the_limit_as_often_as_is_said(mixes: bool) -> None:
    rng, chains, observables, times = np.random.default_rng(0), 24, 5, 4000
    mixing = rng.normal(size=(observables, observables)) if mixes else np.eye(observables)
    exceeded = 0
    for _ in range(times):
        means = mixing @ rng.normal(size=(observables, chains))
        exceeded += float((means.mean(1) ** 2).sum()) > chi_squared_limit(means)
    # Satterthwaite's law is not exact: within a factor of two, and five standard errors of the count.
    error = math.sqrt(times * SIGNIFICANCE)
    assert times * SIGNIFICANCE / 2 - 5 * error < exceeded < 2 * times * SIGNIFICANCE + 5 * error
    assert chi_squared_limit(np.ones((3, 8))) == 0
    assert chi_squared_limit(np.zeros((0, 8))) == 0


def test_constraints_are_not_met_beyond_noise_and_tolerance() -> None:
    tolerated = TOLERANCE**2
    for residuals, limit, holds in (
        ([0.0, 0.1], 0.001, True),  # more than noise, and tolerated
        ([1.0, 1.0], 3.0, True),  # noise explains it
        ([1.1 * math.sqrt(tolerated), -1.1 * math.sqrt(tolerated)], 0.001, False),
    ):
        one = of(residuals, limit)
        assert one.chi_squared == pytest.approx(sum(z**2 for z in residuals))
        assert one.holds == holds
        assert [NOT_THE_MODEL in sentence for sentence in one.cautions(NUMBER)] == [True] * (not holds)
    (said,) = of([0.25, *[0.0] * 20], off=1).cautions(NUMBER)
    assert said.startswith(
        "Constraints are not met: 1 of 21 are off beyond doubt on fresh chains, by up to 0.25 "
    )
    (said,) = of([2.0]).cautions(NUMBER)
    assert "χ² 4 on fresh chains, where noise explains at most 0.1 and 0.04 is tolerated." in said
    assert "log Z, S and nats are of this model, but it is not the maximum-entropy model of the data." in said
    assert "maximum of the likelihood" in replace(of([2.0]), maximises_entropy=False).cautions(NUMBER)[0]
    assert of([2.0]).in_short(NUMBER) == "Not the maximum-entropy model: χ² 4"
    assert replace(of([2.0]), connected=False).in_short(NUMBER).startswith("Perhaps not the maximum-entropy")
    assert replace(of([2.0]), maximises_entropy=False).in_short(NUMBER).startswith("Not at a maximum of the")
    assert of([0.0]).in_short(NUMBER) == ""
    assert of([], base_nats=30.3).in_short(NUMBER) == "The base measure alone is better on held-out data"
    assert "or these chains have missed modes" in replace(of([2.0]), connected=False).cautions(NUMBER)[0]


def test_held_out_data_less_likely_than_under_the_base_measure_are_told_beyond_doubt() -> None:
    # Validation 31 with 0.3 of log Z; the items are the same, so that their scatter is no doubt.
    (said,) = of([], base_nats=30.3).cautions(NUMBER)
    assert "less likely than under the base measure alone, by 0.70 nats an item" in said
    assert of([], base_nats=30.5).cautions(NUMBER) == ()
    assert of([], base_nats=30.3).cautions(replace(NUMBER, epoch=0)) == ()
    bounds = NUMBER._with(Estimate.between(-4.0, -2.0), NUMBER.s)
    assert of([], base_nats=30.3).cautions(bounds) == ()
    assert of([], base_nats=29.9).cautions(bounds)


@pytest.mark.usefixtures("many_fresh_chains")
def test_a_run_that_has_not_learned_says_so_after_training_in_its_file_and_in_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = small_run(tmp_path / "short.h5", fresh=True, schedule={"theta_rate": 1e-7})
    session = open_session(path, "cpu")
    assert session.kept is not None
    assert session.adequacy is not None
    # Six spins and fifteen pairs, five of them neighbours that agree three times in four.
    assert session.adequacy.residuals.shape == (21,)
    held_out = session.test_items if session.kept.test is not None else session.validation_items
    log_q = session.model.base_measure.log_prob(held_out).double().mean()
    assert session.adequacy.base_nats == pytest.approx(-float(log_q), rel=1e-6)
    (said,) = session.adequacy.cautions(session.kept)
    assert said.startswith("Constraints are not met: χ² ")
    assert NOT_THE_MODEL in said
    told = Outcome(session.kept, 6, False, adequacy=session.adequacy)
    assert said in told.sentences
    assert said.rstrip(".") in describe_outcome(told, 6, 1.0)
    info(path)
    printed = " ".join(capsys.readouterr().out.split())
    assert "χ² on fresh chains" in printed
    assert "caution" in printed
    # Of a model that trains on there is no evidence until it ends.
    next(session.train())
    assert session.adequacy is None
    assert "adequacy" not in session.state_dict()


@pytest.mark.usefixtures("many_fresh_chains")
def test_a_run_that_has_learned_is_not_warned_of(tmp_path: Path) -> None:
    session = open_session(small_run(tmp_path / "mean-field.h5", fresh=True, fit="mean-field"), "cpu")
    assert session.kept is not None
    assert session.adequacy is not None
    assert session.adequacy.holds
    assert session.adequacy.cautions(session.kept) == ()


@pytest.mark.usefixtures("many_fresh_chains")
def test_the_window_warns_and_has_the_figure_of_the_model_that_is_kept(tmp_path: Path, qtbot: QtBot) -> None:
    desk = Desk(small_run(tmp_path / "short.h5", fresh=True, schedule={"theta_rate": 1e-7}))
    adequacy = desk.state.adequacy
    assert adequacy is not None
    (said,) = desk.state.cautions
    panel = TrainingPanel(LIGHT)
    qtbot.addWidget(panel)

    def show() -> None:
        panel.show_state(desk.state)
        for _ in range(2 * len(panel.plots)):
            panel.redraw(everything=True)

    show()
    assert panel.overfitting.text.text() == f"⚠ Not the maximum-entropy model: χ² {adequacy.chi_squared:.2g}"
    assert said in panel.overfitting.text.toolTip()
    assert panel.overfitting.text.objectName() == "warning"
    assert "count as met where" in panel.overfitting.text.toolTip()
    desk.engine.step_epoch()
    desk.turn()
    assert desk.state.adequacy is None
    show()
    assert "⚠" not in panel.overfitting.text.text()
