"""Length of a training, in words."""

from __future__ import annotations

from landscape_app.problems.problem import Configuration

UNITS = ((86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute"))


def duration(seconds: float) -> str:
    """An estimated duration in two digits at most, such as "0.2 s", "12 minutes" or "1.5 hours"."""
    for size, name in UNITS:
        count = float(f"{seconds / size:.2g}")
        if count >= 1:
            return f"{count:g} {name}{'' if count == 1 else 's'}"
    return f"{seconds:.2g} s" if seconds < 9.95 else f"{seconds:.0f} s"


def cost(seconds: float, plan: Configuration) -> str:
    """Length of a plan in words, such as "About 0.2 s an epoch, 2 minutes for 600"."""
    if plan.training_seconds is None:
        total = duration(seconds * plan.planned_epochs)
        return f"About {duration(seconds)} an epoch, {total} for {plan.planned_epochs:,}"
    epochs = float(f"{plan.training_seconds / seconds:.2g}")
    return f"About {duration(seconds)} an epoch, some {epochs:,.0f} in {duration(plan.training_seconds)}"
