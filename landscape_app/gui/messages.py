"""Messages for the window: the words for failures of background threads, and for how a training has ended."""

from __future__ import annotations

import re
import sys
import traceback
from typing import NamedTuple

from landscape_app.counting import counted
from landscape_app.language import tr
from landscape_app.learning.trainer import DivergenceError
from landscape_app.runs.atomic import reason_of
from landscape_app.session.memory import ANYTHING, Work, not_enough_memory
from landscape_app.session.records import Outcome

UNFORESEEN = tr("Something went wrong: ")

COARSE_ERROR = 0.2
"""Nats above which one decimal is enough."""

DIVERGED = tr(
    "Training diverged. It went back to its last good state and goes on with half the learning rates"
)


class Message(NamedTuple):
    """Something to tell the user: `kind` is "error", "warning" or "done"; that of a file has its folder as detail."""

    kind: str
    text: str
    detail: str = ""


def without_options(text: str) -> str:
    """A text without the options of the command line that stand in its brackets: the window has fields for them.

    Example:
        >>> without_options(
        ...     "a missing value? Then add it to the missing values (--missing -9999); 1 row comes again"
        ... )
        'a missing value? Then add it to the missing values; 1 row comes again'
    """
    return OPTIONS.sub("", text)


OPTIONS = re.compile(r" \(--[^()]*(?:\([^()]*\)[^()]*)*\)")


def failure_message(error: BaseException, prefix: str = "", work: Work = ANYTHING) -> Message:
    """The words for a failure; one that nobody has foreseen carries its traceback, also on the standard error.

    Args:
        error: what was raised.
        prefix: says what has not been done, such as "The samples are not exported: ".
        work: what was being done, where memory has run out and nothing nearer has said so.
    """
    memory = not_enough_memory(error, work)
    if memory is not None:
        return Message("error", f"{prefix}{memory}")
    if isinstance(error, DivergenceError):
        return Message("error", prefix + tr("Training stopped: {error}", error=error))
    if isinstance(error, ValueError):
        return Message("error", f"{prefix}{without_options(str(error))}")
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return Message("error", f"{prefix}{where}{error.strerror}")
    detail = "".join(traceback.format_exception(error))
    print(detail, file=sys.stderr)
    return Message("error", f"{prefix or UNFORESEEN}{reason_of(error)}", detail)


def describe_outcome(outcome: Outcome, epochs: int, seconds: float, best: bool = False) -> str:
    """A sentence on a training that has ended after so many epochs and seconds, or whose best state was asked for."""
    what = tr("Training finished")
    if best:
        what = tr("Back to the best state")
    elif outcome.stopped_early:
        what = tr("Training stopped early, as the validation set got worse")
    kept = ""
    if outcome.epoch != epochs:
        kept = (
            tr("; kept epoch {epoch:,}, the best", epoch=outcome.epoch)
            if outcome.epoch
            else tr("; kept the base measure alone, which no energy improved")
        )
    name, nats = outcome.final.verdict
    decimals = 1 if nats.error > COARSE_ERROR else 2
    found = tr(
        "{what}: {epochs} in {seconds:.0f} s{kept}. {quantity} {value} nats",
        what=what,
        epochs=counted(epochs, "epoch"),
        seconds=seconds,
        kept=kept,
        quantity=name,
        value=f"{nats:.{decimals}f}",
    )
    return ". ".join([found, *(sentence.rstrip(".") for sentence in outcome.sentences)])
