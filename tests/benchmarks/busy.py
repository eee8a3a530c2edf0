"""Training, sampling and the window on a machine that also does something else.

    python tests/benchmarks/busy.py [--rounds 7]        about 5 minutes, with nothing else running

The same amounts of work beside 0, 1 and 2 processes that keep a core busy, as the program is and as it was before
chains had one thread: every batch on every thread that the processor has. Both are processes of their own, which take
turns; the medians count.

The fair time is that with nothing beside, × (T + k)/C where the T threads and the k processes are more than the C
cores: each of them has the same. Wanted: at most 1.3 × the fair time, and with nothing beside at most 2% more than
before. A loop on one thread, which is the same before and now, tells how fair the scheduler is: beside two processes
on two cores it may leave a thread half of one for seconds. Time of the processor, in brackets, tells of threads that
spin, and depends less on what else runs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

OPENMP = ("OMP_", "GOMP_", "KMP_")
LOADS = (0, 1, 2)
SETTLING = 1.5
"""Seconds from a change of what else runs until the next turn."""

MOST_SECONDS = 120.0
"""After which no further round is begun beside as many processes."""


class Work(NamedTuple):
    """Something that is timed.

    Attributes:
        steps: in a turn.
        threads: that the program computes with, of so many cores.
    """

    steps: int
    threads: Callable[[int], int]


WORKS = {
    "training": Work(5, lambda cores: cores),
    "sampling": Work(60, lambda cores: 1),
    # One core is left to the window, which needs it.
    "window": Work(4, lambda cores: cores),
    "a loop": Work(8, lambda cores: 1),
}


def training() -> Callable[[int], None]:
    """Epochs of the digits with all defaults."""
    from landscape_app.problems import PROBLEMS
    from landscape_app.session.session import Session

    epochs = Session(PROBLEMS["digits"].defaults, "cpu").train()
    return lambda steps: [next(epochs) for _ in range(steps)] and None


def sampling() -> Callable[[int], None]:
    """Kernel steps of 100 chains under a field that asks for a seven."""
    from landscape_app.data.assets import asset_path
    from landscape_app.physics.fields import ClassCondition
    from landscape_app.session.checkpoint import open_session
    from landscape_app.session.composition import Composition, Layer

    session = open_session(asset_path("digits-model.h5"), "cpu")
    session.steer(Composition((Layer(ClassCondition((7,)), 2.0),)))
    sweeps = session.sample()
    return lambda steps: [next(sweeps) for _ in range(steps)] and None


def a_loop() -> Callable[[int], None]:
    """Additions of whole numbers: what the scheduler gives to a program of one thread."""
    return lambda steps: [sum(range(1_000_000)) for _ in range(steps)] and None


def window() -> Callable[[int], None]:
    """Epochs of a training in the window, which is drawn 60 times a second meanwhile."""
    from PySide6.QtCore import QEventLoop, QSettings, QTimer
    from PySide6.QtWidgets import QApplication

    from landscape_app.gui.application import SWITCH_SECONDS
    from landscape_app.gui.engine import Engine
    from landscape_app.gui.main_window import MainWindow
    from landscape_app.gui.state import Activity
    from landscape_app.gui.theme import DARK, apply_theme

    sys.setswitchinterval(SWITCH_SECONDS)
    application = QApplication([])
    apply_theme(application, DARK)
    settings = QSettings(str(Path(tempfile.mkdtemp()) / "window.ini"), QSettings.Format.IniFormat)
    shown = MainWindow(Engine(), DARK, settings)
    shown.resize(1280, 800)
    shown.show()
    shown.engine.open_shipped()

    def wait(condition: Callable[[], bool]) -> None:
        loop, timer = QEventLoop(), QTimer(interval=2)
        timer.timeout.connect(lambda: loop.quit() if condition() else None)
        timer.start()
        loop.exec()

    wait(lambda: shown.engine.state.snapshot is not None)

    def is_training() -> bool:
        return shown.engine.state.activity is Activity.TRAINING

    def epochs(steps: int) -> None:
        wait(shown.toolbar.train_button.isEnabled)
        shown.engine.train()
        wait(is_training)
        begin = shown.engine.state.epoch
        wait(lambda: shown.engine.state.epoch >= begin + steps)
        shown.toolbar.pause_button.click()
        wait(lambda: not is_training())
        shown.engine.play(False)

    return epochs


def work_on_demand(name: str, as_before: bool) -> None:
    """Does a turn for every line that comes in; prints its seconds and those of the processor."""
    import torch

    from landscape_app.physics import threads
    from landscape_app.session.device import available_cores

    torch.set_num_threads(available_cores())
    if as_before:
        threads.LEAST_NUMBERS = 1
    steps = WORKS[name].steps
    turn = {"training": training, "sampling": sampling, "window": window, "a loop": a_loop}[name]()
    turn(steps)
    print("ready", flush=True)
    for _ in sys.stdin:
        start, processor = time.perf_counter(), time.process_time()
        turn(steps)
        print(time.perf_counter() - start, time.process_time() - processor, flush=True)
    os._exit(0)


class Worker:
    """A process that does one kind of work when it is asked.

    Args:
        name: of the work.
        as_before: whether every batch is to have every thread.
    """

    def __init__(self, name: str, as_before: bool) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(OPENMP)}
        command = [sys.executable, __file__, "--work", name] + ["--as-before"] * as_before
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self.process.stdout is not None
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the process for {name} ended: {' '.join(command)}")

    def turn(self) -> tuple[float, float]:
        """Seconds of a turn, and those of the processor."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        seconds, processor = self.process.stdout.readline().split()
        return float(seconds), float(processor)


def turns(
    workers: dict[tuple[str, bool], Worker], load: int, rounds: int
) -> dict[tuple[str, bool], np.ndarray]:
    """Seconds of all turns beside so many busy processes, and those of the processor, shape (rounds, 2) each."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(load)]
    try:
        time.sleep(SETTLING)
        found: dict[tuple[str, bool], list[tuple[float, float]]] = {key: [] for key in workers}
        start = time.perf_counter()
        for _ in range(rounds):
            for key, worker in workers.items():
                found[key].append(worker.turn())
            if time.perf_counter() - start > MOST_SECONDS:
                break
    finally:
        for process in busy:
            process.kill()
            process.wait()
    return {key: np.array(values) for key, values in found.items()}


def lines(found: dict[int, dict[tuple[str, bool], np.ndarray]], cores: int) -> Iterator[str]:
    """The table."""
    for name, work in WORKS.items():
        alone = {as_before: np.median(found[0][name, as_before], axis=0)[0] for as_before in (True, False)}
        for load, of_load in found.items():
            before, now = (np.median(of_load[name, as_before], axis=0) for as_before in (True, False))
            fair = max(1.0, (work.threads(cores) + load) / cores)
            verdict = (
                f"{now[0] / alone[False] / fair:5.2f} × fair"
                if load
                else f"{now[0] / before[0]:5.2f} × before"
            )
            yield (
                f"{name:10}{load:3} busy   before {before[0]:7.2f} s ({before[1]:6.2f})   "
                f"now {now[0]:7.2f} s ({now[1]:6.2f})   {verdict}   {len(of_load[name, False])} rounds"
            )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="+", choices=list(WORKS), default=list(WORKS))
    parser.add_argument("--work", choices=list(WORKS), help=argparse.SUPPRESS)
    parser.add_argument("--as-before", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work_on_demand(options.work, options.as_before)
    for name in set(WORKS) - set(options.only):
        del WORKS[name]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = {(name, as_before): Worker(name, as_before) for name in WORKS for as_before in (True, False)}
    found = {load: turns(workers, load, options.rounds) for load in LOADS}
    for worker in workers.values():
        worker.process.kill()
        worker.process.wait()
    print(f"{cores} cores; seconds of a turn (of the processor); wanted at most 1.30 × fair, 1.02 × before")
    for line in lines(found, cores):
        print(line)


if __name__ == "__main__":
    main()
