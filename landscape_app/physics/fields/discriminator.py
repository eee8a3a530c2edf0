"""Field of a discriminator, which tells real from generated configurations."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.fields.field import Field, FieldResources, StrengthScale
from landscape_app.physics.space import Space, require_images


class DiscriminatorTerm:
    """V(x) = −log(D(x) / (1 − D(x))) (equations 20 and 21), D(x) the probability that x is real.

    D tells data from samples of a model P, as many of each. The best D is P_data / (P_data + P), so that P exp(−V)
    is the distribution of the data; a D that finds out less still takes P nearer to it.

    Args:
        log_odds: log(D / (1 − D)): x of shape (batch, *shape) to shape (batch,), differentiable in x.
        label: name for people.
    """

    def __init__(self, log_odds: Callable[[Tensor], Tensor], label: str = tr("Discriminator")) -> None:
        self.log_odds = log_odds
        self.label = label

    def energy(self, x: Tensor) -> Tensor:
        """−log(D / (1 − D)) in nats, shape (batch,)."""
        return -self.log_odds(x)


@dataclass(frozen=True)
class DiscriminatorRound(Field):
    """Energy of one discriminator of the run.

    Attributes:
        round: its number, from 1.
    """

    kind: ClassVar[str] = "discriminator"
    # The strength of equation 20.
    scale: ClassVar[StrengthScale] = StrengthScale(1.0, 10.0)
    is_choice: ClassVar[bool] = True

    round: int

    @property
    def label(self) -> str:
        """Such as "real, round 2"."""
        return tr("real, round {round}", round=self.round)

    @property
    def symbol(self) -> str:
        """V(x) in the formula of H."""
        return f"log[(1 − D{self.round}(x)) / D{self.round}(x)]"

    @classmethod
    def fits(cls, space: Space, classes: int) -> bool:
        """True if configurations are images."""
        return space.is_image

    def check(self, space: Space, classes: int) -> None:
        """Refuses a run of anything but images.

        Raises:
            ValueError: it has none.
        """
        require_images(space)

    def is_missing(self, classifier: bool, rounds: int, trusted: Collection[str]) -> bool:
        """True if the run has no discriminator of this round."""
        return not 1 <= self.round <= rounds

    def term(self, resources: FieldResources, strength: float = 1.0, name: str = "") -> DiscriminatorTerm:
        """V of that round's network.

        Raises:
            ValueError: there is none.
        """
        known = len(resources.discriminators)
        if not 1 <= self.round <= known:
            raise ValueError(
                tr(
                    "there is no discriminator of round {round}: this run has {count}; train one first",
                    round=self.round,
                    count=known,
                )
                if known
                else tr(
                    "there is no discriminator of round {round}: this run has none; train one first",
                    round=self.round,
                )
            )
        return DiscriminatorTerm(resources.discriminators[self.round - 1], self.label)


KINDS: tuple[type[Field], ...] = (DiscriminatorRound,)
