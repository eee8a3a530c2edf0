"""Compositions and provenances are JSON documents, and what is no such document is refused in the same words."""

import json
from collections.abc import Callable

import pytest

from landscape_app.session import composition_file, provenance

READERS: dict[str, tuple[Callable[[str], object], int, str]] = {
    "composition file": (
        composition_file.read_composition,
        composition_file.MOST_BYTES,
        composition_file.FORMAT,
    ),
    "provenance": (provenance.parse_provenance, provenance.MOST_BYTES, provenance.FORMAT),
}


@pytest.mark.parametrize("what", READERS)
def test_documents_of_another_kind_or_length_are_refused(what: str) -> None:
    read, most, form = READERS[what]
    read(json.dumps({"format": form, "version": 1}).ljust(most))
    with pytest.raises(ValueError, match=f"a {what} has at most {most:,} characters, this has {most + 1:,}"):
        read(json.dumps({"format": form}).ljust(most + 1))
    others = {name: json.dumps({"format": reader[2]}) for name, reader in READERS.items() if name != what}
    for text in ("", "[" * 100_000, "1" * 5_000, f'["{form}"]', *others.values()):
        with pytest.raises(ValueError, match=f"this is no {what}: "):
            read(text)
