"""The page of sweeps: what to sweep over, its progress, its figure, and where cumulants cross."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import describe_minutes
from landscape_app.experiments.experiment import Parameter
from landscape_app.gui.lattice.controls import picker
from landscape_app.gui.lattice.sweep_worker import SweepState
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import PlotGrid, control_card, set_name
from landscape_app.gui.widgets.file_dialogs import ask_to_open, ask_to_save
from landscape_app.gui.widgets.fixed import FixedLabel, FixedScrollArea
from landscape_app.gui.widgets.numbers import ParameterBox
from landscape_app.gui.widgets.panel_canvas import Drawer, PanelCanvas, Task
from landscape_app.language import tr
from landscape_app.physics.spin_lattices import GRAPHS, HIGHEST_TEMPERATURE, SAMPLERS, STRONGEST_FIELD
from landscape_app.physics.square_lattice import CRITICAL_TEMPERATURE
from landscape_app.session.lattice_sweep import MOST_COPIES, MOST_POINTS, MOST_STEPS, SweepPlan

PANELS = 6
FORM_WIDTH = 316
OVER = {"temperature": tr("Temperature T"), "field": tr("Field h")}
FILES = tr("Sweeps (*.h5)")
SIDES_TIP = tr(
    "<b>Sides L</b>, rising, separated by commas: even numbers from 8 to 256, six at most.<br>Doubled sides show "
    "best how averages sharpen with L"
)
NUMBERS = (
    Parameter(
        "low",
        tr("From"),
        2.0,
        2.0,
        -STRONGEST_FIELD,
        HIGHEST_TEMPERATURE,
        tr("Smallest temperature (J/kB) or field (J)."),
        whole=False,
    ),
    Parameter(
        "high",
        tr("To"),
        2.6,
        2.6,
        -STRONGEST_FIELD,
        HIGHEST_TEMPERATURE,
        tr("Largest temperature (J/kB) or field (J)."),
        whole=False,
    ),
    Parameter("points", tr("Points"), 13, 13, 2, MOST_POINTS, tr("Evenly spaced, both ends included.")),
    Parameter(
        "fixed",
        tr("At field h"),
        0.0,
        0.0,
        -STRONGEST_FIELD,
        HIGHEST_TEMPERATURE,
        tr("The field (J) of a sweep over T, or the temperature (J/kB) of one over h."),
        whole=False,
    ),
    Parameter(
        "copies",
        tr("Copies"),
        20,
        20,
        2,
        MOST_COPIES,
        tr(
            "Independent lattices of each side at each point. Errors come from leaving out one after the other "
            "(jackknife), so that the time for which a lattice remembers counts."
        ),
    ),
    Parameter(
        "warm_up", tr("Warm-up"), 100, 100, 0, MOST_STEPS, tr("Steps from all up before a measurement.")
    ),
    Parameter(
        "steps",
        tr("Steps"),
        400,
        400,
        16,
        MOST_STEPS,
        tr("Measured, of every copy: twenty autocorrelation times or more."),
    ),
    Parameter("seed", tr("Seed"), 0, 0, 0, 2**31 - 1, tr("Of every random number.")),
)
AT = {"temperature": tr("At field h"), "field": tr("At temperature T")}
DEFAULTS = {"temperature": (2.0, 2.6, 0.0), "field": (-0.5, 0.5, round(CRITICAL_TEMPERATURE, 4))}
"""From, to, and what is fixed, where another quantity is swept over."""


NOTHING = tr(
    "No sweep yet. Start (Ctrl+Return) measures the lattices of all sides at each point; their averages appear "
    "here, with errors, as they come."
)
FIRST = tr("The first point is being measured …")
"""Words in the place of plots that have nothing to show yet."""


class SweepPage(QWidget):
    """Form, buttons, progress and plots of sweeps.

    Signals:
        started: a `SweepPlan`.
        resumed, stopped: the sweep there is, is to go on or to stop.
        refused: what is wrong with the form, in words.
        saved, opened, exported: a path; of the sweep's file, and of a table.
        pictured: a path and a title.
    """

    started = Signal(object)
    resumed = Signal()
    stopped = Signal()
    refused = Signal(str)
    saved = Signal(object)
    opened = Signal(object)
    exported = Signal(object)
    pictured = Signal(object, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._shown: SweepState | None = None
        self.graph_box = picker("sweep-graph", tr("Graph of the sweep"), tr("The spins that are coupled"))
        for name, text in GRAPHS.items():
            self.graph_box.addItem(text, name)
        self.over_box = picker("sweep-over", tr("Swept over"), tr("What changes from point to point"))
        for name, text in OVER.items():
            self.over_box.addItem(text, name)
        self.sampler_box = picker(
            "sweep-sampler",
            tr("Sampler of the sweep"),
            tr("How the spins move. Clusters forget in a few steps even at Tc; single spins take L² or more"),
        )
        for name, text in SAMPLERS.items():
            self.sampler_box.addItem(text, name)
        self.sampler_box.setCurrentIndex(self.sampler_box.findData("swendsen-wang"))
        self.sides_edit = set_name(QLineEdit("8, 16, 32"), "sweep-sides")
        self.sides_edit.setAccessibleName(tr("Sides L"))
        self.sides_edit.setToolTip(SIDES_TIP)
        self.boxes = {parameter.name: ParameterBox(parameter) for parameter in NUMBERS}
        self._labels: dict[str, QLabel] = {}
        for name, box in self.boxes.items():
            box.setObjectName(f"sweep-{name}")
        self.canvases = [PanelCanvas(f"plot-sweep-{k}", theme) for k in range(PANELS)]
        self.drawer = Drawer(self._tasks, self)
        for canvas in self.canvases:
            canvas.stale.connect(self.drawer.ask)
        self.grid = PlotGrid(self.canvases, PANELS // 2)
        self._build_buttons()
        self._lay_out()
        self.over_box.activated.connect(lambda _: self._on_over())

    @property
    def plan(self) -> SweepPlan:
        """The sweep that the form asks for.

        Raises:
            ValueError: an entry cannot be; says which, and what can.
        """
        numbers: dict[str, float] = {}
        for name, box in self.boxes.items():
            value = box.value
            if value is None:
                label = self._labels[name].text()
                raise ValueError(
                    tr(
                        "“{label}” needs {allowed}, and it says “{text}”",
                        label=label,
                        allowed=box.parameter.allowed,
                        text=box.text(),
                    )
                )
            numbers[name] = value
        text = self.sides_edit.text()
        try:
            sides = tuple(int(part) for part in text.replace(",", " ").split())
        except ValueError:
            raise ValueError(
                tr("“Sides L” needs whole numbers such as 8, 16, 32, and it says “{text}”", text=text)
            ) from None
        whole = {name: int(numbers[name]) for name in ("points", "copies", "warm_up", "steps", "seed")}
        return SweepPlan(
            graph=str(self.graph_box.currentData()),
            sides=sides,
            over=str(self.over_box.currentData()),
            low=numbers["low"],
            high=numbers["high"],
            fixed=numbers["fixed"],
            sampler=str(self.sampler_box.currentData()),
            **whole,
        )

    def set_theme(self, theme: Theme) -> None:
        """Dresses the plots."""
        for canvas in self.canvases:
            canvas.set_theme(theme)

    def show_plan(self, plan: SweepPlan) -> None:
        """Fills the form, as with the plan of a file."""
        for box, value in (
            (self.graph_box, plan.graph),
            (self.over_box, plan.over),
            (self.sampler_box, plan.sampler),
        ):
            box.setCurrentIndex(box.findData(value))
        self.sides_edit.setText(", ".join(str(side) for side in plan.sides))
        for name, number_box in self.boxes.items():
            number_box.set_value(getattr(plan, name))
        self._labels["fixed"].setText(AT[plan.over])

    def show_state(self, state: SweepState) -> None:
        """Shows a state of the worker."""
        before, self._shown = self._shown, state
        if state is before:
            return
        if state.plan is not None and (before is None or before.fresh != state.fresh):
            self.show_plan(state.plan)
        there = state.plan is not None
        complete = there and state.share >= 1
        self.start_button.setEnabled(not state.running)
        self.stop_button.setEnabled(there and not complete)
        self.stop_button.setText(tr("Stop") if state.running or not there or complete else tr("Resume"))
        for button in (self.save_button, self.table_button, self.picture_button):
            button.setEnabled(there)
        self.bar.setValue(round(1_000 * state.share))
        self._show_text(self.progress, progress_text(state))
        self._show_text(self.verdict, verdict_text(state))
        self._show_text(self.empty, FIRST if state.running else NOTHING)
        self._views.setCurrentIndex(int(bool(state.figure.panels)))
        if before is None or before.number != state.number:
            panels = state.figure.panels
            self.grid.show_first(len(panels))
            for k, canvas in enumerate(self.canvases):
                if k < len(panels):
                    fresh = before is None or before.fresh != state.fresh
                    canvas.show_panel(panels[k], fresh)

    def start(self) -> None:
        """Starts what the form asks for, or says why it cannot."""
        try:
            plan = self.plan
        except ValueError as error:
            self.refused.emit(str(error))
            return
        self.started.emit(plan)

    def _on_stop(self) -> None:
        running = self._shown is not None and self._shown.running
        (self.stopped if running else self.resumed).emit()

    def _on_over(self) -> None:
        over = str(self.over_box.currentData())
        self._labels["fixed"].setText(AT[over])
        for name, value in zip(("low", "high", "fixed"), DEFAULTS[over], strict=True):
            self.boxes[name].set_value(value)

    def _build_buttons(self) -> None:
        def button(
            kind: type[QPushButton] | type[QToolButton], name: str, text: str, tip: str
        ) -> QPushButton:
            made = set_name(kind(), f"sweep-{name}", text=text)
            made.setToolTip(tip)
            return made  # type: ignore[return-value]

        self.start_button = button(
            QPushButton, "start", tr("Start"), tr("Start the sweep that is set above (Ctrl+Return)")
        )
        self.stop_button = button(
            QPushButton,
            "stop",
            tr("Stop"),
            tr("Stop the sweep; it can go on from there, also when the window was closed (Ctrl+.)"),
        )
        self.save_button = button(
            QPushButton, "save", tr("Save…"), tr("Save the sweep as a small file, to be opened again")
        )
        self.open_button = button(
            QPushButton, "open", tr("Open…"), tr("Open a sweep from a file, to look at or to go on with")
        )
        self.table_button = button(
            QPushButton, "table", tr("Export CSV…"), tr("Export all averages with their errors as a table")
        )
        self.picture_button = button(
            QPushButton, "picture", tr("Export picture…"), tr("Export the figure as PNG and SVG, of one name")
        )
        self.start_button.clicked.connect(self.start)
        self.stop_button.clicked.connect(self._on_stop)
        self.save_button.clicked.connect(
            lambda: self._ask_name(tr("Save the sweep"), "sweep.h5", FILES, self.saved)
        )
        self.open_button.clicked.connect(self._ask_file)
        self.table_button.clicked.connect(
            lambda: self._ask_name(
                tr("Export the averages"), "sweep.csv", tr("Tables (*.csv)"), self.exported
            )
        )
        self.picture_button.clicked.connect(self._ask_picture)
        for made in (self.stop_button, self.save_button, self.table_button, self.picture_button):
            made.setEnabled(False)

    def _ask_name(self, title: str, name: str, kinds: str, signal: SignalInstance) -> None:
        chosen, _ = ask_to_save(self.window(), title, name, kinds)
        if chosen:
            path = Path(chosen)
            signal.emit(path if path.suffix else path.with_suffix(Path(name).suffix))

    def _ask_file(self) -> None:
        chosen = ask_to_open(self.window(), tr("Open a sweep"), "", FILES)
        if chosen:
            self.opened.emit(Path(chosen))

    def _ask_picture(self) -> None:
        chosen, _ = ask_to_save(self.window(), tr("Export the figure"), "sweep.png", tr("Pictures (*.png)"))
        state = self._shown
        if chosen and state is not None and state.plan is not None:
            sides = ", ".join(str(side) for side in state.plan.sides)
            self.pictured.emit(Path(chosen), f"{GRAPHS[state.plan.graph]}, L = {sides}")

    def _tasks(self) -> list[Task]:
        return [task for canvas in self.canvases for task in canvas.tasks()]

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(5)
        rows: list[tuple[str, str, QWidget]] = [("sides", tr("Sides L"), self.sides_edit)]
        rows += [(name, box.parameter.label, box) for name, box in self.boxes.items()]
        rows.insert(5, ("sampler", tr("Sampler"), self.sampler_box))
        for k, (name, text, box) in enumerate(rows):
            label = self._labels[name] = QLabel(text)
            label.setBuddy(box)
            label.setToolTip(box.toolTip())
            grid.addWidget(label, k, 0)
            grid.addWidget(box, k, 1)
        grid.setColumnStretch(1, 1)
        form = control_card(set_name(QLabel(tr("Sweep over")), "title"), self.over_box, self.graph_box, grid)
        buttons = QGridLayout()
        buttons.setHorizontalSpacing(6)
        for k, made in enumerate(
            (
                self.start_button,
                self.stop_button,
                self.save_button,
                self.open_button,
                self.table_button,
                self.picture_button,
            )
        ):
            buttons.addWidget(made, k // 2, k % 2)
        self.bar = set_name(QProgressBar(), "sweep-progress")
        self.bar.setAccessibleName(tr("Share of the sweep that is done"))
        self.bar.setRange(0, 1_000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(5)
        self.progress = set_name(QLabel(tr("No sweep yet")), "muted")
        self.verdict = set_name(FixedLabel("", "\n".join(["room"] * 4)), "sweep-verdict")
        self.verdict.setToolTip(
            tr(
                "<b>Binder's cumulants</b> U of two sides are equal near Tc: a parabola is laid through their "
                "difference about the change of sign. The error is the jackknife's over the copies.<br>Small "
                "sides cross a little off Tc. Good: within two errors of Tc for the largest two"
            )
        )
        left = QVBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(8)
        left.addWidget(form)
        left.addWidget(control_card(buttons, self.bar, self.progress, self.verdict))
        left.addStretch(1)
        inside = set_name(QWidget(), "sheet")
        inside.setLayout(left)
        column = FixedScrollArea()
        column.setWidget(inside)
        column.setMaximumWidth(FORM_WIDTH)
        plots = FixedScrollArea()
        plots.setWidget(self.grid)
        self.empty = set_name(QLabel(NOTHING), "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self._views = QStackedWidget()
        for view in (self.empty, plots):
            self._views.addWidget(view)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(column)
        row.addWidget(self._views, 1)

    @staticmethod
    def _show_text(label: QLabel, text: str) -> None:
        if label.text() != text:
            label.setText(text)


def progress_text(state: SweepState) -> str:
    """Share of a sweep that is done, and the time that is left."""
    if state.plan is None:
        return tr("No sweep yet")
    if state.share >= 1:
        return tr("Done")
    percent = f"{100 * state.share:.0f}%"
    if not state.running:
        return tr("Stopped at {percent}: Resume goes on", percent=percent)
    if state.left is not None:
        percent = tr("{percent}, {time} left", percent=percent, time=describe_minutes(state.left / 60))
    return f"{percent} · {state.doing}"


def verdict_text(state: SweepState) -> str:
    """Crossings of the largest sides, and points that were measured too briefly."""
    lines = []
    for crossing in state.crossings[-3:]:
        smaller, larger = crossing.sides
        temperature, error = crossing.temperature
        lines.append(
            tr(
                "L = {smaller}, {larger} cross at T = {temperature:.4f} ± {error:.4f}",
                smaller=smaller,
                larger=larger,
                temperature=temperature,
                error=error,
            )
        )
    plan = state.plan
    critical = {"square": CRITICAL_TEMPERATURE, "free": CRITICAL_TEMPERATURE, "complete": 1.0}
    if lines and plan is not None and plan.graph in critical:
        lines.append(f"Tc = {critical[plan.graph]:.4f}")
    if state.short:
        lines.append(
            tr("⚠ 1 point was measured for less than twenty autocorrelation times: ask for more steps")
            if state.short == 1
            else tr(
                "⚠ {count} points were measured for less than twenty autocorrelation times: ask for more steps",
                count=state.short,
            )
        )
    return "\n".join(lines)
