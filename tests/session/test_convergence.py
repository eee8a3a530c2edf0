"""The convergence test on models whose entropy is known."""

import itertools
import json

import pytest
import torch

from landscape_app.physics.estimate import Estimate
from landscape_app.physics.matching import Match, MeanMatch
from landscape_app.session import convergence
from landscape_app.session.convergence import CHECK_SHARE, CHECK_STEPS, LEAST_STEPS, STARTS, diagnosed_at
from tests.session.conftest import NewSession


def test_an_untrained_model_is_the_base_measure(new_session: NewSession) -> None:
    session = new_session()
    *_, record = session.convergence_test(columns=12, seed=0).run(200)
    assert record.thermometry is not None
    assert record.cross_entropy is not None
    assert record.thermometry.log_partition.value == pytest.approx(0, abs=1e-6)
    entropy = record.thermometry.entropy
    assert entropy.value == pytest.approx(session.model.base_measure.entropy().value, abs=4 * entropy.error)
    test = -float(session.model.base_measure.log_prob(session.test_items).mean())
    assert record.cross_entropy.value == pytest.approx(test, abs=1e-3)
    assert record.agree, record.diagnosis
    assert record.diagnosis is not None
    assert "the starts agree (noise, data, hot, no start's mean off by more than" in record.diagnosis.sentence
    # The base measure knows nothing of the observables' means over the data.
    assert record.match is not None
    assert record.match.verdict == "not matched"
    assert (record.matched, record.is_good) == (False, False)


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


def test_it_goes_on_until_it_can_judge_the_model(
    new_session: NewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Estimate(0.0, 1.0)
    hardly_known = MeanMatch("f1", "", found, found, 1.0, 3.0)
    looks = iter([Match("not known", "", (hardly_known,), ())] * 3)
    monkeypatch.setattr(convergence, "TUNING_ROUNDS", 1)
    monkeypatch.setattr(convergence, "match", lambda *_: next(looks, Match("matched", "", (), ())))
    *_, last = new_session().convergence_test(columns=12, seed=0).run(400)
    assert last.is_good
    assert last.steps == LEAST_STEPS + 3 * CHECK_STEPS


def test_diagnoses_are_ever_further_apart_and_the_last_is_at_the_end() -> None:
    looks = diagnosed_at(6_001)
    assert (looks[0], looks[-1]) == (LEAST_STEPS, 6_001)
    for before, after in itertools.pairwise(looks[:-1]):
        assert after - before == CHECK_STEPS or CHECK_SHARE / 2 < (after - before) / before <= CHECK_SHARE
    assert diagnosed_at(LEAST_STEPS) == [LEAST_STEPS]
    assert diagnosed_at(LEAST_STEPS - 1) == []


def test_observables_and_classes_are_those_of_the_chains_and_the_data(
    new_session: NewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convergence, "TUNING_ROUNDS", 1)
    session = new_session()
    test = session.convergence_test(columns=4, seed=5)
    *_, record = test.run(100)
    assert record.match is not None
    data = session.model.constraints(session.training_items).detach().double()
    rows = {row.name: row for row in (*record.match.means, *record.match.shares)}
    for i, name in enumerate(("f1", "f2", "f3", "f4")):
        assert rows[name].data[:2] == (pytest.approx(float(data[:, i].mean()), rel=1e-5), 0.0)
        assert rows[name].deviation == pytest.approx(float(data[:, i].std(correction=0)), rel=1e-4)
        later = torch.stack(test._constraints[50:])[:, :, i].double()
        assert rows[name].chains.value == pytest.approx(float(later.mean()))
        assert rows[name].chains.error == pytest.approx(float(later.mean(0).std() / 12**0.5))
    assert session.classifier is not None
    predicted = session.classifier(session.training_items).argmax(1)
    shares = [rows[f"class {name}"] for name in session.class_names]
    assert sum(row.chains.value for row in shares) == pytest.approx(1)
    for number, row in enumerate(shares):
        assert row.data.value == pytest.approx(float((predicted == number).double().mean()))
    figures = record.figures()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert set(figures["class_shares"]) == set(session.class_names)


def test_the_hot_start_is_where_a_ladder_from_the_base_measure_has_come(new_session: NewSession) -> None:
    test = new_session().convergence_test(columns=2, seed=6)
    ladder, replicas = test.ladder, test.ladder.replicas
    before = ladder.state.x.view(replicas, 6, *ladder.x.shape[1:]).clone()
    test._start_hot()
    after = ladder.state.x.view_as(before)
    hot = int((ladder.betas - 0.5).abs().argmin())
    assert torch.equal(after[:, :4], before[:, :4])
    assert torch.equal(after[:, 4:], before[hot, 4:].expand_as(after[:, 4:]))
    assert torch.equal(ladder.state.energy, ladder.target.hamiltonian.energy(ladder.state.x))


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


def test_a_test_without_agreement_goes_on_with_the_same_chains(new_session: NewSession) -> None:
    in_one = list(new_session().convergence_test(columns=2, seed=5).run(160))
    test = new_session().convergence_test(columns=2, seed=5)
    *_, first = test.run(120)
    assert (first.steps, first.budget, test.steps) == (120, 120, 120)
    *_, last = test.run(160)
    assert (last.steps, last.budget) == (160, 160)
    # Nothing is tuned or begun anew.
    assert last.trace.tolist() == in_one[-1].trace.tolist()
    assert last.trace[: len(first.trace)].tolist() == first.trace.tolist()
    assert last.diagnosis is not None
    assert in_one[-1].diagnosis is not None
    assert last.diagnosis.r_hat == in_one[-1].diagnosis.r_hat
    # What was found stays known until the next look.
    assert next(test.run(300)).diagnosis is last.diagnosis


def test_a_test_that_is_left_while_temperatures_are_set_goes_on_with_that(
    new_session: NewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convergence, "TUNING_ROUNDS", 2)
    (*_, in_one) = new_session().convergence_test(columns=2, seed=6).run(3)
    test = new_session().convergence_test(columns=2, seed=6)
    list(itertools.islice(test.run(3), 25))
    (*_, last) = test.run(3)
    assert last.trace.tolist() == in_one.trace.tolist()
    assert last.betas.tolist() == in_one.betas.tolist()
