"""Averages of runs: bounds by exact sums over all states, files, and what cannot be averaged."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from landscape_app.data import Dataset, Kind
from landscape_app.models.observables import ConvObservables, MemberObservables
from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.space import Levels
from landscape_app.problems import Configuration
from landscape_app.session.api import average
from landscape_app.session.average import mean_energy
from landscape_app.session.checkpoint import open_session, save_session
from landscape_app.session.session import Session

PLAN = Configuration(
    problem="small", network="full-resolution", channels=(3, 4), observables=2, chains=32, planned_epochs=12
)


def small_images(seed: int) -> Dataset:
    """Images of 2 × 2 pixels whose diagonals are alike, in 81 states."""
    items = np.random.default_rng(seed).integers(0, 3, (60, 2, 2)).astype(np.uint8)
    items[:, 1, 1] = items[:, 0, 0]
    return Dataset("small", Kind.LEVELS, items, np.arange(40), np.arange(40, 60), levels=3)


def run(seed: int, dataset: Dataset, epochs: int = 12) -> Session:
    session = Session(replace(PLAN, seed=seed), "cpu", 4, dataset)
    for _ in islice(session.train(), epochs):
        pass
    session.rest()
    return session


@pytest.fixture(scope="module")
def members() -> list[Session]:
    data = small_images(0)
    return [run(seed, data) for seed in (1, 2)]


@pytest.fixture(scope="module")
def merged(members: list[Session]) -> Session:
    return average(members, "cpu", 4)


def nats(target: Target, x: torch.Tensor) -> float:
    return float(target.surprisal(x).mean()) + float(ExactModel(target).at().log_partition)


def test_members_add_their_energies_and_gradients() -> None:
    torch.manual_seed(0)
    space = Levels((4, 4), 17)
    parts = [ConvObservables(space, count, (2, 3), full_resolution=True) for count in (2, 3)]
    together, lam = MemberObservables(parts), torch.randn(5)
    x = torch.randint(0, 17, (6, 4, 4)).float()
    assert together.count == 5
    torch.testing.assert_close(together(x), torch.cat([part(x) for part in parts], 1))
    torch.testing.assert_close(together.weighted_sum(x, lam), together(x) @ lam)
    energy, gradient = together.weighted_sum_and_gradient(x, lam)
    x.requires_grad_()
    torch.testing.assert_close(energy, together.weighted_sum(x, lam).detach())
    torch.testing.assert_close(gradient, torch.autograd.grad(together.weighted_sum(x, lam).sum(), x)[0])


def test_the_average_is_at_most_the_mean_of_its_members_and_its_multipliers_are_solved(
    members: list[Session], merged: Session
) -> None:
    base, x = members[0].model.base_measure, members[0].training_items
    of_members = [nats(member.model.target, x) for member in members]
    mean = Hamiltonian([WeightedTerm(1 / 2, member.model) for member in members])
    of_mean = nats(Target(base, mean), x)
    values = merged.model.values_of(mean_energy([member.model for member in members]))
    torch.testing.assert_close(merged.model.with_values(values).energy(x), mean.energy(x))
    found = nats(merged.model.target, x)
    assert found <= of_mean + 1e-5
    # Members may be so near to each other that rounding decides.
    assert of_mean <= np.mean(of_members) + 1e-5
    assert merged.kept is not None
    assert merged.kept.training_nats == pytest.approx(found, abs=1e-4)
    states = merged.space.enumerate()  # type: ignore[attr-defined]
    p = (-merged.model.target.surprisal(states).double()).softmax(0).float()
    with torch.no_grad():
        of_model, of_data = (p @ merged.model.constraints(states)), merged.model.constraints(x).mean(0)
    torch.testing.assert_close(of_model, of_data, atol=1e-3, rtol=1e-3)


def test_chains_of_the_average_are_in_equilibrium(merged: Session) -> None:
    exact = ExactModel(merged.model.target).at()
    ensemble = merged.trainer.ensemble.chains_at_one
    error = (exact.heat_capacity / len(ensemble)) ** 0.5
    assert abs(float(ensemble.energy.mean()) - exact.energy) < 4 * error


def test_the_history_of_an_average_begins_with_its_constraints(merged: Session) -> None:
    """Against sums over all states: residuals of solved multipliers are those of the chains' noise alone."""
    assert len(merged.history) == 1
    assert merged.history["epoch"][0] == merged.trainer.epoch
    states = merged.space.enumerate()  # type: ignore[attr-defined]
    p = (-merged.model.target.surprisal(states).double()).softmax(0).float()
    with torch.no_grad():
        f, of_data = merged.model.constraints(states), merged.model.constraints(merged.training_items)
    scale = of_data.std(0, correction=0)
    exact = (p @ f - of_data.mean(0)) / scale
    variance = p @ (f - p @ f) ** 2 / merged.configuration.chains
    found = torch.from_numpy(merged.history["residuals"][0])
    assert bool(((found - exact).abs() < 4 * variance.sqrt() / scale).all())


def test_a_file_of_an_average_is_the_same_model_and_trains_on(merged: Session, tmp_path: Path) -> None:
    save_session(merged, tmp_path / "both.h5")
    again = open_session(tmp_path / "both.h5", "cpu")
    assert again.configuration.members == 2
    assert again.kept == merged.kept
    np.testing.assert_array_equal(again.history["residuals"], merged.history["residuals"])
    x = merged.training_items
    torch.testing.assert_close(again.model.energy(x), merged.model.energy(x))
    assert next(again.train()).epoch == 13


def test_what_has_nothing_in_common_is_not_averaged(members: list[Session], merged: Session) -> None:
    first = members[0]
    for others, message in (
        ([], "two runs at least"),
        ([Session(PLAN, "cpu", 4, first.dataset)], "not trained yet"),
        ([run(1, small_images(5), 1)], "different data"),
        ([merged], "of one member"),
    ):
        with pytest.raises(ValueError, match=message):
            average([first, *others], "cpu", 4)
    other = Session(replace(PLAN, channels=(2, 2)), "cpu", 4, first.dataset)
    next(other.train())
    with pytest.raises(ValueError, match="more than their seeds"):
        average([first, other], "cpu", 4)
