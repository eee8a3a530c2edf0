"""Many runs of one command by a TOML file: options of all, a grid, random draws, and seeds."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import random
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from landscape_app.runs.atomic import reason_of
from landscape_app.session.vocabulary import choices

Value = str | bool | int | float
Values = Mapping[str, Value | tuple[Value, ...]]
"""Values of options by their names; several of one that may be given several times."""

ENTRIES = ("command", "output", "seeds", "options", "grid", "random")
RULES = ("uniform", "log", "choice")
MOST_RUNS = 100_000
MOST_BYTES = 1_000_000

LONGEST_NAME = 120
"""Characters of the settings in the name of a run."""
DIGITS_OF_HASH = 8


@dataclass(frozen=True)
class Draw:
    """Rule by which the value of an option is drawn.

    Attributes:
        rule: "uniform", "log" (uniform in the logarithm), or "choice".
        values: the two ends, or what is chosen from. Between whole numbers whole ones are drawn, both ends included.
    """

    rule: str
    values: tuple[Value, ...]

    def value(self, numbers: random.Random) -> Value:
        """A value; of real numbers four digits, which a name can bear.

        Example:
            >>> Draw("uniform", (1, 3)).value(random.Random(0)) in (1, 2, 3)
            True
        """
        if self.rule == "choice":
            return numbers.choice(self.values)
        low, high = (float(end) for end in self.values)
        is_whole = all(isinstance(end, int) for end in self.values)
        if self.rule == "log":
            found = math.exp(numbers.uniform(math.log(low), math.log(high)))
            return min(max(round(found), int(low)), int(high)) if is_whole else float(f"{found:.4g}")
        return (
            numbers.randint(int(low), int(high)) if is_whole else float(f"{numbers.uniform(low, high):.4g}")
        )


@dataclass(frozen=True)
class PlannedRun:
    """One run of a sweep.

    Attributes:
        settings: all options but the seed.
        varied: those that differ from run to run, in their order.
        seed: None where the file says none.
    """

    settings: Values
    varied: tuple[str, ...]
    seed: int | None


@dataclass(frozen=True)
class RunsPlan:
    """Content of the file of a sweep.

    Attributes:
        path: of the file.
        command: words after `landscape`, such as ("train", "digits").
        output: folder of the results, absolute.
        seeds: of the repeats; none where the command's own is to be taken.
        options: of all runs.
        grid: values of options, of which every combination is run.
        draws: rules of the options that are drawn.
        count: of the draws.
        draw_seed: of their random numbers; the first draws are the same for every count.
    """

    path: Path
    command: tuple[str, ...]
    output: Path
    seeds: tuple[int, ...] = ()
    options: Values = field(default_factory=dict)
    grid: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    draws: Mapping[str, Draw] = field(default_factory=dict)
    count: int = 1
    draw_seed: int = 0

    @property
    def varied(self) -> tuple[str, ...]:
        """Options that differ from run to run."""
        return (*self.grid, *self.draws)

    def runs(self) -> list[PlannedRun]:
        """All runs, every setting once before the first is repeated with another seed; of equal draws one is run."""
        drawn = dict.fromkeys(
            tuple(
                draw.value(random.Random(f"{self.draw_seed} {number} {name}"))
                for name, draw in self.draws.items()
            )
            for number in range(self.count)
        )
        settings = [
            {**self.options, **dict(zip(self.varied, (*chosen, *found), strict=True))}
            for chosen in itertools.product(*self.grid.values())
            for found in drawn
        ]
        return [PlannedRun(one, self.varied, seed) for seed in self.seeds or (None,) for one in settings]

    def name_of(self, run: PlannedRun) -> str:
        """Name of a run's files: the settings that differ, its seed, and a hash of all settings.

        Two runs have one name only if they do the same.
        """
        told = [(name.rpartition(".")[2], run.settings[name]) for name in run.varied]
        told += [] if run.seed is None else [("seed", run.seed)]
        words = "_".join(f"{name}={_plain(value)}" for name, value in told)[:LONGEST_NAME]
        return "_".join(filter(None, (words or self.path.stem, self.digest_of(run))))

    def digest_of(self, run: PlannedRun) -> str:
        """Hash of all that a run does."""
        whole = json.dumps([self.command, dict(run.settings), run.seed], sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()[:DIGITS_OF_HASH]


def _plain(value: object) -> str:
    """A value as a part of a file's name."""
    text = re.sub(r"[^\w.+-]+", "-", str(value), flags=re.ASCII)
    return text.strip("-.") if isinstance(value, str) else text


def read_plan(path: Path) -> RunsPlan:
    """The sweep that a TOML file describes.

    Raises:
        ValueError: the file cannot be read, or an entry is none or of another kind; names the entry.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"{path} is too large for a file of settings")
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {reason_of(error)}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no TOML file: it is no text") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is no TOML file: {error}") from error
    try:
        return _plan(path.absolute(), found)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _plan(path: Path, found: Mapping[str, Any]) -> RunsPlan:
    for name in found:
        if name not in ENTRIES:
            raise ValueError(
                f"there is no entry {name!r}; {choices(name, ENTRIES)} (options of the command go below [options])"
            )
    command = found.get("command")
    if not isinstance(command, str) or not command.split():
        raise ValueError('say what to run, such as command = "train digits"')
    output = found.get("output", path.stem)
    if not isinstance(output, str) or not output:
        raise ValueError(f"output: expected the name of a folder, got {output!r}")
    options = {name: _option(name, value) for name, value in _flat(found, "options").items()}
    grid = {name: _listed(f"grid.{name}", value) for name, value in _flat(found, "grid").items()}
    count, draw_seed, draws = _draws(found)
    for first, second, where in (
        (options, grid, "[options] and [grid]"),
        (options, draws, "[options] and [random]"),
        (grid, draws, "[grid] and [random]"),
    ):
        for name in first:
            if name in second:
                raise ValueError(f"{name} stands in {where}; leave it out of one")
    plan = RunsPlan(
        path,
        tuple(command.split()),
        path.parent / output,
        _seeds(found),
        options,
        grid,
        draws,
        count,
        draw_seed,
    )
    number = math.prod(map(len, grid.values())) * count * max(1, len(plan.seeds))
    if number > MOST_RUNS:
        raise ValueError(f"these are {number:,} runs, at most {MOST_RUNS:,} are done")
    return plan


def _flat(found: Mapping[str, Any], entry: str, rules: Sequence[str] = ()) -> dict[str, Any]:
    """Values of a table by the names of options; those of an inner table, such as [grid.set], as set.NAME."""
    table = found.get(entry, {})
    if not isinstance(table, dict):
        raise ValueError(f"{entry} must be a table: write [{entry}] and its options below")
    flat: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("_", "-")
        inner = {name: value}
        if isinstance(value, dict) and not (rules and set(value) & set(rules)):
            inner = {f"{name}.{key}": part for key, part in value.items()}
        for one, part in inner.items():
            if one in flat:
                raise ValueError(f"{entry}.{one} is given twice")
            flat[one] = part
    return flat


def _option(name: str, value: Any) -> Value | tuple[Value, ...]:
    if isinstance(value, list):
        return tuple(_scalar(f"options.{name}", part) for part in value)
    return _scalar(f"options.{name}", value)


def _scalar(name: str, value: Any) -> Value:
    if isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError(f"{name}: expected a number, a text, true or false, got {value!r}")


def _listed(name: str, value: Any) -> tuple[Value, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"{name}: expected a list of values, such as [1, 2], got {value!r}")
    values = tuple(_scalar(name, part) for part in value)
    _check_different(name, values)
    return values


def _check_different(name: str, values: Iterable[Value]) -> None:
    seen: set[tuple[type, Value]] = set()
    for value in values:
        if (type(value), value) in seen:
            raise ValueError(f"{name}: {value!r} is given twice")
        seen.add((type(value), value))


def _seeds(found: Mapping[str, Any]) -> tuple[int, ...]:
    seeds = found.get("seeds", [])
    if isinstance(seeds, int) and not isinstance(seeds, bool) and 1 <= seeds <= MOST_RUNS:
        return tuple(range(seeds))
    if not isinstance(seeds, list) or any(type(seed) is not int or seed < 0 for seed in seeds):
        raise ValueError(
            f"seeds: expected their number or a list of them, such as 5 or [3, 4], got {seeds!r}"
        )
    _check_different("seeds", seeds)
    return tuple(seeds)


def _draws(found: Mapping[str, Any]) -> tuple[int, int, dict[str, Draw]]:
    """Number of the draws, the seed of their random numbers, and the rule of each option."""
    table = _flat(found, "random", RULES)
    count, seed = table.pop("count", None), table.pop("seed", 0)
    if not table and count is None:
        return 1, 0, {}
    if type(count) is not int or not 1 <= count <= MOST_RUNS:
        raise ValueError(f"random.count: expected the number of draws, such as 20, got {count!r}")
    if type(seed) is not int or seed < 0:
        raise ValueError(f"random.seed: expected a whole number, got {seed!r}")
    if not table:
        raise ValueError("random: say what to draw, such as rate = {log = [1e-4, 1e-2]}")
    return count, seed, {name: _draw(f"random.{name}", rule) for name, rule in table.items()}


def _draw(name: str, value: Any) -> Draw:
    if not isinstance(value, dict) or len(value) != 1 or not set(value) <= set(RULES):
        raise ValueError(
            f"{name}: expected {{uniform = [1, 9]}}, {{log = [1e-4, 1e-2]}} or {{choice = [8, 16]}}, got {value!r}"
        )
    ((rule, values),) = value.items()
    values = _listed(f"{name}.{rule}", values)
    if rule == "choice":
        return Draw(rule, values)
    numbers = [end for end in values if isinstance(end, int | float) and not isinstance(end, bool)]
    if len(values) != 2 or len(numbers) != 2 or not numbers[0] < numbers[1]:
        raise ValueError(f"{name}.{rule}: expected two numbers, the smaller first, got {list(values)}")
    if rule == "log" and not numbers[0] > 0:
        raise ValueError(f"{name}.log: expected numbers above 0, got {list(values)}")
    return Draw(rule, values)
