"""The results of one experiment, to look at and to compare."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from landscape_app.experiments import Experiment, describe_seconds
from landscape_app.gui.experiments.findings_table import verdict_of
from landscape_app.gui.experiments.worker import Ending, ResultEntry, Running
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.paragraph import say_in_the_middle
from landscape_app.language import tr

NUMBER = int(Qt.ItemDataRole.UserRole)
LIVE = -1
"""Number of the experiment that runs."""


class ResultsList(QListWidget):
    """The newest on top; what runs above them. Tick two or more to compare them.

    Args:
        experiment: whose results.
        theme: colours.

    Signals:
        chosen: number of the result to show, `LIVE` for what runs.
        ticked: other results are ticked.
    """

    chosen = Signal(int)
    ticked = Signal()

    def __init__(self, experiment: Experiment, theme: Theme) -> None:
        super().__init__()
        self.set_theme(theme)
        self._turns_to_next = False
        self._experiment = experiment
        self.setObjectName("results")
        self.setAccessibleName(tr("Results"))
        self.setToolTip(
            tr(
                "Results of this session, and the last one from earlier.<br>Choose one to see it; tick two or more "
                "(Space) to see them side by side. Return or a double click takes its settings over"
            )
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrap(True)
        self.currentItemChanged.connect(lambda item, _: self._choose(item))
        self.itemClicked.connect(self._choose)
        self.itemChanged.connect(lambda _: self.ticked.emit())

    @property
    def current(self) -> int | None:
        """Number of the one that is chosen."""
        item = self.currentItem()
        return None if item is None else int(item.data(NUMBER))

    @property
    def ticked_numbers(self) -> list[int]:
        """Numbers of those that are ticked, the oldest first."""
        items = [self.item(row) for row in range(self.count())]
        return sorted(int(item.data(NUMBER)) for item in items if item.checkState() is Qt.CheckState.Checked)

    def show_results(self, entries: Sequence[ResultEntry], running: Running | None) -> None:
        """Shows the results. What is chosen stays so, but for one that is opened, or what ran and has ended."""
        old = [int(self.item(row).data(NUMBER)) for row in range(self.count())]
        numbers = [entry.number for entry in reversed(entries)]
        wanted = numbers if running is None else [LIVE, *numbers]
        if wanted == old:
            return
        before, ticked = self.current, set(self.ticked_numbers)
        opened = [e.number for e in entries if e.source and e.number not in old]
        with QSignalBlocker(self):
            self.clear()
            if running is not None:
                self.addItem(self._live_item(running))
            for entry in reversed(entries):
                self.addItem(self._item(entry, entry.number in ticked))
            if before != LIVE and opened:
                self.setCurrentRow(wanted.index(opened[-1]))
            elif wanted:
                stays = before if before in wanted and not self._turns_to_next else None
                self.setCurrentRow(0 if stays is None else wanted.index(stays))
                self._turns_to_next = False
        if self.current is not None and self.current != before:
            self.chosen.emit(self.current)
        self.ticked.emit()

    def choose_next(self) -> None:
        """Turns to what runs next, as soon as it does."""
        self._turns_to_next = True

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the list, or says that it is empty."""
        super().paintEvent(event)
        if not self.count():
            say_in_the_middle(self, tr("None yet"), self._theme)

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(int(item.data(NUMBER)))

    def _item(self, entry: ResultEntry, ticked: bool) -> QListWidgetItem:
        result = entry.result
        where = f" · {entry.source}" if entry.source else ""
        text = (
            f"{self._experiment.describe(result.values)}\n"
            f"{describe_ending(entry)} · {describe_seconds(result.seconds)}{where}"
        )
        item = QListWidgetItem(text)
        item.setData(NUMBER, entry.number)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, text.replace("\n", ", "))
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        item.setToolTip(", ".join(f"{name} = {value:,g}" for name, value in result.values.items()))
        return item

    def _live_item(self, running: Running) -> QListWidgetItem:
        item = QListWidgetItem(f"{self._experiment.describe(running.values)}\n▶ Running")
        item.setData(NUMBER, LIVE)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        return item


def describe_ending(entry: ResultEntry) -> str:
    """The ending of an experiment, and its verdict, in a few words with a sign."""
    if entry.ending is Ending.FAILED:
        return tr("⚠ Failed at {share:.0%}", share=entry.share)
    if entry.ending is Ending.STOPPED:
        return (
            tr("■ Stopped at {share:.0%}", share=entry.share) if not entry.source else tr("■ Stopped early")
        )
    return verdict_of(entry.result.findings)
