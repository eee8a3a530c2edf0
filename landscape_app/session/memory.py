"""Work that needs more memory than there is: recognised on every device, and told by what to make smaller."""

from __future__ import annotations

import errno
import inspect
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import NamedTuple, ParamSpec, TypeVar, cast

from landscape_app.language import tr
from landscape_app.runs import RunFileError

P = ParamSpec("P")
R = TypeVar("R")

UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")

_WORDS = re.compile(
    r"out of memory|can't allocate memory|cannot allocate memory|not enough memory|memory allocation failed"
    r"|failed to allocate memory|unable to allocate|ALLOC_FAILED|invalid buffer size"
    r"|storage size calculation overflowed",
    re.IGNORECASE,
)
"""Texts of allocators: CUDA's, MPS's, the host's on Linux, macOS and Windows, cuBLAS's and HDF5's."""

_SIZE = re.compile(r"(?:tried to|unable to) allocate ([\d.]+) ?(bytes|[KMGTPE]i?B)", re.IGNORECASE)

_ACCELERATORS = ("CUDA", "MPS", "HIP", "CUBLAS", "CUDNN", "GPU", "INVALID BUFFER SIZE")


class Work(NamedTuple):
    """Work that can need more memory than there is.

    Attributes:
        what: it is, as in "not enough memory for …".
        smaller: what of it needs less, as in "… needs less memory".
    """

    what: str
    smaller: str


TRAINING = Work(
    tr("training"),
    tr("Training with fewer chains or replicas, a smaller batch, or a network of fewer channels"),
)
MEASURING = Work(
    tr("measuring the entropy"), tr("A model of fewer observables, or of a network of fewer channels,")
)
SAMPLING = Work(tr("moving the chains"), tr("Fewer chains, or another kernel,"))
STEERING = Work(tr("steering the chains"), tr("Fewer chains, or fewer fields,"))
DRAWING = Work(tr("drawing these samples"), tr("Fewer samples at a time, or no ladder of replicas,"))
CLASSIFYING = Work(tr("training a network on the images"), tr("A data set of fewer or smaller images"))
TESTING = Work(
    tr("the convergence test"), tr("Fewer chains from each start, or a model of fewer observables,")
)
SEARCHING = Work(tr("this search on the landscape"), tr("A search from fewer chains"))
OPENING = Work(tr("opening this run"), tr("A run of fewer chains or replicas, or of fewer data,"))
BEGINNING = Work(
    tr("this new run"),
    tr("A run of fewer chains or replicas, of a network of fewer channels, or of fewer data,"),
)
IMPORTING = Work(tr("these data"), tr("A part of the data, or a smaller size of its images,"))
EXPERIMENTING = Work(
    tr("this experiment"), tr("Smaller numbers of chains, samples and epochs among its parameters")
)
EXPORTING = Work(tr("writing this file"), tr("A file of fewer samples or frames, or of fewer pixels,"))
VERIFYING = Work(tr("comparing these images with the model"), tr("Fewer images at a time"))
OBSERVING = Work(tr("looking into the observables"), tr("A model of fewer observables, or of fewer data,"))
SCORING = Work(tr("scoring these items"), tr("A file of fewer items"))
SURVEYING = Work(tr("this surface"), tr("A smaller number of chains or points"))
ANYTHING = Work(tr("this"), tr("A smaller number of chains, replicas, channels or samples"))


class NotEnoughMemoryError(MemoryError):
    """Work has needed more memory than there is; the message says which, and what to make smaller."""


def is_out_of_memory(error: BaseException) -> bool:
    """True if an error says that memory could not be had, on whichever device, or was caused by one that does.

    Not a file that was refused: one that asks for more than there can be is damaged.
    """
    for seen in _causes(error):
        if isinstance(seen, RunFileError):
            return False
        known = isinstance(seen, MemoryError) or type(seen).__name__ == "OutOfMemoryError"
        full = isinstance(seen, OSError) and seen.errno == errno.ENOMEM
        if known or full or (isinstance(seen, RuntimeError | OSError) and _WORDS.search(str(seen))):
            return True
    return False


def not_enough_memory(error: BaseException, work: Work = ANYTHING) -> NotEnoughMemoryError | None:
    """An error of memory in the words of what was being done; None for another error.

    One that has its words already keeps them where the work is not known. The memory that the failed work held is
    let go.
    """
    if not is_out_of_memory(error):
        return None
    # A traceback keeps the tensors of every frame that it has left.
    traceback.clear_frames(error.__traceback__)
    if isinstance(error, NotEnoughMemoryError) and work is ANYTHING:
        return error
    text = " ".join(filter(None, (str(e) for e in _causes(error))))
    on_accelerator = any(name in text.upper() for name in _ACCELERATORS)
    size = _asked_for(text)
    asked = "" if size is None else tr("; {size} more were asked for", size=size)
    told = (
        tr(
            "There is not enough memory on the GPU for {work}{asked}. {smaller} needs less, and so does computing on "
            "the CPU",
            work=work.what,
            asked=asked,
            smaller=work.smaller,
        )
        if on_accelerator
        else tr(
            "There is not enough memory for {work}{asked}. {smaller} needs less",
            work=work.what,
            asked=asked,
            smaller=work.smaller,
        )
    )
    return NotEnoughMemoryError(told)


@contextmanager
def memory_for(work: Work) -> Iterator[None]:
    """Turns an error of memory into one that says what to make smaller; the outermost of several says it.

    Raises:
        NotEnoughMemoryError: there was too little memory.
    """
    try:
        yield
    except Exception as error:
        told = not_enough_memory(error, work)
        if told is None or told is error:
            raise
        raise told from error


def needs_memory(work: Work) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a function, or a generator at each of its steps, as `memory_for` does a block."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            with memory_for(work):
                return function(*args, **kwargs)

        @wraps(function)
        def step(*args: P.args, **kwargs: P.kwargs):  # type: ignore[no-untyped-def]
            with memory_for(work):
                return (yield from function(*args, **kwargs))  # type: ignore[misc]

        return cast(Callable[P, R], step) if inspect.isgeneratorfunction(function) else call

    return decorate


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _asked_for(text: str) -> str | None:
    """The size that was asked for, such as "2.0 GiB"; None where the text does not say."""
    found = _SIZE.search(text)
    if found is None:
        return None
    number, unit = float(found[1]), found[2]
    if unit.lower() != "bytes":
        return f"{number:g} {unit}"
    power = 0
    while number >= 1024 and power < len(UNITS) - 1:
        number, power = number / 1024, power + 1
    return f"{number:.3g} {UNITS[power]}"
