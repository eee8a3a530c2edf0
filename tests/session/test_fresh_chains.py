"""Fresh chains at the end of a training: against sums over all states, and what they say of the model."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from landscape_app.data.dataset import Dataset, Kind
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.matching import match
from landscape_app.problems.proposal import starting_configuration
from landscape_app.session import entropy_estimator, fresh_chains
from landscape_app.session.fresh_chains import FreshRecord
from landscape_app.session.session import Session

SPINS = 6
STATES = torch.tensor(list(itertools.product([-1.0, 1.0], repeat=SPINS)))


def two_modes() -> Dataset:
    """Spins that are nearly all up in two thirds of the items, and nearly all down in the others."""
    random = np.random.default_rng(0)
    up = np.where(np.arange(90) % 3 < 2, 1, -1)[:, None]
    items = (up * random.choice([1, -1], (90, SPINS), p=[0.95, 0.05])).astype(np.int8)
    return Dataset("modes", Kind.SPINS, items, np.arange(60), np.arange(60, 90))


def probabilities(session: Session) -> torch.Tensor:
    """P of every state, by a sum, float64, shape (states,)."""
    with torch.no_grad():
        return (-session.model.target.surprisal(STATES).double()).softmax(0)


@pytest.mark.usefixtures("multipliers_to_the_end")
@pytest.mark.parametrize("replicas", [1, 4])
def test_multipliers_solved_in_one_mode_and_chains_stuck_there_end_at_the_model_of_both(
    replicas: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProductBase, "is_summable", False)
    monkeypatch.setattr(entropy_estimator, "MOST_ROUNDS", 1)
    for name, number in (
        ("LEAST_COLUMNS", 32),
        ("MOST_COLUMNS", 32),
        ("TUNING", 30),
        ("TAKES", 5),
        ("SPACING", 8),
    ):
        monkeypatch.setattr(fresh_chains, name, number)
    dataset = two_modes()
    configuration = replace(
        starting_configuration(dataset), chains=128 // replicas, replicas=replicas, observables=4
    )
    session = Session(configuration, "cpu", sampler_chains=4, dataset=dataset)
    session.estimator.after_epoch = lambda: None  # type: ignore[method-assign]
    for record in session.train():
        if record.epoch == 15:
            break
    trainer, f = session.trainer, session.model.constraints
    with torch.no_grad():
        data, states = f(session.training_items).double(), f(STATES).double()
        # Towards one mode by two nats: what multipliers are whose chains have lost the other.
        towards = states[-1] - states[0]
        multipliers, *theta = trainer.average
        tilt = (2 * towards / towards.square().sum()).to(multipliers)
    trainer.average = [multipliers + tilt, *theta]
    trainer.rest()
    trainer.ensemble.start_from(-torch.ones(128 // replicas, SPINS), trainer.model.target)

    def violation() -> float:
        p = probabilities(session)
        return float((((p @ states - data.mean(0)) / data.std(0)) ** 2).sum())

    before = violation()
    outcome = session.finish()
    assert before > 0.2
    found = outcome.fresh
    assert found is not None
    assert found.match.verdict != "not matched"
    # χ² of the solution has the noise of samples as many as those that are counted, or fewer.
    assert violation() < 10 * found.noise < 0.5
    # The chains that trained rest on samples of the fresh ones.
    up = (trainer.ensemble.chains_at_one.x.sum(1) > 0).double()
    exact = float(probabilities(session)[STATES.sum(1) > 0].sum())
    assert abs(float(up.mean()) - exact) < 4 * (exact * (1 - exact) / found.chains) ** 0.5
    assert float(trainer.ensemble.weight_share) > 0.9


@pytest.mark.parametrize(
    ("plan", "times"),
    [({"planned_seconds": 1e-6}, 2), ({"planned_seconds": 1e6}, 1), ({"planned_epochs": 20}, 1)],
)
def test_constraints_are_solved_again_after_a_planned_time_where_fresh_chains_do_not_agree(
    plan: dict[str, float], times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FreshRecord, "agrees", False)
    monkeypatch.setattr(fresh_chains, "SHARE", 1e3)
    dataset = two_modes()
    configuration = replace(starting_configuration(dataset), chains=32, replicas=1)
    session = Session(configuration, "cpu", 4, dataset=dataset)
    session.configuration = replace(configuration, **plan)  # type: ignore[arg-type]
    for record in session.train():
        if record.epoch == 20:
            break
    state = session.estimator.state_dict()
    told: list[str] = []
    session.estimator.on_step = lambda words, share: told.append(words)
    outcome = session.finish()
    # Once a solution is found, samples of it are drawn.
    drawing = [words.startswith("Drawing") for words in told]
    assert sum(now and not before for before, now in itertools.pairwise([False, *drawing])) == times
    assert outcome.epoch == session.trainer.epoch == len(session.history) == 20
    assert session.trainer.is_resting
    # Training that goes on measures as if it had not ended.
    assert torch.equal(session.estimator.state_dict()["random"], state["random"])


def a_record(shares: list[float], spread: float, round_trips: int = 100) -> FreshRecord:
    """A record of 20 chains with such shares of two classes, of which the data have a tenth and nine tenths."""
    chains = {
        f"class {name}": share + spread * np.resize([1.0, -1.0], (20, 1))
        for name, share in zip("ab", shares, strict=True)
    }
    data = {"class a": np.arange(1_000) < 100, "class b": np.arange(1_000) >= 100}
    found = match(chains, data, frozenset(data))
    return FreshRecord(found, 20, 20, round_trips, 0.0, 0.0)


def test_classes_are_off_beyond_the_limits_and_their_standard_error() -> None:
    """The standard error of the mean of 20 chains that alternate by d is d/√19."""
    assert [row.name for row in a_record([0.02, 0.98], 0.0).off] == ["class a"]
    assert [row.name for row in a_record([0.17, 0.83], 0.01).off] == ["class a"]
    # 0.055 + 0.04/√19 = 0.064 is above 0.6 · 0.1, and 0.155 − 0.009 below 1.5 · 0.1.
    assert not a_record([0.055, 0.945], 0.04).off
    assert not a_record([0.155, 0.845], 0.04).off


def test_sentences_say_which_class_is_off_and_that_ladders_are_cut() -> None:
    assert a_record([0.09, 0.91], 1e-6).sentences == (
        "Class shares of fresh chains, over the data's: 0.90 ± 0.00 to 1.01 ± 0.00.",
    )
    off, cut = a_record([0.02, 0.98], 0.001, round_trips=3).sentences
    assert off == "Class shares of fresh chains, over the data's: class a 0.20 ± 0.00, not within 0.6 to 1.5."
    assert cut.startswith("Only 3 replicas of 20 ladders have gone to the base measure and back")
