"""Models: a base measure and an energy with parameters, one kind a file."""

from landscape_app.models.energy import EnergyModel
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.model import Model
from landscape_app.models.pairs import PairModel
from landscape_app.models.potts import PottsModel
from landscape_app.models.rbm import RestrictedBoltzmannMachine

MODELS: dict[str, type[Model]] = {
    "observables": MinMaxEntModel,
    "pairs": PairModel,
    "potts": PottsModel,
    "rbm": RestrictedBoltzmannMachine,
    "energy": EnergyModel,
}
"""Every kind of model by its name in run files and on the command line."""

__all__ = [
    "MODELS",
    "EnergyModel",
    "MinMaxEntModel",
    "Model",
    "PairModel",
    "PottsModel",
    "RestrictedBoltzmannMachine",
]
