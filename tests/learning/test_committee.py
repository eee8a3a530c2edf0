"""Members that learn apart: each as if alone, and their mean energy against sums over all states."""

import copy
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.data.dataset import Dataset, Kind
from landscape_app.learning import balance
from landscape_app.learning.committee import Committee
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.trainer import DivergenceError
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.model import Model
from landscape_app.problems import PROBLEMS, Configuration
from landscape_app.problems.model import build_ensemble
from landscape_app.session.session import Session

PLAN = replace(
    PROBLEMS["digits"].defaults,
    members=2,
    channels=(2, 3),
    observables=3,
    chains=32,
    balance=2,
    planned_epochs=40,
)


@pytest.fixture(autouse=True)
def balance_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balance, "FIRST", 2)
    monkeypatch.setattr(balance, "INTERVAL", 3)


def images() -> Dataset:
    """60 images of 2 × 2 pixels and 3 levels, whose rows are nearly alike."""
    random = np.random.default_rng(1)
    row = random.integers(0, 3, (90, 1, 2))
    items = np.where(random.random((90, 2, 2)) < 0.8, row, random.integers(0, 3, (90, 2, 2)))
    return Dataset("images", Kind.LEVELS, items.astype(np.uint8), np.arange(60), np.arange(60, 90), levels=3)


def new_session(plan: Configuration = PLAN) -> Session:
    return Session(plan, "cpu", 4, images())


def committee(session: Session) -> Committee:
    assert isinstance(session.trainer, Committee)
    return session.trainer


def same(a: list[Tensor], b: list[Tensor]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(a, b, strict=True))


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_members_learn_as_if_each_were_alone() -> None:
    session = new_session()
    trainer = committee(session)
    alone = []
    for number, member in enumerate(trainer.members, 1):
        model = copy.deepcopy(member.model)
        ensemble = build_ensemble(PLAN, model, MinMaxEnt, number)
        alone.append(MinMaxEnt(model, trainer.training, trainer.held_out, ensemble, PLAN.schedule))
    training = session.train()
    for _ in range(8):
        record = next(training)
        for one in alone:
            one.progress = trainer.progress
        records = [one.advance() for one in alone]
    for member, one in zip(trainer.members, alone, strict=True):
        assert same(member.model.values(), one.model.values())
        assert same(member.average, one.average)
    assert not same(alone[0].model.values(), alone[1].model.values())
    np.testing.assert_array_equal(record.residuals, np.concatenate([one.residuals for one in records]))
    assert record.chi_squared == pytest.approx(sum(one.chi_squared for one in records))


def test_the_model_is_the_mean_energy_of_its_members_and_no_worse_than_they_are_on_average() -> None:
    session = new_session()
    for _ in islice(session.train(), 12):
        pass
    trainer = committee(session)
    session.rest()
    x = session.space.enumerate()
    members: list[Model] = []
    for member in trainer.members:
        model = copy.deepcopy(member.model)
        model.set_values(member.average)
        members.append(model)
    mean = torch.stack([model.energy(x) for model in members]).mean(0)
    torch.testing.assert_close(session.model.energy(x), mean, rtol=1e-5, atol=1e-5)

    def nats(model: Model) -> float:
        log_z = (-model.target.surprisal(x)).double().logsumexp(0)
        return float(model.target.surprisal(session.held_out_items).double().mean() + log_z)

    assert nats(session.model) <= np.mean([nats(model) for model in members]) + 1e-6


@pytest.mark.usefixtures("two_threads")
def test_members_that_learn_side_by_side_come_to_what_they_come_to_in_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    advance, seen = MinMaxEnt.advance, set[tuple[bool, int]]()

    def noted(trainer: MinMaxEnt) -> object:
        if not isinstance(trainer, Committee):
            seen.add((threading.current_thread() is threading.main_thread(), torch.get_num_threads()))
        return advance(trainer)

    monkeypatch.setattr(MinMaxEnt, "advance", noted)
    found: list[list[Tensor]] = []
    for threads in (1, 2):
        session = new_session()
        torch.set_num_threads(threads)
        for _ in islice(session.train(), 6):
            pass
        found.append([value for member in committee(session).members for value in member.model.values()])
    assert same(*found)
    assert seen == {(True, 1), (False, 1)}


@pytest.mark.parametrize("finished", [False, True])
def test_a_committee_goes_on_to_the_last_bit(finished: bool) -> None:
    session = new_session()
    for _ in islice(session.train(), 7):
        pass
    if finished:
        session.finish()
    resumed = new_session()
    resumed.load_state_dict(copy.deepcopy(session.state_dict()))
    for one, other in zip(islice(session.train(), 4), islice(resumed.train(), 4), strict=True):
        assert one.chi_squared == other.chi_squared
        assert one.energy_model == other.energy_model
    assert same(session.model.values(), resumed.model.values())


def test_where_a_member_has_no_memory_all_are_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    session, twin = new_session(), new_session()
    for run in (session, twin):
        for _ in islice(run.train(), 3):
            pass
    trainer = committee(session)

    def fail() -> None:
        raise RuntimeError("no memory")

    with monkeypatch.context() as patch:
        patch.setattr(trainer.members[1], "_epoch", fail)
        with pytest.raises(RuntimeError, match="no memory"):
            trainer.advance()
    one, other = next(session.train()), next(twin.train())
    assert one.chi_squared == other.chi_squared
    assert same(session.model.values(), twin.model.values())


def test_a_member_that_is_lost_ends_the_training_with_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    session = new_session()
    next(session.train())
    trainer = committee(session)

    def diverge() -> None:
        raise DivergenceError("the observables became infinite")

    before = session.model.values()
    monkeypatch.setattr(trainer.members[0], "_epoch", diverge)
    with pytest.raises(DivergenceError, match="became infinite"):
        next(session.train())
    assert same(session.model.values(), before)


def test_members_go_on_from_the_chains_of_a_model_that_was_found_elsewhere() -> None:
    session = new_session()
    for _ in islice(session.train(), 4):
        pass
    trainer = committee(session)
    values = [value + 0.01 for value in trainer.average]
    trainer.adopt(values, 9)
    x = trainer.ensemble.chains_at_one.x.clone()
    torch.testing.assert_close(
        trainer.members[1].model.multipliers, 2 * session.model.multipliers[3:], rtol=1e-6, atol=1e-7
    )
    trainer._set_members_down()
    for member in trainer.members:
        assert torch.equal(member.ensemble.chains_at_one.x, x)
        assert float(member.ensemble.weight_share) == pytest.approx(1.0)
    assert next(session.train()).epoch == 10


def test_a_single_network_has_no_committee() -> None:
    assert type(new_session(replace(PLAN, members=1)).trainer) is MinMaxEnt
    assert isinstance(new_session().model, MinMaxEntModel)
