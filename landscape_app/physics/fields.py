"""Fields V(x): energies that steer a trained model, added to its Hamiltonian with a strength α.

Where x is an image of grey levels, fields look at its ink u = x / (levels − 1), from 0 to 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping

import torch
from torch import Tensor

from landscape_app.physics.host import is_true, to_host
from landscape_app.physics.space import Space

AXES = ("left-right", "top-bottom", "diagonal", "half-turn")
"""What an image can be symmetric about."""


def check_classes(chosen: Collection[int], classes: int) -> None:
    """Refuses classes that there are not.

    Raises:
        ValueError: none is chosen, or one is not among the first `classes`.
    """
    if not chosen:
        raise ValueError("choose at least one class")
    for target in chosen:
        if not 0 <= target < classes:
            raise ValueError(f"there is no class {target}; choose one of 0 to {classes - 1}")


class _Tables:
    """Constants of a field, moved once to where the configurations are."""

    def __init__(self, *tables: Tensor) -> None:
        self._tables = tables

    def on(self, device: torch.device) -> tuple[Tensor, ...]:
        """The constants on a device."""
        if self._tables[0].device != device:
            self._tables = tuple(table.to(device) for table in self._tables)
        return self._tables


class ClassField(ABC):
    """V of what a class network says of x.

    Args:
        classifier: x of shape (batch, *shape) to logits of shape (batch, classes).
        classes: number of classes.
        chosen: the classes that the field is about.

    Raises:
        ValueError: no class is chosen, or there is none such.
    """

    def __init__(
        self, classifier: Callable[[Tensor], Tensor], chosen: Mapping[int, float], classes: int = 10
    ) -> None:
        check_classes(chosen, classes)
        self.classifier = classifier
        self.chosen = list(chosen)
        self.weights = torch.tensor([float(weight) for weight in chosen.values()])
        self._tables = _Tables(torch.tensor(self.chosen), self.weights)

    def energy(self, x: Tensor) -> Tensor:
        """V(x) in nats, shape (batch,)."""
        return self.judge(self.classifier(x).log_softmax(dim=-1))

    @abstractmethod
    def judge(self, log_probabilities: Tensor) -> Tensor:
        """V of log p(c|x), shape (batch, classes) to shape (batch,)."""


class ClassTarget(ClassField):
    """V_c(x) = −log p(c|x) (equations 22 and 23): α = 1 is Bayes' rule, a larger α is stronger.

    Args:
        classifier: x of shape (batch, *shape) to logits of shape (batch, classes).
        target: the class c.
        classes: number of classes.

    Raises:
        ValueError: there is no such class.
    """

    def __init__(self, classifier: Callable[[Tensor], Tensor], target: int, classes: int = 10) -> None:
        super().__init__(classifier, {target: 1.0}, classes)
        self.target = target

    def judge(self, log_probabilities: Tensor) -> Tensor:
        """−log p(c|x) in nats, shape (batch,)."""
        return -log_probabilities[:, self.target]


class ClassConjunction(ClassField):
    """a AND b: V(x) = −Σ_c w_c log p(c|x), a product of experts (Hinton 2002)."""

    def judge(self, log_probabilities: Tensor) -> Tensor:
        """−Σ_c w_c log p(c|x) in nats, shape (batch,)."""
        chosen, weights = self._tables.on(log_probabilities.device)
        return -(log_probabilities[:, chosen] * weights).sum(1)


class ClassExclusion(ClassField):
    """NOT a: V(x) = −log(1 − Σ_c p(c|x)), the sum over the classes that are not wanted.

    Raises:
        ValueError: every class is excluded.
    """

    def __init__(
        self, classifier: Callable[[Tensor], Tensor], chosen: Mapping[int, float], classes: int = 10
    ) -> None:
        super().__init__(classifier, chosen, classes)
        self.others = [c for c in range(classes) if c not in self.chosen]
        if not self.others:
            raise ValueError("at least one class must be left over")
        self._tables = _Tables(torch.tensor(self.others))

    def judge(self, log_probabilities: Tensor) -> Tensor:
        """−log Σ p(c|x) over the other classes in nats, shape (batch,)."""
        (others,) = self._tables.on(log_probabilities.device)
        return -log_probabilities[:, others].logsumexp(1)


class ClassMixture(ClassField):
    """a OR b: with strength α, P exp(−αV) is the mixture of the steered P exp(−αV_c)/Z_c with shares w_c.

    V(x) = −(1/α) log Σ_c w_c p(c|x)^α / Z_c, Z_c = ⟨p(c|x)^α⟩_P. Without the Z_c the classes would keep the
    proportions that they have in the model.

    Args:
        classifier: x of shape (batch, *shape) to logits of shape (batch, classes).
        chosen: the share w_c of each class; scaled to a sum of 1.
        strength: α, not 0; the field is to be weighted with the same.
        log_parts: log Z_c of the chosen classes, shape (chosen,).
        classes: number of classes.

    Raises:
        ValueError: no such class, shares that are not positive, or a strength of 0.
    """

    def __init__(
        self,
        classifier: Callable[[Tensor], Tensor],
        chosen: Mapping[int, float],
        strength: float,
        log_parts: Tensor,
        classes: int = 10,
    ) -> None:
        super().__init__(classifier, chosen, classes)
        if not bool((self.weights > 0).all()):
            raise ValueError(f"the shares of classes must be positive, got {self.weights.tolist()}")
        if strength == 0:
            raise ValueError("a mixture of classes needs a strength other than 0")
        self.strength = strength
        self.log_weights = (self.weights / self.weights.sum()).log() - to_host(log_parts)
        self._tables = _Tables(torch.tensor(self.chosen), self.log_weights)

    def judge(self, log_probabilities: Tensor) -> Tensor:
        """V in nats, shape (batch,)."""
        chosen, log_weights = self._tables.on(log_probabilities.device)
        return -(self.strength * log_probabilities[:, chosen] + log_weights).logsumexp(1) / self.strength


class DiscriminatorField:
    """V(x) = −log(D(x) / (1 − D(x))) (equations 20 and 21), D(x) the probability that x is real.

    D tells data from samples of a model P, as many of each. The best D is P_data / (P_data + P), so that P exp(−V)
    is the distribution of the data; a D that finds out less still takes P nearer to it.

    Args:
        log_odds: log(D / (1 − D)): x of shape (batch, *shape) to shape (batch,), differentiable in x.
    """

    def __init__(self, log_odds: Callable[[Tensor], Tensor]) -> None:
        self.log_odds = log_odds

    def energy(self, x: Tensor) -> Tensor:
        """−log(D / (1 − D)) in nats, shape (batch,)."""
        return -self.log_odds(x)


class PreferredPixels:
    """V(x) = Σ_i m_i (u_i − v_i)²: pixels that are to be near chosen values. For exactly, see `ProductBase.clamped`.

    Args:
        space: of the images.
        mask: which pixels, or how much each counts, shape (*shape).
        values: in the space's own units, shape (*shape).

    Raises:
        ValueError: another shape than the space's.
    """

    def __init__(self, space: Space, mask: Tensor, values: Tensor) -> None:
        for name, table in (("mask", mask), ("values", values)):
            if tuple(table.shape) != space.shape:
                raise ValueError(
                    f"the {name} of preferred pixels has shape {tuple(table.shape)}, not {space.shape}"
                )
        self.space = space
        self._tables = _Tables(mask.float(), space.unit(values.float()))

    def energy(self, x: Tensor) -> Tensor:
        """Squared distance in the chosen pixels, shape (batch,)."""
        mask, values = self._tables.on(x.device)
        return (mask * (self.space.unit(x) - values).square()).flatten(1).sum(1)


class Similarity(PreferredPixels):
    """V(x) = Σ_i (u_i − v_i)²: likeness to an image; with a negative strength, distance from it."""

    def __init__(self, space: Space, image: Tensor) -> None:
        super().__init__(space, torch.ones_like(image, dtype=torch.float32), image)


class Ink:
    """V(x) = N (ū − share)²: how much ink there is, ū the mean over the N pixels.

    Args:
        space: of the images.
        share: wanted, from 0 to 1.

    Raises:
        ValueError: a share outside that range.
    """

    def __init__(self, space: Space, share: float) -> None:
        if not 0 <= share <= 1:
            raise ValueError(f"the share of ink must lie between 0 and 1, got {share:g}")
        self.space = space
        self.share = share

    def energy(self, x: Tensor) -> Tensor:
        """N (ū − share)², shape (batch,)."""
        return self.space.sites * (self.space.unit(x).flatten(1).mean(1) - self.share).square()


class Symmetry:
    """V(x) = ½ Σ_i (u_i − u_σ(i))²: what an image and its mirror image differ by.

    Args:
        space: of images, square for "diagonal".
        axis: one of `AXES`.

    Raises:
        ValueError: there is no such axis, or the images do not have it.
    """

    def __init__(self, space: Space, axis: str) -> None:
        if axis not in AXES:
            raise ValueError(f"images cannot be symmetric about {axis!r}; choose from {', '.join(AXES)}")
        if len(space.shape) != 2 or (axis == "diagonal" and space.shape[0] != space.shape[1]):
            raise ValueError(f"what has shape {space.shape} has no {axis} symmetry")
        self.space = space
        self.axis = axis

    def energy(self, x: Tensor) -> Tensor:
        """Half the squared distance from the mirror image, shape (batch,)."""
        u = self.space.unit(x)
        mirrored = {
            "left-right": lambda: u.flip(2),
            "top-bottom": lambda: u.flip(1),
            "diagonal": lambda: u.transpose(1, 2),
            "half-turn": lambda: u.flip(1, 2),
        }[self.axis]()
        return 0.5 * (u - mirrored).square().flatten(1).sum(1)


class Smoothness:
    """V(x) = Σ (u_i − u_j)² over neighbouring pixels.

    Args:
        space: of images.

    Raises:
        ValueError: what lives there has not two axes.
    """

    def __init__(self, space: Space) -> None:
        if len(space.shape) != 2:
            raise ValueError(f"what has shape {space.shape} has no neighbouring pixels")
        self.space = space

    def energy(self, x: Tensor) -> Tensor:
        """Sum of squared differences of neighbours, shape (batch,)."""
        u = self.space.unit(x)
        along, down = u.diff(dim=2).square(), u.diff(dim=1).square()
        return along.flatten(1).sum(1) + down.flatten(1).sum(1)


class FieldError(ValueError):
    """A field gave what is no energy; `name` says which."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"the field “{name}” {what}")
        self.name = name


class CheckedField:
    """A field that nobody vouches for: what it gives is checked each time, and so is its slope.

    The function has a copy of x, so that it cannot change the chains, and its slope is taken at once, so that what
    fails there has its name too.

    Args:
        name: what a person calls it.
        function: x of shape (batch, *shape) to energies in nats, shape (batch,), differentiable in x.
    """

    def __init__(self, name: str, function: Callable[[Tensor], Tensor]) -> None:
        self.name = name
        self.function = function

    def energy(self, x: Tensor) -> Tensor:
        """What the function gives, shape (batch,), in the precision of x; differentiable once.

        Raises:
            FieldError: it failed, gave another shape, or a number or slope that is not finite.
        """
        if not x.requires_grad:
            return self._energy(x.clone())
        with torch.enable_grad():
            own = x.detach().clone().requires_grad_()
            energy = self._energy(own.clone())
            slope = self._slope(energy, own)
        return energy.detach() + ((x - x.detach()) * slope).flatten(1).sum(1)

    def _energy(self, x: Tensor) -> Tensor:
        n = len(x)
        try:
            energy = self.function(x)
        except FieldError:
            raise
        # A file that calls sys.exit would end the thread that moves the chains.
        except (Exception, SystemExit) as error:
            raise FieldError(self.name, f"failed: {type(error).__name__}: {error}") from error
        if not isinstance(energy, Tensor):
            raise FieldError(self.name, f"gave a {type(energy).__name__}, not a tensor of shape ({n},)")
        if energy.shape != (n,):
            raise FieldError(self.name, f"gave shape {tuple(energy.shape)}, expected ({n},)")
        if not energy.is_floating_point():
            raise FieldError(self.name, f"gave {energy.dtype}, expected floating point")
        energy = energy.to(x)
        if not is_true(torch.isfinite(energy).all()):
            raise FieldError(self.name, "gave an energy that is not finite")
        return energy

    def _slope(self, energy: Tensor, x: Tensor) -> Tensor:
        """∂V/∂x, same shape as x; zero of what does not depend on x."""
        if not energy.requires_grad:
            return torch.zeros_like(x)
        try:
            (slope,) = torch.autograd.grad(energy.sum(), x, materialize_grads=True)
        except (Exception, SystemExit) as error:
            raise FieldError(self.name, f"has no slope: {type(error).__name__}: {error}") from error
        if not is_true(torch.isfinite(slope).all()):
            raise FieldError(self.name, "has a slope that is not finite")
        return slope
