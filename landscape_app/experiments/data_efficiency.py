"""How many images a model needs: held-out cross-entropy and quality against the size of the training set."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from landscape_app.data import load_digits
from landscape_app.experiments.experiment import Finding
from landscape_app.experiments.figure import Curve, Panel, Points, Role
from landscape_app.experiments.models import (
    autoregressive_training,
    fresh_samples,
    model_training,
    new_session,
    vae_training,
)
from landscape_app.experiments.steps import part
from landscape_app.learning.quality import Judge, classifier_distance, classifier_distance_error

SIZES = (25, 50, 100, 200, 800)

DOUBT = 2.0
"""Standard errors within which two figures count as equal."""


class SizeRecord(NamedTuple):
    """What so many training images are good for, on test images that are the same for all sizes.

    Attributes:
        size: of the training set.
        cross_entropy: of the model, nats an image.
        cross_entropy_error: its standard error, from log Z alone, as the test images are the same.
        autoregressive: cross-entropy of the autoregressive network, nats an image.
        distance: FCD of the model's fresh samples.
        distance_vae: FCD of the VAE's samples.
        distance_error: standard error of their difference.
    """

    size: int
    cross_entropy: float
    cross_entropy_error: float
    autoregressive: float
    distance: float
    distance_vae: float
    distance_error: float


def size_measurement(
    size: int, epochs: int, samples: int, judge: Judge, seed: int
) -> Generator[float, None, SizeRecord]:
    """Trains the model, then its two rivals for the same time, on a training set; yields the share that is done.

    Args:
        size: of the training set.
        epochs: of training at most; the autoregressive network stops where it is at its best, too.
        samples: by which quality is judged.
        judge: of all sizes.
        seed: of every random number.
    """
    test = torch.as_tensor(load_digits().with_training(max(SIZES)).held_out_items).float()
    session = new_session(seed, epochs, size)
    outcome = yield from part(model_training(session), 0.0, 0.45)
    nats = float(session.model.target.surprisal(test).mean()) + outcome.final.log_partition
    fresh = yield from part(fresh_samples(session, samples), 0.45, 0.5)
    autoregressive = yield from part(autoregressive_training(session, test), 0.5, 0.6)
    vae = yield from part(vae_training(session), 0.6, 1.0)
    imagined = vae.sample(samples, torch.Generator().manual_seed(seed))
    errors = (classifier_distance_error(judge, made, test) for made in (fresh, imagined))
    return SizeRecord(
        size,
        nats,
        outcome.final.log_partition_error,
        autoregressive,
        classifier_distance(judge, fresh, test),
        classifier_distance(judge, imagined, test),
        math.hypot(*errors),
    )


def efficiency_panels(records: Sequence[SizeRecord]) -> tuple[Panel, Panel]:
    """Cross-entropy and FCD against the size of the training set."""
    size = np.array([record.size for record in records], dtype=float)

    def column(name: str) -> np.ndarray:
        return np.array([getattr(record, name) for record in records], dtype=float)

    def joined(name: str, label: str, role: Role) -> tuple[Curve, Points]:
        return Curve(size, column(name), role=role), Points(size, column(name), label, role, 6.0)

    density = Panel(
        "How many images does a density need?",
        (
            *joined("cross_entropy", "Min-MaxEnt", Role.MODEL),
            *joined("autoregressive", "autoregressive network (PixelCNN)", Role.RIVAL),
        ),
        "training images",
        "cross-entropy of test images, nats an image",
        x_log=True,
    )
    quality = Panel(
        "How many images do good samples need?",
        (
            *joined("distance", "Min-MaxEnt, fresh samples", Role.MODEL),
            *joined("distance_vae", "VAE", Role.RIVAL),
        ),
        "training images",
        "FCD from test images",
        x_log=True,
        y_log=True,
    )
    return density, quality


def efficiency_findings(records: Sequence[SizeRecord]) -> tuple[Finding, ...]:
    """The verdicts on all sizes."""
    falls = all(b.cross_entropy < a.cross_entropy for a, b in pairwise(records))
    closer = all(r.distance - r.distance_vae < DOUBT * r.distance_error for r in records)
    return (
        Finding(
            "5",
            "Held-out cross-entropy with more training images, beside an autoregressive network",
            "falls from each size to the next",
            "; ".join(f"{r.size}: {r.cross_entropy:.1f} beside {r.autoregressive:.1f}" for r in records)
            + " nats",
            falls,
        ),
        Finding(
            "5",
            "FCD of fresh samples with more training images, beside a VAE",
            f"at most {DOUBT:g} standard errors above the VAE's, at every size",
            "; ".join(
                f"{r.size}: {r.distance:.0f} beside {r.distance_vae:.0f} ± {r.distance_error:.0f}"
                for r in records
            ),
            closer,
        ),
    )
