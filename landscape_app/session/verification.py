"""Evidence on whether images come from a model, for images that do not say so themselves; with its error rates.

Two kinds: where the model's energy of an image lies among those of its own fresh samples and of held-out images, and
what a discriminator says that has learned to tell the two apart. Neither is proof: a good model's samples look real.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from landscape_app.learning.discriminator import Discriminator, Sides, discriminator_passes
from landscape_app.physics.host import to_host
from landscape_app.physics.observables import require_images
from landscape_app.session.memory import VERIFYING, needs_memory
from landscape_app.session.sampling import drawing
from landscape_app.session.session import Session

SAMPLES = 512
"""Fresh samples, each from a ladder of replicas of its own."""

STEPS = 100
"""Kernel steps of the ladders, whose replicas begin in equilibrium."""

FOLDS = 3
"""Parts into which held-out images and chains are split: each is judged by what has learned from the others."""

PASSES = 10
"""Of a discriminator over what it learns from."""

VALIDATED = 5
"""One in so many of them is kept to stop and scale by."""

SAMPLING = 0.6
"""Share of the time that fresh samples take."""


@dataclass(frozen=True)
class Share:
    """A share that was counted.

    Attributes:
        value: 0 to 1.
        count: of how many that are independent.
    """

    value: float
    count: int

    @property
    def error(self) -> float:
        """Its standard error; that of one more of each kind, so that a share of nought is not taken for certain."""
        p = (self.value * self.count + 1) / (self.count + 2)
        return math.sqrt(p * (1 - p) / (self.count + 2))


@dataclass(frozen=True)
class ImageEvidence:
    """What there is to say of one image.

    Attributes:
        energy: −log P(x) up to a constant, from the training images' mean, nats.
        below_samples: share of the fresh samples whose energy is lower.
        below_held_out: share of the held-out images whose energy is lower.
        training_twin: number of the training image that it equals, from 1; None for none.
        held_out_twin: number of the held-out image that it equals, from 1; None for none.
        log_odds: of being real, in nats, by discriminators that have not learned from it; None where there are none.
    """

    energy: float
    below_samples: float
    below_held_out: float
    training_twin: int | None
    held_out_twin: int | None
    log_odds: float | None

    @property
    def called_generated(self) -> bool:
        """Whether the discriminators take it for generated: log-odds below the threshold, 0."""
        return self.log_odds is not None and self.log_odds <= 0


@dataclass(frozen=True)
class Evidence:
    """What there is to say of images, and how often it is wrong.

    Attributes:
        images: one each.
        samples: number of fresh samples that they were compared with.
        held_out: number of held-out images.
        false_positives: share of held-out images that are called generated; None without a discriminator.
        false_negatives: share of fresh samples that are called real.
    """

    images: tuple[ImageEvidence, ...]
    samples: int
    held_out: int
    false_positives: Share | None
    false_negatives: Share | None


@needs_memory(VERIFYING)
def examination(session: Session, images: np.ndarray, seed: int = 0) -> Generator[float, None, Evidence]:
    """Compares images with a model's fresh samples and its data; yields the share of the work that is done.

    Args:
        session: the model at rest, under no composition; its walkers are used up.
        images: levels, shape (n, height, width).
        seed: of the samples and the discriminators.

    Returns:
        The evidence. Without a discriminator where the images' sides are odd, or there are too few of them.

    Raises:
        ValueError: its space holds no images.
    """
    space = require_images(session.space)
    session.seed_walkers(seed)
    samples = yield from _fresh_samples(session)
    x = torch.as_tensor(images, dtype=torch.float32).to(session.device)
    training, held_out = session.training_items, session.held_out_items
    origin = float(_energies(session, training).mean())
    energies = [to_host(_energies(session, part) - origin).numpy() for part in (x, samples, held_out)]
    twins = [_twins(x, part) for part in (training, held_out)]
    judged: _Judgement | None = None
    if all(side % 2 == 0 for side in space.shape) and len(held_out) >= 2 * FOLDS:
        judged = yield from _judgement(session, x, samples, twins[1], seed)
    found = [
        ImageEvidence(
            energy=float(energy),
            below_samples=float((energies[1] < energy).mean()),
            below_held_out=float((energies[2] < energy).mean()),
            training_twin=twins[0][i],
            held_out_twin=twins[1][i],
            # What has learned from an image has nothing to say about it.
            log_odds=None if judged is None or twins[0][i] is not None else float(judged.images[i]),
        )
        for i, energy in enumerate(energies[0])
    ]
    return Evidence(
        images=tuple(found),
        samples=len(samples),
        held_out=len(held_out),
        false_positives=None if judged is None else Share(float((judged.real <= 0).mean()), len(judged.real)),
        false_negatives=None if judged is None else Share(float((judged.generated > 0).mean()), len(samples)),
    )


def split_evidence(evidence: Evidence, counts: Sequence[int]) -> list[Evidence]:
    """Evidence on the images of several pictures, picture by picture; `counts` of images in each."""
    ends = np.cumsum(counts).tolist()
    return [
        replace(evidence, images=evidence.images[end - n : end]) for n, end in zip(counts, ends, strict=True)
    ]


def _fresh_samples(session: Session) -> Generator[float, None, Tensor]:
    """Samples from ladders of replicas that start at the base measure, shape (`SAMPLES`, *shape).

    Those from the reservoir would share ancestors: a discriminator that has learned from one would know the other.
    """
    taken: list[Tensor] = []
    for record in drawing(session, SAMPLES, STEPS, "base", ladder=True):
        if record.drawn is not None:
            taken.append(record.x.clone())
        yield SAMPLING * record.share
    return torch.cat(taken)


def _energies(session: Session, x: Tensor) -> Tensor:
    """H(x) − log q(x), shape (n,)."""
    with torch.no_grad():
        return session.model_energy(x) - session.base.log_prob(x)


def _twins(x: Tensor, others: Tensor) -> list[int | None]:
    """For each image the number of the first of others that equals it, from 1."""
    places = {item.tobytes(): i for i, item in reversed(list(enumerate(to_host(others).numpy(), start=1)))}
    return [places.get(item.tobytes()) for item in to_host(x).numpy()]


@dataclass(frozen=True, eq=False)
class _Judgement:
    """Log-odds of being real by discriminators that have not learned from what they judge, each of shape (n,)."""

    images: np.ndarray
    real: np.ndarray
    generated: np.ndarray


def _judgement(
    session: Session, x: Tensor, samples: Tensor, twins: list[int | None], seed: int
) -> Generator[float, None, _Judgement]:
    space, device = require_images(session.space), session.device
    generator = torch.Generator(device).manual_seed(seed)
    real, training = session.held_out_items, session.training_items
    fold_of_real, fold_of_sample = _folds(len(real), seed), _folds(len(samples), seed)
    out_of_fold = [np.zeros(len(real)), np.zeros(len(samples))]
    of_images = np.zeros((FOLDS, len(x)))
    for fold in range(FOLDS):
        learned, validation = _split(
            torch.cat([training, real[fold_of_real != fold]]), samples[fold_of_sample != fold], generator
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + fold)
            network = Discriminator(space).to(device)
        for share in discriminator_passes(network, learned, validation, generator, PASSES):
            yield SAMPLING + (1 - SAMPLING) * (fold + share) / FOLDS
        with torch.no_grad():
            for found, part, places in zip(
                out_of_fold, (real, samples), (fold_of_real, fold_of_sample), strict=True
            ):
                found[places == fold] = to_host(network(part[places == fold])).numpy()
            of_images[fold] = to_host(network(x)).numpy()
    scores = of_images.mean(0)
    for i, twin in enumerate(twins):
        if twin is not None:
            scores[i] = out_of_fold[0][twin - 1]
    return _Judgement(scores, *out_of_fold)


def _folds(count: int, seed: int) -> np.ndarray:
    """Which fold each of so many is in, shape (count,)."""
    folds: np.ndarray = np.random.default_rng(seed).permutation(count) % FOLDS
    return folds


def _split(real: Tensor, generated: Tensor, generator: torch.Generator) -> tuple[Sides, Sides]:
    """To learn from, and to stop and scale by."""
    parts = []
    for side in (real, generated):
        side = side[torch.randperm(len(side), generator=generator, device=side.device)]
        kept = max(1, len(side) // VALIDATED)
        parts.append((side[kept:], side[:kept]))
    return Sides(parts[0][0], parts[1][0]), Sides(parts[0][1], parts[1][1])
