"""Convergence test: chains from noise, data and a hot ladder, until nothing tells them apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import english_of, tr
from landscape_app.learning.classifier import ImageClassifier
from landscape_app.models.model import Model
from landscape_app.physics.batched import batched
from landscape_app.physics.diagnostics import Diagnosis, diagnose
from landscape_app.physics.entropy import (
    DistinctStates,
    LadderEnergies,
    Thermometry,
    held_to_bounds,
    measure_from_both_sides,
)
from landscape_app.physics.estimate import Estimate
from landscape_app.physics.exact import ExactRecord, exact_figures
from landscape_app.physics.host import read_back, to_host
from landscape_app.physics.kernels import make_kernel
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.matching import Match, match
from landscape_app.physics.resampling import systematic_resample
from landscape_app.session.measurement import Measurement
from landscape_app.session.memory import TESTING, needs_memory
from landscape_app.session.model_samples import ModelSamples

STARTS = ("noise", "data", "hot")
"""Noise (`BaseMeasure.noise`); training items; replicas of a ladder from q, when they have come to β ≈ ½."""

HOT = 0.5
"""Inverse temperature at which the hot start is taken: barriers are half as high, and the model is known still."""

COLUMNS = 24
"""Ladders from each start."""

CLASS = "class "
"""Before the name of a class in that of its share."""

TUNING_ROUNDS = 8
TUNING_STEPS = 25
"""Steps between two moves of the temperatures."""

CHECK_STEPS, CHECK_SHARE = 25, 0.1
"""Steps between two diagnoses at least, and as a share of those so far: a diagnosis of hundreds of means takes as
long as tens of steps, and few more steps than there were say little new."""

LEAST_STEPS = 100
"""Steps before the first diagnosis."""

TEST_STEPS = 2_000
"""Most steps of a test; of one that goes on, most that are added."""


def diagnosed_at(budget: int) -> list[int]:
    """Steps at which a test of so many at most is diagnosed, the last among them; none where they are too few."""
    looks, step = [], LEAST_STEPS
    while step < budget:
        looks.append(step)
        step += CHECK_STEPS * max(1, int(CHECK_SHARE * step / CHECK_STEPS))
    return [*looks, budget] if budget >= LEAST_STEPS else []


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
        measurement: log Z, entropy and cross-entropies of all items, by sums over the space where there are any, else
            by the same replicas; None before the first diagnosis.
        cross_entropy: of the judging items by the replicas, nats an item; None before the first diagnosis.
        exact: what a sum or quadrature says; None before the first diagnosis, and where there are too many states.
        match: the model's means beside the data's, over the same steps; None before the first diagnosis.
    """

    steps: int
    budget: int
    trace: np.ndarray
    betas: np.ndarray
    swap_rates: np.ndarray
    round_trips: int
    diagnosis: Diagnosis | None = None
    thermometry: Thermometry | None = None
    measurement: Measurement | None = None
    cross_entropy: Estimate | None = None
    exact: ExactRecord | None = None
    match: Match | None = None

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

    @property
    def is_settled(self) -> bool:
        """True once the starts agree and more steps would not tell more of their means."""
        return self.agree and self.match is not None and not self.match.needs_draws

    @property
    def matched(self) -> bool | None:
        """True where the chains' means are the data's, False where they are not, None where that is not known."""
        verdict = None if self.match is None else self.match.verdict
        return None if verdict in (None, "not known") else verdict == "matched"

    @property
    def is_good(self) -> bool:
        """True where the chains have mixed, and the model matches its data."""
        return self.agree and bool(self.matched)

    def figures(self) -> dict[str, Any]:
        """The verdicts and figures by name, as JSON takes them; None where a figure is not known.

        They are those of `Measurement.as_json` under the same names, measured afresh, and the verdicts.
        """
        assert self.diagnosis is not None
        assert self.measurement is not None
        assert self.match is not None
        figures: dict[str, Any] = {
            "mixed": self.agree,
            "matched": self.matched,
            "mixing": english_of(self.diagnosis.sentence),
            "matching": english_of(self.match.sentence),
            "steps": self.steps,
            "r_hat": self.diagnosis.r_hat,
            "effective_samples": self.diagnosis.effective_sample_size,
            "shift_limit": self.diagnosis.limit,
            "round_trips": self.round_trips,
            **self.measurement.as_json(),
            "means": {row.name: row.figures() for row in self.match.means},
            "class_shares": {row.name.removeprefix(CLASS): row.figures() for row in self.match.shares},
        }
        return _without_nan(figures)


def quantities(
    model: Model, classifier: ImageClassifier | None, classes: Sequence[str], x: Tensor
) -> dict[str, np.ndarray]:
    """Observables that training constrains, f1 to fK, and indicators of classes, by name, shape (n,) each.

    Args:
        model: whose constraints.
        classifier: tells the classes; None for none.
        classes: what they are called; empty for none.
        x: items, shape (n, *shape).
    """
    constraints, predicted = read_back(*_told_apart_by(model, classifier, x))
    return _named(constraints.T.double().numpy(), predicted.numpy(), classes)


def _told_apart_by(model: Model, classifier: ImageClassifier | None, x: Tensor) -> tuple[Tensor, Tensor]:
    """Observables that training constrains, shape (n, K), and the most probable class, int64, shape (n,)."""
    with torch.no_grad():
        constraints = batched(model.constraints, x)
        if classifier is None:
            return constraints, x.new_zeros(len(x), dtype=torch.int64)
        return constraints, batched(lambda part: classifier(part).argmax(1), x)


def _named(constraints: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> dict[str, np.ndarray]:
    """Observables, shape (K, …), and the indicators of the classes, by name, shape (…) each."""
    named = {f"f{i + 1}": f for i, f in enumerate(constraints)}
    return named | {name: predicted == number for number, name in enumerate(classes)}


def _without_nan(figures: dict[str, Any]) -> dict[str, Any]:
    """The same with None for numbers that JSON has not."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return _without_nan(value)
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return {name: plain(value) for name, value in figures.items()}


class ConvergenceTest:
    """Ladders of replicas from three places under a model, all at once.

    They take no part in training.

    Args:
        samples: of the model.
        validation: items that chose the model, shape (m, *shape).
        test: items that judge it, shape (k, *shape); where k is 0 those that chose it do.
        kernel: a name in `KERNELS`.
        columns: ladders from each start.
        seed: of every random number.
        classifier: tells the classes whose shares are compared; None for none.
        class_names: of its classes.
        epoch: of the model, by which figures name it.
        log_unit: Σ log scale of a table's columns: densities are told per unit of the file.
        weights: of the validation and of the test items, shapes (m,) and (k,); None where all count alike.

    Attributes:
        kernel, columns, seed: as given.

    Raises:
        ValueError: fewer than two columns, or a kernel that does not exist or cannot move here.
    """

    @needs_memory(TESTING)
    def __init__(
        self,
        samples: ModelSamples,
        validation: Tensor,
        test: Tensor,
        kernel: str,
        columns: int = COLUMNS,
        seed: int = 0,
        classifier: ImageClassifier | None = None,
        class_names: tuple[str, ...] = (),
        epoch: int = 0,
        log_unit: float = 0.0,
        weights: tuple[Tensor | None, Tensor | None] = (None, None),
    ) -> None:
        if columns < 2:
            raise ValueError(tr("every start needs at least two chains, got {columns}", columns=columns))
        target = samples.model.target
        mover = make_kernel(kernel, target)
        self._samples, self._epoch, self._log_unit = samples, epoch, log_unit
        self._held_out = validation, test
        self._judging = test if len(test) else validation
        self._weights = samples.weights, *weights
        self._judging_weights = weights[1] if len(test) else weights[0]
        self._classifier = classifier
        self._classes = [CLASS + name for name in class_names] if classifier is not None else []
        self.kernel, self.columns, self.seed = kernel, columns, seed
        self._generator = torch.Generator(validation.device).manual_seed(seed)
        self.ladder = Ladder(len(STARTS) * columns, target, mover, self._generator, x=self._starts())
        self._origin = samples.energy_origin
        self._judged: ConvergenceRecord | None = None
        self._rounds = 0
        self._trace: list[list[float]] = []
        self._energy: list[Tensor] = []
        self._log_q: list[Tensor] = []
        self._summaries: list[Mapping[str, Tensor]] = []
        self._constraints: list[Tensor] = []
        self._predicted: list[Tensor] = []
        self._of_data: dict[str, np.ndarray] | None = None
        self._exact: ExactRecord | None = None
        self._acceptance: list[float] = []
        self._data: tuple[DistinctStates, Tensor] | None = None

    @needs_memory(TESTING)
    def run(self, budget: int = TEST_STEPS) -> Iterator[ConvergenceRecord]:
        """Tunes the temperatures, then moves until the starts agree and their means are known; yields every step.

        After an end without agreement, or where it was left, the same chains go on, and steps count on.

        Args:
            budget: most steps after tuning, those of before included.
        """
        yield from self._tune(budget)
        looks = frozenset(diagnosed_at(budget))
        for step in range(self.steps + 1, budget + 1):
            record, judged = self._moved(budget, recorded=True), self._judged
            if step in looks:
                record = self._judged = self._diagnosed(record)
            elif judged is not None:
                record = replace(
                    record,
                    diagnosis=judged.diagnosis,
                    thermometry=judged.thermometry,
                    measurement=judged.measurement,
                    cross_entropy=judged.cross_entropy,
                    exact=judged.exact,
                    match=judged.match,
                )
            yield record
            if record.is_settled:
                return

    @property
    def steps(self) -> int:
        """Steps that are recorded so far."""
        return len(self._energy)

    def _tune(self, budget: int) -> Iterator[ConvergenceRecord]:
        """Sets the temperatures, from where that was left; leaves alone those that are set."""
        while self.ladder.adapt:
            if len(self._trace) < TUNING_STEPS * (self._rounds + 1):
                yield self._moved(budget, recorded=False)
                continue
            self.ladder.respace()
            if self._rounds == (TUNING_ROUNDS - 1) // 2:
                self._start_hot()
            self._rounds += 1
            self.ladder.adapt = self._rounds < TUNING_ROUNDS

    def _moved(self, budget: int, recorded: bool) -> ConvergenceRecord:
        """A step, and how far the starts have come; waits for the device once."""
        ladder = self.ladder
        moved = ladder.advance(1)
        summary = self._samples.model.space.summaries(ladder.x)
        statistics, found = moved.along_with(
            ladder.energies,
            ladder.target.base_measure.log_prob(ladder.x),
            (ladder.energy - self._origin).view(len(STARTS), -1).mean(1),
            ladder.betas,
            ladder.spacing.swap_rates,
            ladder.trips,
            *_told_apart_by(self._samples.model, self._classifier, ladder.x),
            *summary.values(),
        )
        energies, log_q, means, betas, swap_rates, trips, constraints, predicted, *summaries = found
        self._trace.append(means.tolist())
        if recorded:
            self._acceptance.append(statistics.acceptance_rate)
            self._energy.append(energies.double())
            self._log_q.append(log_q.double())
            self._summaries.append(dict(zip(summary, summaries, strict=True)))
            self._constraints.append(constraints)
            self._predicted.append(predicted)
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
        recorded = LadderEnergies(
            to_host(self.ladder.betas).double(), energy, torch.stack(self._log_q[later])
        )
        from_data = torch.tensor([start == "data" for start in STARTS]).repeat_interleave(self.columns)
        thermometry = measure_from_both_sides(recorded, from_data)
        if self._samples.model.space.is_discrete:
            thermometry = held_to_bounds(thermometry, self._surprisal())
        log_q = torch.stack(self._log_q[later]).T.numpy()
        draws = {
            "energy": energy[:, -1].T.numpy(),
            "log q": log_q,
        }
        for name in self._summaries[-1]:
            draws[name] = torch.stack([step[name] for step in self._summaries[later]]).double().T.numpy()
        constraints = torch.stack(self._constraints[later]).permute(2, 1, 0).double().numpy()
        predicted = torch.stack(self._predicted[later]).T.numpy()
        means = _named(constraints, predicted, self._classes)
        diagnosis = diagnose(
            draws,
            float(np.mean(self._acceptance[later])),
            groups=np.repeat(STARTS, self.columns),
            swap_rates=record.swap_rates.tolist(),
            round_trips=self.ladder.round_trips,
            means=means,
            rejects=self.ladder.kernel.target_acceptance < 1,
            sets_replicas=True,
        )
        exact = self._exact_record()
        in_unit = thermometry._replace(entropy=thermometry.entropy.plus(self._log_unit))
        return replace(
            record,
            diagnosis=diagnosis,
            thermometry=in_unit,
            measurement=self._measured(thermometry.log_partition, thermometry.entropy)
            if exact is None
            else self._measured(
                Estimate(exact.log_partition, exact.rounding), Estimate(exact.entropy, exact.entropy_error)
            ),
            cross_entropy=self._measured(thermometry.log_partition, thermometry.entropy).verdict[1],
            exact=None if exact is None else exact.per_unit(self._log_unit),
            match=self._match(draws["energy"], means, diagnosis.verdict == "mixed"),
        )

    def _match(self, energy: np.ndarray, means: Mapping[str, np.ndarray], mixed: bool) -> Match:
        """The model's means beside the training data's, which are evaluated once: the model stands still."""
        matches_energy = len(means) > len(self._classes) and self._samples.model.constrains_energy
        if self._of_data is None:
            data = self._samples.data
            self._of_data = quantities(self._samples.model, self._classifier, self._classes, data)
            if matches_energy:
                of_items = to_host(self.ladder.target.hamiltonian.energy(data)).double().numpy()
                self._of_data["energy"] = of_items
        of_chains = {"energy": energy, **means} if matches_energy else means
        weights = self._host_weights[0]
        return match(
            of_chains,
            self._of_data,
            frozenset(self._classes),
            mixed,
            {"energy": "nats"},
            weights,
            np.repeat(STARTS, self.columns),
        )

    def _surprisal(self) -> Tensor:
        """H − log q of the distinct states among data and chains, float64, on the host, shape (n,)."""
        space, ladder = self._samples.model.space, self.ladder
        if self._data is None:
            items = torch.cat([self._judging, self._samples.data])
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
            self._exact = exact_figures(
                *(self._samples.model.target, self._judging, self._samples.data),
                held_out_weights=self._judging_weights,
                training_weights=self._weights[0],
            )
        return self._exact

    def _measured(self, log_z: Estimate, entropy: Estimate) -> Measurement:
        """Figures of all items, by what is known of log Z and S."""
        return Measurement.of_surprisals(
            self._epoch,
            log_z,
            entropy,
            *self._surprisals,
            log_unit=self._log_unit,
            weights=self._host_weights,
        )

    @cached_property
    def _host_weights(self) -> tuple[np.ndarray | None, ...]:
        """Weights of the training, validation and test items on the host, float64; None where all count alike."""
        return tuple(None if w is None else to_host(w).double().numpy() for w in self._weights)

    @cached_property
    def _surprisals(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """H − log q of the training, validation and test items, float64."""
        training, validation, test = (
            to_host(self.ladder.target.surprisal(items)).double().numpy()
            for items in (self._samples.data, *self._held_out)
        )
        return training, validation, test

    def _starts(self) -> Tensor:
        """Noise, data, and samples of q on their way to the hot start, shape (3 · columns, *shape)."""
        training, base_measure, n = self._samples.data, self._samples.model.base_measure, self.columns
        noise = base_measure.noise(n, self._generator)
        weights = training.new_ones(len(training)) if self._weights[0] is None else self._weights[0]
        data = training[systematic_resample(weights.log(), n, self._generator)]
        return torch.cat([noise, data, base_measure.sample(n, self._generator)])

    def _start_hot(self) -> None:
        """Sets all replicas of the columns of the hot start down where that at β ≈ ½ is."""
        ladder = self.ladder
        hot = int((to_host(ladder.betas) - HOT).abs().argmin())
        rows = torch.arange(ladder.replicas * ladder.columns).view(ladder.replicas, ladder.columns)
        rows[:, -self.columns :] = rows[hot, -self.columns :].clone()
        ladder.state = ladder.state.rows(rows.flatten().to(ladder.state.x.device))
