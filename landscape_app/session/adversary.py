"""Discriminators against the chains of a session: what they learn from, and how well they tell."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor

from landscape_app.learning.discriminator import (
    Discriminator,
    Sides,
    discriminator_accuracy,
    discriminator_passes,
)
from landscape_app.physics.chains import Chains
from landscape_app.physics.observables import require_images
from landscape_app.session.memory import CLASSIFYING, needs_memory
from landscape_app.session.records import DiscriminatorRecord
from landscape_app.session.session import Session

LEAST_CHAINS = 10
"""Chains below which there are none to learn from and others to test on."""

GENERATED = 1_200
"""States of the chains to gather."""

SPACING = 10
"""Moves between two states of a chain."""

TESTED, VALIDATED = 4, 5
"""One in so many is kept for the test, and of the others one in so many to stop and scale by."""

GATHERING = 0.3
"""Share of the time that gathering states takes."""


@needs_memory(CLASSIFYING)
def discriminator_training(session: Session, passes: int = 25) -> Iterator[float]:
    """Trains a discriminator against the sampler's chains; yields the share that is done.

    Real are the training images and three quarters of the held-out ones, generated those chains and what they
    leave over some moves; the chains themselves stay where they are. It is tested on the other held-out images and on
    other chains. When it is done it is the session's next round.

    Args:
        session: whose chains, under its composition.
        passes: over the images.

    Raises:
        ValueError: there are too few chains.
    """
    chains = session.sampler.chains
    if len(chains) < LEAST_CHAINS:
        raise ValueError(
            f"a discriminator needs at least {LEAST_CHAINS} chains to learn from, there are {len(chains)}"
        )
    against = session.composition.formula
    number = len(session.composer.discriminators) + 1
    generator = torch.Generator(session.device).manual_seed(session.configuration.seed + 7_919 * number)
    states: list[Tensor] = [chains.x.clone()]
    kernel = copy.deepcopy(chains.kernel)
    runner = Chains(states[0], chains.target, kernel, generator, adapt=False)
    while sum(map(len, states)) < GENERATED:
        runner.run(SPACING)
        states.append(runner.x.clone())
        yield GATHERING * min(1.0, sum(map(len, states)) / GENERATED)
    learned, validation, test = _split(session, torch.stack(states), generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(session.configuration.seed + number)
        network = Discriminator(require_images(session.space)).to(session.device)
    for share in discriminator_passes(network, learned, validation, generator, passes):
        yield GATHERING + (1 - GATHERING) * share
    found = discriminator_accuracy(network, test)
    session.composer.discriminators.append(network)
    session.composer.rounds.append(DiscriminatorRecord(found.real, found.generated, found.error, against))


def train_discriminator(session: Session, passes: int = 25) -> DiscriminatorRecord:
    """All of `discriminator_training` at once, with the same arguments; how well the discriminator tells."""
    for _ in discriminator_training(session, passes):
        pass
    return session.composer.rounds[-1]


def _split(session: Session, states: Tensor, generator: torch.Generator) -> tuple[Sides, Sides, Sides]:
    """To learn from, to validate and to test; chains that are tested are others than those learned from.

    Args:
        session: with the real images.
        states: of the chains, shape (times, chains, *shape).
        generator: random state.
    """
    held_out, device = session.held_out_items, session.device
    real = held_out[torch.randperm(len(held_out), generator=torch.Generator().manual_seed(0)).to(device)]
    chains = states[:, torch.randperm(states.shape[1], generator=generator, device=device)]
    tested = -(-len(real) // TESTED), -(-chains.shape[1] // TESTED)
    known = torch.cat([session.training_items, real[tested[0] :]])
    known = known[torch.randperm(len(known), generator=generator, device=device)]
    others = chains[:, tested[1] :]
    kept = len(known) // VALIDATED, max(1, others.shape[1] // VALIDATED)
    return (
        Sides(known[kept[0] :], others[:, kept[1] :].flatten(0, 1)),
        Sides(known[: kept[0]], others[:, : kept[1]].flatten(0, 1)),
        Sides(real[: tested[0]], chains[:, : tested[1]].flatten(0, 1)),
    )
