"""How often the host waits for the model's device, before and after that was minded, and what a GPU gains.

    python tests/benchmarks/device.py [--before REVISION] [--epochs 60]      about two minutes

A stand-in device (`tests/stand_in_device.py`) counts, epoch by epoch and sweep by sweep, the transfers from the
device to the host, each of which waits for all work given to the device so far, and those to it. The earlier version
is checked out beside this one for the comparison, and epochs of both are timed on the CPU in turns. What has run
under the rules of the device is what `tests/session/test_stand_in_device.py` runs, once more here. Where there is a
GPU, epochs and chain steps a second on it stand beside those on the CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
BEFORE = "eaef806"

COUNTED = 40
"""Epochs and sweeps whose transfers are counted."""


def counts() -> dict[str, list[float]]:
    """Mean and most read-backs, and mean uploads, of each kind of step, by its name."""
    from landscape_app.learning.schedule import Schedule
    from landscape_app.problems.problem import Configuration
    from landscape_app.session.session import Session
    from tests.stand_in_device import StandInDevice

    found: dict[str, list[float]] = {}
    small = Configuration(chains=64, training_size=100)
    runs = {
        "epoch, weighted chains": small,
        "epoch, ladder": replace(small, chains=16, replicas=6, schedule=Schedule(weighted=False)),
        "epoch, preconditioned, 4 moves": replace(
            small, schedule=Schedule(multiplier_update="preconditioned", moves=4)
        ),
    }

    def count(name: str, step: Callable[[], object]) -> None:
        reads, uploads = [], []
        for _ in range(COUNTED):
            device.reset()
            step()
            reads.append(device.read_backs)
            uploads.append(device.uploads)
        found[name] = [statistics.mean(reads), statistics.median(reads), max(reads), statistics.mean(uploads)]

    for name, configuration in runs.items():
        with StandInDevice(counting=True) as device:
            session = Session(configuration, "cpu", 16)
            for _ in range(10):
                session.trainer.run_epoch()
            count(name, session.trainer.run_epoch)
            if "ladder" in name:
                training = session.train()
                count("epoch, ladder, with the entropy estimator", partial(next, training))
                count("sweep of a ladder", partial(session.ladder.run, 1))
            elif "weighted" in name:
                training = session.train()
                count("epoch, weighted chains, with the entropy estimator", partial(next, training))
                sampling = session.sample()
                count("sweep of the chains on view", partial(next, sampling))
                # Not under that name in the version before.
                if hasattr(session, "convergence_test"):
                    test = session.convergence_test(columns=2).run(400)
                    count("step of the convergence test", partial(next, test))
    return found


def times(epochs: int, device: str = "cpu") -> list[float]:
    """Seconds of each epoch at the defaults of the digits."""
    from landscape_app.problems.problem import Configuration
    from landscape_app.session.session import Session

    session = Session(Configuration(chains=512), device, 4)
    for _ in range(5):
        session.trainer.run_epoch()
    seconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        session.trainer.run_epoch()
        seconds.append(time.perf_counter() - start)
    return seconds


def elsewhere(tree: Path, what: str, *rest: str) -> object:
    """What this file prints of the version in a folder."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tree), str(ROOT / "tests")])}
    done = subprocess.run(
        [sys.executable, __file__, "--only", what, *rest],
        cwd=tree,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def report_counts(before: Path) -> None:
    """Prints the transfers of both versions."""
    old, new = elsewhere(before, "counts"), elsewhere(ROOT, "counts")
    assert isinstance(old, dict)
    assert isinstance(new, dict)
    print("read-backs of a step: mean, median, most; uploads: mean\n")
    print(f"{'':50}{'before':>30}{'after':>30}")
    for name, now in new.items():
        columns = ["".join(f"{value:7.2f}" for value in figures) for figures in (old.get(name, ()), now)]
        print(f"{name:50}{columns[0]:>30}{columns[1]:>30}")


def report_times(before: Path, epochs: int) -> None:
    """Prints how long epochs take on the CPU, both versions in turns."""
    rounds = [
        [elsewhere(tree, "times", "--epochs", str(epochs // 3)) for tree in (before, ROOT)] for _ in range(3)
    ]
    medians = [[statistics.median(one) for one in pair] for pair in rounds]
    old, new = (statistics.median(pair[side] for pair in medians) for side in (0, 1))
    print(f"\nan epoch on the CPU: before {1000 * old:.1f} ms, after {1000 * new:.1f} ms", end="; ")
    ratios = sorted(pair[1] / pair[0] for pair in medians)
    print("after over before " + ", ".join(f"{ratio:.3f}" for ratio in ratios))


def report_launches() -> None:
    """Prints the operations that a sweep and an epoch launch, and those of them within evaluations of H."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    from landscape_app.data.assets import SHIPPED_MODEL, asset_path
    from landscape_app.physics.hamiltonian import Hamiltonian
    from landscape_app.session.checkpoint import open_session
    from tests.stand_in_device import DEVICE, StandInDevice

    class Counter(TorchDispatchMode):
        launched = inside = 0
        within = False

        def __torch_dispatch__(self, operation, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            # Views and new names of the same memory launch nothing.
            if not operation.is_view and "empty" not in str(operation) and "detach" not in str(operation):
                self.launched += 1
                self.inside += self.within
            return operation(*args, **(kwargs or {}))

    print("\noperations that are launched, and those of them within evaluations of H and its gradient")
    with StandInDevice(counting=True):
        session = open_session(asset_path(SHIPPED_MODEL))
        chains = session.sampler.chains
        assert chains.x.device == DEVICE
        evaluate = Hamiltonian.energy_and_gradient
        counter = Counter()

        def counted(self: Hamiltonian, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            counter.within = True
            try:
                return evaluate(self, x)
            finally:
                counter.within = False

        with mock.patch.object(Hamiltonian, "energy_and_gradient", counted):
            chains.advance(1)
            session.trainer.run_epoch()
            steps = {
                "sweep of the chains on view": partial(chains.advance, 1),
                "epoch": session.trainer.run_epoch,
            }
            for name, step in steps.items():
                counter.launched = counter.inside = 0
                with counter:
                    step()
                print(f"{name}: {counter.launched}, {counter.inside} within")


def report_rules() -> None:
    """Runs everything under the stand-in device and prints what it was."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-q", "-rA", "tests/session/test_stand_in_device.py"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    ran = [line for line in done.stdout.splitlines() if line.startswith(("PASSED", "FAILED", "ERROR"))]
    print(
        "\nunder the rules of the device:\n" + "\n".join(line.replace("tests/session/", "") for line in ran)
    )


def report_gpu() -> None:
    """Prints epochs and chain steps a second on each GPU beside those on the CPU."""
    import torch

    from landscape_app.session.device import available_devices

    gpus = available_devices()[1:]
    if not gpus:
        print("\nno GPU here")
        return
    from landscape_app.problems.problem import Configuration
    from landscape_app.session.session import Session

    for name, label in (*gpus, ("cpu", f"CPU, {torch.get_num_threads()} threads")):
        epoch = statistics.median(times(60, name))
        session = Session(Configuration(), name, sampler_chains=4096)
        session.sampler.chains.run(20)
        start = time.perf_counter()
        session.sampler.chains.run(100)
        steps = 100 * len(session.sampler) / (time.perf_counter() - start)
        print(f"{label:40}{1 / epoch:10.1f} epochs/s {steps:14,.0f} chain steps/s")
        if name != "cpu":
            report_size(name)


def report_size(name: str) -> None:
    """Prints the chains that a GPU is found to move, its epochs with them, and its memory, predicted and measured."""
    import torch

    from landscape_app.problems.problem import Configuration
    from landscape_app.session.ensemble_size import sized
    from landscape_app.session.session import Session

    plan, found = sized(Configuration(), None, name)
    assert found is not None
    print(f"    {found.sentence}")
    device = torch.device(name)
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    session = Session(plan, name, 4)
    seconds = []
    for _ in range(60):
        start = time.perf_counter()
        session.trainer.run_epoch()
        seconds.append(time.perf_counter() - start)
    print(f"    {1 / statistics.median(seconds):.1f} epochs/s with {plan.chains:,} chains")
    if device.type == "cuda":
        print(
            f"    memory: predicted {found.memory / 1e6:.0f} MB with the end of the training, "
            f"{torch.cuda.max_memory_allocated(device) / 1e6:.0f} MB at the peak of these epochs"
        )


def main() -> None:
    """Prints all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", default=BEFORE, help="revision to compare with")
    parser.add_argument("--epochs", type=int, default=60, help="timed, of each version")
    parser.add_argument("--only", choices=("counts", "times"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(counts() if options.only == "counts" else times(options.epochs)))
        return
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "before"
        archive = subprocess.run(
            ["git", "archive", options.before], cwd=ROOT, check=True, capture_output=True
        ).stdout
        before.mkdir()
        subprocess.run(["tar", "-x", "-C", str(before)], input=archive, check=True)
        report_counts(before)
        report_times(before, options.epochs)
    report_launches()
    report_rules()
    report_gpu()


if __name__ == "__main__":
    main()
