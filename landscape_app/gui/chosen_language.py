"""The window's language: chosen in its menu, else that of the system where Landscape has it."""

from __future__ import annotations

import os

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QSettings, QTranslator

from landscape_app.language import ENGLISH, LANGUAGES, VARIABLE, set_language

SETTING = "language"
"""Name of the choice in the settings."""


def chosen_language(settings: QSettings) -> str:
    """The language of the next start, a key of `LANGUAGES`."""
    system = QLocale.system().name().partition("_")[0]
    chosen = str(settings.value(SETTING, system))
    return chosen if chosen in LANGUAGES else ENGLISH


def begin_language() -> None:
    """Takes the chosen language, before modules that have texts are imported; the environment's goes first."""
    if VARIABLE not in os.environ:
        set_language(chosen_language(QSettings("Landscape", "Landscape")))


def translate_qt(application: QCoreApplication) -> None:
    """Has the texts of Qt itself, such as those of its buttons, in the window's language."""
    translator = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(QLocale(os.environ.get(VARIABLE, ENGLISH)), "qtbase", "_", folder):
        application.installTranslator(translator)
