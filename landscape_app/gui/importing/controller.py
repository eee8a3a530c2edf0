"""Import of data into the main window: dropped on it, or chosen from its menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from landscape_app.data import Dataset
from landscape_app.data.importing.folders import Files
from landscape_app.gui.importing.clipboard import pasted_in
from landscape_app.gui.importing.drop_target import DropTarget
from landscape_app.gui.importing.file_type import FileInfo, FileType, are_few_pictures, inspect
from landscape_app.gui.messages import Message
from landscape_app.gui.request_worker import RequestWorker
from landscape_app.gui.state import Compute
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.language import tr
from landscape_app.problems import Configuration
from landscape_app.session.memory import IMPORTING
from landscape_app.session.provenance_in_files import ADVICE

if TYPE_CHECKING:
    from landscape_app.gui.importing.dialog import ImportDialog
    from landscape_app.gui.importing.patterns import DrawPatterns

POLL_MILLISECONDS = 25


class OwnData(NamedTuple):
    """Data that a run in this window was trained on.

    Attributes:
        dataset: of a person's own.
        configuration: that it began with.
    """

    dataset: Dataset
    configuration: Configuration


class ImportController(QObject):
    """Takes what is dropped on a window, and opens the import dialog for data.

    Signals:
        run_found: path of a run file.
        samples_found: path of samples that Landscape has generated, which are to be verified.
        draws_found: path of draws of chains that it has written, which are to be judged.
        composition_found: path of a composition.
        lesson_found: path of a lesson.
        chosen: data set and configuration that a model is to be trained with.
        score_wanted: `Files` whose items are to be scored by the model on view.
        busy: whether the dialog is open, and needs the processor to time an epoch.
        told: a `Message`.

    Args:
        window: over which files are dropped and the dialog opens.
        theme: colours.
        seed: of a new run, as the window stands.
        compute: where it would be trained.
        can_score: tells if there is a model on view, by which items can be scored.

    Attributes:
        dialog: while it is open.
        drawing: the dialog in which patterns are drawn, once it has been opened.
        known: data that this window has trained on, by name, to be trained on again.
    """

    run_found = Signal(object)
    composition_found = Signal(object)
    lesson_found = Signal(object)
    chosen = Signal(object, object)
    score_wanted = Signal(object)
    samples_found = Signal(object)
    draws_found = Signal(object)
    busy = Signal(bool)
    told = Signal(object)

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        seed: Callable[[], int],
        compute: Callable[[], Compute | None] = lambda: None,
        can_score: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._seed = seed
        self._compute = compute
        self._can_score = can_score
        self._theme = theme
        self.dialog: ImportDialog | None = None
        self.drawing: DrawPatterns | None = None
        self.known: dict[str, OwnData] = {}
        self.drops = DropTarget(window, theme)
        self.drops.dropped.connect(self.take)
        self.drops.refused.connect(self._complain)
        self._highlights = [self.drops.highlight]
        self._files = Files(Path())
        self._inspector = RequestWorker("inspect a file", work=IMPORTING)
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)

    def score_drops(
        self, window: QWidget, score: Callable[[Files], object], tell: Callable[[Message], object]
    ) -> None:
        """Has what is dropped on the window of scores scored there.

        Args:
            window: of scores.
            score: scores files.
            tell: shows a message in that window.
        """
        drops = DropTarget(window, self._theme, scores=True)
        drops.dropped.connect(score)
        drops.refused.connect(lambda text: tell(Message("error", text)))
        self._highlights.append(drops.highlight)
        drops.highlight.destroyed.connect(partial(self._highlights.remove, drops.highlight))

    def take(self, files: Files) -> None:
        """Opens files by what they are, once that is known; has too few pictures to learn from scored."""
        if are_few_pictures(files):
            self.score_wanted.emit(files)
            return
        self._files = files
        self._inspector.ask(lambda _: inspect(files.path))
        self._timer.start()

    def open_dialog(self, files: Files | None = None, info: FileInfo | None = None) -> None:
        """Opens the import dialog, on files where they are given, with what they were found to be."""
        if self.dialog is None:
            # A twentieth of a second to import, which the window need not wait for at its start.
            from landscape_app.gui.importing.dialog import ImportDialog

            self.dialog = ImportDialog(
                self._theme, self._seed(), self._window, self._compute(), self._can_score()
            )
            self.dialog.train.connect(self.chosen)
            self.dialog.score.connect(self.score_wanted)
            self.dialog.finished.connect(self._forget)
            # An epoch is timed in the dialog, as it will take without the chains on view.
            self.busy.emit(True)
            self.dialog.open()
        if files is not None:
            self.dialog.open_files(files, info)

    def paste(self) -> None:
        """Opens the import dialog on what is on the clipboard, or the files that were copied."""
        try:
            found = pasted_in(QGuiApplication.clipboard().mimeData())
        except ValueError as error:
            self._complain(str(error))
            return
        if isinstance(found, Files):
            self.take(found)
            return
        self.open_dialog()
        assert self.dialog is not None
        self.dialog.open_pasted(found)

    def draw_patterns(self) -> None:
        """Opens the dialog in which patterns are drawn, with those that were drawn in it before."""
        if self.drawing is None:
            from landscape_app.gui.importing.patterns import DrawPatterns

            self.drawing = DrawPatterns(self._theme, self._seed(), self._window)
            self.drawing.made.connect(self.chosen)
        self.drawing.open()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        if self.drawing is not None:
            self.drawing.set_theme(theme)
        for highlight in self._highlights:
            highlight.set_theme(theme)
        if self.dialog is not None:
            self.dialog.set_theme(theme)

    def end(self) -> None:
        """Closes the dialog and ends the threads."""
        self._timer.stop()
        self._inspector.end()
        for dialog in (self.dialog, self.drawing):
            if dialog is not None:
                dialog.reject()

    def _poll(self) -> None:
        found = self._inspector.take()
        if found is None:
            return
        self._timer.stop()
        if found.failure:
            self._complain(found.failure, found.detail)
            return
        info = cast(FileInfo, found.value)
        if info.type in (FileType.SOURCE, FileType.DATA):
            self.open_dialog(self._files, info)
        elif info.type in (FileType.SAMPLES, FileType.DRAWS):
            self.ask_about(self._files, info)
        elif info.type is FileType.COMPOSITION:
            self.composition_found.emit(self._files.path)
        elif info.type is FileType.LESSON:
            self.lesson_found.emit(self._files.path)
        else:
            self.run_found.emit(self._files.path)

    def ask_about(self, files: Files, info: FileInfo) -> None:
        """Asks whether samples or draws that Landscape has generated are looked at, or are data to train on."""
        draws = info.type is FileType.DRAWS
        box = QMessageBox(self._window)
        box.setObjectName("generated")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Landscape")
        name = files.path.name
        box.setText(
            tr("{name} holds draws of chains that Landscape has written.", name=name)
            if draws
            else tr("{name} holds samples that Landscape has generated.", name=name)
        )
        box.setInformativeText(f"{ADVICE}.")
        words, tip = (
            (tr("Judge the chains"), tr("Trace, ranks, autocorrelation and R-hat, as File ▸ Open chains"))
            if draws
            else (tr("Verify"), tr("Which model and composition made them, as File ▸ Verify image"))
        )
        look = set_name(box.addButton(words, QMessageBox.ButtonRole.AcceptRole), "generated-look")
        look.setToolTip(tip)
        use = set_name(box.addButton(tr("Use as data…"), QMessageBox.ButtonRole.ActionRole), "generated-use")
        use.setToolTip(tr("Open the import dialog on the file all the same"))
        cancel = set_name(box.addButton(QMessageBox.StandardButton.Cancel), "generated-cancel")
        cancel.setToolTip(tr("Open nothing (Esc)"))
        box.setDefaultButton(look)

        def answer() -> None:
            if box.clickedButton() is look:
                (self.draws_found if draws else self.samples_found).emit(files.path)
            elif box.clickedButton() is use:
                self.open_dialog(files, info)
            self._window.activateWindow()

        box.finished.connect(answer)
        box.open()

    def accept(self, dataset: Dataset, configuration: Configuration) -> None:
        """Closes the dialog, as a run begins with what was chosen in it."""
        if self.dialog is not None:
            self.dialog.accept()
        if self.drawing is not None:
            self.drawing.accept()
        self.known[dataset.name] = OwnData(dataset, configuration)

    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
            self.busy.emit(False)
            self._window.activateWindow()

    def _complain(self, text: str, detail: str = "") -> None:
        self.told.emit(Message("error", text, detail))
