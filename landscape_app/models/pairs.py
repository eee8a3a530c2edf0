"""Spins with pair couplings: Ising model, Hopfield network, Boltzmann machine with or without hidden spins."""

from __future__ import annotations

from itertools import combinations
from typing import ClassVar

import torch
from torch import Tensor, nn

from landscape_app.language import tr
from landscape_app.models.model import Model, Portrait
from landscape_app.physics.base_measure import BaseMeasure, ProductBase
from landscape_app.physics.evidence import Posterior
from landscape_app.physics.hamiltonian import Bonds
from landscape_app.physics.host import to_host
from landscape_app.physics.mean_field import SpinForm
from landscape_app.physics.space import Space, Spins

MOST_HIDDEN = 12
"""Hidden spins, over whose states an energy sums."""

MOST_CONSTRAINED = 24
"""Spins up to which ⟨s_i⟩ and ⟨s_i s_j⟩ are told one by one."""


class PairModel(Model):
    """E(s) = −½ Σ_ij J_ij s_i s_j − Σ_i h_i s_i of spins ±1, J symmetric with a zero diagonal (Ising 1925).

    With hidden spins the energy of the visible ones is the free energy −log Σ_hidden exp(−E), summed over all states
    of the hidden ones (Ackley, Hinton, Sejnowski 1985). P is relative to uniform spins, so that log Z of textbooks is
    ours and N log 2 more.

    Args:
        base_measure: on spins, uniform where J and h shall be those of the textbook.
        couplings: J over visible and then hidden spins, shape (N, N).
        fields: h, shape (N,).

    Attributes:
        couplings: J.
        fields: h.
        hidden_states: of the hidden spins, shape (2^hidden, hidden), where there are any.

    Raises:
        ValueError: no spins; J that is not square, not symmetric, or not finite, or couples a spin to itself; h of
            another number; more than `MOST_HIDDEN` hidden spins.
    """

    formula: ClassVar[str] = "−½ Σ Jᵢⱼ xᵢ xⱼ − Σ hᵢ xᵢ"
    title: ClassVar[str] = tr("Coupled spins")
    about: ClassVar[str] = tr(
        "A coupling for each pair of spins: Ising model, Boltzmann machine, Hopfield network."
    )
    serves: ClassVar[tuple[type[Space], ...]] = (Spins,)
    default_fit: ClassVar[str] = "likelihood"
    has_mean_field: ClassVar[bool] = True
    most_units: ClassVar[int] = MOST_HIDDEN
    hidden_states: Tensor

    def __init__(self, base_measure: BaseMeasure, couplings: Tensor, fields: Tensor) -> None:
        super().__init__(base_measure)
        if not isinstance(base_measure.space, self.serves):
            raise ValueError(
                tr("pair couplings are between spins, not {space}", space=base_measure.space.label)
            )
        check_couplings(couplings, fields)
        self.hidden = len(fields) - self.space.sites
        if self.hidden < 0:
            raise ValueError(
                tr(
                    "{sites} spins need as many fields, got {count}",
                    sites=self.space.sites,
                    count=len(fields),
                )
            )
        if self.hidden > MOST_HIDDEN:
            raise ValueError(
                tr(
                    "at most {most} hidden spins can be summed over, got {hidden}",
                    most=MOST_HIDDEN,
                    hidden=self.hidden,
                )
            )
        self.couplings = nn.Parameter(couplings.float())
        self.fields = nn.Parameter(fields.float())
        if self.hidden:
            states = Spins((self.hidden,)).enumerate().to(fields.device)
            self.register_buffer("hidden_states", states, persistent=False)

    @classmethod
    def untrained(cls, base_measure: BaseMeasure, units: int = 0) -> PairModel:
        """J = 0 between the visible spins, h = 0; hidden ones have small random couplings to them, to differ."""
        visible, device = base_measure.space.sites, base_measure.device
        couplings = torch.zeros(visible + units, visible + units)
        couplings[visible:, :visible] = 0.1 * torch.randn(units, visible)
        couplings[:visible, visible:] = couplings[visible:, :visible].T
        return cls(base_measure, couplings.to(device), torch.zeros(visible + units, device=device))

    @property
    def symmetric(self) -> Tensor:
        """J made symmetric, with a zero diagonal, shape (N, N): a step of a trainer keeps neither to the last bit."""
        couplings = (self.couplings + self.couplings.T) / 2
        return couplings - couplings.diagonal().diag_embed()

    def energy(self, x: Tensor) -> Tensor:
        """E(s), or the free energy of the visible spins, in nats, shape (batch,)."""
        s, visible = x.flatten(1), self.space.sites
        couplings = self.symmetric
        # s_i² = 1: the diagonal, where it is not zero, adds a constant only.
        energy = -0.5 * (s @ couplings[:visible, :visible] * s).sum(1) - s @ self.fields[:visible]
        if not self.hidden:
            return energy
        states = self.hidden_states
        of_hidden = 0.5 * (states @ couplings[visible:, visible:] * states).sum(1)
        of_hidden = of_hidden + states @ self.fields[visible:]
        return energy - (of_hidden + s @ couplings[:visible, visible:] @ states.T).logsumexp(1)

    def constraints(self, x: Tensor) -> Tensor:
        """s_i and s_i s_j of the visible spins, i < j: their means are the data's where the likelihood is largest.

        None of models with more than `MOST_CONSTRAINED` spins, or with hidden ones, whose maximum says less.
        """
        if self.hidden or self.space.sites > MOST_CONSTRAINED:
            return super().constraints(x)
        s = x.flatten(1)
        first, second = torch.triu_indices(self.space.sites, self.space.sites, 1, device=x.device)
        return torch.cat([s, s[:, first] * s[:, second]], 1)

    def constraint_meanings(self, count: int) -> tuple[str, ...]:
        """The spins, and their pairs."""
        sites = range(1, self.space.sites + 1)
        meanings = [f"s{i}" for i in sites] + [f"s{i} s{j}" for i, j in combinations(sites, 2)]
        return tuple(meanings[:count])

    @property
    def constraint_multipliers(self) -> Tensor | None:
        """−h_i and −J_ij, i < j; None of models without `constraints`."""
        sites = self.space.sites
        if self.hidden or sites > MOST_CONSTRAINED:
            return None
        first, second = torch.triu_indices(sites, sites, 1, device=self.fields.device)
        return -torch.cat([self.fields, self.symmetric[first, second]])

    def bonds(self) -> Bonds | None:
        """Every pair that is coupled; None with hidden spins, whose sum couples more than pairs."""
        if self.hidden:
            return None
        couplings = self.symmetric.detach()
        first, second = torch.triu_indices(len(couplings), len(couplings), 1, device=couplings.device)
        return Bonds(first, second, couplings[first, second], self.fields.detach())

    def as_spins(self) -> SpinForm | None:
        """Visible and hidden spins, q's fields among theirs, on the host; None where q is no product."""
        base = self.base_measure
        if not isinstance(base, ProductBase):
            return None
        couplings, fields = (to_host(part).double() for part in (self.symmetric, self.fields))
        table = base.host_table
        fields = fields.clone()
        fields[: self.space.sites] += (table[:, 1] - table[:, 0]) / 2
        return SpinForm(couplings, fields, -float(table.mean(1).sum()))

    def posterior(self, x: Tensor) -> Posterior | None:
        """p(hidden|visible), on the host; None without hidden spins."""
        if not self.hidden:
            return None
        visible = self.space.sites
        couplings, fields, states = (
            to_host(part).double() for part in (self.symmetric, self.fields, self.hidden_states)
        )
        within = couplings[visible:, visible:]
        pull = fields[visible:] + to_host(x.flatten(1)).double() @ couplings[:visible, visible:]
        free_energy = -(0.5 * (states @ within * states).sum(1) + pull @ states.T).logsumexp(1)
        return Posterior(within, pull, free_energy)

    def portrait(self) -> Portrait:
        """J as a table, the fields on its diagonal."""
        with torch.no_grad():
            values = self.symmetric + self.fields.diag_embed()
        meaning = tr(
            "<b>Couplings</b> Jᵢⱼ of spins i and j, and on the diagonal the fields hᵢ: E = −½ Σ J s s − Σ h s, in "
            "nats.<br>Red, positive: two like to be equal, one to point up. Blue, negative: they like to differ."
        )
        return Portrait(tr("Couplings Jᵢⱼ, fields hᵢ"), "nats", meaning, to_host(values).numpy())

    @property
    def knows_conditionals(self) -> bool:
        """True without hidden spins."""
        return not self.hidden

    def conditional_energies(self, x: Tensor, sites: Tensor) -> Tensor:
        """h_i + Σ_j J_ij s_j of a spin at −1, the same with a minus at +1."""
        if self.hidden:
            return super().conditional_energies(x, sites)
        pull = torch.addmm(self.fields, x.flatten(1), self.symmetric).gather(1, sites)
        return torch.stack([pull, -pull], 2)


def check_couplings(couplings: Tensor, fields: Tensor) -> None:
    """Refuses what cannot be J and h.

    Raises:
        ValueError: J is not square, not symmetric, not finite, or couples a spin to itself; h of another number.
    """
    count = len(fields)
    if couplings.dim() != 2 or couplings.shape[0] != couplings.shape[1]:
        raise ValueError(
            tr(
                "the couplings J must be a square table, a row and a column for each spin, got {shape}",
                shape=" × ".join(map(str, couplings.shape)),
            )
        )
    couplings, fields = to_host(couplings), to_host(fields)
    if len(couplings) != count or fields.dim() != 1:
        raise ValueError(
            tr(
                "the couplings J are of {count} spins and the fields h have shape {shape}; "
                "there must be one field for each spin",
                count=len(couplings),
                shape=tuple(fields.shape),
            )
        )
    for name, table in ((tr("couplings J"), couplings), (tr("fields h"), fields)):
        if not bool(table.isfinite().all()):
            wrong = (~table.isfinite()).nonzero()
            text = (
                tr("the {name} must be finite numbers; {count:,} is not, the first at {place}")
                if len(wrong) == 1
                else tr("the {name} must be finite numbers; {count:,} are not, the first at {place}")
            )
            raise ValueError(text.format(name=name, count=len(wrong), place=_place(wrong[0])))
    differences = (couplings - couplings.T).abs()
    if not bool(differences.max() <= 1e-5 * couplings.abs().max()):
        place = (differences == differences.max()).nonzero()[0]
        raise ValueError(
            tr(
                "the couplings J must be symmetric, J_ij = J_ji; at {place} they differ by {difference:.3g}. "
                "(J + Jᵀ)/2 gives the same energies",
                place=_place(place),
                difference=float(differences.max()),
            )
        )
    diagonal = couplings.diagonal()
    if not bool((diagonal == 0).all()):
        place = diagonal.abs().argmax()
        raise ValueError(
            tr(
                "a spin cannot be coupled to itself: the diagonal of J must be zero, and is "
                "{value:.3g} at {place}. As s² = 1 it only shifts the energy: set it "
                "to zero",
                value=float(diagonal[place]),
                place=_place(place.repeat(2)),
            )
        )


def _place(index: Tensor) -> str:
    """Place in a table, counted from 1."""
    numbers = [int(i) + 1 for i in index]
    return (
        tr("row {row}, column {column}", row=numbers[0], column=numbers[1])
        if len(numbers) == 2
        else tr("entry {number}", number=numbers[0])
    )
