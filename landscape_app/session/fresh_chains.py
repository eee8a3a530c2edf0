"""Fresh chains of a model whose training has ended: ladders from the base measure, which took no part in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.learning import equilibrium_dual
from landscape_app.learning.classifier import ImageClassifier
from landscape_app.learning.ensembles import ChainEnsemble, LadderEnsemble
from landscape_app.learning.trainer import Trainer
from landscape_app.models.model import Model
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import read_back
from landscape_app.physics.kernels import Kernel
from landscape_app.physics.ladder import DEFAULT_REPLICAS, Ladder
from landscape_app.physics.matching import Match, MeanMatch, match
from landscape_app.session.adequacy import Adequacy, chi_squared_limit
from landscape_app.session.convergence import CLASS, quantities

SHARE, LOOKING_SHARE = 0.9, 0.1
"""Evaluations of fresh chains over those of the training, about: where they solve the weights of modes, which takes
many independent samples, and where they are looked at only."""

LEAST_COLUMNS, MOST_COLUMNS = 16, 256
"""Ladders side by side, as many as `SHARE` allows."""

TUNING, TAKES, SPACING = 300, 16, 12
"""Sweeps in which replicas settle and temperatures move, takings of samples, and sweeps before each."""

LEAST_REPLICAS = 3

STARTING, SOLVING, DRAWING = (
    tr("Starting fresh chains"),
    tr("Settling the last parameters on fresh chains"),
    tr("Drawing samples of fresh chains"),
)
"""Works of theirs, in words."""

LEAST_SHARE, MOST_SHARE = 0.6, 1.5
"""Share of a class among fresh chains over that among the data, beyond which the class is rare or frequent."""


@dataclass(frozen=True)
class FreshRecord:
    """Means over fresh chains beside those over the training data.

    Attributes:
        match: of the constraints, and of the classes' shares where there is a classifier.
        chains: independent ladders that the samples are of.
        samples: in all.
        round_trips: of replicas between the base measure and the model.
        chi_squared: χ² = Σ z_i², z_i = (⟨f_i⟩_chains − μ_i)/σ_i.
        noise: what χ² is on average where the constraints hold exactly, as chains are finite in number.
        limit: χ² that this noise hardly exceeds (`adequacy.chi_squared_limit`).
    """

    match: Match
    chains: int
    samples: int
    round_trips: int
    chi_squared: float
    noise: float
    limit: float = math.inf

    @property
    def is_connected(self) -> bool:
        """True if as many replicas have come from the base measure and gone back as there are ladders."""
        return self.round_trips >= self.chains

    @property
    def residuals(self) -> np.ndarray:
        """z_i of the constraints, float64, shape (K,)."""
        signs = [math.copysign(1.0, row.difference.value) for row in self.match.means]
        return np.array([sign * row.deviations for sign, row in zip(signs, self.match.means, strict=True)])

    def adequacy(self, base_nats: float, maximises_entropy: bool) -> Adequacy:
        """Evidence on the model that the chains sampled.

        Args:
            base_nats: −⟨log q⟩ of the items that judge it, nats an item.
            maximises_entropy: whether it is the model of maximum entropy where its constraints hold.
        """
        off = sum(row.is_off for row in self.match.means)
        return Adequacy(
            self.residuals, self.noise, self.limit, off, self.is_connected, base_nats, maximises_entropy
        )

    @property
    def off(self) -> tuple[MeanMatch, ...]:
        """Classes with less than `LEAST_SHARE` of the data's share, or over `MOST_SHARE`, beyond an error."""
        return tuple(
            row
            for row in self.match.shares
            if row.chains.value + row.chains.error < LEAST_SHARE * row.data.value
            or row.chains.value - row.chains.error > MOST_SHARE * row.data.value
        )

    @property
    def agrees(self) -> bool:
        """True if neither a constraint nor the share of a class is off beyond doubt."""
        return not self.off and not any(row.is_off for row in self.match.means)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Words on the fresh chains, a sentence each: constraints, classes, and what is not known."""
        found = []
        if self.noise:
            found.append(
                tr(
                    "Constraints on fresh chains: χ² {chi_squared:.2g}, of which the chains' own noise explains "
                    "{noise:.2g}.",
                    chi_squared=self.chi_squared,
                    noise=self.noise,
                )
            )
        if self.match.shares:
            found.append(self._classes)
        if not self.is_connected:
            found.append(
                tr(
                    "Only {round_trips:,} replicas of {chains:,} ladders have gone to the base measure and "
                    "back: fresh chains may have missed modes.",
                    round_trips=self.round_trips,
                    chains=self.chains,
                )
            )
        return tuple(found)

    @property
    def _classes(self) -> str:
        rows = sorted(self.match.shares, key=lambda row: row.chains.value / row.data.value)
        if not self.off:
            return tr(
                "Class shares of fresh chains, over the data's: {low} to {high}.",
                low=_of_share(rows[0]),
                high=_of_share(rows[-1]),
            )
        each = ", ".join(f"{row.name} {_of_share(row)}" for row in rows if row in self.off)
        return tr(
            "Class shares of fresh chains, over the data's: {each}, not within {least:g} to {most:g}.",
            each=each,
            least=LEAST_SHARE,
            most=MOST_SHARE,
        )


def _of_share(row: MeanMatch) -> str:
    return f"{row.chains.value / row.data.value:.2f} ± {row.chains.error / row.data.value:.2f}"


class FreshChains:
    """Ladders that begin at the base measure, at the end of a training.

    Args:
        trainer: whose model is sampled.
        kernel: moves them, and nothing else.
        seed: of their random numbers.
        evaluations: of the training, which say how many ladders there may be; None for those of the trainer.
        solves: whether they solve the weights of modes.

    Attributes:
        columns: ladders side by side.
        suffices: whether their share of the training is enough for `LEAST_COLUMNS`.
        on_step: is told what is done, in words, and its share, after every step.
    """

    def __init__(
        self,
        trainer: Trainer,
        kernel: Kernel,
        seed: int,
        evaluations: int | None = None,
        solves: bool = True,
    ) -> None:
        sweep, quickness = kernel.steps_of_sweep(trainer.model.space), kernel.quickness
        self._tuning, self._spacing = TUNING * sweep // quickness, SPACING * sweep // quickness
        self._replicas = max(LEAST_REPLICAS, DEFAULT_REPLICAS // quickness)
        self._trainer, self._kernel, self._seed = trainer, kernel, seed
        self._solving = (equilibrium_dual.ROUNDS + 2) * equilibrium_dual.STEPS if solves else 0
        share = SHARE if solves else LOOKING_SHARE
        allowed = int(share * (trainer.evaluations if evaluations is None else evaluations) / self._of_column)
        self.suffices = allowed >= LEAST_COLUMNS
        self.columns = min(max(allowed, LEAST_COLUMNS, trainer.ranks.count), MOST_COLUMNS)
        self.on_step: Callable[[str, float], object] | None = None
        self._is_tuned = False

    @cached_property
    def ladder(self) -> Ladder:
        """The ladders, which begin where they are first asked for."""
        ranks, target = self._trainer.ranks, self._trainer.model.target
        generator = ranks.generator(self._trainer.training.device, self._seed)
        return Ladder(self.columns, target, self._kernel, generator, self._replicas, ranks=ranks)

    @property
    def _of_column(self) -> int:
        """Evaluations that a ladder takes to the end."""
        return self._replicas * (self._tuning + TAKES * self._spacing + self._solving)

    @property
    def evaluations(self) -> int:
        """Of the observables, of single configurations, that all of it takes."""
        return self.columns * self._of_column

    @property
    def costs(self) -> tuple[int, int, int]:
        """Evaluations of settling, of solving constraints (0 where they are not solved), and of drawing samples."""
        each = self.columns * self._replicas
        return each * self._tuning, each * self._solving, each * TAKES * self._spacing

    def follow(self, target: Target) -> None:
        """Goes on to a model; the first time until temperatures and replicas have settled."""
        self.ladder.retarget(target)
        if not self._is_tuned:
            with self._told(STARTING, self._tuning):
                self.ladder.tune(self._tuning)
            self._is_tuned = True

    def equilibrate(self, values: list[Tensor]) -> list[Tensor]:
        """Values of the model that hold the constraints on these chains (`Trainer.equilibrate`)."""
        self.follow(self._trainer.model.with_values(values).target)
        with self._told(SOLVING, self._solving):
            found = self._trainer.equilibrate(values, self.ladder)
        return found if found is values else list(self._trainer.ranks.first(*found))

    def draw(self, target: Target) -> Tensor:
        """Samples of a model, shape (takes, columns, *shape): those of a column depend on each other."""
        self.follow(target)
        taken = []
        with self._told(DRAWING, TAKES * self._spacing):
            for _ in range(TAKES):
                self.ladder.run(self._spacing)
                taken.append(self.ladder.x.clone())
        x, ranks = torch.stack(taken), self.ladder.ranks
        if ranks.is_alone:
            return x
        return ranks.gather_columns(self.columns, target.base_measure.space.compact(x))[0].to(x.dtype)

    def set_down(self, trainer: Trainer, x: Tensor) -> None:
        """Lets the chains of a trainer go on from samples of its model, or its ladder from these replicas.

        Args:
            trainer: whose model was sampled.
            x: as they were drawn, shape (takes, columns, *shape).
        """
        ensemble, target = trainer.ensemble, trainer.model.target
        if isinstance(ensemble, LadderEnsemble):
            ensemble.set_down(self.ladder, target)
        elif isinstance(ensemble, ChainEnsemble):
            ensemble.start_from(x.flatten(0, 1), target)

    def record(
        self,
        x: Tensor,
        model: Model,
        training: Tensor,
        classifier: ImageClassifier | None,
        class_names: Sequence[str],
        weights: Tensor | None,
    ) -> FreshRecord:
        """Means over samples of a model beside those over its training data.

        Args:
            x: as they were drawn, shape (takes, columns, *shape).
            model: that they are of.
            training: shape (n, *shape).
            classifier: tells the classes whose shares are compared; None for none.
            class_names: of its classes.
            weights: of the training data, shape (n,); None where they count alike.
        """
        takes, columns = x.shape[:2]
        classes = [CLASS + name for name in class_names] if classifier is not None else []
        of_chains, of_data = (
            quantities(model, classifier, classes, items) for items in (x.flatten(0, 1), training)
        )
        by_column = {name: values.reshape(takes, columns).T for name, values in of_chains.items()}
        counts = None if weights is None else read_back(weights)[0].double().numpy()
        trips = self.ladder.round_trips
        found = match(by_column, of_data, frozenset(classes), trips >= columns, weights=counts)
        return FreshRecord(
            found,
            columns,
            takes * columns,
            trips,
            sum(row.deviations**2 for row in found.means),
            sum((row.chains.error / row.deviation) ** 2 for row in found.means if row.deviation),
            chi_squared_limit(
                np.array(
                    [by_column[row.name].mean(1) / row.deviation for row in found.means if row.deviation]
                ).reshape(-1, columns)
            ),
        )

    def tell(self, words: str, share: float) -> None:
        """Tells what is done, in words, and its share."""
        if self.on_step is not None:
            self.on_step(words, share)

    @contextmanager
    def _told(self, words: str, steps: int) -> Iterator[None]:
        """Tells of every step of the ladder in the block, of so many."""
        done = 0

        def count() -> None:
            nonlocal done
            done += 1
            self.tell(words, min(1.0, done / steps))

        self.ladder.on_step = count
        try:
            yield
        finally:
            self.ladder.on_step = None
