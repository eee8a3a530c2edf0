"""The interface of a field: plain data to compare, save and share, and the energy term that it makes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.hamiltonian import EnergyTerm
from landscape_app.physics.space import Space, require_images


class StrengthScale(NamedTuple):
    """Strengths α of one kind of field, in nats per unit of V.

    Attributes:
        start: of a new layer.
        limit: end of the slider, until the spread of V is known.
        step: by which a key makes a layer stronger; None for a sixteenth of the slider.
    """

    start: float
    limit: float
    step: float | None = None


@dataclass(frozen=True, eq=False)
class FieldResources:
    """Networks and functions of a run that fields are made with.

    Attributes:
        space: of the chains.
        classes: number of classes.
        classifier: x of shape (batch, *shape) to logits, shape (batch, classes); None until it is trained.
        discriminators: of every round so far, each x of shape (batch, *shape) to log(D / (1 − D)), shape (batch,).
        functions: user-defined energies that are trusted, by the digest of their source.
        log_parts: log ⟨p(c|x)^α⟩ of classes at a strength α, over samples under every field that is no mixture;
            None where no mixture is to be made.
    """

    space: Space
    classes: int = 0
    classifier: Callable[[Tensor], Tensor] | None = None
    discriminators: Sequence[Callable[[Tensor], Tensor]] = ()
    functions: Mapping[str, Callable[[Tensor], Tensor]] = field(default_factory=dict)
    log_parts: Callable[[Sequence[int], float], Tensor] | None = None


def times(factor: float, term: str, digits: int = 6) -> str:
    """A term of a formula with the factor before it, which is left out where it is 1.

    Args:
        factor: of either sign.
        term: that it multiplies, which may begin with a minus sign.
        digits: of the factor, at most.

    Example:
        >>> times(3.0, "½ Σ (u − u′)²")
        '3 · ½ Σ (u − u′)²'
    """
    sign = "−" if (factor < 0) != term.startswith("−") else ""
    size, body = f"{abs(factor):.{digits}g}", term.removeprefix("−")
    return sign + (body if size == "1" else f"{size} · {body}")


class Field(ABC):
    """An energy V(x) that steers a trained model: α V(x) is added to its Hamiltonian.

    A kind of field is a frozen dataclass; what a user chooses about it are the dataclass's entries, whose annotations
    say what files may hold. Entries that make no difference between fields (`compare=False`) are not in files.
    """

    kind: ClassVar[str]
    """Name in files."""

    scale: ClassVar[StrengthScale]
    """Measured on the digits: α times the spread of V is about 10 nats at the start and 25 at the limit."""

    signed: ClassVar[bool] = True
    """True if a negative strength, away from what the field wants, makes sense."""

    clamps: ClassVar[bool] = False
    """True if it fixes sites in every chain, instead of adding an energy."""

    fixed: ClassVar[int] = 0
    """Number of sites that it fixes."""

    is_choice: ClassVar[bool] = False
    """True if other entries make another field, as another class does, rather than more or less of the same."""

    @property
    @abstractmethod
    def label(self) -> str:
        """Name for people, such as "3 or 8"."""

    @property
    @abstractmethod
    def symbol(self) -> str:
        """V(x) in the formula of H, such as `V[3 or 8](x)`."""

    def formula(self, strength: float) -> tuple[str, str]:
        """Sign and body of α V(x) in the formula of H."""
        return "+" if strength > 0 else "−", times(abs(strength), self.symbol)

    @property
    def is_mixture(self) -> bool:
        """True if V depends on what the model holds under all other fields (`FieldResources.log_parts`)."""
        return False

    @classmethod
    def fits(cls, space: Space, classes: int) -> bool:
        """True if the kind makes sense in a run; by default one of grey images.

        Args:
            space: of the chains.
            classes: that a classifier of the data tells apart; 0 for none.
        """
        return space.is_image and not space.is_coloured

    def check(self, space: Space, classes: int) -> None:
        """Refuses a run that the field makes no sense in, whatever networks that has.

        Args:
            space: of the chains.
            classes: that a classifier of the data tells apart; 0 for none.

        Raises:
            ValueError: it does not fit.
        """
        require_images(space, grey=True)

    def is_missing(self, classifier: bool, rounds: int, trusted: Collection[str]) -> bool:
        """True if the field needs a network that is not trained yet, or a file that is not trusted.

        Args:
            classifier: whether there is one.
            rounds: number of discriminators.
            trusted: digests of user-defined functions.
        """
        return False

    def tables(self, space: Space) -> tuple[Tensor, Tensor]:
        """Mask of the sites that it fixes, bool, and their values, shape (*shape) both.

        Raises:
            ValueError: it fixes none, or they are not in the space.
        """
        raise ValueError(tr("“{label}” fixes nothing", label=self.label))

    @abstractmethod
    def term(self, resources: FieldResources, strength: float = 1.0, name: str = "") -> EnergyTerm:
        """V as a term of a Hamiltonian.

        Args:
            resources: what it may be made with.
            strength: α, with which the term is to be weighted.
            name: by which errors tell of it.

        Raises:
            ValueError: a resource is missing, or the field does not fit the space.
        """


class Tables:
    """Constants of an energy term, moved once to where the configurations are."""

    def __init__(self, *tables: Tensor) -> None:
        self._tables = tables

    def on(self, device: torch.device) -> tuple[Tensor, ...]:
        """The constants on a device."""
        if self._tables[0].device != device:
            self._tables = tuple(table.to(device) for table in self._tables)
        return self._tables
