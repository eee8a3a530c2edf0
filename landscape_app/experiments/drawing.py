"""Figures on paper: PNG and SVG by matplotlib, which knows how."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Sheet
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from landscape_app.experiments.figure import (
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
    mosaic_of,
)

COLOURS = {
    Role.MODEL: "#0b8068",
    Role.DATA: "#1f62d6",
    Role.TRUTH: "#1a1e25",
    Role.RIVAL: "#c2590a",
    Role.OTHER: "#7a4bb5",
    Role.ANY: "#5a6472",
    Role.FIRST: "#1f62d6",
    Role.SECOND: "#c2590a",
    Role.THIRD: "#0b8068",
    Role.FOURTH: "#a3278f",
    Role.FIFTH: "#7d6a00",
    Role.SIXTH: "#0b7fa0",
}
FEW_DECADES = 300.0
"""Ratio of the ends of a logarithmic axis."""

STROKES = {(False, False): "-", (True, False): "--", (False, True): ":", (True, True): "-."}
"""By whether a curve is dashed, and whether it is dotted."""

PANEL_SIZE = (4.2, 3.2)
"""Width and height of a panel in inches."""

DOTS = 160
"""Of a PNG, per inch."""


def draw(figure: Figure, title: str, folder: Path, name: str) -> tuple[Path, Path]:
    """Writes a figure as PNG and SVG into a folder; returns the two paths.

    Raises:
        OSError: the folder cannot be written.
    """
    sheet = sheet_of(figure, title)
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    sheet.savefig(png, dpi=DOTS, metadata={"Title": title, "Software": "Landscape"})
    sheet.savefig(svg, metadata={"Title": title, "Creator": "Landscape", "Date": None})
    return png, svg


def sheet_of(figure: Figure, title: str) -> Sheet:
    """The figure drawn, as matplotlib holds it."""
    columns = max((len(row) for row in figure.rows), default=1)
    width, height = PANEL_SIZE[0] * columns, PANEL_SIZE[1] * max(len(figure.rows), 1)
    sheet = Sheet(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(sheet)
    sheet.suptitle(title, fontsize=12)
    bands = sheet.subfigures(max(len(figure.rows), 1), 1, squeeze=False)[:, 0]
    for band, row in zip(bands, figure.rows, strict=False):
        for axes, panel in zip(band.subplots(1, len(row), squeeze=False)[0], row, strict=True):
            _draw_panel(axes, panel)
    return sheet


def _draw_panel(axes: Axes, panel: Panel) -> None:
    axes.set_title(panel.title, fontsize=9)
    axes.tick_params(labelsize=8)
    for mark in panel.marks:
        _draw_mark(axes, mark)
    if panel.is_of_images:
        return
    axes.set_xlabel(panel.x_label, fontsize=8)
    axes.set_ylabel(panel.y_label, fontsize=8)
    if panel.x_log:
        axes.set_xscale("log")
    if panel.y_log:
        axes.set_yscale("log")
    if panel.x_range is not None:
        axes.set_xlim(*panel.x_range)
    if panel.y_range is not None:
        axes.set_ylim(*panel.y_range)
    for axis, is_log in ((axes.xaxis, panel.x_log), (axes.yaxis, panel.y_log)):
        if is_log:
            _number_ticks(axis)
    if panel.square:
        axes.set_aspect("equal", adjustable="datalim")
    if any(getattr(mark, "name", "") for mark in panel.marks if not isinstance(mark, Heatmap)):
        axes.legend(fontsize=7, framealpha=0.8)


def _number_ticks(axis: Axis) -> None:
    """Plain numbers at 1, 2 and 5 on a logarithmic axis of few decades, where powers of ten run into each other."""
    low, high = axis.get_view_interval()
    if high / low > FEW_DECADES:
        return
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _draw_mark(axes: Axes, mark: Mark) -> None:
    label = getattr(mark, "name", "") or None
    match mark:
        case Curve():
            colour = COLOURS[mark.role]
            style, width, opacity = (
                STROKES[mark.dashed, mark.dotted],
                0.8 if mark.faint else 1.5,
                0.35 if mark.faint else 1,
            )
            axes.plot(mark.x, mark.y, style, color=colour, linewidth=width, alpha=opacity, label=label)
            if mark.low is not None and mark.high is not None:
                axes.fill_between(mark.x, mark.low, mark.high, color=colour, alpha=0.2, linewidth=0)
        case Points():
            axes.errorbar(
                mark.x,
                mark.y,
                yerr=mark.error,
                fmt="o",
                markersize=mark.size,
                color=COLOURS[mark.role],
                alpha=0.8 if mark.size >= 4 else 0.4,
                markeredgewidth=0,
                capsize=2 if mark.error is not None else 0,
                label=label,
            )
        case Bars():
            axes.stairs(
                mark.heights, mark.edges, fill=True, color=COLOURS[mark.role], alpha=0.35, label=label
            )
        case Heatmap():
            _draw_heatmap(axes, mark)
        case Images():
            _draw_images(axes, mark)
        case Marker():
            line = axes.axvline if mark.upright else axes.axhline
            line(mark.at, color=COLOURS[mark.role], linestyle=":", linewidth=1.2, label=label)


def _draw_heatmap(axes: Axes, mark: Heatmap) -> None:
    mesh = axes.pcolormesh(mark.x, mark.y, mark.values, shading="nearest", cmap="viridis", rasterized=True)
    bar = axes.figure.colorbar(mesh, ax=axes)
    bar.set_label(mark.name, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    if mark.contours:
        axes.contour(
            mark.x, mark.y, mark.values, levels=mark.contours, colors="white", linewidths=0.6, alpha=0.7
        )


def _draw_images(axes: Axes, mark: Images) -> None:
    mosaic = mosaic_of(mark)
    height, width = mark.images.shape[1] + 1, mark.images.shape[2] + 1
    axes.imshow(mosaic, cmap="gray_r", vmin=0, vmax=mark.top, interpolation="nearest")
    axes.set_frame_on(False)
    axes.set_xticks([width * (i + 0.5) - 1 for i in range(len(mark.heads))], mark.heads, fontsize=7)
    axes.set_yticks([height * (i + 0.5) - 1 for i in range(len(mark.rows))], mark.rows, fontsize=7)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
