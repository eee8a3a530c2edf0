"""Convergence test: chains from noise, data and the persistent ensemble, until nothing tells them apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from landscape_app.physics.diagnostics import Diagnosis, diagnose
from landscape_app.physics.entropy import (
    DistinctStates,
    Estimate,
    LadderEnergies,
    Thermometry,
    held_to_bounds,
    measure,
)
from landscape_app.physics.exact import ExactRecord, exact_figures
from landscape_app.physics.host import read_back, to_host
from landscape_app.physics.kernels import make_kernel
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.resampling import systematic_resample
from landscape_app.session.memory import TESTING, needs_memory
from landscape_app.session.model_samples import ModelSamples

STARTS = ("noise", "data", "persistent")
"""Noise (`BaseMeasure.noise`); training items; the training chains."""

COLUMNS = 24
"""Ladders from each start."""

TUNING_ROUNDS = 8
TUNING_STEPS = 25
"""Steps between two moves of the temperatures."""

CHECK_STEPS = 25
"""Steps between two diagnoses."""

LEAST_STEPS = 100
"""Steps before the first diagnosis."""


@dataclass(frozen=True, eq=False)
class ConvergenceRecord:
    """One step of a convergence test.

    Attributes:
        steps: steps recorded, after the temperatures stand still; 0 while they are being tuned.
        budget: steps after which the test ends without agreement.
        trace: ⟨H⟩ of each start's chains at β = 1 at every step so far, tuning included, nats from the training
            items' mean, shape (all steps, 3).
        betas: inverse temperatures, shape (replicas,).
        swap_rates: between neighbours, shape (replicas − 1,).
        round_trips: of all replicas since the start.
        diagnosis: over the later half of the steps, the latest there is; None before the first.
        thermometry: log Z, entropy and heat capacity over the same steps; None before the first.
        cross_entropy: of the held-out items, nats an item; None before the first.
        exact: what enumeration or quadrature says; None before the first diagnosis, and where the space is too large.
    """

    steps: int
    budget: int
    trace: np.ndarray
    betas: np.ndarray
    swap_rates: np.ndarray
    round_trips: int
    diagnosis: Diagnosis | None = None
    thermometry: Thermometry | None = None
    cross_entropy: Estimate | None = None
    exact: ExactRecord | None = None

    @property
    def energies(self) -> dict[str, float]:
        """The last of the trace, by start."""
        return dict(zip(STARTS, self.trace[-1].tolist(), strict=True))

    @property
    def share(self) -> float:
        """Share of the test that is done, 0 to 1, where it takes its whole budget."""
        return len(self.trace) / (TUNING_ROUNDS * TUNING_STEPS + self.budget)

    @property
    def tuned(self) -> float:
        """Share of the temperatures' tuning that is done, 0 to 1."""
        return min(1.0, len(self.trace) / (TUNING_ROUNDS * TUNING_STEPS))

    @property
    def agree(self) -> bool:
        """True once the starts can no longer be told apart."""
        return self.diagnosis is not None and self.diagnosis.verdict == "mixed"


class ConvergenceTest:
    """Ladders of replicas from three places under a model, all at once.

    They take no part in training.

    Args:
        samples: of the model; the training chains are where the persistent ones start.
        held_out: held-out set, shape (m, *shape).
        kernel: a name in `KERNELS`.
        columns: ladders from each start.
        seed: of every random number.

    Raises:
        ValueError: fewer than two columns, or a kernel that does not exist or cannot move here.
    """

    @needs_memory(TESTING)
    def __init__(
        self, samples: ModelSamples, held_out: Tensor, kernel: str, columns: int = COLUMNS, seed: int = 0
    ) -> None:
        if columns < 2:
            raise ValueError(f"every start needs at least two chains, got {columns}")
        target = samples.model.target
        mover = make_kernel(kernel, target)
        self._samples, self._held_out = samples, held_out
        self._columns = columns
        self._generator = torch.Generator(held_out.device).manual_seed(seed)
        self.ladder = Ladder(len(STARTS) * columns, target, mover, self._generator, x=self._starts())
        self._origin = samples.energy_origin
        self._trace: list[list[float]] = []
        self._energy: list[Tensor] = []
        self._log_q: list[Tensor] = []
        self._summaries: list[Mapping[str, Tensor]] = []
        self._exact: ExactRecord | None = None
        self._acceptance: list[float] = []
        self._data: tuple[DistinctStates, Tensor] | None = None

    @needs_memory(TESTING)
    def run(self, budget: int = 2_000) -> Iterator[ConvergenceRecord]:
        """Tunes the temperatures, then moves until the starts agree; yields after every step.

        Args:
            budget: most steps after tuning.
        """
        for step in range(1, TUNING_ROUNDS * TUNING_STEPS + 1):
            yield self._moved(budget, recorded=False)
            if step % TUNING_STEPS == 0:
                self.ladder.respace()
        self.ladder.adapt = False
        judged: ConvergenceRecord | None = None
        for step in range(1, budget + 1):
            record = self._moved(budget, recorded=True)
            if step >= LEAST_STEPS and (step % CHECK_STEPS == 0 or step == budget):
                record = judged = self._diagnosed(record)
            elif judged is not None:
                record = replace(
                    record,
                    diagnosis=judged.diagnosis,
                    thermometry=judged.thermometry,
                    cross_entropy=judged.cross_entropy,
                    exact=judged.exact,
                )
            yield record
            if record.agree:
                return

    def _moved(self, budget: int, recorded: bool) -> ConvergenceRecord:
        """A step, and how far the starts have come; waits for the device once."""
        ladder = self.ladder
        moved = ladder.advance(1)
        summary = self._samples.model.space.summaries(ladder.x)
        statistics, (energies, log_q, means, betas, swap_rates, trips, *found) = moved.along_with(
            ladder.energies,
            ladder.target.base_measure.log_prob(ladder.x),
            (ladder.energy - self._origin).view(len(STARTS), -1).mean(1),
            ladder.betas,
            ladder.spacing.swap_rates,
            ladder.trips,
            *summary.values(),
        )
        self._trace.append(means.tolist())
        if recorded:
            self._acceptance.append(statistics.acceptance_rate)
            self._energy.append(energies.double())
            self._log_q.append(log_q.double())
            self._summaries.append(dict(zip(summary, found, strict=True)))
        return ConvergenceRecord(
            steps=len(self._energy),
            budget=budget,
            trace=np.array(self._trace),
            betas=betas.numpy(),
            swap_rates=swap_rates.numpy(),
            round_trips=int(trips),
        )

    def _diagnosed(self, record: ConvergenceRecord) -> ConvergenceRecord:
        later = slice(len(self._energy) // 2, None)
        energy = torch.stack(self._energy[later])
        thermometry = measure(
            LadderEnergies(to_host(self.ladder.betas).double(), energy, torch.stack(self._log_q[later]))
        )
        if self._samples.model.space.is_discrete:
            thermometry = held_to_bounds(thermometry, self._surprisal())
        log_q = torch.stack(self._log_q[later]).T.numpy()
        draws = {
            "energy": energy[:, -1].T.numpy(),
            "log q": log_q,
        }
        for name in self._summaries[-1]:
            draws[name] = torch.stack([step[name] for step in self._summaries[later]]).double().T.numpy()
        diagnosis = diagnose(
            draws,
            float(np.mean(self._acceptance[later])),
            groups=np.repeat(np.arange(len(STARTS)), self._columns),
            swap_rates=record.swap_rates.tolist(),
            round_trips=self.ladder.round_trips,
        )
        return replace(
            record,
            diagnosis=diagnosis,
            thermometry=thermometry,
            cross_entropy=self._cross_entropy(thermometry.log_partition),
            exact=self._exact_record(),
        )

    def _surprisal(self) -> Tensor:
        """H − log q of the distinct states among data and chains, float64, on the host, shape (n,)."""
        space, ladder = self._samples.model.space, self.ladder
        if self._data is None:
            items = torch.cat([self._held_out, self._samples.data])
            states = DistinctStates(to_host(space.compact(items)))
            self._data = states, to_host(ladder.target.surprisal(items))[states.places].double()
        states, of_data = self._data
        x, of_chains = read_back(
            space.compact(ladder.state.x),
            ladder.state.energy - ladder.target.base_measure.log_prob(ladder.state.x),
        )
        return torch.cat([of_data, of_chains[states.not_among(x)].double()])

    def _exact_record(self) -> ExactRecord | None:
        """The exact figures, reckoned once: the model stands still."""
        if self._exact is None:
            self._exact = exact_figures(self._samples.model.target, self._held_out, self._samples.data)
        return self._exact

    def _cross_entropy(self, log_partition: Estimate) -> Estimate:
        """−⟨log P⟩ over the held-out items, with the error of log Z and of a finite set of them."""
        nats = to_host(self.ladder.target.surprisal(self._held_out))
        scatter = float(nats.std()) / math.sqrt(len(nats))
        return Estimate(float(nats.mean()) + log_partition.value, math.hypot(scatter, log_partition.error))

    def _starts(self) -> Tensor:
        samples, n = self._samples, self._columns

        def some(x: Tensor, log_weights: Tensor) -> Tensor:
            return x[systematic_resample(log_weights, n, self._generator)]

        training = samples.data
        noise = samples.model.base_measure.noise(n, self._generator)
        data = some(training, training.new_zeros(len(training)))
        chains = samples.training_chains
        persistent = some(chains.x, chains.log_weights)
        return torch.cat([noise, data, persistent])
