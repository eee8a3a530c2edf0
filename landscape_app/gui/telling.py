"""What the engine tells a person in a sentence."""

from __future__ import annotations

from landscape_app.session import Session
from landscape_app.session.records import Outcome

COARSE_ERROR = 0.2
"""Nats above which one decimal is enough."""

DIVERGED = "Training diverged. It went back to its last good state and goes on with half the learning rates"


def describe_outcome(outcome: Outcome, session: Session, epochs: int) -> str:
    """How a training of so many epochs has ended."""
    early = "Training stopped early, as held-out data got worse"
    what = early if outcome.stopped_early else "Training finished"
    kept = "" if outcome.epoch == session.trainer.epoch else f"; kept epoch {outcome.epoch:,}, the best"
    final = outcome.final
    decimals = 1 if final.cross_entropy_error > COARSE_ERROR else 2
    nats = f"{final.cross_entropy:.{decimals}f}"
    if final.failed:
        held_out = f"at least {nats} nats: its estimate has failed"
    elif final.is_exact:
        held_out = f"{nats} nats, exactly"
    else:
        held_out = f"{nats} ± {final.cross_entropy_error:.{decimals}f} nats"
    return f"{what}: {epochs:,} epochs in {session.trainer.seconds:.0f} s{kept}. Held-out {held_out}"
