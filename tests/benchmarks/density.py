"""Held-out cross-entropy of the digits model against training time, beside densities of other kinds.

    python tests/benchmarks/density.py [--seconds 240] [--seeds 1]        about 7 minutes for a seed

All learn from the same 200 training images; cross-entropy is −⟨log P⟩ over the other 1,597, in nats an image.
Wanted: at most 90 nats within 240 s on two cores. The model is paused at the marks and its log Z measured by
ladders of replicas that take no part in training: one from the base measure, one from training images. Only where
both agree within 0.5 nats is a number given; while they do not, they run on, each time twice as long.

± on a side is the standard error of its log Z; ± on a cross-entropy adds that of a finite number of images, most
of which all rows share, as the images are the same. The rivals are stopped where the held-out images like them
best, and their hyperparameters were chosen so; the model never sees these images.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from typing import NamedTuple

import torch
from rivals import MADE, Fit, fit_mixture, fit_network
from torch import Tensor

from landscape_app.learning.autoregressive import PixelCNN, nats
from landscape_app.physics.entropy import Thermometry, measure, record_energies
from landscape_app.physics.kernels import make_kernel
from landscape_app.physics.ladder import Ladder
from landscape_app.problems import PROBLEMS
from landscape_app.session.session import Session

MARKS = (30, 60, 120, 180, 240)
AGREEMENT = 0.5
COLUMNS = 32
STEPS, MOST_STEPS = 600, 2_400


class Bracket(NamedTuple):
    """log Z of the model from two sides.

    Attributes:
        base: measured by ladders that start from the base measure.
        data: by ladders that start from training images.
        steps: that each recorded.
        round_trips: of the replicas of both.
    """

    base: Thermometry
    data: Thermometry
    steps: int
    round_trips: tuple[int, int]

    @property
    def gap(self) -> float:
        """What the second says above the first, in nats."""
        return self.data.log_partition.value - self.base.log_partition.value

    @property
    def agrees(self) -> bool:
        """Whether the two are as close as wanted."""
        return abs(self.gap) <= AGREEMENT


class Side:
    """A ladder from one start."""

    def __init__(self, session: Session, x: Tensor | None, generator: torch.Generator) -> None:
        target = session.model.target
        kernel = make_kernel(session.configuration.kernel, target)
        self.ladder = Ladder(COLUMNS, target, kernel, generator, x=x)
        self.ladder.tune(240)

    def measure(self, steps: int) -> Thermometry:
        """Thermodynamics over so many steps, after half as many."""
        self.ladder.run(steps // 2)
        energies = record_energies(self.ladder, steps)
        return measure(energies)


def measure_bracket(session: Session, seed: int) -> Bracket:
    """log Z from both sides, run on until they agree or `MOST_STEPS` are reached."""
    generator = torch.Generator().manual_seed(1_000_000 + seed)
    chosen = torch.randint(len(session.training_items), (COLUMNS,), generator=generator)
    sides = [Side(session, x, generator) for x in (None, session.training_items[chosen])]
    steps = STEPS
    while True:
        base, data = (side.measure(steps) for side in sides)
        bracket = Bracket(base, data, steps, (sides[0].ladder.round_trips, sides[1].ladder.round_trips))
        if bracket.agrees or steps >= MOST_STEPS:
            return bracket
        steps *= 2


def line(session: Session, bracket: Bracket, seconds: float) -> str:
    """One line of the model's table."""
    surprisal = session.model.target.surprisal
    of_image = surprisal(session.held_out_items)
    held_out, scatter = float(of_image.mean()), float(of_image.std()) / math.sqrt(len(of_image))
    training = float(surprisal(session.training_items).mean())
    sides = [side.log_partition for side in (bracket.base, bracket.data)]
    both = "   ".join(f"{held_out + side.value:7.2f} ± {side.error:4.2f}" for side in sides)
    middle = sum(side.value for side in sides) / 2
    error = math.hypot(scatter, sides[0].error / 2, sides[1].error / 2)
    verdict = f"{held_out + middle:.2f} ± {error:.2f}" if bracket.agrees else f"apart by {bracket.gap:.1f}"
    entropy = (bracket.base.entropy.value + bracket.data.entropy.value) / 2
    trips = "+".join(map(str, bracket.round_trips))
    return (
        f"{seconds:7.0f} s {session.trainer.epoch:6d}   {both}   {verdict:>13} {training + middle:9.2f} "
        f"{entropy:8.1f} {len(bracket.base.betas):9d} {trips:>11} {bracket.steps:6d}"
    )


def train_model(seconds: float, seed: int) -> None:
    """Trains the default configuration, and prints a line at every mark."""
    session = Session(replace(PROBLEMS["digits"].defaults, seed=seed, planned_seconds=seconds), device="cpu")
    marks = [mark for mark in MARKS if mark < seconds]
    print(f"\nmodel, {seconds:g} s planned, seed {seed}, {torch.get_num_threads()} threads")
    print(
        "  trained  epoch         from base         from data   cross-entropy  training  entropy  replicas"
        " round trips  steps"
    )
    for _ in session.train():
        seconds = session.trainer.seconds
        if session.is_done:
            outcome = session.finish()
            print(line(session, measure_bracket(session, seed), seconds), flush=True)
            early = "; stopped early, as held-out images got worse" if outcome.stopped_early else ""
            print(f"  kept the state of epoch {outcome.epoch:,} of {session.trainer.epoch:,}{early}")
            return
        if marks and seconds >= marks[0]:
            marks = marks[1:]
            session.rest()
            print(line(session, measure_bracket(session, seed), seconds), flush=True)


def show_rivals(session: Session, seconds: float) -> None:
    """Fits and prints the rivals."""
    training, held_out = session.training_items, session.held_out_items
    torch.manual_seed(session.configuration.seed)
    fits = {
        "independent pixels": Fit(session.model.base_measure, 0.0),
        "mixture of 20 products": fit_mixture(session.model.base_measure, training, held_out),
        "MADE": fit_network(MADE(session.space), training, held_out, seconds, 1e-3),
        "PixelCNN": fit_network(PixelCNN(session.space), training, held_out, seconds, 2e-3),
    }
    print(f"\n{'rival':24} {'seconds':>8} {'cross-entropy':>14} {'training':>9}")
    for name, fit in fits.items():
        of_image = nats(fit.density, held_out)
        error = float(of_image.std()) / math.sqrt(len(of_image))
        seen = float(nats(fit.density, training).mean())
        print(f"{name:24} {fit.seconds:8.0f} {float(of_image.mean()):7.2f} ± {error:.2f} {seen:9.2f}")


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=240.0, help="of training, for each")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of the model")
    options = parser.parse_args()
    show_rivals(Session(PROBLEMS["digits"].defaults, device="cpu", sampler_chains=1), options.seconds)
    for seed in range(options.seeds):
        train_model(options.seconds, seed)


if __name__ == "__main__":
    main()
