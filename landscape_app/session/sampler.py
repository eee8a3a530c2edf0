"""Chains under a composition: how they start, move, jump, follow a slider, and tune their kernel."""

from __future__ import annotations

import copy
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple, Self, TypeVar

import numpy as np
import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.models.autoregressive import AutoregressiveBase
from landscape_app.models.memories import FEW_PATTERNS, Damage
from landscape_app.models.model import Model
from landscape_app.models.pairs import PairModel
from landscape_app.physics.base_measure import BaseMeasure, ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm, mixed
from landscape_app.physics.host import read_back, to_host
from landscape_app.physics.kernels import Kernel, kernel_name, kernels_for, make_kernel
from landscape_app.physics.resampling import (
    effective_sample_size,
    independent_samples,
    resample_move,
    systematic_resample,
)
from landscape_app.physics.space import Space
from landscape_app.physics.weighted_samples import WeightedSamples
from landscape_app.physics.zero_temperature import MOST_SWEEPS, Fall, couplings_of
from landscape_app.session.composer import ClassifiedSamples, Composer, clamp
from landscape_app.session.composition import Composition
from landscape_app.session.memory import SAMPLING, STEERING, needs_memory
from landscape_app.session.model_samples import SAMPLE_COUNT, ModelSamples
from landscape_app.session.motion import Change, Motion, apart
from landscape_app.session.records import (
    MOST_ACTIVATIONS,
    ClassShares,
    KernelRecord,
    Snapshot,
    SteeringRecord,
    SweepRecord,
)

T = TypeVar("T")

START_PLACES = ("base", "noise", "data", "chains")
"""The base measure, noise, the training data, and the model's own samples."""

JUMP_MOVES = 10
"""Kernel moves after each resampling of a jump."""

LEAST_SHARE = 0.05
"""Smallest effective share of the chains after a change that they can still follow."""

CHAINS = "chains"
"""Source of a `SteeringRecord` of chains that have followed a change."""

LEAST_ADAPTING, MOST_ADAPTING = 30, 300
"""Steps in which the kernel adapts after a start, a jump or a change; then it is frozen."""

TOLERANCE = 0.1
"""Largest distance of the acceptance rate from its target at which the kernel is frozen."""

UNDAMAGED = Damage()

SMOOTHED = 30
"""Steps over which the acceptance rate is averaged."""


class TunedChains:
    """Chains whose kernel tunes itself after every start until it is accepted as often as it should be.

    Then the kernel stands still, because one that depends on its own past is not exactly invariant.

    Args:
        chains: moved in place.

    Attributes:
        chains: the chains.
        automatic: whether the kernel tunes itself; else it moves as it was set.
        steps: kernel steps since the last start or jump.
    """

    def __init__(self, chains: Chains) -> None:
        self.chains = chains
        self.automatic = True
        self.steps = self._adapted = 0
        self._adapting = True
        self._recent: deque[float] = deque(maxlen=SMOOTHED)

    @property
    def acceptance_rate(self) -> float | None:
        """Mean over the last steps; None before the first under this kernel."""
        return sum(self._recent) / len(self._recent) if self._recent else None

    @property
    def kernel(self) -> KernelRecord:
        """The kernel at this moment."""
        chains = self.chains
        return describe_kernel(
            chains.kernel,
            chains.target.base_measure.space,
            self.acceptance_rate,
            self.automatic,
            self._adapting,
        )

    @property
    def kernels(self) -> tuple[str, ...]:
        """Names of the kernels that can move the chains."""
        return tuple(kernels_for(self.chains.target))

    def step(self) -> SweepRecord:
        """Moves every chain once."""
        chains = self.chains
        chains.adapt = self._adapting
        statistics = chains.run(1)
        self.steps += 1
        self._adapted += 1
        self._recent.append(statistics.acceptance_rate)
        if self._adapting and self._adapted >= LEAST_ADAPTING:
            off = abs(sum(self._recent) / len(self._recent) - chains.kernel.target_acceptance)
            self._adapting = off > TOLERANCE and self._adapted < MOST_ADAPTING
        return SweepRecord(self.steps, statistics.acceptance_rate, chains.kernel.step_size, statistics.energy)

    def set_kernel(self, name: str) -> None:
        """Moves the chains with another kernel from where they are; it tunes itself.

        Raises:
            ValueError: there is no such kernel, or it cannot move here.
        """
        target = self.chains.target
        self.chains.retarget(target, kernel=make_kernel(name, target))
        self.automatic = True
        self.count_from_here()

    def tune_kernel(self, *, automatic: bool = False, **parameters: float) -> None:
        """Sets parameters of the kernel, such as `step_size=2.0`, or lets it tune itself (`automatic=True`).

        Raises:
            ValueError: the kernel has no such parameter, or the number is out of its range; nothing is changed.
        """
        kernel = self.chains.kernel
        known = {p.name: p for p in kernel.parameters(self.chains.target.base_measure.space)}
        for name, value in parameters.items():
            if name not in known:
                has = ", ".join(known) or tr("nothing to set")
                raise ValueError(
                    tr(
                        "the kernel “{kernel}” has no {name!r}; it has {known}",
                        kernel=kernel.label,
                        name=name,
                        known=has,
                    )
                )
            low, high, unit = known[name].low, known[name].high, known[name].unit
            if not (math.isfinite(value) and low <= value <= high):
                what, scale = name.replace("_", " "), f" {unit}" if unit else ""
                raise ValueError(
                    tr(
                        "the {what} of “{kernel}” must be a number from {low:g} to {high:g}{scale}, got {value:g}",
                        what=what,
                        kernel=kernel.label,
                        low=low,
                        high=high,
                        scale=scale,
                        value=value,
                    )
                )
        for name, value in parameters.items():
            setattr(kernel, name, float(value))
        self.automatic = automatic
        self._tune_afresh()

    def count_from_here(self) -> None:
        """Counts steps and tunes the kernel from here: the chains have started anew, or jumped."""
        self.steps = 0
        self._tune_afresh()

    def _tune_afresh(self) -> None:
        self._adapting = self.automatic
        self._adapted = 0
        self._recent.clear()


class Sampler(TunedChains):
    """Chains under a composition of a model's energy and fields.

    Args:
        chains: samples of the base measure, or a copy of another sampler's.
        samples: weighted samples of the model, from which chains start.
        composer: networks and functions that fields are made with.

    Attributes:
        samples: as given.
        composer: as given.
        composition: what the chains sample; while the model trains, what they are to be put on.
        ancestors: names of what the chains descend from, int64, shape (chains,), equal for chains of one ancestor:
            the index of a weighted sample or of the data, or a number below zero for what was drawn from q.
    """

    def __init__(self, chains: Chains, samples: ModelSamples, composer: Composer) -> None:
        super().__init__(chains)
        self.samples = samples
        self.composer = composer
        self.composition = Composition()
        self.ancestors = own_names(len(chains), chains.x.device)
        self._motion: Motion | None = None

    def __len__(self) -> int:
        return len(self.chains)

    @property
    def change(self) -> Change | None:
        """Change of the chains in their last hundred steps; None before so many."""
        return None if self._motion is None else self._motion.change

    def step(self) -> SweepRecord:
        """Moves every chain once."""
        if self._motion is None:
            self._motion = Motion(apart(self.samples.data, self.samples.weights))
        if self.steps == 0:
            self._motion.start()
            self._motion.note(self.chains.x, 0)
        swept = super().step()
        self._motion.note(self.chains.x, self.steps)
        return swept

    def count_from_here(self) -> None:
        """Counts steps and tunes the kernel from here: the chains have started anew, or jumped."""
        super().count_from_here()
        if self._motion is not None:
            self._motion.start()

    def go_on_as(self, other: Self) -> None:
        """Goes on with the chains of another sampler of the same model, where they are, under their composition."""
        chains = other.chains
        self.chains.retarget(chains.target, chains.x, chains.kernel, chains.state)
        self.composition, self.ancestors, self._motion = other.composition, other.ancestors, other._motion
        self.automatic, self.steps = other.automatic, other.steps
        self._adapted, self._adapting, self._recent = other._adapted, other._adapting, other._recent

    @property
    def model(self) -> Model:
        """The model that the composition adds fields to."""
        return self.samples.model

    @property
    def patterns(self) -> Tensor | None:
        """Training items that coupled spins are to remember, shape (P, *shape); None of other models, or of many."""
        remembers = isinstance(self.model, PairModel) and len(self.samples.data) <= FEW_PATTERNS
        return self.samples.data if remembers else None

    def copy(self) -> Self:
        """A second sampler of the same model: a copy of the chains, with random numbers of its own.

        They begin with the same state.
        """
        chains = self.chains
        generator = torch.Generator(chains.generator.device)
        generator.set_state(chains.generator.get_state())
        kernel = copy.deepcopy(chains.kernel)
        second = type(self)(
            Chains(chains.x.clone(), chains.target, kernel, generator, chains.adapt),
            self.samples,
            self.composer,
        )
        second.composition, second.ancestors = self.composition, self.ancestors
        second.automatic = self.automatic
        return second

    @contextmanager
    def undone_by_failure(self) -> Iterator[None]:
        """Puts the chains back where they were, with their ancestors and their composition, where the block fails."""
        before = self.composition, self.ancestors, self.steps
        try:
            with self.chains.undone_by_failure():
                yield
        except Exception:
            self.composition, self.ancestors, self.steps = before
            raise

    def seed(self, seed: int) -> None:
        """Starts the random numbers anew, so that what the chains do from now on can be repeated."""
        self.chains.generator.manual_seed(seed)

    @needs_memory(SAMPLING)
    def sample(self) -> Iterator[SweepRecord]:
        """Moves the chains without end, one kernel step at each `next()`."""
        while True:
            yield self.step()

    def hamiltonian(self, composition: Composition) -> Hamiltonian:
        """H of a composition, without the pixels that it fixes.

        Raises:
            ValueError: a field needs what is missing, or does not fit the space.
        """
        samples = self._classified(self.samples.weighted_samples, 1.0, composition)
        return self._hamiltonian(composition, self._fields(composition, samples))

    @needs_memory(STEERING)
    def steer(
        self, composition: Composition, moves: int = JUMP_MOVES, preview: bool = False
    ) -> SteeringRecord:
        """Puts the chains on a composition by resample–move, from the weighted samples worth most.

        Args:
            composition: where to.
            moves: kernel moves after each resampling.
            preview: start from the training chains as they are, for a look while the model trains.

        Raises:
            ValueError: a field needs what is missing, such as a trained classifier, or does not fit the space; the
                chains are as they were.
            FieldError: a user-defined field failed, or gave what is no energy; the chains are as they were.
        """
        known, coefficient = self.samples, composition.model_coefficient
        samples = self._classified(known.latest if preview else known.weighted_samples, 1.0, composition)
        fields = self._fields(composition, samples)
        base = clamp(self.model.base_measure, composition)
        candidates = []
        if not composition.clamps:
            candidates.append(Candidate("model", samples, samples.log_ratio(coefficient, fields)))
        if composition.clamps or coefficient < 0.5:
            x = base.sample(SAMPLE_COUNT, self.chains.generator)
            drawn = WeightedSamples(x, self.model.hamiltonian.energy(x), x.new_zeros(len(x)))
            samples = self._classified(drawn, 0.0, composition)
            candidates.append(Candidate("base", samples, samples.log_ratio(coefficient, fields)))
        self.chains.adapt = self.automatic
        start = time.perf_counter()
        source, samples, log_ratio = max(candidates, key=lambda candidate: candidate.worth)
        record, ancestors = self._resample_move(
            composition,
            source,
            samples.weighted_samples,
            log_ratio,
            Hamiltonian([WeightedTerm(samples.start, self.model)]),
            Target(base, self._hamiltonian(composition, fields)),
            moves,
            start,
        )
        self.ancestors = -1 - ancestors if source == "base" else ancestors
        return record

    def follow(self, composition: Composition, moves: int) -> SteeringRecord | None:
        """Takes the chains along with a change of their composition, as a slider is dragged.

        They are weighted with the new over the old density, resampled and moved, in as many stages as leave half of
        them effective: sequential Monte Carlo from where they are (Del Moral, Doucet, Jasra 2006), many times quicker
        than a jump from the weighted samples.

        Args:
            composition: where to.
            moves: kernel moves after each resampling.

        Returns:
            How it went; None where other pixels are fixed, or the change is so large that few chains are worth
            anything after it, and nothing was done.

        Raises:
            ValueError: a field needs what is missing, or has failed; the chains are as they were.
        """
        start = time.perf_counter()
        chains = self.chains
        if composition.clamps != self.composition.clamps:
            return None
        old, new = chains.target, self._target(composition)
        log_ratio = chains.energy - new.hamiltonian.energy(chains.x)
        if effective_sample_size(log_ratio) < len(chains) * LEAST_SHARE:
            return None
        own = WeightedSamples(chains.x, chains.energy, torch.zeros_like(log_ratio))
        record, ancestors = self._resample_move(
            composition, CHAINS, own, log_ratio, old.hamiltonian, new, moves, start
        )
        self.ancestors = self.ancestors[ancestors]
        return replace(record, ancestors=len(to_host(self.ancestors).unique()))

    def carry_on(self, composition: Composition) -> None:
        """Moves the chains on under a composition from where they are, without resampling.

        For a composition that differs by what has failed: the chains keep their last valid states.

        Raises:
            ValueError: a field needs what is missing, or does not fit the space.
        """
        self.chains.retarget(self._target(composition))
        self.composition = composition
        self.count_from_here()

    @needs_memory(STEERING)
    def restart(self, place: str, count: int | None = None) -> SteeringRecord | None:
        """Starts the chains anew under the same composition; returns the jump, if that is how.

        Args:
            place: "base" (samples of q), "noise" (see `BaseMeasure.noise`), "data" (training items) or "chains"
                (resample–move from the model's weighted samples).
            count: number of chains from now on.

        Raises:
            ValueError: there is no such place, or no chains are asked for.
            NotEnoughMemoryError: the chains are as they were.
        """
        if place not in START_PLACES:
            raise ValueError(
                tr(
                    "chains cannot start from {place!r}; choose from {places}",
                    place=place,
                    places=", ".join(START_PLACES),
                )
            )
        count = count if count is not None else len(self.chains)
        if count < 1:
            raise ValueError(tr("at least one chain is needed, got {count}", count=count))
        if place == "chains":
            with self.undone_by_failure():
                self.chains.resize(count)
                return self.steer(self.composition)
        target = self.chains.target
        x, ancestors = start_positions(
            place, count, target.base_measure, self.samples.data, self.chains.generator
        )
        self.chains.retarget(target, target.base_measure.with_fixed_sites(x))
        self.ancestors = ancestors
        self.count_from_here()
        return None

    def restart_one(self, chain: int) -> None:
        """Starts one chain anew from a sample of the composition, drawn from the model's weighted samples.

        Where pixels are fixed, they are put at their values first: the start is then a plausible one, not a sample.

        Raises:
            ValueError: there is no such chain.
        """
        chains, known = self.chains, self.samples.weighted_samples
        if not 0 <= chain < len(chains):
            raise ValueError(
                tr("there is no chain {chain}; there are {chains}", chain=chain + 1, chains=len(chains))
            )
        starts = chains.target.base_measure.with_fixed_sites(known.x)
        log_weights = known.log_weights + known.energy - chains.target.hamiltonian.energy(starts)
        chosen = systematic_resample(log_weights, 1, chains.generator)
        positions = chains.x.clone()
        positions[chain] = starts[chosen[0]]
        self.ancestors = self.ancestors.index_copy(0, torch.tensor([chain], device=chosen.device), chosen)
        chains.retarget(chains.target, positions)

    def start_from_pattern(self, pattern: int, damage: Damage = UNDAMAGED, chain: int | None = None) -> None:
        """Starts the chains from damaged copies of a pattern, under the same composition.

        Args:
            pattern: its index among `patterns`.
            damage: done to each copy.
            chain: the only one to start there; None for all.

        Raises:
            ValueError: nothing is remembered here, or there is no such pattern or chain; as `Damage.applied`.
        """
        chains, patterns = self.chains, self.patterns
        if patterns is None:
            raise ValueError(
                tr(
                    "chains start from patterns where coupled spins remember at most "
                    "{most} of them; this model remembers none",
                    most=FEW_PATTERNS,
                )
            )
        if not 0 <= pattern < len(patterns):
            raise ValueError(
                tr(
                    "there is no pattern {pattern}; there are {patterns}",
                    pattern=pattern + 1,
                    patterns=len(patterns),
                )
            )
        if chain is not None and not 0 <= chain < len(chains):
            raise ValueError(
                tr("there is no chain {chain}; there are {chains}", chain=chain + 1, chains=len(chains))
            )
        started = slice(None) if chain is None else slice(chain, chain + 1)
        x, ancestors = chains.x.clone(), self.ancestors.clone()
        x[started] = damage.applied(patterns[pattern], len(x[started]), chains.generator)
        ancestors[started] = pattern
        chains.retarget(chains.target, chains.target.base_measure.with_fixed_sites(x))
        self.ancestors = ancestors
        self.count_from_here()

    def falling(self, chain: int | None = None) -> Fall:
        """The chains as they begin to fall at T = 0 under the composition; fixed sites stay (see `set_down`).

        Args:
            chain: the only one that falls; None for all.

        Raises:
            ValueError: there is more in the composition than couplings and fields of spins.
        """
        chains = self.chains
        x = chains.x if chain is None else chains.x[chain : chain + 1]
        base = chains.target.base_measure
        fixed = base.fixed_sites if isinstance(base, ProductBase) else None
        j, h = couplings_of(chains.target.hamiltonian, base.space.sites)
        return Fall(j, h, to_host(x.flatten(1)), None if fixed is None else to_host(fixed))

    def set_down(self, fall: Fall, chain: int | None = None) -> None:
        """Puts the chains, or the only one that falls, where its spins are now."""
        x = self.chains.x.clone()
        fallen = fall.s.float().to(x.device).view(-1, *x.shape[1:])
        x[slice(None) if chain is None else slice(chain, chain + 1)] = fallen
        self.chains.retarget(self.chains.target, x)

    def fall(self, chain: int | None = None) -> Fall:
        """Lets the chains fall at T = 0 until no spin turns any more, or for `MOST_SWEEPS`; returns what they did.

        Args:
            chain: the only one that falls; None for all.

        Raises:
            ValueError: as `falling`.
        """
        fall = self.falling(chain)
        while not fall.has_settled and fall.sweeps < MOST_SWEEPS:
            fall.turn()
        self.set_down(fall, chain)
        self.count_from_here()
        return fall

    def prepare(self) -> None:
        """Does now what the first class target would otherwise wait for."""
        classifier = self.composer.classifier
        if classifier is not None:
            self.samples.log_probabilities(self.samples.weighted_samples, classifier)
            classifier(self.chains.x.clone().requires_grad_()).sum().backward()

    @needs_memory(SAMPLING)
    def snapshot(self, classify: bool = True, training: bool = False) -> Snapshot:
        """The chains, with their predicted classes if asked.

        Args:
            classify: whether the classifier is asked, if there is one.
            training: show as many of the chains that train the model instead.
        """
        n, trained = len(self.chains), self.samples.training_chains if training else None
        x = self.chains.x if trained is None else trained.x[:n]
        energy = self.model.hamiltonian.energy(x) if trained is None else trained.energy[:n]
        classes = confidences = probabilities = shares = worth = None
        if classify and self.composer.classifier is not None:
            with torch.no_grad():
                probabilities = self.composer.classifier(x).softmax(-1)
                found, sure = read_back(*probabilities.max(-1)[::-1])
            classes, confidences = found.numpy(), sure.numpy()
        if not (training or self.composition.is_model):
            worth = self.worth(energy, probabilities)
            if classes is not None and self.composition.conditions:
                shares = ClassShares.of(self.composition, found, self.composer.classes, worth)
        of_hidden, activations = self._hidden_units(x)
        patterns, overlaps = self.patterns, None
        if patterns is not None:
            overlaps = x.flatten(1) @ patterns.flatten(1).T / patterns[0].numel()
        return Snapshot(
            training=training,
            of_hidden=of_hidden,
            activations=activations,
            x=to_host(self.composer.space.compact(x)).numpy(),
            energies=to_host(energy - self.samples.energy_origin).numpy(),
            classes=classes,
            confidences=confidences,
            shares=shares,
            worth=worth,
            overlaps=None if overlaps is None else to_host(overlaps).numpy(),
            change=None if training else self.change,
        )

    def worth(self, of_model: Tensor | None = None, probabilities: Tensor | None = None) -> float:
        """Number of independent samples that the chains are worth (`independent_samples`).

        Args:
            of_model: the model's energy of each; None where that is not known yet.
            probabilities: of their classes; likewise.
        """
        chains = self.chains
        found = features(self.composer, self.model, chains.x, chains.energy, of_model, probabilities)
        sites = to_host(self.composer.space.unit(chains.x))
        return independent_samples((*found, sites), to_host(self.ancestors))

    def _hidden_units(self, x: Tensor) -> tuple[np.ndarray | None, np.ndarray | None]:
        """`Snapshot.of_hidden` and `Snapshot.activations`, in one transfer."""
        split, activations = self.model.split(x), self.model.activations(x)
        if split is None:
            return None, None
        parts = [torch.stack(split[:2])]
        if activations is not None and activations.numel() <= MOST_ACTIVATIONS:
            parts.append(activations)
        of_hidden, *others = read_back(*parts)
        return of_hidden.numpy(), others[0].numpy() if others else None

    def _fields(
        self, composition: Composition, samples: ClassifiedSamples | None = None
    ) -> tuple[WeightedTerm, ...]:
        """The acting fields, and what fixed pixels add to H where the others are not independent of them."""
        fields, base = self.composer.fields(composition, samples), clamp(self.model.base_measure, composition)
        remainder = base.remainder if isinstance(base, AutoregressiveBase) else None
        return fields if remainder is None else (*fields, remainder)

    def _hamiltonian(self, composition: Composition, fields: Iterable[WeightedTerm]) -> Hamiltonian:
        return Hamiltonian([WeightedTerm(composition.model_coefficient, self.model), *fields])

    def _target(self, composition: Composition) -> Target:
        return Target(clamp(self.model.base_measure, composition), self.hamiltonian(composition))

    def _classified(
        self, samples: WeightedSamples, start: float, composition: Composition
    ) -> ClassifiedSamples:
        """Samples of the model (start 1) or of the base measure (0), with their classes where these are asked for."""
        classifier = self.composer.classifier
        known = (
            self.samples.log_probabilities(samples, classifier)
            if composition.conditions and classifier is not None
            else None
        )
        return ClassifiedSamples(samples, start, known)

    def _resample_move(
        self,
        composition: Composition,
        source: str,
        weighted_samples: WeightedSamples,
        log_ratio: Tensor,
        before: Hamiltonian,
        after: Target,
        moves: int,
        start: float,
    ) -> tuple[SteeringRecord, Tensor]:
        """Puts the chains on a composition; returns how, and which sample each descends from, int64, shape (chains,).

        Args:
            composition: where to.
            source: name of what the samples are of.
            weighted_samples: weighted samples.
            log_ratio: log of the composition's density over that of the samples, shape (n,).
            before: H of the samples; the path to the composition is straight, (1 − s) H₀ + s H₁.
            after: of the composition.
            moves: kernel moves after each resampling.
            start: when this was begun, by `time.perf_counter`.
        """
        chains = self.chains
        with chains.undone_by_failure():
            done = resample_move(
                chains,
                weighted_samples.x,
                weighted_samples.log_weights,
                log_ratio,
                lambda s: Target(after.base_measure, mixed(before, after.hamiltonian, s)),
                moves,
                follows=source == CHAINS,
            )
        self.composition = composition
        self.count_from_here()
        record = SteeringRecord(
            composition=composition,
            source=source,
            effective_sample_size=done.effective_sample_size,
            weighted_samples=len(weighted_samples),
            ancestors=len(to_host(done.ancestors).unique()),
            chains=len(chains),
            stages=done.stages,
            seconds=time.perf_counter() - start,
        )
        return record, done.ancestors


class Comparison:
    """Two samplers side by side: A, which stays on its composition, and B, which goes on as it would alone.

    Whatever is to be done to B is done to A first, from the random state of B. Chain i of A and of B so use the same
    numbers.

    Args:
        sampler: B; A begins as a copy of it.
        composition: of A, on which `steer` puts it; None for that of B.

    Attributes:
        a, b: the samplers.
    """

    def __init__(self, sampler: Sampler, composition: Composition | None = None) -> None:
        self.a, self.b = sampler.copy(), sampler
        if composition is not None:
            self.a.composition = composition
        self._start = sampler.chains.generator.get_state()

    def steer(self, composition: Composition, moves: int) -> tuple[SteeringRecord, SteeringRecord]:
        """Puts A on its composition and B on another, from the same start; returns both jumps.

        Every jump starts from the same random state, so that a small change of B is a small change of its chains.

        Raises:
            ValueError: as `Sampler.steer`.
        """
        self.b.chains.generator.set_state(self._start)
        first = self.mirror(lambda a: a.steer(a.composition, moves))
        return first, self.b.steer(composition, moves)

    def follow(self, composition: Composition, moves: int) -> tuple[SteeringRecord, SteeringRecord] | None:
        """Takes B along with a small change, as `Sampler.follow`, and A by the same numbers under its composition.

        Returns:
            How both went; None where the change is too large for that: then B is as it was, and both are to be
            steered.

        Raises:
            ValueError: as `Sampler.follow`.
        """
        first = self.mirror(lambda a: a.follow(a.composition, moves))
        second = self.b.follow(composition, moves)
        return None if first is None or second is None else (first, second)

    def step(self) -> None:
        """Moves A once, by the numbers that B is about to use."""
        self.mirror(lambda a: a.step())

    def mirror(self, action: Callable[[Sampler], T]) -> T:
        """Does to A what is about to be done to B, by the same numbers."""
        self.a.chains.generator.set_state(self.b.chains.generator.get_state())
        return action(self.a)


def describe_kernel(
    kernel: Kernel, space: Space, acceptance_rate: float | None, automatic: bool = True, adapting: bool = True
) -> KernelRecord:
    """A kernel and its parameters at this moment."""
    parameters = kernel.parameters(space)
    return KernelRecord(
        name=kernel_name(kernel),
        parameters=parameters,
        values=tuple(float(getattr(kernel, parameter.name)) for parameter in parameters),
        automatic=automatic,
        adapting=adapting,
        acceptance_rate=acceptance_rate,
        target_acceptance=kernel.target_acceptance,
    )


def start_positions(
    place: str, count: int, base: BaseMeasure, data: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Configurations to start from, shape (count, *shape), and names of their ancestors, int64, shape (count,).

    An item of the data is named by its index; what is drawn has a name of its own, below zero.

    Args:
        place: "base" (samples of q), "noise" (see `BaseMeasure.noise`) or "data".
        count: number of chains.
        base: the base measure q.
        data: the training set, shape (n, *shape).
        generator: random state.
    """
    if place == "data":
        chosen = systematic_resample(data.new_zeros(len(data)), count, generator)
        return data[chosen], chosen
    drawn = base.sample(count, generator) if place == "base" else base.noise(count, generator)
    return drawn, own_names(count, generator.device)


def own_names(count: int, device: torch.device) -> Tensor:
    """Names of chains that share no ancestor, below zero, int64, shape (count,)."""
    return -1 - torch.arange(count, device=device)


def features(
    composer: Composer,
    model: Model,
    x: Tensor,
    energy: Tensor,
    of_model: Tensor | None = None,
    probabilities: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Features by which samples of one ancestor are compared beside their sites, on the host, first axis n.

    H, the energy of the model, what the space summarises configurations by, and the probabilities of classes where
    there is a classifier.

    Args:
        composer: with its space and classifier.
        model: which H adds something to.
        x: shape (n, *shape).
        energy: H(x), shape (n,).
        of_model: the model's energy, shape (n,); evaluated where None.
        probabilities: of classes, shape (n, classes); likewise.
    """
    with torch.no_grad():
        if of_model is None:
            of_model = model.hamiltonian.energy(x)
        if probabilities is None and composer.classifier is not None:
            probabilities = composer.classifier(x).softmax(-1)
    read = () if probabilities is None else (probabilities,)
    return read_back(energy, of_model, *composer.space.summaries(x).values(), *read)


class Candidate(NamedTuple):
    """Weighted samples to jump from.

    Attributes:
        source: name of what it has samples of.
        samples: the samples.
        log_ratio: log of the composition's density over theirs, shape (n,).
    """

    source: str
    samples: ClassifiedSamples
    log_ratio: Tensor

    @property
    def worth(self) -> float:
        """Effective samples of the composition."""
        return effective_sample_size(self.samples.weighted_samples.log_weights + self.log_ratio)
