"""One experiment: what it is about, its parameters, its results, and the one on view."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from landscape_app.counting import describe_minutes
from landscape_app.experiments import Experiment, Result, describe_seconds
from landscape_app.experiments.comparison import Placing, together
from landscape_app.experiments.figure import RESULTS, Figure, Panel
from landscape_app.gui.experiments.findings_table import rows_of, rows_of_all
from landscape_app.gui.experiments.parameter_form import ParameterForm
from landscape_app.gui.experiments.result_view import ResultView, Standing
from landscape_app.gui.experiments.results_list import LIVE, ResultsList, describe_ending
from landscape_app.gui.experiments.worker import Ending, ExperimentsState, ResultEntry, Running
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.buttons import FoldButton
from landscape_app.gui.widgets.containers import control_card, set_name
from landscape_app.gui.widgets.paragraph import Paragraph, ShortenedLabel
from landscape_app.language import tr

FIGURE_SPACE = "\u2007"
"""As wide as a digit."""

COMPARED = {
    Placing.SIDE_BY_SIDE: tr("{count} results side by side"),
    Placing.OVERLAID: tr("{count} results overlaid"),
}
EXPLANATIONS = {
    Placing.SIDE_BY_SIDE: tr("The same panel of each, on the same axes"),
    Placing.OVERLAID: tr("The colour says which result, the stroke what it is"),
}


class ExperimentPage(QWidget):
    """Everything about one experiment.

    Args:
        experiment: which.
        theme: colours.

    Signals:
        run: with these parameters, a dictionary.
        stop: what runs.
        save: the result on view, a `Result`.
        open: a result shall be opened.

    Attributes:
        entries: results of this experiment, as the worker has them.
        running: this experiment while it runs.
    """

    run = Signal(object)
    stop = Signal()
    save = Signal(object)
    open = Signal()

    def __init__(self, experiment: Experiment, theme: Theme) -> None:
        super().__init__()
        self.setObjectName(f"experiment-{experiment.name}")
        self.experiment = experiment
        self.entries: tuple[ResultEntry, ...] = ()
        self.running: Running | None = None
        self._elsewhere = ""
        self._stopping = False
        self._told = 0
        self._awaited: tuple[int, int] | None = None
        self._compared: tuple[Placing, tuple[int, ...]] | None = None
        self._drawn: object = None
        self.form = ParameterForm(experiment)
        self.form.changed.connect(self._enable)
        self.form.submitted.connect(self.start)
        self.run_button = set_name(QPushButton(tr("Run")), "run")
        self.run_button.setToolTip(tr("Run the experiment with these parameters (Ctrl+Return)"))
        self.run_button.clicked.connect(self.start)
        self.stop_button = set_name(QPushButton(tr("Stop")), "stop")
        self.stop_button.setToolTip(tr("Stop it and keep what there is (Ctrl+.)"))
        self.stop_button.clicked.connect(self.halt)
        self.results = ResultsList(experiment, theme)
        self.results.chosen.connect(self._turn_to)
        self.results.ticked.connect(self._enable)
        self.results.itemActivated.connect(lambda _: self.take_settings())
        self.compare_button = set_name(QPushButton(tr("Side by side")), "compare")
        self.compare_button.setToolTip(tr("Show the ticked results side by side, on the same axes (Ctrl+B)"))
        self.compare_button.clicked.connect(lambda: self.compare(Placing.SIDE_BY_SIDE))
        self.overlay_button = set_name(QPushButton(tr("Overlay")), "overlay")
        self.overlay_button.setToolTip(
            tr(
                "Show 2 to {most} ticked results in the same panels, a colour for each (Ctrl+L)",
                most=len(RESULTS),
            )
        )
        self.overlay_button.clicked.connect(lambda: self.compare(Placing.OVERLAID))
        self.open_button = set_name(QPushButton(tr("Open…")), "open-result")
        self.open_button.setToolTip(tr("Open a result that was saved (Ctrl+O)"))
        self.open_button.clicked.connect(self.open)
        face = Panel(experiment.title, experiment.sketch())
        self.view = ResultView(f"view-{experiment.name}", theme, face, self._results())
        self.view.save.connect(self.save_shown)
        self.fold = FoldButton(
            "parameters-fold",
            tr("Parameters"),
            tr(
                "Numbers of the experiment, and what each means; the setting beside them is where they come from"
            ),
            self.form,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(self._header())
        layout.addWidget(self._controls())
        layout.addWidget(self.view, 1)
        self._show_standing()

    @property
    def shown(self) -> Result | None:
        """The result on view; of several, and of what still runs, a result that holds what there is."""
        if self._compared is not None:
            results = [entry.result for entry in self._compared_entries]
            return together(self._labels, results, self._compared_figure(self._compared[0]))
        running = self.running
        if self.results.current == LIVE and running is not None and running.progress is not None:
            progress, values = running.progress, running.values
            seconds = time.perf_counter() - running.started
            if not progress.figure.rows:
                return None
            return Result(
                self.experiment.name,
                values,
                progress.figure,
                progress.findings,
                seconds,
                progress.is_complete,
            )
        entry = self._entry(self.results.current)
        return None if entry is None or not entry.result.figure.rows else entry.result

    @property
    def can_run(self) -> bool:
        """True where every parameter is right, and nothing runs."""
        idle = self.running is None and self._awaited is None and not self._elsewhere
        return idle and self.form.values is not None

    def start(self) -> None:
        """Runs the experiment, if it can."""
        if self.can_run:
            self._compared = None
            self._awaited = (len(self.entries), self._told)
            self.results.choose_next()
            self.run.emit(self.form.values)
            self._enable()
            self._show()

    def halt(self) -> None:
        """Stops it."""
        if self.running is not None or self._awaited is not None:
            self._stopping = True
            self._enable()
            self.stop.emit()

    def can_compare(self, placing: Placing) -> bool:
        """True where as many results are ticked as can be compared."""
        most = len(RESULTS) if placing is Placing.OVERLAID else math.inf
        return 1 < len(self.results.ticked_numbers) <= most

    def compare(self, placing: Placing) -> None:
        """Shows the ticked results side by side, or laid over one another."""
        if self.can_compare(placing):
            self._compared = placing, tuple(self.results.ticked_numbers)
            self._show()

    def take_settings(self) -> None:
        """Puts the parameters of the result on view into the boxes."""
        entry = self._entry(self.results.current)
        if entry is not None:
            self.form.set_values(entry.result.values)

    def save_shown(self) -> None:
        """Asks that what is on view be saved."""
        if self.shown is not None:
            self.save.emit(self.shown)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.view.set_theme(theme)
        self.results.set_theme(theme)

    def show_state(self, state: ExperimentsState, titles: dict[str, str]) -> None:
        """Shows a state of the worker.

        Args:
            state: of the worker.
            titles: of all experiments, by name.
        """
        name, running = self.experiment.name, state.running
        self.entries = tuple(entry for entry in state.entries if entry.result.experiment == name)
        own = running if running is not None and running.experiment == name else None
        if own is None:
            self._stopping = False
        self.running, self._told = own, state.message_number
        if own is not None or (len(self.entries), self._told) != self._awaited:
            self._awaited = None
        self._elsewhere = titles[running.experiment] if running is not None and own is None else ""
        self.results.show_results(self.entries, own)
        self._enable()
        self._show()

    def _turn_to(self, number: int) -> None:
        self._compared = None
        entry = self._entry(number)
        if entry is not None:
            self._show()

    def _show(self) -> None:
        """Draws what is to be on view, if it is not there already."""
        if self._compared is not None:
            self._show_compared(self._compared)
        elif self._awaited is not None:
            self._show_start()
        elif self.results.current == LIVE and self.running is not None:
            self._show_running(self.running)
        else:
            self._show_entry(self._entry(self.results.current))
        self._show_standing()

    def _show_running(self, running: Running) -> None:
        progress = running.progress
        if progress is None or not progress.figure.rows:
            self._show_start()
        elif self._drawn is not progress:
            fresh = not isinstance(self._drawn, type(progress))
            self._drawn = progress
            self.view.show_figure(progress.figure, rows_of(progress.findings), fresh)

    def _show_start(self) -> None:
        if self._drawn is not self.run_button:
            self._drawn = self.run_button
            self.view.show_nothing(tr("The figure appears here with its first numbers."))

    def _show_entry(self, entry: ResultEntry | None) -> None:
        if entry is None:
            if self._drawn is not self:
                self._drawn = self
                quick = describe_minutes(self.experiment.minutes[0])
                self.view.show_nothing(
                    tr(
                        "Not run yet. Run takes about {quick} in the quick setting;\n"
                        "the figure and its verdicts appear here as they come.",
                        quick=quick,
                    )
                )
        elif self._drawn is not entry:
            self._drawn = entry
            if entry.result.figure.rows:
                self.view.show_figure(entry.result.figure, rows_of(entry.result.findings), fresh=True)
            else:
                self.view.show_nothing(tr("It ended before there was anything to see."))

    def _show_compared(self, compared: tuple[Placing, tuple[int, ...]]) -> None:
        if self._drawn != compared:
            self._drawn = compared
            rows = rows_of_all(self._labels, [entry.result.findings for entry in self._compared_entries])
            self.view.show_figure(self._compared_figure(compared[0]), rows, fresh=True)

    def _compared_figure(self, placing: Placing) -> Figure:
        return placing.figure(self._labels, [entry.result.figure for entry in self._compared_entries])

    def _show_standing(self) -> None:
        if self._compared is not None:
            placing, numbers = self._compared
            self.view.show_standing(
                Standing(COMPARED[placing].format(count=len(numbers)), EXPLANATIONS[placing])
            )
        elif self._awaited is not None:
            self.view.show_standing(Standing(tr("Starting …"), share=-1.0))
        elif self.results.current == LIVE and self.running is not None:
            self.view.show_standing(_running_standing(self.running, self._stopping))
        else:
            self.view.show_standing(self._entry_standing(self._entry(self.results.current)))

    def _entry_standing(self, entry: ResultEntry | None) -> Standing:
        if entry is None:
            return Standing(
                tr("Ready"),
                tr("{title} is running; one at a time", title=self._elsewhere) if self._elsewhere else "",
            )
        values = self.experiment.describe(entry.result.values)
        took = f"{values} · {describe_seconds(entry.result.seconds)}"
        if entry.failure is not None:
            kept = tr("; what there was is kept") if entry.result.figure.rows else ""
            return Standing(
                describe_ending(entry), f"{entry.failure.text}{kept}", "bad", technical=entry.failure.detail
            )
        if entry.ending is Ending.STOPPED:
            kept = tr(" · what there was is kept") if entry.result.figure.rows else ""
            return Standing(describe_ending(entry), f"{took}{kept}", "stopped")
        kind = "good" if entry.result.has_passed else "bad" if entry.result.findings else ""
        return Standing(describe_ending(entry), took, kind)

    def _enable(self) -> None:
        going = (self.running is not None or self._awaited is not None) and not self._stopping
        _enable_one_of(self.run_button, self.can_run, self.stop_button, going)
        self.compare_button.setEnabled(self.can_compare(Placing.SIDE_BY_SIDE))
        self.overlay_button.setEnabled(self.can_compare(Placing.OVERLAID))

    @property
    def _compared_entries(self) -> list[ResultEntry]:
        _, numbers = self._compared or (None, ())
        return [entry for entry in self.entries if entry.number in numbers]

    @property
    def _labels(self) -> list[str]:
        """Parameters that tell the compared results apart."""
        return self.experiment.tell_apart([entry.result.values for entry in self._compared_entries])

    def _entry(self, number: int | None) -> ResultEntry | None:
        return next((entry for entry in self.entries if entry.number == number), None)

    def _header(self) -> QWidget:
        header = QWidget()
        title = set_name(QLabel(self.experiment.title), "heading")
        place = set_name(ShortenedLabel(), "muted")
        place.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        place.setText(self.experiment.paper)
        place.setToolTip(tr("Where it stands in the literature: {paper}", paper=self.experiment.paper))
        summary = set_name(Paragraph(self.experiment.summary), "summary")
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(title)
        row.addWidget(place, 1)
        layout = QVBoxLayout(header)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(summary)
        return header

    def _controls(self) -> QFrame:
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in (self.form.quick, self.form.full, self.fold):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.run_button, self.stop_button):
            row.addWidget(button)
        return control_card(row, self.form)

    def _results(self) -> QWidget:
        results = QWidget()
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in (self.compare_button, self.overlay_button, self.open_button):
            button.setProperty("small", True)
            row.addWidget(button, 1)
        layout = QVBoxLayout(results)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.results, 1)
        layout.addLayout(row)
        return results


def _enable_one_of(run: QPushButton, can_run: bool, stop: QPushButton, can_stop: bool) -> None:
    """Enables the buttons, and hands the focus from the one that goes to the other; Qt would lead it elsewhere."""
    for button, enabled, other, other_enabled in (
        (run, can_run, stop, can_stop),
        (stop, can_stop, run, can_run),
    ):
        if button.hasFocus() and not enabled and other_enabled:
            other.setEnabled(True)
            other.setFocus()
    run.setEnabled(can_run)
    stop.setEnabled(can_stop)


def _running_words(share: float) -> str:
    return tr("Running · {share:.0%}", share=share)


def _running_standing(running: Running, stopping: bool) -> Standing:
    seconds = describe_seconds(time.perf_counter() - running.started)
    progress = running.progress
    if progress is None:
        return Standing(tr("Stopping …") if stopping else tr("Starting …"), seconds, share=-1.0)
    text = (
        tr("Stopping …")
        if stopping
        else _running_words(progress.share).ljust(len(_running_words(0.99)), FIGURE_SPACE)
    )
    return Standing(text, f"{seconds} · {progress.doing}", share=progress.share)
