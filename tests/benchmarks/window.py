"""How smooth the window is while it trains, and what it costs the training.

    python tests/benchmarks/window.py                 frames, speed, pause and start-up: about 5 minutes
    python tests/benchmarks/window.py --minutes 30    memory over half an hour as well
    python tests/benchmarks/window.py --chains 4096   frames with so many chains on view instead: about a minute

The window is drawn without a display at 60 Hz, its mosaic and all its plots moving. Training speed is compared with
the same session, seed and compute threads without a window, in a process of its own that takes turns with it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from landscape_app.gui.application import SWITCH_SECONDS
from landscape_app.gui.engine import Engine
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.sampler.arrangement import Trait
from landscape_app.gui.state import Activity
from landscape_app.gui.theme import DARK, apply_theme
from landscape_app.gui.worker import compute_threads
from landscape_app.session.composition import Composition
from tests.benchmarks.steering import SLIDER_LAYERS

WARM_UP = 3.0
TURNS = 3

BARE = """
import sys, time, torch
from dataclasses import replace
from landscape_app.problems import PROBLEMS
from landscape_app.session.session import Session
torch.set_num_threads(int(sys.argv[2]))
session = Session(replace(PROBLEMS["digits"].defaults, seed=0), device="cpu")
start = time.perf_counter()
for record in session.train():
    if time.perf_counter() - start > float(sys.argv[1]):
        break
print(record.epoch / record.seconds)
"""

STARTUP = """
import sys, time
start = float(sys.argv[1])
from PySide6.QtCore import QTimer
from landscape_app.gui import main_window
from landscape_app.gui.application import run_window
from landscape_app.gui.widgets.mosaic import Mosaic
from PySide6.QtWidgets import QApplication
paint = Mosaic.paintEvent
def timed(self, event):
    paint(self, event)
    if self.objectName() == "mosaic" and self.shown is not None:
        print(time.time() - start, flush=True)
        QApplication.instance().exit(0)
Mosaic.paintEvent = timed
run_window()
"""


def bare_speed(seconds: float, threads: int) -> float:
    """Epochs a second of a session without a window."""
    return float(_python(BARE, str(seconds), str(threads)))


def start_up() -> float:
    """Seconds from the start of the process to the first painted chains."""
    return float(_python(STARTUP, str(time.time())).splitlines()[0])


def resident() -> float:
    """Resident memory of this process, MiB."""
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


class Probe:
    """A window whose frames are timed."""

    def __init__(self, size: tuple[int, int]) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self.application = QApplication([])
        apply_theme(self.application, DARK)
        self.window = MainWindow(
            Engine(),
            DARK,
            QSettings(str(Path(tempfile.mkdtemp()) / "window.ini"), QSettings.Format.IniFormat),
        )
        self.window.resize(*size)
        self.window.show()
        self.window.engine.open_shipped()
        self.ticks: list[float] = []
        self.window._timer.timeout.connect(lambda: self.ticks.append(time.perf_counter()))
        self.wait(lambda: self.window.engine.state.snapshot is not None)

    def run(self, seconds: float) -> None:
        """Lets the window run."""
        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()

    def wait(self, condition: object) -> None:
        """Lets the window run until a condition holds, looked at every 2 ms."""
        loop = QEventLoop()
        timer = QTimer(interval=2)
        timer.timeout.connect(lambda: loop.quit() if condition() else None)  # type: ignore[operator]
        timer.start()
        loop.exec()

    def train(self, seconds: float) -> tuple[np.ndarray, float]:
        """Frame intervals in ms, and epochs a second of training."""
        self.start_training()
        self.run(WARM_UP)
        self.ticks.clear()
        begin = self.window.engine.state.epoch
        start = time.perf_counter()
        self.run(seconds)
        epochs = self.window.engine.state.epoch - begin
        return np.diff(self.ticks) * 1000, epochs / (time.perf_counter() - start)

    def start_training(self) -> None:
        """Trains on, as a training that has ended is offered to, and waits for the first epoch."""
        self.wait(self.window.toolbar.train_button.isEnabled)
        self.window.engine.train()
        self.wait(lambda: self.window.engine.state.activity is Activity.TRAINING)
        begin = self.window.engine.state.epoch
        self.wait(lambda: self.window.engine.state.epoch > begin)

    def pause(self) -> float:
        """Milliseconds from a click on Pause until training has stopped."""
        start = time.perf_counter()
        self.window.toolbar.pause_button.click()
        self.wait(lambda: self.window.engine.state.activity is not Activity.TRAINING)
        return (time.perf_counter() - start) * 1000

    def hold(self) -> None:
        """Pauses, and holds the chains: the window computes nothing."""
        self.pause()
        self.window.engine.play(False)
        self.wait(lambda: self.window.engine.state.activity is Activity.STILL)

    def close(self) -> None:
        """Ends the engine."""
        self.window.may_discard = lambda: True
        self.window.close()


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the timed training")
    parser.add_argument("--minutes", type=float, default=0.0, help="length of the memory run")
    parser.add_argument("--size", default="1280x800")
    parser.add_argument(
        "--chains", type=int, nargs="+", help="numbers of chains on view, each measured by itself"
    )
    options = parser.parse_args()
    threads = compute_threads()
    width, height = map(int, options.size.split("x"))
    if options.chains:
        many_chains(Probe((width, height)), options.chains, options.seconds / 10)
        return

    starts = sorted(start_up() for _ in range(3))
    print(f"start to first painted chains   median {starts[1]:.2f} s, worst {starts[-1]:.2f} s   (at most 5)")

    probe = Probe((width, height))
    turns = [measure_turn(probe, options.seconds / TURNS, threads) for _ in range(TURNS)]
    intervals = np.concatenate([turn[0] for turn in turns])
    speed, without, full = np.mean([turn[1:] for turn in turns], axis=0)
    probe.start_training()
    pauses = []
    for _ in range(10):
        pauses.append(probe.pause())
        probe.start_training()
        probe.run(0.7)
    if options.minutes:
        memory(probe, options.minutes)
    probe.close()

    p50, p95 = np.percentile(intervals, [50, 95])
    print(
        f"frame intervals over {options.seconds:.0f} s   p50 {p50:.1f}  p95 {p95:.1f}  max {intervals.max():.1f} ms, "
        f"{(intervals > 100).sum()} over 100 ms of {len(intervals)}   (p95 at most 20, none over 100)"
    )
    ratios = ", ".join(f"{turn[1] / turn[2]:.2f}" for turn in turns)
    print(
        f"training speed with window {speed:.2f} epochs/s; without, {threads} thread(s): {without:.2f}; "
        f"ratio {speed / without:.2f} ({ratios})   (at least 0.85)"
    )
    print(
        f"training speed without window on all {os.cpu_count()} cores: {full:.2f}; ratio {speed / full:.2f}"
    )
    print(
        f"pause takes effect after   median {np.median(pauses):.0f} ms, worst {max(pauses):.0f} ms   (at most 150)"
    )


def many_chains(probe: Probe, counts: list[int], seconds: float) -> None:
    """Prints frame intervals, and the time that the mosaic takes of each, while chains are sampled and trained.

    Tinted and sorted by energy, or neither; under three fields; with a chain followed; and while the model trains.
    A step is one update of every pixel; wanted at 256 chains and three fields: at least 40 a second.
    """
    window, sampler = probe.window, probe.window.sampler
    window.engine.set_speed(np.inf)
    spent = time_mosaic(probe)
    for count in counts:
        window.engine.restart("chains", count)
        probe.wait(
            lambda count=count: sampler.mosaic.shown is not None and len(sampler.mosaic.shown) == count
        )
        for name, trait, layers in (
            ("plain", Trait.NONE, ()),
            ("tinted, sorted", Trait.ENERGY, ()),
            ("by class", Trait.CLASS, ()),
            ("three fields", Trait.NONE, SLIDER_LAYERS),
            ("three fields, by class", Trait.CLASS, SLIDER_LAYERS),
        ):
            for box in (sampler.tools.tint_box, sampler.tools.sort_box):
                box.setCurrentIndex(box.findData(trait.value))
            window.steering.edit(Composition(layers))
            probe.wait(lambda: window.engine.state.composition == window.steering.composition)
            report(f"{count:5,} chains, {name}", probe, spent, seconds)
        sampler.select(7)
        report(f"{count:5,} chains, the same, one followed", probe, spent, seconds)
        window.steering.edit(Composition())
        probe.start_training()
        report(f"{count:5,} chains, training, one followed", probe, spent, seconds)
        probe.pause()
        sampler.select(None)
        window.engine.set_speed(np.inf)
    probe.close()


def time_mosaic(probe: Probe) -> list[list[float]]:
    """Two lists that fill with milliseconds from now: of composing the mosaic, and of painting it."""
    mosaic = probe.window.sampler.mosaic
    spent: list[list[float]] = [[], []]

    def timed(do: Callable, times: list[float]) -> Callable:
        def run(*arguments: object) -> None:
            start = time.perf_counter()
            do(*arguments)
            times.append((time.perf_counter() - start) * 1000)

        return run

    mosaic.show_images = timed(mosaic.show_images, spent[0])
    mosaic.paintEvent = timed(mosaic.paintEvent, spent[1])
    return spent


def report(name: str, probe: Probe, spent: list[list[float]], seconds: float) -> None:
    """Prints the figures of the next seconds."""
    probe.run(WARM_UP / 2)
    probe.ticks.clear()
    for times in spent:
        times.clear()
    probe.run(seconds)
    intervals = np.diff(probe.ticks) * 1000
    p50, p95 = np.percentile(intervals, [50, 95])
    parts = ", ".join(
        f"{what} p50 {np.percentile(times, 50):.1f} p95 {np.percentile(times, 95):.1f}"
        for what, times in zip(("compose", "paint"), spent, strict=True)
        if times
    )
    print(
        f"{name:42s} frames p50 {p50:.1f} p95 {p95:.1f} max {intervals.max():.0f} ms; {parts} ms; "
        f"{len(spent[0]) / seconds:.0f} pictures/s, {probe.window.engine.state.rate:.0f} steps/s",
        flush=True,
    )


def measure_turn(probe: Probe, seconds: float, threads: int) -> tuple[np.ndarray, float, float, float]:
    """Frame intervals in ms; epochs a second with the window, without, and without on all cores."""
    intervals, speed = probe.train(seconds)
    probe.hold()
    return intervals, speed, bare_speed(seconds, threads), bare_speed(seconds, os.cpu_count() or threads)


def memory(probe: Probe, minutes: float) -> None:
    """Prints resident memory over a long training."""
    samples = []
    for _ in range(10):
        probe.run(minutes * 6)
        samples.append(resident())
        print(f"  {len(samples) * minutes / 10:5.1f} min   {samples[-1]:.0f} MiB", flush=True)
    print(
        f"memory over {minutes:g} minutes   {samples[0]:.0f} to {samples[-1]:.0f} MiB, largest {max(samples):.0f}"
    )


def _python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


if __name__ == "__main__":
    main()
