"""The entropy estimator and what training does with it."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.learning import equilibrium_dual
from landscape_app.learning.trainer import DivergenceError
from landscape_app.physics.entropy import measure, record_energies
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.ladder import Ladder
from landscape_app.session import entropy_estimator
from landscape_app.session.checkpoint import arrays_of, open_session, save_session
from landscape_app.session.entropy_estimator import RISEN_MEASUREMENTS, Best, Measurement
from landscape_app.session.session import Session

NewSession = Callable[..., Session]


@pytest.fixture(autouse=True)
def busy_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the estimator take most of the evaluations, so that small runs are measured too."""
    monkeypatch.setattr(entropy_estimator, "SHARE", 0.7)
    monkeypatch.setattr(equilibrium_dual, "ROUNDS", 16)


def train(session: Session, epochs: int) -> None:
    for record in session.train():
        if record.epoch >= epochs:
            return


def test_an_untrained_model_has_the_entropy_of_its_base(new_session: NewSession) -> None:
    session = new_session()
    found = session.estimator.measure_now()
    log_q = session.model.base_measure.log_probabilities.double()
    exact = -float((log_q.exp() * log_q).sum())
    assert found.log_partition == pytest.approx(0, abs=1e-6)
    assert abs(found.entropy - exact) < 4 * found.entropy_error
    nats = -session.model.base_measure.log_prob(session.held_out_items).double().mean()
    assert found.cross_entropy == pytest.approx(float(nats), abs=1e-3)
    assert found.connected == 1


def test_the_meter_agrees_with_a_ladder_of_its_own(new_session: NewSession) -> None:
    session = new_session()
    train(session, 40)
    session.rest()
    found = session.estimator.measure_now()
    ladder = Ladder(32, session.model.target, DiscreteLangevin(), torch.Generator().manual_seed(9))
    ladder.tune(100, 25)
    *_, energies = record_energies(ladder, 60)
    reference = measure(energies.on_host()).log_partition
    # The model has moved away from its base by more than the errors.
    assert abs(reference.value) > 5 * reference.error
    doubt = math.hypot(found.log_partition_error, reference.error)
    assert abs(found.log_partition - reference.value) < 4 * doubt


def test_measurements_come_while_a_model_trains_and_change_nothing_of_it(new_session: NewSession) -> None:
    measured, unmeasured = new_session(), new_session()
    unmeasured.estimator.after_epoch = lambda: None  # type: ignore[method-assign]
    train(measured, 30)
    train(unmeasured, 30)
    assert len(measured.measurements) > 0
    assert len(unmeasured.measurements) == 0
    for a, b in zip(measured.trainer.model.values(), unmeasured.trainer.model.values(), strict=True):
        assert torch.equal(a, b)
    assert 0 < measured.measurements["share"][-1] < 1
    assert (np.diff(measured.measurements["epoch"]) > 0).all()


def rise(session: Session, by: float) -> None:
    """Tells the estimator of measurements above the best."""
    base = session.estimator.measure_now()
    for k in range(RISEN_MEASUREMENTS):
        session.estimator._judge(replace(base, epoch=k, cross_entropy=base.cross_entropy + by), [])


def test_training_is_done_when_the_held_out_cross_entropy_has_risen(new_session: NewSession) -> None:
    session = new_session()
    assert not session.is_done
    rise(session, 0.0)
    assert not session.is_done
    rise(session, 30.0)
    assert session.is_done
    assert session.finish().stopped_early
    assert not session.is_done


def test_a_better_earlier_state_is_gone_back_to(new_session: NewSession) -> None:
    session = new_session()
    train(session, 10)
    best = session.model.values()
    found = session.estimator.measure_now()
    session.estimator.best = Best(replace(found, epoch=10), best)
    train(session, 20)
    multipliers, *theta = session.trainer.average
    session.trainer.average = [multipliers + 5, *theta]
    # Solved anew, the multipliers of so short a training would do better.
    session.estimator.solve = lambda state: state  # type: ignore[method-assign]
    outcome = session.finish()
    assert outcome.epoch == 10
    for now, then in zip(session.model.values(), best, strict=True):
        assert torch.equal(now, then)
    chains = session.trainer.ensemble.chains_at_one
    torch.testing.assert_close(session.model_energy(chains.x), chains.energy)


def test_multipliers_of_an_earlier_state_are_solved_anew_unless_it_was_better(
    new_session: NewSession,
) -> None:
    session = new_session()
    session.estimator.after_epoch = lambda: None  # type: ignore[method-assign]
    train(session, 40)
    multipliers, *theta = session.trainer.average
    off = [multipliers + 1.5, *theta]
    session.trainer.average = off
    found = session.estimator.measure_now()
    solved = session.estimator.solve(Best(found, off))
    assert solved.epoch == found.epoch
    doubt = math.hypot(solved.found.cross_entropy_error, found.cross_entropy_error)
    assert solved.found.cross_entropy_training < found.cross_entropy_training - 2 * doubt
    for now, then in zip(solved.parameters[1:], theta, strict=True):
        assert torch.equal(now, then)
    flattered = Best(replace(found, cross_entropy=1.0), off)
    assert session.estimator.solve(flattered) is flattered


def test_a_last_state_as_good_as_the_best_is_kept(new_session: NewSession) -> None:
    session = new_session()
    train(session, 20)
    last = session.trainer.average
    earlier = [torch.zeros_like(parameter) for parameter in last]
    session.estimator.best = Best(replace(session.estimator.measure_now(), epoch=10), earlier)
    outcome = session.finish()
    assert outcome.epoch == 20
    assert not outcome.stopped_early
    assert session.measurements["epoch"][-1] == 20
    for now, then in zip(session.model.values(), last, strict=True):
        assert torch.equal(now, then)


def test_the_meter_is_saved_with_its_best_state(new_session: NewSession, tmp_path: Path) -> None:
    session = new_session()
    train(session, 30)
    assert session.estimator.best is not None
    save_session(session, tmp_path / "run.h5")
    opened = open_session(tmp_path / "run.h5", "cpu")
    assert opened.estimator.best is not None
    assert opened.estimator.best.found == session.estimator.best.found
    for a, b in zip(opened.estimator.best.parameters, session.estimator.best.parameters, strict=True):
        assert torch.equal(a, b)
    for name in session.measurements.names:
        np.testing.assert_array_equal(opened.measurements[name], session.measurements[name])
    states = [arrays_of(one.estimator.state_dict(), one.space) for one in (session, opened)]
    for name, array in states[0].items():
        np.testing.assert_array_equal(states[1][name], array, err_msg=name)


def test_a_diverged_training_goes_back_and_on_with_smaller_steps(new_session: NewSession) -> None:
    session = new_session()
    train(session, 5)
    good = session.model.values()
    epoch, failures = session.trainer._epoch, iter([True, True])

    def fails() -> object:
        if next(failures, False):
            raise DivergenceError("an energy became infinite")
        return epoch()

    session.trainer._epoch = fails  # type: ignore[assignment, method-assign]
    record = next(session.train())
    assert record.recoveries == 2
    assert record.epoch == 6
    assert session.trainer.rate_share < 0.3
    moved = max(float((a - b).abs().max()) for a, b in zip(session.model.values(), good, strict=True))
    assert 0 < moved < 0.1


def test_a_training_that_always_diverges_says_so(new_session: NewSession) -> None:
    session = new_session()
    train(session, 2)

    def fails() -> object:
        raise DivergenceError("an energy became infinite")

    session.trainer._epoch = fails  # type: ignore[assignment, method-assign]
    with pytest.raises(DivergenceError, match="infinite"):
        next(session.train())


def look_after(session: Session, chi_squared: float, update_share: float) -> None:
    for _ in range(100):
        session.trainer._look_after(chi_squared, update_share)


def test_lost_constraints_are_a_divergence(new_session: NewSession) -> None:
    session = new_session()
    train(session, 2)
    session.trainer._look_after(1e4, 1.0)
    with pytest.raises(DivergenceError, match="constraints were lost"):
        look_after(session, 1e4, 1.0)
    session.trainer.recover()
    look_after(session, 0.1, 1.0)
    with pytest.raises(DivergenceError, match="no update"):
        look_after(session, 0.1, 1e-6)


def test_measurements_are_numbers(new_session: NewSession) -> None:
    session = new_session()
    found = session.estimator.measure_now()
    assert isinstance(found, Measurement)
    assert all(math.isfinite(value) for value in vars(found).values())


@pytest.mark.parametrize("replicas", [1, 4])
def test_at_rest_the_model_is_the_average_and_training_goes_on_as_if_it_had_not_rested(
    new_session: NewSession, tmp_path: Path, replicas: int
) -> None:
    straight, rested = new_session(chains=8, replicas=replicas), new_session(chains=8, replicas=replicas)
    train(straight, 28)
    train(rested, 22)
    wandering = rested.trainer.model.values()
    rested.rest()
    for now, average in zip(rested.trainer.model.values(), rested.trainer.average, strict=True):
        assert torch.equal(now, average)
    assert any(not torch.equal(a, b) for a, b in zip(wandering, rested.trainer.model.values(), strict=True))
    chains = rested.trainer.ensemble.chains_at_one
    torch.testing.assert_close(rested.model_energy(chains.x), chains.energy)
    save_session(rested, tmp_path / "run.h5")
    opened = open_session(tmp_path / "run.h5", "cpu")
    for now, then in zip(opened.trainer.model.values(), rested.trainer.model.values(), strict=True):
        assert torch.equal(now, then)
    for session in (rested, opened):
        train(session, 28)
        assert session.trainer.live is None
        for a, b in zip(straight.trainer.model.values(), session.model.values(), strict=True):
            assert torch.equal(a, b)
        for name, array in straight.trainer.ensemble.state_dict().items():
            assert torch.equal(array, session.trainer.ensemble.state_dict()[name]), name


def test_the_average_looks_back_over_the_last_tenth(new_session: NewSession) -> None:
    session = new_session()
    train(session, 8)
    # Up to the tenth epoch it is the last state.
    for average, now in zip(session.trainer.average, session.model.values(), strict=True):
        torch.testing.assert_close(average, now)
    session.trainer.epoch = 999
    before = session.trainer.average
    session.trainer.run_epoch()
    now = session.model.values()
    for average, a, b in zip(session.trainer.average, before, now, strict=True):
        torch.testing.assert_close(average, 0.99 * a + 0.01 * b)
