"""Quality of samples after a fixed time of training, beside VAEs given the same time (prints one table).

Samples of the model are the training's own chains, and chains that took no part in it: ladders of replicas that
start at the base measure, and these again much later. Wanted: fresh 0.8 to 1.25 of persistent, ≤ the VAE, goal 0.6 of
it, every class at 0.6 of its share at least and 1.5 at most, and no rise over 20% later. Above the table is what the
application itself says of its fresh chains, and how long the end of the training took.

Two VAEs of the observables' architecture: the usual one, with Gaussian pixels, and the best one found, with a
categorical distribution over each pixel's levels, like the model's own space.

python tests/benchmarks/quality.py [--seconds 120] [--seed 0] [--rivals none]
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.learning.quality import (
    EvaluationClassifier,
    adversarial_accuracy,
    classifier_distance,
    evaluator_passes,
)
from landscape_app.learning.vae import VariationalAutoencoder, vae_passes
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.resampling import systematic_resample
from landscape_app.physics.space import Levels
from landscape_app.problems import PROBLEMS
from landscape_app.session.session import Session
from landscape_app.session.share_out import finished

SAMPLES = 512
FRESH_SWEEPS = 600
MORE_SWEEPS = 3_000


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        name: of the images.
        distance: FCD against the held-out images.
        counts: of the evaluation classifier's classes.
        accuracy: AATS against as many held-out images.
        nearest: median distance to the nearest training image, pixels in [0, 1].
    """

    name: str
    distance: float
    counts: list[int]
    accuracy: float
    nearest: float


def train_model(seed: int, seconds: float) -> Session:
    """The default configuration, trained for a wall-clock time; says how its end went."""
    session = Session(replace(PROBLEMS["digits"].defaults, seed=seed, planned_seconds=seconds), device="cpu")
    for _ in session.train():
        if session.is_done:
            break
    session.train_classifier()
    epochs, trained = session.trainer.epoch, session.trainer.seconds
    start = time.perf_counter()
    outcome = session.finish()
    print(
        f"{epochs:,} epochs in {trained:.0f} s, the end of the training in {time.perf_counter() - start:.0f} s more"
    )
    if outcome.fresh is not None:
        print("\n".join(outcome.fresh.sentences))
    return session


def persistent_samples(session: Session, generator: torch.Generator) -> Tensor:
    """The training ensemble, resampled by its weights, shape (SAMPLES, height, width).

    Where its chains are fewer than the samples, again after 40 moves, as often as it takes.
    """
    ensemble = session.trainer.ensemble
    n = min(SAMPLES, len(ensemble))
    rounds = []
    for i in range(-(-SAMPLES // n)):
        if i:
            ensemble.run(40)
        chains = ensemble.chains_at_one
        rounds.append(chains.x[systematic_resample(chains.log_weights, n, generator)])
    return torch.cat(rounds)[:SAMPLES]


def fresh_samples(session: Session, generator: torch.Generator, count: int = SAMPLES) -> Tensor:
    """Ladders from the base measure after `FRESH_SWEEPS`, at β = 1, shape (count, height, width)."""
    target = session.model.target
    ladder = Ladder(count, target, DiscreteLangevin(), generator)
    ladder.tune(FRESH_SWEEPS // 2)
    ladder.run(FRESH_SWEEPS // 2)
    return ladder.x


def moved_on(session: Session, x: Tensor, generator: torch.Generator) -> Tensor:
    """The same chains after `MORE_SWEEPS` under the model alone."""
    chains = Chains(x, session.model.target, DiscreteLangevin(), generator)
    chains.run(50)
    chains.adapt = False
    chains.run(MORE_SWEEPS - 50)
    return chains.x


def nearest_distance(images: Tensor, references: Tensor, space: Levels) -> Tensor:
    """Euclidean distance of each image to its nearest reference, pixels scaled to [0, 1], shape (n,)."""
    return torch.cdist(space.unit(images).flatten(1), space.unit(references).flatten(1)).amin(1)


def row(name: str, images: Tensor, evaluator: EvaluationClassifier, session: Session) -> Row:
    """Every figure of one set of images."""
    held_out, training = session.held_out_items, session.training_items
    order = torch.randperm(len(held_out), generator=torch.Generator().manual_seed(0))
    n = min(len(images), len(held_out))
    with torch.no_grad():
        counts = evaluator(images).argmax(1).bincount(minlength=session.classes)
    return Row(
        name,
        classifier_distance(evaluator, images, held_out),
        counts.tolist(),
        adversarial_accuracy(held_out[order[:n]], images[:n]).mean,
        float(nearest_distance(images, training, session.space).median()),
    )


def class_shares(line: Row, session: Session) -> Tensor:
    """Each class's share of the images over its share in the training set, shape (classes,)."""
    labels = torch.as_tensor(session.dataset.training_labels).bincount(minlength=session.classes).double()
    shares = torch.tensor(line.counts, dtype=torch.float64) / sum(line.counts)
    return shares / (labels / labels.sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="of training, for each model")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rivals", choices=("vae", "none"), default="vae")
    options = parser.parse_args()

    session = train_model(options.seed, options.seconds)
    generator = torch.Generator().manual_seed(options.seed + 1)
    rival = train_rival(session, options.seed, options.seconds) if options.rivals == "vae" else None
    dataset = session.dataset
    images = torch.as_tensor(dataset.items).float()
    evaluator = finished(evaluator_passes(session.space, images, torch.as_tensor(dataset.labels)))

    held_out = session.held_out_items
    order = torch.randperm(len(held_out), generator=torch.Generator().manual_seed(0))
    first, second = held_out[order].chunk(2)
    model = persistent_samples(session, generator)
    ours = row("persistent chains", model, evaluator, session)
    theirs = [] if rival is None else [row("VAE", rival.sample(SAMPLES, generator), evaluator, session)]
    noise = ProductBase.uniform(session.space).sample(SAMPLES, generator)
    fresh_images = fresh_samples(session, generator)
    fresh = row(f"fresh ladders, {FRESH_SWEEPS}", fresh_images, evaluator, session)
    later = row(
        f"the same, {MORE_SWEEPS} later", moved_on(session, fresh_images, generator), evaluator, session
    )
    table = [
        row("training images", session.training_items, evaluator, session),
        row("noise", noise, evaluator, session),
        row("base measure", session.model.base_measure.sample(SAMPLES, generator), evaluator, session),
        *theirs,
        ours,
        fresh,
        later,
    ]

    print(f"{options.seconds:g} s of training each, seed {options.seed}, {torch.get_num_threads()} threads")
    print(f"epochs of the model: {session.trainer.epoch}")
    print(f"{'images':26s} {'FCD':>7s} {'AATS':>6s} {'nearest':>8s}  classes 0 to 9")
    halves = classifier_distance(evaluator, first, second)
    nearest = float(nearest_distance(held_out, session.training_items, session.space).median())
    print(f"{'held-out, half to half':26s} {halves:7.1f} {'':6s} {nearest:8.2f}")
    for line in table:
        counts = " ".join(f"{count:3d}" for count in line.counts)
        print(f"{line.name:26s} {line.distance:7.1f} {line.accuracy:6.2f} {line.nearest:8.2f}  {counts}")
    print(f"fresh / persistent: {fresh.distance / ours.distance:.2f}   (0.8 to 1.25)")
    for line in theirs:
        print(f"fresh / {line.name}: {fresh.distance / line.distance:.2f}   (at most 1, goal 0.6)")
    print(f"{MORE_SWEEPS:,} sweeps later / fresh: {later.distance / fresh.distance:.2f}   (at most 1.2)")
    for line in (ours, fresh, later):
        shares = class_shares(line, session)
        error = math.sqrt(0.09 / sum(line.counts)) / 0.1
        print(
            f"{line.name}: classes have {float(shares.min()):.2f} to {float(shares.max()):.2f} of their share in the "
            f"training set, ± {error:.2f}   (0.6 to 1.5)"
        )


def train_rival(session: Session, seed: int, seconds: float) -> VariationalAutoencoder:
    """A VAE trained on the same images for the same time."""
    torch.manual_seed(seed)
    vae = VariationalAutoencoder(session.space)
    for _ in vae_passes(vae, session.training_items, torch.Generator().manual_seed(seed), seconds):
        pass
    return vae


if __name__ == "__main__":
    main()
