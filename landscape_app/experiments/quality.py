"""How good sets of digits are, real and made, on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.experiments.figure import Marker, Panel, Points, Role
from landscape_app.experiments.pictures import classes_of
from landscape_app.learning.quality import (
    AdversarialAccuracy,
    Judge,
    adversarial_accuracy,
    classifier_distance,
)
from landscape_app.session import Session

SHOWN = 14
"""Images in a row of a mosaic."""

HELD_OUT, TRAINING, BASE = "held-out images", "training images", "base measure"
MODEL, SHIPPED, VAE = "Min-MaxEnt", "Min-MaxEnt, shipped", "VAE"


class Quality(NamedTuple):
    """How good one set of images is.

    Attributes:
        distance: FCD from held-out images.
        accuracy: AATS against as many held-out images.
        rarest: the rarest class's share, over that in the training set.
        images: some of them, levels, shape (SHOWN, height, width).
    """

    distance: float
    accuracy: AdversarialAccuracy
    rarest: float
    images: np.ndarray


def quality_panel(qualities: Mapping[str, Quality]) -> Panel:
    """FCD and AATS of all sets of images; of AATS the share that noise cannot have by chance."""
    roles = {
        HELD_OUT: Role.DATA,
        TRAINING: Role.OTHER,
        BASE: Role.OTHER,
        MODEL: Role.MODEL,
        SHIPPED: Role.TRUTH,
        VAE: Role.RIVAL,
    }
    return Panel(
        "How far from real images are they?",
        (
            Marker(0.5, "nobody can tell", upright=False),
            *(
                Points(np.array([found.distance]), np.array([found.accuracy.real]), name, roles[name], 8.0)
                for name, found in qualities.items()
            ),
        ),
        "FCD from held-out images",
        "real images whose nearest neighbour is real",
        x_log=True,
        y_range=(0.4, 1.05),
    )


def qualities_of(session: Session, judge: Judge, made: Mapping[str, Tensor]) -> dict[str, Quality]:
    """How good all sets of images are, real ones among them, by their names.

    Args:
        session: whose held-out images they are compared with.
        judge: in whose features.
        made: images in levels, shape (n, height, width), n at most half of the held-out ones.
    """
    held_out = session.held_out_items
    order = torch.randperm(len(held_out), generator=torch.Generator().manual_seed(0))
    first, second = held_out[order].chunk(2)
    n = max(map(len, made.values()))
    return {
        HELD_OUT: quality_of(session, judge, first[:n], second),
        TRAINING: quality_of(session, judge, session.training_items, held_out[order]),
        **{name: quality_of(session, judge, images, held_out[order]) for name, images in made.items()},
    }


def quality_of(session: Session, judge: Judge, images: Tensor, real: Tensor) -> Quality:
    """How good some images are, beside real ones, all in levels, shapes (n, height, width) and (m, height, width)."""
    known = torch.as_tensor(session.dataset.training_labels).bincount(minlength=session.classes).double()
    counts = classes_of(judge, images).bincount(minlength=session.classes).double()
    return Quality(
        distance=classifier_distance(judge, images, real),
        accuracy=adversarial_accuracy(real[: len(images)], images),
        rarest=float(((counts / counts.sum()) / (known / known.sum())).min()),
        images=images[:: max(1, len(images) // SHOWN)][:SHOWN].numpy(),
    )
