"""How walkers go on where something of their composition fails or is missing."""

from __future__ import annotations

from landscape_app.physics.hamiltonian import Target
from landscape_app.session.composing import ClassifiedSamples, HamiltonianPath, clamp
from landscape_app.session.composition import Composition, Layer
from landscape_app.session.composition_edits import switched_off
from landscape_app.session.fields import DiscriminatorRound, OwnField
from landscape_app.session.session import Session


def carry_on(session: Session, composition: Composition) -> None:
    """Moves the walkers on under a composition from where they are, without resampling.

    For a composition that differs by what has failed: the chains keep their last valid states.

    Raises:
        ValueError: a field needs what is missing, or does not fit the space.
    """
    reservoir, classifier = session.samples.reservoir, session.classifier
    known = None if classifier is None else session.samples.log_probabilities(reservoir, classifier)
    fields = session.composer.fields(composition, classifier, ClassifiedSamples(reservoir, 1.0, known))
    path = HamiltonianPath(session.model_term, fields, composition.model_coefficient)
    session.walkers.retarget(Target(clamp(session.base, composition), path.hamiltonian()))
    session.composition = composition
    session.walk.restart()


def is_missing(session: Session, layer: Layer) -> bool:
    """Whether a layer needs a discriminator that the session has not trained, or a file that was not trusted."""
    field, composer = layer.field, session.composer
    if isinstance(field, DiscriminatorRound):
        return not 1 <= field.round <= len(composer.discriminators)
    return isinstance(field, OwnField) and field.digest not in composer.own


def without_missing(session: Session, composition: Composition) -> Composition:
    """The composition with every layer switched off that the session cannot make."""
    return switched_off(
        composition, [i for i, layer in enumerate(composition.layers) if is_missing(session, layer)]
    )
