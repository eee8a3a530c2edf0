"""Evidence on whether a model that is kept is the one that its training was after."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from landscape_app.language import tr
from landscape_app.physics.estimate import ROUNDING, SIGNIFICANCE, TOLERANCE, shown
from landscape_app.session.measurement import Measurement

ADEQUACY = "adequacy"
"""Group of a run file that it is in."""

NUMBERS = ("noise", "limit", "off", "connected", "base_nats", "maximises_entropy")


def chi_squared_limit(means: np.ndarray) -> float:
    """χ² = Σ z_i² that noise of chains exceeds with probability `SIGNIFICANCE`, where all constraints hold exactly.

    The means of independent chains over √(chains) have the covariance C among observables. χ² of normal noise has the
    mean tr C and about the law of tr C/ν times a χ² with ν = (tr C)²/tr C² degrees of freedom: K for independent
    observables of like noise, fewer for correlated ones. As C is itself estimated, χ²_ν/ν becomes Fisher's F with ν
    and chains − 1 degrees of freedom.

    Args:
        means: of each observable over each chain, in standard deviations of the data, shape (K, chains).

    Source: Satterthwaite, "An approximate distribution of estimates of variance components" (1946).
    """
    chains = means.shape[1]
    centred = means - means.mean(1, keepdims=True)
    # Of the chains: it has the traces of C, and is no larger where there are thousands of observables.
    gram = centred.T @ centred / (chains * (chains - 1))
    noise, squares = float(np.trace(gram)), float((gram**2).sum())
    if not squares:
        return 0.0
    from scipy.special import fdtri  # a tenth of a second to import

    return noise * float(fdtri(noise**2 / squares, chains - 1, 1 - SIGNIFICANCE))


@dataclass(frozen=True, eq=False)
class Adequacy:
    """Evidence on a model that is kept: its constraints on fresh chains, and its base measure alone.

    Attributes:
        residuals: z_i = (⟨f_i⟩_chains − μ_i)/σ_i over fresh chains, float64, shape (K,); K = 0 where there are none.
        noise: what χ² = Σ z_i² is on average where the constraints hold exactly, as chains are finite in number.
        limit: χ² that this noise exceeds with probability `SIGNIFICANCE` (`chi_squared_limit`).
        off: constraints that are off by themselves (`MeanMatch.is_off`).
        connected: whether those chains have come from the base measure and gone back (`FreshRecord.is_connected`).
        base_nats: −⟨log q⟩ of the test items, or where there are none of the validation items, nats an item.
        maximises_entropy: whether the model is the one of maximum entropy where its constraints hold; else, as of
            hidden units, it is then at a maximum of the likelihood.
    """

    residuals: np.ndarray
    noise: float
    limit: float
    off: int
    connected: bool
    base_nats: float
    maximises_entropy: bool

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Adequacy:
        """Evidence of a run file.

        Raises:
            KeyError, TypeError or ValueError: it is not whole.
        """
        noise, limit, off, connected, base_nats, maximises = (float(state[name]) for name in NUMBERS)
        residuals = np.asarray(state["residuals"], np.float64)
        if residuals.ndim != 1:
            raise ValueError(tr("the residuals of the model that is kept are no row of numbers"))
        return cls(residuals, noise, limit, int(off), bool(connected), base_nats, bool(maximises))

    def state_dict(self) -> dict[str, Any]:
        """Its numbers for a run file."""
        return {"residuals": self.residuals} | {name: float(getattr(self, name)) for name in NUMBERS}

    @property
    def chi_squared(self) -> float:
        """χ² = Σ z_i²."""
        return float((self.residuals**2).sum())

    @property
    def tolerated(self) -> float:
        """χ² of residuals of `TOLERANCE` each: a model that is nearer its data counts as theirs."""
        return TOLERANCE**2 * len(self.residuals)

    @property
    def holds(self) -> bool:
        """True unless χ² is more than noise explains and more than is tolerated, or a constraint is off by itself."""
        return not self.off and self.chi_squared <= max(self.limit, self.tolerated)

    def excess(self, kept: Measurement) -> float:
        """Nats that held-out items are less likely by than under the base measure alone; 0 where not beyond doubt.

        The items are the same: the difference has the error of log Z alone, two of which, or its bounds, are doubt.
        """
        nats = kept.validation_nats if kept.test is None else kept.test_nats
        if not kept.epoch or not math.isfinite(self.base_nats):
            return 0.0
        low, _ = kept.log_z.plus(nats - kept.log_partition).bounds
        certain = low - self.base_nats > ROUNDING * max(1.0, abs(self.base_nats))
        return nats - self.base_nats if certain else 0.0

    def in_short(self, kept: Measurement) -> str:
        """The same as `cautions` in a few words, for a narrow line; empty where nothing is wrong."""
        found, chi_squared = [], shown(self.chi_squared, ".2g")
        if not self.holds:
            if not self.maximises_entropy:
                found.append(
                    tr("Not at a maximum of the likelihood: χ² {chi_squared}", chi_squared=chi_squared)
                )
            elif self.connected:
                found.append(tr("Not the maximum-entropy model: χ² {chi_squared}", chi_squared=chi_squared))
            else:
                found.append(
                    tr("Perhaps not the maximum-entropy model: χ² {chi_squared}", chi_squared=chi_squared)
                )
        if self.excess(kept):
            found.append(tr("The base measure alone is better on held-out data"))
        return "; ".join(found)

    def cautions(self, kept: Measurement) -> tuple[str, ...]:
        """Sentences on what the figures of the model do not stand for; none where nothing is wrong.

        Args:
            kept: its measurement.
        """
        found = []
        if not self.holds:
            consequence = (
                tr("it is not the maximum-entropy model of the data")
                if self.maximises_entropy
                else tr("it is not at a maximum of the likelihood")
            )
            if not self.connected:
                consequence = tr("{consequence}, or these chains have missed modes", consequence=consequence)
            found.append(
                tr(
                    "Constraints are not met: χ² {chi_squared} on fresh chains, where noise explains at most {limit} "
                    "and {tolerated} is tolerated. log Z, S and nats are of this model, but {consequence}.",
                    chi_squared=shown(self.chi_squared, ".2g"),
                    limit=shown(self.limit, ".2g"),
                    tolerated=shown(self.tolerated, ".2g"),
                    consequence=consequence,
                )
                if self.chi_squared > max(self.limit, self.tolerated)
                else tr(
                    "Constraints are not met: {off} of {all} are off beyond doubt on fresh chains, by up to "
                    "{deviations} standard deviations of the data. log Z, S and nats are of this model, but "
                    "{consequence}.",
                    off=self.off,
                    all=len(self.residuals),
                    deviations=shown(float(np.abs(self.residuals).max()), ".2f"),
                    consequence=consequence,
                )
            )
        excess = self.excess(kept)
        if excess:
            found.append(
                tr(
                    "Held-out data are less likely than under the base measure alone, by {excess:.2f} nats an item: "
                    "the model has learned its training data, not their law.",
                    excess=excess,
                )
            )
        return tuple(found)
