"""Figures of the model that a training keeps: the sums over its space, in memory, in its file and wherever shown."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.data.dataset import Dataset, Kind
from landscape_app.gui.session_view import SessionView, facts_of, first_state
from landscape_app.gui.state import Activity, Origin
from landscape_app.learning import equilibrium_dual
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.entropy import LadderEnergies, Thermometry, measure_from_both_sides
from landscape_app.physics.estimate import Estimate
from landscape_app.problems.proposal import starting_configuration
from landscape_app.runs.run_file import read_run
from landscape_app.session import entropy_estimator
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.description import final_figures
from landscape_app.session.records import Outcome
from landscape_app.session.session import Session
from landscape_app.session.vocabulary import latest_nats

EPOCHS = 60
SPINS = 6


def spins_that_are_soon_memorised() -> Dataset:
    """Ten items to learn from, of random spins: whatever is learned of them is wrong of the others."""
    items = np.random.default_rng(3).choice([-1, 1], (60, SPINS)).astype(np.int8)
    return Dataset("spins", Kind.SPINS, items, np.arange(10), np.arange(10, 60))


def trained() -> tuple[Session, Outcome]:
    dataset = spins_that_are_soon_memorised()
    configuration = replace(starting_configuration(dataset), chains=32, replicas=4, planned_epochs=EPOCHS)
    session = Session(configuration, "cpu", sampler_chains=4, dataset=dataset)
    for record in session.train():
        if record.epoch == EPOCHS:
            return session, session.finish()
    raise AssertionError("unreachable")


@pytest.fixture(autouse=True)
def busy_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the estimator take most of the evaluations, so that few epochs are measured several times."""
    monkeypatch.setattr(entropy_estimator, "SHARE", 0.7)
    monkeypatch.setattr(equilibrium_dual, "ROUNDS", 16)


def summed(session: Session) -> tuple[float, float, float]:
    """log Z, and validation and test nats an item, of a session's model, by a sum over all states of its own."""
    states = torch.tensor(list(itertools.product([-1.0, 1.0], repeat=SPINS)))
    table = session.model.base_measure.log_probabilities.double().log_softmax(-1)  # type: ignore[attr-defined]

    def log_weight(x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            energy = session.model.observables(x).double() @ session.model.multipliers.double()
        return table[torch.arange(SPINS), ((x + 1) / 2).long()].sum(1) - energy

    log_z = log_weight(states).logsumexp(0)
    validation, test = (log_weight(x).mean() for x in (session.validation_items, session.test_items))
    return float(log_z), float(log_z - validation), float(log_z - test)


def test_what_is_printed_and_shown_is_the_sum_over_the_states_of_the_model_kept(tmp_path: Path) -> None:
    session, outcome = trained()
    assert outcome.epoch < session.trainer.epoch == EPOCHS
    log_z, validation, test = summed(session)
    found = outcome.final
    assert found is session.kept
    # Energies are in single precision.
    assert found.validation_nats == pytest.approx(validation, abs=1e-5)
    assert found.test_nats == pytest.approx(test, abs=1e-5)
    assert found.log_partition == pytest.approx(log_z, abs=1e-5)
    assert found.is_exact
    # The curve has the states that were left, which are others, and nothing of the test set.
    assert session.measurements["epoch"][-1] > outcome.epoch
    assert session.measurements["validation_nats"][-1] > validation + 0.05
    assert np.isnan(session.measurements["test_nats"]).all()

    save_session(session, tmp_path / "run.h5")
    rows = dict(final_figures(read_run(tmp_path / "run.h5")))
    assert rows["epochs"] == f"{EPOCHS}; the model is the best, of epoch {outcome.epoch}"
    assert rows["test cross-entropy"].startswith(f"{test:.2f} ± {found.test_scatter:.2f} nats")
    assert rows["validation cross-entropy"].startswith(f"{validation:.2f} ± ")
    assert rows["log Z, exact"] == f"{log_z:.4f} nats"
    opened = open_session(tmp_path / "run.h5", "cpu", sampler_chains=4)
    assert replace(opened.kept, share=0) == replace(session.kept, share=0)
    assert summed(opened) == pytest.approx((log_z, validation, test), abs=1e-9)
    for each in (session, opened):
        state = first_state(each, SessionView(each), Activity.STILL, facts_of(each, 0, Origin.NEW, None))
        assert state.kept == each.kept

    next(opened.train())
    assert opened.kept is None
    save_session(opened, tmp_path / "on.h5")
    assert open_session(tmp_path / "on.h5", "cpu").kept is None


def test_estimated_figures_are_those_of_the_model_kept_within_their_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hidden:
        hidden.setattr(ProductBase, "is_summable", False)
        session, outcome = trained()
        save_session(session, tmp_path / "run.h5")
    assert outcome.epoch < EPOCHS
    log_z, validation, test = summed(session)
    kept = outcome.final
    assert not kept.is_exact
    # Four standard errors, of 24 columns.
    assert kept.log_partition == pytest.approx(log_z, abs=kept.log_z.reach(4.0))
    shift = kept.log_partition - log_z
    assert kept.validation_nats - shift == pytest.approx(validation, abs=1e-5)
    assert kept.test_nats - shift == pytest.approx(test, abs=1e-5)
    rows = dict(final_figures(read_run(tmp_path / "run.h5")))
    assert rows["test cross-entropy"].startswith(f"{kept.test:.2f} nats")
    assert rows["log Z"] == f"{kept.log_z:.2f} nats"


def lowered(energies: LadderEnergies, from_data: torch.Tensor) -> Thermometry:
    """A ladder's figures with a log Z that no distribution has."""
    found = measure_from_both_sides(energies, from_data)
    return found._replace(log_partition=Estimate(found.log_partition.value - 100, 0.1))


def test_a_measurement_that_breaks_a_bound_has_failed_and_chooses_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProductBase, "is_summable", False)
    monkeypatch.setattr(entropy_estimator, "measure_from_both_sides", lowered)
    session, outcome = trained()
    assert len(session.measurements) > 3
    assert np.isinf(session.measurements["log_partition_high"]).all()
    assert np.isnan(session.measurements["entropy"]).all()
    assert session.estimator.best is None
    assert session.estimator.risen == 0
    assert not outcome.stopped_early
    assert outcome.epoch == EPOCHS
    # At least what the states that were seen amount to.
    log_z, validation, _ = summed(session)
    assert 0 <= outcome.final.validation_nats <= validation + 1e-4
    assert outcome.final.log_partition_low <= log_z + 1e-4
    assert latest_nats(session.measurements).startswith("at least ")
    save_session(session, tmp_path / "run.h5")
    rows = dict(final_figures(read_run(tmp_path / "run.h5")))
    assert rows["test cross-entropy"].startswith(f"{outcome.final.test:.2f} nats")
    assert "breaks a bound" in rows["test cross-entropy"]
    assert rows["entropy"].startswith("not known")
    assert not any("±" in value for value in rows.values())
    kept = open_session(tmp_path / "run.h5", "cpu").kept
    assert vars(kept) == pytest.approx(vars(outcome.final), nan_ok=True)
