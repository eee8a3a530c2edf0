"""Fields of pixels against loops over pixels, and their slopes against finite differences."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from landscape_app.physics.fields.field import FieldResources
from landscape_app.physics.fields.pixels import (
    AXES,
    FixedPixels,
    InkAmount,
    SimilarityTo,
    SmoothPixels,
    SymmetryAbout,
)
from landscape_app.physics.hamiltonian import EnergyTerm, Hamiltonian, WeightedTerm
from landscape_app.physics.space import Levels

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
