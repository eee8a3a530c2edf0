"""Pages of the reference that are made from the program itself: its registries, its command line and its API."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import io
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import typer
from PIL import Image

import landscape_app
from landscape_app.experiments.catalogue import EXPERIMENTS
from landscape_app.experiments.experiment import describe_seconds
from landscape_app.experiments.figure import Panel
from landscape_app.experiments.render import PAPER, miniature
from landscape_app.learning import FITS
from landscape_app.models import MODELS
from landscape_app.physics.fields import KINDS
from landscape_app.physics.kernels import KERNELS
from landscape_app.physics.space import Box, Levels, Line, Mixed, Space, Spins
from landscape_app.problems import PROBLEMS, ways_on
from tools.results import verdicts

PACKAGE = Path(landscape_app.__file__).parent

ROOMS = ("physics", "models", "learning", "data", "problems", "runs", "session", "experiments")
"""Rooms whose modules have pages in the API: all but the window and the command line."""

SPACES: dict[str, Space] = {
    "grey images": Levels((8, 8), 17),
    "categories": Levels((6,), 4),
    "spins": Spins((8, 8)),
    "points in a box": Box((2,), -1.0, 1.0),
    "points": Line((2,)),
    "numbers and categories": Mixed((0, 3)),
}
"""A space of each kind of data."""


SKETCH = 3.0, 1.8, 120.0
"""Width and height of a sketch in inches, and dots per inch."""


def row(cells: Iterable[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in cells)} |"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "\n".join([row(head), row(["---"] * len(head)), *map(row, rows)])


def first_paragraph(thing: object) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def entry(thing: type | Callable[..., object], words: str = "") -> str:
    """A link to the entry of a class or function in the API."""
    return f"[{words or f'`{thing.__name__}`'}][{thing.__module__}.{thing.__qualname__}]"


def spaces(kinds: Iterable[type[Space]]) -> str:
    """Kinds of space in words."""
    return ", ".join(entry(kind) for kind in kinds)


def kernels(pictured: Collection[str] = ()) -> str:
    """Every kernel: what it does, on which spaces, and what can be set.

    Args:
        pictured: paths in the site of the pictures that there are.
    """
    parts = [
        table(
            ("name", "in menus", "spaces", "acceptance aimed at", "of the base measure"),
            (
                (
                    f"[`{name}`](#{name})",
                    kind.label,
                    spaces(kind.serves),
                    f"{kind.target_acceptance:.0%}",
                    "any" if kind.over_any_base else "independent sites, in discrete spaces",
                )
                for name, kind in KERNELS.items()
            ),
        )
    ]
    for name, kind in KERNELS.items():
        kernel = kind()
        settings: dict[str, Sequence[str]] = {}
        for space in SPACES.values():
            if isinstance(space, kind.serves):
                for one in kernel.parameters(space):
                    limits = (
                        f"{one.low:g} to {one.high:g}"
                        if not isinstance(space, Box | Line)
                        else "in the units of x"
                    )
                    settings.setdefault(
                        one.label + one.meaning, (f"`{one.name}`", one.label, limits, one.meaning)
                    )
        parts += [f"## {kind.label} {{ #{name} }}", f"`{name}`: {first_paragraph(kind)} See {entry(kind)}."]
        parts += _picture(
            f"kernels/{name}.png",
            "Its steps on a known surface, or the energy of spins from noise on",
            pictured,
        )
        if settings:
            parts.append(table(("name", "in the window", "range", "meaning"), settings.values()))
        else:
            parts.append("Nothing can be set.")
    return "\n\n".join(parts)


def _picture(path: str, words: str, pictured: Collection[str]) -> list[str]:
    """The picture of a kernel or field, where there is one."""
    return [f"![{words}]({path})"] if f"reference/{path}" in pictured else []


def models() -> str:
    """Every kind of model, and the ways in which it is fitted on each kind of space."""
    ways = {words: ways_on(space) for words, space in SPACES.items()}
    parts = [
        table(
            ("name", "model", "energy", "spaces", "own way of fitting"),
            (
                (
                    f"[`{name}`](#{name})",
                    kind.title,
                    f"`{kind.formula}`" if isinstance(kind.formula, str) else "as it is given",
                    kind.served or spaces(kind.serves),
                    f"`{kind.default_fit}`",
                )
                for name, kind in MODELS.items()
            ),
        )
    ]
    for name, kind in MODELS.items():
        fits = [
            (words, ", ".join(f"`{fit}`" for fit in found[name]))
            for words, found in ways.items()
            if name in found
        ]
        parts += [
            f"## {kind.title} {{ #{name} }}",
            f"`{name}`: {first_paragraph(kind)} {kind.about} See {entry(kind)}.",
        ]
        if fits:
            parts.append(table(("on", "can be fitted by"), fits))
        else:
            parts.append("It is given, not fitted.")
    return "\n\n".join(parts)


def fits() -> str:
    """Every way of fitting."""
    return table(
        ("name", "way of fitting", "what it does", "entry"),
        ((f"`{name}`", kind.title, first_paragraph(kind), entry(kind)) for name, kind in FITS.items()),
    )


def fields(pictured: Collection[str] = ()) -> str:
    """Every kind of field, with what is chosen about it; `pictured` as of `kernels`."""
    parts = [
        table(
            ("name in files", "field", "strength of a new layer", "negative strength"),
            (
                (
                    f"[`{name}`](#{name})",
                    entry(kind),
                    f"{kind.scale.start:g}, slider to {kind.scale.limit:g}",
                    "yes" if kind.signed else "no",
                )
                for name, kind in KINDS.items()
            ),
        )
    ]
    for name, kind in KINDS.items():
        described = _attributes(kind)
        chosen = [
            (f"`{one.name}`", described.get(one.name, ""), _default(one))
            for one in dataclasses.fields(kind)  # type: ignore[arg-type]
            if one.compare
        ]
        parts += [f"## {kind.__name__} {{ #{name} }}", f"{first_paragraph(kind)} See {entry(kind)}."]
        parts += _picture(
            f"fields/{name}.png", "Held-out digits of least V, above, and of largest V, below", pictured
        )
        if chosen:
            parts.append(table(("entry", "meaning", "usual"), chosen))
    return "\n\n".join(parts)


def _attributes(kind: type) -> dict[str, str]:
    """Meanings of what a docstring lists under Args or Attributes, by name."""
    found: dict[str, str] = {}
    name = ""
    listing = False
    for line in (inspect.getdoc(kind) or "").splitlines():
        if line and not line.startswith(" "):
            listing = line in ("Args:", "Attributes:")
        elif listing and line.startswith("    ") and not line.startswith("     "):
            name, _, text = line.strip().partition(":")
            for one in name.split(", "):
                found[one] = text.strip()
        elif listing and line.strip():
            for one in name.split(", "):
                found[one] += " " + line.strip()
    return found


def _default(one: dataclasses.Field[object]) -> str:
    return "" if one.default is dataclasses.MISSING else f"`{one.default!r}`"


def data_sets() -> str:
    """Every data set by name, and the configuration it starts from."""
    rows = []
    for name, problem in PROBLEMS.items():
        plan = problem.defaults
        rows.append(
            (
                f"`{name}`" if problem.load is not None else "of your own",
                problem.title,
                problem.space.meaning,
                f"`{plan.model}`",
                f"`{plan.kernel}`",
                f"{plan.chains:,}",
                f"{plan.planned_epochs:,}",
            )
        )
    return table(("name", "data", "items", "model", "kernel", "chains", "epochs"), rows)


def experiments() -> str:
    """Every experiment: what it shows, what can be chosen, and how long it takes."""
    parts = [
        table(
            ("name", "experiment", "source", "takes, quick", "takes, full"),
            (
                (
                    f"[`{name}`](#{name})",
                    one.title,
                    one.paper,
                    describe_seconds(60 * one.minutes[0]),
                    describe_seconds(60 * one.minutes[1]),
                )
                for name, one in EXPERIMENTS.items()
            ),
        )
    ]
    for name, one in EXPERIMENTS.items():
        parts += [
            f"## {one.title} {{ #{name} }}",
            f"`landscape experiment {name}`, {one.paper}. {one.summary} See {entry(type(one))}.",
            *_result(name),
            table(
                ("setting", "in the window", "quick", "full", "range", "meaning"),
                (
                    (f"`{p.name}`", p.label, f"{p.default:,g}", f"{p.full:,g}", p.allowed, p.meaning)
                    for p in one.parameters
                ),
            ),
        ]
    return "\n\n".join(parts)


def _result(name: str) -> list[str]:
    """Figure and verdicts of an experiment that was run for the documentation; else a sketch of its figure."""
    found = verdicts().get(name)
    if found is None:
        return [f"![Sketch of its figure, from closed forms](sketches/{name}.png)"]
    rows = [(*finding[:4], "good" if finding.passed else "**bad**") for finding in found.findings]
    return [
        f"![Its figure in the quick setting, seed 0](../pictures/results/{name}.png)",
        table(("figure", "quantity", "expected", "measured", "verdict"), rows),
    ]


def sketches() -> dict[str, bytes]:
    """A small picture of what each experiment shows, as in the window's list, by its path in the site."""
    found = {}
    for name, one in EXPERIMENTS.items():
        picture = io.BytesIO()
        Image.fromarray(miniature(Panel(one.title, one.sketch()), PAPER, *SKETCH)).save(picture, "PNG")
        found[f"reference/sketches/{name}.png"] = picture.getvalue()
    return found


def commands() -> str:
    """The command line, from its own help."""
    from landscape_app.cli.command import app

    group: Any = typer.main.get_command(app)
    context = group.make_context("landscape", [], resilient_parsing=True)
    parts = [_command(group, context, "landscape")]
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        inner = type(context)(command, info_name=name, parent=context)
        parts.append(_command(command, inner, f"landscape {name}"))
    return "\n\n".join(parts)


def _command(command: Any, context: Any, name: str) -> str:
    """A command: its sentence, its examples, its arguments and options."""
    # In the terminal a bracket that begins a word is markup.
    said = inspect.cleandoc(command.help or "").replace("\\[", "[")
    paragraphs = said.replace("\b\n", "\b").split("\n\n")
    text = [
        f"```\n{part[1:]}\n```" if part.startswith("\b") else " ".join(part.split()) for part in paragraphs
    ]
    text = [part.replace("```\nExamples:\n", "Examples:\n\n```\n") for part in text]
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"## {name}", *text, f"Usage: `{usage}`"]
    records = [
        (f"`{record[0]}`", record[1].replace("\\[", "["))
        for record in (one.get_help_record(context) for one in command.get_params(context))
        if record is not None
    ]
    return "\n\n".join([*parts, table(("argument or option", "meaning"), records)])


def public_names() -> str:
    """Every public name of the package, with its docstring."""
    parts = []
    for name in landscape_app.__all__:
        thing = getattr(landscape_app, name)
        if name == "__version__":
            continue
        path = thing.__name__ if inspect.ismodule(thing) else f"{thing.__module__}.{thing.__qualname__}"
        options = {"heading": name, "toc_label": name, "show_root_heading": "true", "heading_level": "2"}
        lines = "".join(f"      {option}: {value}\n" for option, value in options.items())
        parts.append(f"[](){{ #{name} }}\n\n::: {path}\n    options:\n{lines}")
    return "\n\n".join(parts)


def modules() -> dict[str, str]:
    """First lines of the docstrings of all modules that have a page, by name."""
    found = {}
    for room in ROOMS:
        for file in sorted((PACKAGE / room).rglob("*.py")):
            parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
            name = ".".join(parts).removesuffix(".__init__")
            found[name] = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split("\n")[
                0
            ]
    return found


def page_of(module: str) -> str:
    """Path of a module's page in the site."""
    return f"api/modules/{module.removeprefix('landscape_app.')}.md"


def module_index() -> str:
    """All modules by room."""
    parts, found = [], modules()
    for room in ROOMS:
        rows = [
            (f"[`{name.removeprefix('landscape_app.')}`][{name}]", text)
            for name, text in found.items()
            if name.split(".")[1] == room
        ]
        parts.append(f"## {room}\n\n{table(('module', 'holds'), rows)}")
    return "\n\n".join(parts)


def module_pages() -> dict[str, str]:
    """A page for every module, by its path in the site."""
    return {
        page_of(name): f"# {name}\n\n::: {name}\n    options:\n      show_root_heading: false\n"
        for name in modules()
    }


def quantities() -> str:
    """Quantities that a lesson can wait for or ask for."""
    from landscape_app.gui.lessons.quantities import QUANTITIES

    return table(
        ("quantity", "meaning"), [(f"`{name}`", quantity.meaning) for name, quantity in QUANTITIES.items()]
    )


GENERATORS: dict[str, Callable[[], str]] = {
    "kernels": kernels,
    "models": models,
    "fits": fits,
    "fields": fields,
    "data sets": data_sets,
    "experiments": experiments,
    "commands": commands,
    "public names": public_names,
    "modules": module_index,
    "quantities": quantities,
}
"""Texts that pages insert, by name."""
