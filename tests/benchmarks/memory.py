"""Memory of the window while everything in it is used, over and over.

    python tests/benchmarks/memory.py [--minutes 60] [--only training windows …]

A round opens every window, trains, samples under every target, compares, searches, tests for convergence, runs an
experiment, imports a table, and closes the windows again. After each: resident memory, the same once what was freed
has been returned to the system, blocks that Python has, widgets that Qt has, threads and open files. Growth is of the
second, and counts from the fifth round on: what is loaded once, or kept by a library up to a limit, is there then.

Wanted: flat, that is less than 50 MiB an hour beyond two standard errors, and no more widgets, threads or files.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMainWindow
from scipy.stats import linregress

from landscape_app.data.digits import load_digits
from landscape_app.data.importing.folders import Files
from landscape_app.gui.state import Activity
from landscape_app.physics.surfaces import SURFACES
from landscape_app.problems import PROBLEMS
from landscape_app.session.device import return_freed_memory
from tests.benchmarks.window import Probe, resident

SECONDS = 2.0
"""For which something is left to run before the next thing is done."""

PROBLEMS_A_ROUND = 3

TRAINED = [name for name, problem in PROBLEMS.items() if problem.load is not None]

SETTLED = 5
"""Rounds that load what is loaded once; in two of them every problem is trained."""


class Use:
    """What a person does in a round.

    Args:
        probe: a window.
    """

    def __init__(self, probe: Probe) -> None:
        self.probe, self.window = probe, probe.window
        self.window.may_discard = lambda: True
        self.rounds = 0
        self.table = Path(tempfile.mkdtemp()) / "points.csv"
        points = np.random.default_rng(0).normal(size=(300, 3))
        self.images = self.table.with_name("images.npy")
        np.save(self.images, load_digits().held_out_items[:50])
        np.savetxt(self.table, points, delimiter=",", header="a,b,c", comments="")

    def do(self, name: str, window: QMainWindow | None = None, seconds: float = SECONDS) -> None:
        """Chooses an entry of a menu, and lets the window run."""
        action = (window or self.window).findChild(QAction, f"action-{name}")
        assert action is not None, name
        action.trigger()
        self.probe.run(seconds)

    def wait_for(self, *activities: Activity) -> None:
        """Waits until the engine does one of these."""
        self.probe.wait(lambda: self.window.engine.state.activity in activities)

    def steering(self) -> None:
        """Every target, undone; and a comparison."""
        self.do("open-shipped")
        self.wait_for(Activity.SAMPLING)
        for target in range(10):
            self.do(f"target-{target}", seconds=0.5)
        for _ in range(10):
            self.do("undo-edit", seconds=0.1)
        for place in ("tint", "tint", "sort", "sort"):
            self.do(place, seconds=0.5)
        self.window.sampler.select(3)
        self.probe.run(SECONDS)
        self.window.sampler.select(None)

    def searching(self) -> None:
        """The landscape's searches, a test for convergence and the bounds."""
        self.do("open-shipped")
        self.wait_for(Activity.SAMPLING)
        for search in ("barrier", "minima", "dissect"):
            self.do(search, seconds=2 * SECONDS)
            self.window.engine.stop_search()
            self.probe.run(0.5)
        self.do("test-convergence", seconds=2 * SECONDS)
        self.window.engine.stop_test()
        self.probe.run(SECONDS)

    def training(self) -> None:
        """Three problems, each trained, paused, looked back at, and begun again."""
        engine = self.window.engine
        for offset in range(PROBLEMS_A_ROUND):
            name = TRAINED[(self.rounds * PROBLEMS_A_ROUND + offset) % len(TRAINED)]
            engine.new(PROBLEMS[name].defaults, train=True)
            self.probe.run(4 * SECONDS)
            engine.pause()
            self.probe.run(0.5)
            for epoch in engine.state.snapshots.epochs[:3]:
                engine.scrub(epoch)
                self.probe.run(0.5)
            engine.scrub(None)
            self.window.reset()
            self.probe.run(SECONDS)

    def windows(self) -> None:
        """Playground, lattice, bounds, observables, runs, scores and experiments, each used and closed."""
        window = self.window
        self.do("open-shipped")
        window.engine.play(False)
        window.open_playground()
        assert window.playground is not None
        self.probe.run(SECONDS)
        for surface in SURFACES:
            window.playground.target.chosen.emit(surface)
            self.probe.run(0.5)
        window.playground.close()
        window.open_lattice()
        assert window.lattice is not None
        self.probe.run(SECONDS)
        window.lattice.live.controls.reset_button.click()
        self.probe.run(SECONDS)
        window.lattice.close()
        for name in ("bounds", "observables", "runs"):
            getattr(window, f"open_{name}")()
            self.probe.run(SECONDS)
            getattr(window, name).close()
        window.score(Files(self.images))
        self.probe.run(SECONDS)
        assert window.scores is not None
        window.scores.close()
        window.open_experiments("bimodal")
        self.probe.wait(lambda: window.experiments is not None and window.experiments.browser is not None)
        assert window.experiments is not None
        assert window.experiments.browser is not None
        self.do("quick", window.experiments, 0.2)
        self.do("run", window.experiments, 4 * SECONDS)
        self.do("stop", window.experiments)
        window.experiments.close()

    def importing(self) -> None:
        """A table looked at, and left."""
        self.window.importing.take(Files(self.table))
        self.probe.run(2 * SECONDS)
        for widget in QApplication.topLevelWidgets():
            if widget is not self.window and widget.isVisible():
                widget.close()
        self.probe.run(0.5)

    def all(self, only: list[str]) -> None:
        """A round of what is asked for."""
        for name in only:
            getattr(self, name)()
        self.rounds += 1


PARTS = ("steering", "searching", "training", "windows", "importing")


def kept() -> Counter[str]:
    """Numbers of Python's objects by their types."""
    gc.collect()
    return Counter(type(item).__name__ for item in gc.get_objects())


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    probe = Probe((1280, 800))
    use = Use(probe)
    measured: list[tuple[float, float]] = []
    counts: Counter[str] = Counter()
    counters: dict[str, Callable[[], int]] = {
        "blocks of Python": sys.getallocatedblocks,
        "widgets": lambda: len(QApplication.allWidgets()),
        "threads": threading.active_count,
        "files": lambda: len(os.listdir("/proc/self/fd")),
    }
    start = time.perf_counter()
    while time.perf_counter() - start < 60 * options.minutes:
        use.all(options.only)
        if use.rounds == SETTLED:
            counts = kept()
        gc.collect()
        before = resident()
        return_freed_memory()
        minutes = (time.perf_counter() - start) / 60
        if use.rounds >= SETTLED:
            measured.append((minutes, resident()))
        figures = ", ".join(f"{count():,} {name}" for name, count in counters.items())
        print(f"{minutes:5.1f} min   {before:5.0f} MiB, {resident():5.0f} kept, {figures}", flush=True)
    if len(measured) > 2:
        fit = linregress(*np.array(measured).T)
        print(f"growth {60 * fit.slope:+.0f} ± {60 * fit.stderr:.0f} MiB an hour   (at most 50)")
        for name, more in (kept() - counts).most_common(12):
            print(f"  {more:+,} {name}")
    probe.close()


if __name__ == "__main__":
    main()
