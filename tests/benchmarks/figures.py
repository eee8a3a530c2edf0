"""Prints how long the figure of each experiment takes to draw, and how long the window waits meanwhile.

    python tests/benchmarks/figures.py --seconds 5 --only pca bimodal

Every experiment runs for some seconds in its quick setting; its last figure is drawn as on a window of 1280 × 800.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from landscape_app.experiments.catalogue import EXPERIMENTS
from landscape_app.experiments.figure import Figure
from landscape_app.experiments.render import PanelSheet, miniature
from landscape_app.gui.experiments.figure_view import FigureView
from landscape_app.gui.theme import LIGHT, apply_theme
from landscape_app.gui.widgets.panel_canvas import style_of

SIZE = (712, 386)
"""Room for the figure in a window of 1280 × 800."""

PANEL = (2.4, 2.4)
"""Inches of a panel there."""

ROUNDS = 5
TICK_MILLISECONDS = 2


def figure_of(name: str, seconds: float) -> Figure:
    """The figure of an experiment that has run for some seconds, or to its end."""
    end, figure = time.perf_counter() + seconds, Figure()
    for progress in EXPERIMENTS[name].start():
        figure = progress.figure
        if time.perf_counter() > end and figure.rows:
            break
    return figure


def milliseconds(work: Callable[[], object]) -> float:
    """Median processor time of one call."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append(1e3 * (time.process_time() - start))
    return statistics.median(times)


def waits(application: QApplication, work: Callable[[], Callable[[], bool]]) -> np.ndarray:
    """Times between two turns of the window's loop, in milliseconds, from the start of some work to its end."""
    turns: list[float] = []
    timer = QTimer(interval=TICK_MILLISECONDS)
    timer.timeout.connect(lambda: turns.append(time.perf_counter()))
    timer.start()
    done = work()
    while not done() or len(turns) < 50:
        application.processEvents()
        time.sleep(0.0005)
    return 1e3 * np.diff(turns)


def rest() -> Callable[[], bool]:
    """Does nothing for as long as a figure takes."""
    end = time.perf_counter() + 3.0
    return lambda: time.perf_counter() > end


def main() -> None:
    """Prints a line for each experiment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="of each experiment")
    parser.add_argument("--only", nargs="+", choices=list(EXPERIMENTS), default=list(EXPERIMENTS))
    options = parser.parse_args()
    application = QApplication([])
    apply_theme(application, LIGHT)
    style = style_of(LIGHT)
    view = FigureView("figure", LIGHT)
    view.resize(*SIZE)
    view.show()
    idle = waits(application, rest)
    print(
        f"window at rest: turns of its loop p95 {np.percentile(idle, 95):.0f} ms, longest {idle.max():.0f} ms"
    )
    print(
        f"{'experiment':14} panels  figure  slowest panel  miniature  shown in  window waits p95, longest (ms)"
    )
    for name in options.only:
        figure = figure_of(name, options.seconds)
        panels = []
        for panel in figure.panels:
            sheet = PanelSheet()
            panels.append(milliseconds(partial(sheet.picture_of, panel, style, *PANEL, 96)))
        small = milliseconds(partial(miniature, figure.face, style, 0.9, 0.6, 96))

        def show(figure: Figure = figure) -> Callable[[], bool]:
            view.show_figure(figure)
            return lambda: view.drawer.is_idle

        start = time.perf_counter()
        turns = waits(application, show)
        print(
            f"{name:14} {len(panels):6d} {sum(panels):7.0f} {max(panels):14.0f} {small:10.0f}"
            f" {1e3 * (time.perf_counter() - start):9.0f} {np.percentile(turns, 95):17.0f}, {turns.max():.0f}"
        )


if __name__ == "__main__":
    main()
