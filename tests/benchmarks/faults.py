"""Ranks that die, stand still or cannot reach each other: does the training go on, and how much is lost?

    python tests/benchmarks/faults.py [--kills 50] [--only kills] [--seed 0]

- kills: `torchrun --max-restarts` trains with two ranks; one of them is killed with SIGKILL at a random moment, again
  and again. Every time a run goes on in the same file, from its last checkpoint. Wanted: all; at most 4 s lost.
- stopped: a rank stands still (SIGSTOP) for 20 s, and the training goes on; then for good, and torchrun ends with an
  error, its ranks with one line, within `TIMEOUT` and torchrun's own half a minute.
- network (Linux, as root): two network namespaces, one rank in each; nothing gets through for 20 s, then for good,
  and both ranks end.
- interrupted: SIGINT to torchrun; the file is whole, and resumes.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from landscape_app.physics.ranks import TIMEOUT
from landscape_app.runs import RunFileError, RunState, read_run
from landscape_app.session.checkpoint import resume_session

CUT = 20.0
"""Seconds for which a rank stands still, or the network is cut."""
LONGEST = 6.0
"""Seconds from a checkpoint to the latest kill."""
PATIENCE = 60.0
"""Seconds for ranks to come up, and go on."""
TRAIN = ("-m", "landscape_app", "train", "rings", "--epochs", "900000", "--device", "cpu", "-o")
SIDES = ("ranks-a", "ranks-b")
NETWORK = "10.77.0"


def torchrun(path: Path, *options: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Starts a training."""
    command = [*prefix, sys.executable, "-m", "torch.distributed.run", *options, *TRAIN, str(path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with path.with_suffix(f".{len(list(path.parent.iterdir()))}.txt").open("w") as told:
        return subprocess.Popen(command, stdout=told, stderr=told, text=True, env=environment)


def on_one_machine(path: Path, restarts: int = 0) -> subprocess.Popen[str]:
    """Two ranks."""
    return torchrun(path, "--standalone", "--nproc-per-node", "2", "--max-restarts", str(restarts))


def ranks_of(process: subprocess.Popen[str]) -> list[int]:
    """Processes of the ranks that torchrun has started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(child) for child in children]


def state_of(path: Path) -> RunState | None:
    """The run in a file; None where there is none yet."""
    try:
        return read_run(path)
    except RunFileError:
        return None


def wait_for(what: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Waits until something holds; returns whether it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


def epoch_of(path: Path) -> int:
    """Epoch of the last checkpoint; −1 where there is none."""
    state = state_of(path)
    return -1 if state is None else int(state.arrays["trainer/epoch"])


def advances(path: Path, seconds: float = PATIENCE) -> bool:
    """True once there is a checkpoint of a later epoch."""
    before = epoch_of(path)
    return wait_for(lambda: epoch_of(path) > before, seconds)


def end(process: subprocess.Popen[str]) -> None:
    """Ends a training that is not wanted any more."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


def lines_of(path: Path, text: str) -> list[str]:
    """Lines that ranks have told, with some words in them."""
    told = "\n".join(file.read_text() for file in path.parent.glob("*.txt"))
    return [line for line in told.splitlines() if text in line]


def kills(count: int, rng: np.random.Generator, path: Path) -> None:
    """Kills one rank after the other."""
    lost: list[float] = []
    process = on_one_machine(path, count)
    wait_for(path.exists)
    for number in range(count):
        time.sleep(float(rng.uniform(0, LONGEST)))
        before = state_of(path)
        assert before is not None
        victims = ranks_of(process)
        if len(victims) < 2:
            break
        os.kill(victims[int(rng.integers(2))], signal.SIGKILL)
        killed = time.time()

        def goes_on(before: RunState = before) -> bool:
            now = state_of(path)
            return now is not None and now.provenance["run"] != before.provenance["run"]

        last = path.stat().st_mtime
        if not wait_for(goes_on):
            break
        lost.append(killed - last)
        if (number + 1) % 10 == 0:
            print(f"{number + 1} kills: {len(lost)} resumed, {max(lost):.2f} s lost at most", flush=True)
    end(process)
    if not lost:
        print("the run went on after none of the kills ✗")
        return
    mark = "✓" if len(lost) == count and max(lost) <= 4 else "✗"
    print(
        f"of {count} kills: {len(lost)} times the run went on; {np.median(lost):.2f} s lost in the median, "
        f"{max(lost):.2f} s at most {mark}"
    )


def stopped(path: Path) -> None:
    """A rank stands still for a while, and for good."""
    process = on_one_machine(path)
    wait_for(lambda: epoch_of(path) > 0)
    rank = ranks_of(process)[-1]
    os.kill(rank, signal.SIGSTOP)
    time.sleep(CUT)
    os.kill(rank, signal.SIGCONT)
    goes_on = advances(path)
    print(f"a rank that stood still for {CUT:.0f} s: goes on {'✓' if goes_on else '✗'}", flush=True)
    os.kill(rank, signal.SIGSTOP)
    ended(path, "a rank that stands still", lambda: process.poll() not in (None, 0), time.monotonic())
    if not is_over(rank):
        os.kill(rank, signal.SIGKILL)
    process.kill()


def ended(path: Path, what: str, over: Callable[[], bool], start: float) -> None:
    """Prints how a training ends by itself."""
    longest = TIMEOUT + 60
    if not wait_for(over, longest):
        print(f"{what}: no end within {longest:.0f} s ✗", flush=True)
        return
    told = lines_of(path, "landscape:")
    word = f"“{told[-1]}” ✓" if told else "without a word ✗"
    print(f"{what}: ended after {time.monotonic() - start:.0f} s, {word}", flush=True)


def is_over(pid: int) -> bool:
    """True of a process that has ended, whether or not its parent has noticed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def interrupted(path: Path) -> None:
    """Ctrl-C."""
    process = on_one_machine(path)
    wait_for(lambda: epoch_of(path) > 0)
    start = time.monotonic()
    end(process)
    took = time.monotonic() - start
    session = resume_session(path, {}, "cpu", epochs=900_001)
    kept = session.trainer.epoch
    goes_on = next(session.train()).epoch == kept + 1
    tracebacks = len(lines_of(path, "landscape_app"))
    mark = "✓" if goes_on else "✗"
    print(
        f"interrupted: ended in {took:.1f} s, resumes at epoch {kept + 1} {mark}; {tracebacks} lines of tracebacks"
    )


@contextmanager
def two_networks() -> Iterator[None]:
    """Two namespaces, and a wire between them."""

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True)

    for side in SIDES:
        ip("netns", "add", side)
    try:
        ip("link", "add", "wire-a", "netns", SIDES[0], "type", "veth", "peer", "wire-b", "netns", SIDES[1])
        for number, (side, wire) in enumerate(zip(SIDES, ("wire-a", "wire-b"), strict=True), 1):
            ip("-n", side, "address", "add", f"{NETWORK}.{number}/24", "dev", wire)
            ip("-n", side, "link", "set", "lo", "up")
            ip("-n", side, "link", "set", wire, "up")
        yield
    finally:
        for side in SIDES:
            subprocess.run(["ip", "netns", "delete", side], check=False)


def cut(is_cut: bool) -> None:
    """Lets nothing through the wire, or everything again."""
    subprocess.run(["ip", "-n", SIDES[1], "link", "set", "wire-b", "down" if is_cut else "up"], check=True)


def network(path: Path) -> None:
    """A network that is cut for a while, and for good."""
    with two_networks():
        processes = []
        for number, wire in enumerate(("wire-a", "wire-b")):
            prefix = ("ip", "netns", "exec", SIDES[number], "env", f"GLOO_SOCKET_IFNAME={wire}")
            options = ["--nnodes", "2", "--node-rank", str(number), "--nproc-per-node", "1"]
            options += ["--master-addr", f"{NETWORK}.1", "--master-port", "29511"]
            processes.append(torchrun(path, *options, prefix=prefix))
        if not wait_for(lambda: epoch_of(path) > 0):
            print("the ranks of two networks do not come together ✗", *lines_of(path, ""), sep="\n")
        cut(True)
        time.sleep(CUT)
        cut(False)
        goes_on = advances(path, TIMEOUT)
        print(f"a network that was cut for {CUT:.0f} s: goes on {'✓' if goes_on else '✗'}", flush=True)
        ranks = [ranks_of(process)[0] for process in processes]
        cut(True)
        start = time.monotonic()
        for rank, side in zip(ranks, SIDES, strict=True):
            ended(path, f"a network that is cut, the rank of {side}", lambda rank=rank: is_over(rank), start)  # type: ignore[misc]
        # torchrun itself goes on to ask for the other side for some minutes.
        for process in processes:
            process.kill()


def main() -> None:
    """Prints what becomes of each fault."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("kills", "stopped", "network", "interrupted"))
    options = parser.parse_args()
    faults: dict[str, Callable[[Path], None]] = {
        "kills": lambda path: kills(options.kills, np.random.default_rng(options.seed), path),
        "interrupted": interrupted,
        "stopped": stopped,
        "network": network,
    }
    for name in (options.only,) if options.only else faults:
        with tempfile.TemporaryDirectory() as folder:
            faults[name](Path(folder, "run.h5"))


if __name__ == "__main__":
    main()
