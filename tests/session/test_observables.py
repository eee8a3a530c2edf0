"""Observables one by one, against formulas, finite differences in double precision, and sums over all states."""

import copy
import json
import math
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from landscape_app.data.columns import ColumnMeaning
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.model import Model
from landscape_app.models.observables import ConvObservables, PairObservables, RotatedAxes
from landscape_app.models.pairs import PairModel
from landscape_app.physics.base_measure import GaussianBase, ProductBase, UniformBase
from landscape_app.physics.fields.pixels import InkAmount
from landscape_app.physics.space import Box, Levels, Line, Space, Spins
from landscape_app.session import api
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.observables import (
    NO_OBSERVABLES,
    SHOWN,
    ModelChains,
    ObservablesRecord,
    looking_into,
    number_of_observables,
)
from landscape_app.session.share_out import finished
from tests.models.test_rbm import machine
from tests.models.uniform import uniform_model
from tests.session.conftest import NewSession
from tests.session.test_bounds import items_of


def look_into(model: Model, data: Tensor, chains: ModelChains, **options: Any) -> ObservablesRecord:
    return finished(looking_into(model, data, chains, **options))


class OfPixels(nn.Module):
    """f₁ = x₁₁, f₂ = the mean of all pixels, f₃ = 1."""

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(1)
        return torch.stack([flat[:, 0], flat.mean(1), torch.ones(len(x))], 1)

    def weighted_sum(self, x: Tensor, multipliers: Tensor) -> Tensor:
        return self(x) @ multipliers


def alike(x: Tensor, name: str = "chains") -> ModelChains:
    return ModelChains(x, None, None, name)


def of_pixels() -> MinMaxEntModel:
    base = ProductBase.uniform(Levels((2, 2), 5))
    return MinMaxEntModel(base, OfPixels(), torch.tensor([0.5, -2.0, 1.0]))


def test_items_and_chains_of_most_and_least_are_those_of_the_formula_no_two_equal() -> None:
    model = of_pixels()
    data = items_of(model.space, 200)
    data[100:] = data[:100]
    chains = model.space.enumerate()
    record = look_into(model, data, alike(chains), epoch=7)
    assert (len(record), record.items, record.chains, record.epoch) == (3, 200, 625, 7)
    np.testing.assert_allclose(record.multipliers, [0.5, -2.0, 1.0])
    f = model.observables(data).double().numpy()
    np.testing.assert_allclose(record.data_means, f.mean(0), rtol=1e-12)
    np.testing.assert_allclose(record.weights, record.multipliers * f.std(0), rtol=1e-12)
    for i, response in enumerate(record.responses):
        for sign, found in ((-1, response.most_data), (1, response.least_data)):
            values = f[found.places, i]
            np.testing.assert_array_equal(found.values, values)
            np.testing.assert_array_equal(found.x, data.numpy()[found.places])
            assert len(np.unique(found.x, axis=0)) == len(found.x) == SHOWN
            assert (np.diff(sign * values) >= 0).all()
            # Nothing beyond the last of them is missing, and of equal ones the first is told.
            beyond = np.flatnonzero(sign * f[:, i] < sign * values[-1])
            assert {tuple(x) for x in data.numpy()[beyond].reshape(len(beyond), 4)} <= {
                tuple(x) for x in found.x.reshape(len(found.x), 4)
            }
            assert (found.places < 100).all()
        slope = np.full((2, 2), 0.25) if i == 1 else np.zeros((2, 2))
        slope[0, 0] += i == 0
        np.testing.assert_allclose(response.most_chains.slopes, np.broadcast_to(slope, (SHOWN, 2, 2)))
    # What never varies has neither deviations nor errors to be counted in.
    assert record.residuals[2] == record.errors[2] == 0
    assert math.isnan(record.scores[2])
    assert math.isnan(record.in_errors[2])
    assert json.loads(json.dumps(record.as_json(), allow_nan=False))["observables"][2]["z"] is None


def test_slopes_of_a_network_are_finite_differences_in_double_precision() -> None:
    space = Levels((6, 6), 9)
    torch.manual_seed(0)
    observables = ConvObservables(space, 3, (4, 6), full_resolution=True)
    model = uniform_model(observables, torch.ones(3))
    record = look_into(model, items_of(space), alike(items_of(space, 20)), shown=2)
    double = copy.deepcopy(observables).double()
    step = 1e-4
    for i, response in enumerate(record.responses):
        for found in response:
            x = torch.as_tensor(found.x).double()
            for pixel in (0, 17, 35):
                shift = torch.zeros(36, dtype=torch.float64)
                shift[pixel] = step
                with torch.no_grad():
                    above, below = (double(x + sign * shift.view(6, 6))[:, i] for sign in (1, -1))
                expected = (above - below) / (2 * step)
                assert found.slopes is not None
                # The differences' error is of order step², that of the slopes of single precision.
                np.testing.assert_allclose(
                    found.slopes.reshape(-1, 36)[:, pixel], expected, rtol=1e-3, atol=1e-5
                )


def test_squares_of_points_are_told_over_the_plane_in_the_units_of_the_file() -> None:
    space = Line((2,))
    model = MinMaxEntModel(GaussianBase.standard(space), RotatedAxes(space, 0.3), torch.ones(2))
    data = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    columns = (ColumnMeaning("a", offset=10.0, scale=2.0), ColumnMeaning("b", (), 1.0, 0.5, "logarithm"))
    record = look_into(model, data, alike(data[:20]), columns=columns)
    assert record.on_axes is not None
    x, y = record.on_axes.axes
    across, up = np.meshgrid((x - 10) / 2, (y - 1) / 0.5)
    first = (np.cos(0.3) * across + np.sin(0.3) * up) ** 2
    second = (-np.sin(0.3) * across + np.cos(0.3) * up) ** 2
    np.testing.assert_allclose(record.on_axes.values, [first, second], rtol=1e-4, atol=1e-5)
    assert x[0] < 10 + 2 * float(data[:, 0].min())
    assert y[-1] > 1 + 0.5 * float(data[:, 1].max())
    assert record.responses[0].most_data.slopes is None
    expected = data[record.responses[0].most_data.places].double().numpy()
    np.testing.assert_allclose(
        record.responses[0].most_data.x,
        np.stack([10 + 2 * expected[:, 0], np.exp(1 + 0.5 * expected[:, 1])], 1),
        rtol=1e-6,
    )
    alone = MinMaxEntModel(UniformBase(Box((1,), -1.0, 1.0)), OfPixels(), torch.ones(3))
    within = look_into(alone, torch.rand(9, 1) * 2 - 1, alike(torch.rand(9, 1)))
    assert within.on_axes is not None
    (axis,) = within.on_axes.axes
    assert axis.min() >= -1
    np.testing.assert_allclose(within.on_axes.values[0], axis, rtol=1e-6)


@pytest.fixture(scope="module")
def spins() -> MinMaxEntModel:
    torch.manual_seed(1)
    return uniform_model(PairObservables(Spins((2, 3)), 3), torch.tensor([0.6, -0.5, 0.3]))


REPEATS = 80
FOUR_ERRORS_OF_A_SPREAD = 4 / math.sqrt(2 * REPEATS)


@pytest.mark.parametrize("kind", ["independent", "weighted", "of few ancestors"])
def test_residuals_and_their_errors_are_those_of_a_sum_over_all_states(
    spins: MinMaxEntModel, kind: str
) -> None:
    states = spins.space.enumerate()
    energies = spins.energy(states).double().detach()
    p = (-energies).softmax(0)
    f = spins.observables(states).double().detach()
    exact = (p @ f).numpy()
    data, generator = states[:10], torch.Generator().manual_seed(0)
    means, errors = [], []
    for _ in range(REPEATS):
        if kind == "weighted":
            chosen = torch.randint(64, (200,), generator=generator)
            chains = ModelChains(states[chosen], -energies[chosen].float(), None, "weighted")
        else:
            chosen = p.multinomial(40, replacement=True, generator=generator)
            ancestors = None
            if kind == "of few ancestors":
                ancestors = torch.arange(40).repeat(4)
                chosen = chosen.repeat(4)
            chains = ModelChains(states[chosen], None, ancestors, kind)
        record = look_into(spins, data, chains, shown=1)
        means.append(record.chain_means)
        errors.append(record.errors)
    np.testing.assert_allclose(record.residuals, record.chain_means - f[:10].mean(0).numpy(), atol=1e-6)
    spread = np.std(means, axis=0, ddof=1)
    of_mean = 4 * spread / math.sqrt(REPEATS)
    assert (np.abs(np.mean(means, 0) - exact) < of_mean).all()
    typical = np.sqrt(np.mean(np.square(errors), 0))
    np.testing.assert_allclose(typical, spread, rtol=FOUR_ERRORS_OF_A_SPREAD)


def test_weights_of_items_count_as_so_many_rows(spins: MinMaxEntModel) -> None:
    states = spins.space.enumerate()
    counts = torch.arange(1.0, 6.0)
    chains = alike(states)
    weighted = look_into(spins, states[:5], chains, data_weights=counts)
    repeated = look_into(spins, states[:5].repeat_interleave(counts.long(), 0), chains)
    for name in ("data_means", "deviations", "scores"):
        # Batches of other sizes are summed in another order, in single precision.
        np.testing.assert_allclose(getattr(weighted, name), getattr(repeated, name), rtol=1e-5)


def test_energies_of_pairs_are_the_sum_of_their_observables_and_hidden_units_have_no_multipliers() -> None:
    torch.manual_seed(2)
    couplings = torch.randn(4, 4).triu(1)
    pairs = PairModel(ProductBase.uniform(Spins((4,))), couplings + couplings.T, torch.randn(4))
    states = pairs.space.enumerate()
    record = look_into(pairs, states, alike(states))
    assert record.meanings[:5] == ("s1", "s2", "s3", "s4", "s1 s2")
    assert record.meanings[-1] == "s3 s4"
    torch.testing.assert_close(
        pairs.constraints(states).double() @ torch.as_tensor(record.multipliers),
        pairs.energy(states).double(),
        rtol=0,
        # Every f is 1 or −1: so many roundings of sums no larger than this, in float32.
        atol=len(record.multipliers) * np.finfo(np.float32).eps * float(np.abs(record.multipliers).sum()),
    )
    found = record.responses[4].most_data
    assert found.slopes is not None
    np.testing.assert_array_equal(found.slopes[:, 2:], 0)
    np.testing.assert_array_equal(found.slopes[:, 0], found.x[:, 1])
    rbm = machine(Spins((2, 2)))
    states = rbm.space.enumerate()
    record = look_into(rbm, states, alike(states))
    assert record.meanings == ("p(h1 = 1 | x)", "p(h2 = 1 | x)", "p(h3 = 1 | x)")
    assert np.isnan(record.multipliers).all()
    most = record.responses[1].most_data
    active = rbm.activations(states).numpy()[:, 1]
    assert active[most.places[0]] == active.max()
    slopes = (active * (1 - active))[most.places, None] * rbm.weights[:, 1].detach().numpy()
    assert most.slopes is not None
    np.testing.assert_allclose(most.slopes.reshape(-1, 4), slopes, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("space", [Spins((30,)), Spins((2, 2))], ids=["many", "hidden"])
def test_a_model_without_observables_is_told(space: Space) -> None:
    hidden = 0 if space.sites > 24 else 1
    sites = space.sites + hidden
    model = PairModel(ProductBase.uniform(space), torch.zeros(sites, sites), torch.zeros(sites))  # type: ignore[arg-type]
    x = torch.ones(2, *space.shape)
    assert number_of_observables(model, x) == 0
    assert model.constraint_multipliers is None
    with pytest.raises(ValueError, match="no observables to look into") as told:
        look_into(model, x, alike(x))
    assert str(told.value) == NO_OBSERVABLES


def test_training_on_meanwhile_changes_nothing_of_a_look(new_session: NewSession) -> None:
    session = new_session()
    list(islice(session.train(), 2))
    expected = finished(session.looking_into(training=True))
    looking = session.looking_into(training=True)
    next(looking)
    list(islice(session.train(), 1))
    found = finished(looking)
    assert found.epoch == expected.epoch == 2
    assert found.training
    _assert_same(found, expected)


def test_chains_on_view_are_looked_at_only_where_nothing_steers_them(new_session: NewSession) -> None:
    session = new_session()
    list(islice(session.train(), 2))
    on_view = finished(session.looking_into())
    assert (on_view.chains, on_view.chains_name) == (24, "chains on view, step 0")
    x = session.sampler.chains.x
    f = session.model.constraints(x).detach().double().mean(0)
    np.testing.assert_allclose(on_view.chain_means, f, rtol=1e-5, atol=1e-6)
    of_training = api.observables(session)
    assert (of_training.chains, of_training.chains_name) == (32, "chains that train")
    weights = session.trainer.ensemble.log_weights.double().softmax(0)
    f = session.model.constraints(session.trainer.ensemble.chains_at_one.x).detach().double()
    np.testing.assert_allclose(of_training.chain_means, weights @ f, rtol=1e-5, atol=1e-6)
    session.sampler.composition = Composition((Layer(InkAmount(0.3)),))
    assert finished(session.looking_into()).chains_name == "chains that train"


def _assert_same(one: ObservablesRecord, other: ObservablesRecord) -> None:
    for name in ("multipliers", "data_means", "chain_means", "errors"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
