"""Spins of the Ising model on a periodic 4 × 4 lattice, a little hotter than the critical point."""

from landscape_app.data import ising
from landscape_app.language import tr
from landscape_app.learning.schedule import Schedule
from landscape_app.physics.space import Spins
from landscape_app.problems.problem import Configuration, Problem

ISING = Problem(
    name="ising",
    title=tr("Ising spins"),
    space=Spins((4, 4)),
    load=ising,
    defaults=Configuration(
        problem="ising",
        chains=128,
        replicas=6,
        observables=4,
        hidden=(32,),
        kernel="discrete-langevin",
        planned_epochs=600,
        schedule=Schedule(theta_rate=1e-2, momentum=0.5, multiplier_update="preconditioned", weighted=False),
    ),
)
