"""Classes that are wanted or not, by what a class network says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from landscape_app.physics.fields import (
    ClassConjunction,
    ClassExclusion,
    ClassMixture,
    ClassTarget,
    check_classes,
)
from landscape_app.physics.hamiltonian import EnergyTerm
from landscape_app.physics.space import Space
from landscape_app.session.fields.field import Field, Ingredients

ONE_OF, ALL_OF, NONE_OF = "one of", "all of", "none of"
MODES = (ONE_OF, ALL_OF, NONE_OF)
"""OR, AND and NOT between classes."""


@dataclass(frozen=True)
class ClassCondition(Field):
    """Classes: one of them (OR, with shares), all of them (AND), or none of them (NOT).

    Attributes:
        mode: one of `MODES`.
        classes: the classes.
        shares: of each, as large as wanted relative to the others; empty for equal ones.
        names: what to call each of the classes; empty for their numbers. Conditions of the same classes are equal
            whatever these are called, and files say nothing of it.

    Raises:
        ValueError: no such mode, no class, one twice, or shares that are not positive numbers, one for each.
    """

    kind: ClassVar[str] = "class"
    signed: ClassVar[bool] = False

    classes: tuple[int, ...]
    mode: str = ONE_OF
    shares: tuple[float, ...] = ()
    names: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"a class field must want {', '.join(MODES)}, got {self.mode!r}")
        if not self.classes or len(set(self.classes)) < len(self.classes):
            raise ValueError(f"a class field needs classes, each once, got {list(self.classes)}")
        if any(isinstance(c, bool) or not isinstance(c, int) for c in self.classes):
            raise ValueError(f"classes must be whole numbers, got {list(self.classes)}")
        if self.shares and len(self.shares) != len(self.classes):
            raise ValueError(f"{len(self.classes)} classes need as many shares, got {len(self.shares)}")
        if not all(0 < share < math.inf for share in self.shares):
            raise ValueError(f"shares of classes must be positive numbers, got {list(self.shares)}")
        if self.names and len(self.names) != len(self.classes):
            raise ValueError(f"{len(self.classes)} classes need as many names, got {len(self.names)}")

    @classmethod
    def entries(cls) -> tuple[str, ...]:
        """What a person has chosen about it, by name."""
        return tuple(name for name in super().entries() if name != "names")

    def named(self, class_names: Sequence[str]) -> ClassCondition:
        """The same with what the classes are called, by their numbers; those that have no name keep their number."""
        known = {c: class_names[c] if 0 <= c < len(class_names) else str(c) for c in self.classes}
        names = tuple(known[c] for c in self.classes)
        return replace(self, names=() if names == tuple(map(str, self.classes)) else names)

    @property
    def called(self) -> tuple[str, ...]:
        """What each of the classes is called."""
        return self.names or tuple(map(str, self.classes))

    @property
    def weights(self) -> dict[int, float]:
        """The share of each class, 1 where none is said."""
        return dict(zip(self.classes, self.shares or [1.0] * len(self.classes), strict=True))

    @property
    def label(self) -> str:
        """Such as "3 or 8", "60 % 3, 40 % 8", "3 and 8", "not 1"."""
        names = self.called
        if self.mode == NONE_OF:
            return "not " + " or ".join(names)
        if self.mode == ALL_OF:
            return " and ".join(names)
        if len(set(self.shares)) > 1:
            whole = sum(self.shares)
            shares = zip(self.weights.values(), names, strict=True)
            return ", ".join(f"{100 * share / whole:.0f} % {name}" for share, name in shares)
        return " or ".join(names)

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return f"V[{self.label}](x)"

    def formula(self, strength: float) -> tuple[str, str]:
        """Sign and body of α V(x), as a logarithm where it is a plain one."""
        sign, body = ("−", f"{strength:g} ") if strength > 0 else ("+", f"{-strength:g} ")
        body = "" if abs(strength) == 1 else body
        if self.mode == NONE_OF:
            return sign, body + f"log(1 − p({' or '.join(self.called)} | x))"
        if self.mode == ALL_OF and not self.shares:
            return sign, body + "log " + " ".join(f"p({name} | x)" for name in self.called)
        if len(self.classes) == 1:
            return sign, body + f"log p({self.called[0]} | x)"
        return super().formula(strength)

    def is_met_by(self, c: int) -> bool:
        """Whether an image of a class is what the field wants."""
        return (c in self.classes) != (self.mode == NONE_OF)

    def check(self, space: Space, classes: int) -> None:
        """Refuses classes that the data do not have.

        Raises:
            ValueError: they have none, or not these, or no other than these.
        """
        if not classes:
            raise ValueError("these data have no classes to steer to")
        check_classes(self.classes, classes)
        if self.mode == NONE_OF and len(self.classes) == classes:
            raise ValueError("at least one class must be left over")

    def build(self, ingredients: Ingredients, strength: float, name: str) -> EnergyTerm:
        """V of the class network."""
        network, classes = ingredients.classifier, ingredients.classes
        self.check(ingredients.space, classes)
        if network is None:
            raise ValueError("a class target needs a trained classifier; train one first")
        if self.mode == NONE_OF:
            return ClassExclusion(network, self.weights, classes)
        if self.mode == ALL_OF:
            return ClassConjunction(network, self.weights, classes)
        if len(self.classes) == 1:
            return ClassTarget(network, self.classes[0], classes)
        assert ingredients.log_parts is not None
        parts = ingredients.log_parts(self.classes, strength)
        return ClassMixture(network, self.weights, strength, parts, classes)
