"""Whether every kernel leaves its distribution as it is, on every space: p-values over 200 seeds, to be uniform.

    python tests/benchmarks/exactness.py [--seeds 200] [--chains 2000] [--steps 20]

Chains start from exact draws (enumeration, or inversion of a quadrature), move with frozen step sizes, and are
compared with the exact distribution: χ² over the states, or Kolmogorov–Smirnov in one continuous dimension. A
kernel that is exact gives p-values uniform from 0 to 1; one that is not gives small ones.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
import scipy.stats
import torch
from torch import Tensor

from landscape_app.physics.base_measure import BaseMeasure, GaussianBase, ProductBase, UniformBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import EnergyTerm, Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import KERNELS, kernels_for
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Box, Discrete, Levels, Line, Spins

BETAS = (0.0, 0.4, 1.0)


class Rippled:
    """E(x) = a Σ cos(3x) + b Σ x + c Π over neighbours: coupled, and nowhere quadratic."""

    def energy(self, x: Tensor) -> Tensor:
        """E(x), shape (batch,)."""
        u = x.flatten(1)
        neighbours = (u[:, 1:] * u[:, :-1]).sum(1) if u.shape[1] > 1 else 0.0
        return (3 * u).cos().sum(1) + 0.4 * u.sum(1) + 0.3 * neighbours


def random_base(space: Discrete) -> ProductBase:
    """A product base that is not uniform."""
    table = torch.randn(space.sites, space.levels, generator=torch.Generator().manual_seed(1))
    return ProductBase(space, table)


def targets() -> Iterator[tuple[str, Target]]:
    """A small target on every space."""
    lattice = Ising((2, 3), coupling=0.4, field=0.2, periodic=False)
    cases: list[tuple[str, BaseMeasure, EnergyTerm]] = [
        ("levels", random_base(Levels((2, 2), 3)), Rippled()),
        ("spins", random_base(Spins((5,))), Rippled()),
        ("spins, lattice", random_base(Spins((2, 3))), lattice),
        ("box", UniformBase(Box((1,), -1.5, 2.0)), Rippled()),
        ("line", GaussianBase(Line((1,)), torch.tensor([0.3]), torch.tensor([1.2])), Rippled()),
    ]
    for name, base, term in cases:
        yield name, Target(base, Hamiltonian([WeightedTerm(1.0, term)]))


class Exact:
    """Draws from a target's exact distribution at a β, and p-values of samples under it."""

    def __init__(self, model: ExactModel, beta: float = 1.0) -> None:
        self.x = model.x
        self.p = model.log_weights(beta).exp().numpy()
        self.discrete = isinstance(model.target.base_measure.space, Discrete)
        self._cumulative = self.p.cumsum() / self.p.sum()

    def draw(self, n: int, rng: np.random.Generator) -> Tensor:
        """n independent configurations."""
        if self.discrete:
            return self.x[torch.as_tensor(rng.choice(len(self.p), n, p=self.p / self.p.sum()))]
        inverse = np.interp(rng.random(n), self._cumulative, self._edges[1:])
        return torch.as_tensor(inverse, dtype=torch.float32).view(n, 1)

    @property
    def _edges(self) -> np.ndarray:
        x = self.x.flatten().double().numpy()
        middle = (x[1:] + x[:-1]) / 2
        return np.concatenate([[x[0]], middle, [x[-1]]])

    def p_value(self, x: Tensor) -> float:
        """χ² over the states, or Kolmogorov–Smirnov."""
        if not self.discrete:
            cumulative = np.concatenate([[0.0], self._cumulative])
            return float(
                scipy.stats.kstest(
                    x.flatten().double().numpy(), lambda v: np.interp(v, self._edges, cumulative)
                ).pvalue
            )
        states = {tuple(row): i for i, row in enumerate(self.x.flatten(1).tolist())}
        index = [states[tuple(row)] for row in x.flatten(1).tolist()]
        counts = np.bincount(index, minlength=len(self.p))
        expected = self.p / self.p.sum() * len(index)
        rare = expected < 5
        counts, expected = (
            np.append(table[~rare], table[rare].sum()) if rare.any() else table
            for table in (counts, expected)
        )
        return float(scipy.stats.chisquare(counts, expected).pvalue)


def kernel_run(name: str, target: Target, exact: Exact, chains: int, steps: int) -> Callable[[int], float]:
    """p-value of a kernel's chains, by seed."""

    def run(seed: int) -> float:
        x = exact.draw(chains, np.random.default_rng(seed))
        kernel = KERNELS[name](1.0)
        ensemble = Chains(x, target, kernel, torch.Generator().manual_seed(seed), adapt=False)
        ensemble.run(steps)
        return exact.p_value(ensemble.x)

    return run


def ladder_run(name: str, target: Target, chains: int, steps: int) -> Callable[[int], float]:
    """p-value of a ladder's middle replicas, by seed: those that swap both ways."""
    model = ExactModel(target)
    at = [Exact(model, beta) for beta in BETAS]

    def run(seed: int) -> float:
        rng = np.random.default_rng(seed)
        ladder = Ladder(
            chains, target, KERNELS[name](1.0), torch.Generator().manual_seed(seed), BETAS, adapt=False
        )
        x = torch.cat(
            [exact.draw(chains, rng).view(chains, *target.base_measure.space.shape) for exact in at]
        )
        ladder.state = ladder.kernel.init(x, target)
        ladder.run(steps)
        return at[1].p_value(ladder.state.x[chains : 2 * chains])

    return run


def report(title: str, run: Callable[[int], float], seeds: int) -> bool:
    """Prints one line; returns whether the p-values are uniform."""
    start = time.perf_counter()
    values = np.array([run(seed) for seed in range(seeds)])
    uniform = float(scipy.stats.kstest(values, "uniform").pvalue)
    print(
        f"{title:42} p < 0.05: {(values < 0.05).mean():5.1%}   p < 0.5: {(values < 0.5).mean():5.1%}   "
        f"least {values.min():.4f}   uniform: {uniform:.3f}   {time.perf_counter() - start:4.0f} s",
        flush=True,
    )
    return uniform > 1e-3


def main() -> None:
    """Prints a line for every kernel and space."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--chains", type=int, default=2_000)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    good = total = 0
    for space, target in targets():
        exact = Exact(ExactModel(target))
        names = kernels_for(target)
        runs = {name: kernel_run(name, target, exact, options.chains, options.steps) for name in names}
        runs["replica exchange, single-site"] = ladder_run(
            "single-site", target, options.chains, options.steps
        )
        for name, run in runs.items():
            good += report(f"{space}: {name}", run, options.seeds)
            total += 1
    print(f"uniform: {good} of {total}   (all)")


if __name__ == "__main__":
    main()
