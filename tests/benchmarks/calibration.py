"""Whether the entropy's error bars tell the truth: 100 random models small enough to be enumerated.

    python tests/benchmarks/calibration.py [--models 100] [--seed 0]

Spins and levels, pair couplings and fields of random size, from nearly free to frozen. Every model is measured
by a ladder that knows nothing of the answer; wanted: the 95% interval of S covers the exact value in 90 to 100 of
100, and its width stays below 0.5% of N log L.
"""

from __future__ import annotations

import argparse
import math
import time
from typing import NamedTuple

import numpy as np
import scipy.stats
import torch
from torch import Tensor

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.entropy import measure
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import DiscreteLangevin, SingleSite
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Discrete, Levels, Spins
from tests.physics.recorded import record_energies

COLUMNS = 1_024
STEPS = 50
MOST_STEPS = 1_600
WIDTH = 0.005


class Pairs:
    """E(x) = −½ Σ J_ij u_i u_j − Σ h_i u_i, u the values scaled to −1 … 1."""

    def __init__(self, space: Discrete, scale: float, generator: torch.Generator) -> None:
        n = space.sites
        couplings = torch.randn(n, n, generator=generator) * scale / math.sqrt(n)
        self.couplings = couplings.triu(1) + couplings.triu(1).T
        self.field = torch.randn(n, generator=generator) * scale / 2
        self.space = space

    def energy(self, x: Tensor) -> Tensor:
        """E(x), shape (batch,)."""
        u = 2 * (x.flatten(1) - self.space.lowest) / (self.space.spacing * (self.space.levels - 1)) - 1
        return -0.5 * ((u @ self.couplings) * u).sum(1) - u @ self.field


class Row(NamedTuple):
    """One model: its space, coupling, exact S, the measured interval and its width over N log L."""

    name: str
    scale: float
    exact: float
    low: float
    high: float
    width: float

    @property
    def covered(self) -> bool:
        """Whether the interval holds the exact value."""
        return self.low <= self.exact <= self.high


def one_model(seed: int) -> Row:
    """Draws a model, enumerates it and measures it."""
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    spins = bool(rng.random() < 0.5)
    if spins:
        space: Discrete = Spins((int(rng.integers(6, 15)),))
    else:
        levels = int(rng.integers(3, 7))
        space = Levels((int(rng.integers(3, int(14 / math.log2(levels)) + 1)),), levels)
    scale = float(np.exp(rng.uniform(np.log(0.1), np.log(4.0))))
    base = ProductBase(space, 0.5 * torch.randn(space.sites, space.levels, generator=generator))
    target = Target(base, Hamiltonian([WeightedTerm(1.0, Pairs(space, scale, generator))]))
    exact = ExactModel(target).at().entropy
    low, high = measured(target, generator, WIDTH * space.sites * math.log(space.levels))
    full = space.sites * math.log(space.levels)
    name = f"{space.label} {space.levels}^{space.sites}"
    return Row(name, scale, exact, low, high, (high - low) / full)


def measured(target: Target, generator: torch.Generator, widest: float) -> tuple[float, float]:
    """The 95% interval of S, from as many steps as its width needs."""
    kernel = SingleSite() if isinstance(target.base_measure.space, Spins) else DiscreteLangevin()
    ladder = Ladder(COLUMNS, target, kernel, generator, 8)
    ladder.tune(320, 40)
    ladder.adapt = False
    ladder.run(200)
    steps = STEPS
    while True:
        energies = record_energies(ladder, steps)
        entropy = measure(energies).entropy
        low, high = scipy.stats.t(COLUMNS - 1, entropy.value, entropy.error).interval(0.95)
        if high - low <= 0.8 * widest or steps >= MOST_STEPS:
            return low, high
        steps *= 2


def main() -> None:
    """Prints a line a model and the coverage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)  # the models are too small for more
    start = time.perf_counter()
    rows = [one_model(1_000 * options.seed + i) for i in range(options.models)]
    print("model              scale   exact S   95% interval        width   covered")
    for row in rows:
        print(
            f"{row.name:16}  {row.scale:6.2f}  {row.exact:8.4f}   {row.low:8.4f} {row.high:8.4f}   "
            f"{row.width:6.2%}   {'yes' if row.covered else 'NO'}"
        )
    covered = sum(row.covered for row in rows)
    print(f"covered: {covered} of {len(rows)}   (90 to 100 of 100)")
    print(f"widest interval: {max(row.width for row in rows):.2%} of N log L   (below 0.50%)")
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
