"""The verdict of a convergence test, in the window again after its run was closed and opened."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from landscape_app.gui.equilibrium.panel import EXPLANATION, NOT_KEPT, EquilibriumPanel
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.gui.theme import LIGHT
from landscape_app.session import convergence
from landscape_app.session.composition import Composition
from tests.gui.conftest import shorten_convergence_tests
from tests.gui.driving import PATIENCE, Desk

pytestmark = pytest.mark.usefixtures("quick_starts")


def run_test(desk: Desk) -> None:
    """The convergence test, to its end."""
    desk.engine.test_convergence()
    desk.turn()
    while desk.state.testing:
        desk.turn()


@pytest.fixture(scope="module")
def tested_once(small_run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Path]:
    """An engine that has tested its model, and the file that it has saved the run in."""
    desk, path = Desk(small_run), tmp_path_factory.mktemp("tested") / "tested.h5"
    assert desk.state.verdict is None
    with pytest.MonkeyPatch.context() as patch:
        shorten_convergence_tests(patch)
        patch.setattr("landscape_app.gui.engine.TEST_STEPS", 100)
        run_test(desk)
    assert desk.state.unsaved
    assert desk.state.lost == "the verdict of the convergence test"
    desk.engine.save(path)
    desk.turn()
    assert (desk.state.unsaved, desk.state.lost) == (False, "")
    return desk, path


@pytest.fixture
def tested(
    tested_once: tuple[Desk, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Desk, Path]:
    """The same engine, whose state is read, and a copy of its file, which may be changed."""
    monkeypatch.setattr("landscape_app.gui.engine.TEST_STEPS", 100)
    desk, path = tested_once
    return desk, Path(shutil.copy(path, tmp_path))


def test_the_verdict_is_shown_again_once_the_run_is_opened(tested: tuple[Desk, Path], qtbot: QtBot) -> None:
    desk, path = tested
    record = desk.state.convergence
    assert record is not None
    assert record.diagnosis is not None
    again = Desk(path)
    assert again.state.convergence is None
    verdict = again.state.verdict
    assert verdict is not None
    assert verdict == desk.state.verdict
    panel = EquilibriumPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.show_state(again.state)
    assert panel.status.text() == f"Tested {verdict.when}"
    said = record.diagnosis.sentence.partition(":")
    assert f">{said[0].capitalize()}</b>:" in panel.verdict.text()
    assert "The model of epoch 8 alone, at T = 1 · 100 steps of 8 chains" in panel.details.text()
    # A new test stands in its place at once.
    again.engine.test_convergence()
    again.turn()
    panel.show_state(again.state)
    assert panel.verdict.text() == EXPLANATION
    assert panel.details.text() == ""


def cells(panel: EquilibriumPanel) -> list[list[str]]:
    """Texts of the table of means."""
    rows, columns = panel.means.rowCount(), panel.means.columnCount()
    items = [[panel.means.item(row, column) for column in range(columns)] for row in range(rows)]
    return [["" if item is None else item.text() for item in row] for row in items]


def test_means_and_entropy_of_the_test_are_shown_again_and_plots_say_how_they_come(
    tested: tuple[Desk, Path], qtbot: QtBot
) -> None:
    desk, path = tested
    before, after = EquilibriumPanel(LIGHT), EquilibriumPanel(LIGHT)
    for panel, state in ((before, desk.state), (after, Desk(path).state)):
        qtbot.addWidget(panel)
        panel.show_state(state)
    assert len(cells(before)) > 1
    assert cells(after) == cells(before)
    for name in ("entropy", "cross_entropy"):
        label, was = getattr(after, name), getattr(before, name)
        assert label.text() == was.text() != "–"
        assert label.property("kind") == was.property("kind")
    assert before.details.text().partition(" nats")[0] in after.details.text()
    for plot in after.plots:
        assert plot._note is not None
        assert plot._note.text() == NOT_KEPT
    assert all(plot._note is None or not plot._note.text() for plot in before.plots)


def test_a_verdict_from_before_means_were_kept_says_so(tested: tuple[Desk, Path], qtbot: QtBot) -> None:
    desk, _ = tested
    verdict = desk.state.verdict
    assert verdict is not None
    old = replace(verdict, table=(), quantities=0, entropy=None, cross_entropy=None, log_partition=None)
    panel = EquilibriumPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.show_state(replace(desk.state, convergence=None, verdict=old))
    assert cells(panel) == []
    assert panel.entropy.text() == "–"
    assert panel.details.text().endswith("are not in the file: Test convergence finds them anew")


def test_the_verdict_goes_as_the_model_changes_and_comes_with_its_epoch(tested: tuple[Desk, Path]) -> None:
    _, path = tested
    again = Desk(path)
    verdict = again.state.verdict
    assert verdict is not None
    again.engine.scrub(3)
    again.turn()
    assert again.state.verdict is None
    run_test(again)
    of_earlier = again.state.verdict
    assert of_earlier is not None
    assert of_earlier.epoch == 3
    again.engine.scrub(None)
    again.turn()
    assert again.state.verdict == verdict
    again.engine.train()
    again.turn()
    assert again.state.activity is Activity.TRAINING
    assert again.state.verdict is None
    again.engine.pause()
    again.turn()
    assert again.state.epoch > 8
    assert again.state.verdict is None
    again.engine.scrub(3)
    again.turn()
    assert again.state.verdict == of_earlier


def test_the_window_says_of_an_opened_run_that_it_was_tested(
    tested: tuple[Desk, Path], window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = tested
    monkeypatch.setattr(QMessageBox, "exec", lambda _: QMessageBox.StandardButton.Discard)
    window.engine.open(path)
    qtbot.waitUntil(lambda: window.engine.state.verdict is not None, timeout=PATIENCE)
    verdict = window.engine.state.verdict
    assert verdict is not None
    line = window.training.equilibrium
    qtbot.waitUntil(lambda: line.text().startswith("Equilibrium tested at epoch 8: "), timeout=PATIENCE)
    assert verdict.when in line.toolTip()
    assert verdict.subject in line.toolTip()
    qtbot.waitUntil(lambda: window.equilibrium.status.text() == f"Tested {verdict.when}", timeout=PATIENCE)
    # Chains at another temperature, or under a field, are told from what was tested.
    assert "alone" not in line.text()
    window.engine.compose(Composition(temperature=0.5))
    qtbot.waitUntil(lambda: line.text().endswith("(the model alone, at T = 1)"), timeout=PATIENCE)


def test_the_model_that_ships_is_not_asked_about_after_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landscape_app.gui.engine.TEST_STEPS", 100)
    monkeypatch.setattr(convergence, "TUNING_ROUNDS", 1)
    desk = Desk()
    desk.engine.open_shipped()
    desk.turn()
    run_test(desk)
    assert desk.state.verdict is not None
    assert desk.state.lost == ""
