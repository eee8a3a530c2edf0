"""What the landscape of the shipped digits model looks like, and what it costs to find out.

    python tests/benchmarks/barriers.py                       five pairs of digits, and the minima below 100 chains
    python tests/benchmarks/barriers.py --pairs 1-7 3-8 --chains 0

Barriers are between the first training images of two classes: above the local minima below them, in nats; `top`,
`walk` and `ends` are −log P from the training images' mean. Wanted: the walk over levels confirms the path (`walk`
near `top`), both lie far below the straight line, and no step takes longer than a few frames of the window. Times
are those of the processor, which other work on the machine does not lengthen.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import torch

from landscape_app.data.assets import SHIPPED_MODEL, asset_path
from landscape_app.physics.paths import profile
from landscape_app.physics.relaxation import RelaxedTarget
from landscape_app.session.checkpoint import open_session
from landscape_app.session.landscape.barrier import BarrierSearch
from landscape_app.session.landscape.minima import MinimaSearch
from landscape_app.session.session import Session

T = TypeVar("T")


def timed(records: Iterator[T]) -> tuple[T, str]:
    """The last of the records, and what it took to get there."""
    steps = []
    start = before = time.process_time()
    for record in records:
        steps.append(1e3 * (time.process_time() - before))
        last, before = record, time.process_time()
    p95, longest = np.percentile(steps, 95), max(steps)
    took = time.process_time() - start
    return (
        last,
        f"{took:.1f} s of processor in {len(steps)} steps, p95 {p95:.0f} ms, longest {longest:.0f} ms",
    )


def barrier(session: Session, first: int, second: int) -> None:
    """Prints the barrier between the first training images of two classes."""
    target, training = session.sampler.chains.target, session.training_items
    labels = session.dataset.training_labels
    ends = torch.stack([training[int(np.flatnonzero(labels == c)[0])] for c in (first, second)])
    record, took = timed(BarrierSearch(target, training, ends).run())
    origin = float(target.surprisal(training).mean())
    straight = float(profile(RelaxedTarget(target), ends.flatten(1), 48).energy.max()) - origin
    assert record.walk_top is not None
    print(
        f"{first} to {second}: barriers {record.barriers[0]:.1f} and {record.barriers[1]:.1f}, top "
        f"{record.top[1]:+.1f}, walk {record.walk_top:+.1f}, straight line {straight:+.1f}, ends "
        f"{record.energy[0]:+.1f} and {record.energy[-1]:+.1f}, "
        f"{'settled' if record.converged else 'not quite settled'}; {took}",
        flush=True,
    )


def minima(session: Session, chains: int) -> None:
    """Prints the minima below so many chains of the model."""
    session.sampler.restart("chains", chains)
    search = MinimaSearch(session.sampler.chains.target, session.training_items, session.sampler.chains.x)
    record, took = timed(search.run())
    assert record.tree is not None
    print(
        f"{chains} chains: {record.found} minima, the lowest at {record.energies.round(1).tolist()}; passes at "
        f"{[round(merge.energy, 1) for merge in record.tree.merges]}, {record.settled:.0%} settled; {took}"
    )


def main() -> None:
    """Prints every figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", nargs="*", default=["1-7", "3-8", "0-6", "4-9", "2-5"])
    parser.add_argument("--chains", type=int, default=100)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    session = open_session(asset_path(SHIPPED_MODEL), device="cpu")
    session.sampler.seed(0)
    for pair in arguments.pairs:
        first, second = (int(c) for c in pair.split("-"))
        barrier(session, first, second)
    if arguments.chains:
        minima(session, arguments.chains)


if __name__ == "__main__":
    main()
