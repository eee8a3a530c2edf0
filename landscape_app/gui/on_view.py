"""Which of a session's chains are on view: those that train, or the walkers while they are steered or sampled."""

from __future__ import annotations

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
