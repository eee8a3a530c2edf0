"""Principal axes by Min-MaxEnt: the theory in closed form, and a training that is compared with it.

The base measure q is N(0, s²) in every one of d dimensions, the observables are f_i = (v_i·x)² with K orthonormal
v_i, the data are centred and have the covariance C with eigenvalues e_j and eigenvectors u_j. P is then Gaussian,
with variance 1/(1/s² + 2λ_i) along v_i and s² across. The constraints make that variance c_i = v_iᵀ C v_i, so
λ_i = ½ (1/c_i − 1/s²), and the entropy relative to q, which training lowers, is

    −KL(P‖q) = log Z + Σ_i λ_i c_i = Σ_i g(c_i),   g(c) = ½ (1 + log(c/s²) − c/s²) ≤ 0.

Which directions lower it most? g is concave and c_i = Σ_j (v_i·u_j)² e_j a mean of the e_j, hence Σ_i g(c_i) ≥
Σ_j w_j g(e_j) with w_j = Σ_i (v_i·u_j)², and as these lie between 0 and 1 and add up to K, the sum is no less than
that of the K smallest g(e_j): the minimum is at K eigenvectors, those with the largest e_j/s² − log(e_j/s²).

- K = d: all of them, whatever s is. Then Σ_i c_i = tr C stays as it is, and S = ½ Σ_i log(2πe c_i) is what falls.
- K < d and s² at or below the smallest variance: g falls where c > s², so these are the K leading ones, as in
  probabilistic PCA (Tipping, Bishop 1999). A larger s will do as long as e_K/s² − log(e_K/s²) exceeds that of
  the smallest eigenvalue; beyond, directions that the data hardly leave count for as much as those along which
  they spread (Welling, Agakov, Williams, "Extreme components analysis", 2003).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from scipy import linalg

from landscape_app.learning.ensembles import make_ensemble
from landscape_app.learning.minmaxent import DivergenceError, MinMaxEnt
from landscape_app.learning.schedule import Schedule
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.physics.base import GaussianBase
from landscape_app.physics.hamiltonian import Hamiltonian, Target
from landscape_app.physics.kernels import HMC
from landscape_app.physics.projections import SquaredProjections

YIELD_INTERVAL = 5
"""Epochs between two figures; an epoch takes some hundredths of a second."""

FIRST_TRAJECTORY = 8.0
"""Length of the longest of HMC's trajectories to begin with, in deviations of the base measure."""


class Spectrum(NamedTuple):
    """Principal component analysis of centred data.

    Attributes:
        covariance: C, shape (d, d).
        variances: eigenvalues e_j, falling, shape (d,).
        directions: eigenvectors u_j, one a column, shape (d, d).
    """

    covariance: np.ndarray
    variances: np.ndarray
    directions: np.ndarray


def spectrum_of(x: np.ndarray) -> Spectrum:
    """Eigenvalues and eigenvectors of the covariance of centred points, shape (n, d)."""
    covariance = x.T @ x / len(x)
    variances, directions = np.linalg.eigh(covariance)
    return Spectrum(covariance, variances[::-1], directions[:, ::-1])


def exact_angle(covariance: np.ndarray) -> float:
    """Angle φ of the longer principal axis in a plane, tan 2φ = 2 C₁₂/(C₁₁ − C₂₂), radians in (−π/2, π/2]."""
    return 0.5 * math.atan2(2 * covariance[0, 1], covariance[0, 0] - covariance[1, 1])


def variances_along(covariance: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """c_i = v_iᵀ C v_i of directions in columns, shape (…, d, K), shape (…, K)."""
    return np.asarray((covariance @ directions * directions).sum(-2))


def cross_entropy(
    directions: np.ndarray, multipliers: np.ndarray, covariance: np.ndarray, deviation: float
) -> float:
    """−⟨log P⟩ over the data, nats, an upper bound on their entropy; infinite where P cannot be normalised.

    Args:
        directions: v_i in columns, shape (d, K).
        multipliers: λ, shape (K,).
        covariance: of the data, shape (d, d).
        deviation: s of the base measure.
    """
    growth = 1 + 2 * multipliers * deviation**2
    if not (growth > 0).all():
        return math.inf
    dual = multipliers @ variances_along(covariance, directions) - 0.5 * np.log(growth).sum()
    return _base_cross_entropy(covariance, deviation) + float(dual)


def least_cross_entropy(spectrum: Spectrum, count: int, deviation: float) -> float:
    """The minimum of `cross_entropy` over K orthonormal directions and their multipliers, nats."""
    ratio = spectrum.variances / deviation**2
    gains = np.sort(0.5 * (1 + np.log(ratio) - ratio))
    return _base_cross_entropy(spectrum.covariance, deviation) + float(gains[:count].sum())


def _base_cross_entropy(covariance: np.ndarray, deviation: float) -> float:
    variance = deviation**2
    trace = float(np.trace(covariance))
    return 0.5 * (len(covariance) * math.log(2 * math.pi * variance) + trace / variance)


def angles_to(spectrum: Spectrum, directions: np.ndarray) -> np.ndarray:
    """How far directions are from the K leading eigenvectors, degrees, shape (K,).

    Of a whole basis, the angle of each axis, the one of largest variance first, with its eigenvector; of fewer
    directions, the principal angles between what they and the eigenvectors span, rising (Björck, Golub 1973).
    """
    leading = spectrum.directions[:, : directions.shape[1]]
    if len(directions) > directions.shape[1]:
        return np.degrees(linalg.subspace_angles(directions, leading)[::-1])
    axes = directions[:, np.argsort(-variances_along(spectrum.covariance, directions))]
    axes = axes / np.linalg.norm(axes, axis=0) * np.where((axes * leading).sum(0) < 0, -1, 1)
    # Half the chord is the sine of half the angle: precise where its cosine is 1 but for rounding.
    return np.asarray(np.degrees(2 * np.arcsin(0.5 * np.linalg.norm(axes - leading, axis=0))))


class Look(NamedTuple):
    """What an epoch has left.

    Attributes:
        epoch: from 0, before training.
        directions: v_i in columns, shape (d, K).
        multipliers: λ, shape (K,).
        chi_squared: χ² (equation 5) of the chains before its update; NaN before training.
        cross_entropy: exact, nats.
        angles: from the eigenvectors, degrees, shape (K,) (see `angles_to`).
    """

    epoch: int
    directions: np.ndarray
    multipliers: np.ndarray
    chi_squared: float
    cross_entropy: float
    angles: np.ndarray


class AxesTraining:
    """A training of orthonormal directions from λ = 0, by Hamiltonian Monte Carlo.

    λ takes Newton steps on the dual: the descent of χ² scales with the fourth power of x, and the variances of
    one data set differ by two orders of magnitude.

    Args:
        x: centred data, shape (n, d).
        observables: the directions to begin with; trained in place.
        deviation: s of the base measure, in the units of x.
        schedule: how an epoch is done.
        chains: number of chains.
        epochs: length of training.
        seed: of the chains.

    Attributes:
        spectrum: the exact answer.
        history: what every epoch has left; the last entry, once training has ended, is the model at rest.
    """

    def __init__(
        self,
        x: np.ndarray,
        observables: SquaredProjections,
        deviation: float,
        schedule: Schedule,
        chains: int,
        epochs: int,
        seed: int,
    ) -> None:
        self.x = x
        self.observables = observables
        self.deviation = deviation
        self.epochs = epochs
        self.spectrum = spectrum_of(x)
        base = GaussianBase.standard(observables.space, deviation)  # type: ignore[arg-type]
        kernel = HMC(0.5 * deviation, FIRST_TRAJECTORY * deviation)
        generator = torch.Generator().manual_seed(seed)
        ensemble = make_ensemble(Target(base, Hamiltonian([])), kernel, generator, chains, 1, schedule)
        multipliers = torch.zeros(observables.directions().shape[1])
        data = torch.as_tensor(x).float()
        model = MinMaxEntModel(base, observables, multipliers)
        self.trainer = MinMaxEnt(model, data, data, ensemble, schedule)
        self.history = [self._look(math.nan)]

    def run(self) -> Iterator[float]:
        """Trains, yields the share that is done now and then, and rests on the average parameters at last."""
        trainer = self.trainer
        while trainer.epoch < self.epochs:
            trainer.progress = trainer.epoch / self.epochs
            try:
                chi_squared = trainer.advance().chi_squared
            except DivergenceError:
                break
            self.history.append(self._look(chi_squared))
            if trainer.epoch % YIELD_INTERVAL == 0:
                yield trainer.epoch / self.epochs
        trainer.rest()
        self.history.append(self._look(self.history[-1].chi_squared))
        yield 1.0

    def _look(self, chi_squared: float) -> Look:
        directions = self.observables.directions().detach().double().numpy()
        multipliers = self.trainer.model.multipliers.double().numpy().copy()
        covariance = self.spectrum.covariance
        bound = cross_entropy(directions, multipliers, covariance, self.deviation)
        angles = angles_to(self.spectrum, directions)
        return Look(self.trainer.epoch, directions, multipliers, chi_squared, bound, angles)

    @property
    def excess(self) -> np.ndarray:
        """By how much the cross-entropy of every entry exceeds the least one possible, nats, shape (entries,)."""
        count = self.history[0].directions.shape[1]
        least = least_cross_entropy(self.spectrum, count, self.deviation)
        return np.array([look.cross_entropy for look in self.history]) - least
