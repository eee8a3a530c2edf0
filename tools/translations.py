"""Catalogues of translations, kept in step with the texts of the code.

    python -m tools.translations                  brings every catalogue up to date, and tells what it lacks
    python -m tools.translations --new fr         begins one
    python -m tools.translations --pseudo FILE    one that puts every text in brackets: what stands without them on
                                                  the screen is not translated

Texts are the constants in `tr("…")`, and the nouns in `counted(…, "…")` and in arguments `counts="…"` and `site="…"`.
"""

from __future__ import annotations

import argparse
import ast
import string
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib

from landscape_app.counting import regular_plural
from landscape_app.language import FOLDER

PACKAGE = Path(__file__).parent.parent / "landscape_app"
NOUN_ARGUMENTS = ("counts", "site")
"""Of functions that count what they are given."""

HEADER = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}


class Text(NamedTuple):
    """A text of the code.

    Attributes:
        text: English; a noun in the singular.
        plural: of a noun that is counted; else empty.
    """

    text: str
    plural: str = ""


def texts() -> dict[Text, list[str]]:
    """Every text that is translated, with the files that have it, in their order."""
    found: dict[Text, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for _, text in texts_of(path):
            files = found.setdefault(text, [])
            name = path.relative_to(PACKAGE.parent).as_posix()
            if name not in files:
                files.append(name)
    # A catalogue has one entry for each; gettext takes the singular of a noun for the text.
    nouns = {text.text for text in found if text.plural}
    return {text: files for text, files in found.items() if text.plural or text.text not in nouns}


def texts_of(path: Path) -> Iterator[tuple[int, Text]]:
    """Texts of a file with their lines.

    Raises:
        ValueError: if one is put together while the program runs, so that no catalogue can have it.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg in NOUN_ARGUMENTS:
                yield from (
                    (node.lineno, Text(noun, regular_plural(noun))) for noun in _constants(keyword.value)
                )
        if not isinstance(node.func, ast.Name):
            continue
        if node.func.id == "tr":
            yield node.lineno, Text(_constant(node.args[0], path))
        elif node.func.id == "counted":
            nouns, plurals = (
                _constants(node.args[1]),
                [text for argument in node.args[2:] for text in _constants(argument)],
            )
            for noun, plural in zip(nouns, plurals or map(regular_plural, nouns), strict=True):
                yield node.lineno, Text(noun, plural)


def _constants(node: ast.expr) -> list[str]:
    """Texts that an expression may be, as far as it names them."""
    if isinstance(node, ast.IfExp):
        return _constants(node.body) + _constants(node.orelse)
    return [str(node.value)] if isinstance(node, ast.Constant) else []


def _constant(node: ast.expr, path: Path) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise ValueError(
        f"{path}:{node.lineno}: a text that is translated is one constant, not {ast.unparse(node)}"
    )


def fields(text: str) -> set[str]:
    """Names of the places that a text has for values."""
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def updated(old: polib.POFile, found: dict[Text, list[str]]) -> polib.POFile:
    """A catalogue of just these texts, with the translations that the old one has of them."""
    known = {(entry.msgid, entry.msgid_plural): entry for entry in old}
    new = polib.POFile(wrapwidth=116)
    new.metadata = {**HEADER, **old.metadata}
    for text, files in found.items():
        entry = known.get((text.text, text.plural)) or polib.POEntry(msgid=text.text)
        if text.plural and not entry.msgid_plural:
            entry.msgid_plural, entry.msgstr_plural = text.plural, {0: "", 1: ""}
        entry.occurrences = [(file, "") for file in files]
        new.append(entry)
    return new


def main() -> None:
    """Brings the catalogues up to date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--new", metavar="LANGUAGE", help="begins a catalogue")
    parser.add_argument(
        "--pseudo", type=Path, metavar="FILE", help="writes one that shows what is translated"
    )
    options = parser.parse_args()
    found = texts()
    if options.pseudo:
        pseudo = updated(polib.POFile(), found)
        for entry in pseudo:
            if entry.msgid_plural:
                entry.msgstr_plural = {0: f"⟦{entry.msgid}⟧", 1: f"⟦{entry.msgid_plural}⟧"}
            else:
                entry.msgstr = f"⟦{entry.msgid}⟧"
        pseudo.save(str(options.pseudo))
        return
    if options.new:
        updated(polib.POFile(), found).save(str(FOLDER / f"{options.new}.po"))
    for path in sorted(FOLDER.glob("*.po")):
        catalogue = updated(polib.pofile(str(path)), found)
        catalogue.save(str(path))
        print(f"{path.name}: {len(catalogue)} texts, {len(catalogue.untranslated_entries())} not translated")


if __name__ == "__main__":
    main()
