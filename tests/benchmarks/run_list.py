"""Time in which the runs below a folder are listed: 200 copies of a real run, wanted within 1 s.

    python tests/benchmarks/run_list.py [RUN.h5] [--copies 200]

Without a file a short run of the digits is trained first. Four figures, the first three the least of three times:
reading what the list tells of every run; the command `landscape runs` in a process of its own, start included; the
window of runs from its making until every run has its row, and until those in sight have their thumbnails; and
reading ten of the runs whole, with their checksums, for comparison. Beside the seconds that pass stand those of the
processor, which tell on a machine that does other things too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from landscape_app.problems import PROBLEMS
from landscape_app.runs.catalogue import catalogue_of
from landscape_app.runs.run_file import read_run
from landscape_app.session.checkpoint import save_session
from landscape_app.session.session import Session

TEN = 10


class Times(NamedTuple):
    """Seconds that an action takes: those that pass, and those of the processor, also of processes it starts."""

    passed: float
    processor: float

    def __str__(self) -> str:
        return f"{self.passed:6.2f} s, of the processor {self.processor:6.2f} s"


def processor_seconds() -> float:
    """Of this process and of those that it has waited for."""
    found = os.times()
    return found.user + found.system + found.children_user + found.children_system


def least(action: Callable[[], object], times: int = 3) -> Times:
    """Times of an action, the least of some."""
    found = []
    for _ in range(times):
        start, processor = time.perf_counter(), processor_seconds()
        action()
        found.append((time.perf_counter() - start, processor_seconds() - processor))
    return Times(*map(min, zip(*found, strict=True)))


def trained(path: Path) -> Path:
    """A run of the digits with the chains that users have, of few epochs."""
    session = Session(replace(PROBLEMS["digits"].defaults, planned_epochs=20), "cpu")
    for _ in islice(session.train(), 20):
        pass
    session.rest()
    session.kept = session.estimator.measure_now()
    save_session(session, path)
    return path


def open_window(folder: Path, copies: int) -> tuple[Times, Times]:
    """Times until the window of runs has a row for each of so many, and until the thumbnails in sight are there."""
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from landscape_app.gui.runs.window import RunsWindow
    from landscape_app.gui.theme import LIGHT, apply_theme

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    apply_theme(application, LIGHT)
    settings = QSettings(str(folder.parent / "settings.ini"), QSettings.Format.IniFormat)
    start, processor = time.perf_counter(), processor_seconds()
    window = RunsWindow(LIGHT, settings)
    window.add_folder(folder)
    window.bring_up()
    while window.table.model().rowCount() < copies:
        # As an event loop sleeps between two events: one that spins would keep the thread of the list waiting.
        application.processEvents()
        time.sleep(0.01)
    listed = Times(time.perf_counter() - start, processor_seconds() - processor)
    while window.table.waiting:
        application.processEvents()
        time.sleep(0.01)
    drawn = Times(time.perf_counter() - start, processor_seconds() - processor)
    window.end()
    window.deleteLater()
    return listed, drawn


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--copies", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # The window lists the autosaved runs of whoever measures, too: here there are none.
        os.environ["XDG_DATA_HOME"] = folder
        source = options.run or trained(Path(folder) / "source.part")
        places = [Path(folder) / "runs" / f"{number:04d}.h5" for number in range(options.copies)]
        places[0].parent.mkdir()
        for place in places:
            shutil.copy(source, place)
        command = [sys.executable, "-m", "landscape_app", "runs", str(places[0].parent)]
        reading = least(lambda: catalogue_of([places[0].parent]))
        listing = least(lambda: subprocess.run(command, check=True, capture_output=True))
        rows, thumbnails = min(open_window(places[0].parent, options.copies) for _ in range(3))
        whole = least(lambda: [read_run(place) for place in places[:TEN]], 1)
        size = places[0].stat().st_size / 1e6
        print(f"{len(catalogue_of([places[0].parent]).runs)} runs of {size:.2f} MB each")
        print(f"reading what is listed {reading}; {1e3 * reading.processor / options.copies:.2f} ms a run")
        print(f"landscape runs         {listing}")
        print(f"window, all rows       {rows}")
        print(f"  and thumbnails       {thumbnails}")
        print(f"{TEN} runs read whole    {whole}")


if __name__ == "__main__":
    main()
