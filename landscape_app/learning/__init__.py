"""Ways to fit parameters, one a file, and what trains beside a model: classifiers, discriminators, rivals."""

from landscape_app.learning.closed_form import Hebb, MeanField, Projection
from landscape_app.learning.given import Given
from landscape_app.learning.likelihood import (
    ContrastiveDivergence,
    ExactLikelihood,
    MaximumLikelihood,
    PersistentChains,
    UnadjustedLangevin,
)
from landscape_app.learning.minmaxent import MinMaxEnt
from landscape_app.learning.pseudo_likelihood import PseudoLikelihood
from landscape_app.learning.score_matching import ScoreMatching
from landscape_app.learning.trainer import Trainer

FITS: dict[str, type[Trainer]] = {
    "min-maxent": MinMaxEnt,
    "likelihood": MaximumLikelihood,
    "persistent": PersistentChains,
    "contrastive-divergence": ContrastiveDivergence,
    "langevin": UnadjustedLangevin,
    "exact": ExactLikelihood,
    "pseudo-likelihood": PseudoLikelihood,
    "score-matching": ScoreMatching,
    "mean-field": MeanField,
    "hebb": Hebb,
    "projection": Projection,
    "given": Given,
}
"""Every way of fitting by its name in run files and on the command line."""
