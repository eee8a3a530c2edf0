"""Errors of memory are recognised whoever raises them, and told by what to make smaller."""

import errno
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.physics.base_measure import ContinuousBase
from landscape_app.problems import PROBLEMS
from landscape_app.runs.atomic import RunFileError
from landscape_app.session import entropy_estimator
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.composition import Composition
from landscape_app.session.memory import (
    EXPORTING,
    TRAINING,
    NotEnoughMemoryError,
    is_out_of_memory,
    memory_for,
    needs_memory,
    not_enough_memory,
)
from landscape_app.session.session import Session

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


def test_the_outermost_says_what_was_being_done() -> None:
    with (
        pytest.raises(
            NotEnoughMemoryError, match="for writing this file; 3 GiB more were asked for"
        ) as raised,
        memory_for(EXPORTING),
        memory_for(TRAINING),
    ):
        raise RuntimeError(
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 3221225472 bytes."
        )
    assert not_enough_memory(raised.value) is raised.value


def test_a_file_that_asks_for_more_than_there_can_be_is_damaged() -> None:
    refused = RunFileError("a.h5 is not a whole run file")
    refused.__cause__ = MemoryError()
    assert not is_out_of_memory(refused)


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


class Full:
    """Memory that is full at a chosen evaluation of a session's observables, and at no other.

    Args:
        session: whose.
    """

    def __init__(self, session: Session) -> None:
        self.calls = 0
        self.at: int | None = None
        session.model.observables.register_forward_pre_hook(lambda *_: self._evaluate())
        for name in ("weighted_sum", "weighted_sum_and_gradient"):
            setattr(session.model.observables, name, self._failing(getattr(session.model.observables, name)))

    def _failing(self, evaluate: Callable[..., object]) -> Callable[..., object]:
        def evaluation(x: Tensor, multipliers: Tensor) -> object:
            self._evaluate()
            return evaluate(x, multipliers)

        return evaluation

    def _evaluate(self) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    def fails_at_each(self, do: Callable[[], object]) -> int:
        """Does something that fails at its first evaluation, then at its second, until it is done; how often."""
        failures = 0
        while True:
            self.calls, self.at = 0, 1 + failures
            try:
                do()
            except NotEnoughMemoryError:
                failures += 1
            else:
                return failures
            finally:
                self.at = None


def small(replicas: int) -> Session:
    defaults = replace(PROBLEMS["two-gaussians"].defaults, observables=4, hidden=(8,))
    session = Session(replace(defaults, chains=16, replicas=replicas), device="cpu", sampler_chains=8)
    # Of what is tested nothing depends on how well the chains are judged.
    session.estimator.evaluations = 10**12
    return session


def state_of(session: Session) -> list[Tensor]:
    trainer = session.trainer
    return [
        *trainer.model.values(),
        *trainer.average,
        *trainer.velocity,
        *trainer.ensemble.state_dict().values(),
        trainer.ensemble.samples.energy,
        trainer.ensemble.generator.get_state(),
    ]


@pytest.mark.parametrize("replicas", [1, 3])
def test_training_goes_on_as_if_nothing_had_failed(replicas: int) -> None:
    """Epochs, and rests between them, that fail at every moment at which they can."""
    straight, failing = small(replicas), small(replicas)
    full, epochs = Full(failing), straight.train()
    for rests in (False, True, False, False):
        if rests:
            straight.rest()
            assert full.fails_at_each(failing.rest) >= 2
        next(epochs)
        assert full.fails_at_each(lambda: next(failing.train())) >= 3
        assert len(failing.history) == len(straight.history) == failing.trainer.epoch
        for found, expected in zip(state_of(failing), state_of(straight), strict=True):
            assert torch.equal(found, expected)


def test_a_measurement_that_fails_costs_no_epoch_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every seventh step of its ladder fails; it is done of the same steps as one of which none does."""
    for name in ("SETTLING_SWEEPS", "RECORDED_SWEEPS"):
        monkeypatch.setattr(entropy_estimator, name, 8)
    monkeypatch.setattr(ContinuousBase, "is_summable", False)
    session = small(1)
    session.estimator.evaluations = 0
    advance, calls, failures = session.estimator.ladder.advance, iter(range(10**6)), 0

    def full(steps: int) -> object:
        if next(calls) % 7 == 0:
            raise MemoryError
        return advance(steps)

    monkeypatch.setattr(session.estimator.ladder, "advance", full)
    while len(session.measurements) == 0:
        try:
            next(session.train())
        except NotEnoughMemoryError as error:
            failures += "measuring the entropy" in str(error)
    assert failures >= (next(calls) - 1) // 7
    assert list(session.history["epoch"]) == list(range(1, session.trainer.epoch + 1))
    assert session.measurements["epoch"][0] <= 1


def test_chains_stay_where_they_are_if_more_cannot_be_had() -> None:
    session = small(1)
    full = Full(session)
    before = session.sampler.chains.state
    for place in ("chains", "noise", "data", "base"):
        for count in (4096, 4):
            full.calls, full.at = 0, 1
            with pytest.raises(NotEnoughMemoryError, match=r"on the GPU for steering.*Fewer chains"):
                session.sampler.restart(place, count)
    full.at = None
    assert all(a is b for a, b in zip(session.sampler.chains.state, before, strict=True) if a is not None)
    full.fails_at_each(lambda: session.steer(Composition(temperature=0.5)))
    assert session.composition.temperature == 0.5
    session.sampler.restart("chains", 4)
    assert len(session.sampler) == 4


def test_a_run_that_does_not_fit_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_session(small(1), tmp_path / "run.h5")

    def full(*_: object) -> None:
        raise RuntimeError("MPS backend out of memory. Tried to allocate 20.00 MB on private pool.")

    monkeypatch.setattr("landscape_app.session.checkpoint.restore", full)
    with pytest.raises(NotEnoughMemoryError, match="on the GPU for opening this run; 20 MB"):
        open_session(tmp_path / "run.h5", "cpu")
