"""Origin of files and of generated samples: which run and model made them, of which data, under which composition."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_app.data import Dataset
from landscape_app.language import in_english, tr
from landscape_app.models import MinMaxEntModel
from landscape_app.physics.host import to_host
from landscape_app.session.composition import Composition
from landscape_app.session.composition_file import parse_document, write_composition
from landscape_app.version import __version__

if TYPE_CHECKING:
    from landscape_app.learning.trainer import Trainer
    from landscape_app.models.model import Model


@dataclass(frozen=True)
class Lineage:
    """Lineage of a run.

    Attributes:
        run: its own name, new for every run and every resumption.
        parent: the name of the run that it was resumed from, or that it is a branch of; None for a run from scratch,
            or where its file had none.
        branch: epoch of the parent at which it has branched off; None where it went on from the parent's last.
        random: since when its random numbers are those of another kind of device, or of other ranks; None where they
            never changed.
        job: name of the job of torchrun that it is trained in; None of any other.
    """

    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    parent: str | None = None
    branch: int | None = None
    random: str | None = None
    job: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names by which files know the run: its own, and that of the run which it goes on from."""
        goes_on = self.parent is not None and self.branch is None
        return (self.run, self.parent) if goes_on and self.parent is not None else (self.run,)


def origin_of(dataset: Dataset) -> dict[str, str]:
    """Provenance in every file, whatever it holds: program, date, and the data by name and fingerprint."""
    return {
        "program": f"Landscape {__version__}",
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "data": dataset.name,
        "data_sha256": dataset.fingerprint,
    }


FORMAT, VERSION = "landscape-provenance", 1

MOST_BYTES = 2**18
"""Longest document; a reader refuses longer ones, and a writer leaves compositions out that make one too long."""

MOST_SOURCES = 16
"""Sources told of one file: a recording of a training passes through many models."""

Value = str | int | float | bool


@dataclass(frozen=True)
class Source:
    """Source that samples were drawn from.

    Attributes:
        problem: what the model learns.
        data_sha256: fingerprint of its data, in hexadecimal.
        model_sha256: fingerprint of the model (`model_fingerprint`); empty where it is not known any more.
        epoch: epochs that the model was trained for; of a run that kept an earlier state, up to that one.
        composition: what was added to it; None where it is not known any more.
        energy: of the model, as a formula.
    """

    problem: str
    data_sha256: str
    model_sha256: str
    epoch: int
    composition: Composition | None
    energy: str = MinMaxEntModel.formula

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        composition = self.composition
        with in_english():
            formula = None if composition is None else composition.formula_of(self.energy)
        return {
            "problem": self.problem,
            "data_sha256": self.data_sha256,
            "model_sha256": self.model_sha256,
            "epoch": self.epoch,
            "formula": formula,
            "composition": None if composition is None else json.loads(write_composition(composition)),
        }


@dataclass(frozen=True)
class Provenance:
    """Provenance of generated samples.

    Attributes:
        sources: what they were drawn from; several where it changed while they were recorded.
        sampling: how they were drawn, as far as it is known, such as the kernel, its steps and the seed.
        date: when the document was made, ISO 8601; `SOURCE_DATE_EPOCH` in the environment sets it, as for other
            programs whose files are to be the same whenever they are made.
    """

    sources: tuple[Source, ...]
    sampling: Mapping[str, Value] = field(default_factory=dict)
    date: str = field(default_factory=lambda: date_now())

    def to_json(self) -> str:
        """The document: one line of ASCII, at most `MOST_BYTES` long."""
        sources = [source.to_json() for source in _evenly(_distinct(self.sources))]
        document = {
            "format": FORMAT,
            "version": VERSION,
            "generated": True,
            "program": f"Landscape {__version__}",
            "date": self.date,
            "sampling": dict(self.sampling),
            "sources": sources,
        }
        text = json.dumps(document)
        if len(text) > MOST_BYTES:
            for source in sources:
                whole = json.dumps(source["composition"]).encode()
                source["composition_sha256"] = hashlib.sha256(whole).hexdigest()
                source["composition"] = None
                source["formula"] = None if source["formula"] is None else source["formula"][:1000]
            text = json.dumps(document)
        return text


class Identification:
    """Tells the source of chains; fingerprints are made anew only where the model has changed.

    Args:
        problem: name of what the model learns.
        dataset: that it learns.
        trainer: of the model.
    """

    def __init__(self, problem: str, dataset: Dataset, trainer: Trainer) -> None:
        self._problem, self._dataset, self._trainer = problem, dataset, trainer
        self._model: tuple[tuple[int, ...], str] | None = None

    def source(self, composition: Composition, epoch: int | None = None) -> Source:
        """The model as it is now, under a composition.

        Args:
            composition: what is added to it.
            epoch: whose state the model is; None for the trainer's last. A training that has ended may rest on an
                earlier one (`Session.model_epoch`).
        """
        return Source(
            problem=self._problem,
            data_sha256=self._dataset.fingerprint,
            model_sha256=self._model_sha256(),
            epoch=self._trainer.epoch if epoch is None else epoch,
            composition=composition,
            energy=self._trainer.model.formula,
        )

    def _model_sha256(self) -> str:
        trainer = self._trainer
        # In-place changes, which is how parameters are trained and set, count a tensor's version up.
        versions = tuple(p._version for p in trainer.model.parameters())
        if self._model is None or self._model[0] != versions:
            self._model = versions, model_fingerprint(trainer.model)
        return self._model[1]


def model_fingerprint(model: Model) -> str:
    """SHA-256 of a model's parameters, in hexadecimal.

    It does not depend on the file that the model lies in, on its chains or its metrics: on every parameter's name,
    shape and numbers, as little-endian single precision, in the order of their names.
    """
    digest = hashlib.sha256()
    for name, parameter in sorted(model.named_parameters()):
        values = to_host(parameter).numpy().astype("<f4")
        digest.update(f"{name}{values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def parse_provenance(text: str) -> dict[str, Any]:
    """The document of a JSON text, as plain JSON values that are yet to be judged.

    Raises:
        ValueError: it is too long, or no provenance.
    """
    return parse_document(text, tr("provenance"), FORMAT, MOST_BYTES)


def _distinct(sources: tuple[Source, ...]) -> list[Source]:
    """Sources in their order, without those that repeat the one before."""
    return [source for i, source in enumerate(sources) if i == 0 or source != sources[i - 1]]


def _evenly(sources: list[Source]) -> list[Source]:
    """At most `MOST_SOURCES` of them, the first and the last included."""
    if len(sources) <= MOST_SOURCES:
        return sources
    return [sources[i] for i in np.linspace(0, len(sources) - 1, MOST_SOURCES).round().astype(int)]


def date_now() -> str:
    """The moment, ISO 8601, UTC; `SOURCE_DATE_EPOCH` in the environment sets it."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.datetime.now(datetime.UTC)
    if fixed.isascii() and fixed.isdigit() and len(fixed) <= 11:
        moment = datetime.datetime.fromtimestamp(int(fixed), datetime.UTC)
    return moment.isoformat(timespec="seconds")
