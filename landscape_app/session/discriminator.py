"""Discriminators against the chains of a sampler: their training and how well they tell."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.learning.discriminator import (
    Discriminator,
    Sides,
    discriminator_accuracy,
    discriminator_passes,
)
from landscape_app.physics.chains import Chains
from landscape_app.physics.space import require_images
from landscape_app.session.memory import CLASSIFYING, needs_memory
from landscape_app.session.records import DiscriminatorRecord
from landscape_app.session.sampler import Sampler

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
def discriminator_training(
    sampler: Sampler, held_out: Tensor, seed: int, passes: int = 25
) -> Iterator[float]:
    """Trains a discriminator against a sampler's chains; yields the share that is done.

    Real are the training images and three quarters of the held-out ones, generated those chains and what they
    leave over some moves; the chains themselves stay where they are. It is tested on the other held-out images and on
    other chains. When it is done it is the composer's next round.

    Args:
        sampler: its chains stay where they are, and its random state as it is.
        held_out: held-out images, shape (m, height, width).
        seed: of the run; every round uses random numbers of its own.
        passes: over the images.

    Raises:
        ValueError: there are too few chains.
    """
    chains, composer = sampler.chains, sampler.composer
    if len(chains) < LEAST_CHAINS:
        raise ValueError(
            tr(
                "a discriminator needs at least {least} chains to learn from, there are {chains}",
                least=LEAST_CHAINS,
                chains=len(chains),
            )
        )
    against = sampler.composition.formula_of(sampler.samples.model.formula)
    number = len(composer.discriminators) + 1
    generator = torch.Generator(chains.x.device).manual_seed(seed + 7_919 * number)
    states: list[Tensor] = [chains.x.clone()]
    kernel = copy.deepcopy(chains.kernel)
    runner = Chains(states[0], chains.target, kernel, generator, adapt=False)
    while sum(map(len, states)) < GENERATED:
        runner.run(SPACING)
        states.append(runner.x.clone())
        yield GATHERING * min(1.0, sum(map(len, states)) / GENERATED)
    learned, validation, test = _split(sampler.samples.data, held_out, torch.stack(states), generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + number)
        network = Discriminator(require_images(composer.space)).to(chains.x.device)
    for share in discriminator_passes(network, learned, validation, generator, passes):
        yield GATHERING + (1 - GATHERING) * share
    found = discriminator_accuracy(network, test)
    composer.discriminators.append(network)
    composer.rounds.append(DiscriminatorRecord(found.real, found.generated, found.error, against))


def _split(
    training: Tensor, held_out: Tensor, states: Tensor, generator: torch.Generator
) -> tuple[Sides, Sides, Sides]:
    """To learn from, to validate and to test; chains that are tested are others than those learned from.

    Args:
        training: real images, shape (n, height, width).
        held_out: others, shape (m, height, width).
        states: of the chains, shape (times, chains, *shape).
        generator: random state.
    """
    device = states.device
    real = held_out[torch.randperm(len(held_out), generator=torch.Generator().manual_seed(0)).to(device)]
    chains = states[:, torch.randperm(states.shape[1], generator=generator, device=device)]
    tested = -(-len(real) // TESTED), -(-chains.shape[1] // TESTED)
    known = torch.cat([training, real[tested[0] :]])
    known = known[torch.randperm(len(known), generator=generator, device=device)]
    others = chains[:, tested[1] :]
    kept = len(known) // VALIDATED, max(1, others.shape[1] // VALIDATED)
    return (
        Sides(known[kept[0] :], others[:, kept[1] :].flatten(0, 1)),
        Sides(known[: kept[0]], others[:, : kept[1]].flatten(0, 1)),
        Sides(real[: tested[0]], chains[:, : tested[1]].flatten(0, 1)),
    )
