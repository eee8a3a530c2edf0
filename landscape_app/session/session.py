"""One model being trained, sampled and steered: what the window and the command line both drive."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import torch
from torch import Tensor

from landscape_app.data import Dataset
from landscape_app.data.columns import log_unit
from landscape_app.language import tr
from landscape_app.learning.classifier import ImageClassifier, LabelledImages, real_image_training
from landscape_app.learning.ensembles import LadderEnsemble
from landscape_app.learning.trainer import Energies, EpochRecord
from landscape_app.models.energy import Function
from landscape_app.models.memories import Memories
from landscape_app.models.model import Model, SplitMeans
from landscape_app.physics.averages import weighted_mean
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.batched import batched
from landscape_app.physics.chains import Chains
from landscape_app.physics.exact import JointThermodynamics, hidden_sum
from landscape_app.physics.host import read_back, text_of, to_host
from landscape_app.physics.kernels import KERNELS, make_kernel
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.ranks import ALONE, Ranks
from landscape_app.physics.resampling import systematic_resample
from landscape_app.physics.space import require_images
from landscape_app.problems import Configuration
from landscape_app.problems.model import build_model, build_space, build_trainer, training_data
from landscape_app.runs import History
from landscape_app.session.adequacy import ADEQUACY, Adequacy
from landscape_app.session.bounds import Bounds
from landscape_app.session.composer import Composer
from landscape_app.session.composition import Composition
from landscape_app.session.convergence import COLUMNS, ConvergenceRecord, ConvergenceTest
from landscape_app.session.device import keep_freed_memory, resolve_device
from landscape_app.session.entropy_estimator import EntropyEstimator
from landscape_app.session.fresh_chains import (
    FreshChains,
    FreshRecord,
)
from landscape_app.session.journal import Journal
from landscape_app.session.measurement import Measurement
from landscape_app.session.memory import (
    BEGINNING,
    CLASSIFYING,
    MEASURING,
    OPENING,
    SAMPLING,
    TRAINING,
    memory_for,
    needs_memory,
)
from landscape_app.session.model_samples import SAMPLE_COUNT, SPACING, ModelSamples
from landscape_app.session.observables import ModelChains, ObservablesRecord, looking_into
from landscape_app.session.provenance import Lineage, date_now
from landscape_app.session.records import (
    EnergySets,
    HiddenFigures,
    Outcome,
    Snapshot,
    SteeringRecord,
    SweepRecord,
)
from landscape_app.session.sampler import JUMP_MOVES, Sampler
from landscape_app.session.snapshots import LEAST_CHAINS, MOST_CHAINS, EpochSnapshot, Snapshots
from landscape_app.session.verdict import (
    OF_THE_MODEL,
    VERDICTS,
    Verdict,
    fingerprint,
    from_json,
    to_json,
    verdict_on,
    with_verdict,
)

SNAPSHOTS = "snapshots"
"""Group of a run file that they are in."""

MOST_SUMMED_TRAINING, MOST_SUMMED_AT_REST = 2**10, 2**16
"""States of hidden units that are summed over for figures on view: some milliseconds, and a tenth of a second."""


class Session:
    """A model, its trainer, and a sampler: chains under a composed Hamiltonian.

    The training chains and the sampler have random states of their own: watching a run does not change it.

    Args:
        configuration: what determines the run.
        device: as `resolve_device` takes it.
        sampler_chains: number of chains on view.
        dataset: what to learn, where it is not the data of the configuration's problem.
        model: to begin with a copy of; None for that of the configuration, untrained.
        functions: fields and energies in Python that are trusted, by the digest of their source.
        ranks: that train the model together, each with a session of its own; all do the same at the same time.

    Attributes:
        device: where tensors are made.
        model: what is trained.
        trainer: of the model.
        device_note: why another device was not taken; None where it was, or there is none.
        composer: networks and functions that fields are made with.
        samples: weighted samples of the model.
        sampler: the chains on view.
        snapshots: of the model after earlier epochs.
        measurements: of the entropy estimator, of the averaged parameters of one epoch after the other.
        kept: the measurement of the model that rests since training has ended; None while there is more training.
        adequacy: evidence on that model, over fresh chains; None while there is no such model, or no such chains.
        kept_base: likewise that of its base measure alone, where it is a learned one.
        journal: actions on the run, as far as they are noted.
        verdicts: of convergence tests, each on one state of the model.

    Raises:
        ValueError: the data set or device does not exist, the data set has not so many items to learn from, or the
            kernel cannot move where they live.
    """

    @needs_memory(BEGINNING)
    def __init__(
        self,
        configuration: Configuration,
        device: str = "auto",
        sampler_chains: int = 100,
        dataset: Dataset | None = None,
        model: Model | None = None,
        functions: Mapping[str, Function] | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        keep_freed_memory()
        self.ranks = ranks
        self.configuration = configuration
        self.lineage = Lineage()
        self.journal = Journal()
        self.verdicts: tuple[Verdict, ...] = ()
        self.device, self.device_note = resolve_device(device)
        self.dataset = training_data(configuration, dataset)
        self.space = build_space(self.dataset, configuration.given_energy)
        self.training_items = torch.as_tensor(self.dataset.training_items).float().to(self.device)
        self.held_out_items = torch.as_tensor(self.dataset.held_out_items).float().to(self.device)
        self.validation_items = self.held_out_items[torch.as_tensor(self.dataset.in_validation)]
        self.test_items = self.held_out_items[torch.as_tensor(~self.dataset.in_validation)]
        self.weights, self.validation_weights, self.test_weights = (
            None if weights is None else torch.as_tensor(weights).float().to(self.device)
            for weights in self.dataset.weights_of_sets
        )
        if model is None:
            self.model = build_model(
                *(configuration, self.space, self.training_items, self.dataset.columns, functions),
                weights=self.weights,
            )
        else:
            self.model = model.on_device(self.device)
        self.trainer = build_trainer(
            *(configuration, self.model, self.training_items, self.validation_items),
            weights=self.weights,
            held_out_weights=self.validation_weights,
            ranks=ranks,
        )
        self._shared_seconds, self._told_seconds = 0.0, torch.zeros(())
        self.history = History()
        self.measurements = History()
        self.kept: Measurement | None = None
        self.kept_base: Measurement | None = None
        self.adequacy: Adequacy | None = None
        kernel = make_kernel(configuration.kernel, self.model.target)
        self.estimator = EntropyEstimator(
            self.trainer,
            self.validation_items,
            self.test_items,
            kernel,
            configuration.seed + 2,
            log_unit(self.dataset.columns),
            weights=(self.validation_weights, self.test_weights),
        )
        self.composer = Composer(self.space, len(self.class_names))
        self.composer.trusted.update(functions or {})
        self.samples = ModelSamples(self.trainer)
        generator = torch.Generator(self.device).manual_seed(configuration.seed + 1)
        chains = Chains(
            self.model.base_measure.sample(sampler_chains, generator),
            self.model.target,
            KERNELS[configuration.kernel](),
            generator,
        )
        self.sampler = Sampler(chains, self.samples, self.composer)
        self._snapshot_chains, size = self._snapshot_size()
        self.snapshots = Snapshots(size)

    @property
    def classes(self) -> int:
        """Number of classes that chains can be steered to; 0 where the data are no images or have no labels."""
        return self.composer.classes

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of each class that chains can be steered to, by its number."""
        return self.dataset.names_of_classes if self.space.is_image else ()

    @property
    def memories(self) -> Memories | None:
        """The training items as patterns to be remembered; None of another model than coupled spins, or of many."""
        if self.sampler.patterns is None:
            return None
        named = bool(self.dataset.class_names)
        names = [self.dataset.class_name(label) for label in self.dataset.training_labels] if named else []
        return Memories(self.dataset.training_items, tuple(names) if len(set(names)) == len(names) else ())

    @property
    def classifier(self) -> ImageClassifier | None:
        """The classifier; None until it is trained."""
        return self.composer.classifier

    @classifier.setter
    def classifier(self, network: ImageClassifier | None) -> None:
        self.composer.classifier = network

    @property
    def classifier_accuracy(self) -> float | None:
        """Accuracy of the classifier on images it never saw; None until it is trained."""
        return self.composer.classifier_accuracy

    @property
    def classifier_seed(self) -> int | None:
        """Seed that the classifier was trained with; None until it is, and where it comes from a file."""
        return self.composer.classifier_seed

    @property
    def progress(self) -> float:
        """Share of the planned training that is done, 0 to 1."""
        return self.configuration.share_done(self.trainer.epoch, self._seconds)

    @property
    def _seconds(self) -> float:
        """Training time so far, of several ranks as all of them know it: that of the first, an epoch ago."""
        return self.trainer.seconds if self.ranks.is_alone else self._shared_seconds

    def plan_epochs(self, epochs: int) -> None:
        """Plans training to end after so many epochs in all.

        Args:
            epochs: how many, those that are done included.

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
            yield self._epoch()

    def _epoch(self) -> EpochRecord:
        # The state before the first epoch; later ones are kept already.
        self._keep_snapshot()
        self.trainer.progress = self.progress
        prepares = self.trainer.is_preparing
        with memory_for(TRAINING):
            record = self.trainer.advance()
        self.kept = self.kept_base = self.adequacy = None
        self.history.append(record)
        kernel = self.sampler.chains.kernel
        if self.sampler.automatic and type(kernel) is type(self.trainer.ensemble.kernel):
            kernel.step_size = record.step_size
        self.samples.after_epoch(
            record.epoch, record.energy_training, forget=prepares or self.trainer.balanced_at == record.epoch
        )
        self._keep_snapshot()
        # Last, as an epoch counts though its measurement may fail.
        self._measure_after()
        self._share_seconds()
        return record

    def _share_seconds(self) -> None:
        """Tells all ranks the time of the first, along with a message of the next epoch.

        By it the progress, and all that depends on it, is the same everywhere.
        """
        if self.ranks.is_alone:
            return
        self.ranks.settle(self._told_seconds)
        self._shared_seconds = float(self._told_seconds)
        self._told_seconds = torch.tensor(self.trainer.seconds, device=self.device)
        self.ranks.first_later(self._told_seconds)

    def _snapshot_size(self) -> tuple[int, int]:
        """Number of chains of a snapshot, and its bytes."""
        parameters = sum(parameter.nbytes for parameter in self.model.parameters())
        one = self.space.compact(self.sampler.chains.x[:1]).nbytes
        chains = min(max(parameters // one, LEAST_CHAINS), MOST_CHAINS)
        return chains, parameters + chains * one

    def _keep_snapshot(self) -> None:
        """Keeps a snapshot where one is due; none while the base measure is fitted, which is not in it."""
        trainer = self.trainer
        if self.snapshots.is_due(trainer.epoch) and not (trainer.is_preparing or trainer.fits_given):
            self.snapshots.add(self._snapshot_now())

    def _snapshot_now(self) -> EpochSnapshot:
        """The averaged parameters as they are, and chains that train drawn by their weights."""
        chains = self.trainer.ensemble.chains_at_one
        # A generator of its own: a run is the same with snapshots and without.
        generator = torch.Generator(self.device).manual_seed(0)
        chosen = systematic_resample(chains.log_weights, self._snapshot_chains, generator)
        x, *values = read_back(self.space.compact(chains.x[chosen]), *self.trainer.average)
        named = self.model.named(values)
        return EpochSnapshot(
            self.trainer.epoch, {name: value.numpy() for name, value in named.items()}, x.numpy()
        )

    @property
    def epochs_at_hand(self) -> tuple[int, ...]:
        """Epochs that `at_epoch` can go to, rising: those of the snapshots, and the last."""
        return self.snapshots.epochs_with(self.trainer.epoch)

    def at_epoch(
        self, epoch: int, configuration: Configuration | None = None, moves: int = JUMP_MOVES
    ) -> Session:
        """A session of its own of the model as it was after an epoch, to be sampled, or trained on from there.

        It has the averaged parameters and the chains of the snapshot, this session's networks and composition, and
        the history up to there. A snapshot holds no more: the gradients' moments, the other chains and replicas, and
        estimates of the entropy begin anew.

        Args:
            epoch: one of `epochs_at_hand`.
            configuration: of the same model and data, for the training from there; None for that of this session.
            moves: as of `go_to`.

        Raises:
            ValueError: there is no snapshot of the epoch.
        """
        if epoch != self.trainer.epoch:
            # Before anything is made.
            self.snapshots[epoch]
        session = Session(
            configuration or self.configuration,
            str(self.device),
            len(self.sampler),
            self.dataset,
            self.model,
            self.composer.trusted,
        )
        session.lineage = Lineage(parent=self.lineage.run)
        session.device_note = self.device_note
        session.composer = session.sampler.composer = self.composer
        session.sampler.composition = self.composition
        session.go_to(self, epoch, moves)
        session.trainer.look()
        return session

    @needs_memory(OPENING)
    def go_to(self, run: Session, epoch: int, moves: int = JUMP_MOVES) -> None:
        """Puts the model and the chains where those of a run of the same model and data were after an epoch.

        Args:
            run: whose snapshot is taken; it stays as it is.
            epoch: one of its `epochs_at_hand`.
            moves: of the sampler's chains, from those of the snapshot (`Sampler.steer`).

        Raises:
            ValueError: there is no snapshot of the epoch.
        """
        found = run._snapshot_now() if epoch == run.trainer.epoch else run.snapshots[epoch]
        trainer, share = self.trainer, epoch / max(1, run.trainer.epoch)
        x = torch.from_numpy(found.x).float().to(self.device)
        values = {name: torch.from_numpy(value) for name, value in found.parameters.items()}
        trainer.adopt(self.model.values_of(values), epoch, x)
        self.history, self.measurements = run.history.until(epoch), run.measurements.until(epoch)
        self.snapshots = run.snapshots.until(epoch)
        last = self.history.last
        trainer.seconds, trainer.recoveries = last.get("seconds", 0.0), int(last.get("recoveries", 0))
        trainer.evaluations = round(share * run.trainer.evaluations)
        self.estimator.evaluations = share * run.estimator.evaluations
        names = (f"energy_{side}" for side in Energies._fields)
        trainer.energies = Energies(*(last[name] for name in names)) if last else None
        self.kept = self.kept_base = self.adequacy = None
        self.verdicts = run.verdicts
        self.lineage = replace(self.lineage, branch=epoch)
        self.samples.load_state_dict({"x": x, "log_weights": torch.zeros(len(x))})
        # The same chains whenever the epoch is gone to.
        self.sampler.seed(self.configuration.seed + 1)
        self.sampler.steer(self.composition, moves)

    @property
    def model_epoch(self) -> int:
        """Epoch that the model is of: the one that is kept, where training has ended and rests on an earlier one."""
        return self.trainer.epoch if self.kept is None else int(self.kept.epoch)

    @property
    def is_done(self) -> bool:
        """True once the plan has ended, or training on would only memorise."""
        return self.progress >= 1.0 or self.estimator.has_risen

    @needs_memory(MEASURING)
    def finish(self, best: bool = False) -> Outcome:
        """Measures and rests where training has ended, or on the best state where that was better beyond doubt.

        The figures are those of the state that is kept (`EntropyEstimator.finish`), and stay with it as `kept`. The
        training chains have been dragged along: constraints are solved on fresh chains, and the chains that train
        rest on samples of these. Where they do not agree with the model still, they are solved again from where the
        chains are, if a time was planned, not epochs, and not too short a one. What they say in the end is in the
        outcome.

        Args:
            best: whether to rest on the best state so far in any case: that of the lowest validation nats.
        """
        stopped_early = self.estimator.has_risen
        if self.model.is_given:
            state, record = self.estimator.finish(best=best), None
            self.rest()
        else:
            fresh = self.fresh_chains()
            state = self.estimator.finish(fresh, best)
            record = self._rest_on(state.parameters, fresh)
            has_time = self.configuration.planned_seconds is not None and self.progress >= 1.0
            (agrees,) = self.ranks.agreed(record.agrees)
            if has_time and fresh.suffices and state.epoch and not agrees:
                state = self.estimator.solve(state, fresh)
                record = self._rest_on(state.parameters, fresh)
        self.kept, self.kept_base = state.found, self.estimator.learned_base()
        self.adequacy = (
            None
            if record is None
            else record.adequacy(self._base_nats(), self.model.constraint_multipliers is not None)
        )
        return Outcome(state.found, state.epoch, stopped_early, record, self.kept_base, self.adequacy)

    def _base_nats(self) -> float:
        """−⟨log q⟩ of the items that judge the model: the test items, else those that chose it; nats an item."""
        judges = len(self.test_items) > 0
        items, weights = (
            (self.test_items, self.test_weights)
            if judges
            else (self.validation_items, self.validation_weights)
        )
        with torch.no_grad():
            log_q = to_host(batched(self.model.base_measure.log_prob, items)).double()
        counts = None if weights is None else to_host(weights).double()
        return log_unit(self.dataset.columns) - float(weighted_mean(log_q, counts))

    def _rest_on(self, parameters: list[Tensor], fresh: FreshChains) -> FreshRecord:
        """Lets the model rest on parameters and the chains on fresh ones; what these say of the model."""
        self.rest(parameters)
        x = fresh.draw(self.model.target)
        fresh.set_down(self.trainer, x)
        self.samples.renew()
        return fresh.record(
            x, self.model, self.training_items, self.classifier, self.class_names, self.weights
        )

    def fresh_chains(self, evaluations: int | None = None) -> FreshChains:
        """Ladders at the base measure, as many as so many evaluations of a training allow.

        Args:
            evaluations: of the energy, for one chain each; None for those of the run's own training.
        """
        plan = self.configuration
        kernel = make_kernel(plan.kernel, self.model.target)
        fresh = FreshChains(self.trainer, kernel, plan.seed + 3, evaluations, plan.solves_modes)
        fresh.on_step = self.estimator.on_step
        return fresh

    @needs_memory(MEASURING)
    def measured(self) -> Measurement:
        """The measurement of the model that is kept; of a run that has none its averaged parameters', made now.

        The model rests on these.
        """
        if self.kept is not None:
            return self.kept
        self.rest()
        return self.estimator.measure_aside()

    @needs_memory(TRAINING)
    def rest(self, parameters: list[Tensor] | None = None) -> None:
        """Lets the model take its averaged parameters, or others; training goes on from where it was.

        A model that rests already, on whichever parameters, is left alone unless others are given.

        Args:
            parameters: in the order of `Model.parameters`; None for the averaged ones.
        """
        if self.trainer.epoch == 0 or (self.trainer.is_resting and parameters is None):
            return
        self.trainer.rest(parameters)
        self.samples.outdate()

    @needs_memory(MEASURING)
    def _measure_after(self) -> None:
        if self.trainer.is_preparing:
            return
        spent = self.estimator.seconds
        measurement = self.estimator.after_epoch()
        self.trainer.seconds += self.estimator.seconds - spent
        if measurement is not None:
            self.measurements.append(measurement)

    def sample(self) -> Iterator[SweepRecord]:
        """Moves the sampler's chains without end, one kernel step at each `next()`."""
        return self.sampler.sample()

    def steer(self, composition: Composition, moves: int = JUMP_MOVES) -> SteeringRecord:
        """Puts the sampler's chains on a composition, by resample–move (see `Sampler.steer`).

        Args:
            composition: what they sample from now on.
            moves: kernel steps after the jump.
        """
        return self.sampler.steer(composition, moves)

    @property
    def composition(self) -> Composition:
        """The composition of the sampler."""
        return self.sampler.composition

    @needs_memory(SAMPLING)
    def collect_samples(self, size: int = SAMPLE_COUNT, spacing: int = SPACING) -> Iterator[int]:
        """Collects weighted samples from the training chains; yields how many there are.

        Args:
            size: how many are wanted.
            spacing: moves between two collections.
        """
        yield from self.samples.collect(size, spacing)

    def convergence_test(
        self, columns: int = COLUMNS, seed: int = 0, kernel: str | None = None
    ) -> ConvergenceTest:
        """A test of the model without any field, which leaves the session as it is (see `ConvergenceTest`).

        Args:
            columns: ladders from each start.
            seed: of every random number.
            kernel: a name in `KERNELS`; None for the run's own.

        Raises:
            ValueError: fewer than two columns, or a kernel that does not exist or cannot move here.
        """
        return ConvergenceTest(
            self.samples,
            self.validation_items,
            self.test_items,
            kernel or self.configuration.kernel,
            columns,
            seed,
            self.classifier,
            self.class_names,
            self.model_epoch,
            log_unit(self.dataset.columns),
            (self.validation_weights, self.test_weights),
        )

    def keep_verdict(self, test: ConvergenceTest, record: ConvergenceRecord) -> None:
        """Keeps the verdict of a convergence test of the model as it is, which its figures must not contradict.

        Args:
            test: of `convergence_test`.
            record: its last, with a diagnosis.
        """
        found = Verdict.of(test, record, self._fingerprint, self.model_epoch, date_now())
        self.verdicts = with_verdict(self.verdicts, found)
        if self.kept is not None and record.measurement is not None:
            self.kept = self.kept.after_test(record.measurement, record.agree)

    @property
    def verdict(self) -> Verdict | None:
        """Verdict of the last convergence test of the model as it is; None where this state of it was not tested."""
        return verdict_on(self.verdicts, self._fingerprint) if self.verdicts else None

    @property
    def _fingerprint(self) -> str:
        model, base = self.model.named(self.model.values()), self.model.base_measure.state_dict()
        return fingerprint(
            {
                group + name: to_host(table).numpy()
                for group, tables in zip(OF_THE_MODEL, (model, base), strict=True)
                for name, table in tables.items()
            }
        )

    @property
    def ladder(self) -> Ladder:
        """The ladder that there is to watch while the model trains: the one that trains it, else the estimator's."""
        ensemble = self.trainer.ensemble
        return ensemble.ladder if isinstance(ensemble, LadderEnsemble) else self.estimator.ladder

    @needs_memory(CLASSIFYING)
    def classifier_training(self, epochs: int = 60, seed: int | None = None) -> Iterator[float]:
        """Trains a classifier on real images only; yields the share that is done.

        It learns from the training images and three quarters of the held-out ones, and is tested on the rest.
        Every training starts from other weights, unless a seed says from which; the new network takes its place when
        it is done.

        Args:
            epochs: passes over the images.
            seed: of the weights it starts from, and of the order of the images; None for another one every time.

        Raises:
            ValueError: the data have no classes.
        """
        self.composer.require_classes()
        composer = self.composer
        seed = self.configuration.seed + composer.trainings if seed is None else seed
        composer.trainings += 1
        composer.classifier, composer.classifier_accuracy = yield from real_image_training(
            require_images(self.space),
            self.classes,
            LabelledImages(self.training_items, torch.as_tensor(self.dataset.training_labels)),
            LabelledImages(self.held_out_items, torch.as_tensor(self.dataset.held_out_labels)),
            seed,
            epochs,
        )
        composer.classifier_seed = seed

    def train_classifier(self, epochs: int = 60, seed: int | None = None) -> float:
        """All of `classifier_training` at once; returns the accuracy on images the network never saw, 0 to 1.

        Args:
            epochs: passes over the images.
            seed: as of `classifier_training`.

        Raises:
            ValueError: the data have no classes.
        """
        for _ in self.classifier_training(epochs, seed):
            pass
        assert self.classifier_accuracy is not None
        return self.classifier_accuracy

    def adopt_classifier(self, other: Session) -> None:
        """Takes over another session's classifier, which depends on the data alone.

        Args:
            other: a session of the same data.
        """
        if other.classifier is not None:
            self.classifier = other.classifier.to(self.device)
            self.composer.classifier_accuracy = other.classifier_accuracy
            self.composer.classifier_seed = other.classifier_seed

    def state_dict(self, passing: bool = False) -> dict[str, Any]:
        """All that goes on from a run file, but the data, the history and the plan: a tree of tensors and numbers.

        Of several ranks all must ask, and each has it whole.

        Args:
            passing: take the samples at hand for those of the model: nothing is computed.
        """
        self.trainer.align()
        state: dict[str, Any] = {
            "model": self.model.named(self.model.values()),
            "base_measure": self.model.base_measure.state_dict(),
            "trainer": self.trainer.state_dict(),
            "estimator": self.estimator.state_dict(),
            "measurements": self.measurements.as_arrays(),
            "samples": self.samples.state_dict(passing),
            "discriminators": self.composer.discriminators_state(),
            SNAPSHOTS: self.snapshots.state_dict(),
        }
        if self.kept is not None:
            state["kept"] = asdict(self.kept)
        if self.adequacy is not None:
            state[ADEQUACY] = self.adequacy.state_dict()
        if self.kept_base is not None:
            state["kept_base"] = asdict(self.kept_base)
        if self.classifier is not None:
            state["classifier"] = {
                "accuracy": self.classifier_accuracy,
                "network": self.classifier.state_dict(),
            }
        if self.journal.entries:
            state["journal"] = self.journal.to_json()
        if self.verdicts:
            state[VERDICTS] = to_json(self.verdicts)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state of the same configuration and data.

        Args:
            state: as `state_dict` gives it.

        Raises:
            KeyError, RuntimeError, TypeError or ValueError: the state is not whole, or of another run.
        """
        self.model.set_values(self.model.values_of(state["model"]))
        self.model.base_measure.load_state_dict(state.get("base_measure", {}))
        self.trainer.load_state_dict(state["trainer"])
        self._shared_seconds, self._told_seconds = self.trainer.seconds, torch.tensor(self.trainer.seconds)
        self.estimator.load_state_dict(state["estimator"])
        shapes = {name: tuple(parameter.shape) for name, parameter in self.model.named_parameters()}
        self.snapshots.load_state_dict(state.get(SNAPSHOTS, {}), shapes, self.space, self.trainer.epoch)
        columns = {name: column.numpy() for name, column in state.get("measurements", {}).items()}
        self.measurements = Measurement.history(columns)
        self.kept = Measurement.from_figures(state["kept"]) if "kept" in state else None
        self.kept_base = Measurement.from_figures(state["kept_base"]) if "kept_base" in state else None
        self.adequacy = Adequacy.from_state(state[ADEQUACY]) if ADEQUACY in state and self.kept else None
        if "classifier" in state:
            found = state["classifier"]
            self.composer.classifier_accuracy = float(found["accuracy"])
            network = ImageClassifier.of_state(require_images(self.space), self.classes, found["network"])
            self.classifier = network.to(self.device)
        self.composer.load_discriminators(state.get("discriminators", {}), self.device)
        journal = state.get("journal")
        self.journal = Journal() if journal is None else Journal.from_json(text_of(journal))
        verdicts = state.get(VERDICTS)
        self.verdicts = () if verdicts is None else from_json(text_of(verdicts))
        self.samples.load_state_dict(state["samples"])
        self.sampler.chains.kernel.step_size = self.trainer.ensemble.kernel.step_size

    def snapshot(self, training: bool, classify: bool = True) -> Snapshot:
        """The chains on view.

        Args:
            training: whether these are the chains that train, not the sampler's.
            classify: whether their predicted classes are wanted.
        """
        return self.sampler.snapshot(classify, training)

    @needs_memory(MEASURING)
    def energy_sets(self) -> EnergySets:
        """Energies of training items, held-out items and model samples."""
        samples = self.samples.at_hand
        chosen = systematic_resample(samples.log_weights, 512, self.sampler.chains.generator)
        training = self.model_energy(self.training_items)
        # Not `energy_origin`, which is some updates old while the model trains.
        origin = weighted_mean(training, self.weights)
        data, held_out = self.dataset, self.model_energy(self.held_out_items)
        return EnergySets(
            training=to_host(training - origin).numpy()[data.as_often_as_counted(data.training)],
            held_out=to_host(held_out - origin).numpy()[data.as_often_as_counted(data.held_out)],
            model=to_host(samples.energy[chosen] - origin).numpy(),
        )

    @needs_memory(MEASURING)
    def hidden_figures(self, training: bool, before: HiddenFigures | None = None) -> HiddenFigures | None:
        """Energy, entropy and free energy of the hidden units over data and chains; None of a model without any.

        Args:
            training: take the chains that train, else the sampler's.
            before: figures of the model at the same parameters, whose sum over all states still holds.
        """
        ensemble = self.trainer.ensemble.chains_at_one
        x = ensemble.x if training else self.sampler.chains.x
        of_data, of_chains = self.model.split(self.training_items), self.model.split(x)
        if of_data is None or of_chains is None:
            return None
        figures = read_back(
            of_data.means(counts=self.weights), of_chains.means(ensemble.log_weights if training else None)
        )
        steered = not training and not self.composition.is_model
        means = [SplitMeans(*figure.double().tolist()) for figure in figures]
        joint = self._joint(training) if before is None else before.joint
        return HiddenFigures(means[0], means[1], len(x), steered, joint)

    def _joint(self, training: bool) -> JointThermodynamics | None:
        """The sum over sites and hidden units, where there is one that takes no time."""
        machine, base = hidden_sum(self.model.target), self.model.base_measure
        if machine is None or not isinstance(base, ProductBase):
            return None
        most = MOST_SUMMED_TRAINING if training else MOST_SUMMED_AT_REST
        return machine.joint(base) if machine.hidden_evaluations <= most else None

    def looking_into(
        self, training: bool = False, on_view: bool = True
    ) -> Generator[float, None, ObservablesRecord]:
        """Looks into the observables of the model as it is (`session.observables.looking_into`).

        Args:
            training: whether the model trains, for the record.
            on_view: take the sampler's chains where these are of the model alone; else, and elsewhere, those that
                train, with their weights.
        """
        ensemble, sampler = self.trainer.ensemble.chains_at_one, self.sampler
        if on_view and self.composition.is_model:
            name = tr("chains on view, step {steps:,}", steps=sampler.steps)
            chains = ModelChains(sampler.chains.x.clone(), None, sampler.ancestors.clone(), name)
        else:
            chains = ModelChains(
                ensemble.x.clone(), ensemble.log_weights.clone(), None, tr("chains that train")
            )
        return looking_into(
            self.model,
            self.training_items,
            chains,
            data_weights=self.weights,
            columns=self.dataset.columns,
            epoch=self.model_epoch,
            training=training,
        )

    def bounds(self, temperature: float = 1.0, starts: int = 20) -> Bounds:
        """Mean field of the model from many starts, its free energy, and the evidence of held-out items.

        Args:
            temperature: T, of sites and hidden units together.
            starts: of mean field.

        Raises:
            ValueError: the model has no mean field, or a number is out of range.
        """
        plan = self.configuration
        return Bounds(
            self.model,
            self.training_items,
            self.judging_items,
            plan.kernel,
            temperature,
            starts,
            plan.seed,
            self.weights,
            self.judging_weights,
        )

    def model_energy(self, x: Tensor) -> Tensor:
        """E(x) of the model in nats, shape (n,).

        Args:
            x: configurations on the session's device, shape (n, *shape).
        """
        return self.model.hamiltonian.energy(x)

    @property
    def judging_items(self) -> Tensor:
        """The test set, or where there is none the validation set, shape (m, *shape)."""
        return self.test_items if len(self.test_items) else self.validation_items

    @property
    def judging_weights(self) -> Tensor | None:
        """Weights of the judging items, shape (m,); None where they count alike."""
        return self.test_weights if len(self.test_items) else self.validation_weights

    @property
    def energy_origin(self) -> float:
        """Mean of the model's energy over the training items: energies are shown from here."""
        return self.samples.energy_origin
