"""Errors of memory are recognised whoever raises them, and told by what to make smaller."""

import errno
import weakref
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from landscape_app.session.memory import (
    EXPORTING,
    TRAINING,
    NotEnoughMemoryError,
    is_out_of_memory,
    memory_for,
    needs_memory,
    not_enough_memory,
)

# As CUDA, MPS, cuBLAS, HDF5 and the host's allocators on Windows and macOS word it.
WORDED = (
    torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has 7.79 GiB"),
    RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError(
        "MPS backend out of memory (MPS allocated: 18.04 GB, other allocations: 94.99 MB, max allowed: 18.13 GB). "
        "Tried to allocate 20.00 MB on private pool."
    ),
    RuntimeError("Invalid buffer size: 17.91 GB"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("[enforce fail] data. DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."),
    OSError("Can't synchronously read data (memory allocation failed for raw data chunk)"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    MemoryError(),
)  # fmt: skip

# No processor can address so much: each fails at once, everywhere.
REAL: tuple[Callable[[], object], ...] = (
    lambda: torch.empty(2**60, dtype=torch.uint8),
    lambda: torch.empty(2**62),
    lambda: np.empty(2**60, np.uint8),
    lambda: bytearray(2**60),
)


@pytest.mark.parametrize("error", WORDED, ids=lambda error: str(error)[:30])
def test_errors_of_memory_are_known_by_their_words(error: BaseException) -> None:
    assert is_out_of_memory(error)
    outer = ValueError("“mine” has failed")
    outer.__cause__ = error
    assert is_out_of_memory(outer)


@pytest.mark.parametrize("allocate", REAL)
def test_errors_of_the_host_s_own_allocators_are_known(allocate: Callable[[], object]) -> None:
    with pytest.raises((RuntimeError, MemoryError)) as raised:
        allocate()
    assert is_out_of_memory(raised.value)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"),
        RuntimeError("CUDA error: device-side assert triggered"),
        ValueError("the file is out of memory"),
        OSError(errno.ENOSPC, "No space left on device"),
        KeyError("memory"),
    ],
)
def test_other_errors_are_not(error: BaseException) -> None:
    assert not is_out_of_memory(error)
    assert not_enough_memory(error) is None
    with pytest.raises(type(error)) as raised, memory_for(TRAINING):
        raise error
    assert raised.value is error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (WORDED[0], ("on the GPU for training; 20 MiB more were asked for", "computing on the CPU")),
        (WORDED[2], ("on the GPU for training; 20 MB more were asked for", "computing on the CPU")),
        (MemoryError(), ("There is not enough memory for training. Training with fewer chains",)),
        (
            RuntimeError(
                "DefaultCPUAllocator: can't allocate memory: you tried to allocate 3221225472 bytes."
            ),
            ("memory for training; 3 GiB more were asked for", "fewer channels needs less"),
        ),
    ],
)
def test_the_message_says_where_how_much_and_what_to_make_smaller(
    error: BaseException, words: tuple[str, ...]
) -> None:
    text = str(not_enough_memory(error, TRAINING))
    assert all(word in text for word in words), text
    assert ("CPU" in text) == ("GPU" in text)


def test_the_nearest_says_what_was_being_done() -> None:
    with (
        pytest.raises(NotEnoughMemoryError, match="for training") as raised,
        memory_for(EXPORTING),
        memory_for(TRAINING),
    ):
        raise MemoryError
    assert not_enough_memory(raised.value, EXPORTING) is raised.value


def test_a_function_and_every_step_of_a_generator_are_told() -> None:
    @needs_memory(EXPORTING)
    def once() -> None:
        raise MemoryError

    @needs_memory(TRAINING)
    def steps() -> Iterator[int]:
        yield 1
        yield 2
        raise MemoryError

    with pytest.raises(NotEnoughMemoryError, match="for writing this file"):
        once()
    walk = steps()
    assert [next(walk), next(walk)] == [1, 2]
    with pytest.raises(NotEnoughMemoryError, match="for training"):
        next(walk)
    closed = steps()
    next(closed)
    closed.close()
    assert list(needs_memory(TRAINING)(lambda: range(3))()) == [0, 1, 2]


def test_what_the_failed_work_held_is_let_go() -> None:
    held: list[weakref.ref] = []

    def work() -> None:
        large = torch.zeros(3)
        held.append(weakref.ref(large))
        raise MemoryError

    with pytest.raises(NotEnoughMemoryError), memory_for(TRAINING):
        work()
    try:
        work()
    except MemoryError as error:
        assert held[-1]() is not None
        not_enough_memory(error)
        assert held[-1]() is None
