"""Texts that the window shows without a translation, in every window and dialog.

    python -m tests.benchmarks.translation

A pseudo-language puts each text of the catalogue in brackets (`tools/translations.py --pseudo`); words that stand
outside of them on a control, a tooltip, a menu or a plot have not been through `tr`. Left out are lessons, which are
files of their own in each language, names of files, and `NAMES`, with what Qt itself translates. Prints each with
where it stands, and their number; exits with 1 where there is any.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from landscape_app.language import VARIABLE

NAMES = re.findall(
    r"\w+",
    """
    Landscape Min MaxEnt MALA HMC NUTS Gibbs Langevin Metropolis Hastings Ising Hopfield Potts Boltzmann Adam Python
    SHA JSON CSV HDF GIF PNG SVG PDF NumPy MNIST CPU GPU CUDA RBM Bernoulli Gauss PCA Ctrl Shift Alt Esc Enter Space
    Close Cancel Float digits Delete Down Left Right Home End Page Return Backspace
    Tab English Deutsch log exp min max nats nat cov var rms
    """,
)
BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")
TAGS = re.compile(r"<[^>]*>")
FILES = re.compile(r"\S*[/\\.]\S*\.?\w+|\b\w+\.(?:py|h5|json|csv|png|gif|md|toml)\b")
WORD = re.compile(r"[A-Za-zÀ-ÿ]{3,}")


def english(text: str) -> list[str]:
    """Words of a text that stand outside of brackets."""
    text = html.unescape(TAGS.sub(" ", text))
    while BRACKETED.search(text):
        text = BRACKETED.sub(" ", text)
    return [word for word in WORD.findall(FILES.sub(" ", text)) if word not in NAMES]


def main() -> int:
    """Walks the windows in the pseudo-language; returns the exit code."""
    if VARIABLE not in os.environ:
        with tempfile.TemporaryDirectory() as folder:
            catalogue = Path(folder) / "pseudo.po"
            subprocess.run(
                [sys.executable, "-m", "tools.translations", "--pseudo", str(catalogue)], check=True
            )
            environment = {**os.environ, VARIABLE: str(catalogue)}
            command = [sys.executable, "-m", "tests.benchmarks.translation"]
            return subprocess.run(command, env=environment, check=False).returncode

    from tests.benchmarks.accessibility import states
    from tools.stage import opened

    found: dict[tuple[str, str], str] = {}
    looked = set()
    with opened("light") as window:
        for place, shown in states(window):
            for name, text in _texts(shown):
                looked.add(text)
                if "action-lesson-" in name:
                    continue
                if english(text) and (name, text) not in found:
                    found[name, text] = place
                    print(f"{place}, {name}: {text!r}", flush=True)
    print(f"{len(looked)} texts, {len(found)} of them with words that are not translated")
    return int(bool(found))


def _texts(window: object) -> Iterator[tuple[str, str]]:
    """Every text of a window that is visible, with the name of what has it."""
    from pyqtgraph import AxisItem, GraphicsView, LabelItem, TextItem
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QComboBox, QListWidget, QMenu, QTableView, QWidget

    assert isinstance(window, QWidget)
    yield "window", window.windowTitle()
    for action in window.findChildren(QAction):
        yield action.objectName() or "action", action.text()
        yield f"tip of {action.objectName()}", action.toolTip()
    for menu in window.findChildren(QMenu):
        yield "menu", menu.title()
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.window() is not window:
            continue
        name = f"{type(widget).__name__} {widget.objectName()}"
        for read in ("text", "title", "placeholderText", "accessibleName", "toolTip", "suffix", "prefix"):
            value = getattr(widget, read, None)
            if callable(value) and read in ("toolTip", "accessibleName"):
                yield f"{read} of {name}", str(value())
            elif callable(value) and not _typed(widget):
                yield name, str(value())
        if isinstance(widget, QComboBox):
            yield from ((name, widget.itemText(item)) for item in range(widget.count()))
        if isinstance(widget, QListWidget):
            yield from ((name, widget.item(row).text()) for row in range(widget.count()))
        if isinstance(widget, QTableView) and widget.model() is not None:
            model = widget.model()
            for row in range(min(model.rowCount(), 50)):
                for column in range(model.columnCount()):
                    yield name, str(model.index(row, column).data() or "")
        if isinstance(widget, GraphicsView) and widget.scene() is not None:
            for item in widget.scene().items():
                if isinstance(item, TextItem):
                    yield f"plot {name}", item.toPlainText()
                elif isinstance(item, LabelItem):
                    yield f"plot {name}", str(item.text)
                elif isinstance(item, AxisItem):
                    yield f"axis {name}", item.labelText


def _typed(widget: object) -> bool:
    """True of what a person writes."""
    from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QPlainTextEdit

    return isinstance(widget, QLineEdit | QPlainTextEdit | QAbstractSpinBox)


if __name__ == "__main__":
    sys.exit(main())
