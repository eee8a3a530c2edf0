"""A run watched on another machine: how old is what the window shows, what travels, what do hostile streams do?

    python tests/benchmarks/remote.py [--seconds 60] [--streams 1000]         about 2 minutes

`landscape train digits` is watched in a window through a program that stands for ssh, on this machine. For every
epoch: the time from when its row is in the file to when the curve of the gradient has it; wanted: at most 2 s.
The file itself is written every two seconds or more seldom (`runs/checkpoint.py`): how long a row waits for that is
printed beside. Then the bytes that came in the mean, first state and later ones apart; wanted: at most 50 KB/s.
Last, streams of that run with bytes changed, cut and sent twice, each read in a process with a memory limit.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from landscape_app.gui.engine import Engine
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.theme import LIGHT, apply_theme
from landscape_app.runs.atomic import RunFileError
from landscape_app.runs.remote import RemoteRun, RemoteTail
from landscape_app.runs.run_file import read_part, read_run
from landscape_app.runs.stream import Receiver, Sender
from landscape_app.runs.tail import Histories, Update
from landscape_app.runs.writer import WriterStatus
from tests.benchmarks.damaged_files import exit_code_alone
from tests.stand_in_ssh import PYTHON, stand_in_ssh


class CountedTail(RemoteTail):
    """Counts what comes."""

    came = 0

    def _take(self, stream: object, count: int) -> bytes:
        self.came += count
        return super()._take(stream, count)  # type: ignore[arg-type]


def note_writes(path: Path, written: dict[int, float], end: threading.Event) -> None:
    """Notes when each epoch came into the file, seconds since 1970."""
    seen = 0
    while not end.is_set():
        with suppress(OSError, RunFileError):
            changed = path.stat().st_mtime_ns
            if changed != seen:
                seen = changed
                for epoch in read_part(path, {"metrics/epoch": slice(None)}).arrays["metrics/epoch"].tolist():
                    written.setdefault(int(epoch), changed / 1e9)
        time.sleep(0.01)


def watched(seconds: float, folder: Path) -> bytes:
    """Trains, watches, prints the figures; returns the stream of the run as it was at the end."""
    os.environ["PATH"] = stand_in_ssh(folder)
    path = folder / "digits.h5"
    command = [sys.executable, "-m", "landscape_app", "train", "digits", "--seconds", "3600", "-o", str(path)]
    training = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    written: dict[int, float] = {}
    drawn: dict[int, float] = {}
    end = threading.Event()
    application = QApplication([])
    apply_theme(application, LIGHT)
    settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(Engine(threads=1), LIGHT, settings)
    window.show()
    try:
        while not path.exists() or len(read_run(path).metrics.get("epoch", ())) < 3:
            time.sleep(0.1)
        threading.Thread(target=note_writes, args=(path, written, end), daemon=True).start()
        tail = CountedTail(RemoteRun.at(f"ssh://host{path}", PYTHON))
        begin = time.monotonic()
        while not tail.is_ready:
            time.sleep(0.01)
        first = tail.came
        print(
            f"first state: {first / 1000:.0f} kB, {time.monotonic() - begin:.1f} s with the start of the reader"
        )
        window.engine.open_remote(tail)
        begin = time.monotonic()
        curve = window.training.metrics["gradient"].lines[0]
        states, last = 0, window.engine.state.epoch
        while time.monotonic() < begin + seconds:
            application.processEvents()
            time.sleep(0.002)
            epochs = curve.getData()[0]
            if epochs is not None and len(epochs):
                for epoch in range(max(drawn, default=int(epochs[-1]) - 1) + 1, int(epochs[-1]) + 1):
                    drawn[epoch] = time.time()
            if window.engine.state.following and window.engine.state.epoch != last:
                states, last = states + 1, window.engine.state.epoch
        came, lasted = tail.came - first, time.monotonic() - begin
        state = window.engine.state
        assert state.following, state.message
        late = np.array([drawn[epoch] - written[epoch] for epoch in sorted(drawn) if epoch in written][10:])
        print(
            f"{len(late)} epochs, from the file to the curve: {np.median(late):.2f} s in the median, "
            f"95% within {np.quantile(late, 0.95):.2f} s, {late.max():.2f} s at most"
        )
        between = np.diff(sorted(set(written.values())))
        print(f"between two files: {np.median(between):.1f} s in the median, {between.max():.1f} s at most")
        size = path.stat().st_size
        print(
            f"{came / lasted / 1000:.1f} kB/s over {lasted:.0f} s, {states} whole states of a file of {size:,} B"
        )
    finally:
        end.set()
        window.may_discard = lambda: True  # type: ignore[method-assign]
        window.close()
        training.send_signal(signal.SIGKILL)
        training.wait()
    run = read_run(path)
    frame = Sender().frame(Update(run, WriterStatus.WRITING, Histories.of(run)), 0.0)
    assert frame is not None
    return frame


def damaged(whole: bytes, generator: np.random.Generator) -> bytes:
    """A stream with bytes changed, most of them in its header; or cut; or with a piece of it twice."""
    image = bytearray(whole)
    kind = int(generator.integers(4))
    reach = len(whole) if kind == 0 else 20_000
    for _ in range(int(generator.integers(1, 9))):
        image[int(generator.integers(min(reach, len(whole))))] = int(generator.integers(256))
    if kind == 2:
        del image[int(generator.integers(len(image))) :]
    if kind == 3:
        at = int(generator.integers(len(image)))
        image[at:at] = image[at : at + int(generator.integers(1, 5_000))]
    return bytes(image)


def ending(data: bytes) -> str:
    """How reading a stream ends, in words."""
    code = exit_code_alone(lambda: _read(data))
    return {0: "still a run", 1: "refused", 2: "waits for more"}.get(code, f"ended with {code}")


def _read(data: bytes) -> int:
    at = 0

    def take(count: int) -> bytes:
        nonlocal at
        at += count
        if at > len(data):
            raise EOFError
        return data[at - count : at]

    try:
        receiver = Receiver("run")
        receiver.state(receiver.read(take).writer)
    except RunFileError:
        return 1
    except EOFError:
        return 2
    return 0


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="of watching")
    parser.add_argument("--streams", type=int, default=1000, help="that are damaged")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    generator = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        whole = watched(options.seconds, Path(folder))
    endings = Counter(ending(damaged(whole, generator)) for _ in range(options.streams))
    found = ", ".join(f"{count} {what}" for what, count in endings.most_common())
    print(f"{options.streams} damaged streams of {len(whole):,} B: {found}")


if __name__ == "__main__":
    main()
