"""A run's journal as a Python script on the public API, and a model's file as a few lines of it."""

from __future__ import annotations

import dataclasses
import math
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import Any, NamedTuple

from landscape_app.language import english_of, tr
from landscape_app.models.memories import Damage
from landscape_app.physics.fields import CustomField, Field
from landscape_app.physics.space import Space
from landscape_app.problems import PROBLEMS
from landscape_app.session import journal
from landscape_app.session.composition import DEFAULT_STRENGTH, Composition
from landscape_app.session.journal import Entry
from landscape_app.version import __version__

WIDTH = 92
INDENT = 4
MANY_EPOCHS = 10
"""Epochs of a training from which on its script prints lines of progress."""

MINUTE = 60


class Call(NamedTuple):
    """A call.

    Attributes:
        name: of what is called, as it is written.
        arguments: by position.
        keywords: by name.
    """

    name: str
    arguments: tuple[object, ...] = ()
    keywords: Mapping[str, object] = {}


class Name(NamedTuple):
    """A name that stands for itself."""

    text: str


def source_of(value: object, column: int = 0) -> str:
    """A value as Python source: numbers, text, tuples, dictionaries, calls, and frozen dataclasses of this package.

    Text is quoted, whatever it holds, so that what comes from a file stays a value.

    Args:
        value: what to write.
        column: where its line begins and, folded, its last one too.

    Raises:
        TypeError: it is none of these.
    """
    flat = _flat(value)
    parts = _parts(value)
    if parts is None or column + len(flat) <= WIDTH:
        return flat
    opening, inside, closing = parts
    if len(inside) == 1 and opening != "(" and inside[0][0] == "" and _parts(inside[0][1]) is not None:
        return f"{opening}{source_of(inside[0][1], column)}{closing}"
    inner = column + INDENT
    margin = " " * inner
    if all(prefix == "" and len(_flat(part)) < WIDTH // 4 for prefix, part in inside):
        body = _filled([f"{_flat(part)}," for _, part in inside], margin)
    else:
        body = "".join(f"{margin}{prefix}{source_of(part, inner)},\n" for prefix, part in inside)
    return f"{opening}\n{body}{' ' * column}{closing}"


def _flat(value: object) -> str:
    """All of it in one line."""
    parts = _parts(value)
    if parts is not None:
        opening, inside, closing = parts
        single = "," if opening == "(" and len(inside) == 1 else ""
        return f"{opening}{', '.join(prefix + _flat(part) for prefix, part in inside)}{single}{closing}"
    if isinstance(value, Name):
        return value.text
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, str):
        # repr, but in double quotes where that needs no more escapes.
        return repr(value) if '"' in value or "'" in repr(value)[1:-1] else f'"{repr(value)[1:-1]}"'
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    raise TypeError(f"{type(value).__name__} cannot be written as Python source")


def _parts(value: object) -> tuple[str, list[tuple[str, object]], str] | None:
    """Opening, parts with what is before each, closing; None of what has no parts."""
    if isinstance(value, Call):
        inside: list[tuple[str, object]] = [("", part) for part in value.arguments]
        inside += [(f"{name}=", part) for name, part in value.keywords.items()]
        return f"{value.name}(", inside, ")"
    if isinstance(value, Name):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _parts(_construction(value))
    if isinstance(value, Mapping):
        return "{", [(f"{_flat(key)}: ", part) for key, part in value.items()], "}"
    if isinstance(value, tuple):
        return "(", [("", part) for part in value], ")"
    if isinstance(value, list):
        return "[", [("", part) for part in value], "]"
    return None


def _construction(value: object) -> Call:
    """The call that makes a dataclass instance, without what has its default."""
    name = type(value).__name__
    arguments: list[object] = []
    keywords: dict[str, object] = {}
    by_position = True
    for field in dataclasses.fields(value):  # type: ignore[arg-type]
        given = getattr(value, field.name)
        if field.default is not dataclasses.MISSING and given == field.default:
            by_position = False
        elif by_position and not arguments:
            arguments.append(given)
        else:
            keywords[field.name] = given
    return Call(f"fields.{name}" if isinstance(value, Field) else name, tuple(arguments), keywords)


def _filled(words: Sequence[str], margin: str) -> str:
    """Words in lines as full as can be."""
    lines = [margin]
    for word in words:
        if len(lines[-1]) + len(word) + 1 > WIDTH and lines[-1] != margin:
            lines.append(margin)
        lines[-1] += word if lines[-1] == margin else f" {word}"
    return "".join(f"{line}\n" for line in lines)


PUBLIC = (
    "Composition",
    "Layer",
    "branch",
    "diagnose",
    "energy_session",
    "fields",
    "load_data",
    "new_session",
    "open_session",
    "save",
    "train",
)
INNER = ("print_progress", "train_discriminator", "trust_field")
"""Names that a script may use of the package itself, and of `session.api`."""


def script_of(
    entries: Sequence[Entry],
    epoch: int,
    data_file: str | None = None,
    seconds: float = math.nan,
    class_names: Sequence[str] = (),
) -> str:
    """A Python script that does what a journal says, prints the final figures and saves the run.

    Args:
        entries: of the journal; the first one says how the run began, or was opened.
        epoch: epochs that are trained by now.
        data_file: a file with the data of the person's own, where the run has learned such; None where none is known.
        seconds: that the training has taken so far; NaN where they are not known.
        class_names: of the data, by number, which the script says beside the numbers; empty for none.

    Raises:
        ValueError: the entries say no beginning.
    """
    if not entries or not isinstance(entries[0].action, journal.Beginning):
        raise ValueError(tr("there is no run to write a script of"))
    return _Writer(entries, data_file, class_names).script(epoch, seconds)


def trained_epochs(entries: Sequence[Entry], epoch: int) -> int:
    """Epochs that the script of a journal trains; arguments as of `script_of`."""
    trained, total = entries[0].epoch, 0
    for at, action in entries:
        total += max(0, at - trained)
        trained = action.branch_epoch if isinstance(action, journal.Branched) else at
    return total + max(0, epoch - trained)


def model_snippet(file: str, space: Space, epoch: int | None = None) -> str:
    """The lines of Python that load a model and evaluate H(x).

    Args:
        file: path of its run file.
        space: where its configurations live.
        epoch: of the snapshot that is wanted; None for the model as it is.
    """
    shape = ", ".join(str(n) for n in ("n", *space.shape))
    return f"""from landscape_app import energy, gradient, open_session, sample

session = open_session({source_of(file)}, device="cpu"){"" if epoch is None else f".at_epoch({epoch})"}

x = session.dataset.held_out_items  # shape ({shape}): {english_of(space.meaning)}
h = energy(session, x)  # H(x), the energy of the model, in nats, shape (n,)
slope = gradient(session, x)  # ∂H/∂x, in nats per unit of x, shape ({shape})
new = sample(session, 16)  # new.x of shape (16, {shape.partition(", ")[2]}), new.energy

print(f"H(x) of data {{h.mean():.1f}} nats, of samples {{new.energy.mean():.1f}} nats")
"""


def plain_name(name: str) -> str:
    """A name as one that a file can have, without its folders."""
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in Path(name).name)[:40] or "run"


def name_of(path: str) -> str:
    """The name of a file without its folders, whichever system wrote its path."""
    return PureWindowsPath(path).name


class _Writer:
    """Writes a script, line by line."""

    def __init__(self, entries: Sequence[Entry], data_file: str | None, class_names: Sequence[str]) -> None:
        self._entries = entries
        self._class_names = class_names
        self._data_file = data_file
        self._lines: list[str] = []
        self._trusted: set[str] = set()
        self._codes: set[str] = set()
        self._clocked = False
        self._by_the_clock = False
        self._trained = entries[0].epoch
        self._threads = 0
        self._devices: set[str] = set()
        self._has_trained = self._is_measured = False

    def script(self, epoch: int, seconds: float) -> str:
        for at, action in self._entries:
            if at > self._trained and not self._ends_the_plan(action):
                self._train(at)
            self._trained = at
            self._writer_of(action)()
            if isinstance(action, journal.Branched):
                self._trained = action.branch_epoch
        if epoch > self._trained:
            self._train(epoch)
        if self._has_trained:
            self._lines = [*self._duration(epoch, seconds), *self._lines, *self._results()]
        body = "\n".join(self._lines)
        torch = "import torch\n\n" if self._threads else ""
        return f"{self._header()}\n\n{torch}{_imports(body)}\n\n{body}\n"

    def _duration(self, epoch: int, seconds: float) -> list[str]:
        """A comment on the time that the script will take; none where that is not known."""
        epochs = trained_epochs(self._entries, epoch)
        if not (epoch and epochs and seconds > 0):
            return []
        taken = seconds * epochs / epoch
        minutes = f"{taken:.0f} s" if taken < 2 * MINUTE else f"{taken / MINUTE:.0f} minutes"
        length = f"{epochs:,} epoch{'s' * (epochs != 1)}"
        return [f"# It trains for {length}: about {minutes}, as fast as where the run was trained."]

    def _results(self) -> list[str]:
        """Lines that print the final figures, and save the run where that was not the last that was done."""
        if self._is_measured:
            printed = [
                'print(f"epoch {session.kept.epoch}, entropy {session.kept.s:.2f} nats")',
                "judged, nats = session.kept.verdict",
                'print(f"{judged} cross-entropy {nats:.2f} nats")',
            ]
        else:
            printed = ['print(f"trained to epoch {session.trainer.epoch}")']
        if self._lines[-1].startswith("save("):
            return printed
        return [*printed, source_of(Call("save", (Name("session"), self._result_file())))]

    def _result_file(self) -> str:
        """Name of a file for the run: of none that the script opens."""
        first = self._entries[0].action
        if isinstance(first, journal.Opened):
            return f"{plain_name(PureWindowsPath(first.file).stem)}-run.h5"
        return f"{plain_name(first.problem if isinstance(first, journal.Began) else 'model')}-run.h5"

    def _ends_the_plan(self, action: journal.Action) -> bool:
        return isinstance(action, journal.Finished) and action.planned and not self._clocked

    def _writer_of(self, action: journal.Action) -> Callable[[], None]:
        writers: dict[type, Callable[[Any], None]] = {
            journal.Opened: self._opened,
            journal.Reopened: self._reopened,
            journal.Began: self._began,
            journal.Gave: self._gave,
            journal.ClassesTrained: lambda a: self._do("session.train_classifier", seed=a.seed),
            journal.ClassesTaken: self._classes_taken,
            journal.Planned: self._planned,
            journal.Finished: self._finished,
            journal.BestKept: lambda _: self._kept_best(),
            journal.Steered: self._steered,
            journal.Restarted: lambda a: self._do("session.sampler.restart", a.place, a.count),
            journal.StartedFromPattern: self._started_from_pattern,
            journal.FellAtZero: lambda a: self._do("session.sampler.fall", **_only(a.chain)),
            journal.KernelChosen: lambda a: self._do("session.sampler.set_kernel", a.name),
            journal.KernelTuned: self._tuned,
            journal.DiscriminatorTrained: self._discriminator,
            journal.StartsTested: lambda a: self._do("starts = diagnose", Name("session"), a.steps),
            journal.Branched: self._branched,
            journal.Saved: lambda a: self._do("save", Name("session"), name_of(a.file)),
        }
        return partial(writers[type(action)], action)

    def _do(self, name: str, /, *arguments: object, **keywords: object) -> None:
        self._lines.append(source_of(Call(name, arguments, keywords)))

    def _train(self, epoch: int) -> None:
        self._by_the_clock |= self._clocked
        self._has_trained, self._is_measured = True, False
        epochs = epoch - self._trained
        watched = {"report": Name("print_progress")} if epochs >= MANY_EPOCHS else {}
        call = source_of(Call("train", (Name("session"), epochs), watched))
        self._lines.append(f"{call}  # to epoch {epoch:,}")

    def _compute_on(self, where: journal.Circumstances) -> dict[str, object]:
        """Sees to it that sums are split as they were; returns the other circumstances, for who makes a session."""
        if where.device == "cpu" and where.threads != self._threads:
            self._threads = where.threads
            self._do("torch.set_num_threads", where.threads)
        self._devices.add(where.device)
        usual = where.sampler_chains == journal.Circumstances.sampler_chains
        chains = {} if usual else {"sampler_chains": where.sampler_chains}
        return {"device": where.device, **chains}

    def _opened(self, action: journal.Opened) -> None:
        self._clocked = action.clocked
        circumstances = self._compute_on(action)
        self._do("session = open_session", self._file(action.file, action.shipped), **circumstances)

    def _reopened(self, action: journal.Reopened) -> None:
        name = name_of(action.file)
        if self._lines[-1] != source_of(Call("save", (Name("session"), name))):
            self._do("save", Name("session"), name)
        self._clocked = action.clocked
        circumstances = self._compute_on(action)
        trust = {"trust": True} if self._codes else {}
        self._do("session = open_session", name, **circumstances, **trust)
        self._trusted.clear()

    def _began(self, action: journal.Began) -> None:
        data: object = action.problem
        if action.own:
            data = self._own_data()
        self._clocked = action.settings.get("planned_seconds") is not None
        settings = dict(action.settings) | self._compute_on(action)
        self._do("session = new_session", data, **settings)

    def _gave(self, action: journal.Gave) -> None:
        settings: dict[str, object] = {}
        if action.low < action.high:
            settings |= {"low": action.low, "high": action.high}
        if action.shape:
            settings["shape"] = tuple(int(side) for side in action.shape.split(","))
        if action.spins:
            settings["spins"] = True
        if action.seed:
            settings["seed"] = action.seed
        if action.digest:
            settings["digest"] = action.digest
            self._codes.add(action.digest)
        if action.data in PROBLEMS:
            settings["data"] = action.data
        elif action.data:
            settings["data"] = self._own_data()
        self._do("session = energy_session", action.energy, **(settings | self._compute_on(action)))

    def _own_data(self) -> Call:
        """The call that loads the user's data."""
        if self._data_file is None:
            self._lines.append("# Save the run under this name: its file carries the data that it learns.")
        return Call("load_data", (self._data_file or "data.h5",))

    def _classes_taken(self, action: journal.ClassesTaken) -> None:
        other = Call("open_session", (self._file(action.file, action.shipped),), {"device": "cpu"})
        self._do("session.adopt_classifier", other)

    def _file(self, file: str, shipped: bool) -> object:
        return Call("asset_path", (file,)) if shipped else file

    def _planned(self, action: journal.Planned) -> None:
        self._clocked = False
        self._do("session.plan_epochs", action.epochs)

    def _finished(self, action: journal.Finished) -> None:
        if not self._ends_the_plan(action):
            self._do("session.finish")
            self._do("session.steer", Name("session.composition"))
        else:
            self._has_trained = True
            call = source_of(Call("train", (Name("session"),), {"report": Name("print_progress")}))
            self._lines.append(f"{call}  # to the end of its plan, at epoch {self._trained:,}")
        self._is_measured = True

    def _branched(self, action: journal.Branched) -> None:
        if "planned_epochs" in action.settings or "planned_seconds" in action.settings:
            self._clocked = action.settings.get("planned_seconds") is not None
        self._do("session = branch", Name("session"), action.branch_epoch, **action.settings)
        self._is_measured = False

    def _kept_best(self) -> None:
        self._is_measured = True
        self._do("session.finish", best=True)
        self._do("session.steer", Name("session.composition"))

    def _steered(self, action: journal.Steered) -> None:
        for field in (layer.field for layer in action.composition.acting):
            if isinstance(field, CustomField) and field.digest not in self._trusted:
                self._trusted.add(field.digest)
                self._do("trust_field", Name("session"), field.path, field.digest)
        self._do("session.steer", _composed(action.composition))
        wanted = [c for condition in action.composition.conditions for c in condition.classes]
        named = [self._class_names[c] for c in wanted if c < len(self._class_names)]
        if any(name != str(c) for c, name in zip(wanted, named, strict=False)):
            # Of several lines the first: what opens the composition.
            first, *rest = self._lines[-1].split("\n")
            said = ", ".join(" ".join(name.split()) for name in named)
            self._lines[-1] = "\n".join([f"{first}  # {said}", *rest])

    def _started_from_pattern(self, action: journal.StartedFromPattern) -> None:
        damage = Damage(action.noise, action.hidden, action.painted)
        harmed = () if damage == Damage() else (damage,)
        self._do("session.sampler.start_from_pattern", action.pattern, *harmed, **_only(action.chain))

    def _tuned(self, action: journal.KernelTuned) -> None:
        automatic: dict[str, object] = {"automatic": True} if action.automatic else {}
        self._do("session.sampler.tune_kernel", **(automatic | dict(action.parameters)))

    def _discriminator(self, action: journal.DiscriminatorTrained) -> None:
        if action.steps:
            self._lines.append("sweeps = session.sample()")
            self._lines.append(f"for _ in range({action.steps}):\n    next(sweeps)")
        self._do("train_discriminator", Name("session"))

    def _header(self) -> str:
        if self._devices != {"cpu"}:
            exact = (
                "A graphics processor's sums differ in their last digits from run to run: so will the model."
            )
        elif self._by_the_clock:
            exact = "As it was planned in seconds, its learning rates fell by the clock: the model comes out alike."
        else:
            exact = (
                "On the CPU, with the same versions of torch and of Landscape, the model, its metrics and its "
                "entropies come out the same to the last bit."
            )
        chains = (
            "The chains on view are sent to where they were sent then. They are samples of the same distribution, "
            "not the same samples, as the clock said how many steps they made in between."
        )
        files = (
            "Files are written to the folder that it runs in, and replace those of the same names there: run it in "
            "another folder than the run's."
        )
        text = "\n".join(textwrap.fill(part, WIDTH) for part in (exact, chains, files))
        return f'"""A run of Landscape {__version__} as a script.\n\n{text}\n"""'


def _only(number: int) -> dict[str, object]:
    """The argument that names the only chain, by its number from 1; none for all chains."""
    return {"chain": number - 1} if number else {}


def _composed(composition: Composition) -> object:
    """The shortest way to make a composition."""
    plain = composition.target
    if plain is None:
        return composition
    strength, temperature = composition.acting[0].strength, composition.temperature
    if composition != Composition.towards(plain, strength, temperature, composition.hamiltonian):
        return composition
    keywords: dict[str, object] = {}
    for name, value, usual in (
        ("strength", strength, DEFAULT_STRENGTH),
        ("temperature", temperature, 1.0),
        ("hamiltonian", composition.hamiltonian, True),
    ):
        if value != usual:
            keywords[name] = value
    return Call("Composition.towards", (plain,), keywords)


def _imports(body: str) -> str:
    """Import lines for the names that a body uses."""
    blocks = [f"from landscape_app import {', '.join(_used(PUBLIC, body))}"]
    if "asset_path(" in body:
        blocks.append("from landscape_app.data import asset_path")
    if "Damage(" in body:
        blocks.append("from landscape_app.models.memories import Damage")
    inner = _used(INNER, body)
    if inner:
        blocks.append(f"from landscape_app.session.api import {', '.join(inner)}")
    return "\n".join(blocks)


def _used(names: Iterable[str], body: str) -> list[str]:
    return [name for name in names if re.search(rf"\b{name}\b[.(,)]", body)]
