"""How large the house is, whether its rules hold, and what a change costs.

    python tests/benchmarks/house.py             figures of this checkout
    python tests/benchmarks/house.py --against A REVISION as well, from a worktree of its own

Files that name a representative are counted, as they would have to be touched for another of its kind: the MALA
kernel, the ink field, the metric of the acceptance rate, the experiment on principal axes, the problem of rings, and
for a space all files that branch on its kind. The walk of a click on "7" is taken from the running window: every
file with a function that is handed the 7, a composition, a layer or a field, until the Hamiltonian is made.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.architecture import circles, importers_of, modules, room_of, unnamed_modules

ROOT = Path(__file__).resolve().parents[2]

REPRESENTATIVES = {
    "kernel (MALA)": r"\bMala\b|\bMALA\b|\"mala\"",
    "field (ink)": r"\bInk\w*|\bink_\w+|\"ink\"",
    "metric (acceptance rate) and its plot": r"\bacceptance_rate\b",
    "experiment (principal axes)": r"\bpca\b|principal_axes",
    "problem (rings)": r"\"rings\"|\brings\b",
    "model (Min-MaxEnt)": r"\bMaxEntTerm\b|\bMinMaxEnt\w*|\bmultipliers\b",
    "space (branches on its kind)": r"isinstance\([^()]*\b(Levels|Spins|Box|Line|Discrete|Continuous)\b[^()]*\)"
    r"|\bare_(images|coloured|categories)\(",
}


def code_of(file: Path) -> str:
    """A file's source without its docstrings and comments."""
    text = re.sub(r'(?s)"""(?:.*?)"""', "", file.read_text(encoding="utf-8"))
    return re.sub(r"#.*", "", text)


def figures(package: Path) -> dict[str, object]:
    """Everything that is counted of a package's source."""
    files = modules(package)
    lines = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in files.values()}
    rooms: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for file, number in lines.items():
        rooms[room_of(file, package)] += number
        counts[room_of(file, package)] += 1
    longest = max(lines, key=lambda file: lines[file])
    tests = "\n".join(f.read_text(encoding="utf-8") for f in (package.parent / "tests").rglob("*.py"))
    code = {file: code_of(file) for file in files.values()}
    classes = Counter(name for text in code.values() for name in re.findall(r"(?m)^class (\w+)", text))
    own = set(re.findall(r"\b(?:def |self\.)(_[a-z]\w+)", "\n".join(code.values())))
    touched = re.findall(r"(?<!self)(?<!cls)\.(_[a-z]\w+)", tests)
    private = sum(name in own for name in touched)
    return {
        "files": len(files),
        "lines": sum(lines.values()),
        "lines by room": {room: f"{n:,} in {counts[room]}" for room, n in rooms.most_common() if n > 20},
        "longest file": f"{longest.relative_to(package)}, {lines[longest]}",
        "files under 60 lines": sum(n < 60 for n in lines.values()),
        "circles": [len(c) for c in circles(package)],
        "modules that know the whole Session": len(importers_of("Session", package)),
        "modules that no test names": len(unnamed_modules(package)),
        "class names that stand twice": sum(n > 1 for n in classes.values()),
        "private members that tests touch": private,
        "files that name a representative": {
            what: sum(bool(re.search(pattern, text)) for text in code.values())
            for what, pattern in REPRESENTATIVES.items()
        },
    }


def walk_of_a_click(root: Path) -> list[str]:
    """Files between the button "7" and its Hamiltonian, in their order, in a process of that checkout."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", _WALK, folder],
            cwd=root,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr[-2_000:])
    return json.loads(done.stdout.splitlines()[-1])


_WALK = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
import landscape_app
from landscape_app.data import SHIPPED_MODEL
from landscape_app.gui.engine import Engine
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.theme import LIGHT
from landscape_app.physics import hamiltonian
package = Path(landscape_app.__file__).parent
application = QApplication([])
window = MainWindow(Engine(), LIGHT, QSettings(sys.argv[1] + "/w.ini", QSettings.Format.IniFormat))
window.show()
window.engine.open_shipped(SHIPPED_MODEL)
seven = lambda: window.findChild(QAbstractButton, "target-7")
while seven() is None or not seven().isEnabled():
    QTest.qWait(50)
QTest.qWait(500)
post_name = "post" if hasattr(Engine, "post") else "_post"
posted, made = getattr(Engine, post_name), hamiltonian.Hamiltonian.__init__
files, done = [], []
carriers = ("landscape_app.session.composition", "landscape_app.physics.fields")
def carries(frame):
    names = frame.f_code.co_varnames[:frame.f_code.co_argcount + frame.f_code.co_kwonlyargcount]
    values = [value for name in names for value in (frame.f_locals.get(name),)]
    values += [item for value in values if type(value) in (list, tuple) for item in value]
    return any(v == 7 if type(v) is int else type(v).__module__.startswith(carriers) for v in values)
def note(frame, event, argument):
    file = Path(frame.f_code.co_filename)
    if event == "call" and package in file.parents and carries(frame):
        name = str(file.relative_to(package))
        if name not in files:
            files.append(name)
def post(self, action, *arguments, **named):
    def watched():
        sys.setprofile(note)
        try:
            action()
        finally:
            sys.setprofile(None)
    return posted(self, watched, *arguments, **named)
def make(self, terms, *arguments, **named):
    if len(terms) > 1 and sys.getprofile() is note:
        sys.setprofile(None)
        done.append(True)
    return made(self, terms, *arguments, **named)
setattr(Engine, post_name, post)
hamiltonian.Hamiltonian.__init__ = make
sys.setprofile(note)
seven().click()
sys.setprofile(None)
while not done:
    QTest.qWait(10)
window.close()
print(json.dumps(files))
"""


def show(name: str, found: dict[str, object]) -> None:
    print(f"\n{name}")
    for what, value in found.items():
        if isinstance(value, dict):
            print(f"  {what}")
            for inner, number in value.items():
                print(f"    {inner:42} {number}")
        else:
            print(f"  {what:44} {value}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", metavar="REVISION", help="another revision to count as well")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        checkouts = {"this checkout": ROOT}
        if arguments.against:
            other = Path(folder) / "other"
            git = ["git", "-C", str(ROOT), "worktree"]
            subprocess.run([*git, "add", "-q", "--detach", str(other), arguments.against], check=True)
            checkouts = {arguments.against: other} | checkouts
        for name, root in checkouts.items():
            found = figures(root / "landscape_app")
            walk = walk_of_a_click(root)
            found["files of a click on 7"] = f"{len(walk)}: {' → '.join(walk)}"
            show(name, found)
        if arguments.against:
            subprocess.run([*git, "remove", "--force", str(other)], check=True)


if __name__ == "__main__":
    main()
