"""Handwritten digits from 25 to 800 images: a Min-MaxEnt model from noise to digits (the paper's figure 5)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from landscape_app.data import SHIPPED_MODEL, asset_path, load_digits
from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Curve, Figure, Images, Mark, Marker, Panel, Points, Role
from landscape_app.experiments.models import (
    autoregressive_training,
    epochs,
    fresh_samples,
    model_training,
    new_session,
    part,
    telling,
    vae_training,
)
from landscape_app.experiments.quality import (
    BASE,
    HELD_OUT,
    MODEL,
    SHIPPED,
    SHOWN,
    TRAINING,
    VAE,
    Quality,
    evaluator_training,
    image_rows,
    qualities_of,
    quality_panel,
)
from landscape_app.language import tr
from landscape_app.learning.quality import (
    EvaluationClassifier,
    classifier_distance,
    classifier_distance_error,
)
from landscape_app.physics.space import require_images
from landscape_app.session.checkpoint import open_session
from landscape_app.session.measurement import curves
from landscape_app.session.records import Outcome
from landscape_app.session.session import Session

SIZES = (25, 50, 100, 200, 800)

DOUBT = 2.0
"""Standard errors within which two figures count as equal."""


class SizeRecord(NamedTuple):
    """Quality after so many training images, on test images that are the same for all sizes.

    Attributes:
        size: of the training set.
        cross_entropy: of the model, nats an image.
        autoregressive: cross-entropy of the autoregressive network, nats an image.
        distance: FCD of the model's fresh samples.
        distance_vae: FCD of the VAE's samples.
        distance_error: standard error of their difference.
    """

    size: int
    cross_entropy: float
    autoregressive: float
    distance: float
    distance_vae: float
    distance_error: float


def size_measurement(
    size: int, epochs: int, samples: int, evaluator: EvaluationClassifier, seed: int
) -> Generator[float, None, SizeRecord]:
    """Trains the model, then its two rivals for the same time, on a training set; yields the share that is done.

    Args:
        size: of the training set.
        epochs: of training at most; the autoregressive network stops where it is at its best, too.
        samples: by which quality is judged.
        evaluator: of all sizes.
        seed: of every random number.
    """
    test = torch.as_tensor(load_digits().with_training(max(SIZES)).held_out_items).float()
    session = new_session(seed, epochs, size)
    outcome = yield from part(model_training(session), 0.0, 0.45)
    nats = float(session.model.target.surprisal(test).mean()) + outcome.final.log_partition
    fresh = yield from part(fresh_samples(session, samples), 0.45, 0.5)
    autoregressive = yield from part(autoregressive_training(session, test), 0.5, 0.6)
    vae = yield from part(vae_training(session), 0.6, 1.0)
    imagined = vae.sample(samples, torch.Generator().manual_seed(seed))
    errors = (classifier_distance_error(evaluator, made, test) for made in (fresh, imagined))
    return SizeRecord(
        size,
        nats,
        autoregressive,
        classifier_distance(evaluator, fresh, test),
        classifier_distance(evaluator, imagined, test),
        math.hypot(*errors),
    )


def efficiency_panels(records: Sequence[SizeRecord]) -> tuple[Panel, Panel]:
    """Cross-entropy and FCD against the size of the training set."""
    size = np.array([record.size for record in records], dtype=float)

    def column(name: str) -> np.ndarray:
        return np.array([getattr(record, name) for record in records], dtype=float)

    def joined(name: str, label: str, role: Role) -> tuple[Curve, Points]:
        return Curve(size, column(name), role=role), Points(size, column(name), label, role, 6.0)

    density = Panel(
        tr("How many images does a density need?"),
        (
            *joined("cross_entropy", "Min-MaxEnt", Role.MODEL),
            *joined("autoregressive", tr("autoregressive network (PixelCNN)"), Role.RIVAL),
        ),
        tr("training images"),
        tr("cross-entropy of test images, nats an image"),
        x_log=True,
    )
    quality = Panel(
        tr("How many images do good samples need?"),
        (
            *joined("distance", tr("Min-MaxEnt, fresh samples"), Role.MODEL),
            *joined("distance_vae", "VAE", Role.RIVAL),
        ),
        tr("training images"),
        tr("FCD from test images"),
        x_log=True,
        y_log=True,
    )
    return density, quality


def efficiency_findings(records: Sequence[SizeRecord]) -> tuple[Finding, ...]:
    """The verdicts on all sizes."""
    falls = all(b.cross_entropy < a.cross_entropy for a, b in pairwise(records))
    closer = all(r.distance - r.distance_vae < DOUBT * r.distance_error for r in records)
    return (
        Finding(
            "5",
            tr("Held-out cross-entropy with more training images, beside an autoregressive network"),
            tr("falls from each size to the next"),
            tr(
                "{sizes} nats",
                sizes="; ".join(
                    tr(
                        "{size}: {cross_entropy:.1f} beside {autoregressive:.1f}",
                        size=r.size,
                        cross_entropy=r.cross_entropy,
                        autoregressive=r.autoregressive,
                    )
                    for r in records
                ),
            ),
            falls,
        ),
        Finding(
            "5",
            tr("FCD of fresh samples with more training images, beside a VAE"),
            tr("at most {doubt:g} standard errors above the VAE's, at every size", doubt=DOUBT),
            "; ".join(
                tr(
                    "{size}: {distance:.0f} beside {distance_vae:.0f} ± {distance_error:.0f}",
                    size=r.size,
                    distance=r.distance,
                    distance_vae=r.distance_vae,
                    distance_error=r.distance_error,
                )
                for r in records
            ),
            closer,
        ),
    )


NOW = tr("now")

MOSAIC_EPOCHS = (0, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000)

DRAWING_SECONDS = 0.25
"""Between two pictures of a training."""

DRAWN = 400
"""Most points of a curve."""

ENTROPY_FALL = 5.0
"""Nats by which the entropy has to fall, beyond 3 standard errors."""

CROSS_ENTROPY_FALL = 8.0
"""Nats an image by which the model has to be better than its base measure on held-out images."""

MOST_GAP = 8.0
"""Nats by which held-out images may lie above the training images."""

MOST_OF_BASE = 0.7
"""Of the FCD of the base measure, the most that may be left of it."""

LEAST_CLASS_SHARE = 0.25
"""Of a class's share in the training set, what its share in the samples must be."""


class Digits(Experiment):
    """From noise to digits."""

    name = "digits"
    title = tr("Digits from 200 images")
    paper = tr("figure 5")
    summary = tr(
        "Sixteen observables, the outputs of a small network, are all the model may know of 200 handwritten digits. "
        "The network learns which observables leave the least entropy: S falls, and noise turns into digits. As the "
        "model is the flattest distribution with these averages, held-out images stay nearly as likely as those it "
        "learned from. Fresh samples, from chains that took no part in training, are compared with a variational "
        "autoencoder of the same size that has learned for the same time, with real images, and with the model that "
        "ships, which learned in the same way for some minutes: by FCD, a distance in the features of an evaluation "
        "classifier, and by AATS, which asks whether an image's nearest neighbour is of its own kind (½ where nobody "
        "can tell)."
    )
    parameters = (
        Parameter(
            "epochs",
            tr("Epochs"),
            400,
            2_000,
            10,
            100_000,
            tr("Of training; each rival then learns for as long as they took."),
        ),
        Parameter(
            "samples", tr("Samples"), 256, 512, 50, 798, tr("Of each model, by which its quality is judged.")
        ),
        Parameter(
            "sizes",
            tr("Training set sizes"),
            0,
            len(SIZES),
            0,
            len(SIZES),
            tr(
                "Of the data-efficiency curve, the first of {sizes} images; 0 leaves it out.",
                sizes=", ".join(map(str, SIZES)),
            ),
        ),
        SEED,
    )
    minutes = (2.0, 60.0)

    def sketch(self) -> tuple[Mark, ...]:
        """Noise that becomes digits."""
        images = load_digits().training_items[:4].astype(float)
        noise = np.random.default_rng(0).uniform(0, 16, images.shape)
        shown = [(1 - share) * noise + share * images for share in (0.0, 0.5, 1.0)]
        return (Images(np.concatenate(shown), 4, 16.0),)

    def run(self, values: Values) -> Iterator[Progress]:
        """Trains, then compares; only what the rivals make of that time depends on the machine."""
        seed, planned, samples = (int(values[name]) for name in ("seed", "epochs", "samples"))
        sizes = SIZES[: int(values["sizes"])]
        story = Story(new_session(seed, planned), 1 / (1 + len(sizes)))
        session = story.session
        yield from train_in_sight(story)
        yield story.teller(tr("Measuring the model"), 0.5, 0.5)(0.0)
        outcome = session.finish()
        fresh = yield from telling(
            fresh_samples(session, samples), story.teller(tr("Drawing fresh samples"), 0.5, 0.57)
        )
        vae = yield from telling(vae_training(session), story.teller(tr("Training the VAE"), 0.57, 0.82))
        evaluator = yield from telling(
            evaluator_training(session.dataset),
            story.teller(tr("Training the evaluation classifier"), 0.82, 0.92),
        )
        shipped = open_session(asset_path(SHIPPED_MODEL), device="cpu", sampler_chains=SHOWN)
        longer = yield from telling(
            fresh_samples(shipped, samples),
            story.teller(tr("Drawing fresh samples of the shipped model"), 0.92, 1.0),
        )
        generator = torch.Generator().manual_seed(seed)
        made = {
            BASE: session.model.base_measure.sample(samples, generator),
            MODEL: fresh,
            SHIPPED: longer,
            VAE: vae.sample(samples, generator),
        }
        story.qualities = qualities_of(session, evaluator, made)
        for number, size in enumerate(sizes, start=1):
            steps = size_measurement(size, planned, samples, evaluator, seed)
            words = tr("Learning from {size} images", size=size)
            story.records.append((yield from telling(steps, story.teller(words, number, number + 1))))
        yield Progress(1.0, tr("Done"), story.figure(), findings_of(story, outcome, samples))


@dataclass(eq=False)
class Story:
    """States to show.

    Attributes:
        session: that trains.
        share: of the whole work, that all but the data-efficiency curve is.
        stages: training chains at some epochs, levels, shape (SHOWN, height, width), by what the epoch is called.
        qualities: of sets of images, by their names.
        records: of the data-efficiency curve.
    """

    session: Session
    share: float
    stages: dict[str, np.ndarray] = field(default_factory=dict)
    qualities: dict[str, Quality] = field(default_factory=dict)
    records: list[SizeRecord] = field(default_factory=list)

    def look(self, name: str) -> None:
        """Keeps some of the training chains as they are now; neighbours may descend from the same chain."""
        x = self.session.snapshot(training=True, classify=False).x
        self.stages[name] = x[:: max(1, len(x) // SHOWN)][:SHOWN]

    def teller(self, doing: str, start: float, end: float) -> Callable[[float], Progress]:
        """Tells how far a part of the work is, from one share of the first to another, with what is known now."""
        figure = self.figure()
        return lambda share: Progress(self.share * (start + (end - start) * share), doing, figure)

    def figure(self) -> Figure:
        """All there is to see."""
        top = require_images(self.session.space).levels - 1
        rows: list[tuple[Panel, ...]] = [
            (
                image_rows(
                    tr("Chains that train, from the base measure on"), list(self.stages.items()), SHOWN, top
                ),
            )
        ]
        likelihood: tuple[Panel, ...] = ()
        if len(self.session.history):
            *training, likelihood_panel = training_panels(self.session)
            rows.append(tuple(training))
            likelihood = (likelihood_panel,)
        quality: tuple[Panel, ...] = ()
        if self.qualities:
            examples = [(name, quality.images) for name, quality in self.qualities.items()]
            quality = (image_rows(tr("Real and made"), examples, SHOWN, top), quality_panel(self.qualities))
        if likelihood or quality:
            rows.append((*likelihood, *quality))
        if self.records:
            rows.append(efficiency_panels(self.records))
        return Figure(tuple(rows))


def train_in_sight(story: Story) -> Iterator[Progress]:
    """Trains, and shows the chains a few times a second."""
    session, drawn = story.session, -math.inf
    story.look(tr("epoch 0"))
    for record in epochs(session):
        if record.epoch in MOSAIC_EPOCHS:
            story.look(tr("epoch {epoch:,}", epoch=record.epoch))
        if time.perf_counter() - drawn > DRAWING_SECONDS:
            drawn = time.perf_counter()
            story.look(NOW)
            yield Progress(
                0.5 * story.share * session.progress,
                tr("Training, epoch {epoch:,}", epoch=record.epoch),
                story.figure(),
            )
            del story.stages[NOW]
    story.look(tr("epoch {epoch:,}", epoch=session.trainer.epoch))


def training_panels(session: Session) -> tuple[Panel, Panel, Panel, Panel]:
    """Entropy, its gradient, energies and cross-entropies against the epoch."""
    history = session.history
    epoch, gradient = _thinned(history["epoch"]), _thinned(history["entropy_gradient"])
    origin = _thinned(history["energy_training"])
    base, held_out, training = base_nats(session)
    names = ("epoch", "entropy", "entropy_error", "log_partition_error", "training_nats", "validation_nats")
    found = dict(zip(names, curves(session.measurements, session.kept, names).T, strict=True))
    at = np.append(0.0, found["epoch"])

    def joined(start: float, name: str) -> np.ndarray:
        return np.append(start, found[name])

    def banded(start: float, name: str, error: str, label: str, role: Role) -> Curve:
        middle, half = joined(start, name), joined(0.0, error)
        return Curve(at, middle, label, role, low=middle - half, high=middle + half)

    return (
        Panel(
            tr("Entropy of the model"),
            (
                Marker(base, tr("of the base measure"), upright=False),
                banded(base, "entropy", "entropy_error", tr("S ± standard error"), Role.MODEL),
            ),
            tr("epoch"),
            tr("S, nats an image"),
        ),
        Panel(
            tr("Entropy gradient (equation 8)"),
            (Curve(epoch, gradient, "‖∂S/∂θ‖", Role.MODEL),),
            tr("epoch"),
            tr("‖∂S/∂θ‖, nats per unit of θ"),
            y_log=True,
        ),
        Panel(
            tr("Energies"),
            (
                Marker(0.0, tr("training images"), upright=False, role=Role.OTHER),
                Curve(
                    epoch, _thinned(history["energy_held_out"]) - origin, tr("validation images"), Role.DATA
                ),
                Curve(epoch, _thinned(history["energy_model"]) - origin, tr("the model"), Role.MODEL),
            ),
            tr("epoch"),
            tr("⟨H⟩ from the training images', nats"),
        ),
        Panel(
            tr("Are new images as likely as known ones?"),
            (
                Marker(held_out, tr("held-out, independent pixels"), upright=False),
                banded(
                    held_out, "validation_nats", "log_partition_error", tr("validation images"), Role.DATA
                ),
                banded(training, "training_nats", "log_partition_error", tr("training images"), Role.OTHER),
            ),
            tr("epoch"),
            tr("−⟨log P⟩, nats an image"),
        ),
    )


def base_nats(session: Session) -> tuple[float, float, float]:
    """Entropy of the base measure, and its cross-entropy of held-out and of training images, nats an image."""
    held_out, training = session.held_out_items, session.training_items
    base = session.model.base_measure
    return (
        base.entropy().value,
        -float(base.log_prob(held_out).mean()),
        -float(base.log_prob(training).mean()),
    )


def _thinned(column: np.ndarray) -> np.ndarray:
    return column[:: -(-len(column) // DRAWN)].astype(float)


def findings_of(story: Story, outcome: Outcome, samples: int) -> tuple[Finding, ...]:
    """The verdicts."""
    session, final, found = story.session, outcome.final, story.qualities
    base, held_out, _ = base_nats(session)
    energies = [
        float(session.model_energy(x).mean()) for x in (session.held_out_items, session.training_items)
    ]
    model, vae, base_distance = found[MODEL], found[VAE], found[BASE].distance
    _, nats = final.verdict
    return (
        Finding(
            "5b",
            tr("Entropy of the model at epoch {epoch:,}", epoch=outcome.epoch),
            tr(
                "at least {fall:g} nats and 3 errors below the {base:.1f} of the base measure",
                fall=ENTROPY_FALL,
                base=base,
            ),
            tr("{nats:.1f} nats", nats=final.s),
            base - final.entropy >= ENTROPY_FALL + final.s.reach(3.0),
        ),
        Finding(
            "5c",
            (
                tr("Cross-entropy of the validation images")
                if final.test is None
                else tr("Cross-entropy of the test images")
            ),
            tr(
                "at least {fall:g} nats below the {held_out:.1f} of independent pixels",
                fall=CROSS_ENTROPY_FALL,
                held_out=held_out,
            ),
            tr("{nats:.2f} nats an image", nats=nats),
            held_out - nats.value - final.log_z.reach(1.0) >= CROSS_ENTROPY_FALL,
        ),
        Finding(
            "5c",
            tr("Energy of held-out images above that of training images"),
            tr("at most {most:g} nats: the model has not learned them by heart", most=MOST_GAP),
            tr("{nats:.1f} nats", nats=energies[0] - energies[1]),
            energies[0] - energies[1] <= MOST_GAP,
        ),
        Finding(
            "5d",
            tr("FCD of fresh samples of the model at epoch {epoch:,}", epoch=outcome.epoch),
            tr(
                "at most {most:g} of {base:.0f}, that of independent pixels",
                most=MOST_OF_BASE,
                base=base_distance,
            ),
            f"{model.distance:.1f}",
            model.distance <= MOST_OF_BASE * base_distance,
        ),
        Finding(
            "5d",
            tr(
                "The same, beside a VAE that has learned for the same {seconds:.0f} s",
                seconds=session.trainer.seconds,
            ),
            tr(
                "at most {doubt:g} standard errors above the VAE's {distance:.1f} ± {distance_error:.1f}",
                doubt=DOUBT,
                distance=vae.distance,
                distance_error=vae.distance_error,
            ),
            tr(
                "{distance:.1f} ± {distance_error:.1f} (shipped model {shipped:.1f}, "
                "training images {training:.1f}, held-out ones {held_out:.1f})",
                distance=model.distance,
                distance_error=model.distance_error,
                shipped=found[SHIPPED].distance,
                training=found[TRAINING].distance,
                held_out=found[HELD_OUT].distance,
            ),
            model.distance - vae.distance < DOUBT * math.hypot(model.distance_error, vae.distance_error),
        ),
        Finding(
            "5d",
            tr("AATS of fresh samples: held-out images whose nearest neighbour is held out"),
            tr(
                "below {real:.2f}, independent pixels', by {doubt:g} standard errors; ½ is best",
                real=found[BASE].accuracy.real,
                doubt=DOUBT,
            ),
            tr(
                "{real:.2f} (VAE {real_vae:.2f}); mean with those of its own kind {mean:.2f} (VAE {mean_vae:.2f})",
                real=model.accuracy.real,
                real_vae=vae.accuracy.real,
                mean=model.accuracy.mean,
                mean_vae=vae.accuracy.mean,
            ),
            found[BASE].accuracy.real - model.accuracy.real
            > DOUBT * share_error(model.accuracy.real, found[BASE].accuracy.real, samples),
        ),
        Finding(
            "5d",
            tr("Share of the rarest class among fresh samples, over that in the training set"),
            tr("at least {least:g}, within {doubt:g} standard errors", least=LEAST_CLASS_SHARE, doubt=DOUBT),
            tr("{rarest:.2f} (VAE {rarest_vae:.2f})", rarest=model.rarest, rarest_vae=vae.rarest),
            model.rarest.value + model.rarest.reach(DOUBT) >= LEAST_CLASS_SHARE,
        ),
        *(efficiency_findings(story.records) if story.records else ()),
    )


def share_error(a: float, b: float, n: int) -> float:
    """Standard error of the difference of two shares, each of n images."""
    return math.sqrt((a * (1 - a) + b * (1 - b)) / n)
