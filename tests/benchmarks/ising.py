"""Spin updates a second on a periodic Ising lattice close to its critical point, beside thrml's block Gibbs.

    python tests/benchmarks/ising.py [--threads 2] [--rounds 10]          about a minute

Needs `pip install -e '.[benchmarks]'`. Both draw every spin of 64 lattices of 64 × 64 anew given its neighbours,
one colour of the checkerboard and then the other; the two take turns, on the same processor cores, and
compilation is not counted. JAX uses all of these cores, ours only one: its operations on bytes are too short to
share, and two threads wait for each other wherever the machine has something else to do. An update is a spin
drawn anew, whether or not it changes. Probabilities hold to 2⁻³² here, to 2⁻²³ of JAX's float32 there.

Mean energies tell whether both sample the same thing: they stand beside Onsager's for the infinite lattice
(1944) and Kaufman's for this one (1949).
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import ChromaticMetropolis, HeatBath, Kernel
from landscape_app.physics.kernels.chromatic import SpinUpdates
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins
from landscape_app.physics.square_lattice import lattice_energy, onsager_energy

SIDE = 64
LATTICES = 64
BETA = 0.42
WARM_UP = 1000
SWEEPS = 200

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


def directly() -> Sweeps:
    """The same heat bath, spins left in bytes from sweep to sweep."""
    target, generator = ising_target(), torch.Generator().manual_seed(2)
    updates = SpinUpdates(
        target, Ising((SIDE, SIDE), coupling=BETA), HeatBath().flip_probability, forgets=True
    )
    up = updates.board.up(target.base_measure.sample(LATTICES, generator))

    def sweeps(n: int) -> torch.Tensor:
        for _ in range(n):
            up[:] = updates.sweep(up, generator)
        return updates.board.spins(up)

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
    torch.set_num_threads(1)
    theirs = block_gibbs()
    samplers = {
        "heat bath, in bytes": directly(),
        "heat bath, Chains": through_chains(HeatBath()),
        "chromatic Metropolis, Chains": through_chains(ChromaticMetropolis()),
    }
    if theirs is None:
        print("thrml is missing: pip install 'thrml>=0.1.4', or pip install -e '.[benchmarks]'")
    else:
        samplers["thrml, block Gibbs"] = theirs
    rows = measure(samplers, arguments.rounds)
    reference = float(np.median(rows[-1].rates)) if theirs is not None else math.nan
    print(f"{LATTICES} lattices of {SIDE} × {SIDE}, β = {BETA}, {arguments.threads} cores")
    print(f"{'':30} {'updates/s':>10} {'slowest':>9} {'fastest':>9} {'ratio':>6} {'energy per spin':>20}")
    for row in rows:
        rate = float(np.median(row.rates))
        of_lattice = torch.stack(row.energies).mean(0)
        error = float(of_lattice.std()) / math.sqrt(LATTICES)
        print(
            f"{row.name:30} {rate:>10.2e} {min(row.rates):>9.2e} {max(row.rates):>9.2e} "
            f"{rate / reference:>6.2f} {float(of_lattice.mean()):>11.5f} ± {error:.5f}"
        )
    temperature = np.array(1 / BETA)
    print(f"{'Onsager, infinite lattice':66} {float(onsager_energy(temperature)):>13.5f}")
    print(f"{'Kaufman, this lattice':66} {float(lattice_energy(temperature, SIDE)):>13.5f}")


if __name__ == "__main__":
    main()
