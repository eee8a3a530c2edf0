"""Journal of the user's actions on a run, between which epochs: the source of its script."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from landscape_app.language import tr
from landscape_app.problems import Configuration
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.composition_file import read_composition, write_composition

VERSION = 1
MOST_BYTES = 8_000_000
MOST_ENTRIES = 2_000
"""Entries beyond which the earliest compositions that a later one has replaced are forgotten."""

Settings = Mapping[str, Any]
Parameters = tuple[tuple[str, float], ...]
Real = float
"""Any finite number."""


@dataclass(frozen=True)
class Circumstances:
    """Device that a run is computed on.

    Attributes:
        device: "cpu", "cuda" or "mps".
        threads: that the processor's sums are split among: another number changes last digits.
        sampler_chains: number of the sampler's chains.
    """

    device: str = "cpu"
    threads: int = 1
    sampler_chains: int = 100


@dataclass(frozen=True)
class Opened(Circumstances):
    """A run file was opened that has no journal of its own.

    Attributes:
        file: its path; of a file that ships with the application, its name.
        shipped: whether it does.
        clocked: whether its plan is in seconds: how its learning rates fall then depends on the clock.
    """

    file: str = ""
    shipped: bool = False
    clocked: bool = False


@dataclass(frozen=True)
class Reopened(Circumstances):
    """The run was opened again, from the file that it had been written to; attributes as of `Opened`."""

    file: str = ""
    clocked: bool = False


@dataclass(frozen=True)
class Began(Circumstances):
    """A run was begun.

    Attributes:
        problem: name of what it learns.
        own: whether that is data of the person's own, which travel in the run's file.
        settings: that differ from the usual configuration (see `new_session`), as JSON values.
    """

    problem: str = "digits"
    own: bool = False
    settings: Settings = field(default_factory=dict)


@dataclass(frozen=True)
class Gave(Circumstances):
    """A run was begun of a model that is given: an energy of the user's own, or tables in a file.

    Attributes:
        energy: the formula, or the path of the file.
        digest: SHA-256 of the source of a Python file; empty of others.
        low: lowest value of every coordinate; not of spins and tables.
        high: highest value.
        shape: of a configuration, its sides with commas between.
        spins: whether it is of spins.
        seed: of its random numbers.
        data: that it is compared with: empty for samples of its own, the name of a problem, or "own".
    """

    energy: str = ""
    digest: str = ""
    low: Real = 0.0
    high: Real = 0.0
    shape: str = ""
    spins: bool = False
    seed: int = 0
    data: str = ""


@dataclass(frozen=True)
class ClassesTrained:
    """A classifier was trained, with a seed."""

    seed: int


@dataclass(frozen=True)
class ClassesTaken:
    """The classifier of another run's file was taken over; `shipped` says that it ships with the application."""

    file: str
    shipped: bool


@dataclass(frozen=True)
class Planned:
    """Training was planned to end after so many epochs in all."""

    epochs: int


@dataclass(frozen=True)
class Finished:
    """The model was measured, and its best state kept; `planned` says that its plan had come to its end."""

    planned: bool = True


@dataclass(frozen=True)
class BestKept:
    """The best state so far was measured, and kept in any case."""


@dataclass(frozen=True)
class Steered:
    """The chains were put on a composition."""

    composition: Composition


@dataclass(frozen=True)
class Restarted:
    """The chains were started anew from a place, in a number."""

    place: str
    count: int


@dataclass(frozen=True)
class StartedFromPattern:
    """Chains were started from damaged copies of a pattern.

    Attributes:
        pattern: index among the training items.
        noise, hidden, painted: as of `Damage`.
        chain: number, from 1, of the only one that was started; 0 for all.
    """

    pattern: int
    noise: float
    hidden: str
    painted: str
    chain: int


@dataclass(frozen=True)
class FellAtZero:
    """Chains fell at T = 0; `chain` is the number, from 1, of the only one that did, 0 for all."""

    chain: int


@dataclass(frozen=True)
class KernelChosen:
    """The chains were given a kernel, by its name."""

    name: str


@dataclass(frozen=True)
class KernelTuned:
    """Parameters of the chains' kernel were set by hand, or it was let to tune itself."""

    automatic: bool
    parameters: Parameters = ()


@dataclass(frozen=True)
class DiscriminatorTrained:
    """A discriminator was trained against the chains, so many steps after they had started or jumped."""

    steps: int


@dataclass(frozen=True)
class StartsTested:
    """The convergence test was made, of so many steps."""

    steps: int


@dataclass(frozen=True)
class Saved:
    """The run was saved to a file."""

    file: str


@dataclass(frozen=True)
class Branched:
    """The run is a branch of the one before, from an epoch of it.

    Attributes:
        branch_epoch: the epoch.
        settings: that differ from those of the run before, as JSON values.
    """

    branch_epoch: int
    settings: Settings = field(default_factory=dict)


Beginning = Opened | Began | Gave
"""Actions of which one is the first of a journal."""

Action = (
    Opened
    | Reopened
    | Began
    | Gave
    | ClassesTrained
    | ClassesTaken
    | Planned
    | Finished
    | BestKept
    | Steered
    | Restarted
    | StartedFromPattern
    | FellAtZero
    | KernelChosen
    | KernelTuned
    | DiscriminatorTrained
    | StartsTested
    | Saved
    | Branched
)
KINDS: dict[str, type[Action]] = {kind.__name__: kind for kind in Action.__args__}


class Entry(NamedTuple):
    """An action, and the epochs that had been trained before it."""

    epoch: int
    action: Action


class Journal:
    """The actions of a run, in their order. Training is not among them: epochs between two entries were trained.

    Attributes:
        entries: so far; never changed, but replaced, so that another thread may read them.
    """

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.entries = tuple(entries)

    def add(self, action: Action, epoch: int) -> None:
        """Takes note of an action after so many epochs; one that goes on with what the last began replaces that."""
        entry, kept = Entry(epoch, action), self.entries
        if kept and kept[-1].epoch == epoch and _goes_on(kept, action):
            kept = kept[:-1]
        self.entries = _not_too_many((*kept, entry))

    @property
    def classifier_origin(self) -> ClassesTrained | ClassesTaken | None:
        """Origin of the classifier; None without one that is known."""
        for _, action in reversed(self.entries):
            if isinstance(action, ClassesTrained | ClassesTaken):
                return action
            if isinstance(action, Opened):
                return ClassesTaken(action.file, action.shipped)
        return None

    def to_json(self) -> str:
        """The journal as JSON text."""
        listed = [
            {"epoch": epoch, "do": type(action).__name__} | _plain(action) for epoch, action in self.entries
        ]
        return json.dumps({"version": VERSION, "entries": listed})

    @classmethod
    def from_json(cls, text: str) -> Journal:
        """The journal of a JSON text.

        Raises:
            ValueError: it is none, or of a later version.
        """
        if len(text) > MOST_BYTES:
            raise ValueError(tr("a journal has at most {most:,} characters", most=MOST_BYTES))
        try:
            found = json.loads(text)
        except RecursionError as error:
            raise ValueError(tr("a journal is not so deep")) from error
        if not isinstance(found, dict) or found.get("version") != VERSION:
            raise ValueError(tr("the journal is not of version {version}", version=VERSION))
        listed = found.get("entries")
        if not isinstance(listed, list) or len(listed) > 2 * MOST_ENTRIES:
            raise ValueError(tr("the journal has no list of entries, or too long a one"))
        entries = [_entry(values) for values in listed]
        if entries and not isinstance(entries[0].action, Beginning):
            raise ValueError(tr("the journal does not say how its run began"))
        return cls(entries)


def _goes_on(entries: Sequence[Entry], action: Action) -> bool:
    """True if an action only goes on with what the last of the entries did, such as to move one slider."""
    last = entries[-1].action
    if isinstance(action, Steered) and isinstance(last, Steered):
        before = entries[-2].action if len(entries) > 1 else None
        changed = _changed_number(last.composition, action.composition)
        begun = before.composition if isinstance(before, Steered) else Composition()
        return action == last or (changed != "" and changed == _changed_number(begun, last.composition))
    if isinstance(action, KernelTuned) and isinstance(last, KernelTuned):
        names = [name for name, _ in action.parameters]
        return action.automatic == last.automatic and names == [name for name, _ in last.parameters]
    return (
        isinstance(action, Planned | KernelChosen | Saved)
        and type(action) is type(last)
        and (not isinstance(action, Saved) or action == last)
    )


def _changed_number(a: Composition, b: Composition) -> str:
    """Number or drawing in which alone two compositions differ; empty where it is another thing, or more."""
    changed = [name for name in ("temperature", "model_temperature") if getattr(a, name) != getattr(b, name)]
    if a.hamiltonian != b.hamiltonian or len(a.layers) != len(b.layers):
        return ""
    for i, (old, new) in enumerate(zip(a.layers, b.layers, strict=True)):
        if (old.enabled, type(old.field)) != (new.enabled, type(new.field)) or _is_another(old, new):
            return ""
        changed += [f"{name} {i}" for name in ("strength", "field", "name") if _differs(old, new, name)]
    return changed[0] if len(changed) == 1 else ""


def _is_another(old: Layer, new: Layer) -> bool:
    """True if a layer wants another thing now, rather than more or less of it."""
    return old.field.is_choice and old.field != new.field


def _differs(old: Layer, new: Layer, name: str) -> bool:
    return bool(getattr(old, name) != getattr(new, name))


def _not_too_many(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The entries without the first composition that another one replaces, where there are too many."""
    if len(entries) <= MOST_ENTRIES:
        return entries
    steered = [i for i, entry in enumerate(entries) if isinstance(entry.action, Steered)]
    # Where there is none but the last, the oldest entry after the beginning has to go.
    forgotten = steered[0] if len(steered) > 1 else 1
    return entries[:forgotten] + entries[forgotten + 1 :]


def _plain(action: Action) -> dict[str, Any]:
    """Entries of an action, as JSON values."""
    values = {f.name: getattr(action, f.name) for f in dataclasses.fields(action)}
    return {
        name: json.loads(write_composition(value)) if isinstance(value, Composition) else value
        for name, value in values.items()
    }


def _entry(values: object) -> Entry:
    """An entry of what a file says.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(values, dict):
        raise ValueError(tr("an entry of the journal is no object"))
    kind = KINDS.get(str(values.get("do")))
    if kind is None:
        raise ValueError(tr("the journal has an unknown entry {name!r}", name=str(values.get("do"))[:40]))
    wanted = {f.name: str(f.type) for f in dataclasses.fields(kind)}
    if set(values) != {"epoch", "do", *wanted}:
        raise ValueError(
            tr("an entry “{name}” of the journal says other things than it should", name=values["do"])
        )
    read: dict[str, Any] = {name: READERS[what](values[name]) for name, what in wanted.items()}
    return Entry(_whole(values["epoch"]), kind(**read))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(
            tr("the journal should have text, not {value}", value=json.dumps(value, default=str))
        )
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(
            tr("the journal should have a whole number, not {value}", value=json.dumps(value, default=str))
        )
    return value


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(
            tr("the journal should have a share, not {value}", value=json.dumps(value, default=str))
        )
    return float(value)


def _real(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(
            tr("the journal should have a number, not {value}", value=json.dumps(value, default=str))
        )
    return float(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(
            tr("the journal should have true or false, not {value}", value=json.dumps(value, default=str))
        )
    return value


def _composition(value: object) -> Composition:
    reading = read_composition(json.dumps(value))
    if reading.notes:
        raise ValueError(
            tr("the journal has a composition that cannot be read: {reason}", reason=reading.notes[0])
        )
    return reading.composition


def _settings(value: object) -> Settings:
    known = {f.name for f in dataclasses.fields(Configuration)}
    if not isinstance(value, dict) or not set(value) <= known:
        raise ValueError(tr("the journal has settings that no configuration has"))
    return value


def _parameters(value: object) -> Parameters:
    if not isinstance(value, list):
        raise ValueError(tr("the journal's parameters are no list"))
    pairs = [tuple(pair) if isinstance(pair, list) else () for pair in value]
    if not all(
        len(pair) == 2
        and isinstance(pair[0], str)
        and pair[0].isidentifier()
        and isinstance(pair[1], float | int)
        and math.isfinite(pair[1])
        for pair in pairs
    ):
        raise ValueError(tr("a parameter in the journal should be a name and a number"))
    return tuple((pair[0], float(pair[1])) for pair in pairs)


READERS: dict[str, Callable[[object], object]] = {
    "str": _text,
    "int": _whole,
    "Real": _real,
    "bool": _flag,
    "float": _share,
    "Composition": _composition,
    "Settings": _settings,
    "Parameters": _parameters,
}
