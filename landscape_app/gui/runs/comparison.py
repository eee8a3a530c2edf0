"""Runs side by side: curves laid over one another, settings that differ, and final figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import counted
from landscape_app.gui.request_worker import Answer, Report, RequestWorker
from landscape_app.gui.theme import MOST_COLOURS, Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import PlotGrid, set_name
from landscape_app.gui.widgets.paragraph import Paragraph, shortened
from landscape_app.gui.widgets.pictures import swatch
from landscape_app.gui.widgets.plots import Column, EpochPlot, Series, colour_in
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import english_of, tr
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.threads import set_threads
from landscape_app.session.comparison_table import (
    NOTE,
    difference_in_words,
    figure_rows,
    group_name,
    setting_rows,
)
from landscape_app.session.run_comparison import (
    ComparedRun,
    NatsDifference,
    Repeats,
    gathered,
    nats_difference,
    read_to_compare,
)
from landscape_app.session.run_curves import TITLES, MeanCurve, mean_curve
from landscape_app.session.vocabulary import WATCHED, printable

POLL_MILLISECONDS = 40
SHARES = 1_000
SWATCH = 12
LONGEST_NAME = 30
"""Characters of a setting's name at the head of its column."""

ASK = tr("Select two runs or more in the list, and press Compare.")

BAND = tr(
    "The line of repeats is their mean, its band one standard deviation over them: how far a run with another seed "
    "would lie. The band of a single run is one standard error of the measurement, or all that lies between bounds."
)

LEAST_SHARE = 1e-3
"""Of a curve, down to which its band is drawn on a scale without zero."""

ON_LOG_SCALE = tuple(name for name, _, _ in WATCHED if name != "base_nats")


class Compared(NamedTuple):
    """Runs that were evaluated.

    Attributes:
        groups: by their settings, repeats together.
        differences: of held-out nats of every group but the first, from the first.
    """

    groups: list[Repeats]
    differences: list[NatsDifference]


def evaluated(paths: Sequence[Path], report: Report) -> Compared:
    """Runs by their files, evaluated and gathered.

    Raises:
        RunFileError: one cannot be read.
    """
    runs = []
    for number, path in enumerate(paths):
        report(number / len(paths))
        runs.append(read_to_compare(path))
    groups = gathered(runs)
    return Compared(groups, [nats_difference(group, groups[0]) for group in groups[1:]])


class ComparisonPlot(EpochPlot):
    """One quantity of several settings, each a curve with a band.

    Args:
        name: of the quantity, in `run_curves.TITLES`.
        theme: colours.
        by_time: draws it over the seconds of training, else over the epochs.
    """

    def __init__(self, name: str, theme: Theme, by_time: bool = False) -> None:
        self._bands: list[tuple[pg.PlotDataItem, pg.PlotDataItem, pg.FillBetweenItem]] = []
        self._drawn: Sequence[tuple[str, str, MeanCurve]] = ()
        super().__init__(
            f"plot-{name.replace('_', '-')}-of-runs",
            TITLES[name],
            wrapped(tr("{name} of each setting. {band}", name=TITLES[name], band=BAND)),
            theme,
            (),
            logarithmic=name in ON_LOG_SCALE,
            counts="second" if by_time else "epoch",
        )

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        for (_, _, band), (_, colour, _) in zip(self._bands, self._drawn, strict=False):
            shade = QColor(colour_in(theme, colour))
            shade.setAlphaF(0.2)
            band.setBrush(shade)

    def set_log(self, axis: str, logarithmic: bool) -> None:
        """Makes an axis, "x" or "y", logarithmic or linear; bands end above zero where it is logarithmic."""
        super().set_log(axis, logarithmic)
        if self._drawn:
            self.show_means(self._drawn)

    def show_means(self, means: Sequence[tuple[str, str, MeanCurve]]) -> None:
        """Draws curves with their bands.

        Args:
            means: name, colour and curve of each setting.
        """
        self._drawn = means
        for low, high, band in self._bands:
            for item in (low, high, band):
                self.removeItem(item)
        self._bands = []
        for _, _, (places, values, reach, _) in means:
            below = values - reach
            if self._log["y"]:
                below = np.maximum(below, LEAST_SHARE * values)
            low, high = (pg.PlotDataItem(places, edge, pen=None) for edge in (below, values + reach))
            band = pg.FillBetweenItem(low, high)
            band.setZValue(-5)
            band.setVisible(len(places) > 1 and bool((np.isfinite(reach) & (reach > 0)).any()))
            for item in (low, high, band):
                self.addItem(item, ignoreBounds=True)
            self._bands.append((low, high, band))
        self.set_curves([(name, colour) for name, colour, _ in means])
        self.set_theme(self._theme)
        # All curves on the places of all, as they are read at one of them; none beyond its own ends.
        places = np.unique(np.concatenate([np.zeros(0), *(mean.places for _, _, mean in means)]))
        table = np.full((len(places), max(1, len(means))), np.nan)
        for column, (_, _, mean) in zip(table.T, means, strict=False):
            if len(mean.places):
                column[:] = np.interp(places, mean.places, mean.values, left=np.nan, right=np.nan)
        self.show_data(places, table)

    def _number_of(self, row: int, curve: int, value: float) -> str:
        """The number, or the bounds where these are all that is known."""
        if curve >= len(self._drawn):
            return super()._number_of(row, curve, value)
        mean, place = self._drawn[curve][2], float(self._data[0][row])
        if not np.interp(place, mean.places, mean.bounded) > 0:
            return super()._number_of(row, curve, value)
        reach = float(np.interp(place, mean.places, mean.reach))
        return f"{Estimate.between(value - reach, value + reach):.4g}"

    def series(self) -> list[Series]:
        """Every curve at its own places and its band, and bounds where these are all that is known."""
        place = self.named_axis("bottom", "epoch")
        return [
            Series((place, mean.places), tuple(self._columns(name, mean))) for name, _, mean in self._drawn
        ]

    def _columns(self, name: str, mean: MeanCurve) -> list[Column]:
        bounded = mean.bounded
        values, reach = (np.where(bounded, np.nan, column) for column in (mean.values, mean.reach))
        columns = [(self.with_unit(name), values), (self.with_unit(f"± {english_of(name)}"), reach)]
        if bounded.any():
            for side, sign in (("lower", -1), ("upper", 1)):
                ends = np.where(bounded, mean.values + sign * mean.reach, np.nan)
                columns.append((self.with_unit(f"{english_of(name)}, {side}"), ends))
        return columns


class ComparisonPage(QWidget):
    """Evaluates runs in a thread, and shows them side by side.

    Args:
        theme: colours.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._worker = RequestWorker("compare runs", lambda: set_threads(1))
        self._compared: Compared | None = None
        self._names: dict[Path, str] = {}
        self._plots: list[ComparisonPlot] = []
        self.message = set_name(QLabel(ASK), "comparison-message")
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.progress = set_name(QProgressBar(), "comparison-progress")
        self.progress.setRange(0, SHARES)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(240, 6)
        self.progress.setAccessibleName(tr("Share of the runs that are evaluated"))
        self.cancel = set_name(QPushButton(tr("Cancel")), "comparison-cancel")
        self.cancel.setToolTip(tr("Evaluate no more runs"))
        self.cancel.clicked.connect(self._cancel)
        self.axis = set_name(ChoiceBox(), "comparison-axis")
        self.axis.addItems([tr("by epoch"), tr("by seconds of training")])
        self.axis.setAccessibleName(tr("Horizontal axis of the curves"))
        self.axis.setToolTip(tr("Draw the curves by the epoch, or by the time of training"))
        self.axis.currentIndexChanged.connect(lambda _: self._draw())
        self.table = ComparisonTable()
        self.plots = set_name(QScrollArea(), "comparison-plots")
        self.plots.setWidgetResizable(True)
        self.plots.setAccessibleName(tr("Curves of the runs"))
        self.plots.setToolTip(tr("Curves of the runs over one another, a colour for each setting"))
        self.plots.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._lay_out()
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)

    def _lay_out(self) -> None:
        waiting = QWidget()
        middle = QVBoxLayout(waiting)
        middle.addStretch(1)
        # Aligned it would take less width than its text, and lose lines.
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self.message, 20)
        line.addStretch(1)
        middle.addLayout(line)
        for widget in (self.progress, self.cancel):
            middle.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
            widget.hide()
        middle.addStretch(1)
        head = QHBoxLayout()
        title = set_name(QLabel(tr("Curves")), "title")
        head.addWidget(title)
        head.addWidget(self.axis)
        head.addStretch(1)
        curves, figures = QWidget(), QWidget()
        above = QVBoxLayout(curves)
        above.setContentsMargins(0, 0, 0, 0)
        above.addLayout(head)
        above.addWidget(self.plots, 1)
        below = QVBoxLayout(figures)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.table, 1)
        self.of_other_data = set_name(
            Paragraph(
                tr(
                    "⚠ These runs have learned different data: nats of different data are not on one scale, and the "
                    "heights of their curves do not compare."
                )
            ),
            "comparison-other-data",
        )
        above.insertWidget(1, self.of_other_data)
        note = set_name(Paragraph(f"{NOTE} {BAND}"), "muted")
        below.addWidget(note)
        split = set_name(QSplitter(Qt.Orientation.Vertical), "comparison-split")
        split.setChildrenCollapsible(False)
        split.addWidget(curves)
        split.addWidget(figures)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        self._pages = QStackedWidget()
        self._pages.addWidget(waiting)
        self._pages.addWidget(split)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)

    def compare(self, named: Sequence[tuple[Path, str]]) -> None:
        """Evaluates runs, each a file and a name for it, and shows them side by side."""
        self._names = {path: printable(name) for path, name in named}
        paths = [path for path, _ in named]
        self._worker.ask(lambda report: evaluated(paths, report))
        self._say(
            tr("Evaluating {runs} on their held-out items …", runs=counted(len(paths), "run")), busy=True
        )
        self._timer.start()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self._draw()

    def end(self) -> None:
        """Ends the thread."""
        self._timer.stop()
        self._worker.end()

    def _say(self, text: str, busy: bool = False) -> None:
        self.message.setText(text)
        self.progress.setVisible(busy)
        self.cancel.setVisible(busy)
        self._pages.setCurrentIndex(0)

    def _cancel(self) -> None:
        self._worker.drop()
        self._timer.stop()
        if self._compared is not None:
            self._pages.setCurrentIndex(1)
        else:
            self._say(ASK)

    def _poll(self) -> None:
        self.progress.setValue(round(SHARES * self._worker.share))
        answer = self._worker.take()
        if answer is not None:
            self._timer.stop()
            self._show(answer)

    def _show(self, answer: Answer) -> None:
        if not isinstance(answer.value, Compared):
            self._say(answer.failure)
            return
        self._compared = answer.value
        self._draw()
        self._pages.setCurrentIndex(1)
        self.table.setFocus()

    def _name(self, run: ComparedRun) -> str:
        return self._names.get(run.summary.path, run.summary.path.stem)

    def _draw(self) -> None:
        """Draws what is compared anew."""
        if self._compared is None:
            return
        groups = self._compared.groups
        colours = [str(round(MOST_COLOURS * i / len(groups)) % MOST_COLOURS) for i in range(len(groups))]
        names = [group_name(group, self._name) for group in groups]
        self.table.show_groups(self._compared, names, [colour_in(self._theme, colour) for colour in colours])
        self.of_other_data.setVisible(
            len({run.dataset.fingerprint for group in groups for run in group.runs}) > 1
        )
        by_time = self.axis.currentIndex() == 1
        shared = [name for name in TITLES if all(_has(group, name) for group in groups)]
        self._plots = [ComparisonPlot(name, self._theme, by_time) for name in shared]
        for name, plot in zip(shared, self._plots, strict=True):
            curves = [[run.curves[name] for run in group.runs] for group in groups]
            units = {curve.unit for repeats in curves for curve in repeats}
            plot.label_axis("left", units.pop() if len(units) == 1 else tr("nats an item"))
            plot.label_axis("bottom", tr("seconds of training") if by_time else tr("epoch"))
            plot.show_means(
                [
                    (label, colour, mean_curve(found, by_time))
                    for label, colour, found in zip(names, colours, curves, strict=True)
                ]
            )
            plot.hovered.connect(self._point_at)
        self.plots.setWidget(PlotGrid(self._plots) if self._plots else _nothing())

    def _point_at(self, place: int) -> None:
        for plot in self._plots:
            plot.show_cursor(place)


def _has(group: Repeats, name: str) -> bool:
    return all(name in run.curves for run in group.runs)


def _nothing() -> QLabel:
    label = set_name(QLabel(tr("These runs have no curve in common: none of one was recorded.")), "muted")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label


class ComparisonTable(QTableWidget):
    """Final figures, differences of held-out nats, and settings that differ: a column for each setting."""

    def __init__(self) -> None:
        super().__init__()
        set_name(self, "comparison-table").setAccessibleName(tr("Final figures, and settings that differ"))
        self.setToolTip(
            tr("Final figures with their errors, differences from the first column, and settings that differ")
        )
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.setMinimumHeight(120)

    def show_groups(self, compared: Compared, names: Sequence[str], colours: Sequence[QColor]) -> None:
        """Shows groups of runs by their names, a square of its colour at the head of each."""
        groups = compared.groups
        told = [difference_in_words(one, groups[0]) for one in compared.differences]
        differences = [(tr("held-out nats less the first"), "", *told)] if told else []
        rows = [*figure_rows(groups), *differences, *setting_rows(groups)]
        self.setRowCount(len(rows))
        self.setColumnCount(1 + len(groups))
        self.setHorizontalHeaderItem(0, QTableWidgetItem(""))
        for column, (name, colour) in enumerate(zip(names, colours, strict=True), 1):
            head = QTableWidgetItem(QIcon(swatch(colour, SWATCH)), shortened(name, LONGEST_NAME))
            head.setToolTip(wrapped(name))
            head.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, head)
        for row, cells in enumerate(rows):
            for column, text in enumerate(map(printable, cells)):
                item = QTableWidgetItem(text)
                item.setToolTip(wrapped(text))
                self.setItem(row, column, item)
        self.resizeColumnsToContents()
        self.resizeRowsToContents()
