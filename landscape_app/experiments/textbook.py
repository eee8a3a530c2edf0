"""Maximum-entropy distributions of the textbooks, found numerically from their constraints alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from scipy import special, stats
from torch import Tensor

from landscape_app.experiments.experiment import SEED, Experiment, Finding, Parameter, Progress, Values
from landscape_app.experiments.figure import Curve, Figure, Mark, Panel, Role
from landscape_app.language import tr
from landscape_app.learning.dual import solve_dual

TOLERANCE = 1e-3
"""Nats by which an entropy may miss its closed form; most of it is the tail that the grid cuts off."""


class Case(NamedTuple):
    """One distribution.

    Attributes:
        name: of the distribution.
        constraints: in words.
        low, high: ends of the grid; what lies beyond carries less than 10⁻⁸.
        features: f of the nodes, shape (n,) → (n, K).
        truth: the closed form's density and entropy, a scipy distribution.
        means: μ, shape (K,).
        shown: what part of the axis is drawn.
    """

    name: str
    constraints: str
    low: float
    high: float
    features: Callable[[Tensor], list[Tensor]]
    truth: stats.distributions.rv_frozen
    means: tuple[float, ...]
    shown: tuple[float, float]


def cases(scale: float) -> tuple[Case, ...]:
    """The six distributions, at a scale of x."""
    shape, kappa = 2.5, 2.0
    gamma_log = float(special.digamma(shape)) + math.log(scale)
    bessel = float(special.i1(kappa) / special.i0(kappa))
    return (
        Case(
            tr("uniform"),
            tr("none, on an interval"),
            0.0,
            scale,
            lambda x: [],
            stats.uniform(0, scale),
            (),
            (-0.2 * scale, 1.2 * scale),
        ),
        Case(
            tr("exponential"),
            tr("⟨x⟩, on x ≥ 0"),
            0.0,
            30 * scale,
            lambda x: [x],
            stats.expon(scale=scale),
            (scale,),
            (0, 6 * scale),
        ),
        Case(
            tr("normal"),
            "⟨x⟩, ⟨x²⟩",
            -9 * scale,
            11 * scale,
            lambda x: [x, x**2],
            stats.norm(scale, scale),
            (scale, 2 * scale**2),
            (-3 * scale, 5 * scale),
        ),
        Case(
            "Laplace",
            "⟨|x|⟩",
            -30 * scale,
            30 * scale,
            lambda x: [x.abs()],
            stats.laplace(scale=scale),
            (scale,),
            (-5 * scale, 5 * scale),
        ),
        Case(
            tr("gamma"),
            tr("⟨x⟩, ⟨log x⟩, on x ≥ 0"),
            0.0,
            40 * scale,
            lambda x: [x, x.log()],
            stats.gamma(shape, scale=scale),
            (shape * scale, gamma_log),
            (0, 9 * scale),
        ),
        Case(
            "von Mises",
            tr("⟨cos x⟩, ⟨sin x⟩, on the circle"),
            -math.pi,
            math.pi,
            lambda x: [x.cos(), x.sin()],
            stats.vonmises(kappa),
            (bessel, 0.0),
            (-math.pi, math.pi),
        ),
    )


class Textbook(Experiment):
    """Six closed forms."""

    name = "textbook"
    title = tr("Textbook distributions")
    paper = tr("section on MaxEnt")
    summary = tr(
        "Fix a few averages and ask for the distribution of largest entropy: the classics come out, without ever "
        "being put in. Each is found here numerically, on a grid, from its constraints alone, by the same convex "
        "dual that the model solves with Markov chains; density and entropy are compared with the closed form."
    )
    parameters = (
        Parameter(
            "nodes", tr("Nodes of the grid"), 20_000, 200_000, 1_000, 1_000_000, tr("More nodes, finer grid.")
        ),
        Parameter(
            "scale", tr("Scale of x"), 1.0, 1.0, 0.01, 100.0, tr("Unit in which x is measured."), whole=False
        ),
        SEED,
    )
    minutes = (0.05, 0.2)

    def sketch(self) -> tuple[Mark, ...]:
        """A uniform, a normal and an exponential density."""
        x = np.linspace(-3.5, 5.0, 160)
        return (
            Curve(x, np.where((x > 0.3) & (x < 2.3), 0.5, 0.0), role=Role.OTHER),
            Curve(x, stats.norm.pdf(x)),
            Curve(x, np.where(x > 0, np.exp(-np.maximum(x, 0) / 0.9) / 1.6, np.nan), role=Role.RIVAL),
        )

    def run(self, values: Values) -> Iterator[Progress]:
        """One distribution after the other."""
        everything = cases(values["scale"])
        panels = [Panel(_title(case), (), "x", tr("density"), x_range=case.shown) for case in everything]
        findings: list[Finding] = []
        for i, case in enumerate(everything):
            panels[i], finding = _solve(case, int(values["nodes"]))
            findings.append(finding)
            figure = Figure(tuple(tuple(panels[k : k + 3]) for k in range(0, len(panels), 3)))
            share = (i + 1) / len(everything)
            yield Progress(
                share,
                tr("Solved for the {distribution} distribution", distribution=case.name),
                figure,
                tuple(findings),
            )


def _title(case: Case) -> str:
    return f"{case.name}: {case.constraints}"


def _solve(case: Case, nodes: int) -> tuple[Panel, Finding]:
    width = (case.high - case.low) / nodes
    x = case.low + width * (torch.arange(nodes, dtype=torch.float64) + 0.5)
    columns = case.features(x)
    f = torch.stack(columns, dim=1) if columns else x.new_zeros(nodes, 0)
    found = solve_dual(f, torch.full_like(x, math.log(width)), torch.tensor(case.means, dtype=torch.float64))
    density = (found.log_probabilities.exp() / width).numpy()
    exact = float(case.truth.entropy())
    shown = np.linspace(*case.shown, 400)
    panel = Panel(
        _title(case),
        (
            Curve(shown, np.interp(shown, x.numpy(), density, 0, 0), tr("found"), Role.MODEL),
            Curve(shown, case.truth.pdf(shown), tr("closed form"), Role.TRUTH, dashed=True),
        ),
        "x",
        tr("density"),
        x_range=case.shown,
    )
    finding = Finding(
        "MaxEnt",
        tr("Entropy, {distribution} ({constraints})", distribution=case.name, constraints=case.constraints),
        tr("{nats:.4f} nats ± {tolerance:g}", nats=exact, tolerance=TOLERANCE),
        tr("{nats:.4f} nats", nats=found.entropy),
        abs(found.entropy - exact) <= TOLERANCE,
    )
    return panel, finding
