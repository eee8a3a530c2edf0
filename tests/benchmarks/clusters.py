"""Autocorrelation time of |m| at T_c by cluster moves and by the checkerboard's heat bath, in three units of work.

    python tests/benchmarks/clusters.py [--side 64] [--seconds 150]          about 6 minutes
    python tests/benchmarks/clusters.py --side 16 --seconds 5                to try it out

Periodic lattices of L × L at Onsager's T_c, each a chain of its own, all begun by Swendsen–Wang moves. τ is the
integrated autocorrelation time 1 + 2 Σ_t ρ(t) of |m|, the sum cut at five times itself (Sokal 1989), ρ about the mean
of all chains; its error is the jackknife's over groups of chains. It is told in

- steps of the kernel: a sweep of the heat bath, one cluster of Wolff, all clusters of Swendsen–Wang;
- sweeps: spins that were touched, over all. The heat bath and Swendsen–Wang touch every spin in every step, Wolff
  those of its cluster;
- seconds of one chain among all, on one core: what an independent sample takes of the processor.

Wanted: Wolff's τ at most 1/20 of the heat bath's, in sweeps.

Known: τ grows as L^2.17 by single flips, and for Wolff hardly at all (L^0.25, Wolff 1989). Mean energy and ⟨|m|⟩ of
the three agree within their errors, and the energy with Kaufman's (1949).
"""

from __future__ import annotations

import argparse
import math
import time
from typing import NamedTuple

import numpy as np
import torch

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import Kernel, SwendsenWang, Wolff
from landscape_app.physics.kernels.heat_bath import HeatBath
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Spins
from landscape_app.physics.square_lattice import CRITICAL_TEMPERATURE, lattice_energy

CHAINS = 64
WARM_UP = 200
GROUPS = 16
WINDOW = 5


class Run(NamedTuple):
    """Record of chains under one kernel.

    Attributes:
        magnetisations: |m| a spin, after every so many steps, shape (times, CHAINS).
        energies: a spin, in units of J, same shape.
        interval: steps between two times.
        touched: spins a step and chain, over all.
        seconds: of a step and chain.
    """

    magnetisations: np.ndarray
    energies: np.ndarray
    interval: int
    touched: float
    seconds: float


def run(kernel: Kernel, side: int, seconds: float, interval: int) -> Run:
    """Chains for so long."""
    space, coupling = Spins((side, side)), 1 / CRITICAL_TEMPERATURE
    target = Target(
        ProductBase.uniform(space), Hamiltonian([WeightedTerm(1.0, Ising(space.shape, coupling))])
    )
    generator = torch.Generator().manual_seed(1)
    start = Chains(target.base_measure.sample(CHAINS, generator), target, SwendsenWang(), generator)
    start.run(WARM_UP)
    chains = Chains(start.x, target, kernel, generator, adapt=False)
    magnetisations, energies, touched, steps, spent = [], [], 0.0, 0, 0.0
    while spent < seconds:
        before = chains.x
        began = time.process_time()
        chains.advance(interval)
        spent += time.process_time() - began
        steps += interval
        if isinstance(kernel, Wolff):
            touched += float((chains.x != before).float().mean())
        magnetisations.append(chains.x.flatten(1).mean(1).abs().numpy())
        energies.append((chains.energy / (coupling * space.sites)).numpy())
    share = touched / steps if isinstance(kernel, Wolff) else 1.0
    return Run(np.stack(magnetisations), np.stack(energies), interval, share, spent / (steps * CHAINS))


def correlation_time(x: np.ndarray, mean: float) -> float:
    """τ = 1 + 2 Σ ρ in intervals, of x with shape (times, chains), the window at five times itself."""
    n = len(x)
    spectrum = np.abs(np.fft.rfft(x - mean, 2 * n, axis=0)) ** 2
    covariance = np.fft.irfft(spectrum, axis=0)[:n].mean(1) / (n - np.arange(n))
    times = 2 * np.cumsum(covariance / covariance[0]) - 1
    cut = np.flatnonzero(np.arange(n) >= WINDOW * times)
    return float(times[cut[0]]) if len(cut) else math.nan


def estimate(x: np.ndarray) -> tuple[float, float]:
    """τ in intervals and its error, over groups of chains."""
    mean = float(x.mean())
    groups = np.array_split(np.arange(x.shape[1]), GROUPS)
    without = np.array([correlation_time(np.delete(x, group, 1), mean) for group in groups])
    return correlation_time(x, mean), float(np.sqrt((GROUPS - 1) * without.var()))


def mean_and_error(x: np.ndarray) -> str:
    """Mean over times and chains, with the error from the chains."""
    each = x.mean(0)
    return f"{each.mean():.5f} ± {each.std(ddof=1) / math.sqrt(len(each)):.5f}"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--side", type=int, default=64, help="L, even")
    parser.add_argument("--seconds", type=float, default=150.0, help="of the heat bath; the others half")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    side, seconds = arguments.side, arguments.seconds
    # An interval is short against τ.
    kernels = {
        "heat bath": (HeatBath(), seconds, max(1, side**2 // 400)),
        "Wolff": (Wolff(), seconds / 2, 1),
        "Swendsen–Wang": (SwendsenWang(), seconds / 2, 1),
    }
    print(f"{CHAINS} periodic lattices of {side} × {side} at T_c = {CRITICAL_TEMPERATURE:.4f}")
    print(
        f"{'':14} {'steps':>8} {'touched':>8} {'τ, steps':>16} {'τ, sweeps':>16} {'τ, ms of a core':>18} "
        f"{'steps / τ':>9} {'⟨|m|⟩':>19} {'energy per spin':>20}"
    )
    found: dict[str, tuple[float, float]] = {}
    for name, (kernel, limit, interval) in kernels.items():
        record = run(kernel, side, limit, interval)
        tau, error = (part * interval for part in estimate(record.magnetisations))
        units = [1.0, record.touched, 1e3 * record.seconds]
        figures = [f"{tau * unit:.3g} ± {error * unit:.1g}" for unit in units]
        steps = len(record.magnetisations) * interval
        found[name] = tau * units[1], tau * units[2]
        print(
            f"{name:14} {steps:>8,} {record.touched:>8.3f} {figures[0]:>16} {figures[1]:>16} {figures[2]:>18} "
            f"{steps / tau:>9.0f} {mean_and_error(record.magnetisations):>19} "
            f"{mean_and_error(record.energies):>20}",
            flush=True,
        )
    print(f"{'Kaufman':>137} {float(lattice_energy(np.array(CRITICAL_TEMPERATURE), side)):.5f}")
    for name in ("Wolff", "Swendsen–Wang"):
        of_sweeps, of_time = (here / bath for here, bath in zip(found[name], found["heat bath"], strict=True))
        print(f"{name}: 1/{1 / of_sweeps:.0f} of the heat bath's τ in sweeps, 1/{1 / of_time:.1f} in seconds")


if __name__ == "__main__":
    main()
