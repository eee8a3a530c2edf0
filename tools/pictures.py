"""`make pictures`: pictures and a film of the window for the documentation, light and dark, and what code they show.

`python -m tools.pictures lattice` takes only some; `--check` says which are older than the code that they show, and
exits with 1 where any is.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tools.stage import dialogs, opened, rest, wait

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from landscape_app.gui.main_window import MainWindow

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
MANIFEST = FOLDER / "manifest.json"
WINDOW = ROOT / "docs" / "window.png"
"""The light picture of the whole window."""

COLOURS = 128
"""Of a picture's palette."""

FILM_SIZE, FILM_COLOURS, FRAME_MILLISECONDS = (960, 600), 32, 220
"""Pixels of a film, which is a GIF; colours of its one palette; time for which each frame is shown."""
BEFORE, STEERED, AFTER = 3, 9, 5
"""Frames of a film before the chains are steered, while they are, and after that."""

GUI = ROOT / "landscape_app" / "gui"
FRAME = ("main_window.py", "toolbar.py", "theme.py", "widgets")
SHOWN: dict[str, tuple[str, ...]] = {
    "window": (*FRAME, "sampler", "steering", "training"),
    "steered": (*FRAME, "sampler", "steering", "training"),
    "steering": (*FRAME, "sampler", "steering", "training"),
    "new-run": ("new_run.py", "theme.py", "widgets"),
    "equilibrium": (*FRAME, "sampler", "steering", "equilibrium"),
    "landscape": (*FRAME, "sampler", "steering", "landscape"),
    "playground": ("playground", "theme.py", "widgets"),
    "lattice": ("lattice", "theme.py", "widgets"),
    "experiments": ("experiments", "theme.py", "widgets"),
}
"""Code that each picture shows, below `landscape_app/gui`."""

FILMS = ("steering",)
"""Those that move."""


def path_of(name: str, theme: str) -> Path:
    """File of a picture."""
    if (name, theme) == ("window", "light"):
        return WINDOW
    return FOLDER / f"{name}-{theme}.{'gif' if name in FILMS else 'png'}"


def fingerprint(name: str) -> str:
    """Fingerprint of the code that a picture shows."""
    places = [GUI / place for place in SHOWN[name]]
    files = [
        file for place in places for file in ([place] if place.is_file() else sorted(place.rglob("*.py")))
    ]
    return fingerprint_of(files, GUI)


def fingerprint_of(files: Iterable[Path], folder: Path) -> str:
    """SHA-256 of what modules do, in hexadecimal: without comments and docstrings.

    Args:
        files: their sources.
        folder: above them; their paths in it count.
    """
    found = hashlib.sha256()
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
                and ast.get_docstring(node) is not None
            ):
                node.body = node.body[1:]
        found.update(f"{file.relative_to(folder).as_posix()}\n{ast.dump(tree)}\n".encode())
    return found.hexdigest()


def stale() -> list[str]:
    """Pictures that are older than the code that they show, or are missing, a line for each."""
    known = _manifest()
    return [
        f"the picture {name!r} is older than the code that it shows; make pictures takes it anew"
        for name in SHOWN
        if known.get(name) != fingerprint(name)
        or not all(path_of(name, theme).exists() for theme in ("light", "dark"))
    ]


def _manifest() -> dict[str, str]:
    """Fingerprints of the code that the pictures show, by name."""
    return json.loads(MANIFEST.read_text(encoding="utf-8")) if MANIFEST.exists() else {}


def scenes(window: MainWindow) -> dict[str, Callable[[], QWidget | list[Image.Image]]]:
    """What brings each picture about and says what to take, by name, in the order in which they are taken.

    Of a film it gives the frames.
    """

    def whole() -> QWidget:
        window.engine.play(True)
        rest(4)
        window.welcome.hide()
        window.training.redraw(everything=True)
        rest(0.5)
        return window

    def steering() -> list[Image.Image]:
        whole()
        frames = []

        def film(count: int) -> None:
            for _ in range(count):
                rest(FRAME_MILLISECONDS / 1000)
                frames.append(_grabbed(window).resize(FILM_SIZE, Image.Resampling.LANCZOS))

        # The classifier is trained, and the field of sevens made, before the film begins.
        for _ in range(2):
            window.steering.set_target(7)
            rest(4)
            window.steering.clear()
            rest(4)
        film(BEFORE)
        window.steering.set_target(7)
        film(STEERED)
        window.steering.clear()
        film(AFTER)
        return frames

    def steered() -> QWidget:
        window.steering.set_target(7)
        rest(6)
        return window

    def new_run() -> QWidget:
        window.ask_for_new_run()
        rest(1)
        (dialog,) = dialogs(window)
        return dialog

    def equilibrium() -> QWidget:
        window.steering.clear()
        window._bring_up(window.docks[2])
        window.equilibrium.button.click()
        wait(lambda: (test := window.engine.state.convergence) is not None and test.diagnosis is not None)
        rest(2)
        window.engine.pause_all()
        window.welcome.hide()
        rest(0.5)
        return window

    def landscape() -> QWidget:
        window._bring_up(window.landscape_dock)
        window.engine.play(True)
        wait(lambda: "chain" in window.landscape.map_page.plot.clouds)
        rest(2)
        window.welcome.hide()
        rest(0.5)
        return window

    def playground() -> QWidget:
        window.engine.play(False)
        window.open_playground()
        found = window.playground
        assert found is not None
        found.play_button.click()
        rest(15)
        return found

    def lattice() -> QWidget:
        window.open_lattice()
        found = window.lattice
        assert found is not None
        found.live.play_button.click()
        rest(15)
        return found

    def experiments() -> QWidget:
        window.engine.play(False)
        window.open_experiments()
        found = window.experiments
        assert found is not None
        wait(lambda: found.browser is not None)
        assert found.browser is not None
        found.browser.list.choose("textbook")
        # Each experiment has a page of its own.
        page = found.browser.page
        rest(2)
        wait(page.run_button.isEnabled)
        page.run_button.click()
        wait(lambda: page.view.table.rowCount() > 0 and page.running is None)
        rest(8)
        return found

    return {
        "experiments": experiments,
        "window": whole,
        "steering": steering,
        "steered": steered,
        "new-run": new_run,
        "equilibrium": equilibrium,
        "landscape": landscape,
        "playground": playground,
        "lattice": lattice,
    }


def take(names: Sequence[str]) -> None:
    """Takes pictures of the window in both themes, and notes the code that they show."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        with opened(theme) as window:
            for name, scene in scenes(window).items():
                if name in names:
                    widget = scene()
                    path = path_of(name, theme)
                    if isinstance(widget, list):
                        _save_film(widget, path)
                        continue
                    _save(widget, path)
                    if name in ("playground", "lattice", "experiments"):
                        # What goes on in it would slow down the next one.
                        widget.end()  # type: ignore[attr-defined]
                        setattr(window, name, None)
                    elif widget is not window:
                        widget.close()
    known = _manifest() | {name: fingerprint(name) for name in names}
    MANIFEST.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _grabbed(widget: QWidget) -> Image.Image:
    """A widget as it looks now."""
    from PySide6.QtCore import QBuffer

    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    widget.grab().save(buffer, "PNG")
    return Image.open(io.BytesIO(bytes(buffer.data().data()))).convert("RGB")


def with_palette(picture: Image.Image, colours: int = COLOURS) -> Image.Image:
    """A picture of few colours: the commonest as they are, and others among which rare ones are.

    So large areas keep their tint, and a curve of few pixels is told from another by its own.
    """
    found, counts = np.unique(np.asarray(picture).reshape(-1, 3), axis=0, return_counts=True)
    found = found[(-counts).argsort(kind="stable")]
    palette, rest = found[: colours // 2], found[colours // 2 :]
    if len(rest):
        others = Image.fromarray(rest[None])
        chosen = others.quantize(colours - len(palette), Image.Quantize.MAXCOVERAGE).convert("RGB")
        palette = np.concatenate([palette, np.unique(np.asarray(chosen)[0], axis=0)])
    of_palette = Image.new("P", (1, 1))
    of_palette.putpalette(palette.flatten().tolist())
    return picture.quantize(palette=of_palette, dither=Image.Dither.NONE)


def _save(widget: QWidget, path: Path) -> None:
    """A widget as a PNG with a palette."""
    picture = _grabbed(widget)
    with_palette(picture).save(path, optimize=True)
    _tell(path, picture)


def _save_film(frames: list[Image.Image], path: Path) -> None:
    """Frames as a GIF that begins anew at its end, with one palette, so that only what moves changes."""
    palette = with_palette(frames[-1], FILM_COLOURS)
    first, *others = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    first.save(path, save_all=True, append_images=others, duration=FRAME_MILLISECONDS, loop=0, optimize=False)
    _tell(path, first)


def _tell(path: Path, picture: Image.Image) -> None:
    print(
        f"{path.relative_to(ROOT)}: {picture.width} × {picture.height}, {path.stat().st_size / 1000:.0f} kB",
        flush=True,
    )


def main(arguments: Sequence[str]) -> int:
    """Takes pictures, or checks them; returns the exit code."""
    if "--check" in arguments:
        old = stale()
        for line in old:
            print(line)
        return bool(old)
    unknown = sorted(set(arguments) - set(SHOWN))
    if unknown:
        print(f"there is no picture {unknown[0]!r}; there are {', '.join(SHOWN)}", file=sys.stderr)
        return 2
    take(list(arguments) or list(SHOWN))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
