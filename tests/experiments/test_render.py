"""Figures as matplotlib draws them: every mark where its numbers say, names that fit, pictures of the right size."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import same_color

from landscape_app.experiments.figure import (
    RESULTS,
    Bars,
    Curve,
    Figure,
    Heatmap,
    Images,
    Limits,
    Mark,
    Marker,
    Panel,
    Points,
    Role,
    is_equal,
    limits_of,
    on_one_scale,
)
from landscape_app.experiments.render import DOTS, PAPER, PanelSheet, Picture, miniature, sheet_of

X = np.array([1.0, 2.0, 3.0])
Y = np.array([10.0, 100.0, 1000.0])


def place_of(panel: Panel) -> Any:
    """The part of a sheet of paper with the panel alone on it."""
    return sheet_of(Figure(((panel,),)), "A title").subfigs[1].subfigs[0]


def drawn(place: Any) -> Any:
    """Draws the sheet, which puts numbers at their places; returns what measures them."""
    canvas = place.get_figure(root=True).canvas
    canvas.draw()
    return canvas.get_renderer()


def axes_of(*marks: Mark, **looks: Any) -> Any:
    return place_of(Panel("one", marks, "x", "y", **looks)).axes[0]


def picture_of(panel: Panel, *size: float) -> Picture:
    return PanelSheet().picture_of(panel, PAPER, *size)


def pixels_of(panel: Panel, *size: float) -> np.ndarray:
    pixels = picture_of(panel, *size).pixels
    assert pixels is not None
    return pixels


def words_of(panel: Panel) -> list[str]:
    return [text.get_text() for text in place_of(panel).texts]


def labels_at(axes: Any, side: str) -> list[tuple[float, str]]:
    axis = axes.yaxis if side == "left" else axes.xaxis
    places = axis.get_majorticklocs()
    return list(zip(places, axis.get_major_formatter().format_ticks(list(places)), strict=True))


def test_a_curve_is_drawn_through_its_points_with_its_band() -> None:
    axes = axes_of(Curve(X, Y, low=Y - 1, high=Y + 2))
    (line,), (band,) = axes.lines, axes.collections
    np.testing.assert_array_equal(line.get_xydata(), np.stack([X, Y], 1))
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
    assert {*zip(X, Y - 1, strict=True), *zip(X, Y + 2, strict=True)} <= corners


def test_on_logarithmic_axes_numbers_without_a_logarithm_leave_gaps() -> None:
    error = np.array([1.0, 1.0, 2000.0])
    axes = axes_of(
        Curve(X, np.array([1.0, 0.0, 9.0])), Points(X, Y, error=error), Marker(-1.0), x_log=True, y_log=True
    )
    curve, dots = axes.lines
    assert np.isnan(curve.get_ydata()[1])
    np.testing.assert_array_equal(dots.get_ydata(), Y)
    (bars,) = axes.collections
    np.testing.assert_allclose(
        [segment[:, 1] for segment in bars.get_segments()], [[9, 11], [99, 101], [-1000, 3000]]
    )
    # The end of a bar below zero lies beneath the plot.
    assert axes.transData.transform((3.0, -1000.0))[1] < axes.bbox.y0
    assert axes.get_ylim()[0] > 0


def test_a_histogram_has_its_heights_between_its_edges() -> None:
    axes = axes_of(Bars(np.array([0.0, 1.0, 3.0]), np.array([2.0, 5.0])))
    values, edges, baseline = axes.patches[0].get_data()
    np.testing.assert_array_equal(values, [2, 5])
    np.testing.assert_array_equal(edges, [0, 1, 3])
    assert baseline == 0
    assert axes.get_ylim()[0] < 0 < 5 < axes.get_ylim()[1]


@pytest.mark.parametrize("logarithmic", [False, True])
def test_a_heat_map_has_its_colours_where_its_values_are(logarithmic: bool) -> None:
    values = np.array([[0.0, 1.0, 2.0], [3.0, np.nan, 4.0]])
    heat = Heatmap(X, np.array([0.0, 2.0]), values, "S (nats)", contours=(1.5, 3.5, 99.0))
    place = place_of(Panel("one", (heat,), x_log=logarithmic))
    axes, bar = place.axes
    drawn = axes.collections[0] if logarithmic else axes.images[0]
    np.testing.assert_array_equal(np.ma.masked_invalid(values).compressed(), drawn.get_array().compressed())
    if not logarithmic:
        assert axes.images[0].get_extent() == [0.5, 3.5, -1.0, 3.0]
    assert drawn.get_clim() == (0.0, 4.0)
    assert bar.get_ylabel() == "S (nats)"
    assert len(axes.collections) == 1 + logarithmic  # the contours, as one


def test_images_are_drawn_in_ink_with_one_pixel_between_them() -> None:
    images = np.random.default_rng(0).uniform(0, 16, (5, 4, 3))
    images[0, 0, 0], images[0, 0, 1] = 40.0, np.nan
    axes = axes_of(Images(images, 3, 16.0, ("noise", "digits"), ("a", "b", "c")))
    pixels = axes.images[0].get_array()
    assert pixels.shape == (2 * 4 + 1, 3 * 3 + 2, 4)
    expected = 255 * (1 - (images[4] / 16) ** 0.9)
    np.testing.assert_allclose(pixels[5:9, 4:7, 0], expected, atol=1)
    assert pixels[0, 0, 0] == 0
    assert pixels[0, 1, 0] == 255
    assert [text for _, text in labels_at(axes, "left")] == ["noise", "digits"]
    assert [text for _, text in labels_at(axes, "bottom")] == ["a", "b", "c"]


def test_pixels_of_images_are_of_one_size() -> None:
    stripes = np.indices((1, 24, 24))[2] % 2
    panel = Panel("stripes", (Images(stripes.astype(float), 1, 1.0),))
    for width in (2.0, 2.37, 3.1):
        dark = pixels_of(panel, width, 2.0, 96)[120, :, 0] < 64
        lengths = np.diff(np.flatnonzero(np.diff(dark.astype(int))))[1:-1]
        assert len(lengths) > 3
        assert len(set(lengths)) == 1


AWKWARD: tuple[Mark, ...] = (
    Curve(np.zeros(0), np.zeros(0), "none"),
    Curve(X, np.full(3, np.nan), low=np.full(3, np.nan), high=np.full(3, np.nan)),
    Curve(np.array([np.nan, np.inf, 0.0]), np.array([-np.inf, 1.0, 0.0])),
    Curve(X, np.array([1.0, np.nan, 2.0])),
    Curve(X, np.full(3, 1e200), "huge"),
    Points(np.zeros(0), np.zeros(0), error=np.zeros(0)),
    Points(X, np.array([0.0, np.nan, -1.0]), error=np.array([np.nan, 1.0, -1.0])),
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
def test_gaps_zeros_and_nothing_at_all_are_drawn_as_such(mark: Mark, logarithmic: bool) -> None:
    panel = Panel("$odd_{", (mark,), "x", "y", x_log=logarithmic, y_log=logarithmic)
    assert np.isfinite(limits_of(panel)).all()
    assert miniature(panel, PAPER, 1.0, 0.6, 50).shape == (30, 50, 4)
    if isinstance(mark, Heatmap):
        picture_of(panel, 2.0, 2.0, 50)


@pytest.mark.parametrize("logarithmic", [False, True])
def test_odd_marks_are_drawn_among_others(logarithmic: bool) -> None:
    panel = Panel("all", (Curve(X, Y), *AWKWARD), "x", "y", x_log=logarithmic, y_log=logarithmic)
    assert pixels_of(panel, 2.0, 2.0, 50).shape == (100, 100, 4)


def test_ranges_that_are_given_are_shown_exactly() -> None:
    axes = axes_of(Curve(X, Y), x_range=(0.0, 5.0), y_range=(-1.0, 1.0))
    assert (axes.get_xlim(), axes.get_ylim()) == ((0.0, 5.0), (-1.0, 1.0))


def test_heights_that_count_are_those_inside_the_range_on_view() -> None:
    curve = Curve(np.array([0.0, 1.0, 100.0]), np.array([0.0, 1.0, 1e6]))
    assert limits_of(Panel("near", (curve,), x_range=(0.0, 2.0))).y[1] < 1.1


def test_ranges_stay_while_they_serve() -> None:
    def of(low: float, high: float) -> Panel:
        return Panel("p", (Curve(np.array([low, high]), np.array([low, high])),), y_range=(0.0, 1.0))

    shown = Limits((0.0, 10.0), (5.0, 6.0))
    assert limits_of(of(0.5, 9.5), shown) == ((0.0, 10.0), (0.0, 1.0))
    assert limits_of(of(-1.0, 9.0), shown).x == limits_of(of(-1.0, 9.0)).x
    assert limits_of(of(0.5, 4.0), shown).x == limits_of(of(0.5, 4.0)).x


def test_panels_of_other_scales_keep_their_own_ranges() -> None:
    panels = [Panel("a", (Curve(X, Y),), y_log=True), Panel("b", (Curve(X, Y),))]
    assert on_one_scale(panels) == panels
    both = on_one_scale([Panel("a", (Curve(X, Y),), y_log=True), Panel("b", (Curve(X, 9 * Y),), y_log=True)])
    assert limits_of(both[0]) == limits_of(both[1])
    assert limits_of(both[0]).y[1] > 9000


def test_a_square_panel_has_one_scale() -> None:
    axes = axes_of(Points(X, X * 5), square=True)
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert (right - left) / axes.bbox.width == pytest.approx((high - low) / axes.bbox.height, rel=1e-6)
    assert left < 1
    assert high > 15


def test_the_legend_names_each_thing_once() -> None:
    draws = [Curve(X, Y, "draw", faint=True) for _ in range(3)]
    marks = (Points(X, Y, "the data"), Bars(X, Y[:2]))
    panel = Panel("p", (*draws, *marks, Marker(1.0, "exact"), Heatmap(X, X, np.eye(3), "colour")))
    assert words_of(panel) == ["p", "draw", "the data", "exact"]


def test_long_titles_and_legends_take_lines_that_fit_and_leave_the_plot_its_place() -> None:
    marks = tuple(Curve(X, Y, f"a rather long name, number {number}") for number in range(5))
    short = picture_of(Panel("short", marks[:1], "x", "y"), 2.5, 3.0, 72)
    long = picture_of(Panel("a title of many words " * 4, marks, "x", "y"), 2.5, 3.0, 72)
    assert long.around > short.around + 6 * 8 / 72
    place = place_of(Panel("a title of many words " * 9, marks, "x" * 400, "y" * 400))
    renderer = drawn(place)
    texts = [*place.texts, place.axes[0].xaxis.label, place.axes[0].yaxis.label]
    assert len(place.texts) > 6
    for text in texts:
        box = text.get_window_extent(renderer)
        assert place.bbox.x0 <= box.x0
        assert box.x1 <= place.bbox.x1
        assert place.bbox.y0 <= box.y0
        assert box.y1 <= place.bbox.y1
    assert place.axes[0].get_xlabel().endswith("…")
    assert min(text.get_window_extent(renderer).y0 for text in place.texts) >= place.axes[0].bbox.y1


@pytest.mark.parametrize("size", [3e-6, 123_456.0])
def test_the_numbers_of_an_axis_do_not_run_into_its_name(size: float) -> None:
    place = place_of(Panel("p", (Curve(X, size * np.array([-1.0, 0.5, 1.0])),), "epoch", "nats"))
    axes = place.axes[0]
    renderer = drawn(place)
    numbers = [label.get_window_extent(renderer) for label in axes.get_yticklabels()]
    name = axes.yaxis.label.get_window_extent(renderer)
    assert name.x1 < min(box.x0 for box in numbers)
    below = [label.get_window_extent(renderer) for label in axes.get_xticklabels()]
    assert axes.xaxis.label.get_window_extent(renderer).y1 < min(box.y0 for box in below)


def test_names_along_an_axis_do_not_run_into_one_another() -> None:
    names = tuple((float(i), f"the name of column {i}") for i in range(24))
    for columns in (24, 9, 3):
        heat = Heatmap(np.arange(float(columns)), np.arange(24.0), np.zeros((24, columns)), "share")
        place = place_of(Panel("p", (heat,), x_names=names[:columns], y_names=names))
        renderer = drawn(place)
        axes = place.axes[0]
        for side, labels in (("x", axes.get_xticklabels()), ("y", axes.get_yticklabels())):
            boxes = [label.get_window_extent(renderer) for label in labels]
            assert len(boxes) > 1
            for one, next_one in itertools.pairwise(boxes):
                assert one.x1 < next_one.x0 if side == "x" else one.y1 <= next_one.y0 + 1
    assert len(axes.get_xticklabels()) == 3
    assert all(label.get_text().endswith("…") for label in axes.get_yticklabels())


@pytest.mark.parametrize(("sizes", "plain"), [([25.0, 50.0, 800.0], True), ([1.0, 1e5], False)])
def test_a_logarithmic_axis_of_few_decades_has_plain_numbers(sizes: list[float], plain: bool) -> None:
    axes = axes_of(Points(np.array(sizes), np.array(sizes)), x_log=True)
    shown = [text for _, text in labels_at(axes, "bottom")]
    assert ({"50", "100", "200", "500"} <= set(shown)) is plain


def test_a_logarithmic_axis_says_the_number_at_each_tick() -> None:
    axes = axes_of(Points(X, np.array([2e-9, 1.0, 1e6])), y_log=True)
    for place, text in labels_at(axes, "left"):
        assert float(text.replace("−", "-")) == pytest.approx(place)


def test_an_axis_without_anything_to_read_off_has_no_numbers() -> None:
    place = place_of(Panel("p", ()))
    assert not any(label.get_visible() for label in place.axes[0].get_yticklabels() if label.get_text())
    assert axes_of(Curve(X, Y)).get_yticklabels()[0].get_text()


@pytest.mark.parametrize("role", [role for role in Role if role not in RESULTS])
def test_every_role_has_a_colour_of_its_own(role: Role) -> None:
    others = [PAPER.roles[other] for other in Role if other not in RESULTS and other is not role]
    assert not any(same_color(PAPER.roles[role], other) for other in (*others, PAPER.surface))
    assert same_color(axes_of(Curve(X, Y, role=role)).lines[0].get_color(), PAPER.roles[role])


def test_a_picture_has_the_size_it_is_asked_for() -> None:
    panel = Panel("p", (Curve(X, Y, "curve"),), "x", "y")
    assert pixels_of(panel, 3.0, 2.0, 144).shape == (288, 432, 4)
    assert miniature(panel, PAPER, 84 / 96, 60 / 96, 192).shape == (120, 168, 4)
    # Nothing is written outside of its own settings.
    assert (pixels_of(panel, 3.0, 2.0, 72)[0, 0] == 255).all()


def test_a_sheet_that_is_used_again_is_drawn_like_a_new_one() -> None:
    heat = Heatmap(X, X, np.eye(3), "share", (0.5,))
    images = Images(np.random.default_rng(0).uniform(0, 16, (4, 5, 5)), 2, 16.0, ("a", "b"))
    curves = (Curve(X, Y, "curve", low=Y / 2, high=2 * Y), Points(X, Y, "points", error=Y / 3), Marker(2.0))
    panels = [
        Panel("first", curves, "x", "y"),
        Panel("longer numbers", (Curve(X, 1e6 * Y),), "x", "y"),
        Panel("first", curves, "x", "y"),
        Panel("", ()),
        Panel("logarithmic", (*curves, Bars(X, Y[:2])), "x", "y", y_log=True),
        Panel("logarithmic, later", curves[:1], "x", "y", y_log=True),
        Panel("map", (heat,), x_names=((1.0, "one"), (2.0, "two"), (3.0, "three"))),
        Panel("map", (replace(heat, values=3 * np.eye(3)), Curve(X, X))),
        Panel("images", (images,)),
        Panel("other images", (replace(images, rows=(), heads=("c", "d")),)),
        Panel("square", curves, "x", "y", square=True),
    ]
    sheet = PanelSheet()
    for k, panel in enumerate(panels):
        size = (2.5 + 0.3 * (k % 2), 2.0, 72 + 24 * (k % 3))
        again, new = sheet.picture_of(panel, PAPER, *size), picture_of(panel, *size)
        np.testing.assert_array_equal(again.pixels, new.pixels, err_msg=panel.title)
        assert again.around == new.around


def test_a_plot_that_would_be_too_low_is_not_drawn() -> None:
    low, high = (picture_of(Panel("p", (Curve(X, Y),)), 2.0, height, 72, 1.0) for height in (1.2, 2.0))
    assert low.pixels is None
    assert high.pixels is not None
    assert low.around == high.around


def test_equal_panels_are_told_from_others() -> None:
    one, other = (Panel("p", (Curve(X.copy(), np.array([1.0, np.nan, 2.0]), "a"),)) for _ in range(2))
    assert is_equal(one, other)
    assert not is_equal(one, Panel("p", (Curve(X, np.array([1.0, 3.0, 2.0]), "a"),)))
    assert not is_equal(one, Panel("q", one.marks))
    assert not is_equal(one, Panel("p", ()))


def test_paper_has_the_rows_of_its_figure() -> None:
    panel = Panel("p", (Curve(X, Y),))
    sheet = sheet_of(Figure(((panel, panel), (panel,))), "A title")
    assert sheet.dpi == DOTS
    assert [len(band.subfigs) for band in sheet.subfigs[1:]] == [2, 1]
    assert "A title" in [text.get_text() for text in sheet.texts]
