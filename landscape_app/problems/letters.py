"""Letters that a Hopfield network remembers: patterns of 8 × 8 spins, couplings by the projection rule."""

from landscape_app.data.letters import letters
from landscape_app.language import tr
from landscape_app.learning.schedule import Schedule
from landscape_app.physics.space import Spins
from landscape_app.problems.problem import Configuration, Problem

LETTERS = Problem(
    name="letters",
    title=tr("Letters to remember"),
    space=Spins((8, 8)),
    load=letters,
    defaults=Configuration(
        problem="letters",
        model="pairs",
        fit="projection",
        chains=128,
        kernel="discrete-langevin",
        planned_epochs=1,
        schedule=Schedule(weighted=False),
    ),
)
