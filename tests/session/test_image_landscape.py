"""The landscape of images: its plane, searches and dissection, against closed forms and small enumerations."""

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from landscape_app.models.observables import ConvObservables
from landscape_app.physics.base_measure import GaussianBase, ProductBase
from landscape_app.physics.disconnectivity import LowestRoutes
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.field import FieldResources
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.relaxation import RelaxedTarget
from landscape_app.physics.space import Levels, Line
from landscape_app.problems.problem import Configuration
from landscape_app.session.landscape import barrier
from landscape_app.session.landscape.barrier import BarrierSearch, LowRoutes
from landscape_app.session.landscape.dissection import describe_term, dissect
from landscape_app.session.landscape.map import ImageMap, PrincipalPlane
from landscape_app.session.landscape.minima import MinimaSearch
from landscape_app.session.session import Session
from tests.models.uniform import uniform_model

T = TypeVar("T")


def last(records: Iterator[T]) -> T:
    """The last of the records, whose shares of the work never fall."""
    progress = -1.0
    for record in records:
        assert record.progress >= progress  # type: ignore[attr-defined]
        progress = record.progress  # type: ignore[attr-defined]
    assert progress == 1.0
    return record


class Wells:
    """Two wells of the mean over four pixels, (m − 2)² (m − 8)² / 27, a valley with a known pass at m = 5."""

    def energy(self, x: Tensor) -> Tensor:
        m = x.flatten(1).mean(1)
        return (m - 2) ** 2 * (m - 8) ** 2 / 27 + x.flatten(1).var(1)


SPACE = Levels((2, 2), 11)
WELLS = Target(ProductBase.uniform(SPACE), Hamiltonian([WeightedTerm(1.0, Wells())]))
SOME = torch.stack([torch.full((2, 2), float(v)) for v in (0, 1, 3, 7, 10)])


def test_plane_is_that_of_principal_component_analysis() -> None:
    images = np.random.default_rng(0).integers(0, 17, (60, 4, 4)).astype(np.uint8)
    images[:, :2] = (images[:, :2] // 3) + images[:, 2:] // 2
    plane = PrincipalPlane.of(images)
    oracle = PCA(2, svd_solver="full").fit(images.reshape(60, -1))
    np.testing.assert_allclose(np.abs(plane.axes @ oracle.components_.T), np.eye(2), atol=1e-9)
    np.testing.assert_allclose(plane.shares, oracle.explained_variance_ratio_)
    assert (np.take_along_axis(plane.axes, np.abs(plane.axes).argmax(1)[:, None], 1) > 0).all()
    np.testing.assert_allclose(
        np.abs(plane.project(images)), np.abs(oracle.transform(images.reshape(60, -1))), atol=1e-9
    )


def test_map_knows_the_sessions_data_and_its_base() -> None:
    session = Session(Configuration(chains=2), "cpu", sampler_chains=1)
    found = ImageMap.of(session.dataset, session.model.base_measure)
    assert len(found.training) == len(session.training_items)
    assert len(found.held_out_labels) == len(found.held_out) == len(session.held_out_items)
    expected = -session.model.base_measure.log_prob(session.training_items[:20])
    np.testing.assert_allclose(found.base_surprisal(found.training[:20]), expected, rtol=1e-5)
    assert found.plane is found.plane


def test_barrier_between_two_wells_is_that_of_its_closed_form() -> None:
    ends = torch.stack([torch.full((2, 2), 1.0), torch.full((2, 2), 9.0)])
    record = last(BarrierSearch(WELLS, SOME, ends, "H").run())
    assert record.is_done
    assert record.converged
    # From each end down to its well, m = 2 or 8, and over m = 5, where the energy is 81 / 27 = 3.
    np.testing.assert_allclose(record.barriers, [3.0, 3.0], atol=0.01)
    assert record.top[0] == pytest.approx((record.minima[0] + record.minima[1]) / 2, abs=0.3)
    origin = float(WELLS.surprisal(SOME).mean())
    base = -float(WELLS.base_measure.log_prob(SOME[:1]))
    assert record.top[1] == pytest.approx(3.0 + base - origin, abs=0.01)
    np.testing.assert_array_equal(record.images[[0, -1]], ends)
    np.testing.assert_array_equal(record.ends, ends.numpy())
    np.testing.assert_allclose(record.energy[[0, -1]], (WELLS.surprisal(ends) - origin).numpy(), atol=1e-4)
    assert (np.diff(record.along) >= 0).all()
    assert (np.diff(record.places) >= 0).all()
    # The walk passes where one pixel differs: between the wells its lowest pass is known by flooding all states.
    states = SPACE.enumerate()
    energy = WELLS.surprisal(states).numpy()
    index = np.arange(len(states)).reshape((11,) * 4)
    edges = np.concatenate(
        [
            np.stack([np.moveaxis(index, a, 0)[:-1].ravel(), np.moveaxis(index, a, 0)[1:].ravel()], 1)
            for a in range(4)
        ]
    )
    route = LowestRoutes(len(states), edges, energy[edges].max(1)).between(
        index[2, 2, 2, 2], index[8, 8, 8, 8]
    )
    assert route is not None
    assert record.walk_top == pytest.approx(route.top - origin, abs=1e-4)


class WellsBetweenLevels:
    """The same wells at m = 2.4 and 7.8, where no level is: (m − 2.4)² (m − 7.8)² / 27, the pass at m = 5.1."""

    def energy(self, x: Tensor) -> Tensor:
        m = x.flatten(1).mean(1)
        return (m - 2.4) ** 2 * (m - 7.8) ** 2 / 27 + 2 * x.flatten(1).var(1)


def test_a_barrier_is_counted_from_minima_of_what_the_path_leads_over() -> None:
    target = Target(ProductBase.uniform(SPACE), Hamiltonian([WeightedTerm(1.0, WellsBetweenLevels())]))
    ends = torch.stack([torch.full((2, 2), 1.0), torch.full((2, 2), 9.0)])
    record = last(BarrierSearch(target, SOME, ends).run())
    assert record.are_minima == (True, True)
    np.testing.assert_allclose(record.depths, record.barriers, rtol=1e-6)
    np.testing.assert_allclose(record.barriers, 2.7**4 / 27, atol=0.01)
    at = np.searchsorted(record.places, record.minima)
    np.testing.assert_allclose(record.images[at].mean((1, 2)), [2.4, 7.8], atol=0.02)
    # The energy rises from either dot on both sides.
    surface = RelaxedTarget(target)
    states = torch.as_tensor(record.images[at]).flatten(1)
    here = surface.energy(states)
    for step in torch.cat([torch.eye(4), -torch.eye(4)]):
        assert (surface.energy(states + 0.3 * step) > here).all()
    assert record.lowest == pytest.approx(float(here.min()) - float(target.surprisal(SOME).mean()), abs=0.01)


def test_a_descent_that_has_not_arrived_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target(ProductBase.uniform(SPACE), Hamiltonian([WeightedTerm(1.0, WellsBetweenLevels())]))
    monkeypatch.setattr(barrier, "MOST_DESCENT_STEPS", 0)
    ends = torch.stack([torch.full((2, 2), 1.0), torch.full((2, 2), 9.0)])
    assert last(BarrierSearch(target, SOME, ends).run()).are_minima == (False, False)


def test_images_of_one_basin_have_no_barrier_between_them() -> None:
    ends = torch.stack([torch.full((2, 2), 1.0), torch.full((2, 2), 3.0)])
    record = last(BarrierSearch(WELLS, SOME, ends).run())
    assert record.barriers == (0.0, 0.0)
    assert record.minima[0] == record.minima[1]
    assert record.energy.argmin() not in (0, len(record.energy) - 1)


def test_an_image_has_no_barrier_to_itself() -> None:
    with pytest.raises(ValueError, match="different images"):
        BarrierSearch(WELLS, SOME, SOME[[1, 1]])


def test_minima_and_their_pass_are_found_from_everywhere() -> None:
    starts = torch.randint(0, 11, (30, 2, 2), generator=torch.Generator().manual_seed(0)).float()
    record = last(MinimaSearch(WELLS, SOME, starts, lowest=2).run())
    assert record.starts == 30
    assert record.counts.sum() <= 30
    assert {int(image.mean()) for image in record.images} == {2, 8}
    assert record.tree is not None
    assert record.tree.merges[0].energy - record.energies[0] == pytest.approx(3.0, abs=0.05)
    assert record.settled == 1.0


def test_a_single_minimum_is_a_tree_without_passes() -> None:
    record = last(MinimaSearch(WELLS, SOME, SOME[:2]).run())
    assert record.found == 1
    assert record.tree is not None
    assert record.tree.merges == ()
    assert record.counts.tolist() == [2]


def test_routes_lead_through_what_is_low() -> None:
    surface = RelaxedTarget(Target(ProductBase(Levels((2,), 21), _ring()), Hamiltonian([])))
    ends = torch.tensor([[0.0, 10.0], [20.0, 10.0]])
    around = torch.tensor([[0.0, 20.0], [10.0, 20.0], [20.0, 20.0]])
    routes = LowRoutes(surface, ends, around)
    assert list(routes.survey())[-1] == 1.0
    band = routes.band(0, 1, 41)
    assert band is not None
    assert float(band[:, 1].max()) == 20.0
    assert float(surface.energy(band).max()) < float(
        surface.energy(torch.lerp(*ends, torch.rand(50, 1))).max()
    )


def _ring() -> Tensor:
    """A base measure of two sites that is likely at their ends."""
    return torch.stack([((torch.arange(21) - 10.0) / 4) ** 2] * 2)


@pytest.fixture
def composed() -> Target:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        space = Levels((4, 4), 17)
        observables = ConvObservables(space, 3, (4, 8)).requires_grad_(False)
        base = ProductBase(space, torch.randn(16, 17))
        network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 3)).requires_grad_(False)
        terms = [
            WeightedTerm(1.0, uniform_model(observables, 9 * torch.randn(3))),
            WeightedTerm(2.0, ClassCondition((1,)).term(FieldResources(space, 3, network))),
        ]
        return Target(base, Hamiltonian(terms, temperature=2.0))


def test_a_dissection_adds_up_to_the_surprisal(composed: Target) -> None:
    data = composed.base_measure.sample(50, torch.Generator().manual_seed(0))
    image = composed.base_measure.sample(1, torch.Generator().manual_seed(1))[0]
    record = dissect(composed, data, image, "H")
    assert [part.name for part in record.parts] == ["−log q(x)", "0.5 · E", "−log p(1 | x)"]
    assert [part.from_mean for part in record.parts] == [False, True, True]
    surprisal = composed.surprisal(data)
    whole = float(composed.surprisal(image[None]))
    assert sum(part.energy for part in record.parts) == pytest.approx(whole, abs=1e-3)
    assert record.excess == pytest.approx(whole - float(surprisal.mean()), abs=1e-3)
    assert record.deviation == pytest.approx(float(surprisal.std()), rel=1e-4)
    model = record.parts[1]
    assert record.observable_nats.sum() == pytest.approx(model.excess, abs=1e-3)
    np.testing.assert_allclose(record.observable_maps.sum(0), model.map, atol=1e-4)
    assert (record.surprise >= 0).all()


def test_a_dissection_without_the_model_has_no_observables(composed: Target) -> None:
    base = composed.base_measure
    record = dissect(Target(base, Hamiltonian([])), base.sample(9), base.sample(1)[0])
    assert len(record.parts) == 1
    assert record.observable_maps.shape == (0, 4, 4)
    assert len(record.observable_nats) == 0


def test_what_is_no_image_of_the_space_is_not_taken_apart(composed: Target) -> None:
    data = composed.base_measure.sample(9)
    with pytest.raises(ValueError, match="none of"):
        dissect(composed, data, torch.full((4, 4), 17.0))
    line = Line((2,))
    with pytest.raises(ValueError, match="levels"):
        dissect(Target(GaussianBase.standard(line), Hamiltonian([])), torch.zeros(3, 2), torch.zeros(2))


def test_terms_are_called_by_their_own_names(composed: Target) -> None:
    class TotalInkField:
        def energy(self, x: Tensor) -> Tensor:
            return x.flatten(1).sum(1)

    class Pinned(TotalInkField):
        label = "pinned pixels"

    assert describe_term(TotalInkField()) == "Total ink"
    assert describe_term(Pinned()) == "pinned pixels"
    assert describe_term(composed.hamiltonian.terms[1].term) == "−log p(1 | x)"
