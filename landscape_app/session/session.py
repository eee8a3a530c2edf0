"""One model being trained, sampled and steered: what the window and the command line both drive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from landscape_app.data import Dataset
from landscape_app.learning.classifier import ImageClassifier, LabelledImages, real_image_training
from landscape_app.learning.ensembles import LadderEnsemble
from landscape_app.learning.epoch import EpochRecord
from landscape_app.physics.base import Base
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Hamiltonian, MaxEntTerm, Target, WeightedTerm
from landscape_app.physics.host import number, to_host
from landscape_app.physics.kernels import KERNELS, kernels_for
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.observables import are_images, require_images
from landscape_app.physics.resampling import systematic_resample
from landscape_app.physics.reservoir import Reservoir
from landscape_app.problems import Configuration
from landscape_app.runs import History
from landscape_app.session.building import build_meter, build_parts, build_trainer
from landscape_app.session.composition import Composition
from landscape_app.session.device import keep_freed_memory, resolve_device
from landscape_app.session.entropy_meter import Measurement
from landscape_app.session.journal import Journal
from landscape_app.session.lineage import Lineage
from landscape_app.session.memory import (
    BEGINNING,
    CLASSIFYING,
    MEASURING,
    SAMPLING,
    STEERING,
    TRAINING,
    memory_for,
    needs_memory,
)
from landscape_app.session.model_samples import RESERVOIR_SIZE, SPACING, ModelSamples
from landscape_app.session.records import EnergySets, Outcome, Snapshot, SteeringRecord, SweepRecord
from landscape_app.session.sampler import (
    START_PLACES,
    ClassifiedSamples,
    Composer,
    Walk,
    candidate,
    clamp,
    jump,
    start_positions,
)

JUMP_MOVES = 10


class Session:
    """A model, its trainer, and walkers under a composed Hamiltonian.

    The training chains and the walkers have random states of their own: watching a run does not change it.

    Args:
        configuration: what determines the run.
        device: as `resolve_device` takes it.
        walkers: number of chains on view.
        dataset: what to learn, where it is not the data of the configuration's problem.

    Attributes:
        device: where tensors are made.
        device_note: why another device was not taken; None where it was, or there is none.
        classifier: the class network; None until it is trained.
        classifier_accuracy: on images it never saw; None until it is trained.
        classifier_seed: that it was trained with; None until it is, and where it comes from a file.
        measurements: of the entropy meter, of the averaged parameters of one epoch after the other.
        kept: the measurement of the model that rests since training has ended; None while there is more training.
        journal: what a person has done with the run, as far as somebody notes it.

    Raises:
        ValueError: the data set or device does not exist, the data set has not so many items to learn from, or the
            kernel cannot move where they live.
    """

    @needs_memory(BEGINNING)
    def __init__(
        self,
        configuration: Configuration,
        device: str = "auto",
        walkers: int = 100,
        dataset: Dataset | None = None,
    ) -> None:
        keep_freed_memory()
        self.configuration = configuration
        self.lineage = Lineage()
        self.journal = Journal()
        self.device, self.device_note = resolve_device(device)
        parts = build_parts(configuration, self.device, dataset)
        self.dataset, self.space, self.training_items, self.held_out_items, self.base, self.observables = (
            parts
        )
        self.multipliers = torch.zeros(configuration.observables, device=self.device)
        self.trainer = build_trainer(
            configuration,
            self.base,
            self.hamiltonian,
            self.observables,
            self.multipliers,
            self.training_items,
            self.held_out_items,
        )
        self.classifier: ImageClassifier | None = None
        self.classifier_accuracy: float | None = None
        self.classifier_seed: int | None = None
        self._classifier_trainings = 0
        self.history = History()
        self.measurements = History()
        self.kept: Measurement | None = None
        self.meter = build_meter(configuration, self.trainer, self.held_out_items)
        self.composition = Composition()
        self.composer = Composer(self.space, self.classes)
        self.samples = ModelSamples(self.trainer, self.hamiltonian)
        self._generator = torch.Generator(self.device).manual_seed(configuration.seed + 1)
        self._energy_origin: float | None = None
        self.walkers = Chains(
            self.base.sample(walkers, self._generator),
            Target(self.base, self.hamiltonian),
            KERNELS[configuration.kernel](),
            self._generator,
        )
        self.walk = Walk(self.walkers)

    @property
    def classes(self) -> int:
        """Number of classes that chains can be steered to; 0 where the data are no images or have no labels."""
        return len(self.class_names)

    @property
    def class_names(self) -> tuple[str, ...]:
        """What to call each class that chains can be steered to, by its number."""
        return self.dataset.names_of_classes if are_images(self.space) else ()

    @property
    def model_term(self) -> MaxEntTerm:
        """Σ λ_i f_i(x; θ) at the current parameters."""
        return MaxEntTerm(self.observables, self.multipliers)

    @property
    def hamiltonian(self) -> Hamiltonian:
        """The trained model's Hamiltonian, without any field."""
        return Hamiltonian([WeightedTerm(1.0, self.model_term)])

    @property
    def progress(self) -> float:
        """Share of the planned training that is done, 0 to 1."""
        plan = self.configuration
        if plan.planned_seconds is not None:
            return min(1.0, self.trainer.seconds / plan.planned_seconds)
        return min(1.0, self.trainer.epoch / plan.planned_epochs)

    def plan_epochs(self, epochs: int) -> None:
        """Plans training to end after so many epochs in all.

        Raises:
            ValueError: the number is out of range.
        """
        self.configuration = replace(self.configuration, planned_epochs=epochs, planned_seconds=None)

    def train(self) -> Iterator[EpochRecord]:
        """Trains without end, an epoch at each `next()`; learning rates follow `progress`.

        Where training diverges it goes back to its last good state and on with smaller steps; records count that.

        Raises:
            DivergenceError: even that did not help; the last good state is kept.
            NotEnoughMemoryError: all is as it was before the epoch.
        """
        while True:
            self.trainer.progress = self.progress
            with memory_for(TRAINING):
                record = self.trainer.advance()
            self.kept = None
            self.history.append(record)
            if self.walk.automatic and type(self.walkers.kernel) is type(self.trainer.ensemble.kernel):
                self.walkers.kernel.step_size = record.step_size
            self._energy_origin = record.energy_training
            self.samples.after_epoch(record.epoch)
            # Last, as an epoch counts though its measurement may fail.
            self._measure_after()
            yield record

    @property
    def is_done(self) -> bool:
        """Whether the plan has ended, or training on would only memorise."""
        return self.progress >= 1.0 or self.meter.has_risen

    @needs_memory(MEASURING)
    def finish(self) -> Outcome:
        """Measures and rests where training has ended, or on the best state where that was better beyond doubt.

        The figures are those of the state that is kept (`EntropyMeter.choose`), and stay with it as `kept`.
        """
        stopped_early = self.meter.has_risen
        last = self.meter.measure_now()
        self.measurements.append(last)
        state = self.meter.choose(last)
        self.rest(None if state.epoch == last.epoch else state.parameters)
        self.kept = state.found
        return Outcome(state.found, state.epoch, stopped_early)

    @needs_memory(TRAINING)
    def rest(self, parameters: list[Tensor] | None = None) -> None:
        """Lets the model take its averaged parameters, or those given; training goes on from where it was.

        A model that rests already, on whichever parameters, is left alone unless others are given.
        """
        if self.trainer.epoch == 0 or (self.trainer.live is not None and parameters is None):
            return
        self.trainer.rest(parameters)
        self.samples.outdate()
        self._energy_origin = None

    @needs_memory(MEASURING)
    def _measure_after(self) -> None:
        spent = self.meter.seconds
        measurement = self.meter.after_epoch()
        self.trainer.seconds += self.meter.seconds - spent
        if measurement is not None:
            self.measurements.append(measurement)

    @needs_memory(SAMPLING)
    def sample(self) -> Iterator[SweepRecord]:
        """Moves the walkers without end, one kernel step at each `next()`."""
        while True:
            statistics = self.walk.step()
            yield SweepRecord(
                sweep=self.walk.steps,
                acceptance_rate=statistics.acceptance_rate,
                step_size=self.walkers.kernel.step_size,
                energy=statistics.energy,
            )

    @needs_memory(SAMPLING)
    def collect_reservoir(self, size: int = RESERVOIR_SIZE, spacing: int = SPACING) -> Iterator[int]:
        """Fills the reservoir from the training chains, `spacing` moves apart; yields its size so far."""
        yield from self.samples.collect(size, spacing)

    @needs_memory(STEERING)
    def steer(
        self, composition: Composition, moves: int = JUMP_MOVES, preview: bool = False
    ) -> SteeringRecord:
        """Puts the walkers on a composition by resample–move, from the reservoir worth most samples.

        Args:
            composition: where to.
            moves: kernel moves after each resampling.
            preview: start from the training chains as they stand, for a look while the model trains.

        Raises:
            ValueError: a field needs what is missing, such as a trained class network, or does not fit the space.
            FieldError: a person's own field failed, or gave what is no energy.
        """
        asks = bool(composition.conditions)
        samples = self._classified(self.samples.latest if preview else self.samples.reservoir, 1.0, asks)
        fields = self.composer.fields(composition, self.classifier, samples)
        base = clamp(self.base, composition)
        candidates = {}
        if not composition.clamps:
            candidates["model"] = candidate(self.model_term, base, samples, composition, fields)
        if composition.clamps or composition.model_coefficient < 0.5:
            drawn = self._classified(self._reservoir_of(base), 0.0, asks)
            candidates["base"] = candidate(self.model_term, base, drawn, composition, fields)
        self.walkers.adapt = self.walk.automatic
        record, self.walk.ancestors = jump(self.walkers, composition, candidates, moves)
        self.composition = composition
        self.walk.restart()
        return record

    def prepare_steering(self) -> None:
        """Does now what the first class target would otherwise wait for."""
        if self.classifier is not None:
            self.samples.log_probabilities(self.samples.reservoir, self.classifier)
            self.classifier(self.walkers.x.clone().requires_grad_()).sum().backward()

    @needs_memory(STEERING)
    def restart_walkers(self, place: str, count: int | None = None) -> SteeringRecord | None:
        """Starts the walkers anew under the same composition; returns the jump, if that is how.

        Args:
            place: "base" (samples of q), "noise" (see `Base.noise`), "data" (training items) or "chains"
                (resample–move from the model's reservoir).
            count: number of walkers from now on.

        Raises:
            ValueError: there is no such place, or no walkers are asked for.
            NotEnoughMemoryError: the walkers are as they were.
        """
        if place not in START_PLACES:
            raise ValueError(f"chains cannot start from {place!r}; choose from {', '.join(START_PLACES)}")
        count = count if count is not None else len(self.walkers)
        if count < 1:
            raise ValueError(f"at least one chain is needed, got {count}")
        if place == "chains":
            with self.walkers.undone_by_failure():
                self.walkers.resize(count)
                return self.steer(self.composition)
        target = self.walkers.target
        x, self.walk.ancestors = start_positions(
            place, count, target.base, self.training_items, self._generator
        )
        self.walkers.retarget(target, target.base.pin(x))
        self.walk.restart()
        return None

    @property
    def ladder(self) -> Ladder:
        """The ladder that there is to watch while the model trains: the one that trains it, else the meter's."""
        ensemble = self.trainer.ensemble
        return ensemble.ladder if isinstance(ensemble, LadderEnsemble) else self.meter.ladder

    def seed_walkers(self, seed: int) -> None:
        """Starts the walkers' random numbers anew, so that what they do from now on can be repeated."""
        self._generator.manual_seed(seed)

    def set_kernel(self, name: str) -> None:
        """Moves the walkers with another kernel from where they are.

        Raises:
            ValueError: there is no such kernel, or it cannot move here.
        """
        self.walk.change_kernel(name)

    def tune_kernel(self, *, automatic: bool = False, **parameters: float) -> None:
        """Sets the walkers' kernel, such as `step_size=2.0`, or lets it tune itself (`automatic=True`).

        Raises:
            ValueError: the kernel has no such parameter, or the number is out of its range; nothing is changed.
        """
        self.walk.tune(automatic, parameters)

    @property
    def kernels(self) -> tuple[str, ...]:
        """Names of the kernels that can move the walkers."""
        return tuple(kernels_for(self.walkers.target))

    @needs_memory(CLASSIFYING)
    def classifier_training(self, epochs: int = 60, seed: int | None = None) -> Iterator[float]:
        """Trains a class network on real images only; yields the share that is done.

        It learns from the training images and three quarters of the held-out ones, and is tested on the rest.
        Every training starts from other weights, unless a seed says from which; the new network takes its place when
        it is done.

        Raises:
            ValueError: the data have no classes.
        """
        self.composer.require_classes()
        seed = self.configuration.seed + self._classifier_trainings if seed is None else seed
        self._classifier_trainings += 1
        self.classifier, self.classifier_accuracy = yield from real_image_training(
            require_images(self.space),
            self.classes,
            LabelledImages(self.training_items, torch.as_tensor(self.dataset.training_labels)),
            LabelledImages(self.held_out_items, torch.as_tensor(self.dataset.held_out_labels)),
            seed,
            epochs,
        )
        self.classifier_seed = seed

    def train_classifier(self, epochs: int = 60, seed: int | None = None) -> float:
        """All of `classifier_training` at once; returns the accuracy on images the network never saw."""
        for _ in self.classifier_training(epochs, seed):
            pass
        assert self.classifier_accuracy is not None
        return self.classifier_accuracy

    def adopt_classifier(self, other: Session) -> None:
        """Takes over another session's class network, which depends on the data alone."""
        if other.classifier is not None:
            self.classifier = other.classifier.to(self.device)
            self.classifier_accuracy = other.classifier_accuracy
            self.classifier_seed = other.classifier_seed

    @needs_memory(SAMPLING)
    def snapshot(self, training: bool, classify: bool = True) -> Snapshot:
        """The chains on view: the training chains, or the walkers; with their predicted classes if asked."""
        n = len(self.walkers)
        chains = self.trainer.ensemble.chains_at_one if training else None
        x = chains.x[:n] if chains is not None else self.walkers.x
        energy = chains.energy[:n] if chains is not None else self.model_energy(x)
        classes = confidences = on_target = None
        if classify and self.classifier is not None:
            with torch.no_grad():
                confidence, chosen = self.classifier(x).softmax(-1).max(-1)
            classes, confidences = to_host(chosen).numpy(), to_host(confidence).numpy()
            if self.composition.conditions and not training:
                on_target = self.composition.share_on_target(classes)
        return Snapshot(
            training=training,
            x=to_host(self.space.compact(x)).numpy(),
            energies=to_host(energy - self.energy_origin).numpy(),
            classes=classes,
            confidences=confidences,
            on_target=on_target,
        )

    @needs_memory(MEASURING)
    def energy_sets(self) -> EnergySets:
        """Energies of training items, held-out items and model samples."""
        samples = self.samples.at_hand
        chosen = systematic_resample(samples.log_weights, 512, self._generator)
        origin = self.energy_origin
        return EnergySets(
            training=to_host(self.model_energy(self.training_items) - origin).numpy(),
            held_out=to_host(self.model_energy(self.held_out_items) - origin).numpy(),
            model=to_host(samples.energy[chosen] - origin).numpy(),
        )

    def model_energy(self, x: Tensor) -> Tensor:
        """Σ λ_i f_i(x) in nats, shape (n,)."""
        return self.hamiltonian.energy(x)

    @property
    def energy_origin(self) -> float:
        """Mean of Σ λ f over the training items: energies are shown from here, as only differences matter."""
        if self._energy_origin is None:
            self._energy_origin = number(self.model_energy(self.training_items).mean())
        return self._energy_origin

    def _classified(self, reservoir: Reservoir, start: float, asks: bool) -> ClassifiedSamples:
        """Samples of the model (start 1) or of the base measure (0), and what the class network says, if asked."""
        if not asks or self.classifier is None:
            return ClassifiedSamples(reservoir, start, None)
        return ClassifiedSamples(reservoir, start, self.samples.log_probabilities(reservoir, self.classifier))

    def _reservoir_of(self, base: Base) -> Reservoir:
        x = base.sample(RESERVOIR_SIZE, self._generator)
        return Reservoir(x, self.model_energy(x), x.new_zeros(len(x)))
