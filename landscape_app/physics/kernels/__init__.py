"""Markov kernels that leave q(x) exp(−H(x)) invariant exactly, one a file."""

from landscape_app.physics.kernels.discrete_langevin import DiscreteLangevin
from landscape_app.physics.kernels.kernel import Info, Kernel, State
from landscape_app.physics.kernels.random_walk import RandomWalk
from landscape_app.physics.kernels.single_site import SingleSite

KERNELS: dict[str, type[Kernel]] = {
    "discrete-langevin": DiscreteLangevin,
    "random-walk": RandomWalk,
    "single-site": SingleSite,
}
"""Every kernel by the name it has in run files and on the command line."""

__all__ = ["KERNELS", "DiscreteLangevin", "Info", "Kernel", "RandomWalk", "SingleSite", "State"]
