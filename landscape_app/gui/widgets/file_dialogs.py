"""Dialogs of files and folders, after which the window that asked has the keys again."""

from __future__ import annotations

from PySide6.QtWidgets import QFileDialog, QWidget


def ask_to_open(parent: QWidget, title: str, start: str, kinds: str) -> str:
    """The file that the user chooses to open; empty for none.

    Args:
        parent: over which the dialog opens.
        title: of the dialog.
        start: folder or file that it begins with.
        kinds: of files, as `QFileDialog` takes them.
    """
    name, _ = QFileDialog.getOpenFileName(parent, title, start, kinds)
    _give_keys_back(parent)
    return name


def ask_for_files(parent: QWidget, title: str, start: str, kinds: str) -> list[str]:
    """The files that the user chooses to open, as `ask_to_open`."""
    names, _ = QFileDialog.getOpenFileNames(parent, title, start, kinds)
    _give_keys_back(parent)
    return names


def ask_to_save(parent: QWidget, title: str, start: str, kinds: str) -> tuple[str, str]:
    """The file that the user chooses to write, as `ask_to_open`, and the kind that was chosen for it."""
    name, kind = QFileDialog.getSaveFileName(parent, title, start, kinds)
    _give_keys_back(parent)
    return name, kind


def ask_for_folder(parent: QWidget, title: str, start: str = "") -> str:
    """The folder that the user chooses; empty for none."""
    name = QFileDialog.getExistingDirectory(parent, title, start)
    _give_keys_back(parent)
    return name


def _give_keys_back(parent: QWidget) -> None:
    """Without a window manager, no window has the keys once a dialog has closed."""
    parent.window().activateWindow()
