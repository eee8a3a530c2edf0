"""Several results in the same panels: marks in common, marks of each, and panels that cannot be overlaid."""

from typing import Any

import numpy as np
import pytest

from landscape_app.experiments.comparison import can_be_overlaid, overlaid, overlay
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
from landscape_app.experiments.render import PAPER, sheet_of
from landscape_app.gui.theme import DARK, LIGHT
from landscape_app.gui.widgets.panel_canvas import style_of

X = np.linspace(0.0, 1.0, 5)


def panel(height: float, *more: Mark, title: str = "Lines") -> Panel:
    """A line of a result's own, and a truth that all share."""
    truth, own = Curve(X, X, "exact", Role.TRUTH, dashed=True), Curve(X, height * X, "Min-MaxEnt", Role.MODEL)
    return Panel(title, (truth, own, *more), "x", "y")


def names(panel: Panel) -> list[str]:
    return [mark.name for mark in panel.marks if not isinstance(mark, Images) and mark.name]


def test_what_all_results_share_is_drawn_once_and_the_rest_in_a_colour_each() -> None:
    one = overlay(["seed 0", "seed 1"], [panel(2), panel(3)])
    assert names(one) == ["seed 0", "seed 1", "Min-MaxEnt", "exact"]
    lines = [mark for mark in one.marks if isinstance(mark, Curve) and len(mark.x)]
    assert [line.role for line in lines] == [Role.TRUTH, Role.FIRST, Role.SECOND]
    for line, height in zip(lines, (1, 2, 3), strict=True):
        np.testing.assert_array_equal(line.y, height * X)
    data = Bars(np.arange(3.0), np.ones(2), "data", Role.DATA)
    both = overlay(["a", "b"], [panel(2, data), panel(3, data)])
    assert [mark.role for mark in both.marks if isinstance(mark, Bars)] == [Role.ANY]
    assert one.y_range is not None
    assert one.y_range[1] >= 3


def test_the_stroke_says_what_a_curve_is() -> None:
    rivals = [Curve(X, height * X**2, "VAE", Role.RIVAL) for height in (2, 3)]
    one = overlay(["a", "b"], [panel(2, rivals[0]), panel(3, rivals[1])])
    drawn = [mark for mark in one.marks if isinstance(mark, Curve) and len(mark.x) and mark.role in RESULTS]
    assert [(mark.role, mark.dashed, mark.dotted) for mark in drawn] == [
        (role, dashed, False) for role in (Role.FIRST, Role.SECOND) for dashed in (False, True)
    ]
    samples = {mark.name: mark for mark in one.marks if isinstance(mark, Curve) and mark.role is Role.ANY}
    assert {name: mark.dashed for name, mark in samples.items()} == {"Min-MaxEnt": False, "VAE": True}


def test_names_and_titles_that_differ_are_all_said() -> None:
    bars = [Bars(np.arange(3.0), np.array([h, 1.0]), f"{h} points") for h in (10, 20)]
    one = overlay(
        ["a", "b"], [panel(2, bars[0], title="At epoch 10"), panel(3, bars[1], title="At epoch 20")]
    )
    assert one.title == "At epoch 10 / At epoch 20"
    assert "10 points / 20 points" in names(one)


def test_histograms_are_overlaid_as_outlines() -> None:
    bars = [Bars(np.array([0.0, 1.0, 3.0]), np.array([h, 1.0]), "energies", Role.DATA) for h in (2.0, 5.0)]
    one = overlay(["a", "b"], [Panel("Bars", (some,)) for some in bars])
    outline = one.marks[-1]
    assert isinstance(outline, Curve)
    np.testing.assert_array_equal(outline.x, [0, 0, 1, 1, 3, 3])
    np.testing.assert_array_equal(outline.y, [0, 5, 5, 1, 1, 0])
    assert outline.role is Role.SECOND
    assert (outline.dashed, outline.dotted) == (False, True)


def test_a_result_that_was_stopped_before_a_panel_is_left_out_there() -> None:
    full, stopped = Figure(((panel(2), panel(4)),)), Figure(((panel(3),),))
    first, second = overlaid(["full", "stopped"], [full, stopped]).panels
    assert names(first)[:2] == ["full", "stopped"]
    assert "stopped" not in names(second)
    assert second.marks


@pytest.mark.parametrize(
    "marks",
    [
        [Heatmap(X, X, np.full((5, 5), height), "density") for height in (1.0, 2.0)],
        [Images(np.full((2, 4, 4), level), 2, 16.0) for level in (1, 2)],
    ],
)
def test_what_colours_cannot_tell_apart_stands_side_by_side(marks: list[Mark]) -> None:
    figures = [
        Figure(((panel(height), Panel("Plane", (mark,))), (panel(height),)))
        for height, mark in zip((2, 3), marks, strict=True)
    ]
    rows = overlaid(["a", "b"], figures).rows
    assert [len(row) for row in rows] == [1, 1, 2]
    assert [one.title for one in rows[-1]] == ["a\nPlane", "b\nPlane"]


def test_dots_of_several_meanings_are_not_overlaid() -> None:
    data = [Points(X, height * X, "data") for height in (2, 3)]
    chains = [Points(X, height * X**2, "chains", Role.MODEL) for height in (2, 3)]
    assert can_be_overlaid([panel(2, data[0]), panel(3, data[1])])
    assert not can_be_overlaid([panel(2, data[0], chains[0]), panel(3, data[1], chains[1])])


def test_every_kind_of_mark_is_drawn_and_named() -> None:
    def marks(height: float) -> tuple[Mark, ...]:
        return (
            Points(X, height * X, "dots", Role.MODEL, error=X / 10),
            Bars(np.arange(3.0), np.array([height, 1.0]), "bars"),
            Marker(height, "level", upright=False, role=Role.RIVAL),
            Curve(X, height + X, "band", Role.OTHER, low=X, high=X + height),
        )

    figure = overlaid(["a", "b"], [Figure(((panel(h, *marks(h)),),)) for h in (2.0, 3.0)])
    place: Any = sheet_of(figure, "Overlaid").subfigs[1].subfigs[0]
    words = [text.get_text() for text in place.texts]
    assert words[1:] == ["a", "b", "Min-MaxEnt", "dots", "bars", "level", "band", "exact"]


@pytest.mark.parametrize("look", ["paper", "light", "dark"])
def test_every_result_has_a_colour_of_its_own_that_can_be_read(qapp: object, look: str) -> None:
    style = PAPER if look == "paper" else style_of(LIGHT if look == "light" else DARK)
    assert len({style.roles[role] for role in (*RESULTS, Role.ANY, Role.TRUTH)}) == len(RESULTS) + 2
    for role in RESULTS:
        assert contrast(style.roles[role], style.surface) > 3


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.1)."""

    def luminance(colour: str) -> float:
        channels = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
        linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    high, low = sorted([luminance(one), luminance(other)], reverse=True)
    return (high + 0.05) / (low + 0.05)
