"""Accessibility of every window and dialog, in both themes: names, roles, keys, focus and contrast.

    python -m tests.benchmarks.accessibility              all of it: about four minutes
    python -m tests.benchmarks.accessibility --theme dark

Prints each failure, then the controls looked at and the failures by kind, and exits with 1 where there is any. The
rules are those of `tests/gui/accessibility.py`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator

from PySide6.QtWidgets import QApplication, QMenu, QToolTip, QWidget

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.widgets.containers import Pages
from tests.gui.accessibility import CHECKS, failures, illegible
from tests.gui.audit import interactive
from tools.stage import fill, opened, others, rest

THEMES = ("light", "dark")


def main() -> int:
    """Audits the themes that are asked for; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--theme", choices=THEMES, help="only this one")
    asked = parser.parse_args().theme
    code = 0
    for theme in [asked] if asked else THEMES:
        start, controls, windows = time.monotonic(), set(), set()
        found: dict[str, dict[str, None]] = {kind: {} for kind in CHECKS}
        with opened(theme) as window:
            for place, shown in states(window):
                windows.add(type(shown).__name__)
                print(f"{theme}, {place} …", end="\r", file=sys.stderr, flush=True)
                controls |= set(interactive(shown))
                for kind, faults in failures(shown).items():
                    for fault in faults:
                        if fault not in found[kind]:
                            print(f"{theme}, {place}: {kind}: {fault}", flush=True)
                        found[kind][fault] = None
            for fault in in_menus(window):
                print(f"{theme}, menus: {fault}", flush=True)
                found["texts of too little contrast"][fault] = None
        total = Counter({kind: len(faults) for kind, faults in found.items()})
        print(
            f"{theme}: {len(controls)} controls in {len(windows)} windows and dialogs, {total.total()} failures "
            f"({', '.join(f'{number} {kind}' for kind, number in total.items())}), {time.monotonic() - start:.0f} s",
            flush=True,
        )
        code |= int(total.total() > 0)
    return code


def states(window: MainWindow) -> Iterator[tuple[str, QWidget]]:
    """Every window and dialog with each of its docks and pages in front, with a name of the state."""
    yield from _pages("main window", window)
    fill(window)
    for dock in window.docks:
        window._bring_up(dock)
        rest(0.3)
        yield from _pages(dock.windowTitle(), window)
    for other in others(window):
        rest(0.3)
        yield from _pages(type(other).__name__, other)


def _pages(place: str, window: QWidget) -> Iterator[tuple[str, QWidget]]:
    yield place, window
    for pages in window.findChildren(Pages):
        if pages.window() is not window or pages.visibleRegion().isEmpty():
            continue
        for name in pages.names:
            if not pages.button(name).isChecked():
                pages.button(name).click()
                rest(0.3)
                yield f"{place}, {name}", window


def in_menus(window: MainWindow) -> list[str]:
    """Texts of too little contrast in menus, an entry of each under the pointer, and in a tooltip."""
    found = []
    for menu in window.findChildren(QMenu):
        entries = [entry for entry in menu.actions() if not entry.isSeparator() and entry.isEnabled()]
        if entries:
            menu.popup(window.mapToGlobal(window.rect().center()))
            menu.setActiveAction(entries[0])
            QApplication.processEvents()
            found += illegible(menu)
            menu.hide()
    QToolTip.showText(window.mapToGlobal(window.rect().center()), "A tooltip", window)
    for widget in QApplication.topLevelWidgets():
        if widget.metaObject().className() == "QTipLabel":
            found += illegible(widget)
    QToolTip.hideText()
    return found


if __name__ == "__main__":
    sys.exit(main())
