"""Learning steps a second of a restricted Boltzmann machine, and what is learned in a time, beside two libraries.

    python tests/benchmarks/rbm.py --seconds 0                    speed alone, a minute
    python tests/benchmarks/rbm.py [--seconds 120] [--rounds 300] and held-out nats, about 20 minutes

Needs `pip install -e '.[benchmarks]'`: the package rbms (Decelle, Furtlehner, Navas, Rosset, Seoane, Béreux) and
scikit-learn. 64 visible and 128 hidden units, the digits in black and white; 1,024 images to learn from, all of them
in every step of the comparison of speed.

Speed: a step of persistent contrastive divergence, PCD-1, with 1,024 chains: ours is `trainer.advance()` as the
application calls it, with all that it measures; that of rbms is `fit_batch_pcd` and a step of its optimiser; that of
scikit-learn is `BernoulliRBM._fit`, in single precision. They take turns, a step each. Seconds are those of the
processor, which what else runs on the machine disturbs least; with more threads, those of a clock. Wanted: ours at
least as fast as the faster of them.

Nats: each trains for so many seconds. Ours is a session of the application on weighted chains, which keeps the state
that validation images like best; the peers train with each of the settings below, their own defaults first, and keep
the last state, as they do. Of all models log Z is measured in one way: by ladders of replicas that begin at the base
measure, and by others that begin at training images, each time twice as long until both agree within `AGREEMENT`.
Nats are those of test images, on which no training is stopped; but of three settings that were tried for ours the
best by these images was taken, as the best of three is of each peer. Their errors are those of log Z: the images are
the same for all. Wanted: ours lower than the best of the peers.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import time
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.data import Dataset, load_digits
from landscape_app.learning.ensembles import make_ensemble
from landscape_app.learning.likelihood import PersistentChains
from landscape_app.learning.schedule import Schedule
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.entropy import Thermometry, measure
from landscape_app.physics.kernels import BlockGibbs
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Levels
from landscape_app.problems import PROBLEMS
from landscape_app.session.device import keep_freed_memory
from landscape_app.session.session import Session
from tests.physics.recorded import record_energies

SPACE = Levels((8, 8), 2)
UNITS, CHAINS, TRAINED = 128, 1_024, 1_024
INK = 8
AGREEMENT = 0.3
COLUMNS = 32
STEPS, MOST_STEPS = 400, 6_400
LADDER = 16

RBMS_SETTINGS = ((100, 0.01), (10, 0.05), (1, 0.01))
"""Gibbs steps before an update, and the learning rate; its defaults first."""

SKLEARN_SETTINGS = ((10, 0.1), (64, 0.02), (64, 0.005))
"""Images of a batch, and the learning rate; its defaults first."""

Step = Callable[[], object]


class Weights(NamedTuple):
    """Parameters of a machine of 0/1 units: a of shape (64,), b of shape (128,), W of shape (64, 128)."""

    visible: Tensor
    hidden: Tensor
    weights: Tensor


class Fitted(NamedTuple):
    """A machine that has been trained.

    Attributes:
        name: of the way.
        weights: its parameters, those of all over uniform images.
        updates: learning steps done.
        seconds: that they took.
    """

    name: str
    weights: Weights
    updates: int
    seconds: float


def black_and_white() -> Dataset:
    """The digits, ink where the level is at least `INK`, 1,024 to learn from."""
    digits = load_digits()
    items = (digits.items >= INK).astype(np.uint8)
    return dataclasses.replace(
        digits, name="digits in black and white", items=items, levels=2, shipped=False
    ).with_training(TRAINED)


def log_odds(images: Tensor) -> Tensor:
    """Biases to begin with, of the mean ink of every pixel."""
    return images.flatten(1).mean(0).clamp(1e-3, 1 - 1e-3).logit()


def our_steps(images: Tensor, held_out: Tensor) -> Step:
    """An epoch of persistent chains, as the application does it."""
    torch.manual_seed(0)
    model = RestrictedBoltzmannMachine(
        ProductBase.uniform(SPACE), log_odds(images), torch.zeros(UNITS), 0.01 * torch.randn(64, UNITS)
    )
    schedule = Schedule(weighted=False)
    generator = torch.Generator().manual_seed(0)
    ensemble = make_ensemble(model.target, BlockGibbs(), generator, CHAINS, 1, schedule)
    return PersistentChains(model, images, held_out, ensemble, schedule).advance


class Rbms:
    """Learning steps of the package rbms."""

    def __init__(self, images: Tensor, gibbs_steps: int, rate: float) -> None:
        from rbms.bernoulli_bernoulli.classes import BBRBM
        from rbms.training.pcd import fit_batch_pcd

        torch.manual_seed(0)
        self._fit = fit_batch_pcd
        self._images, self._gibbs_steps = images.flatten(1), gibbs_steps
        self._machine = BBRBM(1e-2 * torch.randn(64, UNITS), log_odds(images), torch.zeros(UNITS))
        for parameter in self._machine.parameters():
            parameter.grad = torch.zeros_like(parameter)
        self._chains = self._machine.init_chains(CHAINS)
        self._shares = torch.ones(len(images), 1)
        self._optimiser = torch.optim.SGD(self._machine.parameters(), lr=rate, maximize=True)

    @torch.no_grad()
    def __call__(self) -> None:
        """A step as in its `train`."""
        self._optimiser.zero_grad(set_to_none=False)
        batch = self._images, self._shares
        self._chains, _ = self._fit(batch, self._chains, self._machine, self._gibbs_steps, 1.0)
        self._optimiser.step()

    @property
    def weights(self) -> Weights:
        """Its parameters."""
        machine = self._machine
        return Weights(machine.vbias.clone(), machine.hbias.clone(), machine.weight_matrix.clone())


class Sklearn:
    """Learning steps of scikit-learn."""

    def __init__(self, images: Tensor, batch: int, rate: float) -> None:
        from sklearn.neural_network import BernoulliRBM

        self._images = images.flatten(1).numpy()
        self._machine = BernoulliRBM(UNITS, learning_rate=rate, batch_size=batch, n_iter=0, random_state=0)
        self._machine.fit(self._images)
        self._random = np.random.RandomState(0)
        self._machine.h_samples_ = np.zeros((batch, UNITS), dtype=np.float32)
        self._batch, self._at = batch, 0

    def __call__(self) -> None:
        """A batch, as in its `fit`."""
        end = self._at + self._batch
        self._machine._fit(self._images[self._at : end], self._random)
        self._at = 0 if end + self._batch > len(self._images) else end

    @property
    def weights(self) -> Weights:
        """Its parameters."""
        machine = self._machine
        found = machine.intercept_visible_, machine.intercept_hidden_, machine.components_.T
        return Weights(*(torch.as_tensor(np.array(part, dtype=np.float32)) for part in found))


def compare_speed(images: Tensor, held_out: Tensor, rounds: int, threads: int) -> None:
    """Prints steps a second of all three."""
    clock = time.process_time if threads == 1 else time.perf_counter
    steps = {
        "ours": our_steps(images, held_out),
        "rbms": Rbms(images, 1, 0.01),
        "scikit-learn": Sklearn(images, len(images), 0.01),
    }
    for step in steps.values():
        for _ in range(20):
            step()
    spent: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            start = clock()
            step()
            spent[name].append(clock() - start)
    ours = np.array(spent["ours"])
    print(
        f"64 × {UNITS} units, {CHAINS:,} chains, {len(images):,} images a step, {threads} threads, {rounds} rounds"
    )
    print(
        f"{'':14} {'steps/s':>9} {'ms, median':>11} {'middle half':>14} {'ours is so many times as fast':>31}"
    )
    for name, seconds in spent.items():
        low, middle, high = 1e3 * np.quantile(seconds, (0.25, 0.5, 0.75))
        ratios = np.quantile(np.array(seconds) / ours, (0.25, 0.5, 0.75))
        print(
            f"{name:14} {1e3 / middle:>9.0f} {middle:>11.2f} {f'{low:.2f}–{high:.2f}':>14} "
            f"{f'{ratios[1]:.2f} ({ratios[0]:.2f}–{ratios[2]:.2f})':>31}"
        )


def trained(dataset: Dataset, seconds: float) -> Iterator[Fitted]:
    """Every way, trained for so long."""
    images = torch.as_tensor(dataset.training_items).float()
    plan = dataclasses.replace(
        PROBLEMS["digits"].defaults,
        model="rbm",
        fit="likelihood",
        units=UNITS,
        kernel="block-gibbs",
        chains=CHAINS,
        planned_seconds=seconds,
        schedule=Schedule(moves=5, theta_rate=3e-2, momentum=0.9, weighted=True),
    )
    session = Session(plan, device="cpu", sampler_chains=1, dataset=dataset)
    for _ in session.train():
        if session.is_done:
            break
    session.finish()
    assert isinstance(session.model, RestrictedBoltzmannMachine)
    yield Fitted(
        "ours, weighted chains", over_uniform(session.model), session.trainer.epoch, session.trainer.seconds
    )
    ways: list[tuple[str, Rbms | Sklearn]] = [
        (f"rbms, {steps} Gibbs steps, rate {rate:g}", Rbms(images, steps, rate))
        for steps, rate in RBMS_SETTINGS
    ]
    ways += [
        (f"scikit-learn, batches of {size}, rate {rate:g}", Sklearn(images, size, rate))
        for size, rate in SKLEARN_SETTINGS
    ]
    for name, step in ways:
        start, updates = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            step()
            updates += 1
        yield Fitted(name, step.weights, updates, time.perf_counter() - start)


def over_uniform(model: RestrictedBoltzmannMachine) -> Weights:
    """Parameters over uniform images, what the base measure says taken into the biases."""
    table = model.base_measure.log_probabilities
    visible, hidden, weights = (
        part.detach().clone() for part in (model.visible, model.hidden, model.weights)
    )
    return Weights(visible + table[:, 1] - table[:, 0], hidden, weights)


class TwoSides(NamedTuple):
    """log Z from two sides.

    Attributes:
        base: of ladders that began at the base measure.
        data: of those that began at images.
        steps: that each recorded.
    """

    base: Thermometry
    data: Thermometry
    steps: int


def machine_of(weights: Weights, images: Tensor) -> RestrictedBoltzmannMachine:
    """The machine over the pixels' own ink, from which it is less far than from uniform images."""
    base = ProductBase.from_marginals(SPACE, images, 0.5, 0.0)
    table = base.log_probabilities
    return RestrictedBoltzmannMachine(
        base, weights.visible - (table[:, 1] - table[:, 0]), weights.hidden, weights.weights
    ).requires_grad_(False)


def two_sides(model: RestrictedBoltzmannMachine, images: Tensor) -> TwoSides:
    """log Z from both, run on until they agree."""
    generator = torch.Generator().manual_seed(1)
    chosen = images[torch.randint(len(images), (COLUMNS,), generator=generator)]
    ladders = [Ladder(COLUMNS, model.target, BlockGibbs(), generator, LADDER, x=x) for x in (None, chosen)]
    for ladder in ladders:
        ladder.tune(240)
    steps = STEPS
    while True:
        sides = []
        for ladder in ladders:
            ladder.run(steps // 2)
            sides.append(measure(record_energies(ladder, steps)))
        found = TwoSides(sides[0], sides[1], steps)
        gap = found.data.log_partition.value - found.base.log_partition.value
        if abs(gap) <= AGREEMENT or steps >= MOST_STEPS:
            return found
        steps *= 2


def compare_nats(dataset: Dataset, seconds: float) -> None:
    """Prints nats of all ways."""
    images = torch.as_tensor(dataset.training_items).float()
    test = torch.as_tensor(dataset.held_out_items[~dataset.in_validation]).float()
    print(f"\n{len(test)} test images, {seconds:g} s of training each")
    print(
        f"{'':38} {'updates':>8} {'seconds':>8} {'from base':>16} {'from data':>16} {'nats':>16} "
        f"{'training':>9} {'steps':>6}"
    )
    best = math.inf
    for fitted in trained(dataset, seconds):
        model = machine_of(fitted.weights, images)
        found = two_sides(model, images)
        held_out, learned = (float(model.target.surprisal(x).double().mean()) for x in (test, images))
        sides = [side.log_partition for side in (found.base, found.data)]
        middle = (sides[0].value + sides[1].value) / 2
        both = [f"{held_out + side.value:.2f} ± {side.error:.2f}" for side in sides]
        gap = sides[1].value - sides[0].value
        agree = abs(gap) <= AGREEMENT
        error = math.hypot(sides[0].error, sides[1].error) / 2
        verdict = f"{held_out + middle:.2f} ± {error:.2f}" if agree else f"apart by {gap:.1f}"
        print(
            f"{fitted.name:38} {fitted.updates:>8,} {fitted.seconds:>8.0f} {both[0]:>16} {both[1]:>16} "
            f"{verdict:>16} {learned + middle:>9.2f} {found.steps:>6}",
            flush=True,
        )
        if fitted.name.startswith("ours"):
            ours = held_out + middle
        else:
            best = min(best, held_out + min(side.value for side in sides))
    print(f"ours {ours:.2f}, the best of the others at least {best:.2f} nats")


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120.0, help="of training, for each; 0 leaves it out")
    parser.add_argument("--rounds", type=int, default=300, help="of steps that take turns")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    # As the application does.
    keep_freed_memory()
    torch.set_num_threads(arguments.threads)
    dataset = black_and_white()
    images, held_out = (
        torch.as_tensor(items).float() for items in (dataset.training_items, dataset.held_out_items)
    )
    try:
        compare_speed(images, held_out, arguments.rounds, arguments.threads)
        if arguments.seconds:
            compare_nats(dataset, arguments.seconds)
    except ImportError as error:
        print(f"{error.name} is missing: pip install -e '.[benchmarks]'")


if __name__ == "__main__":
    main()
