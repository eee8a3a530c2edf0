"""The window of scores: −log P of the items of a file under the model on view, and which are out of distribution."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised, counted
from landscape_app.data import ColumnMeaning
from landscape_app.data.importing import named
from landscape_app.data.importing.alike import AlikeOptions
from landscape_app.data.importing.folders import Files
from landscape_app.gui.keyboard import keys_entry
from landscape_app.gui.menus import MenuEntry, Table, add_menus
from landscape_app.gui.messages import Message
from landscape_app.gui.request_worker import Answer, Report, RequestWorker, RunOnView, TakeRun
from landscape_app.gui.scoring.table import Looks, ScoreTable, rows_of
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.banner import Banner
from landscape_app.gui.widgets.buttons import ToggleSwitch, named_button
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.file_dialogs import ask_to_open, ask_to_save
from landscape_app.gui.widgets.numbers import DecimalBox
from landscape_app.gui.widgets.paragraph import Paragraph, ShortenedLabel
from landscape_app.gui.widgets.tool_window import ToolWindow
from landscape_app.language import tr
from landscape_app.models.energy import Function
from landscape_app.physics.space import Space
from landscape_app.physics.threads import set_threads
from landscape_app.runs import RunFileError, RunState, check_writable
from landscape_app.session import api
from landscape_app.session.checkpoint import session_of
from landscape_app.session.conditioning import table_of
from landscape_app.session.memory import SCORING
from landscape_app.session.score import FALSE_ALARMS, UNSAID, Scores, summary_of, write_scores

POLL_MILLISECONDS = 40
SHARES = 1_000
FILES = tr(
    "Images, arrays and tables (*.png *.jpg *.jpeg *.bmp *.tif *.gif *.npy *.npz *.h5 *.hdf5 *.mat *.csv *.tsv "
    "*.txt *.xlsx *.ods *.parquet *.feather *.json *.jsonl *.gz *.zip *-ubyte);;All files (*)"
)
ASK = tr(
    "Choose a file of images, or a table of the same columns: each item gets its −log P under the model on view."
)
MOST_ROWS = 10_000
"""Items that are shown, the least probable ones; the table that is exported has all."""

INK = ((tr("as the data were read"), None), (tr("dark is ink"), True), (tr("light is ink"), False))
"""Choices of what is ink in images, in words."""


@dataclass(frozen=True, eq=False)
class Scored:
    """Files that were scored.

    Attributes:
        files: which.
        model: what its model learns, in words.
        scores: of all items.
        items: as they are shown.
        nearest: the training item nearest to each, likewise.
    """

    files: Files
    model: str
    scores: Scores
    items: Looks
    nearest: Looks


def scored(
    state: RunState,
    files: Files,
    options: AlikeOptions,
    functions: Mapping[str, Function],
    report: Callable[[str, float], object],
) -> Scored:
    """The items of files under the model of a run.

    Args:
        state: of the run.
        files: which.
        options: what the run's data do not tell of it.
        functions: Python that is trusted, by the digest of its source.
        report: is told what is done, in words, and its share.

    Raises:
        ValueError: they cannot be read, or have other columns, sizes or levels.
    """
    report(tr("Opening the model"), 0.0)
    session = session_of(state, Path("the run on view"), "cpu", 1, functions)
    options = replace(options, table=replace(options.table, only=files.only))
    found = api.score(session, files.path, options=options, report=report)
    data, space = session.dataset, session.space
    nearest = data.training_items[found.nearest]
    looks = (looks_of(x, data.columns, space) for x in (found.x, nearest))
    return Scored(files, data.name, found, *looks)


def looks_of(x: np.ndarray, columns: Sequence[ColumnMeaning], space: Space) -> Looks:
    """Items as they are shown: pictures where they can be drawn, else rows in the words and units of the data.

    Args:
        x: items, shape (n, *shape).
        columns: of the data.
        space: of the items.
    """
    if space.is_picture:
        return Looks(space.as_levels(x).astype(np.float32) / (space.levels - 1), [""] * len(x))
    if len(space.shape) == 1:
        head, *rows = table_of(columns, space, x)
        parts = (zip(head, row, strict=True) for row in rows)
        return Looks(None, [", ".join(f"{name} {value}" for name, value in row) for row in parts])
    return Looks(None, [", ".join(f"{value:g}" for value in row.ravel()) for row in x])


class ScoreWindow(ToolWindow):
    """Scores files under the model on view, in a thread that can be given up.

    Args:
        theme: colours.
        settings: where the geometry is remembered.
        take_run: gives the run on view.
        functions: gives the Python that is trusted, by the digest of its source.
    """

    def __init__(
        self,
        theme: Theme,
        settings: QSettings,
        take_run: TakeRun,
        functions: Callable[[], Mapping[str, Function]] = dict,
    ) -> None:
        super().__init__("scores", tr("Scores"), settings)
        self._theme, self._take_run, self._functions = theme, take_run, functions
        self._worker = RequestWorker("score a file", lambda: set_threads(1), SCORING)
        self._files: Files | None = None
        self._doing = ""
        self._timer = QTimer(self, interval=POLL_MILLISECONDS)
        self._timer.timeout.connect(self.poll)
        self.shown: Scored | None = None
        self.table: ScoreTable | None = None
        self.banner = Banner()
        self.title = set_name(ShortenedLabel(), "heading")
        self.summary = set_name(Paragraph(ASK), "summary")
        self.rule = set_name(Paragraph(""), "muted")
        self.rule.setToolTip(UNSAID)
        self._controls = self._build_controls()
        self._lay_out()
        self._fill_menus()
        self._show_state()
        self.place()

    def _build_controls(self) -> QHBoxLayout:
        self.false_alarms = DecimalBox(decimals=1, singleStep=0.5, value=1.0, suffix="%")
        self.false_alarms.setRange(0.1, 50.0)
        set_name(self.false_alarms, "score-false-alarms").setAccessibleName(tr("False alarms"))
        self.false_alarms.setToolTip(
            tr("Share of fresh items like those held out that may be called out of distribution")
        )
        self.false_alarms.valueChanged.connect(self._choose_rate)
        self._has_chosen_rate = False
        self.ink = set_name(ChoiceBox(), "score-ink")
        for words, inverts in INK:
            self.ink.addItem(words, inverts)
        self.ink.setAccessibleName(tr("Ink of images"))
        self.ink.setToolTip(
            tr("Of images: are dark pixels ink, or light ones? A change scores the file anew")
        )
        self.ink.activated.connect(lambda _: self._score())
        self.resize_box = set_name(ToggleSwitch(tr("Resize images")), "score-resize")
        self.resize_box.setToolTip(
            tr("Bring images of any size to the model's; a change scores the file anew")
        )
        self.resize_box.clicked.connect(lambda _: self._score())
        self.choose = named_button(
            "score-file", tr("Choose a file…"), tr("Score the items of another file (Ctrl+O)")
        )
        self.choose.clicked.connect(self.ask_for_file)
        self.export = named_button(
            "score-export", tr("Export CSV…"), tr("Write a row for each item to a file (Ctrl+S)")
        )
        self.export.clicked.connect(self.save)
        self.progress = set_name(QProgressBar(), "score-progress")
        self.progress.setRange(0, SHARES)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(140, 6)
        self.progress.setAccessibleName(tr("Share that is done"))
        self.doing = set_name(ShortenedLabel(), "muted")
        self.cancel = named_button(
            "score-cancel", tr("Cancel"), tr("Give it up; scores that are shown stay (Esc)")
        )
        self.cancel.clicked.connect(self.stop)
        row = QHBoxLayout()
        row.setSpacing(6)
        for widget in (
            self.choose,
            self.export,
            QLabel(tr("False alarms")),
            self.false_alarms,
            self.ink,
            self.resize_box,
        ):
            row.addWidget(widget)
        row.addWidget(self.doing, 1)
        row.addWidget(self.progress)
        row.addWidget(self.cancel)
        return row

    def _lay_out(self) -> None:
        body = QWidget()
        self._layout = QVBoxLayout(body)
        self._layout.setContentsMargins(12, 10, 12, 10)
        self._layout.setSpacing(8)
        for widget in (self.banner, self.title, self.summary, self.rule):
            self._layout.addWidget(widget)
        self._layout.addLayout(self._controls)
        self._place_for_table = set_name(QLabel(), "muted")
        self._layout.addWidget(self._place_for_table, 1)
        self.setCentralWidget(body)

    def _fill_menus(self) -> None:
        menu: Table = {
            tr("&File"): [
                MenuEntry(
                    tr("Score a file…"), "Ctrl+O", "score-file", self.ask_for_file, self.choose.toolTip()
                ),
                MenuEntry(tr("Export CSV…"), "Ctrl+S", "score-export", self.save, self.export.toolTip()),
                MenuEntry(tr("Cancel"), "Esc", "score-cancel", self.stop, self.cancel.toolTip()),
                None,
                MenuEntry(tr("Close"), "Ctrl+W", "close", self.close, tr("Close the window")),
            ],
            tr("&Sort"): [
                MenuEntry(
                    title,
                    "",
                    f"sort-{number}",
                    lambda number=number: self.table.sort_by(number) if self.table is not None else None,  # type: ignore[misc]
                    tr("Sort by this column; once more turns the order round"),
                )
                for number, title in enumerate(SORTED_BY)
            ],
            tr("&Help"): [keys_entry(self, ())],
        }
        add_menus(self, menu)

    def ask_for_file(self) -> None:
        """Asks for a file, and scores its items."""
        name = ask_to_open(self, tr("Score a file"), "", FILES)
        if name:
            self.score(Files(Path(name)))

    def score(self, files: Files) -> None:
        """Scores the items of files under the model that is on view now."""
        self._files = files
        self._score()

    def stop(self) -> None:
        """Gives up what is being scored."""
        self._worker.drop()
        self._timer.stop()
        self._show_state()

    def save(self) -> None:
        """Asks where to, and writes a row for each item there."""
        if self.shown is None:
            return
        name, _ = ask_to_save(
            self, tr("Export the scores"), f"{self.shown.files.path.stem}-scores.csv", tr("Table (*.csv)")
        )
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".csv")
        try:
            check_writable(path)
            write_scores(self.shown.scores, path)
        except RunFileError as error:
            self.banner.show_message(Message("error", str(error)))
        else:
            count = counted(len(self.shown.scores), "score")
            self.banner.show_message(
                Message("done", tr("Wrote {scores} to {name}", scores=count, name=path.name))
            )

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        if self.table is not None:
            self.table.set_theme(theme)

    def end(self) -> None:
        """Ends the thread, and closes the window for good."""
        self._timer.stop()
        self._worker.end()
        super().end()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Gives up what is being scored, and remembers where the window was."""
        self.stop()
        super().closeEvent(event)

    def poll(self) -> None:
        """Shows what the thread has done."""
        answer = self._worker.take()
        if answer is not None:
            self._timer.stop()
            self._show(answer)
        self._show_state()

    def _score(self) -> None:
        files = self._files
        if files is None:
            return
        options = AlikeOptions(invert=self.ink.currentData(), resize=self.resize_box.isChecked())
        run, functions = RunOnView(self._take_run), self._functions()

        def work(report: Report) -> Scored:
            def told(what: str, share: float) -> None:
                self._doing = what
                report(share)

            return scored(run.wait(report), files, options, functions, told)

        self.banner.hide()
        self._doing = ""
        self._worker.ask(work)
        self._timer.start()
        self._show_state()

    def _show(self, answer: Answer) -> None:
        if not isinstance(answer.value, Scored):
            self.banner.show_message(Message("error", answer.failure, answer.detail))
            return
        self.shown = found = answer.value
        table = ScoreTable(
            found.items, found.nearest, found.scores.unit, found.scores.distance_unit, self._theme
        )
        self._layout.replaceWidget(self.table or self._place_for_table, table)
        (self.table or self._place_for_table).deleteLater()
        self.table = table
        self._propose_rate()
        self._judge()
        table.setFocus()

    def _choose_rate(self) -> None:
        self._has_chosen_rate = True
        self._judge()

    def _propose_rate(self) -> None:
        """Proposes the usual rate of false alarms, or the least that so few test items can show."""
        if self._has_chosen_rate or self.shown is None or not self.shown.scores.judges:
            return
        least = 100 / (self.shown.scores.worth + 1)
        self.false_alarms.blockSignals(True)
        self.false_alarms.setValue(max(100 * FALSE_ALARMS, math.ceil(10 * least - 1e-6) / 10))
        self.false_alarms.blockSignals(False)

    def _judge(self) -> None:
        """Shows the scores, and the verdict at the rate of false alarms that is allowed."""
        if self.shown is None or self.table is None:
            return
        scores = replace(self.shown.scores, false_alarms=self.false_alarms.value() / 100)
        self.shown = replace(self.shown, scores=scores)
        least_probable = np.argsort(-scores.surprisal, kind="stable")[:MOST_ROWS]
        self.table.records.show_records(rows_of(scores, least_probable.tolist()))
        self.title.setText(
            tr("{name} under the model of {model}", name=self.shown.files.name, model=self.shown.model)
        )
        told = dict(summary_of(scores))
        rule = told.pop("rule")
        told.pop("note", None)
        self.summary.setText(
            " &nbsp; ".join(
                f"<b>{html.escape(name)}</b> {html.escape(value)}" for name, value in told.items()
            )
        )
        more = (
            tr(" The {count:,} least probable are shown.", count=MOST_ROWS) if len(scores) > MOST_ROWS else ""
        )
        fewest = (
            tr(" With so few test items no lower rate of false alarms can be shown.")
            if not self._has_chosen_rate and scores.false_alarms > FALSE_ALARMS
            else ""
        )
        left_out = tr(" Left out: {names}.", names=named(scores.left_out)) if scores.left_out else ""
        self.rule.setText(f"{capitalised(rule)}.{fewest}{left_out}{more}")

    def _show_state(self) -> None:
        busy = self._worker.is_busy
        for widget in (self.progress, self.cancel):
            widget.setVisible(busy)
        self.progress.setValue(round(SHARES * self._worker.share))
        self.doing.setText(f"{self._doing} …" if busy and self._doing else "")
        self.export.setEnabled(self.shown is not None)
        of_pictures = self.shown is None or self.shown.items.pictures is not None
        for choice in (self.ink, self.resize_box):
            choice.setEnabled(self._files is not None)
            choice.setVisible(of_pictures)


SORTED_BY = (
    tr("Item"),
    tr("−log P (nats)"),
    tr("Percentile"),
    tr("p-value"),
    tr("Verdict"),
    tr("Nearest training item"),
    tr("Distance"),
)
"""Columns of the table, in words."""
