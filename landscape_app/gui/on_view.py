"""Which of a session's chains are on view: those that train, or the walkers while they are steered or sampled."""

from __future__ import annotations

from landscape_app.gui.frame import Activity, Facts, Frame
from landscape_app.session import KernelRecord, Session, Snapshot, describe_kernel


def snapshot_on_view(session: Session, training: bool, classify: bool) -> Snapshot:
    """The chains on view; with their classes where they are steered, or where that is asked for."""
    steered = not session.composition.is_model
    return session.snapshot(training and not steered, classify=classify or steered)


def kernel_on_view(session: Session, training: bool, acceptance_rate: float | None = None) -> KernelRecord:
    """What moves the chains on view; the rate is that of the training's kernel."""
    if not training or not session.composition.is_model:
        return session.walk.record
    return describe_kernel(session.trainer.ensemble.kernel, session.space, acceptance_rate)


def first_frame(session: Session, activity: Activity, facts: Facts) -> Frame:
    """What there is to see of a session when it comes on view."""
    training = activity is Activity.TRAINING
    return Frame(
        activity=activity,
        facts=facts,
        history=session.history,
        measurements=session.measurements,
        composition=session.composition,
        snapshot=session.snapshot(training),
        energies=session.energy_sets(),
        epoch=session.trainer.epoch,
        progress=session.progress,
        accuracy=session.classifier_accuracy,
        kernel=kernel_on_view(session, training),
    )
