"""Spins, the box and the line: their base measures and exact facilities, against scipy."""

import math
import re

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch
from torch import Tensor

from landscape_app.physics import exact as exact_room
from landscape_app.physics.base_measure import BaseMeasure, GaussianBase, ProductBase, UniformBase
from landscape_app.physics.exact import ExactModel, exact_figures
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import KERNELS
from landscape_app.physics.space import Box, Discrete, Levels, Line, Space, Spins
from tests.physics.exact import LEAST_P_VALUE, CoupledLevels, coupled_target

PLANE = Line((2,))
BOX = Box((2,), -1.0, 3.0)
GAUSSIAN = GaussianBase(PLANE, torch.tensor([1.0, -2.0]), torch.tensor([0.5, 3.0]))


class Function:
    """An energy given by a function of x."""

    def __init__(self, function: object) -> None:
        self.function = function

    def energy(self, x: Tensor) -> Tensor:
        return self.function(x)  # type: ignore[operator, no-any-return]


def target(base: object, function: object) -> Target:
    return Target(base, Hamiltonian([WeightedTerm(1.0, Function(function))]))  # type: ignore[arg-type]


def test_spins_are_enumerated_and_indexed() -> None:
    space = Spins((2,))
    x = space.enumerate()
    assert x.tolist() == [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    torch.testing.assert_close(space.from_index(space.index(x)), x)
    assert space.contains(torch.tensor([[1.0, -1.0], [0.0, 1.0], [3.0, 1.0]])).tolist() == [
        True,
        False,
        False,
    ]


def test_levels_know_what_lies_outside() -> None:
    x = torch.tensor([[0.0, 2.0], [0.0, 3.0], [-1.0, 0.0], [0.5, 1.0]])
    assert Levels((2,), 3).contains(x).tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Spins(()), "at least one site"),
        (lambda: Line((0,)), "at least one site"),
        (lambda: Box((1,), 1.0, 1.0), "low below high"),
        (lambda: Box((1,), 0.0, math.inf), "finite bounds"),
        (lambda: GaussianBase(PLANE, torch.zeros(2), torch.tensor([1.0, 0.0])), "positive"),
        (lambda: GaussianBase(PLANE, torch.zeros(3), torch.ones(2)), "shape"),
        (lambda: GaussianBase(PLANE, torch.tensor([math.nan, 0.0]), torch.ones(2)), "finite"),
    ],
)
def test_spaces_and_bases_without_sense_are_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]


def test_normal_base_is_scipy_s() -> None:
    x = GAUSSIAN.sample(5_000, torch.Generator().manual_seed(0))
    oracle = scipy.stats.multivariate_normal([1, -2], np.diag([0.25, 9]))
    np.testing.assert_allclose(GAUSSIAN.log_prob(x).numpy(), oracle.logpdf(x.numpy()), atol=1e-4)
    assert GAUSSIAN.entropy().value == pytest.approx(oracle.entropy(), rel=1e-6)
    for i, (mean, deviation) in enumerate(((1, 0.5), (-2, 3))):
        assert scipy.stats.kstest(x[:, i].numpy(), "norm", (mean, deviation)).pvalue > LEAST_P_VALUE
    leaf = x.clone().requires_grad_()
    GAUSSIAN.log_prob(leaf).sum().backward()
    torch.testing.assert_close(GAUSSIAN.log_prob_gradient(x), leaf.grad)


def test_normal_base_from_samples_is_as_wide_as_told() -> None:
    x = torch.tensor([[0.0, 10.0], [2.0, 10.0]])
    base = GaussianBase.from_samples(PLANE, x, widening=3.0)
    assert base.mean.tolist() == [1, 10]
    assert base.deviation[0] == 3
    assert base.deviation[1] > 0


def test_uniform_base_fills_the_box() -> None:
    base = UniformBase(BOX)
    x = base.sample(5_000, torch.Generator().manual_seed(1))
    assert scipy.stats.kstest(x[:, 1].numpy(), "uniform", (-1, 4)).pvalue > LEAST_P_VALUE
    assert base.entropy().value == pytest.approx(math.log(16))
    assert base.log_prob(torch.tensor([[0.0, 0.0], [0.0, 3.1]])).tolist() == [
        pytest.approx(-math.log(16)),
        -math.inf,
    ]
    assert (base.log_prob_gradient(x) == 0).all()


def test_quadrature_on_the_line_agrees_with_scipy() -> None:
    base = GaussianBase(Line((1,)), torch.tensor([0.5]), torch.tensor([2.0]))
    exact = ExactModel(target(base, lambda x: (3 * x.cos() + 0.1 * x**4)[:, 0]))

    def weight(x: float, power: int = 0) -> float:
        h = 3 * math.cos(x) + 0.1 * x**4
        return float(scipy.stats.norm.pdf(x, 0.5, 2.0)) * math.exp(-h) * h**power

    z, first, second = (scipy.integrate.quad(weight, -20, 20, (k,), limit=400)[0] for k in range(3))
    model = exact.at()
    assert model.log_partition == pytest.approx(math.log(z), abs=1e-5)
    assert model.energy == pytest.approx(first / z, abs=1e-5)
    assert model.heat_capacity == pytest.approx(second / z - (first / z) ** 2, abs=1e-4)


def test_quadrature_reaches_far_beyond_the_base() -> None:
    """H takes nearly all of a normal q back: P is ten times as wide."""
    base = GaussianBase.standard(Line((1,)))
    exact = ExactModel(target(base, lambda x: -0.495 * x[:, 0] ** 2))
    assert exact.at().entropy == pytest.approx(scipy.stats.norm(scale=10).entropy(), abs=1e-4)


def test_quadrature_in_the_plane_gives_a_gaussian_s_entropy() -> None:
    a = torch.tensor([[2.0, 0.7], [0.7, 1.0]])
    for base in (GAUSSIAN, UniformBase(Box((2,), -9.0, 9.0))):
        exact = ExactModel(
            target(base, lambda x, base=base: 0.5 * ((x @ a) * x).sum(1) + base.log_prob(x))
        ).at()
        expected = scipy.stats.multivariate_normal([0, 0], np.linalg.inv(a.numpy())).entropy()
        assert exact.entropy == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("reach", "width"), [(15.0, 0.1), (40.0, 0.3), (15.0, 0.01)])
@pytest.mark.parametrize("axes", [1, 2])
def test_quadrature_is_exact_for_narrow_modes_far_apart(axes: int, reach: float, width: float) -> None:
    """Two normal modes of one width at ±reach along every coordinate: log Z = 0, S = log 2 + S of a normal law."""
    centres = torch.tensor([[-reach] * axes, [reach] * axes])
    line = GaussianBase.standard(Line((axes,)), 2 * reach)
    near = centres.repeat(20, 1) + width * torch.randn(40, axes, generator=torch.Generator().manual_seed(1))
    normal = axes * (0.5 * math.log(2 * math.pi * math.e) + math.log(width))
    for base in (line, UniformBase(Box((axes,), -60.0, 60.0))):

        def energy(x: Tensor, base: BaseMeasure = base) -> Tensor:
            squares = ((x.unsqueeze(1) - centres) ** 2).sum(2) / (2 * width**2)
            log_p = (-squares).logsumexp(1) - math.log(2) - axes * math.log(width * math.sqrt(2 * math.pi))
            return base.log_prob(x) - log_p

        exact = ExactModel(target(base, energy), near)
        assert exact.is_exact
        assert exact.evaluations < 200_000
        # Squares of 40 / 0.01 in single precision leave a part in a thousand.
        assert exact.at().log_partition == pytest.approx(0.0, abs=1e-3)
        assert exact.at().entropy == pytest.approx(math.log(2) + normal, abs=2e-3)


def test_a_mode_that_only_a_known_point_tells_of_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A narrow mode beside a wide one, where no node of the first two grids sees it."""
    base = UniformBase(Box((2,), -60.0, 60.0))
    place = torch.tensor([[31.337, -17.171]])

    def energy(x: Tensor) -> Tensor:
        wide = -(x**2).sum(1) / 2 - math.log(2 * math.pi)
        narrow = -((x - place) ** 2).sum(1) / (2 * 1e-4) - math.log(2 * math.pi * 1e-4)
        return base.log_prob(x) - torch.logaddexp(wide, narrow) + math.log(2)

    blind, told = ExactModel(target(base, energy)), ExactModel(target(base, energy), place)
    assert blind.at().log_partition == pytest.approx(-math.log(2), abs=1e-3)
    assert told.is_exact
    assert told.at().log_partition == pytest.approx(0.0, abs=1e-3)
    # Where cells may not be halved as far as that, nothing is called exact.
    monkeypatch.setattr(exact_room, "HALVINGS", 4)
    coarse = ExactModel(target(base, energy), place)
    assert not coarse.is_exact
    assert exact_figures(target(base, energy), place, place) is None


def test_enumeration_gives_the_thermodynamics_of_independent_spins() -> None:
    field = torch.tensor([0.3, -1.2, 2.0])
    exact = ExactModel(target(ProductBase.uniform(Spins((3,))), lambda x: -(x @ field)))
    for beta in (0.0, 0.5, 1.0):
        m = torch.tanh(beta * field.double())
        p = (1 + m) / 2
        entropy = float(-(p * p.log() + (1 - p) * (1 - p).log()).sum())
        model = exact.at(beta)
        assert model.entropy == pytest.approx(entropy, abs=1e-6)
        assert model.log_partition == pytest.approx(
            float((beta * field.double()).cosh().log().sum()), abs=1e-6
        )
        assert model.heat_capacity == pytest.approx(beta**2 * float((field**2 * (1 - m**2)).sum()), abs=1e-6)
    torch.testing.assert_close(exact.mean(lambda x: x), torch.tanh(field.double()))


def test_exact_entropy_of_coupled_levels_is_scipy_s() -> None:
    space = Levels((2, 2), 3)
    model, _ = coupled_target(space, seed=40)
    exact = ExactModel(model)
    assert exact.at().entropy == pytest.approx(
        scipy.stats.entropy(exact.log_weights().exp().numpy()), abs=1e-9
    )
    assert isinstance(model.hamiltonian.terms[0].term, CoupledLevels)


def test_spaces_too_large_to_sum_over_are_refused() -> None:
    with pytest.raises(ValueError, match="one and two dimensions, not 3"):
        ExactModel(target(GaussianBase.standard(Line((3,))), lambda x: x.sum(1)))
    with pytest.raises(ValueError, match="too many to enumerate"):
        ExactModel(target(ProductBase.uniform(Spins((23,))), lambda x: x.sum(1)))


@pytest.mark.parametrize("name", sorted(KERNELS))
@pytest.mark.parametrize("space", [Levels((2,), 3), Spins((2,)), BOX, PLANE], ids=lambda s: s.label)
def test_kernels_refuse_by_name_what_they_cannot_move_on(name: str, space: Space) -> None:
    bases = {
        Levels: ProductBase.uniform,
        Spins: ProductBase.uniform,
        Box: UniformBase,
        Line: GaussianBase.standard,
    }
    here = target(bases[type(space)](space), lambda x: x.sum(1))  # type: ignore[operator]
    kernel = KERNELS[name]()
    if isinstance(space, kernel.serves):
        return
    with pytest.raises(ValueError, match=rf"{re.escape(kernel.label)}.*not on {space.label}"):
        kernel.check(here)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (UniformBase(BOX), True),
        (GaussianBase.standard(Line((3,))), False),
        (GAUSSIAN, True),
        (ProductBase.uniform(Spins((22,))), True),
        (ProductBase.uniform(Spins((23,))), False),
        (ProductBase.uniform(Levels((8, 8), 17)), False),
    ],
)
def test_a_base_knows_whether_its_space_can_be_summed_over(base: BaseMeasure, expected: bool) -> None:
    assert base.is_summable is expected


@pytest.mark.parametrize(
    ("base", "mean", "variance"),
    [
        (GAUSSIAN, [1.0, -2.0], [0.75, 27.0]),
        (UniformBase(BOX), [1.0, 1.0], [4 / 3, 4 / 3]),
        (ProductBase(Spins((2,)), torch.tensor([[0.0, 3.0], [2.0, 0.0]])), [0.0, 0.0], [1.0, 1.0]),
        (ProductBase(Levels((1,), 5), torch.tensor([[0.0, 1.0, 2.0, 3.0, 4.0]])), [2.0], [2.0]),
    ],
)
def test_noise_is_uniform_and_wider_than_the_base(
    base: BaseMeasure, mean: list[float], variance: list[float]
) -> None:
    n = 40_000
    x = base.noise(n, torch.Generator().manual_seed(1))
    assert base.space.contains(x).all()
    for site, m, v in zip(x.flatten(1).T.double(), mean, variance, strict=True):
        assert float(site.mean()) == pytest.approx(m, abs=4 * math.sqrt(v / n))
        assert float(site.var()) == pytest.approx(v, rel=0.03)


@pytest.mark.parametrize("space", [Levels((3, 2), 17), Levels((4,), 300), Spins((2, 3)), BOX, PLANE], ids=str)
def test_compact_configurations_come_back_as_they_were(space: Space) -> None:
    base = ProductBase.uniform(space) if isinstance(space, Discrete) else GAUSSIAN
    x = base.sample(50, torch.Generator().manual_seed(2))
    compact = space.compact(x)
    assert torch.equal(compact.float(), x)
    if isinstance(space, Discrete) and space.levels <= 256:
        assert compact.element_size() == 1
        np.testing.assert_array_equal(space.as_levels(compact.numpy()), space.index(x).numpy())
