"""What an epoch costs of images of many sizes as they are proposed to be trained, and how much memory it takes.

Wanted: an epoch of 64 × 64 coloured images costs not much more than one of 28 × 28 grey ones.

    python tests/benchmarks/image_costs.py
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys

import numpy as np

from landscape_app.data.dataset import Dataset, Kind
from landscape_app.problems.proposal import proposal_for
from landscape_app.session.api import seconds_per_epoch

CASES = ((8, 8, 1, 17, 1_800), (28, 28, 1, 17, 2_000), (32, 32, 3, 9, 2_000), (64, 64, 3, 9, 1_000))
"""Height, width, colours, levels and number of images."""


def measure(height: int, width: int, colours: int, levels: int, count: int) -> None:
    """Prints the proposal for random images, the time of an epoch, and the most memory so far."""
    shape = (count, height, width, colours) if colours == 3 else (count, height, width)
    items = np.random.default_rng(0).integers(0, levels, shape).astype(np.uint8)
    held_out = count // 5
    split = np.arange(count - held_out), np.arange(count - held_out, count)
    data = Dataset("own", Kind.LEVELS, items, *split, levels=levels)
    proposal = proposal_for(data)
    seconds = seconds_per_epoch(proposal.configuration, data, "cpu")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{height} × {width} × {colours}, {levels:2} levels: {1000 * seconds:5.0f} ms an epoch, {memory:4.0f} MB; "
        f"{proposal.observables}; {proposal.chains} chains, batch {proposal.batch or 'all'}"
    )


def main() -> None:
    """Measures every case in a process of its own, as memory is counted by process; or one case in this."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = ("HEIGHT", "WIDTH", "COLOURS", "LEVELS", "IMAGES")
    parser.add_argument("--case", type=int, nargs=len(names), metavar=names, help="one case alone")
    options = parser.parse_args()
    if options.case:
        measure(*options.case)
        return
    for case in CASES:
        subprocess.run([sys.executable, __file__, "--case", *map(str, case)], check=True)


if __name__ == "__main__":
    main()
