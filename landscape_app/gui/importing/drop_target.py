"""Files dropped on a window, and the frame that shows what will become of them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QDropEvent, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from landscape_app.gui.importing.file_type import DROPS, are_few_pictures, files_in
from landscape_app.gui.theme import Theme
from landscape_app.language import tr

SCORES = tr(
    "−log P under the model on view, and the training image nearest to it. To train on images, drop three or more at "
    "once, or the folder that they lie in"
)
SCORED = tr("−log P of each item under the model on view, and the training item nearest to it")
TOGETHER = tr("One data set of all images; where they lie in several folders, these are their classes")

MARGIN, RADIUS = 14, 12
"""Of the frame that is shown while something is dragged over the window, in pixels."""


class DropHighlight(QWidget):
    """Covers a window while something is dragged over it, and says what will become of it.

    Args:
        window: what it covers.
        theme: colours.
    """

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self.setObjectName("drop-highlight")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._window = window
        self._theme = theme
        self.text, self.detail, self._usable = "", "", True
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.update()

    def show_over(self, text: str, detail: str, usable: bool) -> None:
        """Covers the window, in the accent of what can be used or the red of what cannot."""
        self.text, self.detail, self._usable = text, detail, usable
        self.setAccessibleName(text)
        self.setGeometry(self._window.rect())
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws a veil, a dashed frame, and what will become of the drop."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil, edge = (
            QColor(self._theme.window),
            QColor(self._theme.accent if self._usable else self._theme.danger),
        )
        veil.setAlphaF(0.86)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(edge, 3, Qt.PenStyle.DashLine))
        frame = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        painter.drawRoundedRect(frame, RADIUS, RADIUS)
        large = QFont(self.font())
        large.setPointSizeF(1.8 * large.pointSizeF())
        large.setBold(True)
        middle = frame.center().y()
        painter.setFont(large)
        painter.setPen(QColor(self._theme.text))
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        side = frame.adjusted(40, 0, -40, 0)
        painter.drawText(QRectF(side.x(), middle - 60, side.width(), 56), flags, self.text)
        painter.setFont(self.font())
        painter.setPen(QColor(self._theme.muted))
        painter.drawText(QRectF(side.x(), middle + 6, side.width(), 80), flags, self.detail)


class DropTarget(QObject):
    """Takes files that are dropped on a window, wherever no widget of it takes them for itself.

    Args:
        window: where they are dropped.
        theme: colours.
        scores: True where whatever is dropped is scored, and nothing is opened.

    Signals:
        dropped: the `Files`.
        refused: why nothing is done, in words.
    """

    dropped = Signal(object)
    refused = Signal(str)

    def __init__(self, window: QWidget, theme: Theme, scores: bool = False) -> None:
        super().__init__(window)
        self._scores = scores
        self.highlight = DropHighlight(window, theme)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Shows what will become of what is dragged, and takes what is dropped."""
        kinds = QEvent.Type
        if event.type() in (kinds.DragEnter, kinds.DragMove, kinds.Drop) and isinstance(event, QDropEvent):
            paths = local_paths(event.mimeData())
            if not paths:
                return False
            event.acceptProposedAction()
            if event.type() == kinds.DragEnter:
                self._show(paths)
            elif event.type() == kinds.Drop:
                self.highlight.hide()
                self._take(paths)
            return True
        if event.type() == kinds.DragLeave:
            self.highlight.hide()
        return False

    def _show(self, paths: list[Path]) -> None:
        try:
            files = files_in(paths)
        except ValueError as error:
            self.highlight.show_over(tr("This cannot be used here"), str(error), usable=False)
            return
        if self._scores or are_few_pictures(files):
            detail = SCORED if self._scores else SCORES
            self.highlight.show_over(tr("Drop to score {name}", name=files.name), detail, usable=True)
        else:
            detail = TOGETHER if files.only else tr("Landscape takes {drops}", drops=DROPS)
            self.highlight.show_over(tr("Drop to open {name}", name=files.name), detail, usable=True)

    def _take(self, paths: list[Path]) -> None:
        try:
            files = files_in(paths)
        except ValueError as error:
            self.refused.emit(str(error))
        else:
            self.dropped.emit(files)


def local_paths(data: QMimeData) -> list[Path]:
    """The files and folders of this machine among what is dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
