"""Whether ensembles that ranks share keep their distribution: p-values over seeds, to be uniform, and weighted means.

    python tests/benchmarks/ranks_exactness.py [--seeds 100] [--chains 600] [--only moves]

Ranks are threads of this process (`tests/ranks.py`). On a space that can be enumerated

- moves: chains start from exact draws, move, and are compared with P by χ²; so are the columns of ladders at β = 1;
- resampled: weighted chains follow a strength from 0 to 1, are resampled by the weights of all ranks on the way, and
  once more at the end: χ² of what is left with P, whose p-values are no smaller than uniform ones (systematic
  resampling leaves less noise than independent draws, and correlates chains that descend from one);
- weighted: the mean of V by the weights, over seeds, in standard errors from the exact one.

Wanted: Kolmogorov–Smirnov p-values of the uniform law of `moves` above 0.01 for 1, 2 and 3 ranks, and means within
three standard errors.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import scipy.stats
import torch
from torch import Tensor

from landscape_app.learning.ensembles import ChainEnsemble, Ensemble, LadderEnsemble
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.ranks import Ranks
from landscape_app.physics.space import Levels
from tests.physics.exact import CoupledLevels, all_states, boltzmann, draw, p_value, random_base
from tests.ranks import on_ranks

SPACE = Levels((2, 2), 4)
BASE = random_base(SPACE, seed=1)
TERM = CoupledLevels(SPACE, seed=2)
ENERGY = TERM.exact_energy(all_states(SPACE))
COUNTS = (1, 2, 3)
STEPS, REPLICAS = 30, 4


def target(strength: float) -> Target:
    """P at a strength of the energy."""
    return Target(BASE, Hamiltonian([WeightedTerm(strength, TERM)]))


def chains(ranks: Ranks, x: Tensor, strength: float, seed: int, share: float) -> ChainEnsemble:
    """An ensemble from configurations of all ranks."""
    generator, kernel = ranks.generator(torch.device("cpu"), seed), DiscreteLangevin(1.0)
    own = Chains(x[ranks.own(len(x))], target(strength), kernel, generator, adapt=False, ranks=ranks)
    return ChainEnsemble(own, True, share)


def moved(ranks: Ranks, count: int, seed: int) -> tuple[float, float]:
    """p-values of chains and of ladders at β = 1 that began in equilibrium."""
    p = boltzmann(BASE, ENERGY)
    own: Ensemble = chains(ranks, draw(p, count, SPACE, seed), 1.0, seed, 0.5)
    own.run(5)
    of_chains = p_value(own.chains_at_one.x, p, SPACE)
    generator, kernel = ranks.generator(torch.device("cpu"), seed), DiscreteLangevin(1.0)
    betas = torch.linspace(0, 1, REPLICAS, dtype=torch.float64)
    starts = torch.cat(
        [draw(boltzmann(BASE, float(b) * ENERGY), count, SPACE, 7 * seed + k) for k, b in enumerate(betas)]
    )
    columns = ranks.own(count)
    here = starts.view(REPLICAS, count, *SPACE.shape)[:, columns].flatten(0, 1)
    ladder = Ladder(count, target(1.0), kernel, generator, betas.tolist(), here, adapt=False, ranks=ranks)
    own = LadderEnsemble(ladder, True, 0.5)
    own.run(6)
    return of_chains, p_value(own.chains_at_one.x, p, SPACE)


def dragged(ranks: Ranks, count: int, seed: int) -> tuple[float, float, int]:
    """p-value of chains resampled at the end, mean of V by the weights before, and resamplings on the way."""
    start = draw(boltzmann(BASE, 0 * ENERGY), count, SPACE, seed)
    own, resampled = chains(ranks, start, 0.0, seed, 0.8), 0
    for k in range(1, STEPS + 1):
        own.follow(target(k / STEPS))
        resampled += own.run(1).now().resampled
    found = own.chains_at_one
    weights = found.log_weights.double().softmax(0).numpy()
    mean = float(weights @ TERM.exact_energy(found.x.flatten(1).double().numpy()))
    own.resample_share = 1 - 1e-9
    own.run(0)
    own.run(5)
    return p_value(own.chains_at_one.x, boltzmann(BASE, ENERGY), SPACE), mean, resampled


def main() -> None:
    """Prints a line for each kind of check and number of ranks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--chains", type=int, default=600)
    parser.add_argument("--only", choices=("moves", "resampled"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    seeds = range(options.seeds)
    truth = float(boltzmann(BASE, ENERGY) @ ENERGY)
    for count in COUNTS:
        start = time.perf_counter()
        if options.only != "resampled":
            pairs = on_ranks(count, lambda ranks: [moved(ranks, options.chains, s) for s in seeds])[0]
            for name, values in zip(("chains", "ladders"), np.array(pairs).T, strict=True):
                uniform = scipy.stats.kstest(values, "uniform").pvalue
                mark = "✓" if uniform > 0.01 else "✗"
                print(
                    f"{count} ranks, {name:7s} moved: {len(values)} p-values, least {values.min():.4f}, mean "
                    f"{values.mean():.3f}, uniform with p = {uniform:.3f} {mark}",
                    flush=True,
                )
        if options.only != "moves":
            triples = np.array(
                on_ranks(count, lambda ranks: [dragged(ranks, options.chains, s) for s in seeds])[0]
            )
            values, means, resampled = triples.T
            deviation = (means.mean() - truth) / (means.std(ddof=1) / np.sqrt(len(means)))
            mark = "✓" if abs(deviation) < 3 else "✗"
            print(
                f"{count} ranks, weighted: ⟨V⟩ {means.mean():.4f} ({truth:.4f}), off by {deviation:+.1f} standard "
                f"errors {mark}; resampled {resampled.mean():.1f} times; then p-values: least {values.min():.4f}, "
                f"mean {values.mean():.3f}, uniform with p = {scipy.stats.kstest(values, 'uniform').pvalue:.3f}",
                flush=True,
            )
        print(f"  {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
