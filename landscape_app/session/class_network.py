"""The class network of a session's data, and networks that learn between two steps of something else."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import torch

from landscape_app.learning.classifier import ImageClassifier, LabelledImages, real_image_training
from landscape_app.physics.observables import require_images

if TYPE_CHECKING:
    from landscape_app.session.session import Session


def class_network_training(
    session: Session, seed: int, epochs: int
) -> Generator[float, None, tuple[ImageClassifier, float]]:
    """Trains a class network on a session's images (`real_image_training`); yields the share that is done."""
    data = session.dataset
    outcome = yield from real_image_training(
        require_images(session.space),
        session.classes,
        LabelledImages(session.training_items, torch.as_tensor(data.training_labels)),
        LabelledImages(session.held_out_items, torch.as_tensor(data.held_out_labels)),
        seed,
        epochs,
    )
    return outcome


def learn_for(steps: Iterator[float], seconds: float) -> float | None:
    """Goes on with a network's training for about so many seconds; the share that is done, None at its end."""
    due = time.perf_counter() + seconds
    share = next(steps, None)
    while share is not None and time.perf_counter() < due:
        share = next(steps, None)
    return share
