"""Figures on the screen: that what is drawn is what the figure says, and stays in place while it changes."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from landscape_app.experiments.figure import (
    RESULTS,
    Bars,
    Curve,
    Figure,
    Heatmap,
    Images,
    Mark,
    Marker,
    Panel,
    Points,
    Role,
)
from landscape_app.gui.experiments.comparison import side_by_side
from landscape_app.gui.theme import DARK, LIGHT, Theme
from landscape_app.gui.widgets.axes_panel import AxesPanel
from landscape_app.gui.widgets.figure_view import LEAST_PLOT, FigureView
from landscape_app.gui.widgets.images_panel import ImagesPanel
from landscape_app.gui.widgets.legend import Legend
from landscape_app.gui.widgets.mark_items import colour_of
from landscape_app.gui.widgets.panel_bounds import bounds_of, on_one_scale, steady

X = np.array([1.0, 2.0, 3.0])
Y = np.array([10.0, 100.0, 1000.0])
MakeView = Callable[[], FigureView]


@pytest.fixture
def make_view(qtbot: QtBot) -> MakeView:
    def make() -> FigureView:
        view = FigureView("figure", LIGHT)
        qtbot.addWidget(view)
        view.resize(900, 600)
        view.show()
        return view

    return make


@pytest.fixture
def view(make_view: MakeView) -> FigureView:
    return make_view()


def of_one(*marks: Mark, **panel: object) -> Figure:
    return Figure(((Panel("one", marks, "x", "y", **panel),),))  # type: ignore[arg-type]


def axes(view: FigureView, index: int = 0) -> AxesPanel:
    content = view.cards[index].content
    assert isinstance(content, AxesPanel)
    return content


def drawn(view: FigureView, mark: int = 0, item: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Positions of one of the things that draw a mark."""
    return axes(view)._marks[mark]._items[item].getData()


def shown_range(view: FigureView, index: int = 0) -> tuple[list[float], list[float]]:
    return axes(view, index).getViewBox().viewRange()


def test_a_figure_scrolls_before_it_cuts_its_plots(view: FigureView) -> None:
    long = Panel("A title of more than one line here", tuple(Curve(X, Y, f"a name, {i}") for i in range(5)))
    view.resize(700, 386)
    for rows in (((long,) * 3,), ((long,) * 3, (Panel("short", (Curve(X, Y, "one"),)),))):
        view.show_figure(Figure(rows), fresh=False)
        QApplication.processEvents()
        for card in view.cards:
            assert card.content.height() >= LEAST_PLOT
            assert card.content.geometry().bottom() < card.height()
    assert view.verticalScrollBar().maximum() > 0


def test_a_plot_keeps_its_height_below_a_long_title_and_a_long_legend(view: FigureView) -> None:
    marks = [Curve(X, Y, f"a rather long name, number {number}") for number in range(5)]
    panel = Panel(
        "A title of many words that needs more than one line of a narrow panel", tuple(marks), "x", "y"
    )
    view.show_figure(Figure(((panel,) * 4,) * 2))
    QApplication.processEvents()
    for card in view.cards:
        assert card.content.height() >= LEAST_PLOT
        assert card.legend.geometry().bottom() < card.content.geometry().top() + 1
        assert card.content.geometry().bottom() < card.height()


def test_the_name_of_a_colour_bar_is_shortened_to_the_height_of_the_plot(view: FigureView) -> None:
    name = "entropy of the distribution with the second multiplier on its constraint (nats)"
    view.show_figure(of_one(Heatmap(X, X, np.eye(3), name)))
    QApplication.processEvents()
    heatmap = axes(view)._marks[0]
    assert heatmap._bar.axis.labelText.endswith(f"{name}</span>")  # type: ignore[attr-defined]
    view.resize(900, 220)
    QApplication.processEvents()
    assert "…" in heatmap._bar.axis.labelText  # type: ignore[attr-defined]


def test_a_curve_is_drawn_through_its_points_with_its_band(view: FigureView) -> None:
    view.show_figure(of_one(Curve(X, Y, low=Y - 1, high=Y + 2)))
    x, y = drawn(view, item=1)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)
    x, y = drawn(view, item=0)
    np.testing.assert_array_equal(x, [*X, *X[::-1]])
    np.testing.assert_array_equal(y, [*(Y - 1), *(Y + 2)[::-1]])


def test_on_logarithmic_axes_positions_are_powers_of_ten(view: FigureView) -> None:
    marks = (Curve(X, Y), Points(X, Y, error=np.array([1.0, 1.0, 2000.0])), Marker(100.0, upright=False))
    view.show_figure(of_one(*marks, x_log=True, y_log=True))
    x, y = drawn(view, item=1)
    np.testing.assert_allclose(x, np.log10(X))
    np.testing.assert_allclose(y, [1, 2, 3])
    _, ends = drawn(view, mark=1, item=0)
    assert ends[1] == pytest.approx(np.log10(11))
    # A bar that reaches below zero goes on down to the edge of the plot.
    assert ends[4] < shown_range(view)[1][0]
    assert axes(view)._marks[2]._items[0].value() == pytest.approx(2.0)
    left = axes(view).getAxis("left")
    assert left.tickStrings([1.0, 2.0], 1.0, 1.0) == ["10", "100"]


def test_a_histogram_has_its_heights_between_its_edges(view: FigureView) -> None:
    view.show_figure(of_one(Bars(np.array([0.0, 1.0, 3.0]), np.array([2.0, 5.0]))))
    x, y = drawn(view)
    np.testing.assert_array_equal(x, [0, 0, 1, 1, 1, 1, 3, 3])
    np.testing.assert_array_equal(y, [0, 2, 2, 0, 0, 5, 5, 0])
    assert shown_range(view)[1][0] < 0 < 5 < shown_range(view)[1][1]


def test_a_heat_map_has_its_colours_where_its_values_are(view: FigureView) -> None:
    values = np.array([[0.0, 1.0, 2.0], [3.0, np.nan, 4.0]])
    view.show_figure(of_one(Heatmap(X, np.array([0.0, 2.0]), values, "S (nats)", contours=(1.5, 3.5))))
    picture, contours = axes(view)._marks[0]._items
    assert picture.image.shape == (2, 3, 4)
    assert picture.image[1, 1, 3] == 0
    assert (picture.image[..., 3] == 0).sum() == 1
    # Viridis is dark violet below and yellow above.
    assert picture.image[0, 0, 2] > picture.image[0, 0, 1]
    assert picture.image[1, 2, 0] > picture.image[1, 2, 2]
    area = picture.mapRectToParent(picture.boundingRect())
    assert (area.left(), area.right(), area.top(), area.bottom()) == (0.5, 3.5, -1.0, 3.0)
    assert len(contours.getData()[0]) > 2
    assert axes(view)._marks[0]._bar.levels() == (0.0, 4.0)  # type: ignore[attr-defined]


def test_images_are_drawn_in_ink_with_one_pixel_between_them(view: FigureView) -> None:
    images = np.random.default_rng(0).uniform(0, 16, (5, 4, 3))
    images[0, 0, 0], images[0, 0, 1] = 40.0, np.nan
    figure = Figure(((Panel("samples", (Images(images, 3, 16.0, ("noise", "digits"), ("a", "b", "c")),)),),))
    view.show_figure(figure)
    panel = view.cards[0].content
    assert isinstance(panel, ImagesPanel)
    assert panel.pixels.shape == (2 * 4 + 1, 3 * 3 + 2, 3)
    expected = LIGHT.ink_table[(255 * images[4] / 16).astype(int)]
    np.testing.assert_array_equal(panel.pixels[5:9, 4:7], expected)
    np.testing.assert_array_equal(panel.pixels[0, 0], LIGHT.ink_table[255])
    np.testing.assert_array_equal(panel.pixels[0, 1], LIGHT.ink_table[0])
    view.grab()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_role_has_a_colour_of_its_own(theme: Theme) -> None:
    roles = [role for role in Role if role not in RESULTS]
    names = {colour_of(role, theme).name() for role in roles}
    assert len(names) == len(roles)
    assert theme.surface not in names


def test_a_theme_dresses_what_is_drawn(view: FigureView) -> None:
    view.show_figure(of_one(Curve(X, Y, "model"), Points(X, Y, "data")))
    view.set_theme(DARK)
    line = axes(view)._marks[0]._items[1]
    assert line.opts["pen"].color().name() == QColor(DARK.model).name()
    assert axes(view).backgroundBrush().color().name() == DARK.surface


def test_a_figure_of_the_same_layout_is_drawn_in_place(view: FigureView) -> None:
    view.show_figure(Figure(((Panel("a", (Curve(X, Y),)), Panel("b", (Points(X, Y),))),)))
    cards, marks = view.cards, list(axes(view)._marks)
    changed = Figure(((Panel("epoch 2", (Curve(X, 2 * Y), Curve(X, Y))), Panel("b", (Points(X, Y),))),))
    view.show_figure(changed, fresh=False)
    assert view.cards == cards
    assert axes(view)._marks[0] is marks[0]
    assert len(axes(view)._marks) == 2
    assert view.cards[0].title.text() == "epoch 2"
    np.testing.assert_array_equal(drawn(view, item=1)[1], 2 * Y)


def test_a_figure_of_another_layout_gets_the_cards_it_needs(view: FigureView, qtbot: QtBot) -> None:
    curve, images = Panel("a", (Curve(X, Y),)), Panel("b", (Images(np.zeros((1, 2, 2)), 1, 1.0),))
    view.show_figure(Figure(((curve,),)))
    first = view.cards[0]
    view.show_figure(Figure(((curve, images), (curve,))))
    assert view.cards[0] is first
    assert [type(card.content) for card in view.cards] == [AxesPanel, ImagesPanel, AxesPanel]
    view.show_figure(Figure(((images, curve),)))
    assert [type(card.content) for card in view.cards] == [ImagesPanel, AxesPanel]
    view.show_figure(Figure())
    assert view.cards == []
    qtbot.wait(1)


def test_a_mark_of_another_kind_takes_the_place_of_one(view: FigureView) -> None:
    heat = Heatmap(X, X, np.eye(3), "h")
    view.show_figure(of_one(heat, Curve(X, Y)))
    view.show_figure(of_one(Curve(X, Y)), fresh=False)
    assert len(axes(view)._marks) == 1
    view.show_figure(of_one(heat, heat), fresh=False)
    assert axes(view).getPlotItem().layout.itemAt(2, 5) is not None
    view.show_figure(of_one(), fresh=False)
    assert axes(view).getPlotItem().layout.itemAt(2, 5) is None


AWKWARD: tuple[Mark, ...] = (
    Curve(np.zeros(0), np.zeros(0), "none"),
    Curve(X, np.full(3, np.nan), low=np.full(3, np.nan), high=np.full(3, np.nan)),
    Curve(np.array([np.nan, np.inf, 0.0]), np.array([-np.inf, 1.0, 0.0])),
    Curve(X, np.array([1.0, np.nan, 2.0])),
    Points(np.zeros(0), np.zeros(0), error=np.zeros(0)),
    Points(X, np.array([0.0, np.nan, -1.0]), error=np.array([np.nan, 1.0, 1.0])),
    Bars(np.zeros(0), np.zeros(0)),
    Bars(np.array([0.0, 1.0, 2.0]), np.array([0.0, np.nan])),
    Heatmap(np.zeros(0), np.zeros(0), np.zeros((0, 0)), "none"),
    Heatmap(X, X, np.full((3, 3), np.nan), "gaps", (0.5,)),
    Heatmap(X, X, np.ones((3, 3)), "flat", (0.5, 1.0)),
    Heatmap(np.ones(1), np.ones(1), np.array([[np.inf]]), "one", (1.0,)),
    Heatmap(-X, X, np.eye(3), "below zero"),
    Marker(float("nan")),
    Marker(0.0),
    Images(np.zeros((0, 8, 8)), 4, 16.0),
    Images(np.full((2, 3, 3), np.nan), 4, 16.0),
)


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("mark", AWKWARD, ids=lambda mark: type(mark).__name__)
def test_gaps_zeros_and_nothing_at_all_are_drawn_as_such(
    view: FigureView, mark: Mark, logarithmic: bool
) -> None:
    fine = Curve(X, Y)
    view.show_figure(of_one(fine, mark, x_log=logarithmic, y_log=logarithmic))
    view.grab()
    view.show_figure(of_one(mark, x_log=logarithmic, y_log=logarithmic), fresh=False)
    view.grab()
    if isinstance(view.cards[0].content, AxesPanel):
        assert np.isfinite(shown_range(view)).all()


def test_ranges_that_are_given_are_shown_exactly(view: FigureView) -> None:
    view.show_figure(of_one(Curve(X, Y), x_range=(0.0, 5.0), y_range=(-1.0, 1.0)))
    x, y = shown_range(view)
    np.testing.assert_allclose([*x, *y], [0, 5, -1, 1])
    view.show_figure(of_one(Curve(X, Y), y_range=(10.0, 1000.0), y_log=True))
    np.testing.assert_allclose(shown_range(view)[1], [1, 3])


def test_heights_that_count_are_those_inside_the_range_on_view() -> None:
    curve = Curve(np.array([0.0, 1.0, 100.0]), np.array([0.0, 1.0, 1e6]))
    panel = Panel("near", (curve,), x_range=(0.0, 2.0))
    assert bounds_of(panel).y[1] < 1.1


def test_ranges_stay_while_they_serve() -> None:
    assert steady((0, 10), (0, 9)) == (0, 10)
    assert steady((0, 10), (-1, 9)) == (-1, 9)
    assert steady((0, 10), (0, 4)) == (0, 4)


def test_a_square_panel_has_one_scale(view: FigureView) -> None:
    view.show_figure(of_one(Points(X, X * 5), square=True))
    assert axes(view).getViewBox().state["aspectLocked"] == 1.0
    x, y = shown_range(view)
    box = axes(view).getViewBox().boundingRect()
    assert (x[1] - x[0]) / box.width() == pytest.approx((y[1] - y[0]) / box.height(), rel=0.02)


def test_the_legend_names_each_thing_once_and_grows_where_it_is_narrow(qtbot: QtBot) -> None:
    legend = Legend(LIGHT)
    qtbot.addWidget(legend)
    marks = (*(Curve(X, Y, "draw", faint=True) for _ in range(3)), Points(X, Y, "the data"), Bars(X, Y[:2]))
    legend.show_panel(Panel("p", (*marks, Marker(1.0, "exact"), Heatmap(X, X, np.eye(3), "colour"))))
    assert legend.names == ("draw", "the data", "exact")
    assert legend.heightForWidth(60) > 2 * legend.heightForWidth(600)
    legend.resize(60, 60)
    legend.grab()


def test_axes_are_named_and_long_names_are_shortened(view: FigureView) -> None:
    view.show_figure(Figure(((Panel("p", (Curve(X, Y),), "x < 0 (m)", "y" * 400),),)))
    assert "x &lt; 0 (m)" in axes(view).getAxis("bottom").labelText
    assert "…" in axes(view).getAxis("left").labelText


def test_results_side_by_side_are_on_the_same_axes(view: FigureView) -> None:
    figures = [of_one(Curve(X, scale * Y)) for scale in (1.0, 3.0)]
    both = side_by_side(["seed 0", "seed 1"], [*figures])
    assert [panel.title for panel in both.panels] == ["seed 0\none", "seed 1\none"]
    view.show_figure(both)
    np.testing.assert_allclose(shown_range(view, 0)[1], shown_range(view, 1)[1])
    assert shown_range(view, 0)[1][1] > 3000


def test_a_result_with_fewer_panels_leaves_a_place_empty() -> None:
    both = side_by_side(["a", "b"], [of_one(Curve(X, Y)), Figure()])
    assert [len(row) for row in both.rows] == [2]
    assert both.rows[0][1].marks == ()


def test_panels_of_other_scales_keep_their_own_ranges() -> None:
    panels = [Panel("a", (Curve(X, Y),), y_log=True), Panel("b", (Curve(X, Y),))]
    assert on_one_scale(panels) == panels
