"""Figures of the model that a training keeps: the sums over its space, in memory, in its file and wherever shown."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.cli.info import final_figures
from landscape_app.cli.vocabulary import latest_held_out
from landscape_app.data.dataset import Dataset, Kind
from landscape_app.gui.session_view import SessionView, facts_of, first_state
from landscape_app.gui.state import Activity, Origin
from landscape_app.learning import equilibrium_dual
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.entropy import Estimate, LadderEnergies, Thermometry, measure
from landscape_app.problems.proposal import starting_configuration
from landscape_app.runs.run_file import read_run, write_run
from landscape_app.session import entropy_estimator
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.records import Outcome
from landscape_app.session.session import Session

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


def summed(session: Session) -> tuple[float, float]:
    """log Z and held-out nats an item of a session's model, by a sum over all states of its own."""
    states = torch.tensor(list(itertools.product([-1.0, 1.0], repeat=SPINS)))
    table = session.model.base_measure.log_probabilities.double().log_softmax(-1)  # type: ignore[attr-defined]

    def log_weight(x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            energy = session.model.observables(x).double() @ session.model.multipliers.double()
        return table[torch.arange(SPINS), ((x + 1) / 2).long()].sum(1) - energy

    log_z = log_weight(states).logsumexp(0)
    return float(log_z), float(log_z - log_weight(session.held_out_items).mean())


def test_what_is_printed_and_shown_is_the_sum_over_the_states_of_the_model_kept(tmp_path: Path) -> None:
    session, outcome = trained()
    assert outcome.epoch < session.trainer.epoch == EPOCHS
    log_z, held_out = summed(session)
    assert outcome.final is session.kept
    # Energies are in single precision.
    assert outcome.final.cross_entropy == pytest.approx(held_out, abs=1e-5)
    assert outcome.final.log_partition == pytest.approx(log_z, abs=1e-5)
    assert outcome.final.is_exact
    # The curve has the state that was left, which is another.
    assert session.measurements["epoch"][-1] == EPOCHS
    assert session.measurements["cross_entropy"][-1] > held_out + 0.05

    save_session(session, tmp_path / "run.h5")
    rows = dict(final_figures(read_run(tmp_path / "run.h5")))
    assert rows["epochs"] == f"{EPOCHS}; the model is the best, of epoch {outcome.epoch}"
    assert rows["held-out cross-entropy, exact"].startswith(f"{held_out:.4f} nats")
    assert "held-out cross-entropy" not in rows
    opened = open_session(tmp_path / "run.h5", "cpu", sampler_chains=4)
    assert opened.kept == session.kept
    assert summed(opened) == pytest.approx((log_z, held_out), abs=1e-9)
    for each in (session, opened):
        state = first_state(each, SessionView(each), Activity.STILL, facts_of(each, 0, Origin.NEW, None))
        assert state.kept == session.kept

    # Files of earlier versions know of no failure.
    state = read_run(tmp_path / "run.h5")
    arrays = {name: array for name, array in state.arrays.items() if not name.endswith("/failed")}
    write_run(tmp_path / "older.h5", replace(state, arrays=arrays))
    older = open_session(tmp_path / "older.h5", "cpu")
    assert not (older.measurements["failed"] == 1).any()
    assert older.kept == session.kept

    next(opened.train())
    assert opened.kept is None
    save_session(opened, tmp_path / "on.h5")
    assert open_session(tmp_path / "on.h5", "cpu").kept is None


def test_estimated_figures_are_those_of_the_model_kept_within_their_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hidden:
        hidden.setattr(ProductBase, "has_nodes", False)
        session, outcome = trained()
        save_session(session, tmp_path / "run.h5")
    assert outcome.epoch < EPOCHS
    _, held_out = summed(session)
    kept = outcome.final
    assert not kept.is_exact
    # Four standard errors, of sixteen columns.
    assert kept.cross_entropy == pytest.approx(held_out, abs=4 * kept.cross_entropy_error)
    rows = dict(final_figures(read_run(tmp_path / "run.h5")))
    figure = f"{kept.cross_entropy:.2f} ± {kept.cross_entropy_error:.2f} nats"
    assert rows["held-out cross-entropy"].startswith(figure)
    assert rows["log Z"] == f"{kept.log_partition:.2f} ± {kept.log_partition_error:.2f}"


def lowered(energies: LadderEnergies) -> Thermometry:
    """A ladder's figures with a log Z that no distribution has."""
    found = measure(energies)
    return found._replace(log_partition=Estimate(found.log_partition.value - 100, 0.1))


def test_a_measurement_that_breaks_a_bound_has_failed_and_chooses_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProductBase, "has_nodes", False)
    monkeypatch.setattr(entropy_estimator, "measure", lowered)
    session, outcome = trained()
    assert len(session.measurements) > 3
    assert (session.measurements["failed"] == 1).all()
    assert session.estimator.best is None
    assert session.estimator.risen == 0
    assert not outcome.stopped_early
    assert outcome.epoch == EPOCHS
    # At least what the states that were seen amount to.
    _, held_out = summed(session)
    assert 0 <= outcome.final.cross_entropy <= held_out + 1e-4
    assert latest_held_out(session.measurements) == "failed"
    save_session(session, tmp_path / "run.h5")
    rows = dict(final_figures(read_run(tmp_path / "run.h5")))
    assert rows["held-out cross-entropy"].startswith(f"at least {outcome.final.cross_entropy:.2f} nats")
    assert "failed" in rows["held-out cross-entropy"]
    assert not any("±" in value for value in rows.values())
    assert open_session(tmp_path / "run.h5", "cpu").kept == outcome.final
