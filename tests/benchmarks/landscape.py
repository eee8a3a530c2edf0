"""How long the landscape view takes to draw a frame: 256 chains in the plane, each with its last 100 steps.

    python tests/benchmarks/landscape.py                  several cases: about a minute
    python tests/benchmarks/landscape.py --chains 1024    with more chains

Drawn without a display. A frame is what the window does for a new snapshot: taking it over and painting all of the
axes. Times are of the processor as well as of the clock, because other work on the machine makes the clock's longer.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from functools import partial

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import torch
from PySide6.QtWidgets import QApplication

from landscape_app.gui.theme import DARK, apply_theme
from landscape_app.gui.widgets.surface.view import LandscapeView
from landscape_app.physics.surfaces import SURFACES
from landscape_app.session.surface_run import SurfaceRun
from landscape_app.session.trajectory import EnsembleSnapshot

MEMORY = 100
WARM_UP = 5


def percentiles(measured: list[tuple[float, float]]) -> str:
    """p50 and p95 of the processor's and of the clock's seconds, in ms."""
    (cpu50, wall50), (cpu95, wall95) = 1000 * np.percentile(np.array(measured[WARM_UP:]), [50, 95], axis=0)
    return f"processor p50 {cpu50:5.1f}  p95 {cpu95:5.1f} ms   clock p50 {wall50:5.1f}  p95 {wall95:5.1f} ms"


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the processor and of the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    action()
    return time.process_time() - cpu, time.perf_counter() - wall


def surveyed(run: SurfaceRun) -> object:
    """The landscape of a run, measured anew."""
    run.set_temperature(1.0)
    return run.landscape


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chains", type=int, default=256)
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--size", default="900x700", help="of the view in pixels")
    options = parser.parse_args()
    torch.set_num_threads(1)
    application = QApplication([])
    apply_theme(application, DARK)
    view = LandscapeView(DARK)
    view.resize(*map(int, options.size.split("x")))
    view.show()
    print(f"{options.chains} chains, {MEMORY} steps each, view of {options.size} pixels")
    for surface, kernel, tracks in (
        ("banana", "mala", False),
        ("banana", "hmc", False),
        ("banana", "mala", True),
        ("banana", "hmc", True),
        ("two-gaussians-line", "mala", True),
    ):
        run = SurfaceRun(SURFACES[surface](), kernel, options.chains, "exact")
        for _ in range(MEMORY):
            run.step()
        surveys = [timed(partial(surveyed, run)) for _ in range(WARM_UP + 10)]
        view.show_landscape(run.landscape)
        for _ in range(MEMORY):
            run.step()
        view.show_chains(run.snapshot(tracks))
        application.processEvents()
        frames, snapshots = [], []
        for _ in range(options.frames + WARM_UP):
            run.step()
            snapshots.append(timed(partial(run.snapshot, tracks)))
            snapshot = run.snapshot(tracks)

            def draw(snapshot: EnsembleSnapshot = snapshot) -> None:
                view.show_chains(snapshot)
                view.axes.grab()

            frames.append(timed(draw))
        what = f"{surface}, {kernel}, {'all tracks' if tracks else 'one trajectory'}"
        print(f"{what:40} frame     {percentiles(frames)}")
        print(f"{'':40} snapshot  {percentiles(snapshots)}")
        print(f"{'':40} survey    {percentiles(surveys)}")


if __name__ == "__main__":
    main()
