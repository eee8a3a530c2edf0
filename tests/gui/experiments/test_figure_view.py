"""Figures in the window: drawn in the background, in place while they change, in the colours of the theme."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from landscape_app.experiments import render
from landscape_app.experiments.comparison import side_by_side
from landscape_app.experiments.figure import (
    RESULTS,
    Curve,
    Figure,
    Heatmap,
    Images,
    Mark,
    Panel,
    Points,
    Role,
)
from landscape_app.gui.experiments.figure_view import FigureView
from landscape_app.gui.theme import DARK, LIGHT, Theme
from landscape_app.gui.widgets.panel_canvas import DRAWINGS, LEAST_PLOT, Drawer, PanelCanvas, style_of
from tests.gui.experiments.driving import PATIENCE

X = np.array([1.0, 2.0, 3.0])
Y = np.array([10.0, 100.0, 1000.0])


@pytest.fixture
def view(qtbot: QtBot) -> FigureView:
    view = FigureView("figure", LIGHT)
    qtbot.addWidget(view)
    view.resize(700, 420)
    view.show()
    return view


def of_one(*marks: Mark, **looks: object) -> Figure:
    return Figure(((Panel("one", marks, "x", "y", **looks),),))  # type: ignore[arg-type]


def wait(view: FigureView, qtbot: QtBot) -> None:
    """Waits until everything is drawn at its size, layouts that follow from it included."""
    qtbot.waitUntil(lambda: view.drawer.is_idle, timeout=PATIENCE)
    qtbot.wait(1)
    qtbot.waitUntil(lambda: view.drawer.is_idle, timeout=PATIENCE)


def image_of(canvas: PanelCanvas) -> QImage:
    assert canvas.image is not None
    return canvas.image


def colours_of(canvas: PanelCanvas) -> set[str]:
    image = image_of(canvas)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(-1, 4)
    return {f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue, _ in np.unique(pixels, axis=0)}


def test_a_figure_is_drawn_in_another_thread(
    view: FigureView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    picture_of = render.PanelSheet.picture_of

    def spy(*arguments: Any) -> render.Picture:
        threads.append(threading.current_thread())
        return picture_of(*arguments)

    monkeypatch.setattr(render.PanelSheet, "picture_of", spy)
    view.show_figure(of_one(Curve(X, Y)))
    assert view.canvases[0].image is None
    wait(view, qtbot)
    assert not image_of(view.canvases[0]).isNull()
    assert threads
    assert threading.main_thread() not in threads


def test_a_live_figure_is_drawn_at_most_so_often_and_its_last_state_always(
    view: FigureView, qtbot: QtBot
) -> None:
    view.show_figure(of_one(Curve(X, Y)))
    wait(view, qtbot)
    drawn = []
    take = view.canvases[0]._take
    view.canvases[0]._take = lambda *a: (drawn.append(view.drawer._next), take(*a))  # type: ignore[method-assign, assignment]
    steps = 0
    while len(drawn) < 3:
        steps += 1
        view.show_figure(of_one(Curve(X, steps * Y)), fresh=False)
        qtbot.wait(20)
    wait(view, qtbot)
    assert view.canvases[0].panel.marks[0].y[0] == 10 * steps  # type: ignore[union-attr]
    assert not view.canvases[0].tasks()
    assert steps > len(drawn)
    assert (np.diff(drawn) > 0.99 / DRAWINGS).all()


def test_what_is_the_same_is_not_drawn_again(view: FigureView, qtbot: QtBot) -> None:
    view.show_figure(Figure(((Panel("a", (Curve(X, Y),)), Panel("b", (Points(X, Y),))),)))
    wait(view, qtbot)
    before = [image_of(canvas) for canvas in view.canvases]
    view.show_figure(Figure(((Panel("a", (Curve(X, 2 * Y),)), Panel("b", (Points(X, Y),))),)), fresh=False)
    wait(view, qtbot)
    assert [canvas.image is old for canvas, old in zip(view.canvases, before, strict=True)] == [False, True]


def test_a_figure_of_the_same_layout_stays_in_place(view: FigureView, qtbot: QtBot) -> None:
    view.show_figure(of_one(Curve(X, Y)))
    canvas, limits = view.canvases[0], view.canvases[0].limits
    view.show_figure(of_one(Curve(X, np.maximum(0.9 * Y, 10)), Points(X, Y)), fresh=False)
    assert view.canvases == [canvas]
    assert canvas.limits == limits
    view.show_figure(of_one(Curve(X, 0.2 * Y)), fresh=False)
    assert canvas.limits != limits


def test_a_figure_of_another_layout_gets_the_cards_it_needs(view: FigureView, qtbot: QtBot) -> None:
    curve, images = Panel("a", (Curve(X, Y),)), Panel("b", (Images(np.zeros((1, 2, 2)), 1, 1.0),))
    for rows in (((curve,),), ((curve, images), (curve,)), ((images, curve),), ()):
        view.show_figure(Figure(rows))
        assert [canvas.accessibleName() for canvas in view.canvases] == [p.title for row in rows for p in row]
        qtbot.wait(1)
        shown = [canvas for canvas in view.findChildren(PanelCanvas) if canvas.isVisible()]
        assert set(shown) == set(view.canvases)
        for row in rows:
            assert (
                len({canvas.mapTo(view, canvas.rect().topLeft()).y() for canvas in view.canvases[: len(row)]})
                < 2
            )
    wait(view, qtbot)


def test_a_plot_says_what_it_will_show_before_it_is_drawn(qtbot: QtBot) -> None:
    canvas = PanelCanvas("canvas", LIGHT)
    qtbot.addWidget(canvas)
    canvas.resize(300, 200)
    canvas.show()
    empty = canvas.grab().toImage()
    canvas.show_panel(Panel("", (Curve(X, Y, "a"),), "time", "energy"))
    assert canvas.image is None
    of_axes = canvas.grab().toImage()
    canvas.show_panel(Panel("Energy", (Curve(X, Y, "a"),)))
    assert empty != of_axes != canvas.grab().toImage() != empty


def test_a_figure_scrolls_before_it_cuts_its_plots(view: FigureView, qtbot: QtBot) -> None:
    marks = tuple(Curve(X, Y, f"a rather long name, number {number}") for number in range(5))
    long = Panel("A title of many words that needs more than a line of a narrow panel", marks, "x", "y")
    view.show_figure(Figure(((long,) * 3, (long,))))
    wait(view, qtbot)
    for canvas in view.canvases:
        picture = render.PanelSheet().picture_of(*canvas._drawn, 96)
        assert canvas.height() >= picture.around * canvas.logicalDpiY() + LEAST_PLOT - 1
    assert view.verticalScrollBar().maximum() > 0


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_role_has_a_colour_of_its_own(qapp: object, theme: Theme) -> None:
    style = style_of(theme)
    colours = {style.roles[role] for role in Role if role not in RESULTS}
    assert len(colours) == len(Role) - len(RESULTS)
    assert style.surface not in colours


def test_a_theme_dresses_what_is_drawn(view: FigureView, qtbot: QtBot) -> None:
    view.show_figure(of_one(Curve(X, X, "model"), Points(X, Y, "data", size=9.0)))
    for theme in (LIGHT, DARK):
        view.set_theme(theme)
        wait(view, qtbot)
        colours = colours_of(view.canvases[0])
        assert image_of(view.canvases[0]).pixelColor(0, 0).name() == QColor(theme.surface).name()
        assert QColor(theme.model).name() in colours


@pytest.mark.parametrize("ratio", [1.0, 1.5])
def test_a_picture_is_as_sharp_as_the_screen(qtbot: QtBot, ratio: float) -> None:
    class Screen(PanelCanvas):
        def devicePixelRatioF(self) -> float:
            return ratio

    canvas = Screen("canvas", LIGHT)
    qtbot.addWidget(canvas)
    canvas.resize(300, 240)
    canvas.show()
    canvas.show_panel(Panel("p", (Curve(X, Y),)))
    ((draw, take),) = canvas.tasks()
    take(draw())
    image = image_of(canvas)
    assert (image.width(), image.height()) == (300 * ratio, 240 * ratio)
    assert image.devicePixelRatio() == ratio
    canvas.grab()


def test_a_panel_is_told_to_screen_readers(view: FigureView) -> None:
    heat = Heatmap(X, X, np.eye(3), "colour")
    view.show_figure(of_one(Curve(X, Y, "model"), Curve(X, Y, "model"), Points(X, Y, "data"), heat))
    canvas = view.canvases[0]
    assert canvas.accessibleName() == "one"
    assert canvas.accessibleDescription() == "y against x, model, data"
    assert "one" in canvas.toolTip()


def test_a_drawing_that_fails_is_told_and_the_next_is_drawn(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    drawn: list[str] = []

    def fail() -> str:
        raise ValueError("no ink")

    tasks: list[Callable[[], str]] = [fail, lambda: "drawn"]
    drawer = Drawer(lambda: [(tasks.pop(0), drawn.append)], parent)
    with qtbot.captureExceptions() as told:
        drawer.ask()
        qtbot.waitUntil(lambda: drawer.is_idle, timeout=PATIENCE)
    assert [str(error) for _, error, _ in told] == ["no ink"]
    drawer.ask()
    qtbot.waitUntil(lambda: drawn == ["drawn"], timeout=PATIENCE)


def test_results_side_by_side_are_on_the_same_axes(view: FigureView) -> None:
    figures = [of_one(Curve(X, scale * Y)) for scale in (1.0, 3.0)]
    both = side_by_side(["seed 0", "seed 1"], [*figures])
    assert [panel.title for panel in both.panels] == ["seed 0\none", "seed 1\none"]
    view.show_figure(both)
    one, other = (canvas.limits for canvas in view.canvases)
    assert one == other
    assert one is not None
    assert one.y[1] > 3000


def test_a_result_with_fewer_panels_leaves_a_place_empty() -> None:
    both = side_by_side(["a", "b"], [of_one(Curve(X, Y)), Figure()])
    assert [len(row) for row in both.rows] == [2]
    assert both.rows[0][1].marks == ()
