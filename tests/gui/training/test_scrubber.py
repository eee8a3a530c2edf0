"""Looking back through a training: the engine turn by turn, the scrubber alone, and a journey in the window."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity, EngineState
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.training.scrubber import (
    BranchDialog,
    EpochScrubber,
    branch_parameters,
    epoch_on_view,
    obstacle,
)
from landscape_app.problems import configured
from landscape_app.runs.run_file import read_run
from landscape_app.session.api import branch
from landscape_app.session.composition import Composition
from landscape_app.session.journal import Branched
from landscape_app.session.script import script_of
from landscape_app.session.snapshots import Snapshots
from tests.gui.driving import PATIENCE, Desk, click, is_told, wait
from tests.gui.room import cut_off

KEPT = (0, 1, 2, 3, 4, 5, 6, 8)
"""Epochs of the snapshots of the small run."""


@pytest.fixture
def desk(small_run: Path) -> Desk:
    return Desk(small_run)


def model_energies(desk: Desk) -> np.ndarray:
    session = desk.session
    return session.model_energy(session.training_items).detach().numpy()


def test_another_epoch_on_view_is_that_epoch_everywhere(desk: Desk) -> None:
    engine, run = desk.engine, desk.session
    expected = run.at_epoch(3)
    engine.scrub(3)
    desk.turn()
    state = engine.state
    assert (state.epoch, state.latest, state.trained) == (3, 8, 8)
    assert (state.kept, state.convergence, state.bounds) == (None, None, None)
    assert state.history is run.history
    assert list(state.history_of_view["epoch"]) == [1, 2, 3]
    x = run.training_items
    np.testing.assert_array_equal(model_energies(desk), expected.model_energy(x).detach().numpy())
    assert state.snapshot is not None
    assert state.snapshot.source is not None
    assert state.snapshot.source.epoch == 3
    assert state.energies is not None
    np.testing.assert_allclose(
        state.energies.training, (expected.energy_sets().training), rtol=1e-5, atol=1e-5
    )
    desk.turn(3)
    assert engine.state.sweep is not None
    engine.scrub(5)
    desk.turn()
    assert (desk.state.epoch, desk.session.trainer.epoch) == (5, 5)
    engine.scrub(None)
    desk.turn()
    assert (desk.state.epoch, desk.state.latest) == (8, None)
    assert desk.session is run


def test_training_goes_on_from_the_latest_epoch_and_saving_keeps_it(
    desk: Desk, small_run: Path, tmp_path: Path
) -> None:
    untouched = Desk(small_run)
    desk.engine.scrub(2)
    desk.engine.save(tmp_path / "run.h5")
    desk.turn()
    saved = read_run(tmp_path / "run.h5")
    assert int(saved.arrays["trainer/epoch"]) == 8
    for name, array in read_run(small_run).arrays.items():
        if name.startswith(("model/", "trainer/", "snapshots/")):
            np.testing.assert_array_equal(saved.arrays[name], array, err_msg=name)
    for one in (untouched, desk):
        one.engine.step_epoch()
        one.turn()
        assert (one.state.epoch, one.state.latest) == (9, None)
    np.testing.assert_array_equal(model_energies(desk), model_energies(untouched))


def test_looking_back_pauses_a_training_which_goes_on_from_its_latest_epoch(desk: Desk) -> None:
    engine = desk.engine
    engine.train()
    desk.turn(2)
    trained = desk.state.epoch
    assert trained > 8
    engine.scrub(3)
    desk.turn()
    state = desk.state
    assert (state.epoch, state.latest, state.activity) == (3, state.trained, Activity.SAMPLING)
    assert (state.can_train, state.trained >= trained) == (True, True)
    engine.train()
    desk.turn()
    assert (desk.state.latest, desk.state.activity) == (None, Activity.TRAINING)
    assert desk.state.epoch == state.trained + 1
    engine.pause()
    desk.turn()


def test_steering_stays_where_epochs_change_and_is_in_the_script(desk: Desk) -> None:
    engine = desk.engine
    engine.compose(Composition.towards(3))
    engine.scrub(2)
    engine.compose(Composition.towards(7))
    engine.scrub(4)
    desk.turn()
    assert desk.session.composition.target == 7
    assert Branched(4) in [entry.action for entry in desk.state.journal]
    assert "session = branch(session, 4)" in script_of(desk.state.journal, desk.state.epoch)
    engine.scrub(None)
    desk.turn()
    assert desk.session.composition.target == 7
    assert "branch" not in script_of(desk.state.journal, desk.state.epoch)
    engine.scrub(2)
    engine.train_discriminator()
    desk.turn()
    assert is_told(desk.state.message, "go back to the latest first")


def test_an_epoch_without_a_snapshot_is_told_and_nothing_changes(desk: Desk) -> None:
    desk.engine.scrub(7)
    desk.turn()
    assert is_told(desk.state.message, "no snapshot of epoch 7")
    assert (desk.state.epoch, desk.state.latest) == (8, None)
    desk.engine.scrub(3, number=99)
    desk.turn()
    assert desk.state.latest is None


def test_a_branch_is_a_new_run_from_its_epoch(desk: Desk) -> None:
    engine = desk.engine
    number = desk.state.facts.number
    engine.scrub(4)
    engine.branch(4, {"seed": 9, "planned_epochs": 20}, True)
    desk.turn()
    state = desk.state
    assert state.facts is not None
    assert state.facts.number == number + 1
    assert (state.facts.configuration.seed, state.facts.configuration.planned_epochs) == (9, 20)
    assert (state.latest, state.activity) == (None, Activity.TRAINING)
    desk.turn(2)
    assert desk.state.epoch > 4
    assert list(desk.state.history["epoch"]) == list(range(1, desk.state.epoch + 1))


def test_a_film_has_a_frame_of_every_epoch(desk: Desk, tmp_path: Path) -> None:
    desk.engine.play(False)
    desk.engine.export_film(tmp_path / "film.gif")
    desk.turn(len(KEPT) + 1)
    wait(lambda: (tmp_path / "film.gif").exists())
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == len(KEPT)
        assert film.info["duration"] == 120
        assert film.height > film.width
    assert (desk.state.epoch, desk.state.latest, desk.state.busy) == (8, None, "")


def test_the_scrubber_asks_for_snapshots_and_shows_the_epoch_that_comes(desk: Desk, qtbot: QtBot) -> None:
    scrubber = EpochScrubber(LIGHT)
    qtbot.addWidget(scrubber)
    asked: list[object] = []
    scrubber.scrubbed.connect(asked.append)
    state = desk.state
    scrubber.show_state(state)
    assert scrubber.note.text().startswith(f"{len(KEPT)} snapshots, ")
    assert (scrubber.slider.value(), scrubber.slider.maximum()) == (7, 7)
    assert scrubber.latest.isHidden()
    qtbot.keyClick(scrubber.slider, Qt.Key.Key_Left)
    qtbot.keyClick(scrubber.slider, Qt.Key.Key_Left)
    assert asked == [6, 5]
    # A state from before the request does not move the slider back.
    scrubber.show_state(state)
    assert scrubber.slider.value() == 5
    past = replace(state, epoch=5, latest=8)
    scrubber.show_state(past)
    assert scrubber.epoch.text() == epoch_on_view(past) == "Epoch 5 of 8"
    assert not scrubber.latest.isHidden()
    qtbot.keyClick(scrubber.slider, Qt.Key.Key_End)
    assert asked[-1] is None
    # What cannot be shown is told, and the slider is where the chains are.
    scrubber.show_state(replace(past, message_number=past.message_number + 1))
    assert scrubber.slider.value() == 5


def test_the_film_goes_on_when_an_epoch_has_come_and_stops_at_the_latest(desk: Desk, qtbot: QtBot) -> None:
    scrubber = EpochScrubber(LIGHT)
    qtbot.addWidget(scrubber)
    asked: list[object] = []
    scrubber.scrubbed.connect(asked.append)
    scrubber.show_state(desk.state)
    scrubber.play.click()
    assert asked == [0]
    scrubber._next()
    assert asked == [0]
    for epoch in KEPT[:-1]:
        scrubber.show_state(replace(desk.state, epoch=epoch, latest=8))
        scrubber._next()
    assert asked == [*KEPT[:-1], None]
    scrubber.show_state(desk.state)
    scrubber._next()
    assert not scrubber.play.isChecked()


def test_a_scrubber_with_nothing_to_show_says_why(desk: Desk) -> None:
    state, facts = desk.state, desk.state.facts
    assert facts is not None
    given = replace(facts, configuration=replace(facts.configuration, model="pairs", fit="given"))
    for without, reason in (
        (EngineState(), "No run is open"),
        (replace(state, facts=given), "given"),
        (replace(state, snapshots=Snapshots(2**26)), "one of this model takes 67.1 MB"),
        (replace(state, snapshots=Snapshots(100), epoch=0), "as the run trains"),
        (replace(state, snapshots=Snapshots(100)), "training on keeps them"),
    ):
        assert reason in obstacle(without)
    assert obstacle(state) == ""


def test_the_dialog_of_a_branch_gives_what_was_changed(desk: Desk, qtbot: QtBot) -> None:
    facts = desk.state.facts
    assert facts is not None
    dialog = BranchDialog(facts, 5)
    assert dialog.windowTitle() == f"Branch of {facts.title}, from epoch 5"
    qtbot.addWidget(dialog)
    assert dialog.settings == {}
    boxes = {name: field.box for name, field in dialog.fields.items()}
    for name, text in (("seed", "4"), ("theta_rate", "0.0001"), ("planned_epochs", "2000")):
        boxes[name].selectAll()
        qtbot.keyClicks(boxes[name], text)
    assert dialog.settings == {
        "planned_epochs": 2_000,
        "planned_seconds": None,
        "seed": 4,
        "schedule": {"theta_rate": 1e-4},
    }
    # What cannot stand is said, and not made another number.
    boxes["moves"].selectAll()
    qtbot.keyClicks(boxes["moves"], "0")
    assert "from 1 to 1,000" in dialog.fields["moves"].complaint.text()
    assert not dialog.begin.isEnabled()
    dialog.show()
    QApplication.processEvents()
    assert not cut_off(dialog)


def test_a_branch_is_offered_the_rate_that_its_run_has_and_takes_one_that_is_chosen(desk: Desk) -> None:
    plan = desk.state.facts.configuration
    plan = replace(plan, schedule=replace(plan.schedule, theta_rate=2.0, theta_path=0.5), seed=2**40)
    for path, rate in ((None, 2.0), (0.5, 0.5 * 100 / (0.5 * plan.planned_epochs))):
        schedule = replace(plan.schedule, theta_path=path, anneal_from=0.0)
        offered = branch_parameters(replace(plan, schedule=schedule), 5, 100)
        defaults = {parameter.name: parameter.default for parameter in offered}
        assert defaults["theta_rate"] == pytest.approx(rate, rel=1e-5)
        assert defaults["seed"] == 2**40
        (label,) = [parameter.label for parameter in offered if parameter.name == "theta_rate"]
        assert label == "Learning rate of θ, in effect"
        for parameter in offered:
            parameter.check(parameter.default)
    begun = branch(desk.session, 5, schedule={"theta_rate": 1.0})
    assert begun.trainer.schedule.rate_of(10**6, 10) == 1.0


def test_the_rate_in_effect_follows_the_epochs_of_a_branch_until_one_is_chosen(
    desk: Desk, qtbot: QtBot
) -> None:
    facts = desk.state.facts
    assert facts is not None
    plan = facts.configuration
    plan = replace(plan, schedule=replace(plan.schedule, theta_path=3e-3))
    dialog = BranchDialog(replace(facts, configuration=plan), 5)
    qtbot.addWidget(dialog)
    boxes, items = {name: field.box for name, field in dialog.fields.items()}, len(facts.training_items)
    for epochs in (2_000, 50_000):
        boxes["planned_epochs"].selectAll()
        qtbot.keyClicks(boxes["planned_epochs"], str(epochs))
        rate = plan.schedule.rate_of(epochs, items)
        assert boxes["theta_rate"].value == pytest.approx(rate, rel=1e-5)
        # It is what such a run takes by itself.
        assert dialog.settings == {"planned_epochs": epochs, "planned_seconds": None}
        begun = configured(plan, dialog.settings)
        assert begun.rate_in_effect(epochs, items) == pytest.approx(rate)
    assert rate < plan.schedule.theta_rate
    boxes["theta_rate"].selectAll()
    qtbot.keyClicks(boxes["theta_rate"], "0.0002")
    boxes["planned_epochs"].selectAll()
    qtbot.keyClicks(boxes["planned_epochs"], "3000")
    assert boxes["theta_rate"].value == pytest.approx(2e-4)
    assert dialog.settings["schedule"] == {"theta_rate": 2e-4}


@pytest.mark.usefixtures("small_problem")
def test_scrubbing_by_mouse_and_keys_through_a_trained_run(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scrubber = window.training.scrubber
    qtbot.waitUntil(scrubber.slider.isEnabled, timeout=PATIENCE)
    qtbot.keyClick(scrubber.slider, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: window.shown.latest == 8 and window.shown.epoch == 0, timeout=PATIENCE)
    assert "epoch 0 of 8" in window.windowTitle()
    assert "at epoch 0 of 8" in window.sampler.caption.text()
    window.training.redraw(everything=True)
    assert window.training.figures["epoch"].value.text() == "0 of 8"
    assert window.training.figures["chi"].value.text() == "–"
    assert window.training.metrics["chi"]._mark.isVisible()
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(tmp_path / "film.gif"), ""))
    )
    click(qtbot, scrubber.film)
    qtbot.waitUntil((tmp_path / "film.gif").exists, timeout=PATIENCE)
    click(qtbot, scrubber.latest)
    qtbot.waitUntil(lambda: window.shown.latest is None, timeout=PATIENCE)
    assert "of 8" not in window.windowTitle()
    assert not window.training.metrics["chi"]._mark.isVisible()
