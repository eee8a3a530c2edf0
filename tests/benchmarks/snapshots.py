"""Cost of the snapshots that a training keeps, and how soon the window shows one.

    python tests/benchmarks/snapshots.py [--problem digits] [--seconds 30]         about a minute and a half

Wanted: at most 1% of the training, with what they add to the saving of the run, which itself never takes more than
1%; and another epoch on view within 100 ms. A training of so many seconds is saved as the window saves one. Printed
are the seconds that went into taking snapshots, what they add to writing one checkpoint and to the file, and the time
from `engine.scrub` to a state that shows the epoch, for every epoch in a random order.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from landscape_app.gui.engine import Engine
from landscape_app.problems import PROBLEMS
from landscape_app.runs.checkpoint import EVERY_SECONDS, SHARE
from landscape_app.runs.run_file import RunState, run_image
from landscape_app.session.autosave import Autosave, snapshot
from landscape_app.session.checkpoint import save_session
from landscape_app.session.session import SNAPSHOTS, Session


class Timed(Session):
    """A session that knows how long it has taken snapshots."""

    taking = 0.0

    def _keep_snapshot(self) -> None:
        start = time.perf_counter()
        super()._keep_snapshot()
        self.taking += time.perf_counter() - start


class TimedEngine(Engine):
    """An engine that knows the processor time of its thread for the last epoch that was shown."""

    spent = 0.0

    def _show_epoch(self, epoch: int | None) -> None:
        start = time.thread_time()
        super()._show_epoch(epoch)
        self.spent = time.thread_time() - start


def trained(problem: str, seconds: float, path: Path) -> Timed:
    """A session that has trained for so long, and was saved meanwhile."""
    plan = replace(PROBLEMS[problem].defaults, planned_seconds=None)
    session = Timed(plan, "cpu")
    autosave, training = Autosave(session, path), session.train()
    while session.trainer.seconds < seconds:
        next(training)
        autosave.after_epoch()
    autosave.wait()
    autosave.close()
    return session


def writing(state: RunState, times: int = 9) -> tuple[float, int]:
    """Seconds that a checkpoint takes, the median of some, and its bytes."""
    taken = []
    for _ in range(times):
        start = time.thread_time()
        image = run_image(state, compress=False)
        taken.append(time.thread_time() - start)
    return statistics.median(taken), len(image)


def latencies(path: Path) -> list[tuple[float, float]]:
    """Seconds from `engine.scrub` to the state that shows the epoch, and of the processor; the first one first."""
    engine = TimedEngine()
    engine.start()
    engine.open(path)
    found: list[tuple[float, float]] = []
    try:
        while engine.state.facts is None or engine.state.sweep is None:
            time.sleep(0.01)
        known = engine.state.snapshots
        assert known is not None
        epochs = [epoch for epoch in known.epochs if epoch < engine.state.trained]
        random.Random(0).shuffle(epochs)
        for epoch in epochs:
            start = time.perf_counter()
            engine.scrub(epoch)
            while engine.state.latest is None or engine.state.epoch != epoch:
                time.sleep(0.001)
            waited = time.perf_counter() - start
            time.sleep(0.2)
            found.append((waited, engine.spent))
    finally:
        engine.end()
    return found


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problem", choices=list(PROBLEMS), default="digits")
    parser.add_argument("--seconds", type=float, default=30.0, help="of training")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.h5"
        session = trained(arguments.problem, arguments.seconds, path)
        known, spent = session.snapshots, session.trainer.seconds
        start = time.thread_time()
        state = snapshot(session)
        making = time.thread_time() - start
        bare = {name: array for name, array in state.arrays.items() if not name.startswith(SNAPSHOTS)}
        (whole, size), (without, size_without) = writing(state), writing(replace(state, arrays=bare))
        save_session(session, path)
        compressed = path.stat().st_size
        compressed_without = len(run_image(replace(state, arrays=bare)))
        found = latencies(path)
    print(f"{arguments.problem}: {session.trainer.epoch:,} epochs in {spent:.0f} s of training")
    print(
        f"snapshots: {len(known)} of {known.most} that have room, {known.bytes / 1e6:.2f} MB in memory, "
        f"of epochs {', '.join(map(str, known.epochs))}"
    )
    print(f"taking them: {1e3 * session.taking:.1f} ms, {session.taking / spent:.3%} of the training")
    apart = max(EVERY_SECONDS, (whole + making) / SHARE)
    added = (whole - without) / apart
    print(
        f"a checkpoint: {1e3 * whole:.1f} ms, {1e3 * without:.1f} ms without them; one in {apart:.1f} s, "
        f"to which they add {added:.3%}"
    )
    print(f"in all: {session.taking / spent + added:.3%} of the training (wanted: at most 1%)")
    print(
        f"file: {size / 1e6:.2f} MB while it trains, {size_without / 1e6:.2f} MB without them; "
        f"{compressed / 1e6:.2f} MB and {compressed_without / 1e6:.2f} MB when saved"
    )
    for what, seconds in zip(("to the state", "on the processor"), zip(*found, strict=True), strict=True):
        first, *rest = (1e3 * one for one in seconds)
        later = sorted(rest)
        print(
            f"engine.scrub {what}: {first:.0f} ms the first time, then median {statistics.median(later):.0f} ms, "
            f"p95 {later[int(0.95 * (len(later) - 1))]:.0f} ms, at most {later[-1]:.0f} ms "
            "(wanted: at most 100 ms)"
        )


if __name__ == "__main__":
    main()
