"""Figures drawn by matplotlib: panels on the screen, sheets of paper, and miniatures."""

from __future__ import annotations

import bisect
import io
import itertools
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure as Sheet
from matplotlib.figure import SubFigure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from landscape_app.counting import in_signs
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
    Style,
    TickName,
    edges_of,
    limits_of,
    mosaic_of,
)
from landscape_app.language import tr
from landscape_app.physics.estimate import shown

OWN_FAMILY = "DejaVu Sans"
"""Font that comes with matplotlib; it has every sign that figures use."""

PAPER = Style(
    roles={
        Role.MODEL: "#0b8068",
        Role.DATA: "#1f62d6",
        Role.TRUTH: "#1a1e25",
        Role.RIVAL: "#c2590a",
        Role.OTHER: "#7a4bb5",
        Role.ANY: "#5a6472",
        **dict(zip(RESULTS, ("#1f62d6", "#c2590a", "#0b8068", "#a3278f", "#7d6a00", "#0b7fa0"), strict=True)),
    },
    surface="#ffffff",
    text="#1a1e25",
    muted="#1a1e25",
    border="#8b95a2",
    paper="#ffffff",
    ink="#000000",
    family=OWN_FAMILY,
)

PANEL_SIZE = (4.2, 3.2)
"""Width and height of a panel on paper, in inches."""

HEAD = 0.45
"""Height of the title of a sheet, in inches."""

DOTS = 160
"""Dots of a PNG per inch."""

POINTS = 72.0
"""Points per inch. Lengths below are in points."""

TITLE, SMALL = 9.0, 7.5
"""Sizes of the letters of titles, and of all others."""

LINE = 1.25
"""Height of a line of text, in sizes of its letters."""

PAD = 4.5
"""Room about the contents of a panel."""

LEFT, BELOW = 42.0, 26.0
"""Least width of the vertical axis with numbers and name, and height of the horizontal one: numbers that become
longer while an experiment runs do not shift the plot."""

MOST_TICKS = 9
TICK, TICK_GAP = 3.0, 2.5
"""Most intervals between ticks; length of a tick, and the room between it and its number."""

BAR, BAR_GAP, BAR_NUMBERS = 7.0, 5.0, 42.0
"""Widths of a colour bar, of the gap beside it, and of its numbers with their name."""

SAMPLE, SAMPLE_GAP, BETWEEN = 14.0, 4.0, 9.0
"""Widths in a legend: of a sample, of the gap behind it, and between two entries."""

STROKE, FAINT_STROKE = 1.3, 0.6
FAINT, BAND, FILL = 0.35, 0.2, 0.3
"""Opacities of one curve of many, of the band about a curve, and of a histogram."""

LONGEST_NAME = 80.0
"""Longest name at a tick."""

MOST_FOR_NAMES = 0.35
"""Largest share of the width for the names of rows of images."""

FEW_DECADES = 300.0
"""Ratio of the ends of a logarithmic axis below which 2 and 5 have numbers too."""

MINIATURE_MARGIN = 3.0
MOST_POINTS, MOST_IMAGES = 300, 5
"""Points of one mark, and images in a row, that a miniature has at most."""

STROKES: dict[tuple[bool, bool], Any] = {
    (False, False): "-",
    (True, False): "--",
    (False, True): ":",
    (True, True): "-.",
}
"""Strokes by dashed and dotted."""

_lock = threading.RLock()
"""matplotlib's settings and its cache of texts belong to all threads."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A panel as pixels.

    Attributes:
        pixels: red, green, blue, alpha; uint8, shape (height, width, 4); None where the plot would be too low.
        around: height of all that stands above and below the plot itself, in inches.
    """

    pixels: np.ndarray | None
    around: float


class PanelSheet:
    """A sheet for one panel; its axes stay while the panel changes, which halves the work."""

    def __init__(self) -> None:
        self._sheet: Sheet | None = None
        self._kind: object = None

    def picture_of(
        self, panel: Panel, style: Style, width: float, height: float, dpi: float, least: float = 0.0
    ) -> Picture:
        """The panel, where its plot has the least height; both in inches, drawn with some dots per inch."""
        is_mapped = any(isinstance(mark, Heatmap) for mark in panel.marks)
        kind = (style, panel.is_of_images, is_mapped, panel.x_log, panel.y_log, *_numbered(panel))
        with _dressed(style):
            if self._sheet is None or kind != self._kind:
                self._sheet = _sheet(width, height, dpi, style.surface)
            else:
                _wipe(self._sheet)
                self._sheet.set_dpi(dpi)
                self._sheet.set_size_inches(width, height)
            self._kind = kind
            area = _Area(self._sheet, width, height, style)
            around = _draw_panel(area, panel, POINTS * least) / POINTS
            return Picture(_pixels_of(self._sheet) if height - around >= least else None, around)


def write_panel(
    panel: Panel, style: Style, width: float, height: float, dpi: float, path: Path, format: str
) -> None:
    """Writes a panel of some inches as "png" or "svg".

    Raises:
        OSError: the file cannot be written.
    """
    with _dressed(style):
        sheet = _sheet(width, height, dpi, style.surface)
        _draw_panel(_Area(sheet, width, height, style), panel)
        sheet.savefig(path, format=format, metadata=_metadata(format, panel.title))


def miniature(panel: Panel, style: Style, width: float, height: float, dpi: float) -> np.ndarray:
    """A panel of some inches without anything to read, as pixels, uint8, shape (height, width, 4)."""
    with _dressed(style):
        surface = style.paper if panel.is_of_images else style.surface
        sheet = _sheet(width, height, dpi, surface)
        x, y = MINIATURE_MARGIN / POINTS / width, MINIATURE_MARGIN / POINTS / height
        axes = sheet.add_axes((x, y, 1 - 2 * x, 1 - 2 * y), frameon=False)
        axes.set_axis_off()
        if panel.is_of_images:
            _show_mosaic(axes, _few(panel.marks[-1]), style)
        else:
            limits = limits_of(panel)
            _set_scales(axes, panel)
            for depth, mark in enumerate(panel.marks):
                _draw_mark(axes, _thin(mark), depth, limits, style)
            _set_limits(axes, limits)
        return _pixels_of(sheet)


def write_figure(figure: Figure, title: str, folder: Path, name: str) -> tuple[Path, Path]:
    """Writes a figure as PNG and SVG into a folder; returns the two paths.

    Raises:
        OSError: the folder cannot be written.
    """
    with _dressed(PAPER):
        sheet = sheet_of(figure, title)
        paths = folder / f"{name}.png", folder / f"{name}.svg"
        for path in paths:
            sheet.savefig(path, dpi=DOTS, metadata=_metadata(path.suffix[1:], title))
    return paths


def write_sheet(figure: Figure, title: str, path: Path, format: str) -> None:
    """Writes a figure as "png" or "svg" to a path.

    Raises:
        OSError: the file cannot be written.
    """
    with _dressed(PAPER):
        sheet_of(figure, title).savefig(path, format=format, dpi=DOTS, metadata=_metadata(format, title))


def svg_of(figure: Figure, title: str) -> str:
    """A figure below its title, as an SVG element for a page of HTML."""
    text = io.StringIO()
    with _dressed(PAPER):
        sheet_of(figure, title).savefig(text, format="svg", metadata=_metadata("svg", title))
    return text.getvalue()[text.getvalue().index("<svg") :]


def sheet_of(figure: Figure, title: str) -> Sheet:
    """A figure on paper, below its title."""
    rows, columns = len(figure.rows), max((len(row) for row in figure.rows), default=1)
    width, height = PANEL_SIZE[0] * columns, PANEL_SIZE[1] * max(rows, 1)
    with _dressed(PAPER):
        sheet = _sheet(width, height + HEAD, DOTS, PAPER.surface)
        sheet.text(0.5, 1 - HEAD / 2 / (height + HEAD), title, fontsize=12, ha="center", va="center")
        bands = sheet.subfigures(rows + 1, 1, squeeze=False, height_ratios=[HEAD, *[PANEL_SIZE[1]] * rows])
        for band, row in zip(bands[1:, 0], figure.rows, strict=True):
            for place, panel in zip(band.subfigures(1, len(row), squeeze=False)[0], row, strict=True):
                _draw_panel(_Area(place, width / len(row), PANEL_SIZE[1], PAPER), panel)
    return sheet


@contextmanager
def _dressed(style: Style) -> Iterator[None]:
    """Settings of matplotlib, for one thread at a time."""
    settings: dict[Any, Any] = {
        "axes.axisbelow": True,
        "axes.edgecolor": style.border,
        "axes.facecolor": "none",
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.labelcolor": style.muted,
        "axes.labelsize": SMALL,
        "axes.linewidth": 0.7,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "font.family": _families(style.family),
        "font.size": SMALL,
        "grid.alpha": 0.35,
        "grid.color": style.border,
        "grid.linewidth": 0.5,
        "svg.fonttype": "none",
        "text.color": style.text,
        # Titles and names may hold dollar signs.
        "text.parse_math": False,
        **{f"{axis}tick.{name}": value for axis in "xy" for name, value in _tick_settings(style).items()},
    }
    with _lock, matplotlib.rc_context(settings):
        yield


def _tick_settings(style: Style) -> dict[str, Any]:
    return {
        "color": style.border,
        "labelcolor": style.muted,
        "labelsize": SMALL,
        "major.pad": TICK_GAP,
        "major.size": TICK,
        "major.width": 0.7,
        "minor.size": 0.0,
    }


@cache
def _families(family: str) -> list[str]:
    """The font and the one that fills its gaps; matplotlib warns of fonts that it does not have."""
    known = family in fontManager.get_font_names()
    return [family, OWN_FAMILY] if known and family != OWN_FAMILY else [OWN_FAMILY]


def _metadata(format: str, title: str) -> dict[str, Any]:
    if format == "svg":
        return {"Title": title, "Creator": "Landscape", "Date": None}
    return {"Title": title, "Software": "Landscape"}


def _sheet(width: float, height: float, dpi: float, surface: str) -> Sheet:
    sheet = Sheet(figsize=(width, height), dpi=dpi, facecolor=surface)
    FigureCanvasAgg(sheet)
    return sheet


def _pixels_of(sheet: Sheet) -> np.ndarray:
    """A sheet as it is drawn, uint8, shape (height, width, 4)."""
    sheet.canvas.draw()
    return np.asarray(sheet.canvas.buffer_rgba()).copy()  # type: ignore[attr-defined]


def _wipe(sheet: Sheet) -> None:
    """Removes everything from a sheet but its axes."""
    own = [*sheet.texts, *sheet.lines, *sheet.patches, *sheet.artists]
    drawn = [[*axes.lines, *axes.collections, *axes.patches, *axes.images] for axes in sheet.axes]
    for artist in itertools.chain(own, *drawn):
        artist.remove()


class _Area:
    """The place of a panel on a sheet, measured in points from its left and upper edge.

    Args:
        sheet: a whole sheet, or a part of one.
        width, height: in inches.
        style: colours and font.
    """

    def __init__(self, sheet: Sheet | SubFigure, width: float, height: float, style: Style) -> None:
        self.sheet, self.style = sheet, style
        self.width, self.height = width * POINTS, height * POINTS
        self.dot = POINTS / sheet.get_figure(root=True).dpi
        self._kept = list(sheet.axes)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place as shares of width and height, from below."""
        return x / self.width, 1 - y / self.height

    def axes(self, left: float, top: float, right: float, bottom: float) -> Axes:
        """The next axes that are there already, or new ones, between four edges."""
        axes = self._kept.pop(0) if self._kept else self.sheet.add_axes((0.0, 0.0, 1.0, 1.0))
        self.move(axes, left, top, right, bottom)
        return axes

    def move(self, axes: Axes, left: float, top: float, right: float, bottom: float) -> None:
        """Puts axes between four edges; small areas leave them a little."""
        x, y = self.at(left, bottom)
        axes.set_position((x, y, max(right - left, 8) / self.width, max(bottom - top, 8) / self.height))

    def text(self, x: float, y: float, text: str, **looks: Any) -> None:
        """A line of text whose middle is at a height."""
        self.sheet.text(*self.at(x, y), text, va="center_baseline", **looks)

    def width_of(self, text: str, size: float = SMALL) -> float:
        """Width of a text."""
        return _width_of(text, size, self.style.family)

    def shortened(self, text: str, room: float, size: float = SMALL) -> str:
        """A text, with dots in place of its end where it is longer than the room."""
        if self.width_of(text, size) <= room:
            return text
        cuts = [text[:kept].rstrip() + "…" for kept in range(len(text))]
        return cuts[max(bisect.bisect_right(cuts, room, key=lambda cut: self.width_of(cut, size)) - 1, 0)]

    def wrapped(self, text: str, room: float, size: float) -> list[str]:
        """A text in lines that fit the room."""
        lines = []
        for paragraph in text.splitlines():
            line = ""
            for word in paragraph.split():
                longer = f"{line} {word}".strip()
                if line and self.width_of(longer, size) > room:
                    lines.append(line)
                    longer = word
                line = longer
            lines.append(self.shortened(line, room, size))
        return lines


@lru_cache(maxsize=4096)
def _width_of(text: str, size: float, family: str) -> float:
    font = FontProperties(family=_families(family), size=size)
    return float(text_to_path.get_text_width_height_descent(text, font, False)[0])


def _draw_panel(area: _Area, panel: Panel, least: float = 0.0) -> float:
    """Draws a panel, or nothing of a plot that is too low; returns the height of what is above and below it."""
    top = PAD
    for line in area.wrapped(panel.title, area.width - 2 * PAD, TITLE):
        area.text(PAD, top + LINE * TITLE / 2, line, fontsize=TITLE, ha="left")
        top += LINE * TITLE
    if panel.is_of_images:
        _draw_images(area, panel, top + 2)
        return top
    top = _draw_legend(area, panel, top + 1) + 5
    around = top + BELOW + PAD
    if area.height - around >= least:
        _draw_axes(area, panel, top)
    return around


def _draw_legend(area: _Area, panel: Panel, top: float) -> float:
    """Draws samples and names in lines, each name once; returns its lower end.

    A panel without names keeps the room of a line, so that plots side by side are level.
    """
    named: dict[str, Mark] = {}
    for mark in panel.marks:
        if not isinstance(mark, Heatmap | Images) and mark.name:
            named.setdefault(mark.name, mark)
    room, line = area.width - 2 * PAD, LINE * SMALL
    x = 0.0
    for name, mark in named.items():
        text = area.shortened(name, room - SAMPLE - SAMPLE_GAP)
        wide = SAMPLE + SAMPLE_GAP + area.width_of(text)
        if x > 0 and x + wide > room:
            x, top = 0.0, top + line
        _draw_sample(area, mark, PAD + x, top + line / 2)
        area.text(PAD + x + SAMPLE + SAMPLE_GAP, top + line / 2, text, fontsize=SMALL, color=area.style.muted)
        x += wide + BETWEEN
    return top + line


def _draw_sample(area: _Area, mark: Mark, x: float, y: float) -> None:
    (left, middle), (right, _) = area.at(x, y), area.at(x + SAMPLE, y)
    ends: dict[str, Any] = {"transform": area.sheet.transSubfigure, "color": area.style.roles[_role(mark)]}
    match mark:
        case Curve() | Marker():
            stroke = STROKES[mark.dashed, mark.dotted] if isinstance(mark, Curve) else STROKES[False, True]
            area.sheet.add_artist(
                Line2D([left, right], [middle, middle], linestyle=stroke, linewidth=STROKE, **ends)
            )
        case Points():
            dot = Line2D(
                [(left + right) / 2],
                [middle],
                marker="o",
                markersize=4,
                markeredgewidth=0,
                linestyle="",
                **ends,
            )
            area.sheet.add_artist(dot)
        case Bars():
            corner, (far, _) = area.at(x + 2, y + 3), area.at(x + SAMPLE - 2, y)
            height = 6 / area.height
            colour = ends.pop("color")
            area.sheet.add_artist(
                Rectangle(corner, far - corner[0], height, facecolor=(colour, FILL), edgecolor=colour, **ends)
            )


def _role(mark: Mark) -> Role:
    return Role.ANY if isinstance(mark, Heatmap | Images) else mark.role


def _draw_axes(area: _Area, panel: Panel, top: float) -> None:
    heatmap = next((mark for mark in panel.marks if isinstance(mark, Heatmap)), None)
    right = area.width - PAD - (BAR_GAP + BAR + BAR_NUMBERS if heatmap is not None else 6)
    bottom = area.height - BELOW - PAD / 2
    axes = area.axes(LEFT, top, right, bottom)
    limits = limits_of(panel)
    if panel.square:
        limits = _square(limits, (right - LEFT) / (bottom - top))
    _set_scales(axes, panel)
    mesh = None
    for depth, mark in enumerate(panel.marks):
        drawn = _draw_mark(axes, mark, depth, limits, area.style)
        mesh = drawn if mark is heatmap else mesh
    _set_limits(axes, limits)
    across, up = _numbered(panel)
    _number(area, axes.xaxis, panel.x_log, across, right - LEFT)
    _number(area, axes.yaxis, panel.y_log, up, bottom - top)
    if panel.y_names:
        _name_ticks(
            area, axes.yaxis, panel.y_names, SMALL * LINE, (bottom - top) / _spans(limits.y, panel.y_names)
        )
    left = max(LEFT, _widest(area, axes.yaxis) + TICK + TICK_GAP + LINE * SMALL + 4)
    if left > LEFT:
        area.move(axes, left, top, right, bottom)
    if panel.x_names:
        _name_columns(area, axes.xaxis, panel.x_names, (right - left) / _spans(limits.x, panel.x_names))
    middle = area.at((left + right) / 2, area.height - 4), area.at(4, (top + bottom) / 2)
    axes.set_xlabel(area.shortened(panel.x_label, right - left), va="bottom")
    axes.xaxis.set_label_coords(*middle[0], transform=area.sheet.transSubfigure)
    axes.set_ylabel(area.shortened(panel.y_label, bottom - top), va="top")
    axes.yaxis.set_label_coords(*middle[1], transform=area.sheet.transSubfigure)
    if heatmap is not None and mesh is not None:
        _draw_bar(area, heatmap, mesh, (right + BAR_GAP, top, right + BAR_GAP + BAR, bottom))


def _square(limits: Limits, shape: float) -> Limits:
    """Limits with one scale on both axes, about the same middle, in a plot of some width over height."""
    (left, right), (low, high) = limits
    wide, tall = right - left, high - low
    more_wide, more_tall = max(tall * shape - wide, 0.0) / 2, max(wide / shape - tall, 0.0) / 2
    return Limits((left - more_wide, right + more_wide), (low - more_tall, high + more_tall))


def _draw_bar(area: _Area, heatmap: Heatmap, mesh: Any, place: tuple[float, float, float, float]) -> None:
    """Draws the colours of a heat map with their numbers; lighter than matplotlib's own bar, and kept as axes are."""
    (low, high), axes = mesh.get_clim(), area.axes(*place)
    _, top, _, bottom = place
    ramp = np.linspace(0.0, 1.0, 256)[:, None]
    axes.imshow(ramp, cmap=mesh.cmap, origin="lower", extent=(0.0, 1.0, low, high), aspect="auto")
    _set_limits(axes, Limits((0.0, 1.0), (low, high)))
    axes.xaxis.set_visible(False)
    axes.grid(visible=False)
    axes.yaxis.tick_right()
    for spine in axes.spines.values():
        spine.set_visible(False)
    _number(area, axes.yaxis, False, True, bottom - top)
    axes.set_ylabel(area.shortened(heatmap.name, bottom - top), va="bottom")
    middle = area.at(area.width - 4, (top + bottom) / 2)
    axes.yaxis.set_label_coords(*middle, transform=area.sheet.transSubfigure)


def _numbered(panel: Panel) -> tuple[bool, bool]:
    """True for each axis with something to read off."""
    return bool(panel.marks) or panel.x_range is not None, bool(panel.marks) or panel.y_range is not None


def _set_scales(axes: Axes, panel: Panel) -> None:
    axes.set_autoscale_on(False)
    # Positions where there is no logarithm lie far below the plot.
    if panel.x_log:
        axes.set_xscale("log", nonpositive="clip")
    if panel.y_log:
        axes.set_yscale("log", nonpositive="clip")


def _set_limits(axes: Axes, limits: Limits) -> None:
    axes.set_xlim(*limits.x)
    axes.set_ylim(*limits.y)


def _number(area: _Area, axis: Axis, logarithmic: bool, shown: bool, length: float) -> None:
    """Puts plain numbers at the ticks, as many as there is room for.

    Those of a logarithmic axis stand at its decades, or at 1, 2 and 5 where these are few.
    """
    low, high = axis.get_view_interval()
    few = logarithmic and high / low <= FEW_DECADES
    if logarithmic:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=7))
        axis.set_minor_locator(NullLocator())
    else:
        axis.set_major_locator(_locator(area, isinstance(axis, XAxis), (low, high), length))
    if logarithmic:
        axis.set_major_formatter(FuncFormatter(_logarithmic_number))
    else:
        axis.set_major_formatter(FuncFormatter(_plain_number))
    if not shown:
        axis.set_tick_params(labelleft=False, labelbottom=False)


def _locator(area: _Area, lies: bool, span: tuple[float, float], length: float) -> MaxNLocator:
    """The ticks at round numbers that are as many as there is room for."""
    for count in range(min(max(int(length / (2 * SMALL)), 2), MOST_TICKS), 0, -1):
        locator = MaxNLocator(count, steps=[1, 2, 5, 10])
        places = locator.tick_values(*span)
        apart = length * (places[1] - places[0]) / (span[1] - span[0])
        if not lies or max(area.width_of(_plain_number(place)) for place in places) + PAD < apart:
            break
    return locator


def _plain_number(value: float, _: int | None = None) -> str:
    """A number such as −0.05, 1700000030 or 5e−7."""
    if abs(value) < LONG and value == round(value):
        return shown(value, ".0f")
    return in_signs(f"{value:.7g}")


LONG = 1e11
"""Whole numbers from which on the ticks of an axis have powers of ten."""


def _logarithmic_number(value: float, _: int | None = None) -> str:
    """A number such as 0.05, 200 or 5e−7."""
    if 1e-3 <= value < 1e4:
        return f"{value:g}"
    digit, power = f"{value:.0e}".split("e")
    return f"{digit}e{int(power)}".replace("-", "−")


def _spans(span: tuple[float, float], names: Sequence[TickName]) -> float:
    """Distances between neighbouring names along an axis."""
    apart = names[1][0] - names[0][0] if len(names) > 1 else 1.0
    return (span[1] - span[0]) / apart


def _name_ticks(
    area: _Area,
    axis: Axis,
    names: Sequence[TickName],
    line: float,
    spacing: float,
    room: float = LONGEST_NAME,
) -> None:
    """Puts names at the ticks: every so many-th where there are more than lines, long ones with dots."""
    chosen = names[:: max(1, math.ceil(line / max(spacing, 1e-9)))]
    axis.set_major_locator(FixedLocator([place for place, _ in chosen]))
    axis.set_major_formatter(lambda place, _: texts.get(round(place, 9), ""))
    texts = {round(place, 9): area.shortened(name, min(room, LONGEST_NAME)) for place, name in chosen}


def _name_columns(area: _Area, axis: Axis, names: Sequence[TickName], spacing: float) -> None:
    """Names below an axis: all with dots rather than every other in full, where there is room for some letters."""
    widest = min(max(area.width_of(name) for _, name in names), LONGEST_NAME) + PAD
    step = 1 if spacing >= LONGEST_NAME / 2 else max(1, math.ceil(widest / max(spacing, 1e-9)))
    _name_ticks(area, axis, names[::step], 0.0, spacing, step * spacing - PAD)


def _widest(area: _Area, axis: Axis) -> float:
    """Width of the longest text at the ticks of an axis."""
    shown = axis.get_tick_params()["labelleft"]
    texts = axis.get_major_formatter().format_ticks(list(axis.get_majorticklocs())) if shown else []
    return max((area.width_of(text) for text in texts), default=0.0)


def _draw_mark(axes: Axes, mark: Mark, depth: int, limits: Limits, style: Style) -> Any:
    """Draws a mark above those of less depth; returns what a colour bar explains."""
    above, colour = 2 + depth / 1000, style.roles[_role(mark)]
    match mark:
        case Curve():
            _draw_curve(axes, mark, colour, above)
        case Points():
            _draw_points(axes, mark, colour, above)
        case Bars():
            known = (mark.edges[:-1] > 0) if axes.get_xscale() == "log" else np.isfinite(mark.edges[:-1])
            first = int(known.argmax()) if known.any() else len(known)
            if first < len(known):
                foot = limits.y[0] / 10 if axes.get_yscale() == "log" else 0.0
                heights, edges = np.asarray(mark.heights, float)[first:], mark.edges[first:]
                looks: dict[str, Any] = {"facecolor": (colour, FILL), "edgecolor": colour, "linewidth": 0.8}
                axes.stairs(heights, edges, baseline=foot, fill=True, zorder=above, **looks)
        case Heatmap():
            return _draw_heatmap(axes, mark, above)
        case Images():
            if len(mark.images):
                height, width = mosaic_of(mark).shape
                _show_mosaic(axes, mark, style, extent=(0, width, 0, height), aspect="auto", zorder=above)
        case Marker():
            logarithmic = (axes.get_xscale() if mark.upright else axes.get_yscale()) == "log"
            if np.isfinite(mark.at) and (mark.at > 0 or not logarithmic):
                line = axes.axvline if mark.upright else axes.axhline
                line(mark.at, color=colour, linestyle=":", linewidth=1.0, zorder=above)
    return None


def _draw_curve(axes: Axes, mark: Curve, colour: str, above: float) -> None:
    """Draws a curve and its band; numbers that have no place leave gaps."""
    x, y = _placed(mark.x, axes.get_xscale()), _placed(mark.y, axes.get_yscale())
    if mark.low is not None and mark.high is not None:
        known = np.isfinite(x) & np.isfinite(mark.low) & np.isfinite(mark.high)
        axes.fill_between(
            x, mark.low, mark.high, where=known, color=colour, alpha=BAND, linewidth=0, zorder=above
        )
    width, opacity = (FAINT_STROKE, FAINT) if mark.faint else (STROKE, 1.0)
    stroke = STROKES[mark.dashed, mark.dotted]
    axes.plot(x, y, linestyle=stroke, color=colour, linewidth=width, alpha=opacity, zorder=above)


def _draw_points(axes: Axes, mark: Points, colour: str, above: float) -> None:
    x, y = _placed(mark.x, axes.get_xscale()), _placed(mark.y, axes.get_yscale())
    if mark.error is not None:
        known = np.isfinite(x) & np.isfinite(y) & np.isfinite(mark.error)
        low, high = mark.y - mark.error, mark.y + mark.error
        axes.vlines(x[known], low[known], high[known], colors=colour, linewidth=0.8, zorder=above)
    opacity = 0.85 if mark.size >= 4 else 0.45
    looks: dict[str, Any] = {"markersize": mark.size, "markeredgewidth": 0, "color": colour, "alpha": opacity}
    axes.plot(x, y, "o", zorder=above, **looks)


def _placed(values: np.ndarray, scale: str) -> np.ndarray:
    values = np.asarray(values, float)
    return np.where(np.isfinite(values) & ((values > 0) | (scale != "log")), values, np.nan)


def _draw_heatmap(axes: Axes, mark: Heatmap, above: float) -> Any:
    """Draws values and contours; values that are not finite are left out."""
    x, y = _cell_edges(mark.x, axes.get_xscale()), _cell_edges(mark.y, axes.get_yscale())
    if x is None or y is None:
        return None
    values = np.ma.masked_invalid(np.asarray(mark.values, float))
    low, high = (float(values.min()), float(values.max())) if values.count() else (0.0, 1.0)
    looks: dict[str, Any] = {
        "cmap": "viridis",
        "vmin": low,
        "vmax": high if high > low else low + 1,
        "zorder": above,
    }
    if axes.get_xscale() == axes.get_yscale() == "linear":
        extent = (x[0], x[-1], y[0], y[-1])
        mesh: Any = axes.imshow(
            values, origin="lower", extent=extent, aspect="auto", interpolation="nearest", **looks
        )
    else:
        mesh = axes.pcolormesh(x, y, values, rasterized=True, **looks)
    inside = [level for level in mark.contours if low < level < high]
    if inside and min(values.shape) > 1:
        axes.contour(
            mark.x, mark.y, values, levels=inside, colors="white", linewidths=0.7, alpha=0.7, zorder=above
        )
    return mesh


def _cell_edges(centres: np.ndarray, scale: str) -> np.ndarray | None:
    """Edges of the cells; None where none has a place."""
    edges = edges_of(np.asarray(centres, float))
    if scale != "log":
        return edges if len(edges) else None
    positive = edges[edges > 0]
    return np.where(edges > 0, edges, positive.min() / 1e3) if len(positive) > 1 else None


def _draw_images(area: _Area, panel: Panel, top: float) -> None:
    """Draws the last mosaic as large as fits, at a whole scale where it is not tiny, with its names."""
    mark = panel.marks[-1]
    assert isinstance(mark, Images)
    if not len(mark.images):
        area.text(area.width / 2, area.height / 2, tr("No images yet"), color=area.style.muted, ha="center")
        return
    gap, line = 4.0, LINE * SMALL
    left = min(max((area.width_of(row) for row in mark.rows), default=0.0), MOST_FOR_NAMES * area.width)
    left += PAD + (gap if mark.rows else 0)
    top += line if mark.heads else 2
    rows, columns = mosaic_of(mark).shape
    room = (area.width - left - PAD) / columns, (area.height - top - PAD) / rows
    # The edges of pixels lie on dots, so that all are of one size.
    dots = max(min(room) / area.dot, 0.1)
    scale = (math.floor(dots) if dots >= 2 else dots) * area.dot
    wide, high = columns * scale, rows * scale
    x = left + (area.width - PAD - left - wide) / 2
    y = top + (area.height - PAD - top - high) / 2
    x, y = round(x / area.dot) * area.dot, round(y / area.dot) * area.dot
    axes = area.axes(x, y, x + wide, y + high)
    axes.grid(visible=False)
    _show_mosaic(axes, mark, area.style, aspect="auto", grid=area.style.border)
    for spine in axes.spines.values():
        spine.set_visible(True)
    height, width = mark.images.shape[1] + 1, mark.images.shape[2] + 1
    axes.set_xticks(
        [width * (i + 0.5) - 1 for i in range(len(mark.heads))],
        [area.shortened(head, width * scale + 2) for head in mark.heads],
    )
    axes.set_yticks(
        [height * (i + 0.5) - 1 for i in range(len(mark.rows))],
        [area.shortened(row, left - PAD - gap) for row in mark.rows],
    )
    axes.tick_params(length=0, labeltop=True, labelbottom=False, pad=gap / 2)


def _show_mosaic(axes: Axes, mark: Images, style: Style, grid: str = "", **looks: Any) -> None:
    """Shows images in ink on paper, with lines of a colour between them, where one is given."""
    if not len(mark.images):
        return
    share = np.clip(np.nan_to_num(mosaic_of(mark) / mark.top), 0.0, 1.0)[..., None] ** 0.9
    colours = np.array(to_rgba(style.paper)) * (1 - share) + np.array(to_rgba(style.ink)) * share
    if grid:
        height, width = mark.images.shape[1:]
        colours[height :: height + 1] = to_rgba(grid)
        colours[:, width :: width + 1] = to_rgba(grid)
    rows, columns = share.shape[:2]
    axes.imshow((255 * colours).round().astype(np.uint8), interpolation="nearest", **looks)
    if "extent" not in looks:
        _set_limits(axes, Limits((-0.5, columns - 0.5), (rows - 0.5, -0.5)))


def _few(mark: Mark) -> Images:
    """The first images of the first rows."""
    assert isinstance(mark, Images)
    columns = min(mark.columns, MOST_IMAGES)
    starts = range(0, len(mark.images), mark.columns)
    rows = [mark.images[start : start + columns] for start in itertools.islice(starts, MOST_IMAGES - 1)]
    return Images(np.concatenate(rows) if rows else mark.images, columns, mark.top)


def _thin(mark: Mark) -> Mark:
    """A mark of fewer points, without errors."""
    if not isinstance(mark, Points):
        return mark
    step = max(1, len(mark.x) // MOST_POINTS)
    return replace(mark, x=mark.x[::step], y=mark.y[::step], size=0.7 * mark.size, error=None)
