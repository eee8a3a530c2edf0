"""Messages where the person is looking: they lie over the chains but no control, and stay until closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QPoint, QRect, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QToolButton,
    QWidget,
)

from landscape_app.counting import capitalised
from landscape_app.gui.messages import Message
from landscape_app.gui.widgets.containers import restyle, set_name
from landscape_app.language import tr

DONE_MILLISECONDS, FOLDER_MILLISECONDS = 4_000, 12_000
"""Time that a message of success stays, and one that says where a file is."""

READ_MILLISECONDS = 3_000
"""Time for which an error stays at least, whatever is done next."""

LONGEST_FOLDER = 70
"""Characters of a folder, its last ones."""

GAP = 6

FITTING = (
    QEvent.Type.Resize,
    QEvent.Type.Move,
    QEvent.Type.Show,
    QEvent.Type.ShowToParent,
    QEvent.Type.HideToParent,
    QEvent.Type.LayoutRequest,
)
"""Events of what notices lie over, or of themselves, after which they take their place anew."""


class Banner(QFrame):
    """Shows one message; good news goes by itself, errors and offers with what is done next, warnings once closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._detail = ""
        self.text = QLabel()
        self.text.setObjectName("banner-text")
        self.text.setWordWrap(True)
        self.copy = set_name(QToolButton(), "banner-copy", text=tr("Copy details"))
        self.copy.setToolTip(tr("Copy the technical details to the clipboard, for a bug report"))
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self._detail))
        self.act = set_name(QToolButton(), "banner-act")
        self.act.clicked.connect(self._do_offered)
        close = set_name(QToolButton(), "banner-close", text="✕")
        close.setAccessibleName(tr("Close the message"))
        close.setToolTip(tr("Close the message"))
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.act)
        layout.addWidget(self.copy)
        layout.addWidget(close)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.hide)
        self._kind, self._shown = "", QElapsedTimer()
        self._offered: Callable[[], object] | None = None
        self.hide()

    def show_message(self, message: Message) -> None:
        """Shows a message."""
        self._detail = message.detail
        words, folder = capitalised(message.text), message.detail if message.kind == "done" else ""
        if folder:
            words = f"{words} · {'…' * (len(folder) > LONGEST_FOLDER)}{folder[-LONGEST_FOLDER:]}"
        self.text.setText(words)
        self.text.setToolTip(folder)
        self.text.setAccessibleName(f"{message.text} {folder}".strip())
        self.copy.setVisible(bool(message.detail) and not folder)
        self.act.hide()
        restyle(self, "kind", message.kind)
        self.show()
        self._timer.stop()
        self._kind = message.kind
        self._shown.start()
        if message.kind == "done":
            self._timer.start(FOLDER_MILLISECONDS if folder else DONE_MILLISECONDS)

    def offer(self, text: str, words: str, tip: str, do: Callable[[], object]) -> None:
        """Offers something that a click does; it goes with what is done next.

        Args:
            text: the message.
            words: on the button.
            tip: of the button.
            do: called once it is pressed.
        """
        self.show_message(Message("offer", text))
        self._offered = do
        self.act.setText(words)
        self.act.setToolTip(tip)
        self.act.show()

    def _do_offered(self) -> None:
        self.hide()
        if self._offered is not None:
            self._offered()

    def tells(self, text: str) -> bool:
        """True while it shows a message that begins so."""
        return not self.isHidden() and self.text.text().startswith(capitalised(text))

    def pass_by(self) -> None:
        """The person has gone on: an offer goes, and an error that could be read."""
        if self._kind == "offer":
            self.hide()
        if self._kind == "error" and self._shown.isValid() and self._shown.elapsed() >= READ_MILLISECONDS:
            self.hide()


class Cover(QObject):
    """Keeps a strip over a widget that has nothing of its own to say while the strip is there.

    Args:
        place: what it lies over, which becomes higher only where the strip needs more than it has.
        strip: comes and goes by itself.
        above: pixels above the place that are free.
    """

    def __init__(self, place: QWidget, strip: QWidget, above: int) -> None:
        super().__init__(place)
        self._place, self._strip, self._above = place, strip, above
        strip.setParent(place.parentWidget())
        for widget in (place, strip):
            widget.installEventFilter(self)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follows the place, and what there is to say."""
        if event.type() in FITTING:
            self._fit()
        return False

    def _fit(self) -> None:
        shown = not self._strip.isHidden()
        width = self._place.width()
        needed = max(self._strip.heightForWidth(width), self._strip.minimumSizeHint().height()) - self._above
        self._place.setMinimumHeight(needed if shown and needed > self._place.sizeHint().height() else 0)
        if shown:
            self._strip.setGeometry(self._place.geometry().adjusted(0, -self._above, 0, 0))
            self._strip.raise_()


CONTROLS = QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QHeaderView
"""Kinds of widgets that a notice leaves to the mouse."""


def free_top(height: int, room: QRect, taken: Sequence[QRect]) -> int:
    """Upper edge of a strip across a room that covers least of what is taken there; of such edges the highest.

    Args:
        height: of the strip.
        room: that it is to be whole in; the upper edge of a lower one.
        taken: places of what is better left free.
    """
    tops = {room.top(), *(place.bottom() + 1 for place in taken)}
    possible = sorted(top for top in tops if room.top() <= top <= room.bottom() + 1 - height)

    def covered(top: int) -> int:
        parts = (place.intersected(QRect(room.left(), top, room.width(), height)) for place in taken)
        return sum(part.width() * part.height() for part in parts if not part.isEmpty())

    return min(possible, key=covered, default=room.top())


class Notices(QWidget):
    """Strips that lie over a widget, one below the other, as far up as they cover no control, and move nothing.

    Args:
        place: what they lie over.
        strips: each comes and goes by itself.
        parent: above `place`.
    """

    def __init__(self, place: QWidget, strips: Sequence[QWidget], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notices")
        self._place, self._strips, self._above = place, tuple(strips), parent
        for strip in strips:
            strip.setParent(self)
            strip.installEventFilter(self)
        place.installEventFilter(self)
        parent.installEventFilter(self)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follows the place, and what there is to show."""
        if event.type() in FITTING:
            self._fit()
        return False

    def event(self, event: QEvent) -> bool:
        """Is as high as its strips need."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def _fit(self) -> None:
        shown = [strip for strip in self._strips if not strip.isHidden()]
        self.setVisible(bool(shown))
        if not shown:
            return
        corner, width, bottom = self._place.mapTo(self._above, QPoint()), self._place.width(), 0
        for strip in shown:
            height = max(strip.heightForWidth(width), strip.minimumSizeHint().height())
            strip.setGeometry(0, bottom, width, height)
            layout = strip.layout()
            if layout is not None:
                # One that comes as the window is laid out would keep the places of the width that it wishes for.
                layout.setGeometry(strip.contentsRect())
            bottom += height + GAP
        height = min(bottom - GAP, self._place.height())
        top = free_top(height, self._place.rect(), [*self._controls()])
        self.setGeometry(corner.x(), corner.y() + top, width, height)
        self.raise_()

    def _controls(self) -> Iterator[QRect]:
        """Places of the controls in what it lies over."""
        for widget in self._place.findChildren(QWidget):
            if isinstance(widget, CONTROLS) and widget.isVisibleTo(self._place):
                yield QRect(widget.mapTo(self._place, QPoint()), widget.size())
