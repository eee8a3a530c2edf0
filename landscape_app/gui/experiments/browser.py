"""The experiment browser: the list, a page for each experiment, and the thread that runs them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from landscape_app.experiments import Experiment, Result
from landscape_app.gui.experiments.experiment_list import ExperimentList
from landscape_app.gui.experiments.page import ExperimentPage
from landscape_app.gui.experiments.results_list import describe_ending
from landscape_app.gui.experiments.worker import ExperimentsState, ExperimentWorker
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.banner import Banner
from landscape_app.gui.widgets.file_dialogs import ask_for_folder, ask_to_open
from landscape_app.language import tr

MOST_UPDATES = 5.0
"""Most updates a second of an experiment that runs."""

UNFOLDED = "experiments/unfolded"
"""Setting that remembers whether verdicts and results are shown."""

RESULT_FILES = tr("Results (*.h5);;All files (*)")


class Browser(QWidget):
    """Shows the state of the worker; `poll` is called several times a second.

    Args:
        experiments: by name, at least one.
        theme: colours.
        settings: where choices are remembered.
        threads: compute threads; None leaves one core to the window.

    Signals:
        running: whether an experiment runs.
    """

    running = Signal(bool)

    def __init__(
        self,
        experiments: Mapping[str, Experiment],
        theme: Theme,
        settings: QSettings,
        threads: int | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("browser")
        self._theme, self._settings = theme, settings
        self._experiments = dict(experiments)
        self._titles = {name: experiment.title for name, experiment in experiments.items()}
        self.worker = ExperimentWorker(experiments, threads)
        self._shown: ExperimentsState | None = None
        self._next_update = 0.0
        self.banner = Banner()
        self.list = ExperimentList(experiments.values(), theme)
        self._pages: dict[str, ExperimentPage] = {}
        self._stack = QStackedWidget()
        self.list.chosen.connect(self._turn)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.banner)
        right.addWidget(self._stack, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.list)
        layout.addLayout(right, 1)
        last = str(settings.value("experiments/last", ""))
        self.list.choose(last if last in experiments else next(iter(experiments)))
        self.worker.start()

    @property
    def page(self) -> ExperimentPage:
        """The page on view."""
        page = self._stack.currentWidget()
        assert isinstance(page, ExperimentPage)
        return page

    @property
    def is_running(self) -> bool:
        """True while an experiment runs."""
        return self.worker.state.running is not None

    def offer(self, experiment: Experiment) -> None:
        """Adds an experiment on data at hand, in place of one of its name, and turns to it."""
        name = experiment.name
        self._titles[name], self._experiments[name] = experiment.title, experiment
        self.worker.offer(experiment)
        self.list.add(experiment)
        page = self._pages.pop(name, None)
        if page is not None:
            self._stack.removeWidget(page)
            page.deleteLater()
        self.list.choose(name)
        self._turn(name)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.list.set_theme(theme)
        for page in self._pages.values():
            page.set_theme(theme)

    def end(self) -> None:
        """Stops what runs and ends the thread."""
        self.worker.end()
        self.poll()

    def poll(self) -> None:
        """Shows what is new."""
        state, now = self.worker.state, time.perf_counter()
        if state is self._shown and state.running is None:
            return
        steps_only = self._shown is not None and _changed_only_progress(self._shown, state)
        if steps_only and now < self._next_update:
            return
        self._show(state)
        self._next_update = now + 1 / MOST_UPDATES

    def save(self, result: Result) -> None:
        """Asks for a folder and saves a result there."""
        start = str(self._settings.value("experiments/folder", str(Path.home())))
        folder = ask_for_folder(self, tr("Save figure and numbers in a folder"), start)
        if folder:
            self._settings.setValue("experiments/folder", folder)
            self.worker.save(result, Path(folder))

    def open(self) -> None:
        """Asks for a result and opens it."""
        start = str(self._settings.value("experiments/folder", str(Path.home())))
        name = ask_to_open(self, tr("Open a result"), start, RESULT_FILES)
        if name:
            self.worker.open(Path(name))

    def _turn(self, name: str) -> None:
        self._settings.setValue("experiments/last", name)
        if name not in self._pages:
            self._pages[name] = self._new_page(name)
            self._stack.addWidget(self._pages[name])
        self._stack.setCurrentWidget(self._pages[name])
        self._pages[name].show_state(self.worker.state, self._titles)

    def _new_page(self, name: str) -> ExperimentPage:
        page = ExperimentPage(self._experiments[name], self._theme)
        page.run.connect(lambda values: self.worker.run(name, values))
        page.stop.connect(self.worker.stop)
        page.save.connect(self.save)
        page.open.connect(self.open)
        page.view.fold.setChecked(bool(self._settings.value(UNFOLDED, False, bool)))
        page.view.fold.toggled.connect(self._unfold)
        return page

    def _unfold(self, unfolded: bool) -> None:
        """Shows the results on every page, or folds them away, and remembers it."""
        self._settings.setValue(UNFOLDED, unfolded)
        for page in self._pages.values():
            page.view.fold.setChecked(unfolded)

    def _show(self, state: ExperimentsState) -> None:
        previous, self._shown = self._shown, state
        self.page.show_state(state, self._titles)
        if previous is None or previous.entries is not state.entries:
            self._show_last(state, 0 if previous is None else len(previous.entries))
        if previous is None or (previous.running is None) != (state.running is None):
            self._show_states(state)
            self.running.emit(state.running is not None)
        if state.message is not None and (
            previous is None or state.message_number != previous.message_number
        ):
            self.banner.show_message(state.message)

    def _show_last(self, state: ExperimentsState, first: int) -> None:
        """Gives the list the faces of what is new, and turns to the page of a result that was opened."""
        for entry in state.entries[first:]:
            self.list.show_face(entry.result.experiment, entry.result.figure.face)
        opened = [e for e in state.entries[first:] if e.source.endswith(".h5")]
        if opened:
            self.list.choose(opened[-1].result.experiment)
        self._show_states(state)

    def _show_states(self, state: ExperimentsState) -> None:
        for entry in state.entries:
            self.list.show_state(entry.result.experiment, describe_ending(entry))
        if state.running is not None:
            self.list.show_state(state.running.experiment, "▶ Running")


def _changed_only_progress(before: ExperimentsState, now: ExperimentsState) -> bool:
    """True where nothing is new but the progress of the experiment."""
    same_run = (
        before.running is not None
        and now.running is not None
        and before.running.started == now.running.started
        and before.running.progress is not None
    )
    return same_run and before.entries is now.entries and before.message_number == now.message_number
