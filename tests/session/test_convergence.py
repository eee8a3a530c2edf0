"""The convergence test on models whose entropy is known."""

import pytest
import torch

from landscape_app.session import convergence
from landscape_app.session.convergence import STARTS
from tests.session.conftest import NewSession


def test_an_untrained_model_is_the_base_measure(new_session: NewSession) -> None:
    session = new_session()
    *_, record = session.convergence_test(columns=8, seed=0).run(200)
    assert record.thermometry is not None
    assert record.cross_entropy is not None
    assert record.thermometry.log_partition.value == pytest.approx(0, abs=1e-6)
    entropy = record.thermometry.entropy
    assert entropy.value == pytest.approx(session.model.base_measure.entropy(), abs=4 * entropy.error)
    held_out = -float(session.model.base_measure.log_prob(session.held_out_items).mean())
    assert record.cross_entropy.value == pytest.approx(held_out, abs=1e-3)


def test_starts_of_a_trained_model_agree_and_leave_it_alone(new_session: NewSession) -> None:
    session = new_session(chains=64)
    training = session.train()
    for _ in range(30):
        next(training)
    x, chains = session.trainer.ensemble.chains_at_one.x.clone(), session.sampler.chains.x.clone()
    records = list(session.convergence_test(columns=16, seed=1).run(1_500))
    last = records[-1]
    assert last.agree, last.diagnosis
    assert last.steps < 1_500
    assert set(last.energies) == set(STARTS)
    assert last.round_trips > 100
    assert (last.betas[0], last.betas[-1]) == (0, 1)
    assert torch.equal(session.trainer.ensemble.chains_at_one.x, x)
    assert torch.equal(session.sampler.chains.x, chains)


def test_the_first_records_come_before_any_judgement(new_session: NewSession) -> None:
    records = new_session().convergence_test(columns=2, seed=2).run(100)
    first = next(records)
    assert first.steps == 0
    assert first.diagnosis is None
    assert not first.agree


def test_same_seed_same_test(new_session: NewSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convergence, "TUNING_ROUNDS", 2)
    session = new_session()
    runs = [list(session.convergence_test(columns=2, seed=3).run(100))[-1] for _ in range(2)]
    assert runs[0].energies == runs[1].energies
    assert runs[0].thermometry is not None
    assert runs[1].thermometry is not None
    assert runs[0].thermometry.entropy == runs[1].thermometry.entropy


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"columns": 1}, "at least two chains"),
        ({"kernel": "slow"}, "no kernel is called 'slow'"),
    ],
)
def test_what_cannot_be_tested_is_refused(
    new_session: NewSession, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        new_session().convergence_test(**arguments)  # type: ignore[arg-type]
