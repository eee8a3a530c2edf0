"""Whether training diverges: 20 seeds of the default settings on three data sets.

    python tests/benchmarks/stability.py [--seeds 20] [--epochs 1000] [--only line ising digits]

Two Gaussians on the line (1,000 points), spins of a 4 × 4 Ising lattice near its critical point (1,000 samples) and
the digits. On the small ones the exact KL(true‖model) is given, by quadrature and enumeration; on the digits the
validation nats by the entropy estimator. Wanted: no run ends in a divergence; going back to an earlier state
and on with smaller steps is counted.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.learning.ensembles import make_ensemble
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.schedule import Schedule
from landscape_app.learning.trainer import DivergenceError
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.observables import PerceptronObservables
from landscape_app.physics.base_measure import BaseMeasure, GaussianBase, ProductBase
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import MALA, DiscreteLangevin, Kernel
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import Line, Spins
from landscape_app.problems import PROBLEMS
from landscape_app.session.session import Session

POINTS = 1_000
CHAINS = 512
DATA_SETS = ("line", "ising", "digits")


class Result(NamedTuple):
    """How one run ended: quality (KL or cross-entropy, nats), recoveries, whether it diverged for good."""

    quality: float
    recoveries: int
    diverged: bool


def small_trainer(base: BaseMeasure, data: Tensor, kernel: Kernel, count: int, seed: int) -> MinMaxEnt:
    """A trainer with everything at its default."""
    torch.manual_seed(seed)
    observables = PerceptronObservables(base.space, count, scale=max(1.0, float(data.std())))
    schedule, generator = Schedule(), torch.Generator().manual_seed(seed)
    ensemble = make_ensemble(Target(base, Hamiltonian([])), kernel, generator, CHAINS, 1, schedule)
    model = MinMaxEntModel(base, observables, torch.zeros(count))
    return MinMaxEnt(model, data, data[:10], ensemble, schedule)


def trained(trainer: MinMaxEnt, epochs: int) -> bool:
    """Trains as a session does; returns whether it came to the end."""
    while trainer.epoch < epochs:
        trainer.progress = trainer.epoch / epochs
        try:
            trainer.advance()
        except DivergenceError:
            return False
    return True


def line(seed: int, epochs: int) -> Result:
    """½ N(−2, ½²) + ½ N(2, 1²)."""
    random = np.random.default_rng(seed)
    left = random.random(POINTS) < 0.5
    points = np.where(left, random.normal(-2, 0.5, POINTS), random.normal(2, 1, POINTS))
    data = torch.as_tensor(points).float().unsqueeze(1)
    base = GaussianBase.from_samples(Line((1,)), data)
    trainer = small_trainer(base, data, MALA(), 2, seed)
    finished = trained(trainer, epochs)
    model = ExactModel(trainer.model.target)
    x = model.x[:, 0].double()

    def normal(mean: float, deviation: float) -> Tensor:
        return torch.distributions.Normal(mean, deviation).log_prob(x)

    true = torch.logaddexp(normal(-2.0, 0.5), normal(2.0, 1.0)).log_softmax(0)
    return Result(divergence(true, model.log_weights()), trainer.recoveries, not finished)


def ising(seed: int, epochs: int) -> Result:
    """Spins of a periodic 4 × 4 lattice at β = 0.4."""
    base = ProductBase.uniform(Spins((4, 4)))
    lattice = Ising((4, 4), coupling=0.4)
    truth = ExactModel(Target(base, Hamiltonian([WeightedTerm(1.0, lattice)])))
    random = torch.Generator().manual_seed(1_000 + seed)
    true = truth.log_weights()
    data = truth.x[torch.multinomial(true.exp(), POINTS, replacement=True, generator=random)]
    trainer = small_trainer(base, data, DiscreteLangevin(), 4, seed)
    finished = trained(trainer, epochs)
    model = ExactModel(trainer.model.target)
    return Result(divergence(true, model.log_weights()), trainer.recoveries, not finished)


def digits(seed: int, epochs: int) -> Result:
    """The 8 × 8 digits, by a whole session."""
    session = Session(replace(PROBLEMS["digits"].defaults, seed=seed, planned_epochs=epochs), "cpu", 2)
    finished = True
    try:
        for _ in session.train():
            if session.is_done:
                break
    except DivergenceError:
        finished = False
    found = session.estimator.measure_now()
    return Result(found.validation_nats, session.trainer.recoveries, not finished)


def divergence(true: Tensor, model: Tensor) -> float:
    """KL(true‖model) of log probabilities on the same nodes, nats."""
    return float((true.exp() * (true - model)).sum())


def results(name: str, seeds: int, epochs: int) -> Iterator[Result]:
    """The runs of one data set."""
    run = {"line": line, "ising": ising, "digits": digits}[name]
    for seed in range(seeds):
        yield run(seed, epochs)


def main() -> None:
    """Prints a line for each data set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=1_000)
    parser.add_argument("--only", nargs="+", choices=DATA_SETS, default=DATA_SETS)
    options = parser.parse_args()
    for name in options.only:
        start = time.perf_counter()
        found = list(results(name, options.seeds, options.epochs))
        quality = np.array([result.quality for result in found])
        what = "held-out nats" if name == "digits" else "KL(true‖model)"
        print(
            f"{name:7} {sum(r.diverged for r in found)} of {len(found)} diverged; went back "
            f"{sum(r.recoveries for r in found)} times in {sum(r.recoveries > 0 for r in found)} runs; {what} median "
            f"{np.median(quality):.4g}, worst {quality.max():.4g}; {options.epochs:,} epochs, "
            f"{time.perf_counter() - start:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
