"""Everything a model does, on the stand-in device: no float64 there, no mixing, no wait that is not announced."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.data.assets import SHIPPED_MODEL, asset_path
from landscape_app.learning import equilibrium_dual
from landscape_app.learning import given as learning_given
from landscape_app.learning.scaling import ROTATION_INTERVAL, RotatedScaling
from landscape_app.learning.schedule import Schedule
from landscape_app.models.autoregressive import AutoregressiveBase, PixelCNN
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import (
    BaseMeasure,
    CorrelatedGaussianBase,
    GaussianBase,
    ProductBase,
    UniformBase,
)
from landscape_app.physics.chains import Chains
from landscape_app.physics.fields.classes import ALL_OF, NONE_OF, ClassCondition
from landscape_app.physics.fields.discriminator import DiscriminatorRound
from landscape_app.physics.fields.pixels import (
    FixedPixels,
    InkAmount,
    SimilarityTo,
    SmoothPixels,
    SymmetryAbout,
)
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.host import to_host
from landscape_app.physics.kernels import KERNELS
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.lattice import Ising
from landscape_app.physics.mixture_base import MixtureBase
from landscape_app.physics.space import Box, Discrete, Levels, Line, Mixed, Space, Spins
from landscape_app.problems import PROBLEMS, fitted_otherwise, ways_on
from landscape_app.problems.problem import Configuration
from landscape_app.problems.proposal import starting_configuration
from landscape_app.session import convergence, entropy_estimator, fresh_chains, given
from landscape_app.session.api import energy, energy_session, gradient, observables, train_discriminator
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.conditioning import fixed_columns
from landscape_app.session.custom_field import EXAMPLE, read_source
from landscape_app.session.landscape.barrier import BarrierSearch
from landscape_app.session.landscape.dissection import dissect
from landscape_app.session.landscape.minima import MinimaSearch
from landscape_app.session.layer_statistics import LayerMeter
from landscape_app.session.session import Session
from tests.physics.local_network import LocalNetwork
from tests.session.test_mixed import people
from tests.stand_in_device import DEVICE, StandInDevice

SMALL = Configuration(chains=24, observables=4, channels=(4, 8), training_size=40)


@pytest.fixture
def device() -> Iterator[StandInDevice]:
    with StandInDevice() as stand_in:
        yield stand_in


class Wells:
    """H(x) = Σ_i (x_i² − 1)² / 2, of any space."""

    def energy(self, x: torch.Tensor) -> torch.Tensor:
        return 0.5 * (x.flatten(1).square() - 1).square().sum(1)


def base_of(space: Space) -> BaseMeasure:
    if isinstance(space, Box):
        return UniformBase(space, DEVICE)
    if isinstance(space, Mixed):
        x = torch.randn(40, space.sites, generator=torch.Generator().manual_seed(2))
        x[:, list(space.category_columns)] = torch.arange(40.0).view(-1, 1) % 2
        return MixtureBase.chosen(space, x, components=2).to(DEVICE)
    if isinstance(space, Line) and space.sites == 2:
        factor = torch.tensor([[1.0, 0.0], [0.9, 0.3]])
        return CorrelatedGaussianBase(space, torch.zeros(2), factor).to(DEVICE)
    if isinstance(space, Line):
        return GaussianBase.standard(space).to(DEVICE)
    assert isinstance(space, Discrete)
    return ProductBase.uniform(space).to(DEVICE)


CLUSTERS = ("swendsen-wang", "wolff")
"""Kernels that find clusters of spins on the host, for which every step waits once."""


def target_of(space: Space, name: str) -> Target:
    if name in ("heat-bath", *CLUSTERS) or (name == "chromatic" and isinstance(space, Spins)):
        term: object = Ising(space.shape, 0.3)
    elif name == "chromatic":
        assert isinstance(space, Levels)
        term = LocalNetwork(space, (3, 3)).to(DEVICE)
    elif name == "block-gibbs":
        term = RestrictedBoltzmannMachine.untrained(base_of(space), 3)
    elif name == "independent":
        assert isinstance(space, Levels)
        base = AutoregressiveBase(PixelCNN(space, channels=4, blocks=1)).to(DEVICE)
        return Target(base, Hamiltonian([WeightedTerm(1.0, Wells())]))
    else:
        term = Wells()
    return Target(base_of(space), Hamiltonian([WeightedTerm(1.0, term)]))  # type: ignore[arg-type]


SPACES = (Levels((4, 2), 4), Spins((4, 4)), Box((3,), -2.0, 2.0), Line((3,)), Line((2,)), Mixed((0, 3, 0, 2)))
MOVES = [
    (name, space) for name, kernel in KERNELS.items() for space in SPACES if isinstance(space, kernel.serves)
]


@pytest.mark.parametrize(
    ("name", "space"), MOVES, ids=[f"{name}-{space.label}-{space.sites}" for name, space in MOVES]
)
def test_each_kernel_moves_chains_and_a_ladder_with_one_wait_a_sweep(
    device: StandInDevice, name: str, space: Space
) -> None:
    target = target_of(space, name)
    generator = torch.Generator(DEVICE).manual_seed(1)
    chains = Chains(target.base_measure.sample(8, generator), target, KERNELS[name](), generator)
    ladder = Ladder(6, target, KERNELS[name](), generator, 4)
    for mover in (chains, ladder):
        mover.run(2)
        for _ in range(4):
            device.reset()
            statistics = mover.run(1)
            assert device.read_backs <= (2 if name in CLUSTERS else 1), device.places
            assert 0 <= statistics.acceptance_rate <= 1
        device.reset()
        for _ in range(8):
            mover.advance(1)
        # Where a kernel decides on the host by what is adapted, it looks now and then.
        assert device.read_backs <= (8 if name in CLUSTERS else 4), device.places
        assert device.holds(mover.x)
    assert ladder.round_trips >= 0


@pytest.fixture
def short_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """An estimator and fresh chains that take few steps: an operation takes ten times as long here as elsewhere."""
    for module, names in (
        (entropy_estimator, {"SETTLING_SWEEPS": 2, "RECORDED_SWEEPS": 4, "MOST_ROUNDS": 1}),
        (fresh_chains, {"TUNING": 4, "TAKES": 2, "SPACING": 2}),
        (equilibrium_dual, {"ROUNDS": 2, "STEPS": 4}),
    ):
        for name, number in names.items():
            monkeypatch.setattr(module, name, number)


@pytest.mark.parametrize(
    ("replicas", "schedule"),
    [
        (1, Schedule()),
        (1, Schedule(multiplier_update="preconditioned", moves=3, updates=2)),
        (5, Schedule(weighted=False)),
    ],
    ids=["weighted chains", "preconditioned", "ladder"],
)
def test_training_waits_twice_an_epoch_at_most_and_once_for_each_rotation_and_snapshot(
    device: StandInDevice, short_measurements: None, replicas: int, schedule: Schedule
) -> None:
    session = Session(replace(SMALL, replicas=replicas, schedule=schedule), "cpu", sampler_chains=6)
    assert session.device == DEVICE
    training = session.train()
    rotated = [part for part in session.trainer.scalings.values() if isinstance(part, RotatedScaling)]
    assert len(rotated) == 2
    for _ in range(11):
        device.reset()
        before = sum(part.steps // ROTATION_INTERVAL for part in rotated)
        kept = len(session.snapshots)
        record = next(training)
        allowed = 1 + record.updates + (record.update_share < 1) + 3 * (record.epoch == 1)
        allowed += sum(part.steps // ROTATION_INTERVAL for part in rotated) - before
        allowed += len(session.snapshots) - kept
        assert device.read_backs <= allowed, dict(device.places)
        assert np.isfinite(record.residuals).all()
    outcome = session.finish()
    assert np.isfinite(outcome.final.validation_nats)


def test_a_table_of_both_is_trained_and_sampled_given_a_column_there(
    device: StandInDevice, short_measurements: None
) -> None:
    data = people(80)
    plan = replace(starting_configuration(data), chains=8, replicas=3, hidden=(4,), components=1)
    session = Session(plan, "cpu", sampler_chains=4, dataset=data)
    training = session.train()
    for _ in range(5):
        device.reset()
        record = next(training)
        shrunk = record.update_share < 1
        assert device.read_backs <= 1 + record.updates + shrunk + 3 * (record.epoch == 1), dict(device.places)
    assert np.isfinite(session.finish().final.validation_nats)
    session.steer(
        Composition((Layer(fixed_columns(data.columns, session.space, {"height": 180, "sex": "f"})),))
    )
    device.reset()
    next(session.sample())
    assert device.read_backs <= 1, dict(device.places)
    assert bool((to_host(session.sampler.chains.x)[:, 1] == 180).all())


@pytest.mark.parametrize(
    ("model", "fit"), [(model, fit) for model, fits in ways_on(Spins((4, 4))).items() for fit in fits]
)
def test_every_model_is_fitted_in_every_way_without_leaving_the_device(
    device: StandInDevice, model: str, fit: str
) -> None:
    """Two waits an epoch, one more for each time an update is shrunk, and those for looks at the data's energies."""
    plan = fitted_otherwise(
        replace(PROBLEMS["ising"].defaults, model=model, fit=fit, hidden=(4,), units=None)
    )
    kernel = "discrete-langevin" if fit == "langevin" else plan.kernel
    session = Session(replace(plan, chains=6, kernel=kernel), "cpu", sampler_chains=4)
    for epoch in range(1, 5):
        device.reset()
        record = session.trainer.advance()
        allowed = 2 + 4 * (getattr(record, "update_share", 1.0) < 1) + 3 * (epoch == 1)
        assert device.read_backs <= allowed, dict(device.places)
    session.rest()
    assert session.model.portrait() is not None or model == "observables"


@pytest.mark.parametrize("energy_of_ones_own", ["log(1 + x^2)*max(x, 1, 2^-x)", "J.csv"])
def test_models_that_are_given_leave_nothing_on_the_host(
    device: StandInDevice, energy_of_ones_own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(given, "SAMPLES", 60)
    monkeypatch.setattr(learning_given, "EQUILIBRATING_MOVES", 5)
    np.savetxt("J.csv", 0.3 * (1 - np.eye(4)), delimiter=",")
    session = energy_session(energy_of_ones_own, device="cpu", sampler_chains=8)
    session.steer(Composition(temperature=0.5))
    next(session.sample())
    session.snapshot(training=False)
    save_session(session, tmp_path / "run.h5")
    again = open_session(tmp_path / "run.h5", "cpu", 8)
    assert session.kept is not None
    assert again.kept is not None
    assert again.kept.log_partition == session.kept.log_partition


def test_multipliers_are_solved_anew(device: StandInDevice, short_measurements: None) -> None:
    session = Session(SMALL, "cpu", sampler_chains=2)
    next(session.train())
    session.estimator.measure_now()
    best = session.estimator.best
    if best is not None:
        session.estimator.solve(best, session.fresh_chains())


@pytest.fixture
def shipped(device: StandInDevice) -> Session:
    """The model that comes with the application."""
    return open_session(asset_path(SHIPPED_MODEL), "cpu", sampler_chains=12)


def test_the_shipped_model_opens_is_sampled_seen_and_saved(
    device: StandInDevice, shipped: Session, tmp_path: Path
) -> None:
    sampling = shipped.sample()
    next(sampling)
    for _ in range(3):
        device.reset()
        assert np.isfinite(next(sampling).energy)
        assert device.read_backs <= 1, device.places
    seen = shipped.snapshot(training=False)
    assert np.isfinite(seen.energies).all()
    assert seen.classes is not None
    assert len(shipped.energy_sets().model) == 512
    assert np.isfinite(observables(shipped).errors).all()
    for place in ("base", "noise", "data", "chains"):
        shipped.sampler.restart(place, 6)
    x = shipped.dataset.training_items[:4]
    assert np.isfinite(energy(shipped, x)).all()
    assert gradient(shipped, x).shape == x.shape
    save_session(shipped, tmp_path / "run.h5")
    again = open_session(tmp_path / "run.h5", "cpu", sampler_chains=2)
    np.testing.assert_array_equal(energy(again, x), energy(shipped, x))
    next(again.train())


def test_every_field_steers(
    device: StandInDevice, shipped: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landscape_app.session.discriminator.GENERATED", 120)
    image = tuple(tuple(int(v) for v in row) for row in shipped.dataset.training_items[3])
    (tmp_path / "own.py").write_text(EXAMPLE)
    shipped.sampler.restart("base", 60)
    train_discriminator(shipped, passes=1)
    fields = [
        ClassCondition((3,)),
        ClassCondition((3, 8), ALL_OF),
        ClassCondition((0,), NONE_OF),
        ClassCondition((1, 4), shares=(2.0, 1.0)),
        DiscriminatorRound(1),
        FixedPixels(((0, 0, 0), (3, 3, 16))),
        FixedPixels(((0, 0, 0), (3, 3, 16)), exact=False),
        InkAmount(0.2),
        SymmetryAbout("left-right"),
        SimilarityTo(image),
        SmoothPixels(),
        shipped.composer.trust(read_source(tmp_path / "own.py")),
    ]
    for field in fields:
        composition = Composition((Layer(field, 1.0),))
        record = shipped.steer(composition, moves=2)
        assert 0 < record.effective_sample_size <= record.weighted_samples * (1 + 1e-6)
        statistics = LayerMeter(shipped.sampler, 0).measure()
        assert statistics is not None
    assert shipped.sampler.follow(Composition((Layer(fields[-1], 1.1),)), 1) is not None


def test_barriers_minima_and_dissections_are_found(device: StandInDevice, shipped: Session) -> None:
    wells = target_of(Levels((2, 2), 4), "none")
    items = wells.base_measure.sample(6, torch.Generator(DEVICE).manual_seed(2))
    ends = torch.stack([torch.zeros(2, 2, device=DEVICE), torch.full((2, 2), 3.0, device=DEVICE)])
    *_, barrier = BarrierSearch(wells, items, ends).run()
    assert barrier.is_done
    *_, minima = MinimaSearch(wells, items, items, lowest=3).run()
    assert minima.found >= 1
    found = dissect(shipped.trainer.model.target, shipped.training_items, shipped.training_items[7])
    assert np.isfinite(found.surprise).all()


@pytest.mark.parametrize(("model", "fit"), [("rbm", "persistent"), ("pairs", "likelihood")])
def test_hidden_units_are_shown_and_bounds_found(device: StandInDevice, model: str, fit: str) -> None:
    plan = replace(PROBLEMS["ising"].defaults, model=model, fit=fit, chains=8, replicas=1, units=4)
    session = Session(fitted_otherwise(plan), "cpu", 4)
    next(session.train())
    device.reset()
    figures = session.hidden_figures(training=True, before=session.hidden_figures(training=False))
    assert (figures is None) == (model == "pairs")
    *_, found = session.bounds(starts=4).run()
    assert found.free_energy is not None
    assert found.bound > found.free_energy.value - 1e-4


def test_the_classifier_learns(device: StandInDevice) -> None:
    session = Session(SMALL, "cpu", sampler_chains=2)
    assert 0 < session.train_classifier(epochs=1) <= 1


def test_the_convergence_test_runs(device: StandInDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, steps in (("TUNING_ROUNDS", 1), ("TUNING_STEPS", 20), ("LEAST_STEPS", 40)):
        monkeypatch.setattr(convergence, name, steps)
    session = Session(replace(SMALL, chains=8), "cpu", sampler_chains=2)
    running = session.convergence_test(columns=2).run(40)
    next(running)
    for _ in range(10):
        device.reset()
        next(running)
        assert device.read_backs <= 1, device.places
    *_, last = running
    assert last.diagnosis is not None
    assert last.thermometry is not None
