"""The experiments by their thumbnails."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from landscape_app.experiments import Experiment
from landscape_app.experiments.figure import Panel
from landscape_app.gui.experiments.thumbnail import SIZE, thumbnail
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.panel_canvas import Drawer, Task, style_of
from landscape_app.language import tr

NAME = int(Qt.ItemDataRole.UserRole)
PICTURE, PLACE, STATE = NAME + 1, NAME + 2, NAME + 3
WIDTH, PADDING = 244, 10
ROW = SIZE.height() + 2 * PADDING

Index = QModelIndex | QPersistentModelIndex


class ExperimentDelegate(QStyledItemDelegate):
    """Draws a thumbnail, and beside it the title, where it stands in the paper, and how it last ended."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One height for all."""
        return QSize(WIDTH, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws one experiment; the chosen one has a bar at its edge and a shade."""
        theme, area = self.theme, QRect(option.rect)
        state = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, QColor(theme.raised))
            painter.fillRect(QRect(area.x(), area.y(), 3, area.height()), QColor(theme.accent))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, QColor(theme.raised))
        picture = index.data(PICTURE)
        corner = area.topLeft()
        if isinstance(picture, QImage):
            painter.drawImage(corner.x() + PADDING, corner.y() + PADDING, picture)
        text = area.adjusted(SIZE.width() + 2 * PADDING, PADDING - 1, -PADDING, -PADDING)
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        wrap = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
        title = painter.drawText(text, wrap, str(index.data(Qt.ItemDataRole.DisplayRole)))
        font.setBold(False)
        font.setPointSizeF(font.pointSizeF() * 0.88)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        lines = [str(index.data(PLACE)), str(index.data(STATE) or "")]
        y = text.y() + title.height() + 1
        for line in lines:
            place = QRect(text.x(), y, text.width(), metrics.height())
            if place.bottom() <= text.bottom() + 4:
                painter.setPen(QColor(_colour(line, theme)))
                shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, place.width())
                painter.drawText(place, Qt.AlignmentFlag.AlignLeft, shown)
            y += metrics.height()
        painter.restore()


class ExperimentList(QListWidget):
    """All experiments.

    Args:
        experiments: in their order.
        theme: colours.

    Signals:
        chosen: name of the experiment.
    """

    chosen = Signal(str)

    def __init__(self, experiments: Iterable[Experiment], theme: Theme) -> None:
        super().__init__()
        self.setObjectName("experiments")
        self.setAccessibleName(tr("Experiments"))
        self.setToolTip(tr("The paper's experiments, and how each last ended; the arrow keys turn the pages"))
        self.setFixedWidth(WIDTH)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self._delegate = ExperimentDelegate(self, theme)
        self.setItemDelegate(self._delegate)
        self._faces: dict[str, Panel] = {}
        self._undrawn: set[str] = set()
        self._drawer = Drawer(self._tasks, self)
        self._sketched: set[str] = set()
        for experiment in experiments:
            self.add(experiment)
        self.set_theme(theme)
        self.currentItemChanged.connect(
            lambda item, _: self.chosen.emit(item.data(NAME)) if item is not None else None
        )

    def add(self, experiment: Experiment) -> None:
        """Adds an experiment at the end, unless it is listed."""
        if experiment.name in self._faces:
            return
        item = QListWidgetItem(experiment.title)
        item.setData(NAME, experiment.name)
        item.setData(PLACE, experiment.paper)
        item.setToolTip(experiment.title)
        self.addItem(item)
        self._faces[experiment.name] = Panel(experiment.title, experiment.sketch())
        if self._faces[experiment.name].marks:
            self._sketched.add(experiment.name)
        self._undrawn.add(experiment.name)
        self._drawer.ask()
        self.show_state(experiment.name, "")

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._delegate.theme = theme
        self._undrawn |= set(self._faces)
        self._drawer.ask()
        self.viewport().update()

    def choose(self, name: str) -> None:
        """Turns to an experiment."""
        self.setCurrentItem(self._item(name))

    def show_face(self, name: str, panel: Panel) -> None:
        """Shows a panel of a result as the thumbnail of an experiment that has no sketch."""
        if panel.marks and name not in self._sketched:
            self._faces[name] = panel
            self._undrawn.add(name)
            self._drawer.ask()

    def show_state(self, name: str, state: str) -> None:
        """Says how an experiment last ended, or that it runs."""
        item = self._item(name)
        if item.data(STATE) != state:
            item.setData(STATE, state)
            spoken = ", ".join(part for part in (item.text(), str(item.data(PLACE)), state) if part)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)

    def _tasks(self) -> list[Task]:
        """The thumbnails that are due."""
        names, self._undrawn = self._undrawn, set()
        style, ratio = style_of(self._delegate.theme), self.devicePixelRatioF()
        return [
            (
                partial(thumbnail, self._faces[name], style, ratio),
                partial(self._item(name).setData, PICTURE),
            )
            for name in names
        ]

    def _item(self, name: str) -> QListWidgetItem:
        items = (self.item(row) for row in range(self.count()))
        return next(item for item in items if item.data(NAME) == name)


def _colour(line: str, theme: Theme) -> str:
    """Of a state, by its sign."""
    return {"✓": theme.model, "✗": theme.danger, "⚠": theme.danger, "▶": theme.accent}.get(
        line[:1], theme.muted
    )
