"""Fields that a discriminator has learned, or a person has written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from landscape_app.physics.fields import CheckedField, DiscriminatorField
from landscape_app.physics.hamiltonian import EnergyTerm
from landscape_app.physics.observables import require_images
from landscape_app.physics.space import Space
from landscape_app.session.fields.field import Field, Ingredients


@dataclass(frozen=True)
class DiscriminatorRound(Field):
    """What one discriminator of the run says: real or generated.

    Attributes:
        round: which, from 1.
    """

    kind: ClassVar[str] = "discriminator"

    round: int

    def __post_init__(self) -> None:
        if isinstance(self.round, bool) or not isinstance(self.round, int):
            raise ValueError(f"the round of a discriminator must be a whole number, got {self.round!r}")

    @property
    def label(self) -> str:
        """Such as "real, round 2"."""
        return f"real, round {self.round}"

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return f"log[(1 − D{self.round}(x)) / D{self.round}(x)]"

    def check(self, space: Space, classes: int) -> None:
        """Refuses a run of anything but images.

        Raises:
            ValueError: it has none.
        """
        require_images(space)

    def build(self, ingredients: Ingredients, strength: float, name: str) -> EnergyTerm:
        """V of that round's network."""
        known = len(ingredients.discriminators)
        if not 1 <= self.round <= known:
            has = f"has {known}" if known else "has none"
            raise ValueError(
                f"there is no discriminator of round {self.round}: this run {has}; train one first"
            )
        return DiscriminatorField(ingredients.discriminators[self.round - 1])


@dataclass(frozen=True)
class OwnField(Field):
    """A person's own function of x, from a Python file that is run only once they have said that they trust it.

    Attributes:
        path: of the file, as text.
        digest: SHA-256 of its source when it was trusted: a file that has changed must be trusted anew.
    """

    kind: ClassVar[str] = "own"

    path: str
    digest: str

    def __post_init__(self) -> None:
        if not (isinstance(self.path, str) and isinstance(self.digest, str)):
            raise ValueError("an own field has the path of its file and a digest, both text")

    def check(self, space: Space, classes: int) -> None:
        """Fits everywhere: what it is of is for its function to know."""

    @property
    def label(self) -> str:
        """Name of the file."""
        return self.path.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".py")

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return f"{self.label}(x)"

    def build(self, ingredients: Ingredients, strength: float, name: str) -> EnergyTerm:
        """V, with everything that it gives checked."""
        function = ingredients.own.get(self.digest)
        if function is None:
            raise ValueError(f"the file {self.path} has not been trusted in this session; load it first")
        return CheckedField(name, function)
