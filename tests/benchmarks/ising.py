"""Spin updates a second on a periodic Ising lattice at its critical point, beside thrml and a compiled loop.

    python tests/benchmarks/ising.py [--threads 2] [--rounds 10]          about a minute

Needs `pip install -e '.[benchmarks]'`. All draw every spin of 64 lattices of 64 × 64 anew given its neighbours, one
colour of the checkerboard and then the other; they take turns on the same processor cores, and compilation is not
counted. JAX and the loop share these cores, and so do our kernels; operations on whole tensors of bytes, which other
devices than the processor use, are too short to share and take one core. An update is a spin drawn
anew, whether or not it changes.

- “plain loop”: what one would write in C, compiled by numba: bytes ±1 in place, a table of five probabilities, 32
  random bits a spin from SplitMix64 of its own for every lattice; lattices in turn, or shared by threads (prange).
- “Chains”: our kernels as the application runs them: spins are numbers, and each sweep reports their energy.

Wanted: the heat bath in `Chains` at least 3 × thrml and at least half of the plain loop.

Mean energies tell whether all sample the same thing: they stand beside Onsager's for the infinite lattice (1944) and
Kaufman's for this one (1949).
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import time
from collections.abc import Callable
from typing import NamedTuple

import numba
import numpy as np
import torch

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import ChromaticMetropolis, HeatBath, Kernel
from landscape_app.physics.kernels.chromatic import ByteUpdates
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins
from landscape_app.physics.square_lattice import lattice_energy, onsager_energy

SIDE = 64
LATTICES = 64
BETA = 0.42
WARM_UP = 1000
SWEEPS = 200

PLAIN, THRML = "plain loop, numba", "thrml, block Gibbs"

# Its OpenMP would be torch's too, and change the threads of that.
numba.config.THREADING_LAYER = "workqueue"  # type: ignore[attr-defined]

Sweeps = Callable[[int], torch.Tensor]
"""Makes so many sweeps and returns the lattices, ±1, shape (LATTICES, SIDE, SIDE)."""


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        name: of the sampler.
        rates: updates a second of each round.
        energies: energy per spin in units of J, shape (rounds, LATTICES).
    """

    name: str
    rates: list[float]
    energies: list[torch.Tensor]


def ising_target() -> Target:
    """The lattice at β."""
    space = Spins((SIDE, SIDE))
    return Target(
        ProductBase.uniform(space), Hamiltonian([WeightedTerm(1.0, Ising(space.shape, coupling=BETA))])
    )


def through_chains(kernel: Kernel) -> Sweeps:
    """Our kernel as the application runs it: spins are numbers, and each sweep reports their energy."""
    target, generator = ising_target(), torch.Generator().manual_seed(1)
    chains = Chains(target.base_measure.sample(LATTICES, generator), target, kernel, generator, adapt=False)

    def sweeps(n: int) -> torch.Tensor:
        chains.run(n)
        return chains.x

    return sweeps


def in_bytes() -> Sweeps:
    """The heat bath of other devices, spins left in bytes from sweep to sweep."""
    target, generator = ising_target(), torch.Generator().manual_seed(2)
    updates = ByteUpdates(
        target, Ising((SIDE, SIDE), coupling=BETA), HeatBath().flip_probability, forgets=True
    )
    up = updates.board.up(target.base_measure.sample(LATTICES, generator))

    def sweeps(n: int) -> torch.Tensor:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        for _ in range(n):
            up[:] = updates.sweep(up, generator)
        torch.set_num_threads(threads)
        return updates.board.spins(up)

    return sweeps


@numba.njit
def plain_sweeps(spins, state, threshold, n):
    """A loop over lattices and sites, as in C."""
    side = spins.shape[1]
    for lattice in range(len(spins)):
        s, random = spins[lattice], state[lattice]
        for _ in range(n):
            for colour in range(2):
                for i in range(side):
                    above, below = s[i - 1 if i > 0 else side - 1], s[i + 1 if i < side - 1 else 0]
                    for j in range((i + colour) & 1, side, 2):
                        left, right = s[i, j - 1 if j > 0 else side - 1], s[i, j + 1 if j < side - 1 else 0]
                        field = above[j] + below[j] + left + right
                        random += np.uint64(0x9E3779B97F4A7C15)
                        z = (random ^ (random >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                        z = (z ^ (z >> np.uint64(31))) >> np.uint64(32)
                        s[i, j] = np.int8(2) * np.int8(z < threshold[(field + 4) >> 1]) - np.int8(1)
        state[lattice] = random


@numba.njit(parallel=True)
def shared_sweeps(spins, state, threshold, n):
    """The same loop, lattices shared by threads."""
    for lattice in numba.prange(len(spins)):
        plain_sweeps(spins[lattice : lattice + 1], state[lattice : lattice + 1], threshold, n)


def plain_loop(threads: int) -> Sweeps:
    """The loop that one would write in C."""
    random = np.random.default_rng(4)
    spins = random.choice(np.array([-1, 1], np.int8), (LATTICES, SIDE, SIDE))
    state = random.integers(0, 2**64, LATTICES, dtype=np.uint64)
    threshold = np.uint64(2**32) / (1 + np.exp(-2 * BETA * np.arange(-4, 5, 2)))
    if threads > 1:
        numba.set_num_threads(threads)
    run, table = plain_sweeps if threads == 1 else shared_sweeps, threshold.astype(np.uint64)
    run(spins, state, table, 1)

    def sweeps(n: int) -> torch.Tensor:
        run(spins, state, table, n)
        return torch.from_numpy(spins).float()

    return sweeps


def block_gibbs() -> Sweeps | None:
    """thrml's sampler of the same lattices, compiled; None where it is not installed."""
    try:
        import jax
        from thrml import Block, SamplingSchedule, SpinNode, sample_states
        from thrml.models import IsingEBM, IsingSamplingProgram, hinton_init
    except ImportError:
        return None
    nodes = np.array([[SpinNode() for _ in range(SIDE)] for _ in range(SIDE)])
    edges = [
        edge for axis in (0, 1) for edge in zip(nodes.ravel(), np.roll(nodes, -1, axis).ravel(), strict=True)
    ]
    colour = np.add.outer(np.arange(SIDE), np.arange(SIDE)) % 2
    blocks = [Block(list(nodes[colour == c])) for c in (0, 1)]
    numbers = jax.numpy
    model = IsingEBM(
        list(nodes.ravel()),
        edges,
        numbers.zeros(SIDE * SIDE),
        numbers.ones(len(edges)),
        numbers.array(BETA),
    )
    program = IsingSamplingProgram(model, blocks, clamped_blocks=[])

    def compiled(schedule: SamplingSchedule) -> Callable[..., list[jax.Array]]:
        def one(key: jax.Array, state: list[jax.Array]) -> list[jax.Array]:
            return sample_states(key, program, schedule, state, [], blocks)

        return jax.jit(jax.vmap(one))

    chains = {n: compiled(SamplingSchedule(n, n_samples=1, steps_per_sample=1)) for n in (WARM_UP, SWEEPS)}
    key = jax.random.key(3)
    state = hinton_init(key, model, blocks, (LATTICES,))
    for run in chains.values():
        jax.block_until_ready(run(jax.random.split(key, LATTICES), state))
    keys = itertools.count()

    def sweeps(n: int) -> torch.Tensor:
        nonlocal state
        each = jax.random.split(jax.random.fold_in(key, next(keys)), LATTICES)
        state = [s[:, 0] for s in jax.block_until_ready(chains[n](each, state))]
        x = np.empty((LATTICES, SIDE, SIDE), dtype=np.float32)
        for c in (0, 1):
            x[:, colour == c] = 2 * np.asarray(state[c]) - 1
        return torch.as_tensor(x)

    return sweeps


def measure(samplers: dict[str, Sweeps], rounds: int) -> list[Row]:
    """Warms all up, then lets them take turns."""
    energy = Ising((SIDE, SIDE)).energy
    rows = [Row(name, [], []) for name in samplers]
    for sweeps in samplers.values():
        sweeps(WARM_UP)
    for _ in range(rounds):
        for row, sweeps in zip(rows, samplers.values(), strict=True):
            start = time.perf_counter()
            x = sweeps(SWEEPS)
            row.rates.append(SWEEPS * x.numel() / (time.perf_counter() - start))
            row.energies.append(energy(x) / SIDE**2)
    return rows


def ratio(rates: np.ndarray, reference: np.ndarray | None) -> str:
    """Median over the rounds of the ratio of two that took turns, and the range of its middle half."""
    if reference is None:
        return "–"
    low, middle, high = np.quantile(rates / reference, (0.25, 0.5, 0.75))
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2, help="processor cores to run on")
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    # JAX takes the cores that it finds when it is imported.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.threads])
    torch.set_num_threads(arguments.threads)
    theirs = block_gibbs()
    samplers = {
        "heat bath, Chains": through_chains(HeatBath()),
        "chromatic Metropolis, Chains": through_chains(ChromaticMetropolis()),
        "heat bath, in bytes": in_bytes(),
        PLAIN: plain_loop(arguments.threads),
    }
    if theirs is None:
        print("thrml is missing: pip install 'thrml>=0.1.4', or pip install -e '.[benchmarks]'")
    else:
        samplers[THRML] = theirs
    rows = measure(samplers, arguments.rounds)
    print(
        f"{LATTICES} lattices of {SIDE} × {SIDE}, β = {BETA}, {arguments.threads} cores, {arguments.rounds} rounds"
    )
    print(
        f"{'':30} {'updates/s':>10} {'slowest':>9} {'fastest':>9} {'/ plain loop':>18} {'/ thrml':>18} "
        f"{'energy per spin':>20}"
    )
    rates = {row.name: np.array(row.rates) for row in rows}
    for row in rows:
        of_lattice = torch.stack(row.energies).mean(0)
        error = float(of_lattice.std()) / math.sqrt(LATTICES)
        ratios = " ".join(f"{ratio(rates[row.name], rates.get(name)):>18}" for name in (PLAIN, THRML))
        print(
            f"{row.name:30} {np.median(row.rates):>10.2e} {min(row.rates):>9.2e} {max(row.rates):>9.2e} {ratios} "
            f"{float(of_lattice.mean()):>11.5f} ± {error:.5f}"
        )
    temperature = np.array(1 / BETA)
    print(f"{'Onsager, infinite lattice':98} {float(onsager_energy(temperature)):>13.5f}")
    print(f"{'Kaufman, this lattice':98} {float(lattice_energy(temperature, SIDE)):>13.5f}")


if __name__ == "__main__":
    main()
