"""Several results of one experiment as one figure: side by side on the same axes, or laid over one another."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from landscape_app.experiments import Result
from landscape_app.experiments.figure import Figure, Panel
from landscape_app.gui.experiments.overlay import can_be_overlaid, overlay
from landscape_app.gui.widgets.panel_bounds import on_one_scale


class Arrangement(enum.Enum):
    """How results are compared; the value says it in words."""

    SIDE_BY_SIDE = "side by side"
    OVERLAID = "overlaid"


@dataclass(frozen=True)
class Comparison:
    """Which results are compared, and how.

    Attributes:
        numbers: of the results, the oldest first.
        arrangement: how they stand.
    """

    numbers: tuple[int, ...]
    arrangement: Arrangement

    def figure(self, labels: Sequence[str], figures: Sequence[Figure]) -> Figure:
        """The figures of the results as one."""
        arrange = side_by_side if self.arrangement is Arrangement.SIDE_BY_SIDE else overlaid
        return arrange(labels, figures)


def side_by_side(labels: Sequence[str], figures: Sequence[Figure]) -> Figure:
    """A row for every panel, a column for every figure, each with its label above.

    Args:
        labels: one a figure.
        figures: of one experiment; where one has fewer panels, its place stays empty.
    """
    most = max((len(figure.panels) for figure in figures), default=0)
    return Figure(tuple(_row(labels, [_panel(figure, k) for figure in figures]) for k in range(most)))


def overlaid(labels: Sequence[str], figures: Sequence[Figure]) -> Figure:
    """The panels of one figure with the marks of all, a colour for each; below, side by side, what cannot be.

    Args:
        labels: one a figure, at most as many as there are colours for results.
        figures: of one experiment; where one has fewer panels, its marks are missing there.
    """
    return Figure(tuple(_overlaid_rows(labels, figures)))


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


def _overlaid_rows(labels: Sequence[str], figures: Sequence[Figure]) -> Iterator[tuple[Panel, ...]]:
    """The rows of the fullest figure, and below them what cannot be overlaid."""
    first, beside = 0, []
    for row in max(figures, key=lambda figure: len(figure.panels)).rows:
        columns = [[_panel(figure, first + k) for figure in figures] for k in range(len(row))]
        first += len(row)
        laid_over = tuple(overlay(labels, panels) for panels in columns if can_be_overlaid(panels))
        if laid_over:
            yield laid_over
        beside += [_row(labels, panels) for panels in columns if not can_be_overlaid(panels)]
    yield from beside


def _row(labels: Sequence[str], panels: Sequence[Panel]) -> tuple[Panel, ...]:
    return tuple(
        replace(panel, title=f"{label}\n{panel.title}")
        for label, panel in zip(labels, on_one_scale(panels), strict=True)
    )


def _panel(figure: Figure, k: int) -> Panel:
    return figure.panels[k] if k < len(figure.panels) else Panel("it was stopped before this", ())
