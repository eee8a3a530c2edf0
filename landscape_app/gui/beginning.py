"""A new run from scratch, under the composition on view."""

from __future__ import annotations

from collections.abc import Callable

from landscape_app.data import Dataset
from landscape_app.problems import Configuration
from landscape_app.session import Composition, Session
from landscape_app.session.noting import note_beginning


def begin_session(
    configuration: Configuration,
    dataset: Dataset | None,
    device: str,
    sampler_chains: int,
    old: Session | None,
    train: bool,
    take_over: Callable[[Session, Composition], Composition],
    tell: Callable[[str], None],
) -> Session:
    """An untrained session, ready to train or to show.

    Args:
        configuration: of the run.
        dataset: what to learn; None takes the problem's, or goes on with that of the session on view.
        device: where to compute, as `resolve_device` takes it.
        sampler_chains: number of chains on view.
        old: the session on view: one of the same data hands on its class network and its composition.
        train: whether it is to train at once, and its walkers need not be steered yet.
        take_over: a composition as another session can make it.
        tell: is told what takes long.

    Raises:
        ValueError: there is no such problem, or it has no data.
    """
    tell("Preparing a new run …")
    same = old is not None and old.configuration.problem == configuration.problem and dataset is None
    if same and old is not None and not old.dataset.shipped:
        dataset = old.dataset
    session = Session(configuration, device, sampler_chains, dataset)
    if same and old is not None and old.classifier is not None:
        session.adopt_classifier(old)
    composition = take_over(session, old.composition) if same and old is not None else Composition()
    if train or composition.is_model:
        session.sampler.composition = composition
    else:
        session.steer(composition)
    note_beginning(session, old.journal if same and old is not None else None)
    return session
