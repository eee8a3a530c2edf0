"""Pieces of work done elsewhere: the same numbers, in the same order, and an end on request."""

import pickle
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from landscape_app.experiments import few, ising, rbm
from landscape_app.session.many_runs import connected
from landscape_app.session.share_out import Part, StoppedError, found_by, in_turn, on_workers


def elsewhere(work: Any, arguments: Sequence[tuple[Any, ...]]) -> Any:
    """As workers do it: what comes and goes is pickled, and pieces end in any order."""
    results: dict[int, bytes] = {}
    for number in reversed(range(len(arguments))):
        sent = pickle.loads(pickle.dumps((work, arguments[number])))
        results[number] = pickle.dumps(found_by(*sent, threads=torch.get_num_threads()))
    for number in range(len(arguments)):
        yield Part(number, found=pickle.loads(results[number]))


def test_an_experiment_finds_the_same_by_workers() -> None:
    experiment = ising.SquareIsing()
    values = experiment.complete({"side": 16.0, "chains": 4.0, "sweeps": 10.0, "seed": 1.0})
    *_, here = experiment.run(values)
    *_, there = experiment.run_shared(values, elsewhere)
    assert here.findings == there.findings
    for one, other in zip(here.figure.panels, there.figure.panels, strict=True):
        for first, second in zip(one.marks, other.marks, strict=True):
            np.testing.assert_equal(vars(first), vars(second))


def test_machines_go_on_with_their_random_numbers_after_they_were_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rbm, "SAMPLES", 20)
    pieces = [(2, 1, seed) for seed in (1, 2)]
    here, there = (
        [
            [machine.exact(20) for machine in part.found]
            for part in share_out(rbm.trained, pieces)
            if part.found
        ]
        for share_out in (in_turn, elsewhere)
    )
    for one, other in zip(here, there, strict=True):
        assert all(torch.equal(*pair) for pair in zip(one, other, strict=True))
    assert not torch.equal(here[0][0], here[1][0])


def test_draws_come_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(few, "AUTOENCODER_EPOCHS", 2)
    experiment = few.Few()
    values = experiment.complete({"draws": 2.0, "epochs": 10.0, "points": 4.0})
    *_, here = experiment.run(values)
    *_, there = experiment.run_shared(values, elsewhere)
    assert here.findings == there.findings


def doubled(number: int) -> Generator[int, None, int]:
    """A piece of work."""
    yield number
    return 2 * number


def test_workers_of_dask_give_the_results_in_order() -> None:
    pytest.importorskip("distributed")
    pieces = [(3,), (1,), (2,)]
    with connected(None, 2) as client:
        share_out = on_workers(client, torch.get_num_threads(), lambda: False)
        assert [part.found for part in share_out(doubled, pieces)] == [6, 2, 4]
        stopped = on_workers(client, torch.get_num_threads(), lambda: True)
        with pytest.raises(StoppedError):
            list(stopped(doubled, pieces))
    assert [part.look for part in in_turn(doubled, pieces)] == [3, None, 1, None, 2, None]
