"""Every model of the gallery against sums over its states.

    python tests/benchmarks/gallery.py [averages] [rbm] [couplings] [--seeds 20]

averages   of small models log Z, ⟨E⟩ and ⟨s⟩ by a ladder against enumeration: z within 3, p-values uniform
rbm        log Z by a ladder against the sum over hidden units, at 12 and 20 of them: covered in 19 of 20 seeds
couplings  J and h of a 4 × 4 Ising lattice from 10,000 independent samples, in four ways: root mean square error over
           the Cramér–Rao limit, the inverse of the Fisher information (wanted of the pseudo-likelihood: ≤ 1.3)
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import scipy.stats
import torch
from torch import Tensor

from landscape_app.learning import FITS
from landscape_app.learning.ensembles import make_ensemble
from landscape_app.learning.schedule import Schedule
from landscape_app.models.model import Model
from landscape_app.models.pairs import PairModel
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.entropy import measure
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.kernels import BlockGibbs, DiscreteLangevin, Kernel, SingleSite
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Discrete, Levels, Spins
from tests.physics.recorded import record_energies

ITEMS = 10_000
BETA = 0.4


def ladder_of(
    model: Model, kernel: Kernel, seed: int, replicas: int = 8, columns: int = 256, settle: int = 200
) -> Ladder:
    """A tuned ladder that has settled."""
    ladder = Ladder(columns, model.target, kernel, torch.Generator().manual_seed(seed), replicas)
    ladder.tune(320, 40)
    ladder.adapt = False
    ladder.run(settle)
    return ladder


def spins(seed: int, hidden: int) -> Model:
    """Ten normal spins, some of them hidden."""
    generator = torch.Generator().manual_seed(seed)
    upper = 0.4 * torch.randn(10, 10, generator=generator).triu(1)
    fields = 0.4 * torch.randn(10, generator=generator)
    return PairModel(ProductBase.uniform(Spins((10 - hidden,))), upper + upper.T, fields)


def machine(space: Discrete, units: int, size: float, seed: int) -> RestrictedBoltzmannMachine:
    """Normal weights of a deviation, biases that hold the units near one half."""
    generator = torch.Generator().manual_seed(seed)
    weights = size * torch.randn(space.sites, units, generator=generator)
    middle = 0.0 if isinstance(space, Spins) else 0.5
    visible = 0.3 * torch.randn(space.sites, generator=generator) - weights.sum(1) / 2
    base = ProductBase(space, 0.5 * torch.randn(space.sites, space.levels, generator=generator))
    return RestrictedBoltzmannMachine(base, visible, -middle * weights.sum(0), weights)


MODELS: dict[str, tuple[Callable[[int], Model], Callable[[], Kernel]]] = {
    "10 spins": (lambda seed: spins(seed, 0), SingleSite),
    "7 spins, 3 hidden": (lambda seed: spins(seed, 3), DiscreteLangevin),
    "rbm, 9 spins, 6 units": (lambda seed: machine(Spins((3, 3)), 6, 0.7, seed), BlockGibbs),
    "rbm, 5 sites of 5 levels, 4 units": (lambda seed: machine(Levels((5,), 5), 4, 2.0, seed), BlockGibbs),
    "the same, single sites": (lambda seed: machine(Levels((5,), 5), 4, 2.0, seed), SingleSite),
}


def averages(seeds: int) -> None:
    """Prints how far estimates are from sums, in standard errors."""
    print("model                                 quantity   mean z  worst |z|  p of uniform p-values")
    for name, (make, kernel) in MODELS.items():
        found: dict[str, list[float]] = {"log Z": [], "⟨E⟩": [], "⟨s⟩": []}
        for seed in range(seeds):
            model = make(seed)
            exact = ExactModel(model.target)
            true = exact.at()
            site = float(exact.mean(model.space.unit(exact.x).flatten(1)[:, :1].double())[0])
            ladder = ladder_of(model, kernel(), seed)
            ladder_energies = record_energies(ladder, 200)
            at_one, sites = [], []
            for _ in range(200):
                ladder.run(1)
                at_one.append(ladder.energy.clone())
                sites.append(model.space.unit(ladder.x).flatten(1)[:, 0].clone())
            log_z = measure(ladder_energies).log_partition
            found["log Z"].append((log_z.value - true.log_partition) / log_z.error)
            for quantity, values, truth in (("⟨E⟩", at_one, true.energy), ("⟨s⟩", sites, site)):
                column = torch.stack(values).double().mean(0)
                found[quantity].append(float((column.mean() - truth) / (column.std() / len(column) ** 0.5)))
        for quantity, z in found.items():
            p = scipy.stats.kstest(2 * scipy.stats.norm.sf(np.abs(z)), "uniform").pvalue
            print(
                f"{name:36}  {quantity:8}  {np.mean(z):+7.2f}  {np.abs(z).max():9.2f}  {p:8.3f}", flush=True
            )


def rbm(seeds: int) -> None:
    """Prints how often the ladder's interval holds the sum over hidden states."""
    print("hidden units   covered by two errors   worst |z|   mean error, nats")
    for units in (12, 20):
        z, errors = [], []
        for seed in range(seeds):
            model = machine(Levels((8, 8), 2), units, 1.0, seed)
            exact = model.log_partition()
            found = measure(record_energies(ladder_of(model, BlockGibbs(), seed, 12), 300)).log_partition
            z.append((found.value - exact) / found.error)
            errors.append(found.error)
        inside = sum(abs(one) <= 2 for one in z)
        print(
            f"{units:12}   {inside:9} of {seeds}   {max(map(abs, z)):16.2f}   {np.mean(errors):10.4f}",
            flush=True,
        )


def lattice() -> PairModel:
    """Ising on a periodic 4 × 4 lattice at `BETA`, every pair of neighbours once."""
    couplings = torch.zeros(4, 4, 4, 4)
    for row in range(4):
        for column in range(4):
            for other in (((row + 1) % 4, column), (row, (column + 1) % 4)):
                couplings[(row, column, *other)] = couplings[(*other, row, column)] = BETA
    return PairModel(ProductBase.uniform(Spins((4, 4))), couplings.reshape(16, 16), torch.zeros(16))


def statistics(x: Tensor) -> Tensor:
    """s_i and s_i s_j, i < j, float64, shape (n, 136)."""
    s = x.flatten(1).double()
    i, j = torch.triu_indices(16, 16, 1)
    return torch.cat([s, s[:, i] * s[:, j]], 1)


def couplings(_: int) -> None:
    """Prints the errors of J and h in four ways, over the least that is possible."""
    truth = lattice()
    exact = ExactModel(truth.target)
    p = exact.log_weights().exp()
    f = statistics(exact.x)
    centred = f - p @ f
    fisher = centred.T @ (p.unsqueeze(1) * centred)
    limit = float((torch.linalg.inv(fisher).diagonal() / ITEMS).mean().sqrt())
    print(f"Cramér–Rao limit of the root mean square error, {ITEMS:,} samples: {limit:.4f}")
    i, j = torch.triu_indices(16, 16, 1)
    for fit, epochs, rate in (
        ("exact", 300, 0.02),
        ("likelihood", 600, 0.02),
        ("pseudo-likelihood", 600, 0.02),
        ("mean-field", 1, 0.02),
    ):
        ratios, start = [], time.perf_counter()
        for seed in range(3):
            drawn = torch.multinomial(p, ITEMS, True, generator=torch.Generator().manual_seed(seed))
            data = exact.x[drawn].float()
            model = PairModel.untrained(ProductBase.uniform(Spins((4, 4))))
            schedule = Schedule(theta_rate=rate, momentum=0.9, weighted=True, moves=4)
            generator = torch.Generator().manual_seed(seed)
            ensemble = make_ensemble(model.target, DiscreteLangevin(), generator, 1_024, 1, schedule)
            trainer = FITS[fit](model, data, data[:100], ensemble, schedule)
            for epoch in range(epochs):
                trainer.progress = epoch / epochs
                trainer.advance()
            trainer.rest()
            wrong = model.symmetric.detach() - truth.symmetric.detach()
            errors = torch.cat([model.fields.detach() - truth.fields.detach(), wrong[i, j]])
            ratios.append(float(errors.square().mean().sqrt()) / limit)
        seconds = (time.perf_counter() - start) / 3
        print(f"{fit:20} {np.mean(ratios):6.2f} × the limit, {seconds:6.1f} s each", flush=True)


PARTS = {"averages": averages, "rbm": rbm, "couplings": couplings}


def main() -> None:
    """Runs the parts that are asked for, or all of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them if not said")
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for part in options.parts or PARTS:
        PARTS[part](options.seeds)


if __name__ == "__main__":
    main()
