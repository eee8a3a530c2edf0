"""An experiment that waits in the middle, and what a person does with the browser."""

import threading
import time
from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication
from pytestqt.qtbot import QtBot

from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Curve, Figure, Panel, Points
from landscape_app.gui.experiments.browser import Browser
from landscape_app.gui.experiments.page import ExperimentPage
from landscape_app.gui.experiments.window import ExperimentsWindow
from tests.gui.driving import PATIENCE

GATE = 3
"""Step at which `Steps` waits."""


class Steps(Experiment):
    """Takes some steps; at the third it waits until it may go on."""

    name = "steps"
    title = "Steps"
    paper = "figure 0"
    summary = "It takes steps. " * 12
    parameters = (
        Parameter("steps", "Steps", 5, 50, 1, 1000, "How many."),
        Parameter("slope", "Slope", 0.5, 0.5, 0.01, 2.0, "Of the line.", whole=False),
        SEED,
    )
    minutes = (0.1, 30.0)

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.closed = False
        self.threads: set[str] = set()

    def run(self, values: Values) -> Iterator[Progress]:
        """A line that grows."""
        steps = int(values["steps"])
        try:
            for step in range(1, steps + 1):
                self.threads.add(threading.current_thread().name)
                progress = Progress(step / steps, f"Step {step}", self._figure(step, values))
                while step == GATE and not self.gate.is_set():
                    yield progress
                    time.sleep(0.002)
                yield progress if step < steps else self._last(progress, values)
        finally:
            self.closed = True

    @staticmethod
    def _figure(step: int, values: Values) -> Figure:
        x = np.arange(step + 1.0)
        line = Curve(x, (1 + values["seed"]) * values["slope"] * x, "line")
        dots = Points(x, x, "dots")
        return Figure(((Panel("Line", (line,), "step", "height"), Panel("Dots", (dots,), "step", "dot")),))

    @staticmethod
    def _last(progress: Progress, values: Values) -> Progress:
        good = values["slope"] <= 1
        findings = (
            Finding("0", "Slope", "at most 1", f"{values['slope']:g}", bool(good)),
            Finding("0", "Steps", "any", f"{values['steps']:g}", True),
        )
        return Progress(1.0, progress.doing, progress.figure, findings)


class Failing(Steps):
    """Fails after two steps."""

    name = "failing"
    title = "Failing"

    def run(self, values: Values) -> Iterator[Progress]:
        """Two steps."""
        for step in (1, 2):
            yield Progress(step / 5, "", self._figure(step, values))
        raise RuntimeError("the energies became infinite")


def browser_of(window: ExperimentsWindow) -> Browser:
    assert window.browser is not None
    return window.browser


def click(qtbot: QtBot, button: QAbstractButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def type_into(qtbot: QtBot, box: QAbstractSpinBox, text: str) -> None:
    box.setFocus()
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    qtbot.keyClicks(box, text)


def run(qtbot: QtBot, page: ExperimentPage, steps: Steps | None = None, **values: float) -> None:
    """Types parameters, clicks Run, and waits for the result."""
    before = len(page.entries)
    if values:
        page.fold.setChecked(True)
    for name, value in values.items():
        type_into(qtbot, page.form.box(name), f"{value:g}")
    if steps is not None:
        steps.gate.set()
    qtbot.waitUntil(page.run_button.isEnabled, timeout=PATIENCE)
    click(qtbot, page.run_button)
    qtbot.waitUntil(lambda: len(page.entries) > before, timeout=PATIENCE)


def unfold_results(qtbot: QtBot, page: ExperimentPage) -> None:
    if not page.view.fold.isChecked():
        click(qtbot, page.view.fold)
        # What was folded away has its places once it is laid out.
        QApplication.processEvents()


def run_to_the_gate(qtbot: QtBot, page: ExperimentPage) -> None:
    click(qtbot, page.run_button)
    qtbot.waitUntil(lambda: page.view.verdict.text().startswith("Running · 60%"), timeout=PATIENCE)


def table_texts(page: ExperimentPage) -> list[list[str]]:
    table = page.view.table
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def points_of(page: ExperimentPage, panel: int = 0) -> int:
    curve = page.view.figure.canvases[panel].panel.marks[0]
    assert isinstance(curve, Curve)
    return len(curve.x)
