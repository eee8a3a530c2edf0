"""`python -m tools.results`: runs experiments, quick, for the figures and verdicts of the documentation.

`python -m tools.results pca ising` runs only some. Each leaves a picture and an entry of `verdicts.json`, which the
page of experiments shows; one that has none there has the sketch of its figure.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from landscape_app.experiments.catalogue import EXPERIMENTS
from landscape_app.experiments.experiment import Finding
from landscape_app.experiments.render import write_figure
from tools.pictures import FOLDER, ROOT, fingerprint_of, with_palette

RESULTS = FOLDER / "results"
VERDICTS = RESULTS / "verdicts.json"
WIDTH = 1_200
"""Most pixels of a picture from left to right."""


class Verdict(NamedTuple):
    """Result of an experiment.

    Attributes:
        findings: one for each quantity.
        seconds: that it took.
        code: fingerprint of the experiment's module when it was run.
    """

    findings: tuple[Finding, ...]
    seconds: float
    code: str


def code_of(name: str) -> str:
    """Fingerprint of the module of an experiment: of what it does, without comments and docstrings."""
    module = sys.modules[type(EXPERIMENTS[name]).__module__]
    file = Path(str(module.__file__))
    return fingerprint_of([file], file.parent)


def verdicts() -> dict[str, Verdict]:
    """Results that there are, by the names of the experiments, in the order of the catalogue."""
    known = json.loads(VERDICTS.read_text(encoding="utf-8")) if VERDICTS.exists() else {}
    return {
        name: Verdict(tuple(Finding(*one) for one in found["findings"]), found["seconds"], found["code"])
        for name in EXPERIMENTS
        if (found := known.get(name)) is not None
    }


def stale() -> list[str]:
    """Results that are older than the experiment, or missing, a line for each."""
    known = verdicts()
    return [
        f"the result of the experiment {name!r} is {'older than its code' if name in known else 'not there'}; "
        f"python -m tools.results {name} brings it"
        for name in EXPERIMENTS
        if name not in known or known[name].code != code_of(name)
    ]


def run(name: str) -> None:
    """Runs an experiment, and keeps its picture and its verdicts."""
    one, start = EXPERIMENTS[name], time.perf_counter()
    *_, last = one.start()
    seconds = round(time.perf_counter() - start, 1)
    RESULTS.mkdir(parents=True, exist_ok=True)
    picture, drawing = write_figure(last.figure, one.title, RESULTS, name)
    drawing.unlink()
    image = Image.open(io.BytesIO(picture.read_bytes())).convert("RGB")
    if image.width > WIDTH:
        image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    with_palette(image).save(picture, optimize=True)
    known = {key: value._asdict() for key, value in verdicts().items()}
    findings = tuple(Finding(*found[:4], bool(found.passed)) for found in last.findings)
    known[name] = Verdict(findings, seconds, code_of(name))._asdict()
    VERDICTS.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    good = sum(finding.passed for finding in last.findings)
    print(
        f"{picture.relative_to(ROOT)}: {picture.stat().st_size / 1000:.0f} kB, "
        f"{good} of {len(last.findings)} verdicts good, {seconds:.0f} s",
        flush=True,
    )


def main(arguments: Sequence[str]) -> int:
    """Runs experiments; returns the exit code."""
    unknown = sorted(set(arguments) - set(EXPERIMENTS))
    if unknown:
        print(f"there is no experiment {unknown[0]!r}; there are {', '.join(EXPERIMENTS)}", file=sys.stderr)
        return 2
    for name in arguments or EXPERIMENTS:
        run(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
