"""The kernel of a sampler: tuned by itself until it is accepted as it should be, or as a person sets it."""

import math
from itertools import islice

import pytest
import torch

from landscape_app.physics.base import ProductBase, UniformBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import HMC, KERNELS
from landscape_app.physics.space import Box, Levels
from landscape_app.session import Composition, Session
from landscape_app.session.sampler import LEAST_ADAPTING, MOST_ADAPTING, TOLERANCE, TunedChains
from tests.session.conftest import NewSession


class Bowl:
    """½ |x|²."""

    def energy(self, x: torch.Tensor) -> torch.Tensor:
        return 0.5 * x.flatten(1).square().sum(1)


class Springs:
    """½ Σ (x_i − x_{i+1})²."""

    def energy(self, x: torch.Tensor) -> torch.Tensor:
        return 0.5 * x.diff(dim=1).square().sum(1)


def steps(session: Session, n: int) -> None:
    for _ in islice(session.sample(), n):
        pass


def trained(new_session: NewSession) -> Session:
    session = new_session(sampler_chains=64)
    for _ in islice(session.train(), 20):
        pass
    session.sampler.restart("chains")
    return session


@pytest.mark.parametrize("name", ["discrete-langevin", "random-walk"])
@pytest.mark.parametrize("far", [0.2, 8.0])
def test_a_kernel_set_far_off_finds_its_acceptance_again_and_then_stands_still(name: str, far: float) -> None:
    levels = Levels((36,), 17)
    target = Target(ProductBase.uniform(levels), Hamiltonian([WeightedTerm(1.0, Springs())]))
    generator = torch.Generator().manual_seed(1)
    tuned = TunedChains(Chains(torch.full((64, 36), 8.0), target, KERNELS[name](), generator))
    tuned.tune_kernel(step_size=far)
    for _ in range(40):
        tuned.step()
    assert tuned.kernel.values == (far,)
    assert tuned.acceptance_rate != pytest.approx(tuned.kernel.target_acceptance, abs=TOLERANCE)
    tuned.tune_kernel(automatic=True)
    assert tuned.kernel.adapting
    for _ in range(MOST_ADAPTING):
        tuned.step()
    record = tuned.kernel
    assert not record.adapting
    assert record.acceptance_rate == pytest.approx(record.target_acceptance, abs=1.5 * TOLERANCE)
    tuned.step()
    assert tuned.kernel.values == record.values


def test_a_kernel_that_is_set_stays_as_it_is_through_steps_jumps_and_training(
    new_session: NewSession,
) -> None:
    session = trained(new_session)
    session.sampler.tune_kernel(step_size=3.5)
    steps(session, 5)
    session.steer(Composition.towards(2))
    session.sampler.restart("noise")
    steps(session, LEAST_ADAPTING)
    next(session.train())
    record = session.sampler.kernel
    assert record.values == (3.5,)
    assert not record.automatic
    assert not record.adapting
    assert session.trainer.ensemble.kernel.step_size != 3.5


def test_another_kernel_tunes_itself_and_counts_from_here(new_session: NewSession) -> None:
    session = new_session()
    session.sampler.tune_kernel(step_size=2.0)
    steps(session, 3)
    session.sampler.set_kernel("single-site")
    record = session.sampler.kernel
    assert (record.name, record.values, record.acceptance_rate) == ("single-site", (6.0,), None)
    assert record.automatic
    assert next(session.sample()).sweep == 1


def test_the_acceptance_rate_is_that_of_the_last_steps(new_session: NewSession) -> None:
    session = new_session()
    session.sampler.tune_kernel(step_size=1.0)
    rates = [record.acceptance_rate for record in islice(session.sample(), 50)]
    assert session.sampler.kernel.acceptance_rate == pytest.approx(sum(rates[-30:]) / 30)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"step_size": 99.0},
            "step size of “Discrete Langevin” must be a number from 0.2 to 24 levels, got 99",
        ),
        ({"step_size": math.nan}, "must be a number from 0.2 to 24 levels, got nan"),
        ({"step_size": 0.0}, "got 0"),
        ({"length": 2.0}, "the kernel “Discrete Langevin” has no 'length'; it has step_size"),
        ({"step_size": 2.0, "length": 2.0}, "has no 'length'"),
    ],
)
def test_what_a_kernel_cannot_be_set_to_is_refused_and_changes_nothing(
    new_session: NewSession, parameters: dict[str, float], message: str
) -> None:
    session = new_session()
    before = session.sampler.kernel
    with pytest.raises(ValueError, match=message):
        session.sampler.tune_kernel(**parameters)
    assert session.sampler.kernel == before


def test_a_trajectory_s_length_is_set_and_tunes_itself() -> None:
    box = Box((2,), -5.0, 5.0)
    target = Target(UniformBase(box), Hamiltonian([WeightedTerm(1.0, Bowl())]))
    generator = torch.Generator().manual_seed(0)
    tuned = TunedChains(Chains(torch.zeros(64, 2), target, HMC(0.1), generator))
    tuned.tune_kernel(step_size=0.5, length=3.0)
    for _ in range(40):
        tuned.step()
    assert tuned.kernel.values == (0.5, 3.0)
    tuned.tune_kernel(automatic=True)
    tuned.step()
    assert tuned.kernel.values != (0.5, 3.0)
