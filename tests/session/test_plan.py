"""Memory of a plan beside the bytes of the tensors that the run then has, and the plan of several ranks."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from landscape_app.physics.ladder import Ladder
from landscape_app.problems import PROBLEMS, fitted_otherwise, load_problem
from landscape_app.problems.model import ModelSize, build_space, model_size
from landscape_app.problems.problem import Configuration
from landscape_app.runs.run_file import run_image
from landscape_app.session import api
from landscape_app.session.api import planned
from landscape_app.session.checkpoint import run_state
from landscape_app.session.model_samples import SNAPSHOTS
from landscape_app.session.plan import (
    COPIES,
    STATES,
    DataSize,
    file_size,
    memory_of,
    rank_memory,
)
from landscape_app.session.session import Session
from tests.stand_in_device import DEVICE

SMALL = {
    "digits": replace(PROBLEMS["digits"].defaults, chains=24, observables=4, channels=(4, 8)),
    "ladder": replace(PROBLEMS["two-gaussians"].defaults, chains=6, replicas=4),
    "machine": fitted_otherwise(
        replace(PROBLEMS["ising"].defaults, model="rbm", fit=None, units=5, chains=8)
    ),
}


@pytest.fixture(scope="module", params=SMALL)
def run(request: pytest.FixtureRequest) -> Session:
    """A session with its estimator's items made."""
    session = Session(SMALL[request.param], "cpu", sampler_chains=2)
    session.estimator._items.sum()
    return session


def sizes(session: Session) -> tuple[DataSize, ModelSize]:
    return DataSize.of(session.dataset), model_size(session.configuration, session.space)


def test_data_take_the_bytes_of_their_arrays_and_tensors(run: Session) -> None:
    data = run.dataset
    on_host = sum(part.nbytes for part in (data.items, data.training, data.held_out))
    on_host += sum(part.nbytes for part in (data.labels, data.weights) if part is not None)
    tensors = (
        run.training_items,
        run.held_out_items,
        run.validation_items,
        run.test_items,
        run.estimator._items,
        run.trainer.held_out,
    )
    of_plan = memory_of(run.configuration, data)
    assert of_plan.data == on_host + sum(tensor.nbytes for tensor in tensors)


def test_parameters_take_the_bytes_of_their_copies(run: Session) -> None:
    held = sum(parameter.nbytes for parameter in run.model.parameters())
    assert sizes(run)[1].parameters * 4 == held
    assert memory_of(run.configuration, run.dataset).parameters == COPIES * held


def test_chains_take_the_bytes_of_their_states(run: Session) -> None:
    ensemble = run.trainer.ensemble
    mover = ensemble._mover
    assert (mover.state.gradient is not None) == ensemble.kernel.has_gradient
    x, energy = mover.state.x.nbytes, mover.state.energy.nbytes
    gradient = 0 if mover.state.gradient is None else mover.state.gradient.nbytes
    replicas = mover.replicas if isinstance(mover, Ladder) else 1
    weights, of_samples = ensemble.log_weights.nbytes, ensemble.samples.log_weights.nbytes
    assert of_samples == weights * replicas
    expected = STATES * (x + gradient + energy) + (x + of_samples)
    expected += SNAPSHOTS * (x + energy + of_samples) + weights
    assert memory_of(run.configuration, run.dataset).chains == expected


def test_a_file_takes_about_the_bytes_that_are_written(run: Session) -> None:
    for _, record in zip(range(2), run.train(), strict=False):
        assert record.epoch
    plan = replace(run.configuration, planned_epochs=2)
    data, model = sizes(run)
    written = len(run_image(run_state(run), compress=False))
    predicted = file_size(plan, run.space, data, model)
    # HDF5's own tables are some hundred bytes for each of the arrays.
    assert predicted / 3 < written < 3 * predicted + 100_000


def test_layers_that_wait_are_those_of_the_network() -> None:
    space = build_space(load_problem("ising"))
    plan = fitted_otherwise(replace(PROBLEMS["ising"].defaults, model="rbm", fit=None, units=7))
    kept, sites = model_size(plan, space).kept, space.sites
    # v for the weights' gradient, and the odds for that of softplus.
    assert kept == 4 * (sites + 7)
    assert model_size(plan, space).parameters == sites + 7 + 7 * sites
    network = replace(PROBLEMS["ising"].defaults, network="perceptron", observables=3, hidden=(5, 6))
    # The scaled input, and what tanh and the next layer keep in one.
    assert model_size(network, space).kept == 4 * (sites + 5 + 6)


def test_the_random_numbers_of_the_model_stay_as_they_are() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    model_size(PROBLEMS["digits"].defaults, PROBLEMS["digits"].space)
    assert torch.equal(torch.get_rng_state(), before)


def test_memory_falls_with_the_number_of_ranks_but_for_what_each_has_whole() -> None:
    plan, space = PROBLEMS["digits"].defaults, PROBLEMS["digits"].space
    data, model = DataSize.of(load_problem("digits")), model_size(plan, space)
    one, four = (rank_memory(plan, space, data, model, ranks) for ranks in (1, 4))
    # All ranks know the weights of all chains.
    weights = 4 * plan.chains
    assert (four.chains - weights) * 4 == one.chains - weights
    assert four.activations < one.activations
    assert one.ladders / 4 < four.ladders < one.ladders
    assert (four.data, four.parameters, four.file) == (one.data, one.parameters, one.file)
    # A device without compiled loops evaluates all chains at once.
    assert rank_memory(plan, space, data, model, compiled=False).activations > one.activations


def test_the_memory_of_a_run_is_that_of_its_device() -> None:
    plan, data = PROBLEMS["digits"].defaults, load_problem("digits")
    on_host, there = memory_of(plan, data), memory_of(plan, data, DEVICE)
    assert there.activations > on_host.activations
    assert there._replace(activations=on_host.activations) == on_host


def test_every_problem_and_way_of_fitting_has_a_size() -> None:
    for problem in PROBLEMS.values():
        if problem.load is not None:
            assert memory_of(problem.defaults, load_problem(problem.name)).total > 0
    autoregressive = replace(Configuration(), base="autoregressive", kernel="independent")
    alone = model_size(Configuration(), PROBLEMS["digits"].space).parameters
    assert model_size(autoregressive, PROBLEMS["digits"].space).parameters > alone


def test_a_plan_of_ranks_tells_memory_exchange_and_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PLANNED_EPOCHS", 1)
    plan = replace(PROBLEMS["two-gaussians"].defaults, chains=32)
    threads = torch.get_num_threads()
    found = planned(plan, None, 2, "cpu")
    assert torch.get_num_threads() == threads
    assert found.fits
    assert found.links == ("loopback", "ethernet")
    told = found.as_json()
    assert told["memory_bytes"]["total"] == sum(found.memory)
    assert told["memory_bytes"]["chains"] < told["memory_bytes_of_one_rank_alone"]["chains"]
    assert told["epochs_per_second"]["1"] > 0
    assert set(told["epochs_per_second"]["2"]) == {"loopback", "ethernet"}
    assert all(size >= 0 for size in told["sent_bytes_an_epoch"].values())


@pytest.mark.parametrize(
    ("ranks", "settings", "message"),
    [
        (0, {}, "number of ranks must be at least 1"),
        (25, {}, "24 ladders cannot be shared by 25 ranks"),
        (33, {}, "32 chains cannot be shared by 33 ranks"),
        (2, {"members": 2}, "several members is trained by one process"),
        (2, {"base": "autoregressive"}, "autoregressive base measure is trained by one process"),
        (2, {"model": "rbm", "fit": "exact"}, "“Exact likelihood” is trained by one process"),
    ],
    ids=str,
)
def test_a_plan_of_ranks_is_refused_as_their_training_is(
    ranks: int, settings: dict[str, Any], message: str
) -> None:
    plan = replace(PROBLEMS["two-gaussians"].defaults, chains=32, balance=0)
    with pytest.raises(ValueError, match=message):
        planned(replace(plan, **settings), None, ranks, "cpu")


def test_a_run_that_does_not_fit_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "free_memory", lambda device: 1_000)
    monkeypatch.setattr(api, "timed_epochs", None)
    found = planned(PROBLEMS["two-gaussians"].defaults, None, 2, "cpu")
    assert not found.fits
    assert found.as_json()["epochs_per_second"] == {"1": None, "2": {}}
