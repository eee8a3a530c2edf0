"""A run's discriminators to and from the arrays of its file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from landscape_app.learning.discriminator import Discriminator
from landscape_app.physics.host import to_host
from landscape_app.physics.observables import require_images
from landscape_app.session.records import DiscriminatorRecord
from landscape_app.session.sampler import Composer
from landscape_app.session.session import Session

GROUP = "discriminators"


def discriminator_arrays(composer: Composer) -> dict[str, np.ndarray]:
    """The networks of every round and how well they tell, by their paths in the file."""
    arrays: dict[str, np.ndarray] = {}
    for number, (network, found) in enumerate(zip(composer.discriminators, composer.rounds, strict=True), 1):
        place = f"{GROUP}/{number}"
        for name, values in network.state_dict().items():
            arrays[f"{place}/network/{name}"] = to_host(values).numpy()
        arrays[f"{place}/accuracy"] = np.array([found.real, found.generated, found.error])
        arrays[f"{place}/against"] = np.frombuffer(found.against.encode(), np.uint8)
    return arrays


def restore_discriminators(session: Session, arrays: Mapping[str, np.ndarray]) -> None:
    """Gives a session the discriminators of its file.

    Raises:
        KeyError, ValueError: one of them is not whole.
    """
    number = 1
    while f"{GROUP}/{number}/accuracy" in arrays:
        place = f"{GROUP}/{number}"
        network = Discriminator(require_images(session.space))
        for name, values in network.state_dict().items():
            found = arrays[f"{place}/network/{name}"]
            if found.shape != tuple(values.shape) or not np.isfinite(found).all():
                raise ValueError(
                    f"{place}/network/{name} needs {tuple(values.shape)} finite numbers, has {found.shape}"
                )
            with torch.no_grad():
                values.copy_(torch.as_tensor(found))
        accuracy = arrays[f"{place}/accuracy"]
        if accuracy.shape != (3,) or not ((accuracy >= 0) & (accuracy <= 1)).all():
            raise ValueError(f"{place}/accuracy must be three shares between 0 and 1")
        against = arrays[f"{place}/against"].astype(np.uint8).tobytes().decode(errors="replace")
        real, generated, error = map(float, accuracy)
        session.composer.discriminators.append(network.requires_grad_(False).to(session.device))
        session.composer.rounds.append(DiscriminatorRecord(real, generated, error, against))
        number += 1
