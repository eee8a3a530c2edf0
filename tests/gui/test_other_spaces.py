"""The window on data that are no digits: chosen, trained, looked at, steered and tested by mouse and keys."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from landscape_app.data import Dataset
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.gui.theme import DARK
from landscape_app.gui.widgets.surface.shades import Quantity
from landscape_app.physics.space import Line
from landscape_app.problems import PROBLEMS
from landscape_app.session.checkpoint import open_session
from tests.gui.driving import PATIENCE, begin_run, open_new_run


@pytest.fixture(autouse=True)
def small_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    """New runs of few chains and small networks, so that an epoch is quick."""
    for name, problem in list(PROBLEMS.items()):
        small = replace(problem.defaults, chains=64, hidden=(8, 8))
        monkeypatch.setitem(PROBLEMS, name, replace(problem, defaults=small))


def click(qtbot: QtBot, widget: QAbstractButton) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(8, widget.height() // 2))


def is_on_view(window: MainWindow, problem: str) -> bool:
    facts = window.shown.facts if window.shown is not None else None
    return facts is not None and facts.configuration.problem == problem


Fresh = Callable[[str], MainWindow]


@pytest.fixture
def fresh(make_window: Callable[[], MainWindow], qtbot: QtBot) -> Fresh:
    """Opens a window on an untrained model of a problem."""

    def begin(problem: str) -> MainWindow:
        window = make_window()
        window.engine.new(PROBLEMS[problem].defaults, train=False)
        qtbot.waitUntil(lambda: is_on_view(window, problem), timeout=PATIENCE)
        qtbot.waitUntil(window.toolbar.reset_button.isEnabled, timeout=PATIENCE)
        return window

    return begin


def test_two_gaussians_are_chosen_trained_and_shown_as_densities(
    fresh: Fresh, qtbot: QtBot, tmp_path: Path
) -> None:
    window = fresh("ising")
    sampler = window.sampler
    assert sampler.chains.currentWidget() is sampler.compared
    # The view of points is built for the first model of points.
    assert "points" not in vars(sampler)
    qtbot.waitUntil(lambda: sampler.mosaic.shown.images.shape == (100, 4, 4), timeout=PATIENCE)
    assert set(np.unique(sampler.mosaic.shown.images)) == {0, 1}
    qtbot.mouseClick(sampler.mosaic, Qt.MouseButton.LeftButton, pos=sampler.mosaic.image_rect(3).center())
    assert sampler.detail.isVisible()
    qtbot.waitUntil(lambda: "held-out: median" in sampler.detail.distance.text(), timeout=PATIENCE)
    begin_run(window, qtbot, "two-gaussians")
    qtbot.waitUntil(lambda: is_on_view(window, "two-gaussians"), timeout=PATIENCE)
    assert window.toolbar.epochs_box.value() == PROBLEMS["two-gaussians"].defaults.planned_epochs
    assert window.engine.state.facts.space == Line((1,))
    assert sampler.chains.currentWidget() is sampler.points
    landscape = sampler.points.landscape
    assert sampler.points.currentWidget() is landscape
    assert landscape.axes is landscape.line
    assert not sampler.tools.isVisible()
    assert not sampler.detail.isVisible()
    assert not window.steering.target_card.isVisible()
    assert "Two Gaussians" in window.windowTitle()
    qtbot.waitUntil(lambda: window.engine.state.epoch >= 20, timeout=PATIENCE)
    click(qtbot, window.toolbar.pause_button)
    qtbot.waitUntil(lambda: window.shown.activity is Activity.SAMPLING, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.shown.snapshot.landscape.chains.trajectory is not None, timeout=PATIENCE)
    curve, _, chains = landscape.line.density.series()
    x, p = curve.x[1], curve.values[0][1]
    inside = window.shown.snapshot.landscape.landscape.inside
    assert np.trapezoid(p, x) == pytest.approx(inside, abs=1e-3)
    middles, density = chains.x[1], chains.values[0][1]
    share, error = density.sum() * (middles[1] - middles[0]), np.sqrt(inside * (1 - inside) / 100)
    assert share == pytest.approx(inside, abs=5 * error)
    window.set_theme(DARK)
    window.engine.save(tmp_path / "run.h5")
    qtbot.waitUntil((tmp_path / "run.h5").is_file, timeout=PATIENCE)
    assert open_session(tmp_path / "run.h5", "cpu").trainer.epoch >= 20
    assert window.toolbar.train_button.text() == "Continue"


def test_where_there_are_no_grey_images_the_landscape_says_so_instead_of_an_empty_plane(
    fresh: Fresh, small_run: Path, qtbot: QtBot
) -> None:
    window = fresh("rings")
    panel = window.landscape
    window.landscape_dock.raise_()
    qtbot.waitUntil(panel.notice.isVisible, timeout=PATIENCE)
    assert "grey images" in panel.notice.text()
    assert not panel.pages.isVisible()
    assert not panel.chosen.isVisible()
    window.engine.open(small_run)
    qtbot.waitUntil(panel.pages.isVisible, timeout=PATIENCE)
    assert not panel.notice.isVisible()


def test_a_flat_landscape_has_a_scale_that_can_be_read() -> None:
    low, high = Quantity.ENERGY.levels(np.full((4, 4), 3.0))
    assert (low, high) == (3.0, pytest.approx(3.1))


def test_temperature_and_switch_reach_chains_in_the_plane(fresh: Fresh, qtbot: QtBot) -> None:
    window = fresh("rings")
    landscape = window.sampler.points.landscape
    assert window.sampler.points.currentWidget() is landscape
    assert landscape.axes is landscape.plane
    untrained = landscape.landscape
    assert np.ptp(untrained.energy) == 0
    click(qtbot, window.sampler.play_button)
    qtbot.waitUntil(lambda: window.shown.sweep is not None, timeout=PATIENCE)
    marks = landscape.plane.overlay.marks
    assert len(marks.chains) == len(window.shown.snapshot.x)
    click(qtbot, window.sampler.play_button)
    place = landscape.plane.overlay.place_of(7).toPoint()
    qtbot.mouseClick(landscape.plane.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: landscape.plane.overlay.marks.followed not in (None, 0), timeout=PATIENCE)
    click(qtbot, landscape.tracks_switch)
    qtbot.waitUntil(lambda: landscape.plane.overlay.marks.tracks is not None, timeout=PATIENCE)
    assert [window.sampler.kernel_box.itemData(i) for i in range(3)] == ["hmc", "mala", "random-walk"]
    window.steering.temperature.box.setValue(2.0)
    qtbot.waitUntil(lambda: window.engine.state.composition.temperature == 2.0, timeout=PATIENCE)
    click(qtbot, window.steering.hamiltonian)
    qtbot.waitUntil(lambda: not window.engine.state.composition.hamiltonian, timeout=PATIENCE)
    qtbot.keyClick(window, Qt.Key.Key_7)
    assert window.steering.composition.target is None


def test_points_of_ones_own_are_kept_for_the_next_run(fresh: Fresh, qtbot: QtBot) -> None:
    window = fresh("two-gaussians")
    points = Dataset.of_points(np.random.default_rng(0).normal(size=(80, 2)))
    window.engine.new(PROBLEMS["points"].defaults, train=False, dataset=points)
    qtbot.waitUntil(lambda: is_on_view(window, "points"), timeout=PATIENCE)
    facts = window.engine.state.facts
    dialog = open_new_run(window, qtbot)
    assert dialog.names == ["points", *(name for name in PROBLEMS if name != "points")]
    assert dialog.source.name == "points"
    click(qtbot, dialog.open_button)
    qtbot.waitUntil(lambda: window.engine.state.facts.number > facts.number, timeout=PATIENCE)
    np.testing.assert_array_equal(window.engine.state.facts.training_items, points.training_items)


def test_points_drawn_in_the_playground_are_trained_on(fresh: Fresh, qtbot: QtBot) -> None:
    window = fresh("two-gaussians")
    window.open_playground()
    playground = window.playground
    assert playground is not None
    playground.points.bring_up()
    editor = playground.points.editor
    for x in np.linspace(-3, 3, 14):
        place = editor.canvas.position_of(np.array([x, np.sin(2 * x)])).toPoint()
        qtbot.mouseClick(editor.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    drawn = editor.points.astype(np.float32)
    qtbot.mouseClick(playground.points.train_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: is_on_view(window, "points"), timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.engine.state.epoch >= 3, timeout=PATIENCE)
    facts = window.shown.facts
    assert len(facts.training_items) == 11
    assert all((drawn == item).all(axis=1).any() for item in facts.training_items)
    landscape = window.sampler.points.landscape
    flat = landscape.landscape
    qtbot.waitUntil(lambda: landscape.landscape is not flat, timeout=PATIENCE)
    assert landscape.plane.overlay.marks.followed is None
    click(qtbot, window.toolbar.pause_button)
    qtbot.waitUntil(lambda: landscape.plane.overlay.marks.followed == 0, timeout=PATIENCE)
    playground.points.editor.drawing.replace(np.tile([[1.0, 2.0]], (12, 1)))
    playground.train.emit(playground.points.editor.points)
    assert "standard deviation" in window.banner.text.text()
