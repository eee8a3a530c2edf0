"""A slider through what has been, which grows at its end and stays with a state that is looked at."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from landscape_app.gui.widgets.key_table import KeyTable
from landscape_app.gui.widgets.naming import named

PAGE = 50
"""States that Page Up and Page Down move by."""

HISTORY_KEYS = KeyTable(
    "In the history of a chain",
    (
        ("Left, Right", "One state back, forward"),
        ("PgDown, PgUp", f"{PAGE} states back, forward"),
        ("Home, End", "The oldest state, the newest"),
    ),
)


class Scrubber(QWidget):
    """Goes through numbered states; at its right end it follows the newest.

    Signals:
        moved: another state is looked at.
    """

    moved = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("scrubber")
        self._first = self._last = 0
        self._live = True
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "history")
        self.slider.setAccessibleName("State of the chain that is shown")
        self.slider.setToolTip(
            "Go back through the chain's last states, up to 1,000: arrow keys by one, Page Up and Page Down by 50."
            "<br>At the right end it follows the chain."
        )
        self.slider.setPageStep(PAGE)
        self.slider.valueChanged.connect(self._on_value)
        self.now_button = named(QToolButton(), "history-now", text="Now")
        self.now_button.setToolTip("Follow the chain again (End)")
        self.now_button.clicked.connect(self.go_to_now)
        self.label = named(QLabel("now"), "muted")
        self.label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.label.setFixedWidth(self.fontMetrics().horizontalAdvance("−1,000 of 1,000 "))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.label)
        layout.addWidget(self.now_button)
        self._show()

    @property
    def state(self) -> int:
        """Number of the state that is looked at."""
        return self.slider.value()

    @property
    def is_live(self) -> bool:
        """Whether it follows the newest."""
        return self._live

    def show_range(self, first: int, count: int) -> None:
        """Takes which states there are; one that is looked at stays until it is forgotten."""
        self._first, self._last = first, first + count - 1
        with QSignalBlocker(self.slider):
            self.slider.setRange(self._first, self._last)
            if self._live:
                self.slider.setValue(self._last)
        self._show()

    def go_to(self, state: int) -> None:
        """Looks at a state, or at the nearest there is."""
        self._live = state >= self._last
        with QSignalBlocker(self.slider):
            self.slider.setValue(state)
        self._show()
        self.moved.emit()

    def go_to_now(self) -> None:
        """Follows the newest again."""
        self.go_to(self._last)

    def forget(self) -> None:
        """Follows the newest of what comes."""
        self._live = True
        self.show_range(0, 1)

    def _on_value(self, value: int) -> None:
        self._live = value == self._last
        self._show()
        self.moved.emit()

    def _show(self) -> None:
        back, count = self._last - self.state, self._last - self._first + 1
        self.label.setText(f"now, of {count:,}" if self._live or not back else f"−{back:,} of {count:,}")
        self.now_button.setEnabled(not self._live)
