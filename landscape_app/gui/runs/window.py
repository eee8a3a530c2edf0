"""The window of runs: the list of all recordings, and several of them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import counted
from landscape_app.gui.keyboard import keys_entry
from landscape_app.gui.menus import MenuEntry, add_menus
from landscape_app.gui.messages import Message
from landscape_app.gui.runs.comparison import ComparisonPage
from landscape_app.gui.runs.folders import Folders
from landscape_app.gui.runs.run_table import NOTE, TITLE, RunTable
from landscape_app.gui.runs.worker import RunRow, RunsState, RunsWorker
from landscape_app.gui.state import EngineState
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.banner import Banner
from landscape_app.gui.widgets.buttons import named_button
from landscape_app.gui.widgets.containers import Page, Pages, set_name
from landscape_app.gui.widgets.file_dialogs import ask_for_folder
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.gui.widgets.plots import EXPORT_KEYS, READING_KEYS, VIEW_KEYS
from landscape_app.gui.widgets.tool_window import ToolWindow
from landscape_app.language import tr

POLL_MILLISECONDS = 60

TABLE_KEYS = KeyTable(
    tr("In the list of runs"),
    (
        ("Return", tr("Open the run")),
        ("Shift+Up, Shift+Down", tr("Select several")),
        ("Escape", tr("Leave a title or a note as it was")),
    ),
)


class RunsWindow(ToolWindow):
    """Lists the autosaved runs, and those of folders from which runs were opened or that were added.

    Args:
        theme: colours.
        settings: where geometry and folders are remembered.

    Signals:
        open_wanted: path of a run.
    """

    open_wanted = Signal(object)

    def __init__(self, theme: Theme, settings: QSettings) -> None:
        super().__init__("runs", tr("Runs"), settings)
        self.folders = Folders(settings)
        self.worker = RunsWorker()
        self._shown = RunsState()
        self._on_view: Path | None = None
        self.banner = Banner()
        self.search = set_name(QLineEdit(), "runs-search")
        self.search.setPlaceholderText(tr("Search"))
        self.search.setAccessibleName(tr("Search the runs"))
        self.search.setToolTip(
            tr("Words that a run must have in its title, file, data, model, settings or note")
        )
        self.search.setClearButtonEnabled(True)
        self.table = RunTable(theme)
        self.open_button = named_button(
            "runs-open", tr("Open"), tr("Open the run in the main window (Return)")
        )
        self.compare_button = named_button(
            "runs-compare",
            tr("Compare"),
            tr("Curves, settings and figures of the selected runs side by side (Ctrl+B)"),
        )
        self.rename_button = named_button(
            "runs-rename", tr("Rename"), tr("Give the run a title (F2); its file keeps its name")
        )
        self.note_button = named_button("runs-note", tr("Note"), tr("Write a note on the run (Ctrl+E)"))
        self.delete_button = named_button(
            "runs-delete", tr("Delete"), tr("Delete the selected files (Del); they can be brought back")
        )
        self.add_button = named_button(
            "runs-add", tr("Add folder…"), tr("List the runs of another folder, at any depth")
        )
        self.status = set_name(ShortenedLabel(), "muted")
        self.status.setAccessibleName(tr("Runs that are listed"))
        self.undo_bar = UndoBar()
        self.comparison = ComparisonPage(theme)
        self.pages = Pages(
            [
                Page("runs", tr("Runs"), tr("All recordings"), self._list()),
                Page("comparison", tr("Comparison"), tr("The runs that were compared last"), self.comparison),
            ]
        )
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(self.banner)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.undo_bar)
        self.setCentralWidget(body)
        self._connect()
        self._fill_menus()
        self._show_buttons()
        self.place()
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self.poll)
        self.worker.start()

    def _list(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.search, 1)
        for button in (
            self.open_button,
            self.compare_button,
            self.rename_button,
            self.note_button,
            self.delete_button,
            self.add_button,
        ):
            row.addWidget(button)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(row)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.status)
        return page

    def _connect(self) -> None:
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self._go_to_table)
        self.table.opened.connect(self._open)
        self.table.chosen.connect(self._show_buttons)
        self.table.records.edited.connect(self._write)
        self.open_button.clicked.connect(self.open)
        self.compare_button.clicked.connect(self.compare)
        self.rename_button.clicked.connect(self.rename)
        self.note_button.clicked.connect(self.annotate)
        self.delete_button.clicked.connect(self.delete)
        self.add_button.clicked.connect(self.ask_for_folder)
        self.undo_bar.undone.connect(self.worker.undo)
        self.undo_bar.closed.connect(self.worker.forget_deleted)

    def _fill_menus(self) -> None:
        pages = self.pages
        add_menus(
            self,
            {
                tr("&File"): [
                    MenuEntry(tr("Open"), "Ctrl+O", "open", self.open, tr("Open the run in the main window")),
                    MenuEntry(
                        tr("Show in its folder"),
                        "",
                        "show-folder",
                        self._show_folder,
                        tr("Open the folder of the run"),
                    ),
                    None,
                    MenuEntry(
                        tr("Add folder…"),
                        "Ctrl+Shift+O",
                        "add-folder",
                        self.ask_for_folder,
                        self.add_button.toolTip(),
                    ),
                    MenuEntry(
                        tr("Leave out a folder…"),
                        "",
                        "leave-out-folder",
                        self._ask_for_folder_to_leave_out,
                        tr("List the runs of a folder no more; nothing in it is changed"),
                    ),
                    None,
                    MenuEntry(tr("Close"), "Ctrl+W", "close", self.close, tr("Close the window")),
                ],
                tr("&Run"): [
                    MenuEntry(tr("Rename"), "F2", "rename", self.rename, self.rename_button.toolTip()),
                    MenuEntry(tr("Note"), "Ctrl+E", "note", self.annotate, self.note_button.toolTip()),
                    MenuEntry(
                        tr("Compare"), "Ctrl+B", "compare", self.compare, self.compare_button.toolTip()
                    ),
                    None,
                    MenuEntry(tr("Delete"), "Del", "delete", self.delete, self.delete_button.toolTip()),
                    MenuEntry(
                        tr("Bring back"),
                        "Ctrl+Z",
                        "bring-back",
                        self.worker.undo,
                        tr("Bring back what was deleted last"),
                    ),
                ],
                tr("&Sort"): self.table.sort_menu(),
                tr("&Go to"): [
                    MenuEntry(
                        tr("Search"), "Ctrl+F", "go-search", self._go_to_search, tr("The keys go there")
                    ),
                    MenuEntry(tr("Runs"), "Ctrl+1", "go-runs", self._go_to_table, tr("The list of runs")),
                    MenuEntry(
                        tr("Comparison"),
                        "Ctrl+2",
                        "go-comparison",
                        pages.button("comparison").click,
                        tr("The runs that were compared last"),
                    ),
                ],
                tr("&Help"): [keys_entry(self, (TABLE_KEYS, READING_KEYS, VIEW_KEYS, EXPORT_KEYS))],
            },
        )

    def add_folder(self, folder: Path) -> None:
        """Lists the runs of a folder too, at any depth, from now on."""
        self.folders.add(folder)
        self._watch()

    def bring_up(self) -> None:
        """Shows the window in front of others, the keys in the list."""
        super().bring_up()
        self._go_to_table()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.table.set_theme(theme)
        self.comparison.set_theme(theme)

    def show_state(self, state: EngineState) -> None:
        """Takes note of the run on view, which is not deleted."""
        self._on_view = None if state.facts is None else state.facts.path

    def open(self) -> None:
        """Opens the run that is selected."""
        rows = self.table.selected
        if len(rows) == 1:
            self._open(rows[0])

    def compare(self) -> None:
        """Compares the runs that are selected."""
        rows = [row for row in self.table.selected if row.run is not None]
        if len(rows) > 1:
            self.comparison.compare([(row.path, row.title) for row in rows])
            self.pages.button("comparison").click()

    def rename(self) -> None:
        """Lets the title of the run be edited."""
        self.table.edit_current(TITLE)

    def annotate(self) -> None:
        """Lets the note on the run be edited."""
        self.table.edit_current(NOTE)

    def delete(self) -> None:
        """Deletes the files that are selected; they can be brought back."""
        paths = [row.path for row in self.table.selected if row.path.is_file()]
        on_view = None if self._on_view is None else self._on_view.resolve()
        if any(path.resolve() == on_view for path in paths):
            self.banner.show_message(
                Message(
                    "error",
                    tr(
                        "{path} is on view in the main window; open another run there first",
                        path=on_view,
                    ),
                )
            )
        elif paths:
            self.worker.delete(paths)

    def ask_for_folder(self) -> None:
        """Asks for a folder whose runs are to be listed."""
        name = ask_for_folder(self, tr("A folder of runs"))
        if name:
            self.add_folder(Path(name))

    def poll(self) -> None:
        """Shows what the thread has found."""
        state, before = self.worker.state, self._shown
        if state is not before:
            self._shown = state
            if state.rows is not before.rows:
                self.table.records.show_records(state.rows)
                if not self.table.currentIndex().isValid() and self.table.shown:
                    self.table.choose(self.table.shown[0])
                self._show_buttons()
            self.table.show_thumbnails(state.thumbnails)
            self.undo_bar.show_deleted([one.was for one in state.deleted])
            if state.message is not None and state.message_number != before.message_number:
                self.banner.show_message(state.message)
            self._show_status()
        waiting = self.table.waiting
        if waiting:
            self.worker.want_thumbnails(waiting)

    def end(self) -> None:
        """Ends the threads, and closes the window for good."""
        self._timer.stop()
        self.comparison.end()
        self.worker.end()
        super().end()

    def showEvent(self, event: QShowEvent) -> None:
        """Follows the folders while the window is seen."""
        super().showEvent(event)
        self._watch()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Follows them no more."""
        super().hideEvent(event)
        self._timer.stop()
        self.worker.watch((), ())

    def _watch(self) -> None:
        if self.isVisible():
            self.worker.watch(self.folders.whole, self.folders.shallow)

    def _open(self, row: RunRow) -> None:
        if row.run is not None:
            self.open_wanted.emit(row.path)

    def _write(self, row: RunRow, column: int, text: str) -> None:
        if row.run is None or row.note is None:
            return
        title, note = row.note.title, row.note.note
        if column == TITLE:
            title = "" if text.strip() == row.path.stem else text
        else:
            note = text
        self.worker.write(row.run, title, note)

    def _search(self, text: str) -> None:
        self.table.search(text)
        if not self.table.selected and self.table.shown:
            self.table.choose(self.table.shown[0])
        self._show_status()

    def _show_folder(self) -> None:
        for row in self.table.selected[:1]:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(row.path.parent)))

    def _ask_for_folder_to_leave_out(self) -> None:
        names = [str(folder) for folder in (*self.folders.whole[1:], *self.folders.shallow)]
        if not names:
            text = tr("Only the autosaved runs are listed, and these always are")
            self.banner.show_message(Message("warning", text))
            return
        name, chosen = QInputDialog.getItem(
            self, tr("Leave out a folder"), tr("Folder to list no more"), names, 0, False
        )
        if chosen:
            self.folders.leave_out(Path(name))
            self._watch()

    def _go_to_table(self) -> None:
        self.pages.button("runs").click()
        self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _go_to_search(self) -> None:
        self.pages.button("runs").click()
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _show_buttons(self) -> None:
        rows = self.table.selected
        runs = [row for row in rows if row.run is not None]
        self.open_button.setEnabled(len(rows) == len(runs) == 1)
        self.compare_button.setEnabled(len(runs) > 1)
        for button in (self.rename_button, self.note_button):
            button.setEnabled(len(rows) == len(runs) == 1)
        self.delete_button.setEnabled(any(row.path.is_file() for row in rows))

    def _show_status(self) -> None:
        state = self._shown
        runs = sum(row.run is not None for row in state.rows)
        left_out = len(state.rows) - runs
        found = len(self.table.shown)
        text = counted(runs, "run")
        if found < len(state.rows):
            text = tr("{found:,} of {runs}", found=found, runs=text)
        if left_out:
            text += tr("; {files} cannot be read as a run", files=counted(left_out, "file"))
        self.status.setText(text if state.is_whole else tr("{runs} so far …", runs=text))
        is_searched = bool(self.search.text().strip())
        self.table.empty = (
            tr("Looking for runs …")
            if not state.is_whole
            else tr("No run has these words")
            if is_searched and state.rows
            else tr("No runs yet. Each run that is trained in the window is saved by itself, and comes here")
        )


class UndoBar(QFrame):
    """Says what was deleted, and offers to bring it back.

    Signals:
        undone: it is to be brought back.
        closed: the bar is closed; what was deleted stays so.
    """

    undone = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        set_name(self, "card")
        self.text = QLabel()
        self.undo = named_button(
            "runs-undo", tr("Bring back"), tr("Bring back what was deleted last (Ctrl+Z)")
        )
        close = set_name(QToolButton(), "undo-close", text="✕")
        close.setAccessibleName(tr("Close the bar"))
        close.setToolTip(tr("Close the bar; the files stay deleted, and in the trash for a day"))
        self.undo.clicked.connect(self.undone)
        close.clicked.connect(self.closed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 4)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.undo)
        layout.addWidget(close)
        self.hide()

    def show_deleted(self, paths: Sequence[Path]) -> None:
        """Shows the bar for files that were deleted; hides it for none."""
        if paths:
            self.text.setText(
                tr("Deleted {name}", name=paths[0].name)
                if len(paths) == 1
                else tr("Deleted {files}", files=counted(len(paths), "file"))
            )
        self.setVisible(bool(paths))
