"""Handwritten digits as 8 × 8 spins, for Boltzmann machines: 200 training images."""

from landscape_app.data.digits import binary_digits
from landscape_app.language import tr
from landscape_app.learning.schedule import Schedule
from landscape_app.physics.space import Spins
from landscape_app.problems.problem import Configuration, Problem

BINARY_DIGITS = Problem(
    name="binary-digits",
    title=tr("Digits as spins"),
    space=Spins((8, 8)),
    load=binary_digits,
    defaults=Configuration(
        problem="binary-digits",
        model="pairs",
        fit="likelihood",
        chains=512,
        kernel="discrete-langevin",
        planned_epochs=200,
        schedule=Schedule(theta_rate=1e-2),
    ),
)
