"""Chains under a composition: how they start, jump, move and tune their kernel."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from landscape_app.physics.base import Base, ProductBase
from landscape_app.physics.chains import Chains, SweepStatistics
from landscape_app.physics.fields import ClassField
from landscape_app.physics.hamiltonian import EnergyTerm, Hamiltonian, Target, WeightedTerm
from landscape_app.physics.host import to_host
from landscape_app.physics.kernels import Kernel, kernel_name, make_kernel
from landscape_app.physics.resampling import effective_sample_size, resample_move, systematic_resample
from landscape_app.physics.reservoir import Reservoir
from landscape_app.physics.space import Space
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.fields import ONE_OF, ClassCondition, Ingredients, OwnField
from landscape_app.session.own_field import Source, run_source
from landscape_app.session.records import DiscriminatorRecord, KernelRecord, SteeringRecord


class SharedNetwork:
    """A network whose last output is kept, so that several fields can ask about the same x at the cost of one.

    Args:
        network: x of shape (batch, *shape) to logits of shape (batch, classes).
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self._seen: tuple[Tensor, int, Tensor] | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Logits, shape (batch, classes)."""
        if self._seen is None or self._seen[0] is not x or self._seen[1] != x._version:
            self._seen = x, x._version, self.network(x)
        return self._seen[2]


class Composer:
    """Makes of compositions what chains can sample.

    Args:
        space: where the chains live.
        classes: number of classes.

    Attributes:
        discriminators: of all rounds so far.
        rounds: how well each of them tells.
        own: functions of x that the person trusts, by the digest of their source.
    """

    def __init__(self, space: Space, classes: int) -> None:
        self.space = space
        self.classes = classes
        self.discriminators: list[nn.Module] = []
        self.rounds: list[DiscriminatorRecord] = []
        self.own: dict[str, Callable[[Tensor], Tensor]] = {}

    def fields(
        self, composition: Composition, classifier: nn.Module | None, samples: ClassifiedSamples | None = None
    ) -> tuple[WeightedTerm, ...]:
        """The fields of the acting layers with their coefficients in H, α / T.

        Args:
            composition: whose.
            classifier: the class network; None until it is trained.
            samples: of the model, by which a mixture gives each class its share; only needed for one.

        Raises:
            ValueError: a field needs what is missing, or does not fit the space.
        """
        if composition.conditions:
            self.require_classes()
        network = None if classifier is None else SharedNetwork(classifier)
        plain = self._build(
            [layer for layer in composition.acting if not is_mixture(layer)], composition, network
        )

        def log_parts(classes: Sequence[int], coefficient: float) -> Tensor:
            if samples is None or samples.log_probabilities is None:
                raise ValueError("a mixture of classes needs samples of the model; train it, or collect some")
            under = samples.log_weights_under(composition.model_coefficient, plain.values())
            return log_class_parts(under, samples.log_probabilities, classes, coefficient)

        mixed = self._build(list(filter(is_mixture, composition.acting)), composition, network, log_parts)
        return tuple((plain | mixed)[layer] for layer in composition.acting)

    def require_classes(self) -> None:
        """Refuses data without classes.

        Raises:
            ValueError: they have none.
        """
        if not self.classes:
            raise ValueError("these data have no classes to steer to")

    def trust(self, source: Source) -> OwnField:
        """Runs a person's own file, which they trust; returns the field that it makes possible.

        Raises:
            FieldError: it fails.
        """
        self.own[source.digest] = run_source(source)
        return OwnField(str(source.path), source.digest)

    def _build(
        self,
        layers: Sequence[Layer],
        composition: Composition,
        network: SharedNetwork | None,
        log_parts: Callable[[Sequence[int], float], Tensor] | None = None,
    ) -> dict[Layer, WeightedTerm]:
        made = Ingredients(self.space, self.classes, network, log_parts, self.discriminators, self.own)
        coefficients = {layer: layer.strength / composition.temperature for layer in layers}
        return {
            layer: WeightedTerm(coefficient, layer.field.build(made, coefficient, layer.title))
            for layer, coefficient in coefficients.items()
        }


def is_mixture(layer: Layer) -> bool:
    """Whether a layer's field depends on what the model holds under all others."""
    return (
        isinstance(layer.field, ClassCondition)
        and layer.field.mode == ONE_OF
        and len(layer.field.classes) > 1
    )


class ClassifiedSamples(NamedTuple):
    """Samples of where a path starts, and what the class network says of them.

    Attributes:
        reservoir: the samples.
        start: what multiplies Σ λ f where they come from: 1 from the model, 0 from the base measure.
        log_probabilities: log p(c|x), shape (n, classes); None without a class network.
    """

    reservoir: Reservoir
    start: float
    log_probabilities: Tensor | None

    def energy(self, term: EnergyTerm) -> Tensor:
        """V of each sample, shape (n,)."""
        with torch.no_grad():
            if isinstance(term, ClassField) and self.log_probabilities is not None:
                return term.judge(self.log_probabilities)
            return term.energy(self.reservoir.x)

    def log_ratio(self, model_coefficient: float, fields: Iterable[WeightedTerm]) -> Tensor:
        """log of the density of a composition over that where the samples come from, up to a constant, shape (n,)."""
        ratio = (self.start - model_coefficient) * self.reservoir.energy
        for coefficient, term in fields:
            ratio = ratio - coefficient * self.energy(term)
        return ratio

    def log_weights_under(self, model_coefficient: float, fields: Iterable[WeightedTerm]) -> Tensor:
        """log of the weights that make them samples of a composition, shape (n,)."""
        return self.reservoir.log_weights + self.log_ratio(model_coefficient, fields)


def clamp(base: Base, composition: Composition) -> Base:
    """The base measure, given the pixels that a composition holds; where layers disagree, the last's.

    Raises:
        ValueError: a pixel lies outside the image, or a level outside the space; or there are none to hold.
    """
    if not composition.clamps:
        return base
    if not isinstance(base, ProductBase):
        raise ValueError(f"there are no pixels to hold on {base.space.label}")
    mask = torch.zeros(base.space.shape, dtype=torch.bool)
    values = torch.zeros(base.space.shape)
    for pins in composition.clamps:
        held, levels = pins.tables(base.space)
        mask |= held
        values = torch.where(held, levels, values)
    return base.clamped(mask, values)


class HamiltonianPath:
    """The straight path of Hamiltonians from one reservoir's distribution to a composition.

    H_s = ((1 − s) a₀ + s a₁) Σ λ f + s Σ_k b_k V_k, with a₀ = 1 from the model's samples, 0 from the base's.

    Args:
        model: the Min-MaxEnt term Σ λ f.
        fields: V_k with their coefficients b_k.
        model_coefficient: a₁.
        start: a₀.
    """

    def __init__(
        self, model: EnergyTerm, fields: Sequence[WeightedTerm], model_coefficient: float, start: float = 1.0
    ) -> None:
        self.model = model
        self.fields = tuple(fields)
        self.model_coefficient = model_coefficient
        self.start = start

    def hamiltonian(self, s: float = 1.0) -> Hamiltonian:
        """H_s, for s from 0 to 1."""
        terms = [WeightedTerm((1 - s) * self.start + s * self.model_coefficient, self.model)]
        terms += [WeightedTerm(s * coefficient, term) for coefficient, term in self.fields]
        return Hamiltonian(terms)


def log_class_parts(
    log_weights: Tensor, log_probabilities: Tensor, classes: Sequence[int], strength: float
) -> Tensor:
    """log ⟨p(c|x)^α⟩ of weighted samples, shape (len(classes),).

    Args:
        log_weights: shape (n,).
        log_probabilities: log p(c|x), shape (n, number of classes).
        classes: c.
        strength: α.
    """
    weights = log_weights.log_softmax(0).unsqueeze(1)
    return (weights + strength * log_probabilities[:, list(classes)]).logsumexp(0)


START_PLACES = ("base", "noise", "data", "chains")
"""The base measure, noise, the training data, and the model's own samples."""


def start_positions(
    place: str, count: int, base: Base, data: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Configurations to start from, shape (count, *shape), and names of their ancestors, int64, shape (count,).

    An item of the data is named by its index; what is drawn has a name of its own, below zero.

    Args:
        place: "base" (samples of q), "noise" (see `Base.noise`) or "data".
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


LEAST_ADAPTING, MOST_ADAPTING = 30, 300
"""Steps in which the kernel adapts after a start, a jump or a change; then it is frozen."""

TOLERANCE = 0.1
"""How near its target the acceptance rate has to be before the kernel is frozen."""

SMOOTHED = 30
"""Steps over which the acceptance rate is averaged."""


class Walk:
    """Moves the walkers; tunes their kernel after every start until it is accepted as often as it should be.

    Then the kernel stands still, because one that depends on its own past is not exactly invariant.

    Args:
        chains: the walkers.

    Attributes:
        automatic: whether the kernel tunes itself; else it moves as it was set.
        steps: kernel steps since the start.
        ancestors: names of what the chains descend from, int64, shape (chains,), equal for chains of one ancestor:
            the index of a sample of the reservoir or of the data, or a number below zero for what was drawn from q.
    """

    def __init__(self, chains: Chains) -> None:
        self._chains = chains
        self.automatic = True
        self.steps = self._adapted = 0
        self._adapting = True
        self._recent: deque[float] = deque(maxlen=SMOOTHED)
        self.ancestors = own_names(len(chains), chains.x.device)

    def restart(self) -> None:
        """Counts from here: the walkers have started anew, or jumped."""
        self.steps = 0
        self._tune_afresh()

    @property
    def acceptance_rate(self) -> float | None:
        """Mean over the last steps; None before the first under this kernel."""
        return sum(self._recent) / len(self._recent) if self._recent else None

    @property
    def record(self) -> KernelRecord:
        """The kernel as it stands."""
        chains = self._chains
        return describe_kernel(
            chains.kernel, chains.target.base.space, self.acceptance_rate, self.automatic, self._adapting
        )

    def step(self) -> SweepStatistics:
        """Moves every walker once."""
        self._chains.adapt = self._adapting
        statistics = self._chains.run(1)
        self.steps += 1
        self._adapted += 1
        self._recent.append(statistics.acceptance_rate)
        if self._adapting and self._adapted >= LEAST_ADAPTING:
            off = abs(sum(self._recent) / len(self._recent) - self._chains.kernel.target_acceptance)
            self._adapting = off > TOLERANCE and self._adapted < MOST_ADAPTING
        return statistics

    def restart_one(self, chain: int, reservoir: Reservoir) -> None:
        """Starts one walker anew from a sample of the target, drawn from a reservoir of the model.

        Where sites are held, they are put at their values first: the start is then a plausible one, not a sample.

        Args:
            chain: which.
            reservoir: weighted samples of the model.

        Raises:
            ValueError: there is no such chain.
        """
        chains = self._chains
        if not 0 <= chain < len(chains):
            raise ValueError(f"there is no chain {chain + 1}; there are {len(chains)}")
        starts = chains.target.base.pin(reservoir.x)
        log_weights = reservoir.log_weights + reservoir.energy - chains.target.hamiltonian.energy(starts)
        chosen = systematic_resample(log_weights, 1, chains.generator)
        positions = chains.x.clone()
        positions[chain] = starts[chosen[0]]
        self.ancestors = self.ancestors.index_copy(0, torch.tensor([chain], device=chosen.device), chosen)
        chains.retarget(chains.target, positions)

    def change_kernel(self, name: str) -> None:
        """Goes on with another kernel, which tunes itself.

        Raises:
            ValueError: there is no such kernel, or it cannot move here.
        """
        target = self._chains.target
        self._chains.retarget(target, kernel=make_kernel(name, target))
        self.automatic = True
        self.restart()

    def tune(self, automatic: bool, parameters: Mapping[str, float]) -> None:
        """Sets parameters of the kernel by their names, and whether it tunes itself from here.

        Raises:
            ValueError: the kernel has no such parameter, or the number is out of its range; nothing is changed.
        """
        kernel = self._chains.kernel
        known = {p.name: p for p in kernel.parameters(self._chains.target.base.space)}
        for name, value in parameters.items():
            if name not in known:
                has = " and ".join(known) or "nothing to set"
                raise ValueError(f"the kernel “{kernel.label}” has no {name!r}; it has {has}")
            low, high, unit = known[name].low, known[name].high, known[name].unit
            if not (math.isfinite(value) and low <= value <= high):
                what, scale = name.replace("_", " "), f" {unit}" if unit else ""
                raise ValueError(
                    f"the {what} of “{kernel.label}” must be a number from {low:g} to {high:g}{scale}, "
                    f"got {value:g}"
                )
        for name, value in parameters.items():
            setattr(kernel, name, float(value))
        self.automatic = automatic
        self._tune_afresh()

    def _tune_afresh(self) -> None:
        self._adapting = self.automatic
        self._adapted = 0
        self._recent.clear()


def describe_kernel(
    kernel: Kernel, space: Space, acceptance_rate: float | None, automatic: bool = True, adapting: bool = True
) -> KernelRecord:
    """A kernel and its parameters as they stand."""
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


class Candidate(NamedTuple):
    """A reservoir to jump from.

    Attributes:
        reservoir: weighted samples of where the path starts.
        base: q of both ends of the path.
        path: from there to the composition.
        log_ratio: log of the composition's density over that where the path starts, shape (n,).
    """

    reservoir: Reservoir
    base: Base
    path: HamiltonianPath
    log_ratio: Tensor

    @property
    def worth(self) -> float:
        """Effective samples of the composition."""
        return effective_sample_size(self.reservoir.log_weights + self.log_ratio)


def candidate(
    model: EnergyTerm,
    base: Base,
    samples: ClassifiedSamples,
    composition: Composition,
    fields: Sequence[WeightedTerm],
) -> Candidate:
    """A composition as it is reached from samples.

    Args:
        model: the Min-MaxEnt term Σ λ f.
        base: q of both ends of the path.
        samples: of where the path starts.
        composition: where it ends.
        fields: of the composition, with their coefficients.
    """
    coefficient = composition.model_coefficient
    path = HamiltonianPath(model, fields, coefficient, samples.start)
    return Candidate(samples.reservoir, base, path, samples.log_ratio(coefficient, fields))


def jump(
    walkers: Chains, composition: Composition, candidates: Mapping[str, Candidate], moves: int
) -> tuple[SteeringRecord, Tensor]:
    """Puts the walkers on a composition; returns how, and the names of their ancestors, int64, shape (chains,).

    These are the indices of samples in the model's reservoir, or −1 − index of ones drawn from the base measure.

    Args:
        walkers: moved in place.
        composition: where to.
        candidates: reservoirs by the name of what they sample.
        moves: kernel moves after each resampling.

    Raises:
        ValueError: the composition is out of reach, or a field has failed; the walkers are as they were.
    """
    start = time.perf_counter()
    source = max(candidates, key=lambda name: candidates[name].worth)
    reservoir, base, path, log_ratio = candidates[source]
    with walkers.undone_by_failure():
        done = resample_move(
            walkers,
            reservoir.x,
            reservoir.log_weights,
            log_ratio,
            lambda s: Target(base, path.hamiltonian(s)),
            moves,
        )
    record = SteeringRecord(
        composition=composition,
        source=source,
        effective_sample_size=done.effective_sample_size,
        reservoir=len(reservoir),
        ancestors=len(to_host(done.ancestors).unique()),
        chains=len(walkers),
        stages=done.stages,
        seconds=time.perf_counter() - start,
    )
    return record, -1 - done.ancestors if source == "base" else done.ancestors
