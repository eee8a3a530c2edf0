"""A sampler over one or two coordinates: its landscape, and its chains on it."""

from __future__ import annotations

import time

from landscape_app.physics.host import to_host
from landscape_app.session.landscape.plane import Landscape, NoLandscapeError, Survey, bounds_for, is_drawable
from landscape_app.session.sampler import Sampler
from landscape_app.session.trajectory import EnsembleSnapshot, LandscapeRecord, TrajectoryWatch

SURVEY_SECONDS = 0.5
"""Between two surveys of a landscape that training changes."""

SURVEY_SHARE = 50.0
"""Time of training between two surveys, over that of the last survey: at most 2% of the time."""


class LandscapeWatch:
    """Watches the chains of a sampler, and surveys what is sampled where it has changed.

    Args:
        sampler: over one or two continuous coordinates.

    Raises:
        ValueError: its space has no landscape (see `session.landscape.check_drawable`).
    """

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        data = to_host(sampler.samples.data.flatten(1)).numpy()
        self._survey = Survey(bounds_for(sampler.model.target, data))
        self._trajectories = TrajectoryWatch(sampler.chains)
        sampler.chains.on_step = self._trajectories.observe
        self._trained = sampler.model.target
        self._epoch = -1
        self._due = 0.0
        self._with_tracks = False

    @classmethod
    def of(cls, sampler: Sampler) -> LandscapeWatch | None:
        """A watch of a sampler; None where its space has no landscape."""
        return cls(sampler) if is_drawable(sampler.model.space) else None

    def follow(self, chain: int | None) -> None:
        """Follows another chain, or none; what it did before is known."""
        self._trajectories.followed = chain

    def track(self, wanted: bool) -> None:
        """Has records tell where all chains have been."""
        self._with_tracks = wanted

    def record(self, training: bool) -> LandscapeRecord | None:
        """The landscape now; None of a model so far diverged that its energy is finite nowhere.

        Args:
            training: of the chains that train, rather than of the sampler's.
        """
        try:
            return self._record(training)
        except NoLandscapeError:
            return None

    def _record(self, training: bool) -> LandscapeRecord:
        sampler, followed = self._sampler, self._trajectories.followed
        if training:
            x = sampler.samples.training_chains.x[: len(sampler)]
            places = to_host(x.flatten(1)).numpy().copy()
            return LandscapeRecord(self._in_training(), EnsembleSnapshot(places, None, None), followed)
        sampler.chains.kernel.keep_path = True
        tracks = self._with_tracks or sampler.model.space.sites == 1
        chains = self._trajectories.snapshot(tracks)
        # Chains with a fixed coordinate move on a line of the plane, whose landscape is drawn.
        target = sampler.chains.target._replace(base_measure=sampler.model.base_measure)
        return LandscapeRecord(self._survey.landscape(target), chains, followed)

    def _in_training(self) -> Landscape:
        """The landscape of the model in training, surveyed anew when it is due."""
        epoch, now = self._sampler.samples.epoch, time.perf_counter()
        if epoch == self._epoch or now < self._due:
            return self._survey.landscape(self._trained)
        self._epoch = epoch
        self._trained = self._sampler.model.target
        landscape = self._survey.landscape(self._trained)
        self._due = now + max(SURVEY_SECONDS, SURVEY_SHARE * (time.perf_counter() - now))
        return landscape
