"""Fields against enumeration, loops over pixels and closed forms; and what a field that errs is told."""

import math
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.physics.base import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.fields import (
    ALL_OF,
    AXES,
    NONE_OF,
    CheckedTerm,
    ClassCondition,
    FieldError,
    FieldResources,
    FixedPixels,
    InkAmount,
    SimilarityTo,
    SmoothPixels,
    SymmetryAbout,
)
from landscape_app.physics.hamiltonian import EnergyTerm, Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import KERNELS, kernels_for
from landscape_app.physics.space import Levels
from tests.physics.exact import (
    LEAST_P_VALUE,
    CoupledLevels,
    all_states,
    boltzmann,
    coupled_target,
    draw,
    p_value,
    random_base,
)

SPACE = Levels((2, 2), 3)
CLASSES = 4


def classifier(x: Tensor) -> Tensor:
    """Logits that are linear in the pixels, shape (batch, CLASSES)."""
    weights = torch.as_tensor(np.random.default_rng(5).normal(size=(SPACE.sites, CLASSES)), dtype=x.dtype)
    return x.flatten(1) @ weights


RESOURCES = FieldResources(SPACE, CLASSES, classifier)


def class_probabilities() -> np.ndarray:
    """p(c|x) over `all_states`, in double precision, shape (states, CLASSES)."""
    weights = np.random.default_rng(5).normal(size=(SPACE.sites, CLASSES))
    odds = np.exp(all_states(SPACE) @ weights)
    return np.asarray(odds / odds.sum(1, keepdims=True))


def states() -> Tensor:
    return torch.as_tensor(all_states(SPACE)).reshape(-1, *SPACE.shape)


@pytest.mark.parametrize("strength", [0.5, 1.0, 4.0])
def test_a_mixture_holds_each_steered_class_in_its_share(strength: float) -> None:
    base, term = random_base(SPACE, 1), CoupledLevels(SPACE, 2)
    model = boltzmann(base, term.exact_energy(all_states(SPACE)))
    p = class_probabilities()
    shares = {0: 0.6, 3: 0.4}
    parts = np.stack([model * p[:, c] ** strength for c in shares])
    expected = np.array(list(shares.values())) @ (parts / parts.sum(1, keepdims=True))
    log_parts = torch.as_tensor(np.log(parts.sum(1)))
    resources = FieldResources(SPACE, CLASSES, classifier, log_parts=lambda chosen, power: log_parts)
    term = ClassCondition((0, 3), shares=(3.0, 2.0)).term(resources, strength)
    found = model * np.exp(-strength * term.energy(states()).numpy())
    np.testing.assert_allclose(found / found.sum(), expected, rtol=1e-6)


def test_a_conjunction_is_a_product_of_experts() -> None:
    p = class_probabilities()
    term = ClassCondition((1, 2), ALL_OF, (1.0, 0.5)).term(RESOURCES)
    np.testing.assert_allclose(
        term.energy(states()).numpy(), -np.log(p[:, 1]) - 0.5 * np.log(p[:, 2]), rtol=1e-9
    )


def test_an_exclusion_is_what_is_left() -> None:
    p = class_probabilities()
    term = ClassCondition((1, 2), NONE_OF).term(RESOURCES)
    np.testing.assert_allclose(
        term.energy(states()).numpy(), -np.log(1 - p[:, 1] - p[:, 2]), rtol=1e-8, atol=1e-12
    )


def test_an_exclusion_stays_finite_where_the_network_is_sure() -> None:
    resources = FieldResources(SPACE, 2, lambda x: torch.tensor([[200.0, 0.0]]).expand(len(x), 2))
    sure = ClassCondition((0,), NONE_OF).term(resources)
    assert sure.energy(torch.zeros(1, 2, 2)).item() == pytest.approx(200.0)


@pytest.mark.parametrize("chosen", [(), (4,), (-1,)])
def test_classes_that_there_are_not_are_refused(chosen: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="class"):
        ClassCondition(chosen, ALL_OF).term(RESOURCES)


def test_somebody_must_be_left_by_an_exclusion() -> None:
    with pytest.raises(ValueError, match="left over"):
        ClassCondition(tuple(range(CLASSES)), NONE_OF).term(RESOURCES)


IMAGES = Levels((4, 4), 5)


def images(n: int = 6) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 5, size=(n, 4, 4)).astype(float)


def mirrored(image: np.ndarray, axis: str) -> np.ndarray:
    return {
        "left-right": np.fliplr,
        "top-bottom": np.flipud,
        "diagonal": np.transpose,
        "half-turn": lambda a: np.rot90(a, 2),
    }[axis](image)


def by_hand() -> dict[str, tuple[EnergyTerm, Callable[[np.ndarray], float]]]:
    """Fields, and what they are of one image of levels, by loops."""
    mask = np.random.default_rng(1).integers(0, 2, size=(4, 4))
    values = images(1)[0]

    def neighbours(u: np.ndarray) -> float:
        pairs = [((i, j), (i + 1, j)) for i in range(3) for j in range(4)]
        pairs += [((i, j), (i, j + 1)) for i in range(4) for j in range(3)]
        return float(sum((u[a] - u[b]) ** 2 for a, b in pairs))

    image = tuple(tuple(int(level) for level in row) for row in values)
    on_images = FieldResources(IMAGES)
    found: dict[str, tuple[EnergyTerm, Callable[[np.ndarray], float]]] = {
        "preferred": (
            FixedPixels.of(values.astype(int).tolist(), mask.astype(bool).tolist(), exact=False).term(
                on_images
            ),
            lambda x: float((mask * ((x - values) / 4) ** 2).sum()),
        ),
        "similarity": (SimilarityTo(image).term(on_images), lambda x: float((((x - values) / 4) ** 2).sum())),
        "ink": (InkAmount(0.3).term(on_images), lambda x: float(16 * (x.mean() / 4 - 0.3) ** 2)),
        "smoothness": (SmoothPixels().term(on_images), lambda x: neighbours(x / 4)),
    }
    for axis in AXES:
        found[axis] = (
            SymmetryAbout(axis).term(on_images),
            lambda x, axis=axis: float(0.5 * ((x - mirrored(x, axis)) ** 2).sum() / 16),
        )
    return found


@pytest.mark.parametrize("name", list(by_hand()))
def test_fields_of_pixels_are_what_loops_give(name: str) -> None:
    term, of_image = by_hand()[name]
    x = images()
    expected = [of_image(image) for image in x]
    np.testing.assert_allclose(term.energy(torch.as_tensor(x)).numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("name", list(by_hand()))
def test_slopes_of_fields_of_pixels_are_finite_differences(name: str) -> None:
    term, of_image = by_hand()[name]
    x = images(1)[0]
    _, gradient = Hamiltonian([WeightedTerm(1.0, term)]).energy_and_gradient(torch.as_tensor(x[None]))
    bump = np.zeros_like(x)
    bump[1, 2] = 1e-4
    slope = (of_image(x + bump) - of_image(x - bump)) / 2e-4
    assert gradient[0, 1, 2].item() == pytest.approx(slope, abs=1e-5)


def test_only_square_images_have_a_diagonal() -> None:
    with pytest.raises(ValueError, match="symmetry"):
        SymmetryAbout("diagonal").term(FieldResources(Levels((2, 4), 3)))
    with pytest.raises(ValueError, match="axis of a symmetry must be one of left-right"):
        SymmetryAbout("odd")


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_ink_is_a_share(share: float) -> None:
    with pytest.raises(ValueError, match="share of ink"):
        InkAmount(share)


@pytest.mark.parametrize("kernel", sorted(kernels_for(coupled_target(SPACE, seed=1)[0])))
def test_chains_under_a_clamped_base_sample_the_conditional_distribution(kernel: str) -> None:
    base, term = random_base(SPACE, 3), CoupledLevels(SPACE, 4)
    mask = torch.tensor([[True, False], [False, False]])
    values = torch.tensor([[2.0, 0.0], [0.0, 0.0]])
    clamped = base.clamped(mask, values)
    p = boltzmann(base, term.exact_energy(all_states(SPACE)))
    p = np.where(all_states(SPACE)[:, 0] == 2, p, 0.0)
    p /= p.sum()
    target = Target(clamped, Hamiltonian([WeightedTerm(1.0, term)]))
    generator = torch.Generator().manual_seed(2)
    chains = Chains(draw(p, 20_000, SPACE, seed=1), target, KERNELS[kernel](), generator, adapt=False)
    chains.run(15)
    assert bool((chains.x[:, 0, 0] == 2).all())
    assert p_value(chains.x, p, SPACE) > LEAST_P_VALUE


def test_samples_of_a_clamped_base_have_the_values() -> None:
    base = random_base(SPACE, 3)
    mask = torch.tensor([[True, False], [False, True]])
    values = torch.tensor([[2.0, 9.0], [9.0, 1.0]])
    with pytest.raises(ValueError, match="pinned values must be levels"):
        base.clamped(mask, values)
    values[~mask] = 0
    x = base.clamped(mask, values).sample(5_000, torch.Generator().manual_seed(0))
    assert bool((x[:, 0, 0] == 2).all())
    assert bool((x[:, 1, 1] == 1).all())
    q = base.log_probabilities.exp()[1].numpy()
    found = np.bincount(x[:, 0, 1].int().numpy(), minlength=3) / 5_000
    np.testing.assert_allclose(found, q, atol=4 * math.sqrt(0.25 / 5_000))


def test_a_clamp_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="expected \\(2, 2\\)"):
        ProductBase.uniform(SPACE).clamped(torch.ones(3, dtype=torch.bool), torch.zeros(3))


def root(x: Tensor) -> Tensor:
    return x.flatten(1).sum(1).sqrt()


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (lambda x: x.sum(), r"gave shape \(\), expected \(5,\)"),
        (lambda x: x, r"gave shape \(5, 2, 2\), expected \(5,\)"),
        (lambda x: 3.0, "gave a float, not a tensor"),
        (lambda x: torch.zeros(len(x), dtype=torch.long), "gave torch.int64, expected floating point"),
        (lambda x: x.flatten(1).sum(1) / 0, "an energy that is not finite"),
        (lambda x: x.flatten(1).sum(1).log(), "an energy that is not finite"),
        (lambda x: x.nonsense, "failed: AttributeError"),
        (lambda x: sys.exit("enough"), "failed: SystemExit: enough"),
        (lambda x: torch.full((len(x),), 1e300, dtype=torch.float64), "an energy that is not finite"),
    ],
)
def test_what_is_no_energy_is_named(function: Callable[[Tensor], Tensor], complaint: str) -> None:
    with pytest.raises(FieldError, match=complaint) as caught:
        CheckedTerm("mine", function).energy(torch.zeros(5, 2, 2))
    assert "“mine”" in str(caught.value)
    assert caught.value.name == "mine"


def test_a_slope_that_is_not_finite_is_named() -> None:
    field = Hamiltonian([WeightedTerm(1.0, CheckedTerm("root", root))])
    with pytest.raises(FieldError, match="“root” has a slope that is not finite"):
        field.energy_and_gradient(torch.zeros(5, 2, 2))
    energy, gradient = field.energy_and_gradient(torch.ones(5, 2, 2))
    torch.testing.assert_close(energy, torch.full((5,), 2.0))
    torch.testing.assert_close(gradient, torch.full((5, 2, 2), 0.25))


def changed_on_the_way(x: Tensor) -> Tensor:
    y = x.exp()
    energy = y.square().flatten(1).sum(1)
    y += 1
    return energy


def test_a_slope_that_fails_is_named() -> None:
    field = Hamiltonian([WeightedTerm(1.0, CheckedTerm("mine", changed_on_the_way))])
    assert field.energy(torch.zeros(5, 2, 2)).tolist() == [4.0] * 5
    with pytest.raises(FieldError, match="“mine” has no slope: RuntimeError") as caught:
        field.energy_and_gradient(torch.zeros(5, 2, 2))
    assert caught.value.name == "mine"


def in_place(x: Tensor) -> Tensor:
    x *= 3
    return x.double().flatten(1).sum(1)


def test_a_user_defined_field_cannot_change_the_chains_nor_their_precision() -> None:
    field = Hamiltonian([WeightedTerm(1.0, CheckedTerm("mine", in_place))])
    x = torch.ones(5, 2, 2)
    assert field.energy(x).dtype == torch.float32
    energy, gradient = field.energy_and_gradient(x)
    assert torch.equal(x, torch.ones(5, 2, 2))
    assert energy.dtype == torch.float32
    assert energy.tolist() == [12.0] * 5
    assert torch.equal(gradient, torch.full((5, 2, 2), 3.0))


def test_what_depends_on_something_else_than_x_has_a_slope_of_zero() -> None:
    weight = torch.ones(1, requires_grad=True)
    field = Hamiltonian([WeightedTerm(1.0, CheckedTerm("mine", lambda x: weight.expand(len(x))))])
    _, gradient = field.energy_and_gradient(torch.ones(5, 2, 2))
    assert not gradient.any()


def test_a_constant_has_a_slope_of_zero() -> None:
    field = Hamiltonian([WeightedTerm(1.0, CheckedTerm("flat", lambda x: torch.ones(len(x))))])
    _, gradient = field.energy_and_gradient(torch.ones(5, 2, 2))
    assert not gradient.any()
