"""What a click on a digit does to the shipped model's chains, and how soon.

    python tests/benchmarks/steering.py                           about 2 minutes
    python tests/benchmarks/steering.py --slider                  about 30 seconds; only the sliders
    python tests/benchmarks/steering.py --train 60 --seeds 5      about 6 minutes; models trained now

For every class and strength: seconds from the click to the painted new ensemble (in a window drawn without a
display), effective sample size and distinct ancestors of the resampling, and the share of 100 chains on target by
an evaluation classifier, trained apart, at once and after 100 further moves. Spread is the mean
distance of an image to the mean of its set, over the same of the real images of the class.

With --train: the shares on target alone, of models by the defaults, trained for so many seconds.

With --slider: seconds from a move of a strength's slider, held by the mouse, to the painted ensemble, under a class,
an ink and a symmetry layer, with 100 and 256 chains.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import torch
from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from landscape_app.data.assets import SHIPPED_MODEL, asset_path
from landscape_app.gui.application import SWITCH_SECONDS
from landscape_app.gui.engine import Engine
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.theme import DARK, apply_theme
from landscape_app.gui.worker import compute_threads
from landscape_app.learning.quality import EvaluationClassifier, evaluator_passes
from landscape_app.physics.fields.classes import ClassCondition
from landscape_app.physics.fields.pixels import InkAmount, SymmetryAbout
from landscape_app.problems import PROBLEMS
from landscape_app.session.checkpoint import open_session
from landscape_app.session.composition import DEFAULT_STRENGTH, Composition, Layer
from landscape_app.session.session import Session
from landscape_app.session.share_out import finished

STRENGTHS = (1.0, 2.0, 3.0, 4.0)
MOVES = 100
CLASSES = 10

Shares = dict[float, list[tuple[float, float, float]]]
"""Share on target at once and after `MOVES`, and spread, for every class, by strength."""


def evaluator_of(session: Session) -> EvaluationClassifier:
    """The evaluation classifier: another architecture, its own seed, trained on all real images."""
    images = torch.cat([session.training_items, session.held_out_items])
    labels = np.concatenate([session.dataset.training_labels, session.dataset.held_out_labels])
    return finished(evaluator_passes(session.space, images, torch.as_tensor(labels)))


def spread(x: torch.Tensor) -> float:
    """Mean Euclidean distance to the mean image, in levels."""
    flat = x.flatten(1)
    return float((flat - flat.mean(0)).norm(dim=1).mean())


def new_window() -> tuple[MainWindow, list[object]]:
    """A window on the shipped model, and what its mosaic has painted last."""
    sys.setswitchinterval(SWITCH_SECONDS)
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    apply_theme(application, DARK)
    window = MainWindow(
        Engine(), DARK, QSettings(str(Path(tempfile.mkdtemp()) / "window.ini"), QSettings.Format.IniFormat)
    )
    window.show()
    window.engine.open_shipped()
    mosaic = window.sampler.mosaic
    painted: list[object] = []
    paint = mosaic.paintEvent

    def watch(event: object) -> None:
        paint(event)
        painted[:] = [window.sampler.drawn]

    mosaic.paintEvent = watch
    wait(lambda: bool(painted) and painted[0] is not None)
    return window, painted


def seconds_to_paint(window: MainWindow, painted: list[object], act: Callable[[], None]) -> float:
    """Seconds from an action to the painted ensemble of the composition that it asks for."""
    steering, snapshot = window.engine.state.steering, window.sampler.drawn
    start = time.perf_counter()
    act()
    wait(lambda: window.engine.state.steering is not steering)
    fresh = window.engine.state.snapshot
    wait(lambda: painted[0] is not snapshot and (painted[0] is fresh or fresh is not None))
    return time.perf_counter() - start


def click_seconds(strengths: tuple[float, ...], clicks: range) -> dict[float, list[float]]:
    """Seconds from a click on each digit to the painted new ensemble, per strength."""
    window, painted = new_window()
    seconds: dict[float, list[float]] = {}
    for strength in strengths:
        window.steering.class_strength = strength
        for c in clicks:
            seconds.setdefault(strength, []).append(
                seconds_to_paint(window, painted, window.steering.targets.button(c).click)
            )
            wait_seconds(0.3)
        window.steering.clear()
        wait_seconds(0.5)
    window.close()
    return seconds


SLIDER_LAYERS = (
    Layer(ClassCondition((3,)), 4.0),
    Layer(InkAmount(0.35), 40.0),
    Layer(SymmetryAbout(), -1.0),
)
"""Of the composition whose sliders are dragged."""


def slider_seconds(count: int, changes: int) -> list[list[float]]:
    """Seconds from a move of a slider, held by the mouse, to the painted ensemble; per layer."""
    window, painted = new_window()
    wait(lambda: window.steering.context.facts is not None)
    window.engine.restart("chains", count)
    window.steering.edit(Composition(SLIDER_LAYERS))
    wait(lambda: window.engine.state.composition == window.steering.composition)
    wait(lambda: len(window.engine.state.snapshot.x) == count)
    wait_seconds(1.0)
    seconds = []
    for line in window.steering.layers.lines:
        slider = line.strength.slider
        slider.setSliderDown(True)
        times = []
        for k in range(changes):
            to = slider.value() + (7 if k < changes // 2 else -7)
            times.append(seconds_to_paint(window, painted, partial(slider.setSliderPosition, to)))
            wait_seconds(0.1)
        slider.setSliderDown(False)
        seconds.append(times)
    window.close()
    return seconds


def print_sliders() -> None:
    """Prints how soon a move of a slider shows."""
    for count in (100, 256):
        for layer, seconds in zip(SLIDER_LAYERS, slider_seconds(count, 20), strict=True):
            print(
                f"{count} chains, three layers, slider of “{layer.title}”: to painted ensemble   "
                f"median {1000 * np.median(seconds):.0f} ms, p90 {1000 * np.quantile(seconds, 0.9):.0f} ms, "
                f"worst {1000 * max(seconds):.0f} ms   (at most 150)"
            )


def wait(condition: object) -> None:
    """Runs the event loop until a condition holds."""
    loop, timer = QEventLoop(), QTimer(interval=1)
    timer.timeout.connect(lambda: loop.quit() if condition() else None)  # type: ignore[operator]
    timer.start()
    loop.exec()


def wait_seconds(seconds: float) -> None:
    """Runs the event loop for a while."""
    end = time.perf_counter() + seconds
    wait(lambda: time.perf_counter() > end)


def trained(seed: int, seconds: float) -> Session:
    """A model by the defaults, after so many seconds, with the classifier that steers."""
    plan = replace(PROBLEMS["digits"].defaults, seed=seed, planned_seconds=seconds)
    session = Session(plan, device="cpu", sampler_chains=100)
    for _ in session.train():
        if session.is_done:
            break
    session.train_classifier()
    session.finish()
    print(f"seed {seed}, {session.trainer.epoch:,} epochs")
    return session


def steered(session: Session) -> Shares:
    """Steers chains to every class at every strength; prints a line for each."""
    evaluator = evaluator_of(session)
    labels = torch.as_tensor(session.dataset.held_out_labels)
    print(f"classifier: {session.classifier_accuracy:.3f} of unseen images; chains: {len(session.sampler)}")
    print(
        f"{'class':>5} {'α':>4} {'ESS':>6} {'ancestors':>9} {'at once':>8} {'+100':>6} {'spread':>7} {'seconds':>8}"
    )
    shares: Shares = {}
    for strength in STRENGTHS:
        for c in range(CLASSES):
            record = session.steer(Composition.towards(c, strength))
            at_once = float((evaluator(session.sampler.chains.x).argmax(1) == c).float().mean())
            for _ in islice(session.sample(), MOVES):
                pass
            later = float((evaluator(session.sampler.chains.x).argmax(1) == c).float().mean())
            ratio = spread(session.sampler.chains.x) / spread(session.held_out_items[labels == c])
            shares.setdefault(strength, []).append((at_once, later, ratio))
            print(
                f"{c:>5} {strength:>4g} {record.effective_sample_size:>6.0f} {record.ancestors:>9} {at_once:>8.2f} "
                f"{later:>6.2f} {ratio:>7.2f} {record.seconds:>8.3f}"
            )
    summarise(shares)
    return shares


def summarise(shares: Shares) -> None:
    """Median and worst of the classes, a line for each strength."""
    for strength, rows in shares.items():
        table = np.array(rows)
        mark = "   <- default" if strength == DEFAULT_STRENGTH else ""
        print(
            f"α = {strength:g}: at once median {np.median(table[:, 0]):.2f} worst {table[:, 0].min():.2f}; "
            f"after {MOVES} moves median {np.median(table[:, 1]):.2f} worst {table[:, 1].min():.2f}; "
            f"least spread {table[:, 2].min():.2f}{mark}"
        )


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slider", action="store_true", help="only how soon a move of a slider shows")
    parser.add_argument("--train", type=float, metavar="S", help="seconds; models trained now")
    parser.add_argument("--seeds", type=int, default=5, help="of these models")
    options = parser.parse_args()
    if options.slider:
        print_sliders()
        return
    torch.set_num_threads(compute_threads())
    if options.train:
        found = [steered(trained(seed, options.train)) for seed in range(options.seeds)]
        print(f"all {options.seeds} models together:")
        summarise({strength: [row for one in found for row in one[strength]] for strength in STRENGTHS})
        return
    steered(open_session(asset_path(SHIPPED_MODEL), device="cpu", sampler_chains=100))
    print("wanted at the default: median at least 0.90, worst at least 0.75, spread at least 0.50")
    for strength, seconds in click_seconds(STRENGTHS, range(CLASSES)).items():
        print(
            f"α = {strength:g}: click to painted ensemble   median {np.median(seconds):.3f} s, "
            f"worst {max(seconds):.3f} s   (at most 0.3)"
        )


if __name__ == "__main__":
    main()
