"""Memory and speed of a plan beside those of the run: what `landscape train --plan` says, and what is measured.

Wanted: measured over predicted memory at most 1, as the prediction is an upper bound, and at least 0.5; speed of
one rank within a tenth; a message between two processes of this machine within a factor 2 of the model's.

    python tests/benchmarks/plan.py [--parts memory link] [--only digits]      about three minutes

Memory is what the process has resident at its peak beyond what it has before the session is made, with torch, the
compiled loops and HDF5 loaded and used: a training of some epochs that is saved as it goes, the fresh chains of a
long training, and the file at the end. Messages are `torch.distributed`'s all-reduce by gloo between two processes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from landscape_app.counting import byte_size
from landscape_app.data.dataset import Dataset, Kind
from landscape_app.problems import PROBLEMS, load_problem
from landscape_app.problems.cost import LINKS, Collective, Traffic
from landscape_app.problems.problem import Configuration

PARTS = ("memory", "link")
CASES = ("digits", "28x28", "ising", "chains", "data")
SIZES = (4_000, 80_000, 1_000_000, 8_000_000)
"""Bytes of the buffers that are summed."""


def case(name: str) -> tuple[Configuration, Dataset]:
    """Configuration and data of a case."""
    from landscape_app.problems.proposal import proposal_for

    if name == "chains":
        return replace(PROBLEMS["digits"].defaults, chains=8_192, balance=0), load_problem("digits")
    if name in PROBLEMS:
        return PROBLEMS[name].defaults, load_problem(name)
    count = 20_000 if name == "data" else 2_000
    items = np.random.default_rng(0).integers(0, 17, (count, 28, 28)).astype(np.uint8)
    split = np.arange(count - count // 5), np.arange(count - count // 5, count)
    data = Dataset("own", Kind.LEVELS, items, *split, levels=17)
    proposal = proposal_for(data)
    return proposal.configuration, data


def peak() -> int:
    """Most bytes that this process has had resident."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def measure(name: str, epochs: int) -> dict[str, Any]:
    """Memory and seconds of an epoch, predicted and measured, of one case in this process."""
    from landscape_app.session.api import seconds_per_epoch
    from landscape_app.session.autosave import Autosave
    from landscape_app.session.plan import memory_of
    from landscape_app.session.session import Session

    plan, data = case(name)
    small = replace(plan, chains=8, planned_epochs=2, planned_seconds=None)
    train(Session(small, "cpu", dataset=tiny(data)), 2, Autosave)
    before = peak()
    session = Session(replace(plan, planned_seconds=None), "cpu", dataset=data)
    seconds = train(session, epochs, Autosave)
    return {
        "predicted": memory_of(plan, data)._asdict(),
        "measured": peak() - before,
        "seconds": [seconds_per_epoch(plan, data, "cpu"), seconds],
    }


def tiny(data: Dataset) -> Dataset:
    """A few of the items."""
    labels = None if data.labels is None else data.labels[:40]
    split = np.arange(30), np.arange(30, 40)
    return replace(
        data,
        items=data.items[:40],
        training=split[0],
        held_out=split[1],
        labels=labels,
        weights=None,
        shipped=False,
    )


def train(session: Any, epochs: int, saving: Any) -> float:
    """Trains, saves as it goes, draws of fresh chains as a long training has them; seconds of an epoch at its end."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        autosave = saving(session, Path(folder) / "run.h5")
        training = session.train()
        for _ in range(epochs):
            start = time.perf_counter()
            next(training)
            times.append(time.perf_counter() - start)
            autosave.after_epoch()
        fresh = session.fresh_chains(10**12 if epochs > 2 else None)
        fresh._tuning, fresh._spacing = 3, 1
        fresh.set_down(session.trainer, fresh.draw(session.model.target))
        for _ in session.collect_samples():
            pass
        autosave.finish()
        autosave.close()
    return float(np.median(times[len(times) // 2 :]))


def link_seconds(rank: int, port: int) -> None:
    """Seconds of sums of two processes, of `SIZES`; the first prints them."""
    import torch
    import torch.distributed as distributed

    from landscape_app.physics.ranks import Processes

    torch.set_num_threads(1)
    distributed.init_process_group("gloo", f"tcp://127.0.0.1:{port}", world_size=2, rank=rank)
    found, channel = [], Processes(None)
    for size in SIZES:
        buffer, times = torch.ones(size // 4), []
        for _ in range(40):
            distributed.barrier()
            start = time.perf_counter()
            channel.sum(buffer)
            times.append(time.perf_counter() - start)
        found.append(float(np.median(times)))
    distributed.destroy_process_group()
    if rank == 0:
        print(json.dumps(found))


def report_link() -> None:
    """Prints the sums of two processes beside the model's."""
    command = [sys.executable, __file__, "--port", "29611", "--rank"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    other = subprocess.Popen([*command, "1"], env=environment)
    done = subprocess.run([*command, "0"], env=environment, check=True, capture_output=True, text=True)
    other.wait()
    print(f"\nsums of 2 ranks, {LINKS['loopback'].name}: {LINKS['loopback'].parameters}")
    for size, seconds in zip(SIZES, json.loads(done.stdout.splitlines()[-1]), strict=True):
        model = Traffic("sum", Collective.SUM, size).seconds(2, LINKS["loopback"])
        print(
            f"{byte_size(size):>10}: {1e3 * seconds:7.3f} ms, by the model {1e3 * model:7.3f} ms, "
            f"ratio {seconds / model:.2f}"
        )


def report_memory(names: list[str], epochs: int) -> None:
    """Prints predicted and measured figures of every case, each in a process of its own."""
    for name in names:
        command = [sys.executable, __file__, "--case", name, "--epochs", str(epochs)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        total = sum(found["predicted"].values())
        parts = ", ".join(f"{part} {byte_size(size)}" for part, size in found["predicted"].items())
        trial, later = found["seconds"]
        print(
            f"{name}: predicted {byte_size(total)}, measured {byte_size(found['measured'])}, "
            f"ratio {found['measured'] / total:.2f} ({parts}); an epoch predicted {1e3 * trial:.1f} ms, "
            f"measured {1e3 * later:.1f} ms",
            flush=True,
        )


def main() -> None:
    """Prints all figures; or those of one case, or of one process of two, in this process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--only", choices=CASES, nargs="+", default=CASES)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--rank", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rank is not None:
        link_seconds(options.rank, options.port)
    elif options.case:
        print(json.dumps(measure(options.case, options.epochs)))
    else:
        if "memory" in options.parts:
            report_memory(options.only, options.epochs)
        if "link" in options.parts:
            report_link()


if __name__ == "__main__":
    main()
