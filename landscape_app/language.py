"""Texts in the language of the person who reads them: English as the code has them, or from a file of translations.

A language is a gettext catalogue, `languages/de.po` for German, whose keys are the English texts. It is chosen before
the modules that have texts are imported, and stays until the program ends: by the variable `LANDSCAPE_LANGUAGE`, a
language that ships or any such file, and in the window by its settings (`set_language`).
"""

from __future__ import annotations

import gettext
import io
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

VARIABLE = "LANDSCAPE_LANGUAGE"
"""Variable of the environment that names the language, for this process and those that it starts."""
LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Languages that ship, each by its own name."""
ENGLISH = "en"

FOLDER = Path(__file__).with_name("languages")
"""Catalogues that ship."""


class Translated(str):
    """A text in the language that knows its English, for files.

    Joined with others, it is a text like any other.

    Attributes:
        english: the same in English.
    """

    english: str

    def __new__(cls, text: str, english: str) -> Translated:
        """From the text in both languages."""
        made = super().__new__(cls, text)
        made.english = english
        return made

    def __str__(self) -> str:
        """Itself, so that the message of an error keeps its English."""
        return self

    def __reduce__(self) -> tuple[type[Translated], tuple[str, str]]:
        """Both, so that a copy has them."""
        return Translated, (str.__str__(self), self.english)


def set_language(choice: str) -> None:
    """Takes a language for all texts that are asked for from now on, here and in processes that start from here.

    One that cannot be had is warned of, and texts are English.

    Args:
        choice: a key of `LANGUAGES`, or the path of a catalogue (`.po`).
    """
    global _translations
    os.environ[VARIABLE] = choice
    _translations = _read(choice)


def tr(text: str, /, **values: object) -> str:
    """A text in the language, with values in the places that it names.

    Args:
        text: English, one constant, as `tools.translations` collects it; `{name}` and `{name:.2f}` are places, as
            `str.format` has them, where values are given.
        values: by their names.

    Example:
        >>> tr("Epoch {epoch:,} of {planned:,}", epoch=1200, planned=2000)
        'Epoch 1,200 of 2,000'
    """
    translation = text if not text or _is_english.get() else _translations.gettext(text)
    if translation is text and not any(isinstance(value, Translated) for value in values.values()):
        return _filled(text, text, **values)
    named = {name: english_of(value) if isinstance(value, str) else value for name, value in values.items()}
    english = _filled(text, text, **named)
    return english if _is_english.get() else in_both(_filled(translation, text, **values), english)


def in_both(text: str, english: str) -> str:
    """A text in the language that knows its English."""
    return text if text == english else Translated(text, english)


def joined(separator: str, parts: Sequence[str]) -> str:
    """Texts in one, which knows its English as they do."""
    return in_both(separator.join(parts), separator.join(map(english_of, parts)))


def english_of(text: str) -> str:
    """A text of `tr` in English, for files that keep what a window shows; any other as it is.

    It cannot stand for `in_english`: an f-string makes a plain text of such ones, which is made anew in English.
    """
    return text.english if isinstance(text, Translated) else text


def plural_form(noun: str, plural: str, count: int) -> str:
    """The noun for so many things, in the language.

    Args:
        noun: English, in the singular.
        plural: and in the plural.
        count: how many.
    """
    if _is_english.get():
        return noun if count == 1 else plural
    return _translations.ngettext(noun, plural, count)


_is_english: ContextVar[bool] = ContextVar("_is_english", default=False)


@contextmanager
def in_english() -> Iterator[None]:
    """Texts that are asked for within are English, in this thread: for what files keep.

    Example:
        >>> with in_english():
        ...     print(tr("{pixels} fixed", pixels="3 pixels"))
        3 pixels fixed
    """
    token = _is_english.set(True)
    try:
        yield
    finally:
        _is_english.reset(token)


def _filled(translation: str, text: str, /, **values: object) -> str:
    """A translation with its values; the text itself where the translation names others."""
    if not values:
        return translation
    try:
        return translation.format(**values)
    except (KeyError, IndexError, ValueError):
        return text.format(**values)


def within_sentence(title: str) -> str:
    """A title as it stands within a sentence: in small letters in English; as it is in others, where nouns differ."""
    return title.lower() if _language() == ENGLISH else title


def translated_file(path: Path) -> Path:
    """The file in the language, `de` beside it with the same name, or itself where there is none."""
    translated = path.parent / _language() / path.name
    return translated if translated.exists() else path


def _language() -> str:
    return os.environ.get(VARIABLE, ENGLISH)


def _read(choice: str) -> gettext.NullTranslations:
    if choice == ENGLISH:
        return gettext.NullTranslations()
    import polib

    path = FOLDER / f"{choice}.po" if choice in LANGUAGES else Path(choice)
    try:
        return gettext.GNUTranslations(io.BytesIO(polib.pofile(str(path)).to_binary()))
    except (OSError, ValueError) as error:
        ships = ", ".join(LANGUAGES)
        warnings.warn(
            f"{VARIABLE}={choice} is no language that Landscape has ({ships}), and no catalogue (.po) that can be "
            f"read: {error}. Texts are English.",
            stacklevel=2,
        )
        return gettext.NullTranslations()


_translations = _read(_language())
