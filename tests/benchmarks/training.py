"""Ladder, weighted chains, both, and chains alone: which trains best in the same time?

    python tests/benchmarks/training.py [--seconds 120] [--seed 0]

Every way trains the digits with all else alike, with and without momentum. The held-out cross-entropy is
bracketed by ladders that took no part, from the base measure and from training images; where the two disagree, the
model has no honest figure. Quality is the Fréchet distance of ladders from the base measure, after 300 sweeps and in
equilibrium, after 2,000 and more, and there the rarest class's share over that in the training set: a model whose
modes have the wrong weights shows it only late.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.data import load_digits
from landscape_app.learning.quality import evaluator_passes
from landscape_app.learning.trainer import DivergenceError
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Levels
from landscape_app.problems import PROBLEMS
from landscape_app.problems.problem import Configuration
from landscape_app.session.session import Session
from landscape_app.session.share_out import finished
from tests.benchmarks.density import measure_bracket
from tests.benchmarks.quality import class_shares, fresh_samples, row

FRESH = 256
COLUMNS, EQUILIBRATION, LOOKS, SPACING = 128, 1_500, 4, 150


class Way(NamedTuple):
    """One way to train: what its schedule and its ensemble differ in."""

    name: str
    chains: int
    replicas: int
    weighted: bool
    momentum: float
    theta_rate: float

    def configuration(self, seed: int, seconds: float) -> Configuration:
        """The default configuration, done this way."""
        defaults = PROBLEMS["digits"].defaults
        schedule = replace(
            defaults.schedule, weighted=self.weighted, momentum=self.momentum, theta_rate=self.theta_rate
        )
        return replace(
            defaults,
            seed=seed,
            planned_seconds=seconds,
            chains=self.chains,
            replicas=self.replicas,
            schedule=schedule,
        )


WAYS = [
    Way(f"{name}, momentum {momentum:g}", chains, replicas, weighted, momentum, rate)
    for name, chains, replicas, weighted in (
        ("1,536 weighted chains", 1_536, 1, True),
        ("256 weighted chains", 256, 1, True),
        ("ladder of 32 × 8", 32, 8, False),
        ("weighted ladder", 32, 8, True),
        ("1,536 chains", 1_536, 1, False),
        ("256 chains", 256, 1, False),
    )
    for momentum, rate in ((0.9, 3e-3), (0.0, 1e-3))
]


def train(way: Way, seed: int, seconds: float) -> tuple[Session, bool]:
    """A session trained this way, and whether it came to the end of its time."""
    session = Session(way.configuration(seed, seconds), "cpu", 2)
    try:
        for _ in session.train():
            if session.is_done:
                session.finish()
                return session, True
    except DivergenceError:
        pass
    return session, False


def equilibrium_samples(session: Session, generator: torch.Generator) -> Tensor:
    """Ladders from the base measure long after, at β = 1, shape (`LOOKS` × `COLUMNS`, height, width)."""
    ladder = Ladder(COLUMNS, session.model.target, DiscreteLangevin(), generator)
    ladder.tune(300)
    ladder.run(EQUILIBRATION - 300)
    looks = []
    for _ in range(LOOKS):
        ladder.run(SPACING)
        looks.append(ladder.x)
    return torch.cat(looks)


def main() -> None:
    """Prints a line for each way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="words in the names of the ways to try")
    options = parser.parse_args()
    dataset = load_digits()
    space = Levels(dataset.items.shape[1:], dataset.levels)
    evaluator = finished(
        evaluator_passes(space, torch.as_tensor(dataset.items).float(), torch.as_tensor(dataset.labels))
    )
    print(f"{options.seconds:g} s each, {torch.get_num_threads()} threads, seed {options.seed}")
    print(
        f"{'way':35} {'epochs':>6}  {'held-out: base':>15} {'from data':>14} {'agree':>5} {'fresh':>6} "
        f"{'in equilibrium':>14} {'rarest':>6}  went back"
    )
    for way in (way for way in WAYS if options.only in way.name):
        session, converged = train(way, options.seed, options.seconds)
        bracket = measure_bracket(session, options.seed)
        nats = float(session.model.target.surprisal(session.held_out_items).mean())
        base, data = bracket.base.log_partition, bracket.data.log_partition
        fresh = row("", fresh_samples(session, torch.Generator().manual_seed(78), FRESH), evaluator, session)
        settled = row("", equilibrium_samples(session, torch.Generator().manual_seed(79)), evaluator, session)
        sides = f"{nats + base.value:9.2f} ± {base.error:.2f} {nats + data.value:8.2f} ± {data.error:.2f}"
        print(
            f"{way.name:35} {session.trainer.epoch:6} {sides} {'yes' if bracket.agrees else 'NO':>5} "
            f"{fresh.distance:6.1f} {settled.distance:14.1f} {float(class_shares(settled, session).min()):6.2f}  "
            f"{session.trainer.recoveries} times{'' if converged else ', DIVERGED'}",
            flush=True,
        )


if __name__ == "__main__":
    main()
