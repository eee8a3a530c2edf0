"""Everything that a session does, with every kind of model and way of fitting."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.learning import FITS
from landscape_app.models import MODELS
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.kernels import KERNELS, BlockGibbs
from landscape_app.physics.space import Levels, Line, Spins
from landscape_app.problems import PROBLEMS, Configuration, Proposal, fitted_otherwise, ways_on
from landscape_app.problems.model import build_space, training_data
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.composition import Composition
from landscape_app.session.entropy_estimator import EntropyEstimator
from landscape_app.session.session import Session
from tests.session.exact import exact_record

SMALL = replace(
    PROBLEMS["ising"].defaults,
    chains=16,
    replicas=3,
    hidden=(4,),
    planned_epochs=6,
    kernel="single-site",
)
PAIRS = [
    (model, fit) for model, fits in ways_on(Spins((4, 4))).items() for fit in fits if fit != "score-matching"
]


def plan_of(model: str, fit: str) -> Configuration:
    plan = fitted_otherwise(replace(SMALL, model=model, fit=fit, units=5 if model == "rbm" else None))
    return replace(plan, kernel="discrete-langevin") if fit == "langevin" else plan


def trained(plan: Configuration, epochs: int = 3) -> Session:
    session = Session(plan, "cpu", sampler_chains=8)
    for _ in islice(session.train(), epochs):
        pass
    return session


def test_problems_say_the_space_of_their_data() -> None:
    for problem in PROBLEMS.values():
        if problem.load is not None:
            assert problem.space == build_space(training_data(problem.defaults, None))


def test_ways_that_cannot_be_are_not_offered() -> None:
    assert ways_on(Spins((4, 4)))["pairs"][0] == "likelihood"
    given = {name for name, kind in MODELS.items() if kind.is_given}
    assert given == {"energy"}
    of_spins = {name for name, kind in MODELS.items() if issubclass(Spins, kind.serves)}
    assert set(ways_on(Spins((4, 4)))) == of_spins - given
    assert "exact" not in ways_on(Spins((8, 8)))["pairs"]
    assert set(ways_on(Line((2,)))) == {"observables"}
    assert "score-matching" in ways_on(Line((2,)))["observables"]
    assert "hebb" not in ways_on(Levels((8, 8), 17))["rbm"]
    assert {fit for fits in ways_on(Spins((4, 4))).values() for fit in fits} == set(FITS) - {
        "score-matching",
        "given",
    }


@pytest.mark.parametrize(("model", "fit"), PAIRS)
def test_a_run_resumes_to_the_last_bit(model: str, fit: str, tmp_path: Path) -> None:
    plan = plan_of(model, fit)
    straight, session = trained(plan, 4), trained(plan, 2)
    save_session(session, tmp_path / "run.h5")
    resumed = open_session(tmp_path / "run.h5", "cpu")
    assert resumed.configuration == plan
    for _ in islice(resumed.train(), 2):
        pass
    for a, b in zip(straight.model.values(), resumed.model.values(), strict=True):
        assert torch.equal(a, b)
    assert set(straight.history.names) == set(resumed.history.names)


@pytest.mark.parametrize(("model", "fit"), [("pairs", "likelihood"), ("rbm", "persistent")])
def test_chains_are_steered_and_what_is_measured_is_exact(model: str, fit: str) -> None:
    session = trained(plan_of(model, fit), 4)
    outcome = session.finish()
    exact = exact_record(session)
    assert outcome is not None
    assert exact is not None
    assert session.kept is not None
    assert session.kept.verdict[1].value == pytest.approx(exact.cross_entropy, abs=2e-3)
    record = session.steer(Composition(temperature=2.0))
    assert record is not None
    for _ in islice(session.sample(), 5):
        pass
    assert session.space.contains(session.sampler.chains.x).all()
    snapshot = session.snapshot(training=False)
    assert (snapshot.of_hidden is None) == (model == "pairs")
    if snapshot.of_hidden is not None:
        energy, entropy = snapshot.of_hidden
        expected = session.model_energy(session.sampler.chains.x).numpy()
        np.testing.assert_allclose(energy - entropy, expected, rtol=1e-4, atol=1e-4)
        assert (entropy >= 0).all()
    portrait = session.model.portrait()
    assert portrait is not None
    assert portrait.values.shape == ((16, 16) if model == "pairs" else (5, 4, 4))


def test_hidden_units_are_recorded_and_shown_apart() -> None:
    session = trained(plan_of("rbm", "persistent"), 3)
    of_data, hidden = session.trainer.hidden, session.history
    assert of_data is not None
    for side in ("training", "model"):
        energy, entropy = (hidden[f"hidden_{name}_{side}"] for name in ("energy", "entropy"))
        np.testing.assert_allclose(energy - entropy, hidden[f"energy_{side}"], rtol=1e-4, atol=1e-4)
        assert (hidden[f"free_energy_{side}_error"] > 0).all()
    session.rest()
    figures = session.hidden_figures(training=False)
    assert figures is not None
    assert figures.joint is not None
    assert figures.size == 8
    for means in (figures.training, figures.chains):
        assert abs(means.residual) < 1e-5 * (1 + abs(means.energy))
    exact = exact_record(session)
    assert exact is not None
    assert figures.joint.log_partition == pytest.approx(exact.log_partition, abs=1e-5)
    session.steer(Composition(temperature=2.0))
    steered = session.hidden_figures(training=False, before=figures)
    assert steered is not None
    assert steered.steered
    assert steered.joint is figures.joint
    snapshot = session.snapshot(training=False)
    assert snapshot.activations is not None
    assert snapshot.activations.shape == (8, 5)
    assert trained(plan_of("pairs", "likelihood"), 1).hidden_figures(training=True) is None


def test_a_machine_that_is_switched_off_leaves_samples_of_its_base_measure() -> None:
    session = trained(plan_of("rbm", "persistent"), 4)
    assert session.sampler.kernel.name == "block-gibbs"
    session.steer(Composition(hamiltonian=False))
    for _ in islice(session.sample(), 3):
        pass
    assert session.sampler.kernel.acceptance_rate == 1
    assert session.sampler.copy().chains.target.hamiltonian.terms == ()
    session.sampler.set_kernel("block-gibbs")
    session.steer(Composition())
    assert session.sampler.chains.target.hamiltonian.terms


def test_entropy_and_held_out_nats_are_exact_by_few_hidden_units(monkeypatch: pytest.MonkeyPatch) -> None:
    session = trained(plan_of("rbm", "persistent"), 4)
    session.rest()
    truth = exact_record(session)
    monkeypatch.setattr(ProductBase, "is_summable", False)
    estimator = EntropyEstimator(
        session.trainer, session.validation_items, session.test_items, BlockGibbs(), seed=0
    )
    assert estimator.sums
    assert estimator.sums_while_training
    found = estimator.measure_now()
    assert truth is not None
    assert found.is_exact
    assert found.method == "exact sum over hidden units"
    assert found.log_partition == pytest.approx(truth.log_partition, abs=1e-5)
    assert found.verdict[1].value == pytest.approx(truth.cross_entropy, abs=1e-5)
    assert abs(found.entropy - truth.entropy) < 4 * found.entropy_error


def test_a_proposal_names_the_model_and_the_way() -> None:
    dataset = training_data(SMALL, None)
    proposal = Proposal.of(SMALL, dataset)
    assert proposal.model == "Learned observables; Min-MaxEnt"
    machine = proposal.chosen(model="rbm", fit="contrastive-divergence", units=7)
    assert machine.model == "Restricted Boltzmann machine, 7 hidden units; Contrastive divergence"
    assert machine.configuration.kernel == "block-gibbs"
    hopfield = proposal.chosen(model="pairs", fit="hebb")
    assert hopfield.configuration.planned_epochs == 1
    assert proposal.chosen(model="pairs", fit="langevin").configuration.replicas == 1
    assert hopfield.chosen(model="rbm", fit="persistent").configuration.planned_epochs > 1
    back = machine.chosen(model="observables", fit="likelihood")
    assert isinstance(build_space(dataset), KERNELS[back.kernel].serves)
    assert back.kernel != "block-gibbs"


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(ValueError, match="no model is called 'blume-capel'; choose from observables"):
        replace(SMALL, model="blume-capel")
    with pytest.raises(ValueError, match="no way of fitting is called 'magic'; choose from min-maxent"):
        replace(SMALL, fit="magic")
    with pytest.raises(ValueError, match="number of hidden units must be 0 to"):
        replace(SMALL, units=-1)
    with pytest.raises(ValueError, match="at least one hidden unit"):
        Session(replace(SMALL, model="rbm", units=0), "cpu")
    with pytest.raises(ValueError, match="at most 12 hidden spins"):
        Session(replace(SMALL, model="pairs", units=13), "cpu")
    with pytest.raises(ValueError, match="is of spins, and the data are integer grey levels"):
        Session(Configuration(model="pairs", chains=8), "cpu")
    with pytest.raises(ValueError, match="“Coupled spins” has none; choose likelihood"):
        Session(replace(SMALL, model="pairs", fit="min-maxent"), "cpu")
