"""How smooth the lattice window is while 256 × 256 spins move, and how fast they move.

    python tests/benchmarks/lattice_window.py [--seconds 20] [--size 1280x800]      about two minutes

The window is drawn without a display at 60 Hz. A frame is the time from one painting of the lattice to the next
while its worker moves the spins as fast as it can, on one compute thread; plots are drawn in the same thread as the
picture. Measured for each sampler at T_c, from random spins, and with a sweep that runs at the same time. Wanted at
256 × 256: the 95th percentile of frames at most 20 ms, and 60 sweeps a second.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from landscape_app.gui.application import SWITCH_SECONDS
from landscape_app.gui.lattice.window import LatticeWindow
from landscape_app.gui.lattice.worker import LatticeChoice
from landscape_app.gui.theme import DARK, apply_theme
from landscape_app.physics.spin_lattices import SAMPLERS, SpinLattice
from landscape_app.session.lattice_sweep import SweepPlan

WARM_UP = 2.0


class Probe:
    """A window whose frames are timed."""

    def __init__(self, size: tuple[int, int]) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self.application = QApplication([])
        apply_theme(self.application, DARK)
        folder = Path(tempfile.mkdtemp())
        settings = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
        self.window = LatticeWindow(DARK, settings, folder / "sweep.h5")
        self.window.resize(*size)
        self.window.bring_up()
        self.paints: list[float] = []
        self.spent: list[float] = []
        picture = self.window.live.picture
        paint = picture.paintEvent

        def timed(event: object) -> None:
            start = time.perf_counter()
            paint(event)  # type: ignore[arg-type]
            self.spent.append(time.perf_counter() - start)
            self.paints.append(start)

        picture.paintEvent = timed  # type: ignore[method-assign]

    def run(self, seconds: float) -> None:
        """Lets the window run."""
        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()

    def report(self, name: str, seconds: float) -> None:
        """Prints the figures of the next seconds."""
        self.run(WARM_UP)
        self.paints.clear()
        self.spent.clear()
        worker = self.window.worker
        steps, start = worker.state.steps, time.perf_counter()
        self.run(seconds)
        rate = (worker.state.steps - steps) / (time.perf_counter() - start)
        frames = np.diff(self.paints) * 1000
        p50, p95 = np.percentile(frames, [50, 95])
        print(
            f"{name:44s} frames p50 {p50:5.1f}  p95 {p95:5.1f}  max {frames.max():5.0f} ms, "
            f"{len(frames) / seconds:3.0f} a second, painting p95 {1000 * np.percentile(self.spent, 95):.1f} ms; "
            f"{rate:6.0f} steps a second",
            flush=True,
        )


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each measurement")
    parser.add_argument("--size", default="1280x800")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    probe = Probe((width, height))
    worker, seconds = probe.window.worker, options.seconds
    worker.play(True)
    for graph in ("square", "complete", "random"):
        worker.take(LatticeChoice(SpinLattice(graph, 256)))
        for sampler, label in SAMPLERS.items():
            if graph == "square" or sampler in ("heat-bath", "swendsen-wang"):
                worker.set_sampler(sampler)
                probe.report(f"{graph}, {label}", seconds if graph == "square" else seconds / 4)
    worker.take(LatticeChoice(SpinLattice("square", 8), 1_024))
    worker.set_sampler("heat-bath")
    probe.report("1,024 lattices of 8 × 8, heat bath", seconds / 4)
    worker.take(LatticeChoice(SpinLattice("square", 256)))
    probe.window.sweeper.start_sweep(SweepPlan(sides=(64, 128), steps=100_000))
    probe.report("square, heat bath, while a sweep runs", seconds / 2)
    probe.window.end()


if __name__ == "__main__":
    main()
