"""Fields of classes: V is a function of a classifier's log p(c|x)."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.fields.field import Field, FieldResources, StrengthScale, Tables, times
from landscape_app.physics.host import to_host
from landscape_app.physics.space import Space

ONE_OF, ALL_OF, NONE_OF = "one of", "all of", "none of"
MODES = (ONE_OF, ALL_OF, NONE_OF)
"""OR, AND and NOT between classes."""


class ClassTerm:
    """An energy that depends on x by way of the class probabilities only.

    Args:
        label: name for people.
        classifier: x of shape (batch, *shape) to logits, shape (batch, classes).
        of_log_probabilities: log p(c|x), shape (batch, classes), to V in nats, shape (batch,).
    """

    def __init__(
        self,
        label: str,
        classifier: Callable[[Tensor], Tensor],
        of_log_probabilities: Callable[[Tensor], Tensor],
    ) -> None:
        self.label = label
        self.classifier = classifier
        self.of_log_probabilities = of_log_probabilities

    def energy(self, x: Tensor) -> Tensor:
        """V(x) in nats, shape (batch,)."""
        return self.of_log_probabilities(self.classifier(x).log_softmax(dim=-1))


@dataclass(frozen=True)
class ClassCondition(Field):
    """Classes: one of them (OR, with shares), all of them (AND), or none of them (NOT).

    Attributes:
        classes: the classes.
        mode: one of `MODES`.
        shares: of each, relative to the others; empty for equal ones.
        names: of the classes; empty for their numbers. Conditions of the same classes are equal whatever these are
            called, and files say nothing of it.

    Raises:
        ValueError: no such mode, no class, one twice, or shares that are not positive numbers, one for each.
    """

    kind: ClassVar[str] = "class"
    # A key's step is half a Bayes' rule.
    scale: ClassVar[StrengthScale] = StrengthScale(4.0, 8.0, step=0.5)
    signed: ClassVar[bool] = False
    is_choice: ClassVar[bool] = True

    classes: tuple[int, ...]
    mode: str = ONE_OF
    shares: tuple[float, ...] = ()
    names: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(
                tr("a class field must want {modes}, got {mode!r}", modes=", ".join(MODES), mode=self.mode)
            )
        if not self.classes or len(set(self.classes)) < len(self.classes):
            raise ValueError(
                tr("a class field needs classes, each once, got {classes}", classes=_listed(self.classes))
            )
        if self.shares and len(self.shares) != len(self.classes):
            raise ValueError(
                tr(
                    "{classes} classes need as many shares, got {shares}",
                    classes=len(self.classes),
                    shares=len(self.shares),
                )
            )
        if not all(0 < share < math.inf for share in self.shares):
            raise ValueError(
                tr("shares of classes must be positive numbers, got {shares}", shares=_listed(self.shares))
            )
        if self.names and len(self.names) != len(self.classes):
            raise ValueError(
                tr(
                    "{classes} classes need as many names, got {names}",
                    classes=len(self.classes),
                    names=len(self.names),
                )
            )

    def named(self, class_names: Sequence[str]) -> ClassCondition:
        """The same with names of the classes, by their numbers; those without a name keep their number."""
        known = {c: class_names[c] if 0 <= c < len(class_names) else str(c) for c in self.classes}
        names = tuple(known[c] for c in self.classes)
        return replace(self, names=() if names == tuple(map(str, self.classes)) else names)

    @property
    def called(self) -> tuple[str, ...]:
        """Name or number of each class."""
        return self.names or tuple(map(str, self.classes))

    @property
    def weights(self) -> dict[int, float]:
        """Share of each class, 1 where none is given."""
        return dict(zip(self.classes, self.shares or [1.0] * len(self.classes), strict=True))

    @property
    def label(self) -> str:
        """Such as "3 or 8", "60% 3, 40% 8", "3 and 8", "not 1"."""
        names = self.called
        if self.mode == NONE_OF:
            return tr("not {classes}", classes=tr(" or ").join(names))
        if self.mode == ALL_OF:
            return tr(" and ").join(names)
        if len(set(self.shares)) > 1:
            whole = sum(self.shares)
            shares = zip(self.weights.values(), names, strict=True)
            return ", ".join(f"{100 * share / whole:.0f}% {name}" for share, name in shares)
        return tr(" or ").join(names)

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return f"V[{self.label}](x)"

    def formula(self, strength: float) -> tuple[str, str]:
        """Sign and body of α V(x), as a logarithm where it is a plain one."""
        logarithm = self._logarithm
        if not logarithm:
            return super().formula(strength)
        return "−" if strength > 0 else "+", times(abs(strength), logarithm)

    @property
    def _logarithm(self) -> str:
        """−V(x) as a plain logarithm; empty where it is none."""
        names = self.called
        if self.mode == NONE_OF:
            return f"log(1 − p({tr(' or ').join(names)} | x))"
        if len(names) == 1:
            return f"log p({names[0]} | x)"
        if self.mode == ALL_OF and not self.shares:
            return f"log[{' '.join(f'p({name} | x)' for name in names)}]"
        return ""

    def is_met_by(self, c: int) -> bool:
        """True if an image of a class is what the field wants."""
        return (c in self.classes) != (self.mode == NONE_OF)

    @property
    def is_mixture(self) -> bool:
        """True if it is one of several classes, whose shares hold whatever the model prefers."""
        return self.mode == ONE_OF and len(self.classes) > 1

    @classmethod
    def fits(cls, space: Space, classes: int) -> bool:
        """True if the data have classes."""
        return classes > 0

    def check(self, space: Space, classes: int) -> None:
        """Refuses classes that the data do not have.

        Raises:
            ValueError: they have none, or not these, or no other than these.
        """
        if not classes:
            raise ValueError(tr("these data have no classes to steer to"))
        for c in self.classes:
            if not 0 <= c < classes:
                raise ValueError(
                    tr("there is no class {number}; choose one of 0 to {last}", number=c, last=classes - 1)
                )
        if self.mode == NONE_OF and len(self.classes) == classes:
            raise ValueError(tr("at least one class must be left over"))

    def is_missing(self, classifier: bool, rounds: int, trusted: Collection[str]) -> bool:
        """True if there is no classifier yet."""
        return not classifier

    def term(self, resources: FieldResources, strength: float = 1.0, name: str = "") -> ClassTerm:
        """V of the classifier's log p(c|x).

        Raises:
            ValueError: no classifier, no such classes, or a mixture with a strength of 0.
        """
        self.check(resources.space, resources.classes)
        if resources.classifier is None:
            raise ValueError(tr("a class target needs a trained classifier; train one first"))
        label = self.label
        if self.mode == NONE_OF:
            energy = exclusion(self.classes, resources.classes)
        elif self.mode == ALL_OF:
            energy = conjunction(self.weights)
        elif len(self.classes) == 1:
            (target,) = self.classes
            label, energy = f"−log p({target} | x)", target_energy(target)
        else:
            assert resources.log_parts is not None
            energy = mixture(self.weights, strength, resources.log_parts(self.classes, strength))
        return ClassTerm(label, resources.classifier, energy)


LogProbabilityEnergy = Callable[[Tensor], Tensor]
"""log p(c|x), shape (batch, classes), to V in nats, shape (batch,)."""


def target_energy(target: int) -> LogProbabilityEnergy:
    """V_c(x) = −log p(c|x) (equations 22 and 23): α = 1 is Bayes' rule, a larger α is stronger."""
    return lambda log_p: -log_p[:, target]


def conjunction(weights: dict[int, float]) -> LogProbabilityEnergy:
    """a AND b: V(x) = −Σ_c w_c log p(c|x), a product of experts (Hinton 2002)."""
    tables = Tables(torch.tensor(list(weights)), _tensor(weights.values()))

    def energy(log_p: Tensor) -> Tensor:
        chosen, weight = tables.on(log_p.device)
        return -(log_p[:, chosen] * weight).sum(1)

    return energy


def exclusion(excluded: Collection[int], classes: int) -> LogProbabilityEnergy:
    """NOT a: V(x) = −log(1 − Σ_c p(c|x)), the sum over the excluded classes; finite where the classifier is sure."""
    tables = Tables(torch.tensor([c for c in range(classes) if c not in excluded]))

    def energy(log_p: Tensor) -> Tensor:
        (others,) = tables.on(log_p.device)
        return -log_p[:, others].logsumexp(1)

    return energy


def mixture(weights: dict[int, float], strength: float, log_parts: Tensor) -> LogProbabilityEnergy:
    """a OR b: with strength α, P exp(−αV) is the mixture of the steered P exp(−αV_c)/Z_c with shares w_c.

    V(x) = −(1/α) log Σ_c w_c p(c|x)^α / Z_c, Z_c = ⟨p(c|x)^α⟩_P. Without the Z_c the classes would keep the
    proportions that they have in the model.

    Args:
        weights: w_c by class; scaled to a sum of 1.
        strength: α, not 0; the field is to be weighted with the same.
        log_parts: log Z_c of those classes, shape (len(weights),).

    Raises:
        ValueError: a strength of 0.
    """
    if strength == 0:
        raise ValueError(tr("a mixture of classes needs a strength other than 0"))
    shares = _tensor(weights.values())
    tables = Tables(torch.tensor(list(weights)), (shares / shares.sum()).log() - to_host(log_parts))

    def energy(log_p: Tensor) -> Tensor:
        chosen, log_weights = tables.on(log_p.device)
        return -(strength * log_p[:, chosen] + log_weights).logsumexp(1) / strength

    return energy


def _tensor(weights: Iterable[float]) -> Tensor:
    return torch.tensor([float(weight) for weight in weights])


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers) or tr("none")


KINDS: tuple[type[Field], ...] = (ClassCondition,)
