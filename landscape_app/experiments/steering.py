"""A classifier in the Hamiltonian: a model that gives the digit asked for (the paper's figure 7)."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.counting import capitalised
from landscape_app.data import SHIPPED_MODEL, asset_path, load_digits
from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Bars, Figure, Images, Mark, Marker, Panel, Points, Role
from landscape_app.experiments.models import telling
from landscape_app.experiments.quality import classes_of, evaluator_training, image_rows
from landscape_app.language import tr
from landscape_app.learning.classifier import ImageClassifier, classifier_passes
from landscape_app.learning.quality import EvaluationClassifier, classifier_distance
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.fields import ClassCondition, FieldResources
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.space import require_images
from landscape_app.session.checkpoint import open_session
from landscape_app.session.composition import DEFAULT_STRENGTH, Composition
from landscape_app.session.session import Session

EVALUATOR_SHARE = 0.3
"""Of the time, for the evaluation classifier."""

PLAIN_PASSES = 60
"""Over the training images, for the classifier that is made as the paper's was."""

SHOWN = 8
"""Images of each class in a mosaic."""

MEDIAN_ON_TARGET, WORST_ON_TARGET = 0.9, 0.75
"""Least share of images on target by the evaluation classifier: in the median over the classes, and in the worst."""

LEAST_SPREAD = 0.5
"""Least spread of a class's images, over that of real ones; and least share of different ones among them."""

FOOLED = 0.9
"""Share of images on target, by the classifier itself, from which it counts as fooled."""

LESS_FOOLED = 0.1
"""Share of images by which the evaluation classifier has to agree less than a fooled classifier."""

TYPICAL = 0.99
"""Quantile of the held-out images' energies up to which an energy is typical."""

MOST_TYPICAL = 0.05
"""Largest share of images of typical energy among those of a classifier alone."""

FARTHER = 3.0
"""Times by which images of a classifier alone lie farther from real ones, by the evaluation classifier's features."""


class SteeredImages(NamedTuple):
    """Images that were to be of one class.

    Attributes:
        images: levels, shape (n, height, width).
        by_evaluator: share on target, by the evaluation classifier.
        by_network: share on target, by the classifier that steers.
        energies: Σ λ f in nats from the training images' mean, shape (n,).
        spread: mean distance of an image to their mean, over the same of real images of the class.
        distinct: share of the images that are unlike all others.
    """

    images: np.ndarray
    by_evaluator: float
    by_network: float
    energies: np.ndarray
    spread: float
    distinct: float


class Way(NamedTuple):
    """A Hamiltonian for each class.

    Attributes:
        name: of the way.
        network: whose p(c | x) is asked for.
        with_model: whether the Min-MaxEnt Hamiltonian and its base measure take part; else every image is as
            likely but for the field.
    """

    name: str
    network: ImageClassifier
    with_model: bool


class Steering(Experiment):
    """All ten digits, with and without the Min-MaxEnt Hamiltonian."""

    name = "steering"
    title = tr("Steering to every digit")
    paper = tr("figure 7")
    summary = tr(
        "A trained model is steered without being trained again: the field −α log p(c | x) of a classifier joins "
        "the Hamiltonian, and samples come from class c. An evaluation classifier, which took no part, says how "
        "many are the digit asked for; their spread beside that of real images would show one image repeated; their "
        "energies lie where those of real images do. Then the warning of panel d: without the Min-MaxEnt Hamiltonian "
        "the classifier finds images that please it alone, at full confidence. One that was hardened with noise "
        "pleases the evaluation classifier as well, yet its images are no more digits: of how real an image is, only "
        "the energy knows."
    )
    parameters = (
        Parameter(
            "strength",
            tr("Strength α"),
            DEFAULT_STRENGTH,
            DEFAULT_STRENGTH,
            0.0,
            100.0,
            tr("Of the classifier's field; 1 is Bayes' rule."),
            whole=False,
        ),
        Parameter("chains", tr("Chains"), 100, 500, 20, 5_000, tr("Images of each digit.")),
        Parameter(
            "moves", tr("Moves"), 100, 1_000, 1, 100_000, tr("Of every chain after the jump to a digit.")
        ),
        SEED,
    )
    minutes = (0.8, 8.0)

    def sketch(self) -> tuple[Mark, ...]:
        """Threes and sevens."""
        data = load_digits()
        images = [data.training_items[data.training_labels == c][:4] for c in (3, 7)]
        return (Images(np.concatenate(images).astype(float), 4, 16.0),)

    def run(self, values: Values) -> Iterator[Progress]:
        """One digit after the other: with the Hamiltonian, then by classifiers alone."""
        seed, chains, moves = (int(values[name]) for name in ("seed", "chains", "moves"))
        session = open_session(asset_path(SHIPPED_MODEL), device="cpu", sampler_chains=chains)
        session.sampler.seed(seed)
        assert session.classifier is not None
        start = Figure()
        evaluator = yield from telling(
            evaluator_training(session.dataset),
            lambda share: Progress(EVALUATOR_SHARE * share, tr("Training the evaluation classifier"), start),
        )
        plain = yield from telling(
            plain_training(session, seed),
            lambda share: Progress(EVALUATOR_SHARE, tr("Training a classifier on clean images alone"), start),
        )
        ways = (
            Way(tr("model and classifier"), session.classifier, True),
            Way(tr("classifier alone"), plain, False),
            Way(tr("hardened network alone"), session.classifier, False),
        )
        found: dict[str, list[SteeredImages]] = {way.name: [] for way in ways}
        runs = len(ways) * session.classes
        for number in range(runs):
            way, target = ways[number // session.classes], number % session.classes
            walk = steered_walk(session, target, values["strength"], moves)
            if not way.with_model:
                walk = lone_walk(
                    session, way.network, target, values["strength"], chains, moves, seed + number
                )
            figure = figure_of(session, found)

            def tell(share: float, number: int = number, figure: Figure = figure) -> Progress:
                part = (number + share) / runs
                words = tr(
                    "Steering to {digit}: {way}",
                    digit=number % session.classes,
                    way=ways[number // session.classes].name,
                )
                return Progress(EVALUATOR_SHARE + (1 - EVALUATOR_SHARE) * part, words, figure)

            x = yield from telling(walk, tell)
            found[way.name].append(evaluated(session, evaluator, way.network, target, x))
        yield Progress(1.0, tr("Done"), figure_of(session, found), findings_of(session, evaluator, found))


def plain_training(session: Session, seed: int) -> Generator[float, None, ImageClassifier]:
    """A classifier that has seen the training images only, and these only as they are.

    Yields the share of its training that is done.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ImageClassifier(require_images(session.space), session.classes)
    yield from classifier_passes(
        network,
        require_images(session.space),
        session.training_items,
        torch.as_tensor(session.dataset.training_labels),
        torch.Generator().manual_seed(seed),
        PLAIN_PASSES,
        smoothing=0.0,
        noise=0.0,
        replaced=0.0,
    )
    return network


def steered_walk(
    session: Session, target: int, strength: float, moves: int
) -> Generator[float, None, Tensor]:
    """Takes the session's chains to a class and moves them on; yields the share that is done.

    Returns:
        Levels, shape (chains, height, width).
    """
    session.steer(Composition.towards(target, strength))
    for move, _ in enumerate(islice(session.sample(), moves)):
        yield (move + 1) / moves
    return session.sampler.chains.x


def lone_walk(
    session: Session,
    network: ImageClassifier,
    target: int,
    strength: float,
    chains: int,
    moves: int,
    seed: int,
) -> Generator[float, None, Tensor]:
    """Moves chains from noise under p(c | x)^α and nothing else; yields the share that is done.

    Returns:
        Levels, shape (chains, height, width).
    """
    uniform = ProductBase.uniform(require_images(session.space))
    resources = FieldResources(session.space, session.classes, network)
    field = Hamiltonian([WeightedTerm(strength, ClassCondition((target,)).term(resources))])
    generator = torch.Generator().manual_seed(seed)
    alone = Target(uniform, field)
    moved = Chains(uniform.sample(chains, generator), alone, DiscreteLangevin(), generator)
    for move in range(moves):
        moved.run(1)
        yield (move + 1) / moves
    return moved.x


def evaluated(
    session: Session, evaluator: EvaluationClassifier, network: ImageClassifier, target: int, x: Tensor
) -> SteeredImages:
    """Findings on images that were to be of a class, levels, shape (n, height, width)."""
    with torch.no_grad():
        chosen = network(x).argmax(1)
    return SteeredImages(
        images=x.to(torch.uint8).numpy(),
        by_evaluator=float((classes_of(evaluator, x) == target).float().mean()),
        by_network=float((chosen == target).float().mean()),
        energies=(session.model_energy(x) - session.energy_origin).numpy(),
        spread=spread(x) / spread(real_images(session, target)),
        distinct=distinct_share(x),
    )


def spread(x: Tensor) -> float:
    """Mean Euclidean distance of images to their mean, in levels."""
    flat = x.flatten(1)
    return float((flat - flat.mean(0)).norm(dim=1).mean())


def distinct_share(x: Tensor) -> float:
    """Number of different images over that of images."""
    return len(x.flatten(1).unique(dim=0)) / len(x)


def real_images(session: Session, target: int) -> Tensor:
    """Held-out images of a class, levels, shape (n, height, width)."""
    return session.held_out_items[torch.as_tensor(session.dataset.held_out_labels) == target]


def figure_of(session: Session, found: Mapping[str, Sequence[SteeredImages]]) -> Figure:
    """Mosaics above; shares on target, energies and spreads by class below."""
    top = require_images(session.space).levels - 1
    mosaics = tuple(
        image_rows(name, [(str(c), one.images) for c, one in enumerate(of_way)], SHOWN, top, standing=True)
        for name, of_way in found.items()
        if of_way
    )
    return Figure((mosaics, (_shares(found), _energies(session, found), _spreads(found))))


def _shares(found: Mapping[str, Sequence[SteeredImages]]) -> Panel:
    model, plain, _ = found.values()
    return Panel(
        tr("Are they the digit asked for?"),
        (
            _by_class(
                [one.by_evaluator for one in model],
                tr("model and classifier: evaluation classifier"),
                Role.MODEL,
            ),
            _by_class([one.by_network for one in plain], tr("classifier alone: itself"), Role.RIVAL, -0.15),
            _by_class(
                [one.by_evaluator for one in plain],
                tr("classifier alone: evaluation classifier"),
                Role.OTHER,
                0.15,
            ),
        ),
        tr("digit asked for"),
        tr("share of images on target"),
        y_range=(-0.05, 1.05),
    )


def _energies(session: Session, found: Mapping[str, Sequence[SteeredImages]]) -> Panel:
    sets = {"held-out images": held_out_energies(session)}
    sets |= {name: _pooled(of_way) for name, of_way in found.items() if of_way}
    edges = np.linspace(min(map(np.min, sets.values())), max(map(np.max, sets.values())), 80)
    roles = (Role.DATA, Role.MODEL, Role.RIVAL, Role.OTHER)
    bars = tuple(
        Bars(edges, np.histogram(energies, edges, density=True)[0], name, role)
        for (name, energies), role in zip(sets.items(), roles, strict=False)
    )
    return Panel(
        tr("Are they as likely as real ones?"),
        bars,
        tr("Σ λ f from the training images' mean, nats"),
        tr("density, per nat"),
    )


def _spreads(found: Mapping[str, Sequence[SteeredImages]]) -> Panel:
    model, *_ = found.values()
    return Panel(
        tr("Are they many different images?"),
        (
            Marker(1.0, tr("real images of the class"), upright=False, role=Role.DATA),
            Marker(LEAST_SPREAD, tr("least"), upright=False),
            _by_class([one.spread for one in model], tr("model and classifier"), Role.MODEL),
        ),
        tr("digit asked for"),
        tr("spread, over that of real images"),
        y_range=(0.0, 1.5),
    )


def _by_class(values: Sequence[float], name: str, role: Role, aside: float = 0.0) -> Points:
    return Points(np.arange(len(values)) + aside, np.array(values), name, role, 6.0)


def held_out_energies(session: Session) -> np.ndarray:
    """Σ λ f of the held-out images in nats from the training images' mean, shape (n,)."""
    return (session.model_energy(session.held_out_items) - session.energy_origin).numpy()


def _pooled(of_way: Sequence[SteeredImages]) -> np.ndarray:
    return np.concatenate([one.energies for one in of_way])


def findings_of(
    session: Session, evaluator: EvaluationClassifier, found: Mapping[str, Sequence[SteeredImages]]
) -> tuple[Finding, ...]:
    """The verdicts on all three ways."""
    model, plain, hardened = found.values()
    on_target = np.array([one.by_evaluator for one in model])
    spreads, distinct = (np.array([getattr(one, n) for one in model]) for n in ("spread", "distinct"))
    real = held_out_energies(session)
    limit = float(np.quantile(real, TYPICAL))
    typical = {name: float((_pooled(of_way) <= limit).mean()) for name, of_way in found.items()}
    distance = {name: _distance(session, evaluator, of_way) for name, of_way in found.items()}
    itself, other = (
        float(np.median([getattr(one, n) for one in plain])) for n in ("by_network", "by_evaluator")
    )
    harder = float(np.median([one.by_evaluator for one in hardened]))
    first, second, third = found
    return (
        Finding(
            "7a–c",
            tr("Images on target by the evaluation classifier, median over the digits"),
            tr("at least {least:g}", least=MEDIAN_ON_TARGET),
            f"{np.median(on_target):.2f}",
            bool(np.median(on_target) >= MEDIAN_ON_TARGET),
        ),
        Finding(
            "7a–c",
            tr("The same, worst digit"),
            tr("at least {least:g}", least=WORST_ON_TARGET),
            tr("{share:.2f}, digit {digit}", share=on_target.min(), digit=on_target.argmin()),
            bool(on_target.min() >= WORST_ON_TARGET),
        ),
        Finding(
            "7a–c",
            tr("Diversity: spread over that of real images, and share of different images; worst digit"),
            tr("at least {least:g} each", least=LEAST_SPREAD),
            tr("{first:.2f} and {second:.2f}", first=spreads.min(), second=distinct.min()),
            bool(min(spreads.min(), distinct.min()) >= LEAST_SPREAD),
        ),
        Finding(
            "7a–c",
            tr("Images of an energy typical of held-out images"),
            tr(
                "at least {least:g} (of these themselves: {typical:g})",
                least=1 - 2 * MOST_TYPICAL,
                typical=TYPICAL,
            ),
            f"{typical[first]:.3f}",
            typical[first] >= 1 - 2 * MOST_TYPICAL,
        ),
        Finding(
            "7d",
            tr(
                "{way}, images on target by itself and by the evaluation classifier, medians",
                way=capitalised(second),
            ),
            tr(
                "itself fooled, at least {fooled:g}; the evaluation classifier lower by {less_fooled:g} at least",
                fooled=FOOLED,
                less_fooled=LESS_FOOLED,
            ),
            tr(
                "{itself:.2f} and {other:.2f} (hardened with noise, its images by the latter: {harder:.2f})",
                itself=itself,
                other=other,
                harder=harder,
            ),
            itself >= FOOLED and itself - other >= LESS_FOOLED,
        ),
        Finding(
            "7d",
            tr(
                "{way}, and hardened: images of an energy typical of held-out images",
                way=capitalised(second),
            ),
            tr("at most {most:g} each", most=MOST_TYPICAL),
            tr("{first:.3f} and {second:.3f}", first=typical[second], second=typical[third]),
            max(typical[second], typical[third]) <= MOST_TYPICAL,
        ),
        Finding(
            "7d",
            tr(
                "{way}, and hardened: FCD from held-out images, by the evaluation classifier's features",
                way=capitalised(second),
            ),
            tr(
                "at least {times:g} times the {distance:.1f} of {way}",
                times=FARTHER,
                distance=distance[first],
                way=first,
            ),
            tr("{first:.1f} and {second:.1f}", first=distance[second], second=distance[third]),
            min(distance[second], distance[third]) >= FARTHER * distance[first],
        ),
    )


def _distance(session: Session, evaluator: EvaluationClassifier, of_way: Sequence[SteeredImages]) -> float:
    images = torch.as_tensor(np.concatenate([one.images for one in of_way])).float()
    return classifier_distance(evaluator, images, session.held_out_items)
