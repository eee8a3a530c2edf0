"""Verification of images: what they say of themselves, and the evidence of a model, in numbers and words."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from landscape_app.counting import counted
from landscape_app.language import tr
from landscape_app.learning.discriminator import Discriminator, Sides, discriminator_passes
from landscape_app.models.model import Model
from landscape_app.physics.estimate import shown
from landscape_app.physics.host import to_host
from landscape_app.physics.space import Space, require_images
from landscape_app.session.memory import VERIFYING, needs_memory
from landscape_app.session.pictures import ReadPicture, read_picture
from landscape_app.session.provenance import model_fingerprint
from landscape_app.session.provenance_in_files import read_provenance
from landscape_app.session.sampler import Sampler
from landscape_app.session.sampling import drawing
from landscape_app.session.vocabulary import Rows

SAMPLES = 512
"""Fresh samples, each from a ladder of replicas of its own."""

STEPS = 100
"""Kernel steps of the ladders, whose replicas begin in equilibrium."""

FOLDS = 3
"""Parts into which held-out images and chains are split: each is judged by what has learned from the others."""

PASSES = 10
"""Of a discriminator over what it learns from."""

VALIDATED = 5
"""One in so many of them is kept to stop and scale by."""

SAMPLING = 0.6
"""Share of the time that fresh samples take."""


@dataclass(frozen=True)
class ErrorShare:
    """A share that was counted.

    Attributes:
        value: 0 to 1.
        count: of how many that are independent.
    """

    value: float
    count: int

    @property
    def error(self) -> float:
        """Its standard error; that of one more of each kind, so that a share of nought is not taken for certain."""
        p = (self.value * self.count + 1) / (self.count + 2)
        return math.sqrt(p * (1 - p) / (self.count + 2))


@dataclass(frozen=True)
class ImageEvidence:
    """Evidence on one image.

    Attributes:
        energy: −log P(x) up to a constant, from the training images' mean, nats.
        below_samples: share of the fresh samples whose energy is lower.
        below_held_out: share of the held-out images whose energy is lower.
        training_duplicate: number of the training image that it equals, from 1; None for none.
        held_out_duplicate: number of the held-out image that it equals, from 1; None for none.
        log_odds: of being real, in nats, by discriminators that have not learned from it; None where there are none.
    """

    energy: float
    below_samples: float
    below_held_out: float
    training_duplicate: int | None
    held_out_duplicate: int | None
    log_odds: float | None

    @property
    def called_generated(self) -> bool:
        """True where the discriminators take it for generated: log-odds below the threshold, 0."""
        return self.log_odds is not None and self.log_odds <= 0


@dataclass(frozen=True)
class Evidence:
    """Evidence on images, and how often it is wrong.

    Attributes:
        images: one each.
        samples: number of fresh samples that they were compared with.
        held_out: number of held-out images.
        false_positives: share of held-out images that are called generated; None without a discriminator.
        false_negatives: share of fresh samples that are called real.
    """

    images: tuple[ImageEvidence, ...]
    samples: int
    held_out: int
    false_positives: ErrorShare | None
    false_negatives: ErrorShare | None


@needs_memory(VERIFYING)
def gather_evidence(
    sampler: Sampler, held_out: Tensor, images: np.ndarray, seed: int = 0
) -> Generator[float, None, Evidence]:
    """Compares images with a model's fresh samples and its data; yields the share of the work that is done.

    Args:
        sampler: of the model at rest, under no composition; its chains are used up.
        held_out: held-out images, shape (m, height, width).
        images: levels, shape (n, height, width).
        seed: of the samples and the discriminators.

    Returns:
        The evidence. Without a discriminator where the images' sides are odd, or there are too few of them.

    Raises:
        ValueError: its space holds no images.
    """
    model, training = sampler.model, sampler.samples.data
    space = require_images(model.space)
    sampler.seed(seed)
    samples = yield from _fresh_samples(sampler)
    x = torch.as_tensor(images, dtype=torch.float32).to(training.device)
    origin = float(model.target.surprisal(training).mean())
    energies = [to_host(model.target.surprisal(part) - origin).numpy() for part in (x, samples, held_out)]
    duplicates = [_duplicates(x, part) for part in (training, held_out)]
    judged: _Judgement | None = None
    if all(side % 2 == 0 for side in space.shape) and len(held_out) >= 2 * FOLDS:
        judged = yield from _judgement(sampler, held_out, x, samples, duplicates[1], seed)
    found = [
        ImageEvidence(
            energy=float(energy),
            below_samples=float((energies[1] < energy).mean()),
            below_held_out=float((energies[2] < energy).mean()),
            training_duplicate=duplicates[0][i],
            held_out_duplicate=duplicates[1][i],
            # What has learned from an image has nothing to say about it.
            log_odds=None if judged is None or duplicates[0][i] is not None else float(judged.images[i]),
        )
        for i, energy in enumerate(energies[0])
    ]
    return Evidence(
        images=tuple(found),
        samples=len(samples),
        held_out=len(held_out),
        false_positives=None
        if judged is None
        else ErrorShare(float((judged.real <= 0).mean()), len(judged.real)),
        false_negatives=None
        if judged is None
        else ErrorShare(float((judged.generated > 0).mean()), len(samples)),
    )


def split_evidence(evidence: Evidence, counts: Sequence[int]) -> list[Evidence]:
    """Evidence on the images of several pictures, picture by picture; `counts` of images in each."""
    ends = np.cumsum(counts).tolist()
    return [
        replace(evidence, images=evidence.images[end - n : end]) for n, end in zip(counts, ends, strict=True)
    ]


def _fresh_samples(sampler: Sampler) -> Generator[float, None, Tensor]:
    """Samples from ladders of replicas that start at the base measure, shape (`SAMPLES`, *shape).

    Weighted samples would share ancestors: a discriminator that has learned from one would know the other.
    """
    taken: list[Tensor] = []
    for record in drawing(sampler, SAMPLES, STEPS, "base", ladder=True):
        if record.drawn is not None:
            taken.append(record.x.clone())
        yield SAMPLING * record.share
    return torch.cat(taken)


def _duplicates(x: Tensor, others: Tensor) -> list[int | None]:
    """For each image the number of the first of others that equals it, from 1."""
    places = {item.tobytes(): i for i, item in reversed(list(enumerate(to_host(others).numpy(), start=1)))}
    return [places.get(item.tobytes()) for item in to_host(x).numpy()]


@dataclass(frozen=True, eq=False)
class _Judgement:
    """Log-odds of being real by discriminators that have not learned from what they judge, each of shape (n,)."""

    images: np.ndarray
    real: np.ndarray
    generated: np.ndarray


def _judgement(
    sampler: Sampler, real: Tensor, x: Tensor, samples: Tensor, duplicates: list[int | None], seed: int
) -> Generator[float, None, _Judgement]:
    space, training = require_images(sampler.model.space), sampler.samples.data
    generator = torch.Generator(x.device).manual_seed(seed)
    fold_of_real, fold_of_sample = _folds(len(real), seed), _folds(len(samples), seed)
    out_of_fold = [np.zeros(len(real)), np.zeros(len(samples))]
    of_images = np.zeros((FOLDS, len(x)))
    for fold in range(FOLDS):
        learned, validation = _split(
            torch.cat([training, real[fold_of_real != fold]]), samples[fold_of_sample != fold], generator
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + fold)
            network = Discriminator(space).to(x.device)
        for share in discriminator_passes(network, learned, validation, generator, PASSES):
            yield SAMPLING + (1 - SAMPLING) * (fold + share) / FOLDS
        with torch.no_grad():
            for found, part, places in zip(
                out_of_fold, (real, samples), (fold_of_real, fold_of_sample), strict=True
            ):
                found[places == fold] = to_host(network(part[places == fold])).numpy()
            of_images[fold] = to_host(network(x)).numpy()
    scores = of_images.mean(0)
    for i, duplicate in enumerate(duplicates):
        if duplicate is not None:
            scores[i] = out_of_fold[0][duplicate - 1]
    return _Judgement(scores, *out_of_fold)


def _folds(count: int, seed: int) -> np.ndarray:
    """Fold of each of so many, shape (count,)."""
    folds: np.ndarray = np.random.default_rng(seed).permutation(count) % FOLDS
    return folds


def _split(real: Tensor, generated: Tensor, generator: torch.Generator) -> tuple[Sides, Sides]:
    """To learn from, and to stop and scale by."""
    parts = []
    for side in (real, generated):
        side = side[torch.randperm(len(side), generator=generator, device=side.device)]
        kept = max(1, len(side) // VALIDATED)
        parts.append((side[kept:], side[:kept]))
    return Sides(parts[0][0], parts[1][0]), Sides(parts[0][1], parts[1][1])


NOTE = tr("a file can say anything of itself: this is what it says, not proof that it is so")
NOT_PROOF = tr("this is evidence, not proof: a good model's samples look like real images")
STRIPPED = tr("nothing: it carries no provenance, or that was stripped")
MOST_CHARACTERS = 200
MOST_SOURCES = 3
"""Told one by one, of a recording."""

SHOWN_DIGITS = 16
"""Of a fingerprint."""


def describe_provenance(
    document: Mapping[str, Any], model_sha256: str | None = None, model_name: str = ""
) -> Rows:
    """Rows on what a file says of itself.

    Args:
        document: as it was read, not trusted: whatever is of the wrong kind or cannot be printed is left out.
        model_sha256: fingerprint of a model to compare with.
        model_name: what to call it.
    """
    generated = document.get("generated") is True
    made = " ".join(filter(None, (_plain(document.get(name)) for name in ("program", "date"))))
    rows: Rows = [
        (tr("says"), tr("generated") if generated else tr("not that it is generated")),
        (tr("made by"), made or "–"),
    ]
    listed = document.get("sources")
    sources = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    for source in sources[:MOST_SOURCES]:
        rows += _describe_source(source)
        if model_sha256 is not None:
            rows.insert(-1, ("", _compared(source.get("model_sha256"), model_sha256, model_name)))
    if len(sources) > MOST_SOURCES:
        more = len(sources) - MOST_SOURCES
        rows.append(("", tr("and {count} more, while it was recorded", count=more)))
    sampling = document.get("sampling")
    if isinstance(sampling, Mapping):
        parts = [
            f"{_plain(name).replace('_', ' ')} {said}"
            for name, value in sampling.items()
            if (said := _said(value))
        ]
        rows += [(tr("sampling"), ", ".join(parts[:12]))] if parts else []
    return [*rows, (tr("note"), NOTE)]


def _said(value: object) -> str:
    """A value in words."""
    return (tr("no"), tr("yes"))[value] if isinstance(value, bool) else _plain(value)


def describe_evidence(evidence: Evidence, picture: ReadPicture) -> Rows:
    """Rows on a picture that says nothing of itself."""
    n = len(evidence.images)
    rows: Rows = [
        (tr("read as"), _describe_picture(picture)),
        (
            tr("compared"),
            tr(
                "with {samples:,} fresh samples and {held_out:,} held-out images",
                samples=evidence.samples,
                held_out=evidence.held_out,
            ),
        ),
    ]
    one = evidence.images[0]
    if n == 1:
        rows += _describe_twin(one)
        rows += [
            (
                tr("energy"),
                tr("{energy} nats (−log P, from the training images' mean)", energy=_signed(one.energy)),
            ),
            ("", tr("higher than {share} of the model's fresh samples", share=_percent(one.below_samples))),
            ("", tr("higher than {share} of the held-out images", share=_percent(one.below_held_out))),
        ]
    else:
        middle = [float(np.median([getattr(e, name) for e in evidence.images])) for name in _SHARES]
        rows += [
            (
                tr("energies"),
                tr(
                    "their median is higher than {share} of the model's fresh samples",
                    share=_percent(middle[0]),
                ),
            ),
            ("", tr("and higher than {share} of the held-out images", share=_percent(middle[1]))),
        ]
        known = sum(
            e.training_duplicate is not None or e.held_out_duplicate is not None for e in evidence.images
        )
        if known:
            rows.append(
                (tr("data"), tr("{count} of them are images of the data, to the last level", count=known))
            )
    return [*rows, *_describe_discriminator(evidence), (tr("note"), NOT_PROOF)]


_SHARES = ("below_samples", "below_held_out")


def _describe_source(source: Mapping[str, Any]) -> Rows:
    epoch, problem = source.get("epoch"), _plain(source.get("problem"))
    trained = f", {counted(epoch, 'epoch')}" if isinstance(epoch, int) and not isinstance(epoch, bool) else ""
    fingerprint = _plain(source.get("model_sha256"))[:SHOWN_DIGITS]
    which = (tr("of {data}", data=problem) if problem else tr("of unknown data")) + trained
    if fingerprint:
        which += tr(", fingerprint {fingerprint}…", fingerprint=fingerprint)
    else:
        which += tr(", which one is not said")
    return [
        (tr("model"), which),
        (tr("composition"), _plain(source.get("formula")) or tr("not said")),
    ]


def _compared(found: object, model_sha256: str, name: str) -> str:
    if not found:
        return tr("so whether it is that of {name} is not known", name=name)
    if found == model_sha256:
        return tr("which is that of {name}", name=name)
    return tr(
        "which is not that of {name}, {fingerprint}…", name=name, fingerprint=model_sha256[:SHOWN_DIGITS]
    )


def _describe_picture(picture: ReadPicture) -> str:
    n, height, width = picture.images.shape
    size = (
        tr("a mosaic of {count} images of {width} × {height} pixels", count=n, width=width, height=height)
        if picture.is_mosaic
        else tr("an image of {width} × {height} pixels", width=width, height=height)
    )
    enlarged = tr(", enlarged {scale} times", scale=picture.scale) if picture.scale > 1 else ""
    exact = (
        tr("; every grey is a level of the model's")
        if picture.exact
        else tr(
            "; its greys had to be rounded to the model's levels, as where it was blurred or made elsewhere"
        )
    )
    return size + enlarged + exact


def _describe_twin(image: ImageEvidence) -> Rows:
    if image.training_duplicate is not None:
        number = image.training_duplicate
        return [(tr("data"), tr("it is training image {number}, to the last level", number=number))]
    if image.held_out_duplicate is not None:
        number = image.held_out_duplicate
        return [(tr("data"), tr("it is held-out image {number}, to the last level", number=number))]
    return []


def _describe_discriminator(evidence: Evidence) -> Rows:
    positives, negatives = evidence.false_positives, evidence.false_negatives
    if positives is None or negatives is None:
        return [(tr("discriminator"), tr("none can be trained on images of this size, or on so few"))]
    judged = [image for image in evidence.images if image.log_odds is not None]
    rows: Rows = []
    if not judged:
        rows.append((tr("discriminator"), tr("has learned from this image, and has nothing to say of it")))
    elif len(evidence.images) == 1:
        odds = _signed(judged[0].log_odds or 0.0)
        said = (
            tr("calls it generated (log-odds of being real {odds} nats)", odds=odds)
            if judged[0].called_generated
            else tr("calls it real (log-odds of being real {odds} nats)", odds=odds)
        )
        rows.append((tr("discriminator"), said))
    else:
        called = sum(image.called_generated for image in judged)
        rows.append(
            (
                tr("discriminator"),
                tr("calls {count} of {total} generated", count=called, total=len(judged)),
            )
        )
    right = 1 - (positives.value + negatives.value) / 2
    return [
        *rows,
        (
            tr("its errors"),
            tr("{share} of held-out images are called generated", share=_with_error(positives)),
        ),
        ("", tr("{share} of fresh samples are called real", share=_with_error(negatives))),
        (
            "",
            tr(
                "so it is right in {share:.0%} of cases, where a coin is in 50%; cross-validated, threshold 0",
                share=right,
            ),
        ),
    ]


def _with_error(share: ErrorShare) -> str:
    return f"{share.value:.1%} ± {share.error:.1%}"


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _signed(value: float) -> str:
    return shown(value, "+.2f")


def _plain(value: object) -> str:
    """A value of an untrusted document, without what would move a terminal's cursor, and not too long."""
    if value is None or isinstance(value, dict | list):
        return ""
    text = "".join(c for c in str(value)[: 4 * MOST_CHARACTERS] if c.isprintable())
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


class Suspected(NamedTuple):
    """A model that may have made images.

    Attributes:
        space: where its samples live.
        name: what to call it.
        sha256: its fingerprint.
    """

    space: Space
    name: str
    sha256: str

    @classmethod
    def of(cls, model: Model, name: str) -> Suspected:
        """A model under a name."""
        return cls(model.space, name, model_fingerprint(model))


def inspect_file(
    path: Path, suspected: Suspected | None, advice: str, inverted: bool = False
) -> tuple[Rows, ReadPicture | None]:
    """Rows on a file, and the picture in it where it says nothing and a model may have evidence.

    Args:
        path: of the file.
        suspected: the model; None for none.
        advice: how to name one, as the end of a sentence.
        inverted: as of `read_picture`.

    Raises:
        ValueError: the file cannot be read, or its picture does not fit the model.
    """
    document = read_provenance(path)
    if document is not None:
        sha256, name = (None, "") if suspected is None else (suspected.sha256, suspected.name)
        return describe_provenance(document, sha256, name), None
    stripped: Rows = [(tr("says"), STRIPPED)]
    if suspected is None:
        return [*stripped, (tr("evidence"), tr("none without a model; {advice}", advice=advice))], None
    space = suspected.space
    if not space.is_image:
        raise ValueError(
            tr(
                "{path} says nothing of itself, and {model} is no model of images: its samples live on {space}",
                path=path,
                model=suspected.name,
                space=space.label,
            )
        )
    return stripped, read_picture(path, require_images(space), inverted)
