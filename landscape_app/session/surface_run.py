"""Markov chains on a surface: moved, restarted, watched, and judged against what is exactly known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.chains import Chains
from landscape_app.physics.diagnostics import LEAST_STEPS, diagnose
from landscape_app.physics.kernels import make_kernel
from landscape_app.physics.surfaces import Surface
from landscape_app.session.landscape.plane import Landscape, Survey, bounds_for
from landscape_app.session.sampler import TunedChains
from landscape_app.session.trajectory import EnsembleSnapshot, TrajectoryWatch

SURFACE_STARTS = ("everywhere", "minimum", "exact")
"""Starts of the chains: evenly over the box, at the lowest minimum, or independent samples of the density."""

MOST_DRAWS = 1_000
"""Draws of each chain that are judged at most. From then on every second is dropped, and the next are taken twice as
far apart, so that what is judged grows with the run."""

MOST_SURFACE_CHAINS = 4_096
COORDINATES = ("x", "y")


class QuantityMixing(NamedTuple):
    """One quantity along the chains, beside its exact mean.

    Attributes:
        name: "x", "y", or "H".
        mean: over chains and steps.
        error: standard error of the mean, from the effective sample size.
        exact: the mean by quadrature.
        r_hat: see `physics.diagnostics`.
        effective_sample_size: of all chains together.
        autocorrelation_time: steps.
    """

    name: str
    mean: float
    error: float
    exact: float
    r_hat: float
    effective_sample_size: float
    autocorrelation_time: float


@dataclass(frozen=True)
class Mixing:
    """The mixing of the chains.

    Attributes:
        steps: judged, of each chain.
        quantities: each judged; one that never changed is left out.
        verdict: "mixed", "still drifting", "stuck" or "frozen".
        sentence: the verdict with its reason and what to try.
        evaluations: of H, for single places, by all chains in all the steps judged.
    """

    steps: int
    quantities: tuple[QuantityMixing, ...]
    verdict: str
    sentence: str
    evaluations: float

    @property
    def effective_per_thousand(self) -> float:
        """Effective draws of the worst quantity, of all chains, for a thousand evaluations of H at one place."""
        worst = min((q.effective_sample_size for q in self.quantities), default=0.0)
        return 1_000 * worst / max(self.evaluations, 1.0)


class _Draw(NamedTuple):
    """A step by which the chains are judged."""

    places: np.ndarray
    energies: np.ndarray
    acceptance_rate: float
    evaluations: int


class SurfaceRun(TunedChains):
    """Chains on one surface.

    Args:
        surface: what they sample.
        kernel: its name in `KERNELS`.
        chains: how many.
        start: one of `SURFACE_STARTS`.
        temperature: T of exp(−U/T).
        seed: of every random number.

    Raises:
        ValueError: no such start or kernel, a number of chains out of range, or a temperature that is not positive.
    """

    def __init__(
        self,
        surface: Surface,
        kernel: str,
        chains: int,
        start: str,
        temperature: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.surface = surface
        self._numbers = np.random.default_rng(seed)
        self._generator = torch.Generator().manual_seed(seed)
        self._target = surface.target(temperature)
        self._survey = Survey(bounds_for(self._target))
        made = make_kernel(kernel, self._target)
        made.keep_path = True
        super().__init__(Chains(self._places(start, chains), self._target, made, self._generator))
        self._watch = TrajectoryWatch(self.chains)
        self.chains.on_step = self._observe
        self._draws: list[_Draw] = []
        self._spacing = 1
        self._still = 0

    @property
    def landscape(self) -> Landscape:
        """H and p, at the temperature as it is."""
        return self._survey.landscape(self._target)

    @property
    def temperature(self) -> float:
        """T."""
        return self._target.hamiltonian.temperature

    @property
    def followed(self) -> int | None:
        """The chain that is followed."""
        return self._watch.followed

    def follow(self, chain: int | None) -> None:
        """Follows another chain, or none; what it did before is known."""
        self._watch.followed = chain

    def snapshot(self, with_tracks: bool = False) -> EnsembleSnapshot:
        """The chains at this moment; on request with where each has been."""
        return self._watch.snapshot(with_tracks)

    def restart(self, start: str, chains: int) -> None:
        """Starts anew, in another number if that is another.

        Raises:
            ValueError: no such start, or a number out of range.
        """
        self.chains.retarget(self._target, self._places(start, chains))
        self._watch.clear()
        self._begin()

    def set_temperature(self, temperature: float) -> None:
        """Heats or cools; the chains stay where they are.

        Raises:
            ValueError: it is not positive.
        """
        self._target = self.surface.target(temperature)
        self.chains.retarget(self._target)
        self._begin()

    def set_kernel(self, name: str) -> None:
        """Goes on with another kernel.

        Raises:
            ValueError: there is none of that name, or it cannot move here.
        """
        super().set_kernel(name)
        self.chains.kernel.keep_path = True
        self._forget_draws()

    def tune_kernel(self, *, automatic: bool = False, **parameters: float) -> None:
        """Sets parameters of the kernel, or lets it tune itself (`automatic=True`).

        Raises:
            ValueError: there is no such parameter, or it is out of its range.
        """
        super().tune_kernel(automatic=automatic, **parameters)
        self._forget_draws()

    def mixing(self) -> Mixing | None:
        """The mixing of the chains; None with fewer than two chains or too few steps to say.

        Judged is the last half of the steps since the kernel stands still.
        """
        kept = len(self._draws) // 2
        if kept < LEAST_STEPS or len(self.chains) < 2:
            return None
        draws = self._draws[-kept:]
        places = np.stack([draw.places for draw in draws], axis=1).astype(np.float64)
        energies = np.stack([draw.energies for draw in draws], axis=1).astype(np.float64)
        if not np.isfinite(energies).all():
            return None
        names = COORDINATES[: places.shape[2]]
        values = {name: places[:, :, i] for i, name in enumerate(names)} | {"H": energies}
        acceptance_rate = float(np.mean([draw.acceptance_rate for draw in draws]))
        diagnosis = diagnose(values, acceptance_rate, spacing=self._spacing)
        landscape = self.landscape
        exact = {name: landscape.mean(landscape.coordinate(i)) for i, name in enumerate(names)}
        exact["H"] = landscape.mean(landscape.energy)
        rows = tuple(
            QuantityMixing(
                row.name,
                float(values[row.name].mean()),
                float(values[row.name].std() / max(row.effective_sample_size, 1.0) ** 0.5),
                exact[row.name],
                row.r_hat,
                row.effective_sample_size,
                row.autocorrelation_time,
            )
            for row in diagnosis.quantities
        )
        a_step = float(np.mean([draw.evaluations for draw in draws]))
        evaluations = a_step * kept * self._spacing * places.shape[0]
        return Mixing(kept * self._spacing, rows, diagnosis.verdict, diagnosis.sentence, evaluations)

    def _places(self, start: str, count: int) -> Tensor:
        if start not in SURFACE_STARTS:
            raise ValueError(
                tr(
                    "chains cannot start from {place!r}; choose from {places}",
                    place=start,
                    places=", ".join(SURFACE_STARTS),
                )
            )
        if not 1 <= count <= MOST_SURFACE_CHAINS:
            raise ValueError(
                tr(
                    "the number of chains must be from 1 to {most:,}, got {count}",
                    most=MOST_SURFACE_CHAINS,
                    count=count,
                )
            )
        if start == "everywhere":
            return self._target.base_measure.sample(count, self._generator)
        if start == "minimum":
            return self.surface.minima[:1].expand(count, -1).clone()
        return torch.from_numpy(self.landscape.draw(count, self._numbers))

    def _begin(self) -> None:
        self.count_from_here()
        self._forget_draws()

    def _forget_draws(self) -> None:
        self._draws.clear()
        self._spacing, self._still = 1, 0

    def _observe(self) -> None:
        self._watch.observe()
        move = self.chains.move
        if move is None or self.chains.adapt:
            return
        self._still += 1
        if self._still % self._spacing:
            return
        if len(self._draws) == 2 * MOST_DRAWS:
            del self._draws[::2]
            self._spacing *= 2
        self._draws.append(
            _Draw(
                self.chains.x.flatten(1).numpy().copy(),
                self.chains.energy.numpy().copy(),
                float(move.info.acceptance_rate),
                move.info.evaluations,
            )
        )
