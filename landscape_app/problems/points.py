"""Points on the line and in the plane: two Gaussians (the paper's figure 3), two rings, and points of one's own."""

from dataclasses import replace

from landscape_app.data import rings, two_gaussians
from landscape_app.language import tr
from landscape_app.learning.schedule import Schedule
from landscape_app.physics.space import Line
from landscape_app.problems.problem import Configuration, Problem

_ON_THE_LINE = Configuration(
    problem="two-gaussians",
    chains=1_024,
    observables=2,
    kernel="mala",
    planned_epochs=1_000,
    schedule=Schedule(moves=2, theta_rate=5e-3, multiplier_update="preconditioned"),
)
# In the plane modes lie apart, as rings and clusters do, and without a ladder no chain crosses between them.
_IN_THE_PLANE = Configuration(
    problem="rings",
    chains=128,
    replicas=8,
    observables=4,
    hidden=(64, 64),
    kernel="mala",
    planned_epochs=1_500,
    schedule=Schedule(theta_rate=1e-2, momentum=0.5, multiplier_update="preconditioned", weighted=False),
)

TWO_GAUSSIANS = Problem(
    name="two-gaussians",
    title=tr("Two Gaussians"),
    space=Line((1,)),
    load=two_gaussians,
    defaults=_ON_THE_LINE,
)
RINGS = Problem(
    name="rings",
    title=tr("Two rings"),
    space=Line((2,)),
    load=rings,
    defaults=_IN_THE_PLANE,
)
POINTS = Problem(
    name="points",
    title=tr("Points of your own"),
    space=Line((2,)),
    load=None,
    defaults=replace(_IN_THE_PLANE, problem="points"),
)
