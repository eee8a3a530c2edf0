"""How walkers go on where something of their composition fails or is missing."""

from __future__ import annotations

import time

import torch

from landscape_app.physics.hamiltonian import Target, mixed
from landscape_app.physics.host import to_host
from landscape_app.physics.resampling import effective_sample_size, resample_move
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.composition_edits import switched_off
from landscape_app.session.evaluating import hamiltonian_of
from landscape_app.session.fields import ClassCondition, DiscriminatorRound, OwnField
from landscape_app.session.records import SteeringRecord
from landscape_app.session.sampler import clamp
from landscape_app.session.session import Session

LEAST_SHARE = 0.05
"""Of the walkers that must be left effective by a change, so that they can be taken along with it."""

WALKERS = "walkers"
"""Source of such a step."""


def carry_on(session: Session, composition: Composition) -> None:
    """Moves the walkers on under a composition from where they are, without resampling.

    For a composition that differs by what has failed: the chains keep their last valid states.

    Raises:
        ValueError: a field needs what is missing, or does not fit the space.
    """
    session.walkers.retarget(_target(session, composition))
    session.composition = composition
    session.walk.restart()


def follow(session: Session, composition: Composition, moves: int) -> SteeringRecord | None:
    """Takes the walkers along with a change of their composition, as a slider is dragged.

    They are weighted with the new over the old density, resampled and moved, in as many stages as leave half of them
    effective: sequential Monte Carlo from where they are (Del Moral, Doucet, Jasra 2006), many times quicker than a
    jump from the reservoir.

    Args:
        session: whose walkers.
        composition: where to.
        moves: kernel moves after each resampling.

    Returns:
        How it went; None where other sites are held, or the change is so large that few walkers are worth anything
        after it, and nothing was done.

    Raises:
        ValueError: a field needs what is missing, or has failed; the walkers are as they were.
    """
    start = time.perf_counter()
    walkers, n = session.walkers, len(session.walkers)
    if composition.clamps != session.composition.clamps:
        return None
    old, new = walkers.target, _target(session, composition)
    log_ratio = walkers.energy - new.hamiltonian.energy(walkers.x)
    if effective_sample_size(log_ratio) < n * LEAST_SHARE:
        return None
    with walkers.undone_by_failure():
        done = resample_move(
            walkers,
            walkers.x,
            torch.zeros_like(log_ratio),
            log_ratio,
            lambda s: Target(new.base, mixed(old.hamiltonian, new.hamiltonian, s)),
            moves,
        )
    session.composition = composition
    session.walk.ancestors = session.walk.ancestors[done.ancestors]
    session.walk.restart()
    return SteeringRecord(
        composition=composition,
        source=WALKERS,
        effective_sample_size=done.effective_sample_size,
        reservoir=n,
        ancestors=len(to_host(done.ancestors).unique()),
        chains=n,
        stages=done.stages,
        seconds=time.perf_counter() - start,
    )


def _target(session: Session, composition: Composition) -> Target:
    return Target(clamp(session.base, composition), hamiltonian_of(session, composition))


def is_missing(session: Session, layer: Layer) -> bool:
    """Whether a layer needs a network that the session has not trained, or a file that was not trusted."""
    field, composer = layer.field, session.composer
    if isinstance(field, ClassCondition):
        return session.classes > 0 and session.classifier is None
    if isinstance(field, DiscriminatorRound):
        return not 1 <= field.round <= len(composer.discriminators)
    return isinstance(field, OwnField) and field.digest not in composer.own


def without_missing(session: Session, composition: Composition) -> Composition:
    """The composition with every layer switched off that the session cannot make."""
    return switched_off(
        composition, [i for i, layer in enumerate(composition.layers) if is_missing(session, layer)]
    )
