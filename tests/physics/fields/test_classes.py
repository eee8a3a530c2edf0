"""Fields of classes against enumeration."""

import numpy as np
import pytest
import torch
from torch import Tensor

from landscape_app.physics.fields.classes import ALL_OF, MODES, NONE_OF, ClassCondition
from landscape_app.physics.fields.field import FieldResources
from landscape_app.physics.space import Levels
from tests.physics.exact import (
    CoupledLevels,
    all_states,
    boltzmann,
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


@pytest.mark.parametrize("target", [-1, 4, 10])
def test_a_class_that_does_not_exist_is_refused(target: int) -> None:
    for mode in MODES:
        with pytest.raises(ValueError, match=rf"no class {target}; choose one of 0 to 3"):
            ClassCondition((target,), mode).term(RESOURCES)
    with pytest.raises(ValueError, match="needs classes"):
        ClassCondition(())


def test_somebody_must_be_left_by_an_exclusion() -> None:
    with pytest.raises(ValueError, match="left over"):
        ClassCondition(tuple(range(CLASSES)), NONE_OF).term(RESOURCES)


def test_a_single_class_is_minus_its_log_probability() -> None:
    p = class_probabilities()
    for target in range(CLASSES):
        energy = ClassCondition((target,)).term(RESOURCES).energy(states())
        np.testing.assert_allclose(energy, -np.log(p[:, target]), rtol=1e-10)


def test_a_single_class_of_strength_one_is_bayes_rule() -> None:
    components = [CoupledLevels(SPACE, seed=s) for s in (11, 12, 13)]
    base = random_base(SPACE, seed=14)
    joint = np.stack([boltzmann(base, c.exact_energy(all_states(SPACE))) for c in components])
    joint *= [[0.5], [0.3], [0.2]]

    def posterior(x: Tensor) -> Tensor:
        """log p(c, x) by enumeration: its softmax over c is p(c|x)."""
        index = (x.flatten(1).long() * torch.tensor([27, 9, 3, 1])).sum(1)
        return torch.as_tensor(joint.T)[index].log()

    for c in range(3):
        term = ClassCondition((c,)).term(FieldResources(SPACE, 3, posterior))
        steered = joint.sum(0) * np.exp(-term.energy(SPACE.enumerate()).numpy())
        np.testing.assert_allclose(steered / steered.sum(), joint[c] / joint[c].sum(), rtol=1e-5)
