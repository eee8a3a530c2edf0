"""The class network of a session's data."""

from __future__ import annotations

from collections.abc import Generator
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
