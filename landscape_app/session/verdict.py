"""Verdicts of convergence tests, each on one state of the model, that a run keeps in its file."""

from __future__ import annotations

import datetime
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landscape_app.counting import counted
from landscape_app.language import ENGLISH, english_of, tr
from landscape_app.physics.estimate import Estimate, shown
from landscape_app.runs.documents import adapter_of

if TYPE_CHECKING:
    from landscape_app.physics.matching import Match, MeanMatch
    from landscape_app.session.convergence import ConvergenceRecord, ConvergenceTest
    from landscape_app.session.journal import Entry
    from landscape_app.session.vocabulary import Rows

VERDICTS = "verdicts"
"""Array of a run file that they are in."""

OF_THE_MODEL = ("model/", "base_measure/")
"""Groups of a run file that make up the model that a verdict is on."""

MOST_VERDICTS = 16
"""Verdicts that a run keeps, of as many states of its model; the oldest goes."""

MOST_BYTES = 2**22
"""Longest document of them that is read."""

MOST_CHARACTERS = 4_000
"""Of a sentence in it."""

NOT_TESTED = tr("Equilibrium not tested: Test convergence")

MOST_ROWS = 300
"""Means of a verdict that are kept for the table of the window, those that are furthest off."""

Means = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class KeptMean:
    """One row of the table of means (`MeanMatch`), as a run file has it.

    Attributes:
        name, unit: of the quantity.
        chains: mean over the chains; None of chains that have not mixed.
        error: its standard error.
        data, data_error: mean over the data, and its standard error.
        deviation: standard deviation of the data.
        reach: standard errors that no difference of an exact match exceeds.
        is_share: whether it is the share of a class.
        lowest, highest: means over the chains of one start; None where starts were not told apart.
    """

    name: str
    unit: str
    chains: float | None
    error: float | None
    data: float
    data_error: float
    deviation: float
    reach: float
    is_share: bool
    lowest: float | None
    highest: float | None

    @classmethod
    def of(cls, row: MeanMatch) -> KeptMean:
        """Row of a test's verdict."""
        return cls(
            row.name,
            row.unit,
            _finite(row.chains.value) if row.mixed else None,
            _finite(row.chains.error),
            row.data.value,
            row.data.error,
            row.deviation,
            row.reach,
            row.is_share,
            _finite(row.lowest),
            _finite(row.highest),
        )

    def match(self, mixed: bool) -> MeanMatch:
        """The row as the table shows it.

        Args:
            mixed: whether the chains had.
        """
        chains = Estimate(_number(self.chains), _number(self.error))
        data = Estimate(self.data, self.data_error)
        ends = _number(self.lowest), _number(self.highest)
        # Reading a run file does without torch.
        from landscape_app.physics.matching import MeanMatch

        return MeanMatch(
            self.name, self.unit, chains, data, self.deviation, self.reach, self.is_share, *ends, mixed
        )


def _finite(value: float) -> float | None:
    """The number as JSON has it."""
    return value if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else value


@dataclass(frozen=True)
class KeptEstimate:
    """A number with its standard error, or bounds (`Estimate`), as a run file has it; None for what is not known.

    Attributes:
        value: the number.
        error: its standard error.
        low, high: bounds.
    """

    value: float | None
    error: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, estimate: Estimate) -> KeptEstimate:
        """Copy of an estimate."""
        return cls(*map(_finite, estimate))

    @property
    def estimate(self) -> Estimate:
        """The estimate."""
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if self.low is not None or self.high is not None or self.value is None:
            return Estimate.between(low, high)
        return Estimate(self.value, math.inf if self.error is None else self.error)


@dataclass(frozen=True)
class Verdict:
    """Verdict of a convergence test on the model by itself, without any field.

    Attributes:
        model_sha256: of the parameters and the base measure (`fingerprint`): it is a verdict on nothing else.
        epoch: of the model.
        temperature: T that the chains were at.
        date: when the test ended, ISO 8601, UTC.
        kernel: name of the kernel.
        chains: from each start.
        seed: of the test's random numbers.
        steps: that were recorded.
        mixed: whether the starts agree.
        matched: whether the chains' means are the data's; None where that is not known.
        sentences: both verdicts with their reasons, on the chains and on the model, in English and in the language
            of who tested it.
        r_hat: the worst; None where it is infinite or not known.
        effective_samples: the fewest.
        round_trips: of all replicas.
        means: by the names of observables, as `diagnose --json` has them.
        class_shares: likewise, by the names of the classes.
        table: means and shares for the table of the window, `MOST_ROWS` at most; none of a verdict from before they
            were kept.
        quantities: number of means and shares that were compared.
        entropy: S of the model in nats; None of a verdict from before it was kept, as the next two.
        cross_entropy: of the judging items, nats an item.
        log_partition: log Z.
    """

    model_sha256: str
    epoch: int
    temperature: float
    date: str
    kernel: str
    chains: int
    seed: int
    steps: int
    mixed: bool
    matched: bool | None
    sentences: dict[str, tuple[str, str]]
    r_hat: float | None
    effective_samples: float | None
    round_trips: int
    means: Means
    class_shares: Means
    table: tuple[KeptMean, ...] = ()
    quantities: int = 0
    entropy: KeptEstimate | None = None
    cross_entropy: KeptEstimate | None = None
    log_partition: KeptEstimate | None = None

    @classmethod
    def of(
        cls, test: ConvergenceTest, record: ConvergenceRecord, model_sha256: str, epoch: int, date: str
    ) -> Verdict:
        """Verdict of a test by its last record, which has come to a diagnosis."""
        assert record.diagnosis is not None
        assert record.match is not None
        assert record.thermometry is not None
        assert record.cross_entropy is not None
        sentences = record.diagnosis.sentence, record.match.sentence
        mixing, matching = map(english_of, sentences)
        figures = record.figures()
        names = ("steps", "mixed", "matched", "r_hat", "effective_samples", "round_trips")
        return cls(
            model_sha256=model_sha256,
            epoch=epoch,
            temperature=1.0,
            date=date,
            kernel=test.kernel,
            chains=test.columns,
            seed=test.seed,
            sentences={tr("en"): sentences, ENGLISH: (mixing, matching)},
            means=figures["means"],
            class_shares=figures["class_shares"],
            table=_kept_rows(record.match),
            quantities=len(record.match.means) + len(record.match.shares),
            entropy=KeptEstimate.of(record.thermometry.entropy),
            cross_entropy=KeptEstimate.of(record.cross_entropy),
            log_partition=KeptEstimate.of(record.thermometry.log_partition),
            **{name: figures[name] for name in names},
        )

    @property
    def is_good(self) -> bool:
        """True where the chains have mixed, and the model matches its data."""
        return self.mixed and bool(self.matched)

    @property
    def mixing(self) -> str:
        """Verdict on the chains with its reason, in the language where it is known in it."""
        return self.sentences.get(tr("en"), self.sentences[ENGLISH])[0]

    @property
    def matching(self) -> str:
        """Verdict on the model with its reason, likewise."""
        return self.sentences.get(tr("en"), self.sentences[ENGLISH])[1]

    @property
    def in_short(self) -> str:
        """Both verdicts without their reasons."""
        return "; ".join(sentence.partition(":")[0] for sentence in (self.mixing, self.matching))

    @property
    def when(self) -> str:
        """Date and time of the test."""
        moment = datetime.datetime.fromisoformat(self.date).astimezone(datetime.UTC)
        return f"{moment:%Y-%m-%d %H:%M} UTC"

    @property
    def subject(self) -> str:
        """Distribution that was tested."""
        return tr(
            "the model of epoch {epoch:,} alone, at T = {temperature:g}",
            epoch=self.epoch,
            temperature=self.temperature,
        )

    @property
    def test(self) -> str:
        """Chains that tested it, and their figures."""
        return tr(
            "{steps} of {chains} chains from each start, kernel {kernel} · {trips} · R-hat {r_hat}",
            steps=counted(self.steps, "step"),
            chains=self.chains,
            kernel=self.kernel,
            trips=counted(self.round_trips, "round trip"),
            r_hat=tr("not known") if self.r_hat is None else shown(self.r_hat, ".3f"),
        )

    def rows(self) -> Rows:
        """Rows of name and value."""
        return [
            (tr("chains"), self.mixing),
            (tr("model"), self.matching),
            (tr("tested"), self.when),
            (tr("what was tested"), self.subject),
            (tr("test"), self.test),
        ]


def _kept_rows(found: Match) -> tuple[KeptMean, ...]:
    """Rows of the table in their order; of many those that are furthest off."""
    rows = (*found.means, *found.shares)
    far = sorted(rows, key=lambda row: -row.deviations if math.isfinite(row.deviations) else -math.inf)
    kept = {row.name for row in far[:MOST_ROWS]}
    return tuple(KeptMean.of(row) for row in rows if row.name in kept)


def fingerprint(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of a model's parameters and base measure, in hexadecimal, as single precision.

    Args:
        arrays: by their paths in a run file; others than those of the model do not count.
    """
    digest = hashlib.sha256()
    for path, array in sorted(arrays.items()):
        if path.startswith(OF_THE_MODEL):
            values = np.ascontiguousarray(array, dtype="<f4")
            digest.update(f"{path}{np.shape(array)}".encode())
            digest.update(values.tobytes())
    return digest.hexdigest()


def with_verdict(verdicts: Sequence[Verdict], added: Verdict) -> tuple[Verdict, ...]:
    """Verdicts with one more, in place of that on the same model."""
    others = [one for one in verdicts if one.model_sha256 != added.model_sha256]
    return (*others, added)[-MOST_VERDICTS:]


def verdict_on(verdicts: Sequence[Verdict], model_sha256: str) -> Verdict | None:
    """The verdict on a model; None where it was not tested."""
    return next((one for one in verdicts if one.model_sha256 == model_sha256), None)


def to_json(verdicts: Sequence[Verdict]) -> str:
    """Verdicts as JSON text; the oldest are left out where it would be too long to be read."""
    text = adapter_of(tuple[Verdict, ...]).dump_json(tuple(verdicts)).decode()
    return text if len(text) <= MOST_BYTES or len(verdicts) < 2 else to_json(verdicts[1:])


def from_json(text: str) -> tuple[Verdict, ...]:
    """The verdicts of a JSON text.

    Raises:
        ValueError: they are none.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(tr("the verdicts of convergence tests are too long"))
    try:
        found = adapter_of(tuple[Verdict, ...]).validate_json(text)
        longest = max((len(text) for one in found for text in (*one.sentences[ENGLISH], one.when)), default=0)
    except (LookupError, ValueError, OverflowError) as error:
        raise ValueError(tr("the verdicts of convergence tests cannot be read")) from error
    if longest > MOST_CHARACTERS:
        raise ValueError(tr("the verdicts of convergence tests are too long"))
    return found


def verdict_in(arrays: Mapping[str, np.ndarray]) -> Verdict | None:
    """The verdict on the model in a run file's arrays; None where there is none on it.

    Raises:
        ValueError: what is kept is no list of verdicts.
    """
    found = arrays.get(VERDICTS)
    if found is None:
        return None
    return verdict_on(from_json(bytes(np.asarray(found, dtype=np.uint8)).decode()), fingerprint(arrays))


def describe_last_test(verdict: Verdict | None, entries: Sequence[Entry], epoch: int) -> str:
    """A line on how far the model is known to be in equilibrium.

    Args:
        verdict: of the last test of the model as it is; None where there is none.
        entries: of the run's journal, where a run of before verdicts were kept says that there was a test.
        epoch: epochs that the run has trained.
    """
    from landscape_app.session.journal import BestKept, Branched, Finished, StartsTested

    if verdict is not None:
        return tr(
            "Equilibrium tested at epoch {epoch:,}: {verdicts}",
            epoch=verdict.epoch,
            verdicts=verdict.in_short,
        )
    for entry in reversed(entries):
        if entry.epoch != epoch or isinstance(entry.action, BestKept | Branched | Finished):
            break
        if isinstance(entry.action, StartsTested):
            steps = counted(entry.action.steps, "step")
            return tr("Equilibrium tested before, over {steps}; its verdict is not in the file", steps=steps)
    return NOT_TESTED
