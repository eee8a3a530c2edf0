"""How a person's own files come into the main window: dropped on it, or chosen from the menu."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from landscape_app.data import Dataset
from landscape_app.gui.frame import Message
from landscape_app.gui.importing.drops import Drops
from landscape_app.gui.importing.sorts import Look, Sort, look_at
from landscape_app.gui.importing.worker import Worker
from landscape_app.gui.theme import Theme
from landscape_app.problems import Configuration

if TYPE_CHECKING:
    from landscape_app.gui.importing.dialog import ImportDialog
    from landscape_app.gui.main_window import MainWindow

LOOK_MILLISECONDS = 25


class OwnData(NamedTuple):
    """What a run in this window was trained on.

    Attributes:
        dataset: of a person's own.
        configuration: that it began with.
    """

    dataset: Dataset
    configuration: Configuration


class Importing(QObject):
    """Opens what is dropped on a window, and the import dialog for data.

    Args:
        window: the main window.
        theme: colours.

    Attributes:
        dialog: while it is open.
        known: data that this window has trained on, by name, to be trained on again.
    """

    def __init__(self, window: MainWindow, theme: Theme) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self.dialog: ImportDialog | None = None
        self.known: dict[str, OwnData] = {}
        self.drops = Drops(window, theme)
        self.drops.dropped.connect(self.take)
        self.drops.refused.connect(self._complain)
        self._path = Path()
        self._looker = Worker("look at a file")
        self._looks = QTimer(self, interval=LOOK_MILLISECONDS)
        self._looks.timeout.connect(self._poll)

    def take(self, path: Path) -> None:
        """Opens a file or folder by what it is, once that is known."""
        self._path = path
        self._looker.ask(lambda _: look_at(path))
        self._looks.start()

    def open_dialog(self, path: Path | None = None, look: Look | None = None) -> None:
        """Opens the import dialog, on a file or folder where one is given, with what it was found to be."""
        if self.dialog is None:
            # A twentieth of a second to import, which the window need not wait for at its start.
            from landscape_app.gui.importing.dialog import ImportDialog

            self.dialog = ImportDialog(self._theme, self._window.toolbar.seed, self._window)
            self.dialog.train.connect(self._train)
            self.dialog.finished.connect(self._forget)
            # An epoch is timed in the dialog, as it will take without the chains on view.
            self._window.make_way(True)
            self.dialog.open()
        if path is not None:
            self.dialog.open_path(path, look)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.drops.highlight.set_theme(theme)
        if self.dialog is not None:
            self.dialog.set_theme(theme)

    def end(self) -> None:
        """Closes the dialog and ends the threads."""
        self._looks.stop()
        self._looker.end()
        if self.dialog is not None:
            self.dialog.reject()

    def _poll(self) -> None:
        found = self._looker.take()
        if found is None:
            return
        self._looks.stop()
        if found.failure:
            self._complain(found.failure, found.detail)
            return
        look = cast(Look, found.value)
        if look.sort in (Sort.SOURCE, Sort.DATA):
            self.open_dialog(self._path, look)
        elif look.sort is Sort.COMPOSITION:
            self._window.bias.open_file(self._path)
        elif self._window.may_discard():
            self._window.open_file(self._path)

    def _train(self, dataset: Dataset, configuration: Configuration) -> None:
        """Begins a run, unless one that no file holds is not to go."""
        if not self._window.may_discard():
            return
        assert self.dialog is not None
        self.dialog.accept()
        self.known[dataset.name] = OwnData(dataset, configuration)
        self._window.toolbar.offer(dataset.name, configuration.planned_epochs)
        self._window.engine.new(configuration, train=True, dataset=dataset)

    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
            self._window.make_way(False)
            self._window.activateWindow()

    def _complain(self, text: str, detail: str = "") -> None:
        self._window.banner.show_message(Message("error", text, detail))


def add_import(menu: QMenu, window: MainWindow) -> None:
    """The menu's entry for data of a person's own."""
    action = QAction("Import data…", window)
    action.setObjectName("action-import")
    action.setToolTip(
        "Train on your own images, arrays or table; a file or folder can also be dropped on the window"
    )
    action.setShortcut(QKeySequence("Ctrl+Shift+I"))
    action.triggered.connect(lambda _=False: window.importing.open_dialog())
    menu.addAction(action)
