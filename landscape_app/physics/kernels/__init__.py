"""Markov kernels that leave q(x) exp(−H(x)) invariant exactly, one a file."""

from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels.block_gibbs import BlockGibbs
from landscape_app.physics.kernels.chromatic import ChromaticMetropolis
from landscape_app.physics.kernels.cluster import SwendsenWang, Wolff
from landscape_app.physics.kernels.discrete_langevin import DiscreteLangevin
from landscape_app.physics.kernels.heat_bath import HeatBath
from landscape_app.physics.kernels.hmc import HMC
from landscape_app.physics.kernels.independent import Independent
from landscape_app.physics.kernels.kernel import Info, Kernel, KernelParameter, State
from landscape_app.physics.kernels.mala import MALA
from landscape_app.physics.kernels.mixed import MixedLangevin
from landscape_app.physics.kernels.random_walk import RandomWalk
from landscape_app.physics.kernels.single_site import SingleSite

KERNELS: dict[str, type[Kernel]] = {
    "block-gibbs": BlockGibbs,
    "chromatic": ChromaticMetropolis,
    "discrete-langevin": DiscreteLangevin,
    "heat-bath": HeatBath,
    "hmc": HMC,
    "independent": Independent,
    "mala": MALA,
    "mixed": MixedLangevin,
    "random-walk": RandomWalk,
    "single-site": SingleSite,
    "swendsen-wang": SwendsenWang,
    "wolff": Wolff,
}
"""Every kernel by the name it has in run files and on the command line."""


def kernels_for(target: Target) -> list[str]:
    """Names of the kernels that can move on a target."""

    def serves(kernel: Kernel) -> bool:
        try:
            kernel.check(target)
        except ValueError:
            return False
        return True

    return [name for name, kernel in KERNELS.items() if serves(kernel())]


def make_kernel(name: str, target: Target) -> Kernel:
    """A kernel by its name, at its default step size.

    Raises:
        ValueError: there is none of that name, or it cannot move on the target; says which can.
    """
    able = kernels_for(target)
    if name not in KERNELS:
        raise ValueError(f"no kernel is called {name!r}; choose from {', '.join(able)}")
    kernel = KERNELS[name]()
    try:
        kernel.check(target)
    except ValueError as error:
        raise ValueError(f"{error}: {', '.join(able)}") from error
    return kernel


def kernel_name(kernel: Kernel) -> str:
    """The name of a kernel's kind in `KERNELS`."""
    return next(name for name, kind in KERNELS.items() if kind is type(kernel))


__all__ = [
    "HMC",
    "KERNELS",
    "MALA",
    "BlockGibbs",
    "ChromaticMetropolis",
    "DiscreteLangevin",
    "HeatBath",
    "Independent",
    "Info",
    "Kernel",
    "KernelParameter",
    "MixedLangevin",
    "RandomWalk",
    "SingleSite",
    "State",
    "SwendsenWang",
    "Wolff",
    "kernel_name",
    "kernels_for",
    "make_kernel",
]
