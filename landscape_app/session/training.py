"""Training for so many epochs, or to the end of the plan, after which the model rests and its sampler follows."""

from __future__ import annotations

from collections.abc import Callable

from landscape_app.learning import equilibrium_dual
from landscape_app.learning.epoch import EpochRecord
from landscape_app.session import entropy_meter
from landscape_app.session.records import Outcome
from landscape_app.session.session import Session


def train(
    session: Session, epochs: int | None = None, report: Callable[[EpochRecord], object] | None = None
) -> Outcome | None:
    """Trains; then the model rests on its averaged parameters, and the sampler is steered to where it was.

    As if it had never rested, training goes on from there: 50 epochs and 50 more are 100, on the same device to the
    last bit.

    Args:
        session: trained in place.
        epochs: how many; None for all that is left of the plan, at whose end the model's entropy is measured and the
            best state kept.
        report: is told of every epoch.

    Returns:
        How the plan ended; None where only so many epochs were asked for.

    Raises:
        DivergenceError: training met a number that is not finite, and going back did not help.
        ValueError: a negative number of epochs.
    """
    if epochs is not None and epochs < 0:
        raise ValueError(f"the number of epochs must not be negative, got {epochs}")
    last = None if epochs is None else session.trainer.epoch + epochs
    training = session.train()
    while session.trainer.epoch != last and not (last is None and session.is_done):
        record = next(training)
        if report is not None:
            report(record)
    outcome = session.finish() if last is None else None
    session.rest()
    session.steer(session.composition)
    return outcome


class StoppedError(Exception):
    """The user has asked to stop what comes after training."""


def finish_in_sight(session: Session, between: Callable[[str, float], object]) -> Outcome:
    """`Session.finish`, which tells how far it is.

    Args:
        session: whose model is measured, and rests.
        between: is called after every step of the meter's replicas, with what is done, in words, and the share of it;
            what it raises, such as a `StoppedError`, ends the measurement; the model is left as training left it.
    """
    ladder, steps = session.meter.ladder, 0
    look = ladder.on_step
    measuring = entropy_meter.SETTLING_STEPS + entropy_meter.RECORDED_STEPS
    solving = (equilibrium_dual.ROUNDS + 2) * equilibrium_dual.STEPS + measuring

    def count() -> None:
        nonlocal steps
        steps += 1
        if look is not None:
            look()
        if steps <= measuring:
            between("Measuring the entropy", steps / measuring)
        elif steps <= 2 * measuring:
            between("Measuring the best state anew", steps / measuring - 1)
        else:
            between("Solving the best state's multipliers anew", min(1.0, (steps - 2 * measuring) / solving))

    ladder.on_step = count
    try:
        return session.finish()
    finally:
        ladder.on_step = look
