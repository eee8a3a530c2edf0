"""Several results of one experiment as one figure: side by side on the same axes, or laid over one another."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

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
    is_equal,
    on_one_scale,
)
from landscape_app.experiments.result import Result
from landscape_app.language import tr

NONE = np.zeros(0)
STROKES = {
    Role.MODEL: (False, False),
    Role.TRUTH: (True, False),
    Role.RIVAL: (True, False),
    Role.DATA: (False, True),
    Role.OTHER: (True, True),
}
"""Dashed and dotted strokes by the meaning of a curve: in an overlay the colour tells the result."""

ColouredMark = Curve | Points | Bars | Marker


class Placing(enum.Enum):
    """Place of the results; the value says it in words."""

    SIDE_BY_SIDE = tr("side by side")
    OVERLAID = tr("overlaid")

    def figure(self, labels: Sequence[str], figures: Sequence[Figure]) -> Figure:
        """The figures of several results as one."""
        return (side_by_side if self is Placing.SIDE_BY_SIDE else overlaid)(labels, figures)


def side_by_side(labels: Sequence[str], figures: Sequence[Figure]) -> Figure:
    """A row for every panel, a column for every figure, each with its label above.

    Args:
        labels: one a figure.
        figures: of one experiment; the places of missing panels stay empty.
    """
    most = max((len(figure.panels) for figure in figures), default=0)
    return Figure(tuple(_row(labels, [_panel(figure, k) for figure in figures]) for k in range(most)))


def overlaid(labels: Sequence[str], figures: Sequence[Figure]) -> Figure:
    """The panels of the fullest figure with the marks of all; below, side by side, what cannot be overlaid.

    Args:
        labels: one a figure, at most as many as there are colours for results.
        figures: of one experiment; the marks of missing panels are missing.
    """
    rows, beside = [], []
    first = 0
    for row in max(figures, key=lambda figure: len(figure.panels)).rows:
        columns = [[_panel(figure, first + k) for figure in figures] for k in range(len(row))]
        first += len(row)
        laid_over = tuple(overlay(labels, panels) for panels in columns if can_be_overlaid(panels))
        if laid_over:
            rows.append(laid_over)
        beside += [_row(labels, panels) for panels in columns if not can_be_overlaid(panels)]
    return Figure((*rows, *beside))


def together(labels: Sequence[str], results: Sequence[Result], figure: Figure) -> Result:
    """Results as one, to be saved: a figure of all, and every finding of each, but no one setting."""
    return Result(
        experiment=results[0].experiment,
        values={},
        figure=figure,
        findings=tuple(
            finding._replace(quantity=f"{label}: {finding.quantity}")
            for label, result in zip(labels, results, strict=True)
            for finding in result.findings
        ),
        seconds=sum(result.seconds for result in results),
        is_complete=all(result.is_complete for result in results),
    )


def can_be_overlaid(panels: Sequence[Panel]) -> bool:
    """True where colours tell the results apart: not for images, planes, or dots of two meanings."""
    drawn = [panel for panel in panels if panel.marks]
    if len({(panel.x_log, panel.y_log) for panel in drawn}) > 1:
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


def _row(labels: Sequence[str], panels: Sequence[Panel]) -> tuple[Panel, ...]:
    return tuple(
        replace(panel, title=f"{label}\n{panel.title}")
        for label, panel in zip(labels, on_one_scale(panels), strict=True)
    )


def _panel(figure: Figure, k: int) -> Panel:
    return figure.panels[k] if k < len(figure.panels) else Panel(tr("it was stopped before this"), ())


def _own_marks(panels: Sequence[Panel]) -> list[list[Mark]]:
    """Of every panel, the marks that another has not."""
    return [
        [mark for mark in panel.marks if not all(_is_among(mark, other.marks) for other in panels)]
        for panel in panels
    ]


def _is_among(mark: Mark, marks: Iterable[Mark]) -> bool:
    return any(is_equal(mark, other) for other in marks)


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
