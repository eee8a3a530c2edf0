"""A composition: what a person adds to a trained model's Hamiltonian, and how chains get there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from landscape_app.physics.fields import ClassTarget
from landscape_app.physics.hamiltonian import EnergyTerm, Hamiltonian, WeightedTerm

DEFAULT_STRENGTH = 4.0
"""Strength α at which a class field starts."""

MOST_STRENGTH = 1e4
LEAST_TEMPERATURE, MOST_TEMPERATURE = 1e-3, 1e6
"""Beyond these, float32 energies lose all meaning."""


@dataclass(frozen=True)
class Composition:
    """H(x) = (Σ_i λ_i f_i(x) + α V_c(x)) / T, each part of which can be absent.

    Attributes:
        target: class c of the field V_c(x) = −log p(c|x); None leaves the field out.
        strength: α, from 0 to `MOST_STRENGTH`; 1 is Bayes' rule.
        temperature: T, positive; the base measure q is not heated.
        hamiltonian: whether the Min-MaxEnt term takes part.

    Raises:
        ValueError: a strength or temperature outside its range.
    """

    target: int | None = None
    strength: float = DEFAULT_STRENGTH
    temperature: float = 1.0
    hamiltonian: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= MOST_STRENGTH:
            raise ValueError(
                f"the strength must be a number from 0 to {MOST_STRENGTH:g}, got {self.strength}"
            )
        if not LEAST_TEMPERATURE <= self.temperature <= MOST_TEMPERATURE:
            raise ValueError(
                f"the temperature must be a positive number, {LEAST_TEMPERATURE:g} "
                f"to {MOST_TEMPERATURE:g}, got {self.temperature}"
            )

    @property
    def model_coefficient(self) -> float:
        """What multiplies Σ λ f in H."""
        return (1.0 if self.hamiltonian else 0.0) / self.temperature

    @property
    def field_coefficient(self) -> float:
        """What multiplies V_c in H."""
        return 0.0 if self.target is None else self.strength / self.temperature

    @property
    def is_model(self) -> bool:
        """Whether this is the trained model itself, without any change."""
        return self.model_coefficient == 1.0 and self.field_coefficient == 0.0

    @property
    def formula(self) -> str:
        """H(x) = … as a person reads it."""
        terms = ["Σᵢ λᵢ fᵢ(x)"] if self.hamiltonian else []
        if self.field_coefficient:
            sign = " − " if terms else "−"
            strength = "" if self.strength == 1 else f"{self.strength:g} "
            terms.append(f"{sign}{strength}log p({self.target} | x)")
        body = "".join(terms) or "0"
        if self.temperature == 1 or not terms:
            return f"H(x) = {body}"
        return f"H(x) = [ {body} ] / {self.temperature:g}"


class HamiltonianPath:
    """The straight path of Hamiltonians from one reservoir's distribution to a composition.

    H_s = ((1 − s) a₀ + s a₁) Σ λ f + s b₁ V_c, with a₀ = 1 from the model's samples, 0 from the base's.

    Args:
        model: the Min-MaxEnt term Σ λ f.
        classifier: for the class field; may be None where the composition has none.
        composition: where the path ends.
        start: a₀.
    """

    def __init__(
        self,
        model: EnergyTerm,
        classifier: Callable[[Tensor], Tensor] | None,
        composition: Composition,
        start: float = 1.0,
        classes: int = 10,
    ) -> None:
        self.model = model
        self.composition = composition
        self.start = start
        self.field: ClassTarget | None = None
        if composition.target is not None:
            if classifier is None:
                raise ValueError("a class target needs a trained classifier; train one first")
            self.field = ClassTarget(classifier, composition.target, classes)

    def log_ratio(self, energy: Tensor, log_probabilities: Tensor | None) -> Tensor:
        """log of the density at the path's end over that at its start, up to a constant, shape (n,).

        Args:
            energy: Σ λ f of the configurations, shape (n,).
            log_probabilities: their log p(c|x), shape (n, classes); not needed without a class field.
        """
        ratio = (self.start - self.composition.model_coefficient) * energy
        if self.field is not None:
            assert log_probabilities is not None
            ratio = ratio + self.composition.field_coefficient * log_probabilities[:, self.field.target]
        return ratio

    def hamiltonian(self, s: float = 1.0) -> Hamiltonian:
        """H_s, for s from 0 to 1."""
        end = self.composition
        terms = [WeightedTerm((1 - s) * self.start + s * end.model_coefficient, self.model)]
        if self.field is not None:
            terms.append(WeightedTerm(s * end.field_coefficient, self.field))
        return Hamiltonian(terms)
