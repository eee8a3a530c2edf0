"""What every kind of field offers: plain data that can be compared, saved and shared, and what it becomes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, Self

from torch import Tensor, nn

from landscape_app.physics.hamiltonian import EnergyTerm
from landscape_app.physics.observables import require_images
from landscape_app.physics.space import Space


@dataclass(frozen=True, eq=False)
class Ingredients:
    """What fields are made with.

    Attributes:
        space: where the chains live.
        classes: number of classes.
        classifier: x of shape (batch, *shape) to logits, shape (batch, classes); None until it is trained.
        log_parts: log ⟨p(c|x)^α⟩ of classes at a strength α, of samples under all that is not a mixture; None where
            no mixture is to be made.
        discriminators: of all rounds so far.
        own: functions of x that the person trusts, by the digest of their source.
    """

    space: Space
    classes: int
    classifier: Callable[[Tensor], Tensor] | None
    log_parts: Callable[[Sequence[int], float], Tensor] | None
    discriminators: Sequence[nn.Module]
    own: Mapping[str, Callable[[Tensor], Tensor]]


class Field(ABC):
    """One kind of field, with what a person has chosen about it."""

    kind: ClassVar[str]
    """In files."""

    signed: ClassVar[bool] = True
    """Whether a negative strength, away from what the field wants, makes sense."""

    @property
    @abstractmethod
    def label(self) -> str:
        """What a person calls it, such as "3 or 8"."""

    @property
    @abstractmethod
    def symbol(self) -> str:
        """V(x) in the formula of H, such as "V[3 or 8](x)"."""

    def formula(self, strength: float) -> tuple[str, str]:
        """Sign and body of α V(x) in the formula of H."""
        size = abs(strength)
        return "+" if strength > 0 else "−", f"{'' if size == 1 else f'{size:g} '}{self.symbol}"

    def check(self, space: Space, classes: int) -> None:
        """Refuses a run that it makes no sense in, whatever networks that has; here any but one of grey images.

        Args:
            space: where the chains live.
            classes: that a class network of the data tells apart; 0 for none.

        Raises:
            ValueError: it does not fit.
        """
        require_images(space, grey=True)

    @abstractmethod
    def build(self, ingredients: Ingredients, strength: float, name: str) -> EnergyTerm:
        """V, to be weighted with a strength; a failure of it is told by its name.

        Raises:
            ValueError: something that it needs is missing, or it does not fit the space.
        """

    @classmethod
    def entries(cls) -> tuple[str, ...]:
        """What a person has chosen about it, by name."""
        return tuple(entry.name for entry in fields(cls))  # type: ignore[arg-type]

    def to_json(self) -> dict[str, object]:
        """What a file says of it."""
        return {"kind": self.kind} | {name: getattr(self, name) for name in self.entries()}

    @classmethod
    def from_json(cls, entries: Mapping[str, object]) -> Self:
        """The field of what a file says, which may leave out what has a default.

        Raises:
            ValueError, TypeError: it says something impossible.
        """
        return cls(**{name: _frozen(value) for name, value in entries.items()})


def _frozen(value: object) -> object:
    return tuple(_frozen(entry) for entry in value) if isinstance(value, list | tuple) else value
