"""Ladder, weighted chains, both, and chains alone: which trains best in the same time?

    python tests/benchmarks/training.py [--seconds 120] [--seed 0]

Every way trains the digits with all else alike, with and without momentum. The held-out cross-entropy is
bracketed by ladders that took no part, from the base measure and from training images; where the two disagree, the
model has no honest figure. Fresh quality is the Fréchet distance of 300 sweeps of a ladder from the base measure,
and the rarest class's share over that in the training set.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from typing import NamedTuple

import torch

from landscape_app.experiments import EXPERIMENTS, Configuration
from landscape_app.learning.minmaxent import DivergenceError
from landscape_app.learning.quality import Judge, classifier_distance, train_judge
from landscape_app.physics.entropy import Estimate, measure, record_energies
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.ladder import Ladder
from landscape_app.session import Session

COLUMNS = 32
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
        """The default experiment, done this way."""
        defaults = EXPERIMENTS["digits"].defaults
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


def bracket(session: Session, start: str) -> Estimate:
    """Held-out cross-entropy by ladders from one end."""
    generator = torch.Generator().manual_seed(77)
    images = session.training_images
    x = images[torch.randint(len(images), (COLUMNS,), generator=generator)] if start == "data" else None
    ladder = Ladder(COLUMNS, session.trainer.target, DiscreteLangevin(), generator, x=x)
    for _ in range(10):
        ladder.run(30)
        ladder.respace()
    *_, energies = record_energies(ladder, 150)
    found = measure(energies)
    held_out = session.held_out_images
    nats = float((session.model_energy(held_out) - session.base.log_prob(held_out)).mean())
    return Estimate(nats + found.log_partition.value, found.log_partition.error)


def fresh_quality(session: Session, judge: Judge) -> tuple[float, float]:
    """FCD of fresh ladders, and the rarest class's share over that in the training set."""
    ladder = Ladder(FRESH, session.trainer.target, DiscreteLangevin(), torch.Generator().manual_seed(78))
    for _ in range(5):
        ladder.run(30)
        ladder.respace()
    ladder.run(150)
    with torch.no_grad():
        found = judge(ladder.x).argmax(1).bincount(minlength=session.classes).double() / FRESH
    labels = torch.as_tensor(session.dataset.training_labels).bincount(minlength=session.classes).double()
    return classifier_distance(judge, ladder.x, session.held_out_images), float(
        (found / (labels / labels.sum())).min()
    )


def main() -> None:
    """Prints a line for each way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    judge = None
    print(f"{options.seconds:g} s each, {torch.get_num_threads()} threads, seed {options.seed}")
    print(
        f"{'way':30} {'epochs':>6}  {'held-out: base':>15} {'from data':>14} {'agree':>5} {'FCD':>6} "
        f"{'rarest':>6}  went back"
    )
    for way in WAYS:
        session, finished = train(way, options.seed, options.seconds)
        if judge is None:
            dataset = session.dataset
            images = torch.as_tensor(dataset.images).float()
            judge = train_judge(session.space, images, torch.as_tensor(dataset.labels))
        base, data = bracket(session, "base"), bracket(session, "data")
        distance, rarest = fresh_quality(session, judge)
        agree = abs(base.value - data.value) < 0.5 + 3 * math.hypot(base.error, data.error)
        print(
            f"{way.name:30} {session.trainer.epoch:6} {base.value:9.2f} ± {base.error:.2f} {data.value:8.2f} ± "
            f"{data.error:.2f} {'yes' if agree else 'NO':>5} {distance:6.1f} {rarest:6.2f}  "
            f"{session.trainer.recoveries} times{'' if finished else ', DIVERGED'}",
            flush=True,
        )


if __name__ == "__main__":
    main()
