"""The import dialog: what was found, what the model will see of it, and what it is trained with."""

from __future__ import annotations

from pathlib import Path

import torch
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QLabel, QStackedWidget, QVBoxLayout, QWidget

from landscape_app.data import Dataset
from landscape_app.gui.engine import compute_threads
from landscape_app.gui.importing.foot import Foot
from landscape_app.gui.importing.found_page import FoundPage
from landscape_app.gui.importing.material import Material, Prepared, open_material
from landscape_app.gui.importing.sorts import Look
from landscape_app.gui.importing.start_page import StartPage
from landscape_app.gui.importing.worker import Outcome, Worker
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.naming import named
from landscape_app.problems import Configuration
from landscape_app.problems.cost import cost
from landscape_app.runs import RunFileError, check_writable
from landscape_app.session import save_data, seconds_per_epoch

LOOK_MILLISECONDS = 25
REST_MILLISECONDS = 250
"""Without a change, after which data are prepared and an epoch is timed: more than between two keys."""

SAVED_FILES = "Data (*.h5)"


class ImportDialog(QDialog):
    """Reads data in the background, and lets a person choose what is made of them.

    Args:
        theme: colours.
        seed: proposed.
        parent: the window.

    Signals:
        train: the data set and the configuration that a run shall begin with.
    """

    train = Signal(object, object)

    def __init__(self, theme: Theme, seed: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import-dialog")
        self.setWindowTitle("Import data – Landscape")
        self.setAcceptDrops(True)
        self._theme = theme
        self._seed = seed
        self._path = Path()
        self._prepared: Prepared | None = None
        self._reader = Worker("import", lambda: torch.set_num_threads(1))
        self._clock = Worker("cost of an epoch", lambda: torch.set_num_threads(compute_threads()))
        self._writer = Worker("save data")
        self.start = StartPage()
        self.start.chosen.connect(self.open_path)
        self.looking = named(QLabel(), "heading")
        self.looking.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.found: FoundPage | None = None
        self.foot = Foot()
        self.foot.another.clicked.connect(self._begin_again)
        self.foot.save.clicked.connect(self._save)
        self.foot.cancel.clicked.connect(self.reject)
        self.foot.train.clicked.connect(self._train)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.start)
        self.pages.addWidget(self.looking)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.foot)
        self._resting = QTimer(self, interval=REST_MILLISECONDS, singleShot=True)
        self._resting.timeout.connect(self._prepare)
        self._settling = QTimer(self, interval=REST_MILLISECONDS, singleShot=True)
        self._settling.timeout.connect(self._time)
        self._looks = QTimer(self, interval=LOOK_MILLISECONDS)
        self._looks.timeout.connect(self._poll)
        self._looks.start()
        self.resize(1160, 720)
        self._show_state()

    def open_path(self, path: Path, look: Look | None = None) -> None:
        """Looks at a file or folder, in place of what is on view, unless somebody has and says what it is."""
        self._leave_found()
        self._path = path
        self.looking.setText(f"Looking at {path.name} …")
        self.pages.setCurrentWidget(self.looking)
        self._reader.ask(lambda report: open_material(path, report, look))
        self._show_state()

    @property
    def chosen(self) -> tuple[Dataset, Configuration] | None:
        """What can be trained now; None before all is read, or while something cannot stand."""
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
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Looks at what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.open_path(paths[0])

    def done(self, result: int) -> None:
        """Ends the threads: nobody waits any longer for what they are at."""
        self._looks.stop()
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
            outcome = worker.take()
            if outcome is not None:
                show(outcome)
        self._show_state()

    def _show_reading(self, outcome: Outcome) -> None:
        if isinstance(outcome.value, Material):
            self._show_material(outcome.value)
        elif isinstance(outcome.value, Prepared) and self.found is not None:
            self._prepared = outcome.value
            self.found.show_prepared(outcome.value)
            self._settling.start()
        elif self.found is None:
            self.start.complain(self._path, outcome.failure)
            self._show_start()
        else:
            self.foot.say(outcome.failure, wrong=True)

    def _show_material(self, material: Material) -> None:
        self.found = FoundPage(material, self._theme, self._seed)
        self.found.made_otherwise.connect(self._on_choice)
        self.found.trained_otherwise.connect(self._on_proposal)
        self.pages.addWidget(self.found)
        self.pages.setCurrentWidget(self.found)
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
        self.found.show_cost("Timing an epoch …")
        self._clock.ask(
            lambda report: cost(seconds_per_epoch(plan, dataset, between=lambda: report(0.0)), plan)
        )

    def _show_cost(self, outcome: Outcome) -> None:
        if self.found is not None:
            self.found.show_cost(str(outcome.value or outcome.failure), wrong=not outcome.value)

    def _save(self) -> None:
        if self.chosen is None:
            return
        dataset, _ = self.chosen
        name, _ = QFileDialog.getSaveFileName(self, "Save the data", f"{dataset.name}.h5", SAVED_FILES)
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".h5")
        try:
            check_writable(path)
        except RunFileError as error:
            self.foot.say(str(error), wrong=True)
            return

        def save(_: object) -> str:
            save_data(dataset, path, {"imported_from": self._path.name})
            return f"Saved {path.name}; landscape train reads it, and it opens here again"

        self.foot.say(f"Saving {path.name} …")
        self._writer.ask(save)

    def _show_saved(self, outcome: Outcome) -> None:
        self.foot.say(str(outcome.value or outcome.failure), wrong=not outcome.value)

    def _train(self) -> None:
        if self.chosen is not None:
            self.train.emit(*self.chosen)

    def _show_state(self) -> None:
        found = self.found
        wrong = found is not None and (found.form.choices is None or found.proposal.has_fault)
        self.foot.show_state(
            found=found is not None,
            ready=self.chosen is not None,
            reading=self._reader.share if self._reader.is_busy else None,
            wrong=wrong,
        )
