"""Failures of background threads: one place in each that catches all of them, and their words for the window."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable

from landscape_app.gui.frame import Message
from landscape_app.learning.minmaxent import DivergenceError
from landscape_app.session.memory import ANYTHING, Work, not_enough_memory

UNFORESEEN = "Something went wrong: "


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
        return Message("error", f"{prefix}Training stopped: {error}")
    if isinstance(error, ValueError):
        return Message("error", f"{prefix}{error}")
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return Message("error", f"{prefix}{where}{error.strerror}")
    detail = "".join(traceback.format_exception(error))
    print(detail, file=sys.stderr)
    kind, text = type(error).__name__, str(error)
    # A missing key's text is the key alone.
    what = text if text and not isinstance(error, LookupError) else f"{kind} {text}".strip()
    return Message("error", f"{prefix or UNFORESEEN}{what}", detail)


def background(
    name: str, work: Callable[[], object], failed: Callable[[BaseException], object], daemon: bool = True
) -> threading.Thread:
    """A thread, not yet started, that hands on whatever its work raises, so that it never ends in silence.

    Args:
        name: of the thread.
        work: done in it.
        failed: given the error, in that thread.
        daemon: whether the program may end before it.
    """

    def run() -> None:
        try:
            work()
        except BaseException as error:  # sys.exit too would end the thread without a word
            failed(error)

    return threading.Thread(target=run, name=name, daemon=daemon)
