"""Several results of one experiment as one figure: the same panel of each side by side, on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from landscape_app.experiments import Result
from landscape_app.experiments.figure import Figure, Panel
from landscape_app.gui.widgets.panel_bounds import on_one_scale


def side_by_side(labels: Sequence[str], figures: Sequence[Figure]) -> Figure:
    """A row for every panel, a column for every figure, each with its label above.

    Args:
        labels: one a figure.
        figures: of one experiment; where one has fewer panels, its place stays empty.
    """
    most = max((len(figure.panels) for figure in figures), default=0)
    return Figure(tuple(_row(labels, [_panel(figure, k) for figure in figures]) for k in range(most)))


def together(labels: Sequence[str], results: Sequence[Result]) -> Result:
    """Results side by side as one, to be saved: it has every finding of each, and no one setting."""
    return Result(
        experiment=results[0].experiment,
        values={},
        figure=side_by_side(labels, [result.figure for result in results]),
        findings=tuple(
            finding._replace(quantity=f"{label}: {finding.quantity}")
            for label, result in zip(labels, results, strict=True)
            for finding in result.findings
        ),
        seconds=sum(result.seconds for result in results),
        is_complete=all(result.is_complete for result in results),
    )


def _row(labels: Sequence[str], panels: Sequence[Panel]) -> tuple[Panel, ...]:
    return tuple(
        replace(panel, title=f"{label}\n{panel.title}")
        for label, panel in zip(labels, on_one_scale(panels), strict=True)
    )


def _panel(figure: Figure, k: int) -> Panel:
    return figure.panels[k] if k < len(figure.panels) else Panel("it was stopped before this", ())
