"""The landscape view, driven with mouse and keys, and looked at pixel by pixel."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from torch import Tensor

from landscape_app.gui.theme import DARK, LIGHT, apply_theme
from landscape_app.gui.widgets.containers import FoldingRow
from landscape_app.gui.widgets.surface.axes import LandscapeAxes
from landscape_app.gui.widgets.surface.overlay import ChainsOverlay
from landscape_app.gui.widgets.surface.shades import CONTOUR_STEP, Quantity, contour_lines
from landscape_app.gui.widgets.surface.view import LandscapeView
from landscape_app.physics.base_measure import GaussianBase
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.space import Line
from landscape_app.physics.surfaces import SURFACES, Banana
from landscape_app.session.landscape.plane import bounds_for, survey
from landscape_app.session.surface_run import SurfaceRun
from landscape_app.session.trajectory import EnsembleSnapshot, Trajectory
from tests.gui.driving import PATIENCE

LEFT = Qt.MouseButton.LeftButton
NO_DATA = np.zeros((0, 2))


@pytest.fixture
def make_view(qtbot: QtBot) -> Callable[[str], tuple[LandscapeView, SurfaceRun]]:
    def make(name: str, steps: int = 12, kernel: str = "mala") -> tuple[LandscapeView, SurfaceRun]:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, LIGHT)
        view = LandscapeView(LIGHT)
        qtbot.addWidget(view)
        view.resize(800, 640)
        view.show()
        run = SurfaceRun(SURFACES[name](), kernel, 20, "exact")
        for _ in range(steps):
            run.step()
        view.show_landscape(run.landscape)
        view.show_chains(run.snapshot(with_tracks=True))
        view.followed.connect(run.follow)
        qtbot.waitExposed(view, timeout=PATIENCE)
        QApplication.processEvents()
        return view, run

    return make


def overlay_of(axes: LandscapeAxes) -> ChainsOverlay:
    assert axes.overlay is not None
    return axes.overlay


def picture(view: LandscapeView) -> QImage:
    QApplication.processEvents()
    return view.plane.grab().toImage()


def shade_at(view: LandscapeView, x: float, y: float) -> QColor:
    scene = view.plane.getViewBox().mapViewToScene(QPointF(x, y))
    return picture(view).pixelColor(view.plane.mapFromScene(scene))


def event(accepted: bool) -> EnsembleSnapshot:
    """One chain at the origin of the banana's valley that was to go two to the right and one up."""
    start, proposal = np.array([[0.0, -3.0]], np.float32), np.array([[2.0, -2.0]], np.float32)
    trajectory = Trajectory(0, start, proposal, np.array([accepted]), np.array([0.5]), None)
    return EnsembleSnapshot(proposal if accepted else start, trajectory, None)


def test_deep_shades_are_where_it_is_probable(make_view: Callable) -> None:
    view, _ = make_view("banana", 0)
    view.show_chains(EnsembleSnapshot(np.full((1, 2), 5.9, np.float32), None, None))
    view.contour_switch.click()
    for quantity in Quantity:
        view.quantity_box.setCurrentIndex(view.quantity_box.findData(quantity))
        valley, hill = shade_at(view, 0.1, -3.0), shade_at(view, 0.0, 4.0)
        assert valley.lightness() < hill.lightness() - 80
    assert shade_at(view, -7.0, 0.0).name() == LIGHT.window


def test_contours_lie_at_their_energies() -> None:
    landscape = survey(Banana().target(), bounds_for(Banana().target()))
    points = contour_lines(landscape, Quantity.ENERGY)
    points = points[np.isfinite(points).all(axis=1)]
    energies = Banana().energy(torch.from_numpy(points)).numpy()
    nearest = CONTOUR_STEP * np.round(energies / CONTOUR_STEP)
    assert len(points) > 500
    assert np.abs(energies - nearest).max() < 0.15
    assert set(np.unique(nearest)) == {2.0, 4.0, 6.0, 8.0, 10.0}


def test_contours_of_the_density_enclose_their_shares() -> None:
    base = GaussianBase.standard(Line((2,)))
    landscape = survey(Target(base, Hamiltonian([])), ((-6.0, 6.0), (-6.0, 6.0)))
    points = contour_lines(landscape, Quantity.DENSITY)
    radii = np.hypot(*points[np.isfinite(points).all(axis=1)].T)
    # Within the radius r lies 1 − exp(−r²/2).
    shares = 1 - np.exp(-0.5 * radii**2)
    for share in (0.5, 0.9, 0.99):
        assert np.abs(shares - share).min() < 0.01
    assert all(np.abs(share - np.array([0.5, 0.9, 0.99])).min() < 0.01 for share in shares)


@pytest.mark.parametrize(("accepted", "colour"), [(True, LIGHT.held_out), (False, LIGHT.danger)])
def test_an_accepted_proposal_is_a_filled_arrow_and_a_rejected_one_a_hollow_ring(
    make_view: Callable, accepted: bool, colour: str
) -> None:
    view, _ = make_view("banana", 0)
    view.show_chains(event(accepted))
    plain = shade_at(view, 1.0, 4.0)
    image = picture(view)

    def drawn(x: float, y: float) -> set[str]:
        place = view.plane.mapFromScene(view.plane.getViewBox().mapViewToScene(QPointF(x, y)))
        reach = range(-3, 4)
        return {image.pixelColor(place + QPoint(i, j)).name() for i in reach for j in reach}

    on_the_line = {name for k in range(8, 16) for name in drawn(2 * k / 20, -3 + k / 20)}
    assert colour in on_the_line
    assert plain.name() not in {colour}
    if not accepted:
        assert LIGHT.surface in drawn(2.0, -2.0)
    view.steps_switch.click()
    image = picture(view)
    on_the_line = {name for k in range(8, 16) for name in drawn(2 * k / 20, -3 + k / 20)}
    assert colour not in on_the_line


def test_a_click_follows_the_chain_and_a_box_another(make_view: Callable, qtbot: QtBot) -> None:
    view, run = make_view("banana")
    overlay = overlay_of(view.plane)
    lonely = int(np.argmax(np.abs(run.snapshot().positions[:, 0])))
    with qtbot.waitSignal(view.followed) as signal:
        qtbot.mouseClick(view.plane.viewport(), LEFT, pos=overlay.place_of(lonely).toPoint())
    assert signal.args == [lonely]
    assert run.followed == lonely
    assert view.chain_box.value() == lonely + 1
    view.show_chains(run.snapshot())
    assert overlay.marks.followed == lonely
    view.chain_box.setFocus()
    view.chain_box.selectAll()
    qtbot.keyClicks(view.chain_box, "3")
    qtbot.keyClick(view.chain_box, Qt.Key.Key_Return)
    assert run.followed == 2
    view.chain_box.setValue(0)
    assert run.followed is None
    with qtbot.assertNotEmitted(view.followed):
        corner = view.plane.mapFromScene(view.plane.getViewBox().mapViewToScene(QPointF(-5.8, -5.8)))
        qtbot.mouseClick(view.plane.viewport(), LEFT, pos=corner)


def test_the_range_is_the_persons_until_it_is_reset(make_view: Callable, qtbot: QtBot) -> None:
    view, run = make_view("banana")
    box = view.plane.getViewBox()
    whole = box.viewRange()
    view.plane.setFocus()
    qtbot.keyClick(view.plane, Qt.Key.Key_PageUp)
    qtbot.keyClick(view.plane, Qt.Key.Key_Right)
    (left, right), _ = box.viewRange()
    assert right - left == pytest.approx((whole[0][1] - whole[0][0]) / 1.25)
    assert left + right > 0.1
    zoomed = box.viewRange()
    for _ in range(5):
        run.step()
        view.show_chains(run.snapshot())
    run.set_temperature(3.0)
    view.show_landscape(run.landscape)
    assert box.viewRange() == zoomed
    qtbot.mouseClick(view.reset_button, LEFT)
    assert np.array(box.viewRange()) == pytest.approx(np.array(whole))
    for key in (Qt.Key.Key_PageDown, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home):
        qtbot.keyClick(view.plane, key)
    assert np.array(box.viewRange()) == pytest.approx(np.array(whole))


def test_the_pointer_pans_and_the_wheel_zooms(make_view: Callable, qtbot: QtBot) -> None:
    view, _ = make_view("ring")
    box, canvas = view.plane.getViewBox(), view.plane.viewport()
    before = box.viewRange()
    centre = canvas.rect().center()
    qtbot.mousePress(canvas, LEFT, pos=centre)
    for step in (10, 30, 60):
        qtbot.mouseMove(canvas, centre + QPoint(step, 0))
    qtbot.mouseRelease(canvas, LEFT, pos=centre + QPoint(60, 0))
    assert box.viewRange()[0][0] < before[0][0] - 0.3


def test_all_tracks_are_asked_for_and_drawn(make_view: Callable, qtbot: QtBot) -> None:
    view, run = make_view("banana", 30)
    overlay = overlay_of(view.plane)
    view.show_chains(run.snapshot())
    without = picture(view)
    assert overlay.marks.tracks is None
    with qtbot.waitSignal(view.tracked) as signal:
        qtbot.mouseClick(view.tracks_switch, LEFT)
    assert signal.args == [True]
    view.show_chains(run.snapshot(with_tracks=True))
    assert overlay.marks.tracks is not None
    assert overlay.marks.tracks.shape == (31, 20, 2)
    assert picture(view) != without


def test_a_hamiltonian_path_is_followed_to_the_proposal(make_view: Callable) -> None:
    view, run = make_view("himmelblau", 12, "hmc")
    marks = overlay_of(view.plane).marks
    trajectory = run.snapshot().trajectory
    assert trajectory is not None
    assert trajectory.path is not None
    assert np.array_equal(marks.path, trajectory.path)
    assert np.array_equal(marks.path[-1], marks.proposals[-1])
    assert np.array_equal(marks.places[1:][marks.accepted], marks.proposals[marks.accepted])


def test_data_are_drawn_and_hidden(make_view: Callable, qtbot: QtBot) -> None:
    view, _ = make_view("banana")
    data = np.random.default_rng(0).normal(size=(200, 2))
    view.show_data(data)
    assert np.array_equal(np.stack(view.plane.data.getData(), axis=1), data)
    assert "data" in view.key.text()
    qtbot.mouseClick(view.data_switch, LEFT)
    assert not view.plane.data.isVisible()
    view.show_data(NO_DATA)
    assert "data" not in view.key.text()


def test_a_line_shows_energy_density_and_histograms(make_view: Callable, qtbot: QtBot) -> None:
    view, run = make_view("two-gaussians-line", 40)
    line = view.line
    assert view.axes is line
    assert view.quantity is None
    assert line.energy.isVisible()
    assert line.density.isVisible()
    ranges = [axes.getViewBox().viewRange()[0] for axes in (line.energy, line.density)]
    assert ranges[0] == pytest.approx(ranges[1])
    view.show_data(np.array([[-2.0], [2.0]]))
    curve, *histograms = line.density.series()
    assert np.trapezoid(curve.values[0][1], curve.x[1]) == pytest.approx(1.0, abs=1e-3)
    assert [series.x[0] for series in histograms] == ["data: x", "chains, last steps: x"]
    for series in histograms:
        width = series.x[1][1] - series.x[1][0]
        assert width * series.values[0][1].sum() == pytest.approx(1.0)
    marks = overlay_of(line.energy).marks
    energies = run.surface.energy(torch.from_numpy(marks.chains[:, :1]).float()).numpy()
    assert marks.chains[:, 1] == pytest.approx(energies, abs=1e-2)
    lonely = int(np.argmax(np.abs(marks.chains[:, 0])))
    with qtbot.waitSignal(view.followed) as signal:
        place = overlay_of(line.energy).place_of(lonely).toPoint()
        qtbot.mouseClick(line.energy.viewport(), LEFT, pos=place)
    assert signal.args == [lonely]
    view.quantity_box.setFocus()
    qtbot.keyClick(view.quantity_box, Qt.Key.Key_Down)
    assert not line.density.isVisible()
    qtbot.keyClick(view.quantity_box, Qt.Key.Key_Down)
    assert not line.energy.isVisible()
    assert line.density.isVisible()
    view.set_theme(DARK)


class Slope:
    """x/2."""

    def energy(self, x: Tensor) -> Tensor:
        """x/2, shape (batch,)."""
        return 0.5 * x[:, 0]


def test_where_the_base_is_not_even_the_surprisal_is_a_curve_of_its_own(make_view: Callable) -> None:
    view, _ = make_view("double-well")
    surprisal = view.line.energy.lines[1]  # type: ignore[index]
    assert not surprisal.isVisible()
    base = GaussianBase.standard(Line((1,)))
    target = Target(base, Hamiltonian([WeightedTerm(1.0, Slope())]))
    landscape = survey(target, bounds_for(target))
    view.show_landscape(landscape)
    assert surprisal.isVisible()
    x, y = surprisal.getData()
    # A Gaussian of mean −½, shifted to the lowest energy on view.
    assert y - y.min() == pytest.approx(0.5 * (x + 0.5) ** 2, abs=1e-3)
    assert y.min() == pytest.approx(landscape.energy.min(), abs=1e-5)
    assert f"{landscape.inside:.1%} of the probability" in view.key.text()
    assert landscape.inside < 0.95


def test_a_plane_after_a_line_and_back(make_view: Callable) -> None:
    view, _ = make_view("double-well")
    for name in ("himmelblau", "two-gaussians-line", "funnel"):
        run = SurfaceRun(SURFACES[name](), "mala", 3, "exact")
        view.show_landscape(run.landscape)
        view.show_chains(run.snapshot())
        assert view.axes is (view.line if name.endswith("line") else view.plane)
        QApplication.processEvents()
    assert view.chain_box.maximum() == 3
    assert view.plane.getViewBox().viewRange()[1] == pytest.approx([-7.0, 7.0])


def test_the_controls_fold_where_the_view_is_narrow(make_view: Callable, qtbot: QtBot) -> None:
    view, _ = make_view("banana")
    row = view.findChild(FoldingRow)
    assert isinstance(row, FoldingRow)
    assert view.minimumSizeHint().width() < 480
    for width, folded in ((900, False), (480, True), (900, False)):
        view.resize(width, 640)
        qtbot.waitUntil(lambda folded=folded: row.is_folded == folded, timeout=PATIENCE)
        QApplication.processEvents()
        assert view.reset_button.geometry().right() <= row.width()
        below = (
            view.reset_button.mapTo(view, QPoint()).y() > view.contour_switch.mapTo(view, QPoint()).y() + 10
        )
        assert below == folded
    view.resize(480, 640)
    qtbot.waitUntil(lambda: row.is_folded, timeout=PATIENCE)
    for switch in (view.contour_switch, view.data_switch, view.tracks_switch):
        switch.hide()
    qtbot.waitUntil(lambda: not row.is_folded, timeout=PATIENCE)


def test_all_of_a_landscape_is_on_view_whatever_the_units_of_its_coordinates(make_view: Callable) -> None:
    view, run = make_view("banana")
    x, y = run.landscape.axes
    assert view.plane.getViewBox().state["aspectLocked"]
    thin = replace(run.landscape, axes=(x, y * 1e-2))
    view.show_landscape(thin)
    QApplication.processEvents()
    np.testing.assert_allclose(view.plane.getViewBox().viewRange(), thin.bounds, rtol=1e-6)
    view.show_landscape(run.landscape)
    QApplication.processEvents()
    across, up = view.plane.getViewBox().viewPixelSize()
    assert across == pytest.approx(up)


def test_what_is_drawn_has_the_symbol_that_it_is_given(qtbot: QtBot) -> None:
    view = LandscapeView(LIGHT, "H/T")
    qtbot.addWidget(view)
    view.show_landscape(SurfaceRun(SURFACES["banana"](), "mala", 4, "exact").landscape)
    assert view.quantity_box.itemText(0) == "H/T, energy"
    assert "H/T (nats)" in view.plane.bar.axis.labelText
    assert view.plane.series()[0].values[1][0] == "H/T (nats)"
