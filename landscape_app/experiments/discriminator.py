"""A discriminator in the Hamiltonian: samples that are harder and harder to tell from data (the paper's figure 6)."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.counting import counted
from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Curve, Figure, Mark, Marker, Panel, Points, Role
from landscape_app.experiments.models import fresh_samples, model_training, new_session, part, telling
from landscape_app.experiments.quality import evaluator_training, image_rows
from landscape_app.language import tr
from landscape_app.learning.discriminator import (
    Accuracy,
    Discriminator,
    Sides,
    discriminator_accuracy,
    discriminator_passes,
)
from landscape_app.learning.quality import EvaluationClassifier, classifier_distance
from landscape_app.physics.chains import Chains
from landscape_app.physics.fields import DiscriminatorTerm
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import make_kernel
from landscape_app.physics.resampling import resample_move
from landscape_app.physics.space import require_images
from landscape_app.session.session import Session

LEARNED_SHARE = 2 / 3
"""Of the chains, those that discriminators learn from; what only these have by chance is taken for the model's."""

JUMP_MOVES = 5
"""After every resampling."""

VALIDATED = 5
"""One in so many chains of those that discriminators learn from serves to stop and scale them instead."""

SHOWN = 14
"""Images in a row of the mosaic."""

MODEL_SHARE, EVALUATOR_SHARE, START_SHARE = 0.3, 0.4, 0.55
"""Of the time, when the model is there, when the evaluation classifier is, and when samples of the model are."""

JUDGED = 3
"""Of the last rounds, those whose median is judged: a single discriminator is as good as its luck."""

BEYOND_DOUBT = 3.0
"""Standard errors by which accuracies have to differ."""

LOWER = 0.85
"""Of the FCD without a field, the most that may be left at the end."""


class Real(NamedTuple):
    """Real images in levels, shape (n, height, width) each.

    Attributes:
        learned: that discriminators learn from: the model's training images first.
        validation: by which they are stopped and scaled.
        fresh: that neither the model nor a discriminator has seen.
    """

    learned: Tensor
    validation: Tensor
    fresh: Tensor


class Round(NamedTuple):
    """Findings on the samples of one Hamiltonian.

    Attributes:
        accuracy: of a discriminator on fresh samples of it and fresh real images.
        learned: the same on those it has learned from.
        distance: FCD of fresh samples from fresh real images.
        samples: some of them, levels, shape (SHOWN, height, width).
    """

    accuracy: Accuracy
    learned: Accuracy
    distance: float
    samples: np.ndarray


class DiscriminatorRounds(Experiment):
    """Adversarial refinement without retraining."""

    name = "discriminator"
    title = tr("A discriminator in the Hamiltonian")
    paper = tr("figure 6")
    summary = tr(
        "A network learns to tell the model's samples from real images. Instead of retraining the model, its opinion "
        "goes into the Hamiltonian as one more field, V = −log(D / (1 − D)): what looks wrong costs energy, and for "
        "the best D this turns the model into the distribution of the data. Samples then move, a new network "
        "learns to tell these apart, and so on. Each is judged on samples and real images that neither it nor the "
        "model has seen: what it can still tell falls towards guessing, and the samples come closer to the data. A "
        "generative adversarial network does the same with two networks that chase each other; here no weight of "
        "the generator ever changes."
    )
    parameters = (
        Parameter(
            "epochs",
            tr("Epochs of the model"),
            300,
            300,
            10,
            100_000,
            tr("Of training, before the first round; the longer, the less there is left to tell apart."),
        ),
        Parameter("rounds", tr("Rounds"), 5, 5, 1, 20, tr("Fields that are added, one after the other.")),
        Parameter(
            "images",
            tr("Real images"),
            800,
            800,
            50,
            900,
            tr("That each discriminator learns from; the first 200 are those that the model learned from."),
        ),
        Parameter(
            "chains",
            tr("Chains"),
            1_536,
            4_096,
            60,
            20_000,
            tr("Two thirds to learn from, the others fresh."),
        ),
        Parameter("moves", tr("Moves"), 40, 200, 1, 10_000, tr("Of every chain in a round.")),
        Parameter(
            "passes", tr("Passes"), 60, 120, 1, 1_000, tr("Of a discriminator over what it learns from.")
        ),
        Parameter(
            "strength",
            tr("Strength α"),
            0.7,
            0.7,
            0.0,
            10.0,
            tr("Of every field: 1 is for the best discriminator; of one that errs, less does less harm."),
            whole=False,
        ),
        SEED,
    )
    minutes = (1.5, 10.0)

    def sketch(self) -> tuple[Mark, ...]:
        """An accuracy that falls to chance."""
        rounds = np.arange(6.0)
        accuracy = 0.5 + 0.42 * np.exp(-0.7 * rounds)
        points = Points(rounds, accuracy, role=Role.MODEL)
        return (Curve(rounds, accuracy), points, Marker(0.5, upright=False))

    def run(self, values: Values) -> Iterator[Progress]:
        """A short training, then round after round."""
        seed, last, moves = (int(values[name]) for name in ("seed", "rounds", "moves"))
        session = new_session(seed, int(values["epochs"]))
        real = split_images(session, int(values["images"]), seed)
        rounds: list[Round] = []

        def beforehand(doing: str) -> Callable[[float], Progress]:
            return lambda share: Progress(share, doing, figure_of(session, real, rounds))

        def tell(doing: str, start: float, end: float) -> Callable[[float], Progress]:
            figure = figure_of(session, real, rounds)
            width = (1 - START_SHARE) / (last + 1)
            done = START_SHARE + width * len(rounds)
            words = tr("{doing}, {done} of {planned} fields", doing=doing, done=len(rounds), planned=last)
            return lambda share: Progress(done + width * (start + (end - start) * share), words, figure)

        yield from telling(
            part(model_training(session), 0.0, MODEL_SHARE), beforehand(tr("Training the model"))
        )
        evaluator = yield from telling(
            part(evaluator_training(session.dataset), MODEL_SHARE, EVALUATOR_SHARE),
            beforehand(tr("Training the evaluation classifier")),
        )
        learning, fresh = yield from telling(
            part(
                start_ensembles(session, int(values["chains"]), seed),
                EVALUATOR_SHARE,
                START_SHARE,
            ),
            beforehand(tr("Drawing samples of the model")),
        )
        terms = [WeightedTerm(1.0, session.model)]
        while True:
            learned = yield from telling(moved(learning, moves), tell(tr("Moving chains"), 0.0, 0.2))
            tested = yield from telling(moved(fresh, moves), tell(tr("Moving fresh chains"), 0.2, 0.3))
            validated = len(learned) // VALIDATED
            known = Sides(real.learned, learned[validated:])
            discriminator = new_discriminator(session, seed + len(rounds))
            training = discriminator_passes(
                discriminator,
                known,
                Sides(real.validation, learned[:validated]),
                torch.Generator().manual_seed(seed + len(rounds)),
                int(values["passes"]),
            )
            yield from telling(training, tell(tr("Training a discriminator"), 0.3, 1.0))
            rounds.append(evaluate_round(discriminator, evaluator, known, Sides(real.fresh, tested)))
            if len(rounds) > last:
                break
            field = WeightedTerm(values["strength"], DiscriminatorTerm(discriminator))
            for chains in (learning, fresh):
                yield tell(tr("Adding its field"), 0.0, 0.0)(0.0)
                add_field(chains, terms, field)
            terms.append(field)
        yield Progress(1.0, tr("Done"), figure_of(session, real, rounds), findings_of(rounds))


def split_images(session: Session, learned: int, seed: int) -> Real:
    """Real images by what they serve for: half of the held-out ones stay fresh.

    Args:
        session: whose data.
        learned: images to learn from, the training images first.
        seed: of the order of the held-out images.
    """
    held_out = session.held_out_items
    order = torch.randperm(len(held_out), generator=torch.Generator().manual_seed(seed))
    seen, fresh = held_out[order].chunk(2)
    more = max(0, learned - len(session.training_items))
    return Real(torch.cat([session.training_items[:learned], seen[:more]]), seen[more:], fresh)


def start_ensembles(session: Session, n: int, seed: int) -> Generator[float, None, tuple[Chains, Chains]]:
    """Two ensembles under the model that never meet, of n chains in all; yields the share that is done.

    They come from the base measure, by replicas, so that every mode has the weight that the model gives it.

    Returns:
        The chains that discriminators learn from, and fresh ones.
    """
    session.sampler.seed(seed)
    samples = yield from fresh_samples(session, n)
    learned = round(LEARNED_SHARE * n)
    target = session.model.target

    def ensemble(x: Tensor, seed: int) -> Chains:
        kernel = make_kernel(session.configuration.kernel, target)
        return Chains(x, target, kernel, torch.Generator().manual_seed(seed))

    return ensemble(samples[:learned], seed), ensemble(samples[learned:], seed + 1)


def moved(chains: Chains, moves: int) -> Generator[float, None, Tensor]:
    """Moves chains; yields the share that is done, returns levels, shape (n, height, width)."""
    for move in range(moves):
        chains.run(1)
        yield (move + 1) / moves
    return chains.x


def new_discriminator(session: Session, seed: int) -> Discriminator:
    """A discriminator that has learned nothing yet."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Discriminator(require_images(session.space))


def add_field(chains: Chains, terms: Sequence[WeightedTerm], field: WeightedTerm) -> None:
    """Takes chains to a Hamiltonian with one more field, by resample–move.

    Args:
        chains: under the Hamiltonian so far; moved in place.
        terms: of that Hamiltonian.
        field: that is added.
    """
    base, x = chains.target.base_measure, chains.x
    resample_move(
        chains,
        x,
        torch.zeros(len(x)),
        -Hamiltonian([field]).energy(x),
        lambda s: Target(base, Hamiltonian([*terms, WeightedTerm(s * field.strength, field.term)])),
        JUMP_MOVES,
    )


def evaluate_round(
    discriminator: Discriminator, evaluator: EvaluationClassifier, learned: Sides, fresh: Sides
) -> Round:
    """Findings on the samples that a discriminator has learned to tell from data."""
    return Round(
        discriminator_accuracy(discriminator, fresh),
        discriminator_accuracy(discriminator, learned),
        classifier_distance(evaluator, fresh.generated, fresh.real),
        fresh.generated[:: len(fresh.generated) // SHOWN][:SHOWN].numpy(),
    )


def figure_of(session: Session, real: Real, rounds: Sequence[Round]) -> Figure:
    """Samples after each field, accuracy and FCD against the number of fields."""
    top = require_images(session.space).levels - 1
    training = session.snapshot(training=True, classify=False).x[:SHOWN]
    rows: list[tuple[str, Tensor | np.ndarray]] = [(tr("real"), real.fresh)]
    rows += [(_fields(k), found.samples) for k, found in enumerate(rounds)] or [(tr("training"), training)]
    mosaic = image_rows(tr("Samples as fields are added"), rows, SHOWN, top)
    x = np.arange(len(rounds), dtype=float)
    accuracy = Panel(
        tr("Can a new discriminator tell them from data?"),
        (
            Marker(0.5, tr("guessing"), upright=False),
            Curve(
                x,
                _column(found.learned.mean for found in rounds),
                tr("images it learned from"),
                Role.OTHER,
                True,
            ),
            Curve(x, _column(found.accuracy.mean for found in rounds), role=Role.MODEL),
            Points(
                x,
                _column(found.accuracy.mean for found in rounds),
                tr("fresh images"),
                Role.MODEL,
                6.0,
                _column(found.accuracy.error for found in rounds),
            ),
        ),
        tr("discriminator fields in H"),
        tr("accuracy"),
    )
    distance = Panel(
        tr("Distance from data"),
        (
            Curve(x, _column(found.distance for found in rounds), role=Role.MODEL),
            Points(x, _column(found.distance for found in rounds), tr("fresh samples"), Role.MODEL, 6.0),
        ),
        tr("discriminator fields in H"),
        tr("FCD from fresh real images"),
    )
    return Figure(((mosaic,), (accuracy, distance)))


def findings_of(rounds: Sequence[Round]) -> tuple[Finding, ...]:
    """The verdicts on all rounds."""
    first, later = rounds[0], rounds[1:][-JUDGED:]
    margin = first.accuracy.mean - 0.5
    accuracy = float(np.median([found.accuracy.mean for found in later]))
    error = float(np.mean([found.accuracy.error for found in later]))
    distance = float(np.median([found.distance for found in later]))
    which = (
        tr("median of the last {count} rounds", count=len(later)) if len(later) > 1 else tr("after one round")
    )
    return (
        Finding(
            "6",
            tr("Accuracy of a discriminator on fresh images, without a field"),
            tr("above 0.5 by {count:g} standard errors at least", count=BEYOND_DOUBT),
            f"{first.accuracy.mean:.3f} ± {first.accuracy.error:.3f}",
            margin >= BEYOND_DOUBT * first.accuracy.error,
        ),
        Finding(
            "6",
            tr("The same, {which}", which=which),
            tr("nearer to 0.5, by {count:g} standard errors at least", count=BEYOND_DOUBT),
            tr(
                "{accuracy:.3f} ± {error:.3f}, lower by {gain:.3f}",
                accuracy=accuracy,
                error=error,
                gain=first.accuracy.mean - accuracy,
            ),
            abs(accuracy - 0.5) <= margin - BEYOND_DOUBT * math.hypot(error, first.accuracy.error),
        ),
        Finding(
            "6",
            tr("FCD of fresh samples from fresh real images, {which}", which=which),
            tr(
                "at most {most:g} of {distance:.1f}, that without a field",
                most=LOWER,
                distance=first.distance,
            ),
            f"{distance:.1f}",
            distance <= LOWER * first.distance,
        ),
    )


def _fields(count: int) -> str:
    return counted(count, "field") if count else tr("no field")


def _column(values: Iterable[float]) -> np.ndarray:
    return np.array(list(values))
