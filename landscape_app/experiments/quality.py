"""Quality of sets of images, real and made, on one scale, and pictures of many images at once."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.data import Dataset
from landscape_app.experiments.figure import Images, Marker, Panel, Points, Role
from landscape_app.language import tr
from landscape_app.learning.quality import (
    AdversarialAccuracy,
    EvaluationClassifier,
    adversarial_accuracy,
    classifier_distance,
    classifier_distance_error,
    evaluator_passes,
)
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.space import Levels
from landscape_app.session.session import Session

_evaluators: dict[str, EvaluationClassifier] = {}
"""Evaluation classifiers by the name of their data: one is the same for every experiment, and takes half a minute."""


def evaluator_training(dataset: Dataset) -> Generator[float, None, EvaluationClassifier]:
    """The evaluation classifier of a data set, trained on all its real images; yields the share that is done.

    Once trained it is kept for the experiments that follow.
    """
    if dataset.name not in _evaluators:
        space = Levels(dataset.items.shape[1:], dataset.levels)
        images, labels = torch.as_tensor(dataset.items).float(), torch.as_tensor(dataset.labels)
        _evaluators[dataset.name] = yield from evaluator_passes(space, images, labels)
    return _evaluators[dataset.name]


def classes_of(evaluator: EvaluationClassifier, images: Tensor) -> Tensor:
    """The evaluation classifier's class of every image, int64, shape (n,)."""
    with torch.no_grad():
        return evaluator(images).argmax(1)


def image_rows(
    title: str,
    groups: Sequence[tuple[str, Tensor | np.ndarray]],
    shown: int,
    top: float,
    standing: bool = False,
) -> Panel:
    """Rows of images, each with its name; or columns, with their names above.

    Args:
        title: what they show.
        groups: a name and at least `shown` images in levels, shape (n, height, width), for each row or column.
        shown: images in a row or column.
        top: the highest level.
        standing: True for columns.
    """
    images = np.stack([np.asarray(images)[:shown] for _, images in groups], axis=1 if standing else 0)
    _, columns, *shape = images.shape
    names = tuple(name for name, _ in groups)
    named = {"heads": names} if standing else {"rows": names}
    return Panel(title, (Images(images.reshape(-1, *shape).astype(np.uint8), columns, top, **named),))


SHOWN = 14
"""Images in a row of a mosaic."""

HELD_OUT, TRAINING, BASE = tr("held-out images"), tr("training images"), tr("base measure")
MODEL, SHIPPED, VAE = "Min-MaxEnt", tr("Min-MaxEnt, shipped"), "VAE"


class Quality(NamedTuple):
    """Quality of one set of images.

    Attributes:
        distance: FCD from held-out images.
        distance_error: its standard error, as far as it comes from these images.
        accuracy: AATS against as many held-out images.
        rarest: the rarest class's share, over that in the training set, as if the images were independent.
        images: some of them, levels, shape (SHOWN, height, width).
    """

    distance: float
    distance_error: float
    accuracy: AdversarialAccuracy
    rarest: Estimate
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
        tr("How far from real images are they?"),
        (
            Marker(0.5, tr("nobody can tell"), upright=False),
            *(
                Points(np.array([found.distance]), np.array([found.accuracy.real]), name, roles[name], 8.0)
                for name, found in qualities.items()
            ),
        ),
        tr("FCD from held-out images"),
        tr("real images whose nearest neighbour is real"),
        x_log=True,
        y_range=(0.4, 1.05),
    )


def qualities_of(
    session: Session, evaluator: EvaluationClassifier, made: Mapping[str, Tensor]
) -> dict[str, Quality]:
    """Quality of all sets of images, real ones among them, by their names.

    Args:
        session: whose held-out images they are compared with.
        evaluator: in whose features.
        made: images in levels, shape (n, height, width), n at most half of the held-out ones.
    """
    held_out = session.held_out_items
    order = torch.randperm(len(held_out), generator=torch.Generator().manual_seed(0))
    first, second = held_out[order].chunk(2)
    n = max(map(len, made.values()))
    return {
        HELD_OUT: quality_of(session, evaluator, first[:n], second),
        TRAINING: quality_of(session, evaluator, session.training_items, held_out[order]),
        **{name: quality_of(session, evaluator, images, held_out[order]) for name, images in made.items()},
    }


def rarest_share(found: Tensor, known: Tensor, classes: int) -> Estimate:
    """Share of the class that is rarest in `found` beside `known`, over its share there, with the error of `found`.

    Args:
        found: classes of independent samples, shape (n,).
        known: classes of the training set, shape (m,), each of which occurs.
        classes: how many there are.
    """
    shares = found.bincount(minlength=classes).double() / len(found)
    expected = known.bincount(minlength=classes).double() / len(known)
    rarest = int((shares / expected).argmin())
    share, of = Estimate.share(float(shares[rarest]), len(found)), float(expected[rarest])
    return Estimate(share.value / of, share.error / of)


def quality_of(session: Session, evaluator: EvaluationClassifier, images: Tensor, real: Tensor) -> Quality:
    """Quality of some images beside real ones, all in levels, shapes (n, height, width) and (m, height, width)."""
    return Quality(
        distance=classifier_distance(evaluator, images, real),
        distance_error=classifier_distance_error(evaluator, images, real),
        accuracy=adversarial_accuracy(real[: len(images)], images),
        rarest=rarest_share(
            classes_of(evaluator, images), torch.as_tensor(session.dataset.training_labels), session.classes
        ),
        images=images[:: max(1, len(images) // SHOWN)][:SHOWN].numpy(),
    )
