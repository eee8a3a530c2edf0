"""Previews of a data set before it is imported, as it lies in its file and as the model will see it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import counted
from landscape_app.data import ColumnMeaning, Dataset, Kind
from landscape_app.data.columns import in_units
from landscape_app.data.importing.blocks import drawn_rows
from landscape_app.data.importing.columns import Column
from landscape_app.experiments.figure import Bars, Heatmap, Panel, Points
from landscape_app.gui.importing.forms import DataForm, ImageForm, TableForm, in_a_line
from landscape_app.gui.importing.source import SAMPLES, ImageFileSource, TableSource
from landscape_app.gui.theme import Theme, rgb
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.corner import CornerView
from landscape_app.gui.widgets.panel_canvas import Drawer, PanelCanvas
from landscape_app.gui.widgets.pixel_widget import PixelWidget
from landscape_app.language import tr
from landscape_app.session.chain_plots import Corner

GAP = 2
"""Pixels of the picture between two images."""

PLACE = (2, 3)
"""Width and height of the place for a grid, about, of which only the ratio counts."""

CELL = 96
"""About so many pixels has the longest side of an image in the picture."""


class SampleGrid(PixelWidget):
    """Shows images side by side, row by row.

    Args:
        name: object name.
        accessible_name: for screen readers.
        tooltip: what they are.
        theme: paper and ink of grey levels.
    """

    def __init__(self, name: str, accessible_name: str, tooltip: str, theme: Theme) -> None:
        super().__init__(name, accessible_name, 2)
        self.setToolTip(tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(160, 160)
        self._levels_shown: np.ndarray | None = None
        self._originals: tuple[np.ndarray, ...] = ()
        self.set_theme(theme)

    @property
    def pixels(self) -> np.ndarray:
        """The picture, uint8, shape (height, width, 3)."""
        return self._pixels

    def show_originals(self, images: Sequence[np.ndarray]) -> None:
        """Shows images of any sizes, float32 from 0 to 1, each of shape (height, width) or (height, width, 3)."""
        self._originals, self._levels_shown = tuple(_shown_original(image) for image in images), None
        self._compose()

    def show_levels(self, images: np.ndarray, levels: int) -> None:
        """Shows images of levels, shape (n, height, width), in ink, or (n, height, width, 3), in their colours."""
        self._levels_shown, self._levels, self._originals = images, levels, ()
        self._compose()

    def show_nothing(self) -> None:
        """Shows no image."""
        self._levels_shown, self._originals = None, ()
        self._compose()

    def _compose(self) -> None:
        if self._levels_shown is not None and len(self._levels_shown):
            images = self._levels_shown
            coloured = self._inked(images) if images.ndim == 3 else np.uint8(255 * self._share(images))
            times = max(1, round(CELL / max(images.shape[1:3])))
            self._show_pixels(self._grid(list(coloured.repeat(times, axis=1).repeat(times, axis=2))))
        elif self._originals:
            self._show_pixels(self._grid(list(self._originals)))
        else:
            self._show_pixels(None)

    def _grid(self, images: list[np.ndarray]) -> np.ndarray:
        """Images in one picture, each in the middle of its cell."""
        height, width = (max(image.shape[axis] for image in images) for axis in (0, 1))
        columns = columns_for(len(images), height, width)
        rows = math.ceil(len(images) / columns)
        sheet = np.empty((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), np.uint8)
        sheet[:] = rgb(self._theme.raised)
        for i, image in enumerate(images):
            row, column = divmod(i, columns)
            top = row * (height + GAP) + (height - image.shape[0]) // 2
            left = column * (width + GAP) + (width - image.shape[1]) // 2
            sheet[top : top + image.shape[0], left : left + image.shape[1]] = image
        return sheet

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the picture as large as fits."""
        painter = QPainter(self)
        if self._picture is None:
            self._paint_placeholder(painter)
            return
        height, width = self._pixels.shape[:2]
        scale = min((self.width() - 2) / width, (self.height() - 2) / height)
        smooth = scale < 1 or self._levels_shown is None
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        place = QRect(1, 1, round(width * scale), round(height * scale))
        painter.drawImage(place, self._picture)
        painter.setPen(QColor(self._theme.border))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))


def columns_for(count: int, height: int, width: int) -> int:
    """Columns of a grid of so many images of a height and a width in which they are as large as can be."""
    place_width, place_height = PLACE

    def size(columns: int) -> float:
        return min(place_width / (columns * width), place_height / (math.ceil(count / columns) * height))

    return max(range(1, count + 1), key=size)


def _shown_original(image: np.ndarray) -> np.ndarray:
    """An image of a moderate size in its own colours, uint8, shape (height, width, 3)."""
    levels = (255 * np.clip(image, 0, 1)).round().astype(np.uint8)
    picture = Image.fromarray(levels if levels.ndim == 3 else np.repeat(levels[..., None], 3, axis=-1))
    scale = CELL / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    way = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
    return np.asarray(picture.resize(size, way))


MOST_POINTS = 3_000
"""Number of items that are drawn, at random among all."""

MOST_COUNTED = 2_000_000
"""Numbers of a large data set that shares and densities are of, in rows drawn at random."""

BINS = 60


MOST_DRAWN, MOST_ROWS = 6, 5_000
"""Columns of a corner plot, and rows that it is made of."""


class DatasetPlot(QFrame):
    """Shows a histogram, a scatter plot, a corner plot of several columns, or how often each value of a column is.

    Args:
        theme: colours.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        set_name(self, "card")
        self.plot = PanelCanvas("import-plot", theme)
        self.plot.setAccessibleName(tr("The data as the model will see them"))
        self.plot.setToolTip(
            tr("The data as the model will see them: rows that are left out are not among them")
        )
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._drawer = Drawer(self.plot.tasks, self)
        self.plot.stale.connect(self._drawer.ask)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 6, 3)
        self.corner = CornerView(theme)
        self.corner.setObjectName("import-corner")
        layout.addWidget(self.plot)
        layout.addWidget(self.corner)
        self.corner.hide()

    def show_dataset(self, dataset: Dataset) -> None:
        """Shows a data set of points, spins or categories."""
        width = dataset.items.shape[1]
        by_corner = dataset.kind in (Kind.POINTS, Kind.MIXED) and width > 2
        self.corner.setVisible(by_corner)
        self.plot.setVisible(not by_corner)
        if by_corner:
            meanings = dataset.columns or tuple(ColumnMeaning(f"x{i + 1}") for i in range(width))
            places = drawn_rows(len(dataset.items), MOST_ROWS)
            rows = in_units(meanings, dataset.items[places]).astype(np.float64)[:, :MOST_DRAWN]
            corner = Corner.of_rows(meanings[:MOST_DRAWN], rows, rows, rows[:0])
            few = (
                tr("the first {shown} of {count} columns", shown=MOST_DRAWN, count=width)
                if width > MOST_DRAWN
                else tr("{count} columns", count=width)
            )
            some = counted(len(dataset.items), "row")
            if len(rows) < len(dataset.items):
                some = tr("{shown:,} of {rows}", shown=len(rows), rows=some)
            self.corner.show_corner(corner, "", f"{few}, {some}")
            return
        columns, values = names_of(dataset)
        self.plot.show_panel(
            replace(
                panel_of(dataset),
                x_names=tuple((i + 1.0, name) for i, name in enumerate(columns)),
                y_names=tuple((float(level), value) for level, value in enumerate(values)),
            )
        )

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.plot.set_theme(theme)
        self.corner.set_theme(theme)


def panel_of(dataset: Dataset) -> Panel:
    """Preview of points, of which the first two numbers are shown, or of columns of values.

    Args:
        dataset: of items of one axis.
    """
    if dataset.kind not in (Kind.POINTS, Kind.MIXED):
        return _shares(dataset)
    rows, weights = _some(dataset)
    items = in_units(dataset.columns, dataset.items[rows])
    names = [in_a_line(column.name) for column in dataset.columns]
    names = names or [f"x{i + 1}" for i in range(items.shape[1])]
    if dataset.kind is Kind.MIXED:
        numbers = [i for i, column in enumerate(dataset.columns) if not column.values]
        items, names = items[:, numbers], [names[i] for i in numbers]
    if items.shape[1] == 1:
        heights, edges = np.histogram(items[:, 0], BINS, density=True, weights=weights)
        return Panel("", (Bars(edges, heights),), x_label=names[0], y_label=tr("density"))
    drawn = items[dataset.as_often_as_counted(rows)[drawn_rows(len(rows), MOST_POINTS)]]
    x, y = drawn[:, 0].astype(float), drawn[:, 1].astype(float)
    return Panel("", (Points(x, y, size=3.0),), x_label=names[0], y_label=names[1])


def _some(dataset: Dataset) -> tuple[np.ndarray, np.ndarray | None]:
    """Places of rows of a data set, no more than can be counted in a moment, and their weights, if they have such."""
    # Every so many-th row would always meet the same one of rows that go round.
    rows = drawn_rows(len(dataset.items), MOST_COUNTED // math.prod(dataset.items.shape[1:]))
    return rows, None if dataset.weights is None else dataset.weights[rows]


def names_of(dataset: Dataset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of columns of spins or categories, and their levels where all columns have the same."""
    if dataset.kind in (Kind.POINTS, Kind.MIXED):
        return (), ()
    columns = tuple(in_a_line(column.name) for column in dataset.columns)
    columns = columns or tuple(str(i + 1) for i in range(dataset.items.shape[1]))
    values = _common_values(dataset) if dataset.kind is Kind.LEVELS else ()
    return columns, values


def _common_values(dataset: Dataset) -> tuple[str, ...]:
    """The values of all columns together, in their order; none where there are too many to be named.

    A position of aligned sequences may lack a letter that others have.
    """
    found = dict.fromkeys(value for column in dataset.columns for value in column.values)
    longest = max((column.values for column in dataset.columns), key=len, default=())
    if set(found) <= set(longest):
        return longest
    in_order = all(list(column.values) == sorted(column.values) for column in dataset.columns)
    return tuple(sorted(found) if in_order else found) if len(found) <= MOST_NAMED else ()


MOST_NAMED = 32
"""Values of columns that are named on an axis."""


def _shares(dataset: Dataset) -> Panel:
    """Share of rows that are +1, or that have each value, by column."""
    rows, weights = _some(dataset)
    items = dataset.items[rows]
    columns = items.shape[1]
    if dataset.kind is Kind.SPINS:
        different = {column.values for column in dataset.columns}
        values = different.pop() if len(different) == 1 else ()
        edges = np.arange(columns + 1) + 0.5
        plus = (np.average(items.astype(float), axis=0, weights=weights) + 1) / 2
        share = tr("share of rows with “{value}”", value=values[1]) if values else tr("share of rows with +1")
        return Panel("", (Bars(edges, plus),), x_label=tr("column"), y_label=share, y_range=(0.0, 1.0))
    values = _common_values(dataset)
    levels = len(values) or dataset.levels
    place = {value: i for i, value in enumerate(values)}
    counts = np.zeros((levels, columns))
    for i in range(columns):
        of_levels = np.bincount(items[:, i], weights, minlength=dataset.levels)
        if values:
            for value, count in zip(dataset.columns[i].values, of_levels, strict=False):
                counts[place[value], i] = count
        else:
            counts[:, i] = of_levels
    shares = counts / counts[:, 0].sum()
    heat = Heatmap(np.arange(1.0, columns + 1), np.arange(float(levels)), shares, tr("share of rows"))
    value = tr("value") if values else tr("value, in the order of the column's values")
    return Panel("", (heat,), x_label=tr("column"), y_label=value)


CONVERTED = tr(
    "The same images as the model will see and make them: resized, in its levels, level 0 as paper"
)


class Preview(QWidget):
    """Shows what a model will see."""

    def show_choices(self, form: DataForm) -> None:
        """Shows at once what can be shown of other choices."""

    def show_prepared(self, dataset: Dataset) -> None:
        """Shows the data set that was made by the choices."""

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""


class ImagePreview(Preview):
    """Some images as they lie in the file, and as the model will see them.

    Args:
        material: the images.
        theme: colours.
    """

    def __init__(self, material: ImageFileSource, theme: Theme) -> None:
        super().__init__()
        self._material = material
        self.originals = SampleGrid(
            "import-originals",
            tr("Images as they are"),
            tr("Some of the images, as they are in the file"),
            theme,
        )
        self.converted = SampleGrid(
            "import-converted", tr("Images as the model will see them"), CONVERTED, theme
        )
        self.caption = set_name(QLabel(), "title")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        columns = (
            (set_name(QLabel(tr("As they are")), "title"), self.originals),
            (self.caption, self.converted),
        )
        for column, (label, view) in enumerate(columns):
            # Or a longer caption would make its images larger than the others.
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setWordWrap(True)
            grid.addWidget(label, 0, column)
            grid.addWidget(view, 1, column)
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(1, 1)
        self.originals.show_originals(material.samples)

    def show_choices(self, form: DataForm) -> None:
        """Shows the images as they will be; where the choices cannot stand, none."""
        assert isinstance(form, ImageForm)
        options = form.options
        if options is None:
            self.caption.setText(tr("As the model will see them"))
            self.converted.set_placeholder(tr("Mend what is marked"))
            self.converted.show_nothing()
            return
        self.caption.setText(_caption(options.shape, options.levels))
        self.converted.show_levels(self._material.as_chosen(options), options.levels)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.originals.set_theme(theme)
        self.converted.set_theme(theme)


class DatasetPreview(Preview):
    """Some items of a data set: images, or a plot of points and of what is in columns.

    Args:
        dataset: what is shown.
        theme: colours.
    """

    def __init__(self, dataset: Dataset, theme: Theme) -> None:
        super().__init__()
        caption = set_name(QLabel(), "title")
        self.view: SampleGrid | DatasetPlot
        if dataset.items.ndim > 2:
            spins = dataset.kind is Kind.SPINS
            levels = 2 if spins else dataset.levels
            chosen = np.linspace(0, len(dataset.items) - 1, min(SAMPLES, len(dataset.items))).astype(int)
            items = dataset.items[chosen]
            self.view = SampleGrid("import-items", tr("Some of the items"), tr("Some of the items"), theme)
            self.view.show_levels((items > 0).astype(np.uint8) if spins else items, levels)
            caption.setText(_caption(dataset.items.shape[1:], levels))
        else:
            self.view = DatasetPlot(theme)
            self.view.show_dataset(dataset)
            caption.setText(tr("As the model will see them"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(caption)
        layout.addWidget(self.view, 1)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.view.set_theme(theme)


def _caption(shape: tuple[int, ...], levels: int) -> str:
    height, width = shape[:2]
    if len(shape) == 3:
        return tr(
            "As the model will see them: {height} × {width}, {levels} levels a colour",
            height=height,
            width=width,
            levels=levels,
        )
    return tr(
        "As the model will see them: {height} × {width}, {levels} levels",
        height=height,
        width=width,
        levels=levels,
    )


ROWS, COLUMNS = 100, 60
"""Number of rows of a table that are shown."""

ROW_HEIGHT = 24
WIDEST = 190
"""Pixels that a column may take, at first as wide as what stands in it."""


class TablePreview(Preview):
    """The first rows, those columns faint that are not taken, and a plot.

    Args:
        material: the table.
        theme: colours.
    """

    def __init__(self, material: TableSource, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._names = [column.name for column in material.table.columns[:COLUMNS]]
        self._taken: tuple[str, ...] = ()
        columns, lines = material.table.columns[:COLUMNS], material.table.lines[:ROWS]
        self.rows = set_name(QTableWidget(len(lines), len(columns)), "import-rows")
        self.rows.setAccessibleName(tr("The first rows of the table"))
        self.rows.setToolTip(
            tr(
                "The first {count} rows at most, as they are; columns that are not taken are faint",
                count=ROWS,
            )
        )
        self.rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.rows.setTabKeyNavigation(False)
        self.rows.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        for j, name in enumerate(self._names):
            head = QTableWidgetItem(in_a_line(name))
            head.setToolTip(name)
            self.rows.setHorizontalHeaderItem(j, head)
        header = self.rows.horizontalHeader()
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMaximumSectionSize(WIDEST)
        self.rows.setVerticalHeaderLabels([str(line) for line in lines])
        self._cells = [[_cell(column, row) for row in range(len(lines))] for column in columns]
        for j, cells in enumerate(self._cells):
            for i, cell in enumerate(cells):
                self.rows.setItem(i, j, cell)
        self.rows.resizeColumnsToContents()
        self.plot = DatasetPlot(theme)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(set_name(QLabel(tr("As it is")), "title"))
        layout.addWidget(self.rows, 4)
        layout.addWidget(set_name(QLabel(tr("As the model will see it")), "title"))
        layout.addWidget(self.plot, 6)

    def show_choices(self, form: DataForm) -> None:
        """Makes columns faint that are not taken."""
        assert isinstance(form, TableForm)
        self._taken = () if form.options is None else form.options.columns
        self._shade()

    def show_prepared(self, dataset: Dataset) -> None:
        """Shows the data set that was made of the columns."""
        self.plot.show_dataset(dataset)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.plot.set_theme(theme)
        self._shade()

    def _shade(self) -> None:
        faint = QColor(self._theme.muted)
        faint.setAlphaF(0.55)
        for name, cells in zip(self._names, self._cells, strict=True):
            shade = QColor(self._theme.text) if name in self._taken else faint
            for cell in cells:
                cell.setForeground(shade)


def _cell(column: Column, row: int) -> QTableWidgetItem:
    """A cell as it lies in the file."""
    return QTableWidgetItem(column.cell(row))
