"""Sessions on the line, in the plane and on spins: all that can be summed over is compared with the sum."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from landscape_app.data.dataset import Dataset
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.lattice import Ising
from landscape_app.physics.space import require_images
from landscape_app.problems import PROBLEMS
from landscape_app.problems.proposal import starting_configuration
from landscape_app.session import convergence
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.composition import Composition
from landscape_app.session.ladder_watch import LadderWatch
from landscape_app.session.session import Session
from tests.session.exact import exact_record

SMALL = ("two-gaussians", "rings", "ising")


def small_session(problem: str, chains: int = 256, seed: int = 3, replicas: int = 1) -> Session:
    defaults = PROBLEMS[problem].defaults
    schedule = replace(defaults.schedule, weighted=replicas == 1)
    configuration = replace(
        defaults,
        seed=seed,
        chains=chains,
        replicas=replicas,
        hidden=(16, 16),
        planned_epochs=80,
        schedule=schedule,
    )
    return Session(configuration, "cpu", sampler_chains=512)


def train(session: Session, epochs: int) -> None:
    for _ in islice(session.train(), epochs):
        pass


@pytest.fixture(scope="module")
def trained() -> dict[str, Session]:
    """Each problem after eighty epochs, at rest."""
    sessions = {problem: small_session(problem) for problem in SMALL}
    for session in sessions.values():
        train(session, 80)
        session.rest()
    return sessions


@pytest.fixture(scope="module")
def models(trained: dict[str, Session]) -> dict[str, ExactModel]:
    """The same, summed over their spaces."""
    return {problem: ExactModel(session.model.target) for problem, session in trained.items()}


def true_log_density(problem: str, x: torch.Tensor) -> np.ndarray:
    """log p of what the data were drawn from, up to a constant on spins."""
    if problem == "ising":
        return -Ising((4, 4), coupling=0.4).energy(x).double().numpy()
    points = x.double().numpy()
    if problem == "two-gaussians":
        both = np.logaddexp(stats.norm(-2, 0.5).logpdf(points), stats.norm(2, 1).logpdf(points))
        return both[:, 0] - math.log(2)
    radius = np.linalg.norm(points, axis=1)
    both = np.logaddexp(stats.norm(1, 0.15).logpdf(radius), stats.norm(2.5, 0.15).logpdf(radius))
    return both - np.log(4 * math.pi * np.maximum(radius, 1e-12))


def divergence(problem: str, model: ExactModel, beta: float = 1.0) -> float:
    """KL(true‖model) in nats, by quadrature or enumeration; the base measure's where β is 0."""
    true = (torch.as_tensor(true_log_density(problem, model.x)) + model.log_volume).log_softmax(0)
    return float((true.exp() * (true - model.log_weights(beta))).nan_to_num(0.0).sum())


@pytest.mark.parametrize("problem", SMALL)
def test_the_model_comes_near_what_the_data_were_drawn_from(
    models: dict[str, ExactModel], problem: str
) -> None:
    model = models[problem]
    assert divergence(problem, model) < 0.75 * divergence(problem, model, beta=0.0)
    if problem == "two-gaussians":
        # A Gaussian of the data's mean and variance leaves 0.43.
        assert divergence(problem, model) < 0.1


@pytest.mark.parametrize("problem", SMALL)
def test_the_entropy_estimator_agrees_with_the_sum_over_the_space(
    trained: dict[str, Session], problem: str
) -> None:
    session = trained[problem]
    trainer = session.trainer
    found, exact = session.estimator._estimated(trainer.epoch, trainer.average), exact_record(session)
    assert exact is not None
    assert exact.method == ("enumeration" if problem == "ising" else "quadrature")
    assert not found.log_z.is_bracket
    # Four standard errors, of 24 columns.
    assert found.log_partition == pytest.approx(exact.log_partition, abs=4 * found.log_partition_error)
    assert found.entropy == pytest.approx(exact.entropy, abs=4 * found.entropy_error)
    shift = found.log_partition - exact.log_partition
    assert found.test_nats - shift == pytest.approx(exact.cross_entropy, abs=1e-3)
    assert found.training_nats - shift == pytest.approx(exact.cross_entropy_training, abs=1e-3)
    assert found.log_partition_error < 0.3


def test_figures_of_a_convergence_test_are_sums_where_there_are_any(
    trained: dict[str, Session], models: dict[str, ExactModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convergence, "TUNING_ROUNDS", 1)
    session, exact = trained["ising"], models["ising"].at()
    *_, record = session.convergence_test(columns=4).run(100)
    found = record.figures()
    assert found["exact"]
    assert (found["log_partition_error"], found["entropy_error"]) == (0, 0)
    assert found["entropy"] == pytest.approx(exact.entropy, abs=1e-4)
    nats = exact.log_partition + session.model.target.surprisal(session.test_items).double().numpy()
    assert found["test_nats"] == found["exact_test_nats"] == pytest.approx(nats.mean(), abs=1e-4)
    of_held_out = session.model.target.surprisal(session.held_out_items).double().numpy()
    scatter = of_held_out.std(ddof=1) / math.sqrt(len(nats))
    assert found["test_nats_error"] == pytest.approx(scatter, rel=1e-4)
    assert (found["low"] + found["high"]) / 2 == pytest.approx(found["test_nats"])
    assert found["kept_epoch"] == 80


@pytest.mark.parametrize("problem", SMALL)
def test_the_chains_that_train_have_the_moments_of_the_exact_model(
    trained: dict[str, Session], models: dict[str, ExactModel], problem: str
) -> None:
    session, model = trained[problem], models[problem]
    chains = session.trainer.ensemble.chains_at_one
    weights = chains.log_weights.double().softmax(0)
    effective = float(1 / weights.square().sum())
    probability = model.log_weights().exp()

    def agrees(at_nodes: torch.Tensor, at_chains: torch.Tensor) -> None:
        exact = float(probability @ at_nodes.double())
        spread = float(probability @ (at_nodes.double() - exact) ** 2) ** 0.5
        mean = float(weights @ at_chains.double())
        assert mean == pytest.approx(exact, abs=5 * spread / math.sqrt(effective) + 1e-6)

    first, radius = (lambda x: x.flatten(1)[:, 0]), (lambda x: x.flatten(1).square().sum(1))
    agrees(model.energy, session.model_energy(chains.x))
    inside = probability > 1e-12
    for f in (first, radius):
        agrees(torch.where(inside, f(model.x), 0.0), f(chains.x))


@pytest.mark.parametrize(("problem", "replicas"), [("two-gaussians", 1), ("rings", 4), ("ising", 1)])
def test_a_saved_run_goes_on_bit_for_bit(tmp_path: Path, problem: str, replicas: int) -> None:
    straight, halved = (small_session(problem, chains=12, replicas=replicas) for _ in range(2))
    train(straight, 6)
    train(halved, 3)
    save_session(halved, tmp_path / "run.h5")
    resumed = open_session(tmp_path / "run.h5", "cpu")
    # Matrices in the same order too: some processors round the products of another one otherwise.
    for name, table in straight.model.base_measure.state_dict().items():
        assert table.stride() == resumed.model.base_measure.state_dict()[name].stride(), name
    train(resumed, 3)
    for a, b in zip(straight.trainer.model.values(), resumed.trainer.model.values(), strict=True):
        assert torch.equal(a, b)
    for name, array in straight.trainer.ensemble.state_dict().items():
        assert torch.equal(array, resumed.trainer.ensemble.state_dict()[name]), name
    for name in straight.history.names:
        if name != "seconds":
            np.testing.assert_array_equal(straight.history[name], resumed.history[name], err_msg=name)


def test_a_model_at_rest_goes_on_as_if_it_had_not_rested() -> None:
    straight, rested = (small_session("rings", chains=12) for _ in range(2))
    train(straight, 4)
    train(rested, 2)
    rested.rest()
    train(rested, 2)
    for a, b in zip(straight.trainer.model.values(), rested.trainer.model.values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("problem", SMALL)
def test_chains_follow_temperature_and_switch(
    trained: dict[str, Session], models: dict[str, ExactModel], problem: str
) -> None:
    session, model = trained[problem], models[problem]
    session.sampler.seed(8)
    for composition, beta in ((Composition(temperature=2.0), 0.5), (Composition(hamiltonian=False), 0.0)):
        session.steer(composition)
        for _ in islice(session.sample(), 60):
            pass
        exact = model.at(beta).energy
        energies = session.model_energy(session.sampler.chains.x).double()
        # The jump leaves copies: a quarter of the chains counts as independent.
        error = float(energies.std()) / math.sqrt(len(energies) / 4)
        assert float(energies.mean()) == pytest.approx(exact, abs=4 * error)
    session.steer(Composition())


def test_a_class_target_is_refused_where_there_are_no_classes(trained: dict[str, Session]) -> None:
    session = trained["rings"]
    assert session.classes == 0
    with pytest.raises(ValueError, match="no classes to steer to"):
        session.steer(Composition.towards(1))
    with pytest.raises(ValueError, match="no classes to steer to"):
        session.train_classifier()
    with pytest.raises(ValueError, match="images of even sides are needed"):
        require_images(session.space)
    assert session.composition == Composition()


@pytest.mark.parametrize("problem", SMALL)
def test_chains_start_where_they_are_told(trained: dict[str, Session], problem: str) -> None:
    session = trained[problem]
    session.sampler.restart("data", 40)
    known = {item.tobytes() for item in session.dataset.training_items}
    shown = session.snapshot(training=False).x
    assert shown.dtype == session.dataset.items.dtype
    assert {x.tobytes() for x in shown} <= known
    session.sampler.restart("noise", 400)
    assert bool(session.space.contains(session.sampler.chains.x).all())
    spread = session.sampler.chains.x.flatten(1).std(0)
    data = session.training_items.flatten(1).std(0)
    assert bool((spread > (0.9 if problem == "ising" else 2) * data).all())
    session.sampler.restart("chains", 512)


def test_three_starts_agree_with_quadrature(trained: dict[str, Session]) -> None:
    session = trained["two-gaussians"]
    test = session.convergence_test(columns=12, seed=1)
    record = list(test.run(200))[-1]
    exact = exact_record(session)
    assert exact is not None
    assert record.thermometry is not None
    assert record.exact == exact
    assert record.diagnosis is not None
    assert "x1" in [row.name for row in record.diagnosis.quantities]
    log_z = record.thermometry.log_partition
    assert log_z.value == pytest.approx(exact.log_partition, abs=4 * log_z.error)


def test_replicas_in_the_plane_are_drawn_as_dots_where_they_are() -> None:
    session = small_session("rings", chains=12, replicas=4)
    seen = LadderWatch(session.ladder).snapshot()
    assert seen.images.shape == (4, 6, 15, 15)
    x = session.ladder.state.x.view(4, 12, 2)[:, :6]
    place = (x - session.model.base_measure.mean) / (1.5 * session.model.base_measure.deviation)  # type: ignore[attr-defined]
    for picture, (right, up) in zip(
        seen.images.reshape(-1, 15, 15), place.reshape(-1, 2).clamp(-1, 1).tolist(), strict=True
    ):
        assert picture[round(7 * (1 - up)), round(7 * (1 + right))] == picture.max() > 8


def test_digits_are_not_summed_over() -> None:
    session = Session(replace(PROBLEMS["digits"].defaults, chains=2), "cpu", sampler_chains=1)
    assert exact_record(session) is None


def test_a_kernel_that_cannot_move_there_is_refused() -> None:
    with pytest.raises(ValueError, match="not on the line; choose another: hmc, mala, random-walk"):
        Session(replace(PROBLEMS["rings"].defaults, kernel="discrete-langevin"), "cpu")


Change = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]


def own_points() -> Dataset:
    random = np.random.default_rng(4)
    return Dataset.of_points(random.normal([3.0, -200.0], [0.1, 40.0], (60, 2)), name="mine")


def test_points_of_ones_own_travel_with_the_run(tmp_path: Path) -> None:
    dataset = own_points()
    configuration = replace(starting_configuration(dataset), chains=32, hidden=(8,))
    session = Session(configuration, "cpu", sampler_chains=8, dataset=dataset)
    train(session, 3)
    save_session(session, tmp_path / "run.h5")
    opened = open_session(tmp_path / "run.h5", "cpu")
    assert opened.configuration.problem == "mine"
    for name in ("items", "training", "held_out"):
        np.testing.assert_array_equal(getattr(opened.dataset, name), getattr(dataset, name))
    train(session, 2)
    train(opened, 2)
    for a, b in zip(session.model.values(), opened.trainer.model.values(), strict=True):
        assert torch.equal(a, b)


def test_the_problem_of_own_points_needs_them() -> None:
    with pytest.raises(ValueError, match="'points' are your own"):
        Session(PROBLEMS["points"].defaults, "cpu")
