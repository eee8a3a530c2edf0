"""Models of images as experiments train them step by step, rivals for the same time, and fresh samples of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor

from landscape_app.learning.autoregressive import likelihood_passes
from landscape_app.learning.trainer import DivergenceError, EpochRecord
from landscape_app.learning.vae import VariationalAutoencoder, vae_passes
from landscape_app.models.autoregressive import PixelCNN, nats
from landscape_app.physics.space import require_images
from landscape_app.problems import PROBLEMS, Configuration
from landscape_app.session.records import Outcome
from landscape_app.session.sampling import drawing
from landscape_app.session.session import Session

S = TypeVar("S")
T = TypeVar("T")


def telling(steps: Generator[float, None, T], tell: Callable[[float], S]) -> Generator[S, None, T]:
    """Goes through steps, and yields what there is to tell of the share that is done; returns what they return."""
    while True:
        try:
            share = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        yield tell(share)


def part(steps: Generator[float, None, T], start: float, end: float) -> Generator[float, None, T]:
    """Steps as a part of longer work, from one share of it to another; returns what they return.

    Where steps begin anew, the share waits for them.
    """
    reached = 0.0

    def place(share: float) -> float:
        nonlocal reached
        reached = max(reached, share)
        return start + (end - start) * reached

    return (yield from telling(steps, place))


FRESH_SWEEPS = 150
"""Of replicas that start at the base measure, before their samples count."""


def new_session(seed: int, epochs: int, training_size: int | None = None) -> Session:
    """The digits, to be trained for some epochs in the default way.

    Args:
        seed: of every random number.
        epochs: of training.
        training_size: images to learn from; None for the 200 of the data set's own split.
    """
    defaults = PROBLEMS["digits"].defaults
    plan = replace(defaults, seed=seed, planned_epochs=epochs, training_size=training_size)
    return Session(plan, device="cpu")


def session_of(plan: Configuration) -> Session:
    """A session of any plan, on the processor, with no chains on view but one."""
    return Session(plan, device="cpu", sampler_chains=1)


def epochs(session: Session) -> Iterator[EpochRecord]:
    """Trains a session as it is planned, an epoch at a time; one that diverges for good ends there."""
    try:
        for record in session.train():
            yield record
            if session.is_done:
                return
    except DivergenceError:
        return


def model_training(session: Session) -> Generator[float, None, Outcome]:
    """Trains a session as it is planned; yields the share that is done, returns how it ended."""
    for _ in epochs(session):
        yield session.progress
    return session.finish()


def fresh_samples(session: Session, count: int) -> Generator[float, None, Tensor]:
    """Samples of a session's model by chains that took no part in training; yields the share that is done.

    Each from replicas of its own, which begin at the base measure and move until they cannot remember it.

    Returns:
        Levels, shape (count, height, width).
    """
    taken = []
    for record in drawing(session.sampler, count, FRESH_SWEEPS, "base", ladder=True):
        if record.drawn is not None:
            taken.append(record.x)
        yield record.share
    return torch.cat(taken)


def vae_training(session: Session) -> Generator[float, None, VariationalAutoencoder]:
    """A VAE of the observables' size on the same images, for the time that a session has trained; yields the share.

    A pixel has a probability for each level, as the model's has: of the two likelihoods this is the better.
    """
    seed = session.configuration.seed
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        vae = VariationalAutoencoder(require_images(session.space))
    yield from vae_passes(
        vae, session.training_items, torch.Generator().manual_seed(seed), session.trainer.seconds
    )
    return vae


def autoregressive_training(session: Session, test: Tensor) -> Generator[float, None, float]:
    """A PixelCNN on the same images, stopped where the held-out ones like it best; yields the share that is done.

    It has at most the time that the session has trained.

    Returns:
        Its cross-entropy of test images, levels, shape (n, height, width), in nats an image.
    """
    seed = session.configuration.seed
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = PixelCNN(require_images(session.space))
    images, held_out = session.training_items, session.held_out_items
    yield from likelihood_passes(network, images, held_out, session.trainer.seconds, seed=seed)
    return float(nats(network, test).mean())
