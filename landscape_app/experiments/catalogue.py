"""All experiments, by name."""

from landscape_app.experiments.bimodal import Bimodal
from landscape_app.experiments.boltzmann import Boltzmann
from landscape_app.experiments.cauchy import Cauchy
from landscape_app.experiments.digits import Digits
from landscape_app.experiments.discriminator import DiscriminatorRounds
from landscape_app.experiments.duality import Duality
from landscape_app.experiments.experiment import Experiment
from landscape_app.experiments.few import Few
from landscape_app.experiments.hopfield import HopfieldRecall
from landscape_app.experiments.ising import SquareIsing
from landscape_app.experiments.mean_field import MeanFieldBounds
from landscape_app.experiments.objectives import Objectives
from landscape_app.experiments.pca import PCA
from landscape_app.experiments.rbm import HiddenUnitsApart
from landscape_app.experiments.steering import Steering
from landscape_app.experiments.textbook import Textbook

EXPERIMENTS: dict[str, Experiment] = {
    experiment.name: experiment
    for experiment in (
        PCA(),
        Bimodal(),
        Few(),
        Cauchy(),
        Digits(),
        DiscriminatorRounds(),
        Steering(),
        Duality(),
        Textbook(),
        SquareIsing(),
        HopfieldRecall(),
        Boltzmann(),
        MeanFieldBounds(),
        HiddenUnitsApart(),
        Objectives(),
    )
}
