"""Categories with pair couplings: the Potts model, which tells what positions of sequences are coupled."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from landscape_app.language import tr
from landscape_app.models.model import Model, Portrait
from landscape_app.physics.base_measure import CLAMPED_LOG_PROBABILITY, BaseMeasure, ProductBase
from landscape_app.physics.host import to_host
from landscape_app.physics.space import Levels, Space

MOST_FEATURES = 4_500
"""Sites times values up to which couplings are learned: their table has the square of it, here 81 MB."""

FIELD_DECAY, COUPLING_DECAY = 0.01, 0.2
"""Weights of Σ h² and, for each site more than one, of Σ J² in `PottsModel.penalty` (CCMpred's, which are usual)."""


class PottsModel(Model):
    """E(x) = −Σ_{i<j} J_ij(x_i, x_j) − Σ_i h_i(x_i) of categories (Potts 1952).

    J and h are not unique: what is added to all J_ij(a, ·) and taken off h_i(a) changes nothing. They are compared
    in the zero-sum gauge, in which Σ_a J_ij(a, b) = Σ_b J_ij(a, b) = 0.

    Args:
        base_measure: of categories, a product; values that a site does not have get no probability.
        couplings: J, shape (N Q, N Q), site by site and in each value by value.
        fields: h, shape (N Q,).

    Raises:
        ValueError: no categories on one axis, or too many.
    """

    formula: ClassVar[str] = "−Σ Jᵢⱼ(xᵢ, xⱼ) − Σ hᵢ(xᵢ)"
    title: ClassVar[str] = tr("Coupled categories")
    about: ClassVar[str] = tr("A coupling for each pair of values of two columns: the Potts model.")
    served: ClassVar[str] = tr(
        "categories on one axis, with at most {most:,} values in all", most=MOST_FEATURES
    )
    serves: ClassVar[tuple[type[Space], ...]] = (Levels,)
    default_fit: ClassVar[str] = "pseudo-likelihood"

    def __init__(self, base_measure: BaseMeasure, couplings: Tensor, fields: Tensor) -> None:
        super().__init__(base_measure)
        if not self.suits(base_measure.space):
            raise ValueError(
                tr(
                    "couplings are between {served}, not {space}",
                    served=self.served,
                    space=base_measure.space.label,
                )
            )
        self.couplings = nn.Parameter(couplings.float())
        self.fields = nn.Parameter(fields.float())

    @classmethod
    def suits(cls, space: Space) -> bool:
        """True of categories on one axis, not too many."""
        return space.is_categorical and space.sites * space.levels <= MOST_FEATURES

    @classmethod
    def untrained(cls, base_measure: BaseMeasure, units: int = 0) -> PottsModel:
        """J = 0 and h = 0: P is q."""
        features = base_measure.space.sites * base_measure.space.levels
        device = base_measure.device
        return cls(
            base_measure, torch.zeros(features, features, device=device), torch.zeros(features, device=device)
        )

    @property
    def symmetric(self) -> Tensor:
        """J made symmetric, nothing between the values of one site, shape (N Q, N Q)."""
        sites, levels = self.space.sites, self.space.levels
        both = ((self.couplings + self.couplings.T) / 2).view(sites, levels, sites, levels)
        apart = 1 - torch.eye(sites, device=both.device)
        return (both * apart.view(sites, 1, sites, 1)).view(sites * levels, sites * levels)

    def _indicators(self, x: Tensor) -> Tensor:
        """Of each value of each site, shape (batch, N Q); straight lines between two levels."""
        levels = torch.arange(self.space.levels, dtype=x.dtype, device=x.device)
        return (1 - (x.flatten(1).unsqueeze(2) - levels).abs()).relu().flatten(1)

    def energy(self, x: Tensor) -> Tensor:
        """E(x) in nats, shape (batch,)."""
        e = self._indicators(x)
        return -0.5 * (e @ self.symmetric * e).sum(1) - e @ self.fields

    @property
    def knows_conditionals(self) -> bool:
        """True: one product of matrices gives those of all sites."""
        return True

    def conditional_energies(self, x: Tensor, sites: Tensor) -> Tensor:
        """−h_i(a) − Σ_j J_ij(a, x_j) of each value a of the sites."""
        levels = self.space.levels
        pull = torch.addmm(self.fields, self._indicators(x), self.symmetric).view(len(x), -1, levels)
        return -pull.gather(1, sites.unsqueeze(2).expand(-1, -1, levels))

    def penalty(self, weight_decay: float, weight_smoothness: float) -> Tensor:
        """0.01 Σ h² + 0.2 (N − 1) Σ_{i<j} J², nats for all rows together: couplings that few rows tell stay small.

        Source: Seemayer, Gruber, Söding, "CCMpred: fast and precise prediction of protein residue–residue contacts
        from correlated mutations" (2014).
        """
        of_pairs = COUPLING_DECAY * (self.space.sites - 1) / 2 * self.symmetric.square().sum()
        return FIELD_DECAY * self.fields.square().sum() + of_pairs

    def blocks(self) -> Tensor:
        """J_ij(a, b) in the zero-sum gauge, on the host, float64, shape (N, N, Q, Q).

        Sums are over the values that a site has; couplings of others are zero.
        """
        sites, levels = self.space.sites, self.space.levels
        with torch.no_grad():
            blocks = to_host(self.symmetric).double().view(sites, levels, sites, levels).transpose(1, 2)
        has = torch.ones(sites, levels, dtype=torch.float64)
        if isinstance(self.base_measure, ProductBase):
            has = (self.base_measure.host_table > CLAMPED_LOG_PROBABILITY / 2).double()
        share = has / has.sum(1, keepdim=True)
        blocks = blocks - torch.einsum("ia,ijab->ijb", share, blocks).unsqueeze(2)
        blocks = blocks - torch.einsum("jb,ijab->ija", share, blocks).unsqueeze(3)
        return blocks * has.view(sites, 1, levels, 1) * has.view(1, sites, 1, levels)

    def coupling_scores(self) -> Tensor:
        """Strength of the coupling of each pair of sites, on the host, float64, shape (N, N), nats; zero diagonal.

        F_ij − F_i F_j / F: the Frobenius norm F_ij = (Σ_ab J_ij(a, b)²)^½ in the zero-sum gauge, less what the means
        F_i, F_j and F over all pairs of a site, and over all, let expect (average product correction).

        Source: Ekeberg et al., "Improved contact prediction in proteins: using pseudolikelihoods to infer Potts
        models" (2013); Dunn, Wahl, Gloor (2008) for the correction.
        """
        norms = self.blocks().square().sum((2, 3)).sqrt()
        return corrected(norms)

    def portrait(self) -> Portrait:
        """Strengths of the couplings between sites."""
        meaning = tr(
            "<b>Coupled positions</b>: Fᵢⱼ − Fᵢ Fⱼ / F in nats, Fᵢⱼ = (Σ Jᵢⱼ(a, b)²)^½ the Frobenius norm of the "
            "couplings of two sites in the zero-sum gauge, Fᵢ its mean over all partners of a site, F over all pairs "
            "(average product correction).<br>Red: coupled more than their other couplings let expect, as positions "
            "in contact are. Zero: as expected. Good: a few pairs stand out of a pale ground."
        )
        return Portrait(tr("Coupled positions"), "nats", meaning, self.coupling_scores().float().numpy())


def corrected(norms: Tensor) -> Tensor:
    """F_ij − F_i F_j / F of norms with a zero diagonal, shape (N, N), with a zero diagonal too."""
    sites = len(norms)
    if sites < 2:
        return torch.zeros_like(norms)
    of_site = norms.sum(1) / (sites - 1)
    expected = torch.outer(of_site, of_site) / of_site.mean().clamp_min(1e-30)
    return (norms - expected).fill_diagonal_(0.0)
