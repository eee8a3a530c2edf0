"""What a provenance says, and what the evidence is, in words; the same on the command line and in the window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from landscape_app.session.picture_reading import ReadPicture
from landscape_app.session.verification import Evidence, ImageEvidence, Share

Rows = list[tuple[str, str]]
"""Names, empty where one goes on, and what there is to say."""

NOTE = "a file can say anything of itself: this is what it says, not proof that it is so"
NOT_PROOF = "this is evidence, not proof: a good model's samples look like real images"
STRIPPED = "nothing: it carries no provenance, or that was stripped"
MOST_CHARACTERS = 200
MOST_SOURCES = 3
"""Told one by one, of a recording."""

SHOWN_DIGITS = 16
"""Of a fingerprint."""


def describe_provenance(
    document: Mapping[str, Any], model_sha256: str | None = None, model_name: str = ""
) -> Rows:
    """What a file says of itself.

    Args:
        document: as it was read, not trusted: whatever is of the wrong kind or cannot be printed is left out.
        model_sha256: fingerprint of a model to compare with.
        model_name: what to call it.
    """
    generated = document.get("generated") is True
    made = " ".join(filter(None, (_plain(document.get(name)) for name in ("program", "date"))))
    rows: Rows = [
        ("says", "generated" if generated else "not that it is generated"),
        ("made by", made or "–"),
    ]
    listed = document.get("sources")
    sources = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    for source in sources[:MOST_SOURCES]:
        rows += _describe_source(source)
        if model_sha256 is not None:
            rows.insert(-1, ("", _compared(source.get("model_sha256"), model_sha256, model_name)))
    if len(sources) > MOST_SOURCES:
        rows.append(("", f"and {len(sources) - MOST_SOURCES} more, while it was recorded"))
    sampling = document.get("sampling")
    if isinstance(sampling, Mapping):
        parts = [
            f"{_plain(name).replace('_', ' ')} {said}"
            for name, value in sampling.items()
            if (said := _said(value))
        ]
        rows += [("sampling", ", ".join(parts[:12]))] if parts else []
    return [*rows, ("note", NOTE)]


def _said(value: object) -> str:
    """A value as a person says it."""
    return ("no", "yes")[value] if isinstance(value, bool) else _plain(value)


def describe_evidence(evidence: Evidence, picture: ReadPicture) -> Rows:
    """What there is to say of a picture that does not say it itself."""
    n = len(evidence.images)
    rows: Rows = [
        ("read as", _describe_picture(picture)),
        ("compared", f"with {evidence.samples:,} fresh samples and {evidence.held_out:,} held-out images"),
    ]
    one = evidence.images[0]
    if n == 1:
        rows += _describe_twin(one)
        rows += [
            ("energy", f"{_signed(one.energy)} nats (−log P, from the training images' mean)"),
            ("", f"higher than {_percent(one.below_samples)} of the model's fresh samples"),
            ("", f"higher than {_percent(one.below_held_out)} of the held-out images"),
        ]
    else:
        middle = [float(np.median([getattr(e, name) for e in evidence.images])) for name in _SHARES]
        rows += [
            ("energies", f"their median is higher than {_percent(middle[0])} of the model's fresh samples"),
            ("", f"and higher than {_percent(middle[1])} of the held-out images"),
        ]
        known = sum(e.training_twin is not None or e.held_out_twin is not None for e in evidence.images)
        rows += [("data", f"{known} of them are images of the data, to the last level")] if known else []
    return [*rows, *_describe_discriminator(evidence), ("note", NOT_PROOF)]


_SHARES = ("below_samples", "below_held_out")


def _describe_source(source: Mapping[str, Any]) -> Rows:
    epoch, problem = source.get("epoch"), _plain(source.get("problem"))
    trained = f", {epoch:,} epochs" if isinstance(epoch, int) and not isinstance(epoch, bool) else ""
    fingerprint = _plain(source.get("model_sha256"))[:SHOWN_DIGITS]
    which = f"of {problem or 'unknown data'}{trained}"
    print_ = f", fingerprint {fingerprint}…" if fingerprint else ", which one is not said"
    return [
        ("model", which + print_),
        ("composition", _plain(source.get("formula")) or "not said"),
    ]


def _compared(found: object, model_sha256: str, name: str) -> str:
    if not found:
        return f"so whether it is that of {name} is not known"
    if found == model_sha256:
        return f"which is that of {name}"
    return f"which is not that of {name}, {model_sha256[:SHOWN_DIGITS]}…"


def _describe_picture(picture: ReadPicture) -> str:
    n, height, width = picture.images.shape
    what = f"a mosaic of {n} images" if picture.is_mosaic else "an image"
    size = f"{what} of {width} × {height} pixels"
    enlarged = f", enlarged {picture.scale} times" if picture.scale > 1 else ""
    exact = (
        "; every grey is a level of the model's"
        if picture.exact
        else "; its greys had to be rounded to the model's levels, as where it was blurred or made elsewhere"
    )
    return size + enlarged + exact


def _describe_twin(image: ImageEvidence) -> Rows:
    if image.training_twin is not None:
        return [("data", f"it is training image {image.training_twin}, to the last level")]
    if image.held_out_twin is not None:
        return [("data", f"it is held-out image {image.held_out_twin}, to the last level")]
    return []


def _describe_discriminator(evidence: Evidence) -> Rows:
    positives, negatives = evidence.false_positives, evidence.false_negatives
    if positives is None or negatives is None:
        return [("discriminator", "none can be trained on images of this size, or on so few")]
    judged = [image for image in evidence.images if image.log_odds is not None]
    rows: Rows = []
    if not judged:
        rows.append(("discriminator", "has learned from this image, and has nothing to say of it"))
    elif len(evidence.images) == 1:
        word = "generated" if judged[0].called_generated else "real"
        rows.append(
            (
                "discriminator",
                f"calls it {word} (log-odds of being real {_signed(judged[0].log_odds or 0.0)} nats)",
            )
        )
    else:
        called = sum(image.called_generated for image in judged)
        rows.append(("discriminator", f"calls {called} of {len(judged)} generated"))
    right = 1 - (positives.value + negatives.value) / 2
    return [
        *rows,
        ("its errors", f"{_with_error(positives)} of held-out images are called generated"),
        ("", f"{_with_error(negatives)} of fresh samples are called real"),
        ("", f"so it is right in {right:.0%} of cases, where a coin is in 50%; cross-validated, threshold 0"),
    ]


def _with_error(share: Share) -> str:
    return f"{share.value:.1%} ± {share.error:.1%}"


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _plain(value: object) -> str:
    """A value of an untrusted document, without what would move a terminal's cursor, and not too long."""
    if value is None or isinstance(value, dict | list):
        return ""
    text = "".join(c for c in str(value)[: 4 * MOST_CHARACTERS] if c.isprintable())
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
