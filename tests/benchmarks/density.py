"""Cross-entropy of test images under the digits model after some seconds of training, beside other densities.

    python tests/benchmarks/density.py [--seconds 60 240] [--seeds 5] [--members K] [--processor-time]
        [--base autoregressive] [--rivals PixelCNN] [--sizes 25 50 100 200 400 800]

All learn from the same training images, 200 if not said. The others of 1,797 are halved: validation images choose
states, the start of a mixture and, beforehand, hyperparameters, ours and the rivals'; test images choose nothing, and
the figures are theirs: −⟨log P⟩, in nats an image. Wanted on two cores of 200: at most 89 nats after 60 s and 84.5
after 240 s.

log Z of the model is measured by ladders of replicas that take no part in training: one from the base measure, one
from training images. Only where both agree within 0.5 nats a number is given; while they do not, they run on, each
time twice as long. ± on a side is the standard error of its log Z; ± on a cross-entropy adds that of a finite number
of images, which all rows share, as the images are the same. ± on the mean of several seeds is the standard error by
what they differ in alone.

With `--base autoregressive` the model's base measure is a PixelCNN that is learned in the first half of the time at
most; a second row tells its nats alone. Ladders are short then, as they begin at the learned base measure and every
proposal is a sample of it.

Members learn apart on as many threads as there are, within the same seconds, and are averaged. Seconds are those of
`landscape train --seconds`: half of them are for fresh chains at the end. With `--processor-time` they are those of
the processor, all threads together: for a machine that also does something else.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.data.dataset import Dataset
from landscape_app.models.autoregressive import PixelCNN, nats
from landscape_app.physics.entropy import Thermometry, measure
from landscape_app.physics.kernels import make_kernel
from landscape_app.physics.ladder import Ladder
from landscape_app.problems import BASES, PROBLEMS, Proposal, load_problem
from landscape_app.session.session import Session
from tests.benchmarks.rivals import MADE, Fit, fit_mixture, fit_network
from tests.physics.recorded import record_energies

AGREEMENT = 0.5
COLUMNS = 32
STEPS, MOST_STEPS = 600, 2_400
LEARNED_BASE = 1 / 20
"""Of these steps, those that do over a learned base measure."""

Figures = dict[tuple[str, float], list[float]]
"""Test nats of every seed, by density and planned seconds."""


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
        self.ladder = Ladder(COLUMNS, target, kernel, generator, 4 if session.kept_base else 12, x=x)
        self.ladder.tune(20 if session.kept_base else 240)

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
    share = LEARNED_BASE if session.kept_base else 1.0
    steps = round(share * STEPS)
    while True:
        base, data = (side.measure(steps) for side in sides)
        bracket = Bracket(base, data, steps, (sides[0].ladder.round_trips, sides[1].ladder.round_trips))
        if bracket.agrees or steps >= share * MOST_STEPS:
            return bracket
        steps *= 2


def show_model(session: Session, planned: float, seed: int, figures: Figures) -> None:
    """Prints one line of the model's table, and keeps its figure where there is one."""
    bracket, surprisal = measure_bracket(session, seed), session.model.target.surprisal
    of_image = surprisal(session.test_items)
    test, scatter = float(of_image.mean()), float(of_image.std()) / math.sqrt(len(of_image))
    validation, training = (
        float(surprisal(items).mean()) for items in (session.validation_items, session.training_items)
    )
    sides = [side.log_partition for side in (bracket.base, bracket.data)]
    both = "   ".join(f"{test + side.value:7.2f} ± {side.error:4.2f}" for side in sides)
    middle = sum(side.value for side in sides) / 2
    error = math.hypot(scatter, sides[0].error / 2, sides[1].error / 2)
    verdict = f"{test + middle:.2f} ± {error:.2f}" if bracket.agrees else f"apart by {bracket.gap:.1f}"
    if bracket.agrees:
        figures["this model", planned].append(test + middle)
    alone = session.kept_base
    entropy = (bracket.base.entropy.value + bracket.data.entropy.value) / 2
    trips = "+".join(map(str, bracket.round_trips))
    print(
        f"{planned:5.0f} s {seed:5d} {session.trainer.epoch:6d}   {both}   {verdict:>13} {validation + middle:10.2f} "
        f"{training + middle:9.2f} {entropy:8.1f} {len(bracket.base.betas):9d} {trips:>11} {bracket.steps:6d}",
        flush=True,
    )
    if alone is not None:
        print(
            f"{planned:5.0f} s {seed:5d} base alone: {alone.test:.2f}, validation {alone.validation_nats:.2f}, "
            f"training {alone.training_nats:.2f}; the model as it measured itself: {session.kept.test:.2f}"
        )
        figures["its base alone", planned].append(alone.test_nats)


def trained(dataset: Dataset, seconds: float, seed: int, members: int | None, base: str | None) -> Session:
    """The default configuration, trained for so long, at rest on the state that is kept."""
    proposal = Proposal.of(PROBLEMS["digits"].defaults, dataset).chosen(base=base)
    plan = replace(proposal.configuration, seed=seed, planned_seconds=seconds)
    if members is not None:
        plan = replace(plan, members=members)
    session = Session(plan, device="cpu", sampler_chains=2, dataset=dataset)
    for _ in session.train():
        if session.is_done:
            session.finish()
            return session
    raise AssertionError("training has no end of its own")


def fit_rivals(session: Session, seconds: float, seed: int, names: Sequence[str]) -> dict[str, Fit]:
    """The rivals of some names, stopped or chosen by the validation images."""
    torch.manual_seed(seed)
    base, space = session.model.base_measure, session.space
    sets = session.training_items, session.validation_items
    fits = {
        "independent pixels": lambda: Fit(base, 0.0),
        "mixture of 20 products": lambda: fit_mixture(base, *sets, seed),
        "MADE": lambda: fit_network(MADE(space), *sets, seconds, 1e-3, seed),
        "PixelCNN": lambda: fit_network(PixelCNN(space), *sets, seconds, 2e-3, seed),
    }
    return {name: fit() for name, fit in fits.items() if not names or name in names}


def show_rivals(session: Session, seconds: float, seed: int, names: Sequence[str], figures: Figures) -> None:
    """Fits and prints the rivals, and keeps their figures."""
    for name, fit in fit_rivals(session, seconds, seed, names).items():
        of_image = nats(fit.density, session.test_items)
        error = float(of_image.std()) / math.sqrt(len(of_image))
        validation, training = (
            float(nats(fit.density, items).mean())
            for items in (session.validation_items, session.training_items)
        )
        test = float(of_image.mean())
        print(
            f"{seconds:5.0f} s {seed:5d} {name:24} {fit.seconds:7.0f} s {test:7.2f} ± {error:.2f} "
            f"{validation:10.2f} {training:9.2f}",
            flush=True,
        )
        figures[name, seconds].append(test)


def main() -> None:
    """Prints the tables of both, and the means over seeds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, nargs="+", default=[60.0, 240.0], help="planned trainings")
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each density")
    parser.add_argument(
        "--members", type=int, help="networks that are averaged; the default's number if not said"
    )
    parser.add_argument("--processor-time", action="store_true", help="seconds of the processor")
    parser.add_argument("--base", choices=BASES, help="base measure of the model")
    parser.add_argument("--sizes", type=int, nargs="+", default=[200], help="training images")
    parser.add_argument("--rivals", nargs="+", default=[], help="names of the rivals; all if not said")
    options = parser.parse_args()
    if options.processor_time:
        time.perf_counter = time.process_time
    print(
        f"{torch.get_num_threads()} threads, averages of {options.members or PROBLEMS['digits'].defaults.members}"
    )
    for size in options.sizes:
        compare(size, options)


def compare(size: int, options: argparse.Namespace) -> None:
    """The tables for so many training images."""
    plans = [(seconds, seed) for seconds in options.seconds for seed in range(options.seeds)]
    figures: Figures = defaultdict(list)
    dataset = load_problem("digits").with_training(size)
    print(
        f"\n{size} training images\n"
        "planned  seed  epoch         from base         from data            test validation  training  entropy"
        "  replicas round trips  steps"
    )
    for seconds, seed in plans:
        show_model(trained(dataset, seconds, seed, options.members, options.base), seconds, seed, figures)
    print("\nplanned  seed rival                     best at            test validation  training")
    session = Session(PROBLEMS["digits"].defaults, device="cpu", sampler_chains=2, dataset=dataset)
    for seconds, seed in plans:
        show_rivals(session, seconds, seed, options.rivals, figures)
    print("\nmeans over seeds, nats an image of the test set")
    for (name, seconds), found in figures.items():
        error = float(np.std(found, ddof=1)) / math.sqrt(len(found)) if len(found) > 1 else math.nan
        print(
            f"{size:4d} images, {seconds:5.0f} s {name:24} {np.mean(found):7.2f} ± {error:.2f}   "
            f"{len(found)} of {options.seeds}"
        )


if __name__ == "__main__":
    main()
