"""How a run that comes on view began, noted in its journal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from landscape_app.problems import PROBLEMS, load_problem
from landscape_app.session.api import changed_settings, usual_configuration
from landscape_app.session.journal import Began, ClassesTrained, Journal, Opened, Reopened, Steered
from landscape_app.session.session import Session


def note_beginning(session: Session, before: Journal | None = None) -> None:
    """Notes that a run was begun, and what it took over.

    Args:
        session: untrained, with its class network and on its composition.
        before: journal of the run that the class network was taken from, where it was.
    """
    configuration = session.configuration
    own = _is_own(session)
    usual = usual_configuration(session.dataset if own else configuration.problem)
    session.journal = journal = Journal()
    settings = changed_settings(usual, configuration)
    journal.add(Began(*_circumstances(session), configuration.problem, own, settings), 0)
    if session.classifier_seed is not None:
        journal.add(ClassesTrained(session.classifier_seed), 0)
    elif session.classifier is not None and before is not None and before.class_network is not None:
        journal.add(before.class_network, 0)
    if not session.composition.is_model:
        journal.add(Steered(session.composition), 0)


def note_opening(session: Session, path: Path, shipped: bool) -> None:
    """Notes that a run was opened: where its file tells of earlier actions, once more.

    Args:
        session: as it was opened.
        path: of the file.
        shipped: whether it comes with the application.
    """
    where, epoch = _circumstances(session), session.trainer.epoch
    clocked = session.configuration.planned_seconds is not None
    if session.journal.entries:
        session.journal.add(Reopened(*where, str(path.resolve()), clocked), epoch)
    else:
        file = path.name if shipped else str(path.resolve())
        session.journal.add(Opened(*where, file, shipped, clocked), epoch)


def _circumstances(session: Session) -> tuple[str, int, int]:
    return session.device.type, torch.get_num_threads(), len(session.sampler)


def _is_own(session: Session) -> bool:
    """Whether a run learns other data than the name of its problem stands for."""
    name = session.configuration.problem
    if name not in PROBLEMS or PROBLEMS[name].load is None:
        return True
    return not np.array_equal(load_problem(name).items, session.dataset.items)
