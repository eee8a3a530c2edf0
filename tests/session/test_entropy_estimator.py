"""The entropy estimator and what training does with it."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.data.dataset import Dataset, Kind
from landscape_app.learning import equilibrium_dual
from landscape_app.learning.trainer import DivergenceError
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.entropy import measure
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.ladder import Ladder
from landscape_app.problems.proposal import starting_configuration
from landscape_app.session import entropy_estimator
from landscape_app.session.checkpoint import arrays_of, open_session, save_session
from landscape_app.session.entropy_estimator import RISEN_EPOCHS, Best, EntropyEstimator
from landscape_app.session.measurement import RISEN_MEASUREMENTS, Measurement
from landscape_app.session.session import Session
from tests.physics.exact import Hole
from tests.physics.recorded import record_energies

NewSession = Callable[..., Session]


@pytest.fixture(autouse=True)
def busy_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the estimator take most of the evaluations, so that small runs are measured too."""
    monkeypatch.setattr(entropy_estimator, "SHARE", 0.7)
    monkeypatch.setattr(entropy_estimator, "MOST_ROUNDS", 1)
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
    for nats, items in (
        (found.validation_nats, session.validation_items),
        (found.test_nats, session.test_items),
    ):
        assert nats == pytest.approx(
            -float(session.model.base_measure.log_prob(items).double().mean()), abs=1e-3
        )
    assert not found.log_z.is_bracket


def test_the_meter_agrees_with_a_ladder_of_its_own(new_session: NewSession) -> None:
    session = new_session()
    train(session, 40)
    session.rest()
    found = session.estimator.measure_now()
    ladder = Ladder(32, session.model.target, DiscreteLangevin(), torch.Generator().manual_seed(9))
    ladder.tune(100, 25)
    energies = record_energies(ladder, 60)
    reference = measure(energies).log_partition
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
        found = replace(base, epoch=k, validation_nats=base.validation_nats + by)
        session.estimator._judge(found, session.trainer.average)
    session.trainer.epoch = RISEN_EPOCHS


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
    session.estimator.solve = lambda state, _: state  # type: ignore[method-assign]
    outcome = session.finish()
    assert outcome.epoch == 10
    for now, then in zip(session.model.values(), best, strict=True):
        assert torch.equal(now, then)
    chains = session.trainer.ensemble.chains_at_one
    torch.testing.assert_close(session.model_energy(chains.x), chains.energy)


def assert_same_layers(session: Session, now: list[Tensor], then: list[Tensor]) -> None:
    """All parameters but multipliers and last layer, which fresh chains solve, are the same."""
    before, after = session.model.named(then), session.model.named(now)
    assert all(
        torch.equal(after[name], before[name])
        for name in before
        if name not in ("multipliers", "observables.readout.weight")
    )
    # The last layer keeps its length.
    name = "observables.readout.weight"
    torch.testing.assert_close(after[name].norm(), before[name].norm(), rtol=1e-4, atol=0)


def test_the_constraints_of_an_earlier_state_are_solved_anew_unless_it_was_better(
    new_session: NewSession,
) -> None:
    session = new_session()
    session.estimator.after_epoch = lambda: None  # type: ignore[method-assign]
    train(session, 40)
    multipliers, *theta = session.trainer.average
    off = [multipliers + 1.5, *theta]
    session.trainer.average = off
    found = session.estimator.measure_now()
    solved = session.estimator.solve(Best(found, off), session.fresh_chains())
    assert solved.epoch == found.epoch
    doubt = math.hypot(solved.found.log_z.reach(1.0), found.log_z.reach(1.0))
    assert solved.found.training_nats < found.training_nats - 2 * doubt
    assert_same_layers(session, solved.parameters, off)
    flattered = Best(replace(found, validation_nats=1.0), off)
    assert session.estimator.solve(flattered, session.fresh_chains()) is flattered


def test_a_last_state_as_good_as_the_best_is_kept(new_session: NewSession) -> None:
    session = new_session()
    train(session, 20)
    last = session.trainer.average
    earlier = [torch.zeros_like(parameter) for parameter in last]
    session.estimator.best = Best(replace(session.estimator.measure_now(), epoch=10), earlier)
    outcome = session.finish()
    assert outcome.epoch == 20
    assert not outcome.stopped_early
    # What is measured of the model that is kept is no point of the curve.
    assert not len(session.measurements) or session.measurements["epoch"][-1] < 20
    assert_same_layers(session, session.model.values(), last)


def test_the_meter_is_saved_with_its_best_state(new_session: NewSession, tmp_path: Path) -> None:
    session = new_session()
    train(session, 30)
    assert session.estimator.best is not None
    save_session(session, tmp_path / "run.h5")
    opened = open_session(tmp_path / "run.h5", "cpu")
    assert opened.estimator.best is not None
    # Not equal by ==, as what was not measured is NaN.
    assert repr(opened.estimator.best.found) == repr(session.estimator.best.found)
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
    infinite = {"log_partition_low", "log_partition_high", "entropy_low", "entropy_high"}
    assert all(math.isfinite(value) for name, value in vars(found).items() if name not in infinite)


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


def test_a_training_that_is_interrupted_measures_and_keeps_what_one_that_is_not_does(
    new_session: NewSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Ctrl-C and --resume do: the model is measured, rests and is saved, and another process goes on."""
    for name in ("SETTLING_SWEEPS", "RECORDED_SWEEPS"):
        monkeypatch.setattr(entropy_estimator, name, 8)
    straight, interrupted = new_session(), new_session()
    train(straight, 30)
    train(interrupted, 17)
    interrupted.finish()
    save_session(interrupted, tmp_path / "run.h5")
    resumed = open_session(tmp_path / "run.h5", "cpu")
    train(resumed, 30)
    assert len(straight.measurements) > 2
    for name in straight.measurements.names:
        if name != "share":
            np.testing.assert_array_equal(
                straight.measurements[name], resumed.measurements[name], err_msg=name
            )
    best, other = straight.estimator.best, resumed.estimator.best
    assert best is not None
    assert other is not None
    assert (best.epoch, best.found.validation_nats) == (other.epoch, other.found.validation_nats)
    for a, b in zip(best.parameters, other.parameters, strict=True):
        assert torch.equal(a, b)


def test_settling_is_counted_in_sweeps(new_session: NewSession) -> None:
    moves_all = new_session()
    moves_one = Session(replace(moves_all.configuration, kernel="single-site"), "cpu", 2)
    assert moves_one.estimator.steps == moves_one.space.sites * moves_all.estimator.steps


def test_a_state_that_only_the_data_have_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that gives nearly all its probability to one training item, which q gives next to none."""
    rng = np.random.default_rng(1)
    items = rng.choice([-1, 1], (60, 16)).astype(np.int8)
    items[7] = 1
    dataset = Dataset("spins", Kind.SPINS, items, np.arange(30), np.arange(30, 60))
    monkeypatch.setattr(ProductBase, "is_summable", False)
    session = Session(replace(starting_configuration(dataset), kernel="single-site"), "cpu", 2, dataset)
    hole = Target(session.model.base_measure, Hamiltonian([WeightedTerm(1.0, Hole(40.0))]))
    monkeypatch.setattr(EntropyEstimator, "_model", lambda self, values: hole)
    found = session.estimator.measure_now()
    monkeypatch.undo()
    truth = ExactModel(hole).at()
    assert found.log_z.is_bracket
    assert found.log_z.low == pytest.approx(truth.log_partition, abs=1e-3)
    assert found.log_z.high >= truth.log_partition
    assert found.s.low <= truth.entropy <= found.s.high
