"""The interface of an experiment: a result of the paper to be seen again and judged, and its parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from landscape_app.experiments.figure import Figure, Mark
from landscape_app.language import tr, within_sentence
from landscape_app.session.share_out import ShareOut, in_turn


@dataclass(frozen=True)
class Parameter:
    """A number that a person may choose.

    Attributes:
        name: on the command line, with words joined by "_".
        label: in the window.
        default: of the quick setting.
        full: at the paper's scale.
        low, high: the range.
        meaning: one sentence.
        whole: whether only whole numbers make sense.
    """

    name: str
    label: str
    default: float
    full: float
    low: float
    high: float
    meaning: str
    whole: bool = True

    def check(self, value: float) -> None:
        """Refuses a value.

        Raises:
            ValueError: it is out of range, or not whole; with the range.
        """
        if not self.low <= value <= self.high or (self.whole and value != int(value)):
            raise ValueError(
                tr(
                    "{name} must be {allowed}, got {given:,.10g}",
                    name=self.name,
                    allowed=self.allowed,
                    given=value,
                )
            )

    @property
    def allowed(self) -> str:
        """Range of a value in words, such as "a whole number from 1 to 10"."""
        if self.whole:
            return tr("a whole number from {low:,} to {high:,}", low=int(self.low), high=int(self.high))
        return tr("a number from {low:,g} to {high:,g}", low=self.low, high=self.high)


Values = Mapping[str, float]
"""Parameters of an experiment by name."""


class Finding(NamedTuple):
    """One line of the table an experiment ends with.

    Attributes:
        figure: of the paper, such as "3d", or what else it belongs to.
        quantity: what was measured.
        expected: what it should be, in words.
        measured: what it is, in words, with units.
        passed: the verdict.
    """

    figure: str
    quantity: str
    expected: str
    measured: str
    passed: bool


@dataclass(frozen=True, eq=False)
class Progress:
    """State of an experiment that runs.

    Attributes:
        share: that is done, 0 to 1.
        doing: what it is doing, in words.
        figure: what there is to see.
        findings: what has been found; complete with the last progress only.
    """

    share: float
    doing: str
    figure: Figure
    findings: tuple[Finding, ...] = ()

    @property
    def is_complete(self) -> bool:
        """True if the experiment has ended."""
        return self.share >= 1.0

    @property
    def has_passed(self) -> bool:
        """True if every verdict is good."""
        return bool(self.findings) and all(finding.passed for finding in self.findings)


SEED = Parameter("seed", tr("Seed"), 0, 0, 0, 2**31 - 1, tr("Of every random number."))


class Experiment(ABC):
    """One result of the paper.

    Attributes:
        name: on the command line.
        title: in the window.
        paper: where it stands there.
        summary: one paragraph: what it shows and why it matters.
        parameters: what can be chosen, the seed among them.
        minutes: about how long it takes on two cores, in the quick setting and at the paper's scale.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str]
    summary: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    minutes: ClassVar[tuple[float, float]]

    @abstractmethod
    def run(self, values: Values) -> Iterator[Progress]:
        """Does it, with every parameter given and checked; yields how far it is, its findings last."""

    def sketch(self) -> tuple[Mark, ...]:
        """Marks of its miniature, from closed forms, for those who have not run it yet; none by default."""
        return ()

    def start(self, values: Values | None = None, full: bool = False) -> Iterator[Progress]:
        """Checks the parameters, adds those not given, and runs.

        Args:
            values: parameters that differ from the setting.
            full: whether the others are at the paper's scale, not quick.

        Raises:
            ValueError: there is no such parameter, or a value is out of its range.
        """
        return self.run(self.complete(values or {}, full))

    def complete(self, values: Values, full: bool = False) -> dict[str, float]:
        """All parameters: those given, the others from a setting.

        Raises:
            ValueError: there is no such parameter, or a value is out of its range.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known:
                raise ValueError(f"{self.name} has no parameter {name!r}; it has {', '.join(known)}")
        chosen = {name: parameter.full if full else parameter.default for name, parameter in known.items()}
        chosen |= values
        for name, value in chosen.items():
            known[name].check(value)
        return chosen

    def describe(self, values: Values) -> str:
        """The seed, and what differs from the quick setting; "full" where the rest is the paper's scale."""
        others = [p for p in self.parameters if p.name != "seed" and p.name in values]
        changed = [p for p in others if values[p.name] != p.default]
        parts = [tr("seed {seed:.0f}", seed=values["seed"])] if "seed" in values else []
        if changed and all(values[p.name] == p.full for p in others):
            parts.append(tr("full"))
        else:
            parts += [f"{within_sentence(p.label)} {values[p.name]:,g}" for p in changed]
        return " · ".join(parts) or tr("several settings")

    def tell_apart(self, settings: Sequence[Values]) -> list[str]:
        """The differing parameters of each of several settings, the seed first; equal settings are numbered."""
        parameters = sorted(self.parameters, key=lambda p: p.name != "seed")
        differing = [p for p in parameters if len({values.get(p.name) for values in settings}) > 1]
        labels = [
            " · ".join(
                f"{within_sentence(p.label)} {values[p.name]:,g}" for p in differing if p.name in values
            )
            or self.describe(values)
            for values in settings
        ]
        return [
            f"{label} ({labels[: i + 1].count(label)})" if labels.count(label) > 1 else label
            for i, label in enumerate(labels)
        ]


class RepeatedExperiment(Experiment):
    """A result of several pieces of work that know nothing of each other, such as repeats with other seeds."""

    def run(self, values: Values) -> Iterator[Progress]:
        """Does one piece after the other."""
        return self.run_shared(values, in_turn)

    @abstractmethod
    def run_shared(self, values: Values, share_out: ShareOut) -> Iterator[Progress]:
        """Does it, as `run`; the pieces as `share_out` does them."""


def describe_seconds(seconds: float) -> str:
    """A duration, such as "0.4 s", "12 s" or "3:05 min"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d} h"
