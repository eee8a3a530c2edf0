"""The landscape panel: the map with its chains, a barrier, the minima, and one image dissected."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QLabel, QWidget

from landscape_app.gui.landscape.barrier import BarrierPage
from landscape_app.gui.landscape.dissection import (
    COLOUR_STEPS,
    DissectionPage,
    colour_numbers,
    energy_range,
    rising_colours,
)
from landscape_app.gui.landscape.images import ChosenImages
from landscape_app.gui.landscape.map import (
    Cloud,
    MapPage,
    Pick,
    chain_cloud,
    data_clouds,
    local_density,
    minima_cloud,
    surprisal_origin,
)
from landscape_app.gui.landscape.minima import MinimaPage
from landscape_app.gui.state import Activity, EngineState
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import Page, Pages, set_name
from landscape_app.gui.widgets.fixed import lay_out_panel
from landscape_app.gui.widgets.paragraph import shortened
from landscape_app.language import tr
from landscape_app.physics.estimate import shown
from landscape_app.physics.space import Spins
from landscape_app.session.landscape.map import ImageLandscape

MOST_CLASSES_NAMED, LONGEST_CLASS = 12, 10
"""Classes that the key to the map's colours names, and characters of each."""

MAP_MILLISECONDS = 50
"""Between two drawings of the chains on the map."""


ONLY_IMAGES = tr(
    "The map, barriers, minima and dissection are for grey images, and for lattices of spins.\n\n"
    "This model learns something else."
)
OF_POINTS = tr(
    "The map, barriers, minima and dissection are for grey images, and for lattices of spins.\n\n"
    "Where these chains move is shown in the middle of the window."
)
"""Text where there is no map."""

MISSING = {"barrier": tr("First choose A and B"), "dissect": tr("First choose image A")}
"""Answer to a key of a search that is pressed too early."""


class LandscapePanel(QWidget):
    """Shows the landscape that states carry, and asks for more of it.

    Signals:
        find_barrier: two images, uint8, shape (*shape) each.
        find_minima: the search for local minima shall begin.
        dissect: an image, uint8, shape (*shape).
        stop_search: the search shall end.
        classes_wanted: whether predicted classes are wanted.
    """

    find_barrier = Signal(object, object)
    find_minima = Signal()
    dissect = Signal(object)
    stop_search = Signal()
    classes_wanted = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("landscape-panel")
        self._theme = theme
        self._state: EngineState | None = None
        self._known: ImageLandscape | None = None
        self._number = -1
        self._origin = 0.0
        self.drawn: object = None
        self._energies: object = None
        self._scales: dict[str, tuple[float, float]] = {}
        self._tables: dict[str, list[QBrush]] = {}
        self._in_front = True
        self._wanted = ""
        self._pause = QTimer(self, singleShot=True, interval=MAP_MILLISECONDS)
        self._pause.timeout.connect(self._catch_up)
        self.chosen = ChosenImages(theme)
        self.map_page = MapPage(theme)
        self.barrier = BarrierPage(theme)
        self.minima = MinimaPage(theme)
        self.dissection = DissectionPage(theme)
        self.pages = Pages(
            [
                Page("map", tr("Map"), tr("Data and chains in two principal components"), self.map_page),
                Page(
                    "barrier",
                    tr("Barrier"),
                    tr("The energy along a path from image A to image B"),
                    self.barrier,
                ),
                Page("minima", tr("Minima"), tr("Local minima, and the passes between them"), self.minima),
                Page("dissection", tr("Dissection"), tr("What makes image A unlikely"), self.dissection),
            ]
        )
        self.notice = set_name(QLabel(), "muted")
        self.notice.setAccessibleName(tr("Why there is no map"))
        self.notice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.notice.setWordWrap(True)
        self.notice.setVisible(False)
        lay_out_panel(self, [self.pages, self.notice], head=[self.chosen])
        self.chosen.asked.connect(self.ask)
        self.chosen.stopped.connect(self.stop_search)
        for source in (self.map_page.plot, self.barrier, self.minima):
            source.picked.connect(self.choose)
        self.map_page.coloured.connect(self._recolour)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        for part in (self.chosen, self.map_page, self.barrier, self.minima, self.dissection):
            part.set_theme(theme)
        self._recolour()

    def set_in_front(self, in_front: bool) -> None:
        """True if the panel's tab is the one in front; else nothing is drawn."""
        self._in_front = in_front
        if in_front and self._state is not None:
            self.show_state(self._state)

    def choose(self, pick: Pick | None, second: bool = False) -> None:
        """Takes an image as A, or as B."""
        levels = (
            self._state.facts.space.levels if self._state is not None and self._state.facts is not None else 2
        )
        (self.chosen.second if second else self.chosen.first).show_pick(pick, levels)
        self._wanted = ""
        self._mark()
        self._show_state()

    def ask(self, what: str) -> None:
        """Asks for "barrier", "minima" or "dissect", or ends the search of that name; says why where it may not."""
        first, second = self.chosen.first.pick, self.chosen.second.pick
        if not self.chosen.buttons[what].isEnabled():
            self._wanted = what
            self._show_state()
            return
        if self._known is not None and self._known.searching == what:
            self.stop_search.emit()
            return
        self.pages.button("dissection" if what == "dissect" else what).click()
        if what == "minima":
            self.find_minima.emit()
        elif first is not None and what == "dissect":
            self.dissect.emit(first.image)
        elif first is not None and second is not None:
            self.find_barrier.emit(first.image, second.image)

    def show_state(self, state: EngineState) -> None:
        """Draws a state of the engine."""
        self._state = state
        if state.landscape is None or state.facts is None:
            self._clear()
            self._show_notice(state)
            self._show_state()
            return
        if state.facts.number != self._number:
            self._show_notice(state)
            self._begin(state)
        if not self._in_front:
            return
        if state.energies is not self._energies:
            self._energies = state.energies
            self._show_data(state)
        if state.landscape is not self._known:
            self._show_known(state)
        if state.snapshot is not self.drawn and not self._pause.isActive():
            self._show_chains(state)
        self._show_state()

    def _show_notice(self, state: EngineState) -> None:
        """Says why there is no map, where what the model learns can have none."""
        mapped = state.facts is None or state.landscape is not None
        for part in (self.chosen, self.pages):
            part.setVisible(mapped)
        self.notice.setVisible(not mapped)
        if state.facts is not None:
            self.notice.setText(ONLY_IMAGES if state.facts.space.levels else OF_POINTS)

    def _clear(self) -> None:
        """Shows nothing, where there are no images of levels."""
        if self._number >= 0:
            self.map_page.plot.show_nothing()
            for chosen in (self.chosen.first, self.chosen.second):
                chosen.show_pick(None, 2)
        self._number, self._known = -1, None

    def _begin(self, state: EngineState) -> None:
        """Turns to another session."""
        assert state.facts is not None
        assert state.landscape is not None
        self._number = state.facts.number
        self._origin = surprisal_origin(state.landscape.map)
        self._energies = state.energies
        self._scales = _scales(data_clouds(state))
        for chosen in (self.chosen.first, self.chosen.second):
            chosen.show_pick(None, state.facts.space.levels)
        self.map_page.plot.show_plane(state.landscape.map.plane, data_clouds(state), state.facts.space.levels)

    def _show_known(self, state: EngineState) -> None:
        """Draws what was found."""
        known, facts = state.landscape, state.facts
        assert known is not None
        assert facts is not None
        before, self._known = self._known, known
        if before is None or before.barrier is not known.barrier:
            self.barrier.show_record(known.barrier, facts.space.levels)
            path = known.barrier
            shown = path is not None and len(path.images) > 0
            self.map_page.plot.show_path(known.map.plane.project(path.images) if path and shown else None)
        if before is None or before.minima is not known.minima:
            self.minima.show_record(known.minima, facts.space.levels, isinstance(facts.space, Spins))
            cloud = minima_cloud(state)
            if cloud is None:
                self.map_page.plot.clear_cloud("minimum")
            else:
                self.map_page.plot.show_cloud(cloud)
                self.map_page.plot.hold(cloud.positions)
        if before is None or before.dissection is not known.dissection:
            self.dissection.show_record(known.dissection, facts.space.levels)

    def _show_chains(self, state: EngineState) -> None:
        """Draws the chains in the colours that were asked for."""
        self.drawn = state.snapshot
        self._pause.start()
        if state.snapshot is None:
            return
        cloud = chain_cloud(state, self._origin)
        plot = self.map_page.plot
        plot.hold(cloud.positions)
        colours = rising_colours(self._theme)
        key = self.map_page.key
        by = self.map_page.colour_by
        if by == "class":
            names = self._class_colours(state)
            called = state.facts.class_names if state.facts else tuple(map(str, range(len(names))))
            classes = [
                (shortened(name, LONGEST_CLASS), colour) for name, colour in zip(called, names, strict=True)
            ]
            key.show_names(tr("Class of chains:"), classes[:MOST_CLASSES_NAMED])
            table = self._brushes("class", [*names, QColor(self._theme.muted)])
            numbers = np.full(len(cloud.images), len(names)) if cloud.classes is None else cloud.classes
        else:
            table = self._brushes("scale", [QColor(*colour) for colour in colours.tolist()])
            if by == "density":
                values, (low, high) = local_density(cloud.positions, *plot.extent), (0.0, 1.0)
                key.show_scale(tr("Chains on the map, of the densest place:"), "0", "1", colours)
            else:
                values = cloud.energies if by == "energy" else cloud.surprisals
                low, high = self._scales[by]
                ends = (shown(low, "+.0f"), tr("{high:+.0f} nats", high=high))
                key.show_scale(
                    tr("E of chains, from the training mean:")
                    if by == "energy"
                    else tr("−log P of chains, from the training mean:"),
                    *ends,
                    colours,
                )
            numbers = colour_numbers(values, low, high, COLOUR_STEPS)
        plot.show_cloud(cloud, [table[number] for number in numbers])
        self._mark()

    def _catch_up(self) -> None:
        """Draws what came while the map paused: chains that are held send no other state."""
        state = self._state
        waiting = state is not None and state.landscape is not None and state.snapshot is not self.drawn
        if self._in_front and state is not None and waiting:
            self._show_chains(state)

    def _brushes(self, name: str, colours: list[QColor]) -> list[QBrush]:
        """Brushes of those colours; the same ones while these stay, as a plot draws a symbol for each it meets."""
        known = self._tables.get(name, [])
        if [brush.color() for brush in known] != colours:
            self._tables[name] = known = [QBrush(colour) for colour in colours]
        return known

    def _show_data(self, state: EngineState) -> None:
        """Takes the energies that the data have under the model as it is now."""
        clouds = data_clouds(state)
        self._scales = _scales(clouds)
        for cloud in clouds:
            self.map_page.plot.show_cloud(cloud)

    def _class_colours(self, state: EngineState) -> list[QColor]:
        return self._theme.class_colours(state.facts.classes if state.facts else 10)

    def _recolour(self) -> None:
        self.classes_wanted.emit(self.map_page.colour_by == "class")
        if self._state is not None and self._state.landscape is not None:
            self._show_chains(self._state)

    def _mark(self) -> None:
        """Marks the chosen images on the map."""
        if self._state is None or self._state.landscape is None:
            return
        plane = self._state.landscape.map.plane
        first, second = (
            None if chosen.pick is None else plane.project(chosen.pick.image[None])[0]
            for chosen in (self.chosen.first, self.chosen.second)
        )
        self.map_page.plot.show_marks(first, second)

    def _show_state(self) -> None:
        state, known = self._state, self._known
        training = state is not None and state.activity is Activity.TRAINING
        ready = known is not None and not training and state is not None and not state.busy
        searching = "" if known is None else known.searching
        record = None if known is None else {"barrier": known.barrier, "minima": known.minima}.get(searching)
        why_not = tr("Pause training first") if training else ""
        if ready and not searching and self._wanted:
            why_not = MISSING.get(self._wanted, "")
        self.chosen.show_state(ready, searching, 0.0 if record is None else record.progress, why_not)


def _scales(data: list[Cloud]) -> dict[str, tuple[float, float]]:
    """The scales of energies and surprisals around those of the training images, nats."""
    training = next(cloud for cloud in data if cloud.kind == "training")
    return {"energy": energy_range(training.energies), "surprisal": energy_range(training.surprisals)}
