"""The three-starts test all at once: whether chains reach equilibrium, and the entropy with its error."""

from __future__ import annotations

from collections.abc import Callable

from landscape_app.session.session import Session
from landscape_app.session.three_starts import COLUMNS, LEAST_STEPS, StartsRecord, ThreeStarts

BUDGET = 2_000


def diagnose(
    session: Session,
    steps: int = BUDGET,
    *,
    columns: int = COLUMNS,
    kernel: str | None = None,
    seed: int = 0,
    report: Callable[[StartsRecord], object] | None = None,
) -> StartsRecord:
    """How chains from noise, data and the training compare once they agree, or the steps are used up.

    `diagnosis.verdict` says whether they are in equilibrium, `thermometry` has log Z, entropy and heat capacity, and
    `cross_entropy` that of the held-out items, in nats with standard errors. The session stays as it is.

    Args:
        session: whose trained model, without any field.
        steps: most steps after the temperatures are tuned, at least 100.
        columns: ladders of replicas from each start.
        kernel: a name in `KERNELS`; None for the run's own.
        seed: of every random number.
        report: is told of every step.

    Raises:
        ValueError: too few steps or columns, or the kernel does not exist or cannot move here.
    """
    if steps < LEAST_STEPS:
        raise ValueError(f"at least {LEAST_STEPS} steps are needed to judge chains, got {steps}")
    last: StartsRecord | None = None
    for record in ThreeStarts(session, columns, seed, kernel).run(steps):
        last = record
        if report is not None:
            report(record)
    assert last is not None
    return last
