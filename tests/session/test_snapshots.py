"""Snapshots of a training: where they lie, what they hold, what a file keeps of them, and branches from them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape_app.problems import PROBLEMS
from landscape_app.runs import RunFileError
from landscape_app.runs.run_file import RunState, read_run, write_run
from landscape_app.session.api import branch, new_session, note_beginning, train
from landscape_app.session.autosave import snapshot
from landscape_app.session.checkpoint import arrays_of, open_session, save_session, session_of
from landscape_app.session.journal import Branched, Journal
from landscape_app.session.script import script_of
from landscape_app.session.session import SNAPSHOTS, Session
from landscape_app.session.snapshots import RATIO, EpochSnapshot, Snapshots

EPOCHS = 12
KEPT = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12)
"""Epochs of the snapshots of so long a training."""


def of_epoch(epoch: int) -> EpochSnapshot:
    return EpochSnapshot(epoch, {"theta": np.full(3, epoch, np.float32)}, np.full((2, 4), epoch % 2, np.int8))


def kept_of(epochs: int, most: int, stride: int = 1) -> Snapshots:
    """Snapshots of a training that looks at every so many-th epoch."""
    found = Snapshots(20, 20 * most)
    for epoch in range(0, epochs + 1, stride):
        if found.is_due(epoch):
            found.add(of_epoch(epoch))
    return found


def points(**settings: Any) -> Session:
    """A session whose epochs take a millisecond."""
    session = new_session("two-gaussians", device="cpu", sampler_chains=8, chains=64, seed=3, **settings)
    note_beginning(session)
    return session


@pytest.fixture(scope="module")
def trained() -> Session:
    session = points(planned_epochs=40)
    for _ in islice(session.train(), EPOCHS):
        pass
    return session


def energies(session: Session) -> torch.Tensor:
    """Of the model at rest, of the data."""
    session.rest()
    return session.model_energy(session.training_items).detach()


@settings(max_examples=40)
@given(epochs=st.integers(0, 4_000), most=st.integers(2, 40), stride=st.integers(1, 5))
def test_snapshots_keep_the_ratio_of_their_epochs_and_the_bound_on_their_bytes(
    epochs: int, most: int, stride: int
) -> None:
    found = kept_of(epochs, most, stride)
    kept = [epoch + 1 for epoch in found.epochs]
    assert found.bytes <= 20 * most
    assert kept[0] == 1
    assert kept[-1] * max(RATIO, 2) + stride > epochs
    # The closest neighbours of m gaps over R in all are together within 2 R / (m − 1), so that no gap is ever larger.
    gap = max((math.log(b / a) for a, b in pairwise(kept)), default=0.0)
    own = math.log(max(RATIO, 1 + stride))
    assert gap <= max(own, 2 * math.log(kept[-1]) / (most - 1)) + 1e-9
    if epochs >= 4_000 and most == 40:
        assert len(kept) > most / 2


def test_snapshots_are_four_in_an_octave_as_long_as_there_is_room() -> None:
    epochs = kept_of(2_000, 100).epochs
    assert epochs[:9] == (0, 1, 2, 3, 4, 5, 6, 8, 10)
    assert all(b <= RATIO * a + 1 for a, b in pairwise(epochs))
    assert 4 <= sum(1_000 < epoch <= 2_000 for epoch in epochs) <= 5


def test_a_model_whose_first_and_last_snapshot_have_no_room_keeps_none() -> None:
    found = Snapshots(20, 39)
    assert (found.most, found.is_due(0)) == (0, False)
    found.add(of_epoch(0))
    assert found.state_dict() == {}


def test_training_is_the_same_to_the_last_bit_without_snapshots(trained: Session) -> None:
    bare = points(planned_epochs=40)
    bare.snapshots = Snapshots(bare.snapshots.size, 0)
    for _ in islice(bare.train(), EPOCHS):
        pass
    with_them, without = (arrays_of(session.state_dict(), session.space) for session in (trained, bare))
    assert trained.snapshots.epochs == KEPT
    assert not bare.snapshots.epochs
    for name, array in without.items():
        if not name.endswith("seconds"):
            np.testing.assert_array_equal(array, with_them[name], err_msg=name)


def test_an_epoch_of_the_past_has_the_energies_that_the_model_had_then(tmp_path: Path) -> None:
    session = points()
    then = {0: energies(session)}
    for record in islice(session.train(), EPOCHS):
        then[record.epoch] = energies(session)
    save_session(session, tmp_path / "run.h5")
    again = open_session(tmp_path / "run.h5", "cpu", 8)
    assert again.snapshots.epochs == session.snapshots.epochs == KEPT
    past = session.at_epoch(KEPT[0])
    for epoch in KEPT:
        past.go_to(session, epoch)
        for found in (past, again.at_epoch(epoch)) if epoch in (0, 5, EPOCHS) else (past,):
            assert torch.equal(energies(found), then[epoch])
            assert found.trainer.epoch == epoch
            assert list(found.history["epoch"] if epoch else []) == list(range(1, epoch + 1))
            assert found.kept is None
    assert torch.equal(energies(session), then[EPOCHS])


def test_chains_of_an_epoch_of_images_start_from_those_that_trained_it(
    tmp_path: Path,
) -> None:
    session = new_session("digits", device="cpu", sampler_chains=4, chains=32, channels=(4, 8))
    first = session.trainer.ensemble.chains_at_one.x.clone()
    for _ in islice(session.train(), 2):
        pass
    save_session(session, tmp_path / "run.h5")
    kept = open_session(tmp_path / "run.h5", "cpu").snapshots[0].x
    assert kept.dtype == np.uint8
    known = {row.tobytes() for row in first.numpy().astype(np.uint8)}
    assert {row.tobytes() for row in kept} <= known
    past = session.at_epoch(0)
    assert past.composer is session.composer
    assert len(past.sampler) == len(session.sampler)
    with pytest.raises(ValueError, match=r"no snapshot of epoch 9.* nearest of 3 snapshots are of 1 and 2"):
        session.at_epoch(9)


def test_a_branch_goes_on_from_its_epoch_with_settings_of_its_own(trained: Session, tmp_path: Path) -> None:
    last = energies(trained)
    begun = branch(trained, 6, planned_epochs=9, seed=8, schedule={"theta_rate": 1e-4})
    assert (begun.trainer.epoch, begun.configuration.seed) == (6, 8)
    assert begun.configuration.schedule == replace(
        trained.configuration.schedule, theta_rate=1e-4, theta_path=None
    )
    assert (begun.lineage.parent, begun.lineage.branch) == (trained.lineage.run, 6)
    train(begun)
    assert list(begun.history["epoch"]) == list(range(1, 10))
    np.testing.assert_array_equal(begun.history["chi_squared"][:6], trained.history["chi_squared"][:6])
    assert begun.snapshots.epochs == (*KEPT[:8], 9)[: len(begun.snapshots)]
    assert torch.equal(energies(trained), last)
    save_session(begun, tmp_path / "branch.h5")
    assert read_run(tmp_path / "branch.h5").provenance["branch_of_epoch"] == 6
    with pytest.raises(ValueError, match=r"cannot have another 'observables'"):
        branch(trained, 6, observables=2)


@pytest.mark.parametrize(
    ("problem", "settings"),
    [
        ("two-gaussians", {"replicas": 3}),
        ("ising", {}),
        ("digits", {"members": 2, "observables": 2, "channels": (2, 4), "training_size": 50}),
        ("ising", {"model": "rbm", "units": 4}),
    ],
)
def test_a_branch_of_every_kind_of_ensemble_trains_on(problem: str, settings: Mapping[str, Any]) -> None:
    session = new_session(problem, device="cpu", sampler_chains=4, chains=8, planned_epochs=8, **settings)
    for _ in islice(session.train(), 6):
        pass
    begun = branch(session, session.snapshots.epochs[-1])
    for _ in islice(begun.train(), 2):
        pass
    assert bool(energies(begun).isfinite().all())


def test_the_script_of_a_branch_makes_it_again(
    trained: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    begun = branch(trained, 6, seed=8)
    assert begun.journal.entries[-1].action == Branched(6, {"seed": 8})
    begun.journal = Journal.from_json(begun.journal.to_json())
    train(begun, 3)
    names: dict[str, Any] = {}
    exec(script_of(begun.journal.entries, 9), names)
    assert torch.equal(energies(names["session"]), energies(begun))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("epochs", lambda a: a[::-1]),
        ("epochs", lambda a: a + 9),
        ("epochs", lambda a: a.astype(float)),
        ("epochs", lambda a: a[:3]),
        ("x", lambda a: a[:-1]),
        ("x", lambda a: a * np.nan),
        ("parameters/multipliers", lambda a: a[:, 1:]),
        ("parameters/multipliers", lambda a: a - np.inf),
        ("parameters/multipliers", None),
    ],
)
def test_damaged_snapshots_are_refused_as_the_rest_of_a_file(
    trained: Session, tmp_path: Path, name: str, damage: Callable[[np.ndarray], np.ndarray] | None
) -> None:
    state = snapshot(trained)
    arrays = dict(state.arrays)
    path = f"{SNAPSHOTS}/{name}"
    before = arrays.pop(path)
    if damage is not None:
        arrays[path] = damage(before)
    with pytest.raises(RunFileError, match="not a whole run file"):
        session_of(replace(state, arrays=arrays), tmp_path / "run.h5", "cpu")


def test_a_run_file_without_snapshots_opens_and_keeps_them_from_there(
    trained: Session, tmp_path: Path
) -> None:
    state = snapshot(trained)
    bare = {name: array for name, array in state.arrays.items() if not name.startswith(SNAPSHOTS)}
    write_run(tmp_path / "bare.h5", RunState(state.configuration, state.provenance, state.metrics, bare))
    session = open_session(tmp_path / "bare.h5", "cpu")
    assert session.epochs_at_hand == (EPOCHS,)
    with pytest.raises(ValueError, match="keeps no snapshots"):
        session.at_epoch(3)
    for _ in islice(session.train(), 4):
        pass
    assert session.snapshots.epochs == (12, 15)


def test_the_snapshots_of_a_checkpoint_are_made_once(trained: Session) -> None:
    first, second = (snapshot(trained).arrays for _ in range(2))
    shared = [name for name in first if name.startswith(SNAPSHOTS)]
    assert len(shared) == 2 + len(list(trained.model.parameters()))
    assert all(first[name] is second[name] for name in shared)


def test_a_snapshot_of_every_problem_is_small() -> None:
    for name in ("digits", "ising"):
        session = Session(replace(PROBLEMS[name].defaults, chains=2), "cpu", 2)
        assert session.snapshots.most >= 16
