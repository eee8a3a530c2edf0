"""JSON documents that may come from anywhere: how long one may be, and whether it is of the kind that is wanted."""

from __future__ import annotations

import json
from typing import Any


def parse_document(text: str, what: str, form: str, most: int) -> dict[str, Any]:
    """The document of a JSON text, as plain JSON values that are yet to be judged.

    Args:
        text: to be read.
        what: a person calls such documents, such as "composition file".
        form: that the document's entry "format" names.
        most: characters that it may have.

    Raises:
        ValueError: it is too long, or no such document.
    """
    if len(text) > most:
        raise ValueError(f"a {what} has at most {most:,} characters, this has {len(text):,}")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"this is no {what}: {error}") from error
    if not isinstance(found, dict) or found.get("format") != form:
        raise ValueError(f'this is no {what}: it should be a JSON object with "format": "{form}"')
    return found
