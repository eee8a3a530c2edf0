"""Several results of one experiment in one set of panels: the colour says which result, the stroke what it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from landscape_app.experiments.figure import (
    RESULTS,
    Bars,
    Curve,
    Heatmap,
    Images,
    Mark,
    Marker,
    Panel,
    Points,
    Role,
)
from landscape_app.gui.widgets.panel_bounds import on_one_scale, scales_of

NONE = np.zeros(0)
STROKES = {
    Role.MODEL: (False, False),
    Role.TRUTH: (True, False),
    Role.RIVAL: (True, False),
    Role.DATA: (False, True),
    Role.OTHER: (True, True),
}
"""By what a curve stands for: whether it is dashed, and whether it is dotted."""

ColouredMark = Curve | Points | Bars | Marker


def can_be_overlaid(panels: Sequence[Panel]) -> bool:
    """Whether colours tell the results apart: not in images, nor over a plane, nor where dots have two meanings."""
    drawn = [panel for panel in panels if panel.marks]
    if any(scales_of(panel) != scales_of(drawn[0]) for panel in drawn):
        return False
    own = [mark for marks in _own_marks(drawn) for mark in marks]
    if any(isinstance(mark, Heatmap | Images) for mark in own):
        return False
    return len({mark.role for mark in own if isinstance(mark, Points)}) < 2


def overlay(labels: Sequence[str], panels: Sequence[Panel]) -> Panel:
    """One panel with the marks of all; what is the same in all is drawn once, in no result's colour.

    Args:
        labels: one a panel, at most as many as there are colours for results.
        panels: the same panel of each result; those without marks are left out.
    """
    chosen = [
        (role, label, panel)
        for role, label, panel in zip(RESULTS, labels, panels, strict=False)
        if panel.marks
    ]
    drawn = on_one_scale([panel for _, _, panel in chosen])
    if not drawn:
        return panels[0]
    own = _own_marks(drawn)
    coloured = [
        _coloured(mark, role) for (role, _, _), marks in zip(chosen, own, strict=True) for mark in marks
    ]
    shared = [_uncoloured(mark) for mark in drawn[0].marks if mark not in own[0]]
    results = [Curve(NONE, NONE, label, role) for role, label, _ in chosen]
    title = " / ".join(dict.fromkeys(panel.title for panel in drawn))
    return replace(drawn[0], title=title, marks=(*results, *_kinds(own), *shared, *coloured))


def _own_marks(panels: Sequence[Panel]) -> list[list[Mark]]:
    """Of every panel, the marks that another has not."""
    return [
        [mark for mark in panel.marks if not all(_is_among(mark, other.marks) for other in panels)]
        for panel in panels
    ]


def _is_among(mark: Mark, marks: Iterable[Mark]) -> bool:
    return any(_is_equal(mark, other) for other in marks)


def _is_equal(one: Mark, other: Mark) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            if not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
                return False
        elif a is not b and (isinstance(a, np.ndarray) or isinstance(b, np.ndarray) or a != b):
            return False
    return True


def _kinds(own: Sequence[Sequence[Mark]]) -> Iterator[Mark]:
    """A sample for the legend of everything that is drawn for each result, in a colour that is none of theirs."""
    named: dict[tuple[type, Role, int], list[ColouredMark]] = {}
    for marks in own:
        counts: dict[tuple[type, Role], int] = {}
        for mark in marks:
            if not isinstance(mark, Heatmap | Images) and mark.name:
                kind = (type(mark), mark.role)
                counts[kind] = counts.get(kind, 0) + 1
                named.setdefault((*kind, counts[kind]), []).append(mark)
    for alike in named.values():
        name = " / ".join(dict.fromkeys(mark.name for mark in alike))
        yield replace(_without_numbers(alike[0]), name=name, role=Role.ANY)


def _without_numbers(mark: ColouredMark) -> ColouredMark:
    match mark:
        case Curve():
            return replace(_stroked(mark), x=NONE, y=NONE, low=None, high=None)
        case Points():
            return replace(mark, x=NONE, y=NONE, error=None)
        case Bars():
            return _without_numbers(_outline(mark))
        case Marker():
            return replace(mark, at=np.nan)


def _coloured(mark: Mark, role: Role) -> Mark:
    match mark:
        case Curve():
            return replace(_stroked(mark), name="", role=role)
        case Bars():
            return replace(_stroked(_outline(mark)), name="", role=role)
        case Points() | Marker():
            return replace(mark, name="", role=role)
    return mark


def _outline(bars: Bars) -> Curve:
    """A histogram without its filling, which would hide the others."""
    x, y = np.repeat(bars.edges, 2), np.repeat(bars.heights, 2)
    return Curve(x, np.concatenate([[0.0], y, [0.0]]), bars.name, bars.role)


def _uncoloured(mark: Mark) -> Mark:
    if isinstance(mark, Heatmap | Images) or mark.role is Role.TRUTH:
        return mark
    return replace(mark, role=Role.ANY)


def _stroked(curve: Curve) -> Curve:
    dashed, dotted = STROKES[curve.role]
    return replace(curve, dashed=dashed, dotted=dotted)
