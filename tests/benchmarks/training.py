"""Ladder, weighted chains, both, and chains alone: which trains best in the same time?

    python tests/benchmarks/training.py [--seconds 120] [--seed 0]

Every way trains the digits with all else alike, with and without momentum. The held-out cross-entropy is
bracketed by ladders that took no part, from the base measure and from training images; where the two disagree, the
model has no honest figure. Fresh quality is the Fréchet distance of 300 sweeps of a ladder from the base measure,
and the rarest class's share over that in the training set.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import NamedTuple

import torch
from density import measure_bracket
from quality import fresh_samples, rarest_share, row

from landscape_app.learning.minmaxent import DivergenceError
from landscape_app.learning.quality import train_judge
from landscape_app.physics.space import Levels
from landscape_app.problems import PROBLEMS, Configuration
from landscape_app.session import Session

FRESH = 256


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
        ("ladder", 32, 8, False),
        ("weighted chains", 256, 1, True),
        ("weighted ladder", 32, 8, True),
        ("chains", 256, 1, False),
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


def main() -> None:
    """Prints a line for each way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    dataset = PROBLEMS["digits"].load()
    space = Levels(dataset.images.shape[1:], dataset.levels)
    judge = train_judge(space, torch.as_tensor(dataset.images).float(), torch.as_tensor(dataset.labels))
    print(f"{options.seconds:g} s each, {torch.get_num_threads()} threads, seed {options.seed}")
    print(
        f"{'way':30} {'epochs':>6}  {'held-out: base':>15} {'from data':>14} {'agree':>5} {'FCD':>6} "
        f"{'rarest':>6}  went back"
    )
    for way in WAYS:
        session, finished = train(way, options.seed, options.seconds)
        bracket = measure_bracket(session, options.seed)
        nats = float(session.trainer.target.surprisal(session.held_out_images).mean())
        base, data = bracket.base.log_partition, bracket.data.log_partition
        fresh = row("", fresh_samples(session, torch.Generator().manual_seed(78), FRESH), judge, session)
        sides = f"{nats + base.value:9.2f} ± {base.error:.2f} {nats + data.value:8.2f} ± {data.error:.2f}"
        print(
            f"{way.name:30} {session.trainer.epoch:6} {sides} {'yes' if bracket.agrees else 'NO':>5} "
            f"{fresh.distance:6.1f} {rarest_share(fresh, session):6.2f}  "
            f"{session.trainer.recoveries} times{'' if finished else ', DIVERGED'}",
            flush=True,
        )


if __name__ == "__main__":
    main()
