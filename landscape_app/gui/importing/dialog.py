"""The import dialog: choose a file, see what it holds beside what the model will see, train on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised, counted
from landscape_app.data import Dataset
from landscape_app.data.importing.folders import Files
from landscape_app.data.importing.images import LeftOut
from landscape_app.data.importing.images import named as named_images
from landscape_app.data.importing.tables import ReadOptions
from landscape_app.gui.importing.clipboard import Pasted, pasted_in
from landscape_app.gui.importing.drop_target import local_paths
from landscape_app.gui.importing.file_type import KINDS, FileInfo, files_in
from landscape_app.gui.importing.forms import (
    DataForm,
    ImageForm,
    ImportedForm,
    ProposalForm,
    ReadingForm,
    TableForm,
)
from landscape_app.gui.importing.preview import DatasetPreview, ImagePreview, Preview, TablePreview
from landscape_app.gui.importing.source import (
    DatasetSource,
    ImageFileSource,
    ImportSource,
    Prepared,
    Reading,
    TableSource,
    read_pasted,
    read_source_file,
)
from landscape_app.gui.request_worker import Answer, Report, RequestWorker
from landscape_app.gui.state import Compute
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.buttons import named_button
from landscape_app.gui.widgets.containers import control_card, restyle, set_name
from landscape_app.gui.widgets.file_dialogs import ask_for_folder, ask_to_open, ask_to_save
from landscape_app.gui.widgets.fixed import FixedScrollArea
from landscape_app.gui.widgets.paragraph import Paragraph, ShortenedLabel
from landscape_app.gui.widgets.screens import place
from landscape_app.gui.worker import compute_threads
from landscape_app.language import english_of, tr
from landscape_app.physics.threads import set_threads
from landscape_app.problems import Configuration
from landscape_app.problems.cost import cost
from landscape_app.runs import RunFileError, check_writable
from landscape_app.session.api import seconds_per_epoch
from landscape_app.session.dataset_io import save_data
from landscape_app.session.device import resolve_device
from landscape_app.session.memory import IMPORTING
from landscape_app.session.plan import memory_of


class StartPage(QFrame):
    """Asks for data.

    Signals:
        chosen: the `Files`.
        pasted: what is on the clipboard is wanted.
    """

    chosen = Signal(object)
    pasted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("drop-zone")
        self.title = set_name(QLabel(), "heading")
        self.title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.message = set_name(Paragraph(""), "import-message")
        self.message.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.kinds = set_name(QLabel("<br>".join(KINDS)), "muted")
        self.kinds.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.folder = self._button(
            "folder", tr("Choose a folder…"), tr("A folder of images; subfolders are classes")
        )
        self.file = self._button(
            "file", tr("Choose a file…"), tr("Arrays, images in MNIST's format, or a table")
        )
        self.paste = self._button(
            "paste", tr("Paste"), tr("Cells that were copied in a spreadsheet, or a file or folder (Ctrl+V)")
        )
        self.paste.clicked.connect(self.pasted)
        self.folder.clicked.connect(self._ask_folder)
        self.file.clicked.connect(self._ask_file)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.folder)
        buttons.addWidget(self.file)
        buttons.addWidget(self.paste)
        buttons.addStretch(1)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.message, 6)
        middle.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(14)
        layout.addStretch(2)
        layout.addWidget(self.title)
        layout.addLayout(middle)
        layout.addLayout(buttons)
        layout.addWidget(self.kinds)
        layout.addStretch(3)
        self.ask()

    def ask(self) -> None:
        """Asks for data."""
        self.title.setText(tr("Drop your data here"))
        self._say(tr("Landscape looks at what there is, and proposes a model of it."), "")

    def complain(self, files: Files, text: str) -> None:
        """Says what was wrong, and asks for other data."""
        self.title.setText(tr("{name} cannot be used", name=files.name))
        # The title has its name already.
        text = text.replace(str(files.path), files.path.name)
        # Data have the name of their file without its ending; what is wrong is wrong with the file.
        stem = files.path.stem
        if text[: len(stem) + 1].lower() == f"{stem} ".lower():
            text = files.path.name + text[len(stem) :]
        self._say(text, "complaint")

    def _say(self, text: str, kind: str) -> None:
        self.message.setText(text)
        restyle(self.message, "kind", kind)

    def _button(self, name: str, text: str, tooltip: str) -> QPushButton:
        button = set_name(QPushButton(text), f"import-{name}")
        button.setToolTip(tooltip)
        return button

    def _ask_folder(self) -> None:
        self._take(lambda: ask_for_folder(self, tr("A folder of images")))

    def _ask_file(self) -> None:
        self._take(lambda: ask_to_open(self, tr("Data"), "", DATA_FILES))

    def _take(self, ask: Callable[[], str]) -> None:
        name = ask()
        if name:
            self.chosen.emit(Files(Path(name)))


DATA_FILES = tr(
    "Data (*.csv *.tsv *.txt *.xlsx *.ods *.parquet *.feather *.json *.jsonl *.gz *.zip *.npy *.npz "
    "*.h5 *.hdf5 *.mat *.tif *.gif *-ubyte *.idx *.idx1 *.idx3);;All files (*)"
)


FEW_NAMED = 3
"""Of what cannot be read, before the pointer rests on it."""

FEW_LEARNED = 50
"""Items to learn from below which a caution is given."""

SIDE = 350
"""Width of the column of choices."""


class FoundPage(QWidget):
    """Preview on the left, choices on the right.

    Args:
        material: what was found.
        name: of what it was found in.
        theme: colours.
        seed: proposed.
        reading: by which it was read; None where that was found out.

    Signals:
        made_otherwise: another data set is chosen, or none that can stand.
        trained_otherwise: it is to be trained otherwise.
        read_otherwise: a `Reading` by which the file is to be read anew.
    """

    made_otherwise = Signal()
    trained_otherwise = Signal()
    read_otherwise = Signal(object)

    def __init__(
        self, material: ImportSource, name: str, theme: Theme, seed: int, reading: Reading | None = None
    ) -> None:
        super().__init__()
        self.reading = ReadingForm(material, reading or Reading())
        self.reading.changed.connect(self.read_otherwise)
        self.material = material
        self.title = set_name(QLabel(name), "heading")
        self.summary = set_name(QLabel(), "summary")
        self.summary.setWordWrap(True)
        self.left_out = set_name(QLabel(), "warning")
        self.left_out.setWordWrap(True)
        self.left_out.hide()
        self.not_used = ShortenedLabel()
        self.not_used.setObjectName("muted")
        self.not_used.hide()
        self.form = _form(material)
        self.preview = _preview(material, theme)
        self.proposal = ProposalForm(seed)
        self.proposal.setEnabled(False)
        self.cost = set_name(QLabel(), "import-cost")
        self.cost.setAccessibleName(tr("Cost of the training"))
        self.cost.setToolTip(
            tr(
                "A few epochs were done in the background, on this machine, and timed; training itself also measures "
                "the entropy now and then"
            )
        )
        self.cost.setWordWrap(True)
        self.cost.setMinimumHeight(2 * self.fontMetrics().height() + 4)
        self.cost.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.form.changed.connect(self._on_choice)
        self.proposal.changed.connect(self.trained_otherwise)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(self._build_left(), 1)
        layout.addWidget(self._build_right())
        self.summary.setText(material.summary)
        self.preview.show_choices(self.form)

    def show_prepared(self, prepared: Prepared) -> None:
        """Shows what came of the choices, and what is proposed."""
        dataset = prepared.dataset
        learned, held_out = len(dataset.training), len(dataset.held_out)
        if dataset.are_counts:
            learned, held_out = round(dataset.training_worth), round(dataset.held_out_worth)
        taken = tr("{learned:,} to learn from, {held_out:,} held out", learned=learned, held_out=held_out)
        note = f". {capitalised(prepared.note)}" if prepared.note else ""
        if learned < FEW_LEARNED:
            note += tr(
                ". These are few, and held-out figures will be uncertain: save the data, and landscape train "
                "--folds 5 tests on all of them"
            )
        self.summary.setText(f"{prepared.summary or self.material.summary}. {taken}{note}")
        # The fields count rows of the file, and one may be in both sets.
        if not dataset.are_counts:
            self.form.show_taken(learned, held_out)
        self._show_left_out(prepared.left_out)
        self.not_used.setText(tr("Not used: {names}", names=", ".join(prepared.not_used)))
        self.not_used.setVisible(bool(prepared.not_used))
        self.preview.show_prepared(dataset)
        self.proposal.setEnabled(True)
        self.proposal.show_proposal(prepared.proposal, prepared.kernels)

    def _show_left_out(self, left_out: tuple[LeftOut, ...]) -> None:
        """Names the first of what cannot be read, and the others where the pointer rests on it."""
        count = len(left_out)
        if count:
            what = counted(count, "row" if isinstance(self.material, TableSource) else "image")
            named = named_images(left_out, FEW_NAMED)
            are_empty = all(english_of(row.reason).endswith(": no value") for row in left_out)
            self.left_out.setText(
                tr("{items} with an empty cell, left out: {named}", items=what, named=named)
                if are_empty
                else tr("{items} cannot be read and is left out: {named}", items=what, named=named)
                if count == 1
                else tr("{items} cannot be read and are left out: {named}", items=what, named=named)
            )
            self.left_out.setToolTip(named_images(left_out).replace("; ", "\n"))
        self.left_out.setVisible(bool(count))

    def show_cost(self, text: str, wrong: bool = False) -> None:
        """Says what the training costs, or why that is not known."""
        self.cost.setText(text)
        restyle(self.cost, "kind", "complaint" if wrong else "")

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.preview.set_theme(theme)

    def _build_left(self) -> QVBoxLayout:
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addWidget(self.title)
        left.addWidget(self.summary)
        left.addWidget(self.left_out)
        left.addWidget(self.not_used)
        left.addSpacing(4)
        left.addWidget(self.preview, 1)
        return left

    def _build_right(self) -> QScrollArea:
        column = set_name(QWidget(), "sheet")
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(control_card(set_name(QLabel(tr("Data")), "title"), self.form, self.reading))
        layout.addWidget(
            control_card(set_name(QLabel(tr("Model and training")), "title"), self.proposal, self.cost)
        )
        layout.addStretch(1)
        area = FixedScrollArea()
        area.setWidget(column)
        area.setFixedWidth(SIDE)
        return area

    def _on_choice(self) -> None:
        self.preview.show_choices(self.form)
        self.made_otherwise.emit()


def _form(material: ImportSource) -> DataForm:
    if isinstance(material, ImageFileSource):
        return ImageForm(material)
    if isinstance(material, TableSource):
        return TableForm(material)
    assert isinstance(material, DatasetSource)
    return ImportedForm(material)


def _preview(material: ImportSource, theme: Theme) -> Preview:
    if isinstance(material, ImageFileSource):
        return ImagePreview(material, theme)
    if isinstance(material, TableSource):
        return TablePreview(material, theme)
    assert isinstance(material, DatasetSource)
    return DatasetPreview(material.dataset, theme)


SHARES = 1_000
"""Steps of the progress bar."""


class Footer(QWidget):
    """Progress and buttons."""

    def __init__(self) -> None:
        super().__init__()
        self._told, self._wrong = "", False
        self.progress = set_name(QProgressBar(), "import-progress")
        self.progress.setRange(0, SHARES)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(140, 6)
        self.progress.setAccessibleName(tr("How much is read"))
        self.state = set_name(QLabel(), "import-state")
        self.state.setAccessibleName(tr("What the dialog is doing"))
        self.state.setWordWrap(True)
        self.another = named_button(
            "import-another", tr("Other data…"), tr("Begin again with another file or folder")
        )
        self.save = named_button(
            "import-save",
            tr("Save data…"),
            tr("Write the data to a file, as landscape import does, to train on it later"),
        )
        self.score = named_button(
            "import-score",
            tr("Score with the model on view"),
            tr(
                "−log P of each item under the model on view, and which are out of distribution; nothing is trained"
            ),
        )
        self.cancel = named_button(
            "import-cancel", tr("Cancel"), tr("Close the dialog; nothing is changed (Esc)")
        )
        self.train = named_button(
            "train", tr("Train"), tr("Begin a run on these data in the window (Ctrl+Return)")
        )
        self.train.setShortcut("Ctrl+Return")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.progress)
        layout.addWidget(self.state, 1)
        # What is not always there stands first: the others keep their places.
        for button in (self.score, self.another, self.save, self.cancel, self.train):
            layout.addWidget(button)

    def say(self, text: str, wrong: bool = False) -> None:
        """Leaves a message, or none; it stays until there is another."""
        self._told, self._wrong = capitalised(text), wrong

    def show_state(
        self, found: bool, ready: bool, reading: float | None, wrong: bool, can_score: bool
    ) -> None:
        """Shows how things stand.

        Args:
            found: whether there is something to choose of.
            ready: whether it can be trained.
            reading: how much is read, 0 to 1; None where nothing is.
            wrong: whether something that was chosen cannot stand.
            can_score: whether it is a file, and there is a model by which its items can be scored.
        """
        self.progress.setVisible(reading is not None)
        self.progress.setValue(round(SHARES * (reading or 0.0)))
        self.another.setVisible(found)
        self.save.setVisible(found)
        self.score.setVisible(found and can_score)
        self.train.setVisible(found)
        self.save.setEnabled(ready)
        self.train.setEnabled(ready)
        if wrong:
            self._show(tr("⚠ Mend what is marked"), wrong=True)
        elif found and reading is not None:
            self._show(tr("Reading … {share:.0%}", share=reading), wrong=False)
        else:
            self._show(self._told, self._wrong)

    def _show(self, text: str, wrong: bool) -> None:
        kind = "complaint" if wrong else ""
        if (text, kind) == (self.state.text(), self.state.property("kind")):
            return
        self.state.setText(text)
        restyle(self.state, "kind", kind)


POLL_MILLISECONDS = 25
REST_MILLISECONDS = 250
"""Without a change, after which data are prepared and an epoch is timed: more than between two keys."""

SAVED_FILES = tr("Data (*.h5)")


class ImportDialog(QDialog):
    """Reads data in the background, and lets a person choose what is made of them.

    Args:
        theme: colours.
        seed: proposed.
        parent: the window.
        compute: where the run will train, for the time that an epoch takes; None for where it does by default.
        can_score: True if there is a model on view, by which items can be scored.

    Signals:
        train: the data set and the configuration that a run shall begin with.
        score: `Files` whose items shall be scored by the model on view.
    """

    train = Signal(object, object)
    score = Signal(object)

    def __init__(
        self,
        theme: Theme,
        seed: int,
        parent: QWidget | None = None,
        compute: Compute | None = None,
        can_score: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("import-dialog")
        self.setWindowTitle(tr("Import data – Landscape"))
        self.setAcceptDrops(True)
        self._theme = theme
        self._seed = seed
        self._can_score = can_score
        self._files = Files(Path())
        self._read: Callable[[Report, bool], ImportSource] | None = None
        self._read_again: Callable[[Reading], None] | None = None
        self._reading: Reading | None = None
        self._prepared: Prepared | None = None
        self._reader = RequestWorker("import", lambda: set_threads(1), IMPORTING)
        compute = compute or Compute("auto", compute_threads())
        self._device = compute.device
        self._clock = RequestWorker("cost of an epoch", lambda: set_threads(compute.threads), IMPORTING)
        self._writer = RequestWorker("save data", work=IMPORTING)
        self.start = StartPage()
        self.start.chosen.connect(self.open_files)
        self.start.pasted.connect(self.paste)
        self.reading = set_name(QLabel(), "heading")
        self.reading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.found: FoundPage | None = None
        self.foot = Footer()
        self.foot.another.clicked.connect(self._begin_again)
        self.foot.save.clicked.connect(self._save)
        self.foot.cancel.clicked.connect(self.reject)
        self.foot.train.clicked.connect(self._train)
        self.foot.score.clicked.connect(self._score)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.start)
        self.pages.addWidget(self.reading)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.foot)
        self._resting = QTimer(self, interval=REST_MILLISECONDS, singleShot=True)
        self._resting.timeout.connect(self._prepare)
        self._settling = QTimer(self, interval=REST_MILLISECONDS, singleShot=True)
        self._settling.timeout.connect(self._time)
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)
        self._timer.start()
        place(self, 1160, 720)
        self._show_state()

    def open_files(self, files: Files, info: FileInfo | None = None, reading: Reading | None = None) -> None:
        """Looks at files, in place of what is on view, unless somebody has and says what they are.

        Args:
            files: a file or folder, or several images as one data set.
            info: their type, if that is known.
            reading: how they are read; None finds out.
        """
        if reading is None and files.only:
            reading = Reading(ReadOptions(only=files.only))
        self._look_at(
            files,
            reading,
            lambda report, beginning: read_source_file(files.path, report, info, reading, beginning),
        )

    def open_pasted(self, pasted: Pasted, reading: Reading | None = None) -> None:
        """Looks at a table that was pasted, in place of what is on view.

        Args:
            pasted: the table.
            reading: how it is read; None finds out.
        """
        files = Files(Path(pasted.name))
        self._look_at(files, reading, lambda report, _: read_pasted(pasted, report, reading))
        self._read_again = lambda reading: self.open_pasted(pasted, reading)

    def paste(self) -> None:
        """Looks at what is on the clipboard, or at the files that were copied."""
        try:
            found = pasted_in(QGuiApplication.clipboard().mimeData())
        except ValueError as error:
            self._refuse(tr("The clipboard"), error)
            return
        if isinstance(found, Files):
            self.open_files(found)
        else:
            self.open_pasted(found)

    def _refuse(self, what: str, error: ValueError) -> None:
        """Says why something cannot be used; what is on view stays."""
        if self.found is None:
            self._leave_found()
            self.start.complain(Files(Path(what)), str(error))
            self._show_start()
        else:
            self.foot.say(str(error), wrong=True)
        self._show_state()

    def _look_at(
        self, files: Files, reading: Reading | None, read: Callable[[Report, bool], ImportSource]
    ) -> None:
        self._leave_found()
        self._files, self._reading, self._read = files, reading, read
        self._read_again = lambda reading: self.open_files(files, None, reading)
        self.reading.setText(tr("Looking at {name} …", name=files.name))
        self.pages.setCurrentWidget(self.reading)
        self._reader.ask(lambda report: read(report, True))
        self._show_state()

    @property
    def chosen(self) -> tuple[Dataset, Configuration] | None:
        """Data set that can be trained now; None before all is read, or while something cannot stand."""
        if self.found is None or self._prepared is None or self.found.form.choices is None:
            return None
        plan = self.found.proposal.configuration
        return None if plan is None else (self._prepared.dataset, plan)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        if self.found is not None:
            self.found.set_theme(theme)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes files."""
        if local_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Looks at what was dropped."""
        paths = local_paths(event.mimeData())
        if not paths:
            return
        event.acceptProposedAction()
        try:
            files = files_in(paths)
        except ValueError as error:
            self._refuse(tr("What was dropped"), error)
        else:
            self.open_files(files)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pastes data, where no field takes the key for its text."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Ends the threads: nobody waits any longer for what they are at."""
        self._timer.stop()
        for worker in (self._reader, self._clock, self._writer):
            worker.end()
        super().done(result)

    def _poll(self) -> None:
        """Shows what the background has done."""
        for worker, show in (
            (self._reader, self._show_reading),
            (self._clock, self._show_cost),
            (self._writer, self._show_saved),
        ):
            answer = worker.take()
            if answer is not None:
                show(answer)
        self._show_state()

    def _show_reading(self, answer: Answer) -> None:
        if isinstance(answer.value, ImportSource):
            self._show_material(answer.value)
        elif isinstance(answer.value, Prepared) and self.found is not None:
            self._prepared = answer.value
            self.found.show_prepared(answer.value)
            self._settling.start()
        elif self.found is None or self.found.material.is_beginning:
            self._leave_found()
            self.start.complain(self._files, answer.failure)
            self._show_start()
        else:
            self.foot.say(answer.failure, wrong=True)

    def _show_material(self, material: ImportSource) -> None:
        self._remove_found()
        self.found = FoundPage(material, self._files.name, self._theme, self._seed, self._reading)
        assert self._read is not None
        assert self._read_again is not None
        self.found.read_otherwise.connect(self._read_again)
        self.found.made_otherwise.connect(self._on_choice)
        self.found.trained_otherwise.connect(self._on_proposal)
        self.pages.addWidget(self.found)
        self.pages.setCurrentWidget(self.found)
        if material.is_beginning:
            read = self._read
            self.found.form.setEnabled(False)
            self._reader.ask(lambda report: read(report, False))
            self.foot.cancel.setFocus()
            return
        # Or the keys would be left with the button to cancel.
        self.found.form.name.line.setFocus()
        self._prepare()

    def _leave_found(self) -> None:
        """Lets go of what is on view, and of all that is asked about it."""
        self._resting.stop()
        self._settling.stop()
        self._prepared = None
        self._reader.drop()
        self._clock.drop()
        self.foot.say("")
        self._remove_found()

    def _remove_found(self) -> None:
        if self.found is not None:
            self.pages.removeWidget(self.found)
            self.found.deleteLater()
            self.found = None

    def _begin_again(self) -> None:
        self._leave_found()
        self.start.ask()
        self._show_start()
        self._show_state()

    def _show_start(self) -> None:
        self.pages.setCurrentWidget(self.start)
        self.start.folder.setFocus()

    def _on_choice(self) -> None:
        """Waits until a person has chosen; what was made of the choices before is gone."""
        self._prepared = None
        self._reader.drop()
        self._on_proposal()
        self._settling.stop()
        self._resting.start()

    def _on_proposal(self) -> None:
        assert self.found is not None
        self._clock.drop()
        self.foot.say("")
        self.found.show_cost("")
        self._settling.start()
        self._show_state()

    def _prepare(self) -> None:
        found = self.found
        choices = None if found is None else found.form.choices
        if found is not None and choices is not None:
            self._reader.ask(lambda report: found.material.prepare(choices, report))
            self._show_state()

    def _time(self) -> None:
        if self.found is None or self.chosen is None:
            return
        dataset, plan = self.chosen
        self.found.show_cost(tr("Timing an epoch …"))
        self._clock.ask(
            lambda report: cost(
                seconds_per_epoch(plan, dataset, self._device, between=lambda: report(0.0)),
                plan,
                memory_of(plan, dataset, resolve_device(self._device).device).total,
            )
        )

    def _show_cost(self, answer: Answer) -> None:
        if self.found is not None:
            self.found.show_cost(str(answer.value or answer.failure), wrong=not answer.value)

    def _save(self) -> None:
        if self.chosen is None:
            return
        dataset, _ = self.chosen
        reading = {} if self._prepared is None else dict(self._prepared.reading)
        name, _ = ask_to_save(self, tr("Save the data"), f"{dataset.name}.h5", SAVED_FILES)
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".h5")
        try:
            check_writable(path)
        except RunFileError as error:
            self.foot.say(str(error), wrong=True)
            return

        def save(_: object) -> str:
            save_data(dataset, path, {"imported_from": english_of(self._files.name), "reading": reading})
            return tr("Saved {name}; landscape train reads it, and it opens here again", name=path.name)

        self.foot.say(tr("Saving {name} …", name=path.name))
        self._writer.ask(save)

    def _show_saved(self, answer: Answer) -> None:
        self.foot.say(str(answer.value or answer.failure), wrong=not answer.value)

    def _train(self) -> None:
        if self.chosen is not None:
            self.train.emit(*self.chosen)

    def _score(self) -> None:
        # Closed first, as that brings the main window to the front.
        self.reject()
        self.score.emit(self._files)

    def _show_state(self) -> None:
        found = self.found
        wrong = found is not None and (found.form.choices is None or found.proposal.has_fault)
        self.foot.show_state(
            found=found is not None,
            ready=self.chosen is not None,
            reading=self._reader.share if self._reader.is_busy else None,
            wrong=wrong,
            can_score=self._can_score and self._files.path.exists(),
        )
