"""Records of chains: what they hold, that they begin anew under another law, and that they stay small."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from landscape_app.data.columns import ColumnMeaning
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.host import to_host
from landscape_app.problems import PROBLEMS
from landscape_app.session import chain_recorder
from landscape_app.session.chain_recorder import ChainRecorder
from landscape_app.session.composition import Composition
from landscape_app.session.sampling import DrawsRecorder, drawing
from landscape_app.session.session import Session
from tests.models.joint_energy import joint_energy
from tests.stand_in_device import StandInDevice


def session_of(problem: str, **changes: object) -> Session:
    defaults = PROBLEMS[problem].defaults
    return Session(replace(defaults, chains=16, replicas=2, **changes), "cpu", sampler_chains=6)  # type: ignore[arg-type]


def moved(session: Session, recorder: ChainRecorder, steps: int) -> None:
    recorder.observe()
    for _ in range(steps):
        session.sampler.step()
        recorder.observe()


def test_draws_are_those_of_the_chains_in_their_order() -> None:
    session = session_of("two-gaussians")
    recorder = ChainRecorder(session.sampler)
    assert recorder.draws() is None
    energies, places = [], []
    for _ in range(30):
        session.sampler.step()
        recorder.observe()
        # A look between two steps changes nothing.
        recorder.observe()
        energies.append(to_host(session.sampler.chains.energy).numpy().copy())
        places.append(to_host(session.sampler.chains.x).numpy()[:, 0].copy())
    draws = recorder.draws()
    assert draws is not None
    assert (draws.chains, draws.draws, draws.spacing, draws.burn_in) == (6, 30, 1, 15)
    np.testing.assert_array_equal(draws.quantities["energy"], np.stack(energies, 1))
    np.testing.assert_array_equal(draws.quantities["x1"], np.stack(places, 1))
    assert draws.coordinates == ("x1",)
    x = session.sampler.chains.x
    constraints = to_host(session.model.constraints(x).detach()).numpy()
    np.testing.assert_allclose(draws.quantities["f1"][:, -1], constraints[:, 0], rtol=1e-6)


@pytest.mark.parametrize("change", ["restart", "steer", "kernel", "one"])
def test_the_record_begins_anew_where_the_chains_go_elsewhere(change: str) -> None:
    session = session_of("two-gaussians")
    recorder = ChainRecorder(session.sampler)
    moved(session, recorder, 20)
    if change == "restart":
        session.sampler.restart("noise")
    elif change == "steer":
        session.steer(Composition(temperature=2.0))
    elif change == "kernel":
        session.sampler.set_kernel("random-walk")
    else:
        session.sampler.restart_one(2)
    moved(session, recorder, 7)
    draws = recorder.draws()
    assert draws is not None
    assert draws.draws == 7


def test_a_long_record_is_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_recorder, "MOST_DRAWS", 16)
    session = session_of("two-gaussians")
    recorder = ChainRecorder(session.sampler)
    energies = []
    for _ in range(100):
        session.sampler.step()
        recorder.observe()
        energies.append(to_host(session.sampler.chains.energy).numpy().copy())
    draws = recorder.draws()
    assert draws is not None
    assert draws.spacing == 8
    assert draws.draws == 12
    np.testing.assert_array_equal(draws.quantities["energy"], np.stack(energies[7::8], 1))


def test_spins_have_their_magnetisation_and_machines_their_hidden_units() -> None:
    session = session_of("ising", model="rbm", fit="persistent", units=3)
    recorder = ChainRecorder(session.sampler)
    moved(session, recorder, 3)
    draws = recorder.draws()
    assert draws is not None
    assert {"energy", "magnetisation", "hidden units on"} <= set(draws.quantities)
    model, x = session.model, session.sampler.chains.x
    assert isinstance(model, RestrictedBoltzmannMachine)
    # Enumerated: the expectation over the eight states of three hidden units.
    states = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3)
    with torch.no_grad():
        weights = torch.stack([-joint_energy(model, x, h.expand(len(x), 3)) for h in states], 1).softmax(1)
    expected = (weights @ states.sum(1)).numpy()
    np.testing.assert_allclose(draws.quantities["hidden units on"][:, -1], expected, rtol=1e-4)


def test_no_more_chains_and_observables_are_recorded_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chain_recorder, "MOST_CHAINS", 4)
    monkeypatch.setattr(chain_recorder, "MOST_OBSERVABLES", 2)
    session = session_of("rings")
    recorder = ChainRecorder(session.sampler, (ColumnMeaning("a", offset=3.0, scale=2.0), ColumnMeaning("b")))
    moved(session, recorder, 3)
    draws = recorder.draws()
    assert draws is not None
    assert list(draws.quantities) == ["energy", "a", "b", "f1", "f2"]
    assert draws.chains == 4
    assert draws.notes == ("the first 4 of 6 chains are recorded",)


@pytest.mark.parametrize("problem", ["two-gaussians", "ising"])
def test_records_are_read_from_the_device_all_at_once(problem: str) -> None:
    with StandInDevice() as device:
        session = session_of(problem)
        recorder = ChainRecorder(session.sampler)
        moved(session, recorder, 1)
        device.reset()
        for _ in range(5):
            recorder.observe()
        assert device.read_backs == 0
        moved(session, recorder, 5)
        device.reset()
        assert recorder.draws() is not None
        assert device.read_backs == 1
        every_draw = DrawsRecorder(session.space, 6, 10)
        for step, record in enumerate(drawing(session.sampler, 6, 10, "noise", ladder=False)):
            if step:
                every_draw.observe(step, record)
        assert every_draw.draws("all").draws == 5
