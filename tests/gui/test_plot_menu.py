"""The menu of every plot: opened with mouse and keys, and what it writes, read again by other programs."""

import csv
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.experiments.figure import Bars, Curve, Figure, Heatmap, Images, Marker, Panel, Points
from landscape_app.gui.equilibrium.ladder_view import LadderView
from landscape_app.gui.experiments.figure_view import FigureView
from landscape_app.gui.landscape.dissection import EnergyMapView
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.playground.points_canvas import PointsCanvas
from landscape_app.gui.playground.points_drawing import Drawing
from landscape_app.gui.playground.window import PlaygroundWindow
from landscape_app.gui.theme import LIGHT
from landscape_app.gui.widgets.panel_canvas import PanelCanvas
from landscape_app.gui.widgets.plots import SHARPNESS, EpochPlot, Plot, Series, write_csv
from landscape_app.problems import PROBLEMS
from tests.gui.driving import PATIENCE
from tests.gui.test_equilibrium import snapshot

SVG = "{http://www.w3.org/2000/svg}"
PLOTS = (Plot, LadderView, PanelCanvas, EnergyMapView)


def columns_of(path: Path) -> dict[str, list[str]]:
    """The columns of a CSV by name, their empty cells at the end left out."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        names, *rows = list(csv.reader(file))
    assert len(set(names)) == len(names)
    columns = (
        dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if rows else {n: [] for n in names}
    )
    for column in columns.values():
        while column and not column[-1]:
            column.pop()
    return columns


def right_click(widget: QWidget, position: QPoint | None = None) -> None:
    """What the system sends for a right click."""
    target = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
    position = target.rect().center() if position is None else position
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, position, target.mapToGlobal(position))
    QApplication.sendEvent(target, event)


def choose(widget: QWidget, qtbot: QtBot, row: int) -> None:
    """Goes down the menu that is open to an entry, and presses it."""
    menu = widget.menu.menu  # type: ignore[attr-defined]
    assert menu is not None
    assert menu.isVisible()
    for _ in range(row + 1):
        qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)


@pytest.fixture
def save_as(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    def answer(name: str) -> Path:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / name), ""))
        return tmp_path / name

    return answer


EPOCHS = np.arange(1, 901)
VALUES = np.random.default_rng(0).normal(size=(900, 2)).cumsum(0)
VALUES[3, 1] = np.nan


@pytest.fixture
def plot(qtbot: QtBot) -> EpochPlot:
    plot = EpochPlot("plot-gap", "⟨H⟩", "in words", LIGHT, [("held-out", "held_out"), ("chains", "model")])
    plot.label_axis("bottom", "epoch")
    plot.label_axis("left", "nats")
    qtbot.addWidget(plot)
    plot.resize(400, 240)
    plot.show()
    plot.show_data(EPOCHS, VALUES)
    return plot


@pytest.mark.parametrize("opening", ["mouse", "menu key", "shift F10"])
def test_the_menu_opens_by_mouse_and_keys_and_exports_all_three(
    plot: EpochPlot, qtbot: QtBot, save_as: Callable[[str], Path], opening: str
) -> None:
    paths = []
    for row, ending in enumerate(("png", "svg", "csv")):
        paths.append(save_as(f"gap.{ending}"))
        if opening == "mouse":
            right_click(plot)
        elif opening == "menu key":
            qtbot.keyClick(plot, Qt.Key.Key_Menu)
        else:
            qtbot.keyClick(plot, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
        choose(plot, qtbot, row)
    png, svg, table = paths
    with Image.open(png) as picture:
        assert picture.size == (400 * SHARPNESS, 240 * SHARPNESS)
        assert len(picture.convert("RGB").getcolors(2**24)) > 20
    root = ElementTree.parse(svg).getroot()
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "0 0 400 240"
    words = "".join(root.itertext())
    assert "epoch" in words
    assert "nats" in words
    # Curves are drawn as lines, and clipped to the axes.
    assert len(list(root.iter(f"{SVG}clipPath"))) > 0
    columns = columns_of(table)
    assert list(columns) == ["epoch", "held-out (nats)", "chains (nats)"]
    np.testing.assert_array_equal(np.array(columns["epoch"], int), EPOCHS)
    np.testing.assert_array_equal(np.array(columns["held-out (nats)"], float), VALUES[:, 0])
    assert columns["chains (nats)"][3] == ""


def test_a_place_that_cannot_be_written_is_told(
    plot: EpochPlot, qtbot: QtBot, save_as: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *arguments: told.append(arguments[2]))
    for row in range(3):
        save_as("missing/gap")
        right_click(plot)
        choose(plot, qtbot, row)
    assert len(told) == 3
    assert all("there is no folder" in text for text in told)


def test_series_over_other_places_have_columns_of_their_own(tmp_path: Path) -> None:
    x = np.array([1, 2, 3])
    a, b = np.array([0.1, 1 / 3, np.inf]), np.array([1.0, 2.0, 3.0])
    series = [
        Series(("x (m)", x), (("a, with “comma”", a),)),
        Series(("x (m)", x), (("b", b),)),
        Series(("other x", np.array([0.5])), (("word", np.array(['say "yes"'])),)),
    ]
    write_csv(tmp_path / "all.csv", series)
    columns = columns_of(tmp_path / "all.csv")
    assert list(columns) == ["x (m)", "a, with “comma”", "b", "other x", "word"]
    assert [float(v) for v in columns["a, with “comma”"]] == [0.1, 1 / 3]
    assert columns["word"] == ['say "yes"']
    write_csv(tmp_path / "none.csv", [])
    with pytest.raises(ValueError, match="of one length"):
        Series(("x", x), (("y", np.zeros(2)),))


def every_plot(window: QWidget) -> list[QWidget]:
    return [plot for kind in PLOTS for plot in window.findChildren(kind)]


def check(plot: QWidget, tmp_path: Path) -> dict[str, list[str]]:
    """Opens a plot's menu, and writes what it shows; returns the columns."""
    right_click(plot)
    menu = plot.menu.menu  # type: ignore[attr-defined]
    names = [action.objectName() for action in menu.actions()]
    assert names[:3] == ["export-png", "export-svg", "export-csv"]
    if isinstance(plot, Plot):
        assert names[3:6] == ["", "enlarge", "whole"]
    assert ("zoom" in names) == (plot.objectName() == "plot-entropy")
    menu.close()
    write_csv(tmp_path / "plot.csv", plot.series())  # type: ignore[attr-defined]
    columns = columns_of(tmp_path / "plot.csv")
    assert all(columns) or not columns
    return columns


def test_every_plot_of_the_main_window_has_the_menu_and_its_numbers(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.sampler.select(3)
    qtbot.waitUntil(lambda: window.engine.state.snapshot.followed is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: len(window.engine.state.snapshot.followed) > 3, timeout=PATIENCE)
    window.landscape_dock.raise_()
    qtbot.waitUntil(lambda: "chain" in window.landscape.map_page.plot.clouds, timeout=PATIENCE)
    window.training.redraw(everything=True)
    qtbot.wait(200)
    found = {plot.objectName(): check(plot, tmp_path) for plot in every_plot(window)}
    assert len(found) > 14
    history = window.engine.state.history
    np.testing.assert_allclose(
        np.array(found["plot-chi"]["Constraint violation χ²"], float), history["chi_squared"]
    )
    assert list(found["plot-entropy"])[:4] == ["epoch", "S (nats)", "training (nats)", "validation (nats)"]
    assert list(found["plot-residuals"]) == ["observable i", "Constraint residuals zᵢ (σ of the data)"]
    assert len(found["plot-multipliers"]) == 17
    assert "density of held-out (per nat)" in found["plot-histogram"]
    trace = found["plot-trace"]
    total = np.array(trace["−log q (nats)"], float) + np.array(trace["E (nats)"], float)
    np.testing.assert_allclose(np.array(trace["sum (nats)"], float), total, rtol=1e-5, atol=1e-5)
    clouds = found["plot-map"]
    assert any(name.startswith("chain: component 1 (levels") for name in clouds)


def test_the_ladder_writes_its_replica_and_its_swap_rates(qtbot: QtBot, tmp_path: Path) -> None:
    view = LadderView(LIGHT)
    qtbot.addWidget(view)
    view.resize(420, 300)
    view.show()
    shown = snapshot()
    view.show_snapshot(shown)
    columns = check(view, tmp_path)
    np.testing.assert_allclose(np.array(columns["swap rate"], float), shown.swap_rates)
    way = np.array(columns[f"β of replica {shown.followed}"], float)
    np.testing.assert_allclose(way, shown.betas[shown.path])


def test_landscapes_write_their_nodes_data_and_chains(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, settings: QSettings
) -> None:
    window.engine.new(PROBLEMS["two-gaussians"].defaults, train=False)
    landscape = window.sampler.points.landscape
    qtbot.waitUntil(landscape.isVisible, timeout=PATIENCE)
    qtbot.waitUntil(
        lambda: any("chains: x" in check(p, tmp_path) for p in every_plot(landscape)), timeout=PATIENCE
    )
    playground = PlaygroundWindow(LIGHT, settings)
    playground.bring_up()
    try:
        qtbot.waitUntil(lambda: any(check(p, tmp_path) for p in every_plot(playground)), timeout=PATIENCE)
    finally:
        playground.end()
        playground.deleteLater()


def test_a_right_click_on_a_drawn_point_removes_it_and_elsewhere_opens_the_menu(
    qtbot: QtBot, tmp_path: Path
) -> None:
    drawing = Drawing(4.0, 100)
    drawing.replace(np.array([[0.0, 0.0], [2.0, 2.0]]))
    canvas = PointsCanvas(drawing, LIGHT)
    qtbot.addWidget(canvas)
    canvas.resize(400, 400)
    canvas.show()
    for place, remaining, opens in ((np.zeros(2), 1, False), (np.array([-2.0, -2.0]), 1, True)):
        position: QPointF = canvas.position_of(place)
        canvas.menu.menu = None
        qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.RightButton, pos=position.toPoint())
        right_click(canvas, position.toPoint())
        assert len(drawing.points) == remaining
        assert (canvas.menu.menu is not None) == opens
    assert columns_of_series(canvas.series(), tmp_path) == {"x": ["2.0"], "y": ["2.0"]}


def columns_of_series(series: list[Series], tmp_path: Path) -> dict[str, list[str]]:
    write_csv(tmp_path / "series.csv", series)
    return columns_of(tmp_path / "series.csv")


def test_every_mark_of_an_experiment_s_figure_is_written(
    qtbot: QtBot, tmp_path: Path, save_as: Callable[[str], Path]
) -> None:
    x, y = np.linspace(0, 1, 5), np.linspace(2, 3, 5)
    panel = Panel(
        "Title of the panel",
        (
            Heatmap(x, y[:3], np.arange(15.0).reshape(3, 5), "density"),
            Curve(x, y, "model", low=y - 1, high=y + 1),
            Points(x[:2], y[:2], "data", error=np.ones(2)),
            Bars(np.arange(4.0), np.arange(3.0), "histogram"),
            Marker(0.5, "truth"),
        ),
        x_label="x (m)",
        y_label="y (s)",
        y_log=True,
    )
    images = Panel("Images", (Images(np.arange(36.0).reshape(4, 3, 3), 2, 36.0, rows=("a", "b")),))
    view = FigureView("figure", LIGHT)
    qtbot.addWidget(view)
    view.resize(800, 400)
    view.show()
    view.show_figure(Figure(((panel, images),)))
    axes, mosaic = view.canvases
    columns = check(axes, tmp_path)
    assert columns["density"] == [str(float(i)) for i in range(15)]
    np.testing.assert_array_equal(np.array(columns["model: y (s)"], float), y)
    assert columns["model: y (s), low edge of the band"] == [str(v - 1) for v in y.tolist()]
    assert columns["data: y (s), half an error bar"] == ["1.0", "1.0"]
    assert columns["to x (m)"] == ["1.0", "2.0", "3.0"]
    assert columns["line"] == ["truth"]
    pixels = check(mosaic, tmp_path)
    assert pixels["value"] == [str(float(i)) for i in range(36)]
    assert pixels["name of its row"][0] == "a"
    assert pixels["name of its row"][-1] == "b"
    # The picture has the title and the legend.
    path = save_as("card.svg")
    right_click(axes)
    choose(axes, qtbot, 1)
    root = ElementTree.parse(path).getroot()
    assert root.tag == f"{SVG}svg"
    words = "".join(root.itertext())
    assert all(word in words for word in ("Title of the panel", "truth", "x (m)", "y (s)"))
    path = save_as("card.png")
    right_click(axes)
    choose(axes, qtbot, 0)
    with Image.open(path) as picture:
        assert picture.size == pytest.approx((axes.width() * SHARPNESS, axes.height() * SHARPNESS), abs=1)
    mosaic.setFocus()
    qtbot.keyClick(mosaic, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    assert mosaic.menu.menu.isVisible()  # type: ignore[union-attr]
    mosaic.menu.menu.close()  # type: ignore[union-attr]
