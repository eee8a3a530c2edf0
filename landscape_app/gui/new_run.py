"""The chooser of a new run: data, model, way of fitting and main settings, each explained in a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import byte_size, counted
from landscape_app.data import Dataset, Kind
from landscape_app.gui.state import Facts, Origin
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.buttons import named_button
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.numbers import DecimalBox
from landscape_app.gui.widgets.paragraph import Complaint
from landscape_app.gui.widgets.pictures import item_picture
from landscape_app.gui.widgets.screens import place
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr
from landscape_app.learning import FITS
from landscape_app.models import MODELS
from landscape_app.physics.kernels import KERNELS
from landscape_app.physics.space import Levels, Mixed, Space, Spins
from landscape_app.problems import (
    BASES,
    MOST_EPOCHS,
    PROBLEMS,
    Configuration,
    Proposal,
    load_problem,
    model_obstacle,
    unused_settings,
    ways_on,
)
from landscape_app.problems.model import ModelSize, build_space, model_size
from landscape_app.problems.problem import MOST_MEMBERS, MOST_OBSERVABLES
from landscape_app.session.plan import DataSize, rank_memory

ICON, PICTURE = 44, 132
"""Side of a picture in the list, and of the chosen one, in pixels."""

LIST_WIDTH, BOX_WIDTH = 236, 212
MOST_SECONDS = 1e7
MOST_KEPT = 1_000
"""Items of a data set that pictures are made of."""

BASE_TITLES = {"independent": tr("Independent pixels"), "autoregressive": tr("Autoregressive")}
ABOUT_BASES = {
    "independent": tr("q(x) that the energy corrects: the levels of each pixel, by counting."),
    "autoregressive": tr(
        "q(x) that the energy corrects: every pixel given those before it; learned first, in half of "
        "the training at most."
    ),
}
EPOCHS, SECONDS = "epochs", "seconds"
UNITS_OF_LENGTH = {EPOCHS: tr("epochs"), SECONDS: tr("seconds")}


@dataclass(frozen=True, eq=False)
class RunSource:
    """Data that a new run can learn, and the settings that are proposed for them.

    Attributes:
        name: of the data set.
        title: for people.
        space: of an item.
        items: some of them in few bytes (`Space.compact`), shape (n, *shape).
        size: number of items, in words.
        proposal: settings to begin with.
        data: size of the data set, for the memory that a run takes.
        on_view: settings of the run on view, where it is on these data.
        dataset: the data; None where the problem, or the run on view, has them.
    """

    name: str
    title: str
    space: Space
    items: np.ndarray
    size: str
    proposal: Proposal
    data: DataSize
    on_view: Configuration | None = None
    dataset: Dataset | None = None

    @classmethod
    def of_dataset(cls, dataset: Dataset, title: str, plan: Configuration, given: bool) -> RunSource:
        """A data set as what can be learned.

        Args:
            dataset: the data.
            title: for people.
            plan: settings to begin with.
            given: True where the run is to be given the data, as no problem loads them.
        """
        size = tr(
            "{items} to learn from, {held_out:,} held out",
            items=counted(len(dataset.training), "item"),
            held_out=len(dataset.held_out),
        )
        return cls(
            dataset.name,
            title,
            build_space(dataset),
            dataset.training_items[:MOST_KEPT],
            size,
            Proposal.of(plan, dataset),
            DataSize.of(dataset),
            dataset=dataset if given else None,
        )

    @classmethod
    def of_facts(cls, facts: Facts) -> RunSource:
        """The data of the run on view."""
        plan, space = facts.configuration, facts.space
        proposal = Proposal(plan, _kind_of(space), space.shape, space.levels, len(facts.training_items))
        size = tr(
            "{items} to learn from, those of the run on view",
            items=counted(len(facts.training_items), "item"),
        )
        items = facts.training_items[:MOST_KEPT]
        return cls(
            plan.problem, facts.title, space, items, size, proposal, facts.data_size, _trainable(facts)
        )

    def memory(self, plan: Configuration, on_host: bool) -> int:
        """Bytes that a run on these data takes at most, beside the program, on the host or an accelerator."""
        # What the size of the model depends on, so that it is made anew for nothing else.
        of_model = replace(plan, seed=0, chains=2, planned_epochs=1, planned_seconds=None)
        size = _model_size(of_model, self.space)
        return rank_memory(plan, self.space, self.data, size, compiled=on_host).total

    def begun(self, model: str, fit: str) -> Proposal:
        """Settings to begin with for a model and a way of fitting: the run's on view where they are its own."""
        known = self.on_view
        if known is not None and (model, fit) == (known.model, known.way_of_fitting):
            return replace(self.proposal, configuration=known)
        plan = self.proposal.configuration
        if (model, fit) == (plan.model, plan.way_of_fitting):
            return self.proposal
        return self.proposal.chosen(model=model, fit=fit)


@lru_cache(maxsize=32)
def _model_size(plan: Configuration, space: Space) -> ModelSize:
    return model_size(plan, space)


@cache
def _shipped(name: str) -> RunSource:
    return RunSource.of_dataset(
        load_problem(name), PROBLEMS[name].title, PROBLEMS[name].defaults, given=False
    )


def sources_of(facts: Facts | None, own: Sequence[tuple[Dataset, Configuration]] = ()) -> list[RunSource]:
    """Everything that a new run can learn: what ships, what was imported, and the data of the run on view.

    Args:
        facts: of the run on view; None without one.
        own: data sets that were imported, each with the settings that were proposed for it.
    """
    # A problem's settings may be others than when its data were read.
    found = [
        replace(_shipped(name), proposal=replace(_shipped(name).proposal, configuration=problem.defaults))
        for name, problem in PROBLEMS.items()
        if problem.load is not None
    ]
    found += [RunSource.of_dataset(dataset, dataset.name, plan, given=True) for dataset, plan in own]
    if facts is None:
        return found
    name = facts.configuration.problem
    if name not in [source.name for source in found]:
        return [RunSource.of_facts(facts), *found]
    # The run on view has its own data, which the next one takes over.
    return [
        replace(source, on_view=_trainable(facts), dataset=None) if source.name == name else source
        for source in found
    ]


def _trainable(facts: Facts) -> Configuration | None:
    """Settings of the run on view, where a new one may begin with them; None of a model that is given, or ships."""
    return None if facts.is_given or facts.origin is Origin.SHIPPED else facts.configuration


def _kind_of(space: Space) -> Kind:
    for kind, found in ((Spins, Kind.SPINS), (Levels, Kind.LEVELS), (Mixed, Kind.MIXED)):
        if isinstance(space, kind):
            return found
    return Kind.POINTS


class Setting:
    """One setting: its name, its control, and a line that says what it is, or why it has no place here.

    Args:
        label: for people.
        control: to choose with.
        about: what it is.
    """

    def __init__(self, label: str, control: QWidget, about: str = "") -> None:
        self.label, self.control = QLabel(label), control
        self.label.setBuddy(control)
        self.about = set_name(QLabel(about), "muted")
        self.about.setWordWrap(True)
        self._about = about
        control.setAccessibleName(label)
        control.setToolTip(wrapped(about))

    def show_use(self, reason: str = "", about: str = "") -> None:
        """Offers the setting, or greys it with a reason.

        Args:
            reason: why it has no place; empty where it has.
            about: what it is now; empty for what it always is.
        """
        for part in (self.label, self.control):
            part.setEnabled(not reason)
        text = tr("Not here: {reason}.", reason=reason) if reason else about or self._about
        self.about.setText(text)
        self.control.setToolTip(wrapped(text))


class NewRunDialog(QDialog):
    """Asks for a new run.

    Args:
        sources: data that it can learn.
        chosen: name of those that are chosen at first.
        seed: proposed.
        theme: colours.
        parent: the window.
        device: where the run is to compute, such as "cpu" or "cuda:0".

    Signals:
        begun: the configuration, the data set or None where the problem or the run on view has the data, and whether
            it trains at once.
        own_data, own_energy: data, or an energy, of the user's own are to be asked for instead.
    """

    begun = Signal(object, object, bool)
    own_data = Signal()
    own_energy = Signal()

    def __init__(
        self,
        sources: Sequence[RunSource],
        chosen: str,
        seed: int,
        theme: Theme,
        parent: QWidget | None = None,
        device: str = "cpu",
    ) -> None:
        super().__init__(parent)
        self.setObjectName("new-run-dialog")
        self.setWindowTitle(tr("New run"))
        self._sources, self._theme, self._device = list(sources), theme, device
        self._length_by_hand = False
        self.list = set_name(QListWidget(), "new-run-data")
        self.list.setAccessibleName(tr("What to learn"))
        self.list.setToolTip(tr("Data that a new run can learn"))
        self.list.setIconSize(QSize(ICON, ICON))
        self.list.setFixedWidth(LIST_WIDTH)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        ratio = self.devicePixelRatioF()
        for source in self._sources:
            icon, picture = QIcon(), item_picture(source.items, source.space, theme, ICON, 2, ratio)
            for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
                icon.addPixmap(picture, mode)
            self.list.addItem(QListWidgetItem(icon, source.title))
        self.picture = QLabel()
        self.picture.setAccessibleName(tr("Some of the data"))
        self.picture.setFixedSize(PICTURE, PICTURE)
        self.title = set_name(QLabel(), "heading")
        self.about = set_name(QLabel(), "muted")
        self.about.setWordWrap(True)
        self.plan = QLabel()
        self.plan.setWordWrap(True)
        self.plan.setAccessibleName(tr("The run in words"))
        self.complaint = Complaint("new-run-error", tr("What is wrong"))
        self._make_settings(seed)
        self.train_button = named_button(
            "new-run-train", tr("Train"), tr("Begin the run and train it (Return)")
        )
        self.open_button = named_button(
            "new-run-open",
            tr("Open untrained"),
            tr("Show its untrained chains, samples of the base measure, and wait"),
        )
        self.cancel_button = named_button(
            "new-run-cancel", tr("Cancel"), tr("Close this; the run on view stays (Esc)")
        )
        self.own_button = named_button(
            "new-run-own-data",
            tr("Your own data…"),
            tr("Images, a table or an array: a dialog reads them and proposes a run"),
        )
        self.energy_button = named_button(
            "new-run-own-energy",
            tr("Energy of your own…"),
            tr("A model that is given: a formula, a Python file, or couplings"),
        )
        self.train_button.setDefault(True)
        self.train_button.clicked.connect(lambda: self._begin(train=True))
        self.open_button.clicked.connect(lambda: self._begin(train=False))
        self.cancel_button.clicked.connect(self.reject)
        self.own_button.clicked.connect(lambda: self._instead(self.own_data.emit))
        self.energy_button.clicked.connect(lambda: self._instead(self.own_energy.emit))
        self._lay_out()
        self.list.currentRowChanged.connect(lambda _: self._show_source())
        self.choose(chosen if chosen in self.names else self.names[0])
        place(self, 860, 580)

    @property
    def names(self) -> list[str]:
        """Of the data that can be learned, as they are listed."""
        return [source.name for source in self._sources]

    def choose(self, name: str) -> None:
        """Chooses data by their name."""
        self.list.setCurrentRow(self.names.index(name))

    @property
    def source(self) -> RunSource:
        """Data that are chosen."""
        return self._sources[self.list.currentRow()]

    @property
    def configuration(self) -> Configuration:
        """The run that is chosen.

        Raises:
            ValueError: its settings contradict each other.
        """
        proposal = self.source.begun(self.model, self.fit)
        of = {name: setting.control.isEnabled() for name, setting in self.settings.items()}
        units = self.units_box.value()
        proposal = proposal.chosen(
            seed=self.seed_box.value(),
            observables=self.observables_box.value() if of["observables"] else None,
            units=units if of["units"] and units != proposal.configuration.hidden_units else None,
            members=self.members_box.value() if of["members"] else 1,
            base=self.base_box.currentData() if of["base"] else BASES[0],
        )
        plan = proposal.configuration
        if not of["planned_epochs"]:
            return plan
        if self.length_unit.currentData() == SECONDS:
            return replace(plan, planned_seconds=self.seconds_box.value())
        return replace(plan, planned_epochs=self.epochs_box.value(), planned_seconds=None)

    @property
    def model(self) -> str:
        """Name of the model in `MODELS`."""
        return str(self.model_box.currentData())

    @property
    def fit(self) -> str:
        """Name of the way of fitting in `FITS`."""
        return str(self.fit_box.currentData())

    def _make_settings(self, seed: int) -> None:
        self.model_box = set_name(ChoiceBox(), "new-run-model")
        self.fit_box = set_name(ChoiceBox(), "new-run-fit")
        self.base_box = set_name(ChoiceBox(), "new-run-base")
        for name in BASES:
            self.base_box.addItem(BASE_TITLES[name], name)
        self.epochs_box = _whole("new-run-epochs", 1, MOST_EPOCHS, 50)
        self.epochs_box.setAccessibleName(tr("Epochs of training"))
        self.seconds_box = set_name(DecimalBox(), "new-run-seconds")
        self.seconds_box.setRange(1.0, MOST_SECONDS)
        self.seconds_box.setDecimals(0)
        self.seconds_box.setSingleStep(30)
        self.seconds_box.setAccessibleName(tr("Seconds of training"))
        self.length_unit = set_name(ChoiceBox(), "new-run-length-unit")
        self.length_unit.setAccessibleName(tr("Length in"))
        for unit, title in UNITS_OF_LENGTH.items():
            self.length_unit.addItem(title, unit)
        self.seed_box = _whole("new-run-seed", 0, 2**31 - 1, 1)
        self.seed_box.setValue(seed)
        self.observables_box = _whole("new-run-observables", 1, MOST_OBSERVABLES, 1)
        self.units_box = _whole("new-run-units", 0, MOST_OBSERVABLES, 1)
        self.members_box = _whole("new-run-members", 1, MOST_MEMBERS, 1)
        length = QWidget()
        row = QHBoxLayout(length)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (self.epochs_box, self.seconds_box):
            row.addWidget(widget, 1)
        row.addWidget(self.length_unit)
        self.settings = {
            "model": Setting(tr("Model"), self.model_box),
            "fit": Setting(tr("Fitted by"), self.fit_box),
            "planned_epochs": Setting(
                tr("Length"),
                length,
                tr("Learning rates fall along it, so that the model settles; then training pauses."),
            ),
            "seed": Setting(
                tr("Seed"),
                self.seed_box,
                tr("Of every random number: the same seed on the same device gives the same run."),
            ),
            "observables": Setting(
                tr("Observables"),
                self.observables_box,
                tr("Number K of averages ⟨f⟩ that the model shares with the data."),
            ),
            "units": Setting(
                tr("Hidden units"),
                self.units_box,
                tr("Units that no datum shows: more of them can learn more of the data."),
            ),
            "members": Setting(
                tr("Members"),
                self.members_box,
                tr("Networks that learn apart; the model's energy is the mean of theirs."),
            ),
            "base": Setting(tr("Base measure"), self.base_box),
        }
        self.model_box.activated.connect(lambda _: self._on_model())
        self.fit_box.activated.connect(lambda _: self._show_plan_of_way())
        for box in (self.epochs_box, self.seconds_box):
            box.valueChanged.connect(lambda _: self._on_length())
        self.length_unit.currentIndexChanged.connect(lambda _: self._on_length())
        for box in (self.observables_box, self.units_box, self.members_box, self.seed_box):
            box.valueChanged.connect(lambda _: self._show_plan())
        self.base_box.currentIndexChanged.connect(lambda _: self._show_plan())

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(7)
        for number, setting in enumerate(self.settings.values()):
            setting.control.setFixedWidth(BOX_WIDTH)
            for column, part in enumerate((setting.label, setting.control, setting.about)):
                grid.addWidget(part, number, column)
        grid.setColumnStretch(2, 1)
        words = QVBoxLayout()
        words.addWidget(self.title)
        words.addWidget(self.about)
        words.addWidget(self.plan)
        words.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(self.list, 1)
        left.addWidget(self.own_button)
        left.addWidget(self.energy_button)
        right.addLayout(head)
        right.addSpacing(6)
        right.addLayout(grid)
        right.addWidget(self.complaint)
        right.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.train_button, self.open_button, self.cancel_button):
            buttons.addWidget(button)
        right.addLayout(buttons)
        layout = QHBoxLayout(self)
        layout.setSpacing(16)
        layout.addLayout(left)
        layout.addLayout(right, 1)

    def _show_source(self) -> None:
        """Shows what is chosen to learn, and the settings that are proposed for it."""
        source, ratio = self.source, self.devicePixelRatioF()
        self._length_by_hand = False
        self.picture.setPixmap(item_picture(source.items, source.space, self._theme, PICTURE, 3, ratio))
        self.title.setText(source.title)
        sides = " × ".join(map(str, source.space.shape))
        self.about.setText(
            tr(
                "{size}. Shape of an item: {sides}; {meaning}.",
                size=source.size,
                sides=sides,
                meaning=source.space.meaning,
            )
        )
        plan = source.on_view or source.proposal.configuration
        ways = ways_on(source.space)
        with QSignalBlocker(self.model_box):
            self.model_box.clear()
            for name, model in MODELS.items():
                _offer(self.model_box, model.title, name, model_obstacle(name, source.space))
            chosen = plan.model if plan.model in ways else next(iter(ways))
            self.model_box.setCurrentIndex(self.model_box.findData(chosen))
        self._on_model(plan.way_of_fitting)

    def _on_model(self, fit: str = "") -> None:
        """Lists the ways of fitting a model: those that can fit it first, its own at the head."""
        space, model = self.source.space, MODELS[self.model]
        able = ways_on(space)[self.model]
        with QSignalBlocker(self.fit_box):
            self.fit_box.clear()
            for name in (
                *able,
                *(other for other in FITS if other not in able and not FITS[other].fits_given),
            ):
                _offer(self.fit_box, FITS[name].title, name, FITS[name].obstacle(model, space))
            self.fit_box.setCurrentIndex(self.fit_box.findData(fit if fit in able else able[0]))
        self._show_plan_of_way()

    def _show_plan_of_way(self) -> None:
        """Shows the settings that are proposed for the model and its way of fitting."""
        plan, model = self.source.begun(self.model, self.fit).configuration, MODELS[self.model]
        boxes = (self.observables_box, self.units_box, self.members_box, self.base_box)
        blocked = [
            QSignalBlocker(box) for box in (*boxes, self.epochs_box, self.seconds_box, self.length_unit)
        ]
        self.observables_box.setValue(plan.observables)
        self.units_box.setRange(min(1, model.default_units), max(1, model.most_units))
        self.units_box.setValue(plan.hidden_units)
        self.members_box.setValue(plan.members)
        self.base_box.setCurrentIndex(self.base_box.findData(plan.base))
        if not self._length_by_hand:
            self.epochs_box.setValue(plan.planned_epochs)
            self.seconds_box.setValue(plan.planned_seconds or 120.0)
            by_time = plan.planned_seconds is not None
            self.length_unit.setCurrentIndex(self.length_unit.findData(SECONDS if by_time else EPOCHS))
        for blocker in blocked:
            blocker.unblock()
        self._show_plan()

    def _on_length(self) -> None:
        self._length_by_hand = True
        self._show_plan()

    def _show_plan(self) -> None:
        """Says what has a place, and what run that makes."""
        model, fit, source = MODELS[self.model], FITS[self.fit], self.source
        by_time = self.length_unit.currentData() == SECONDS
        self.epochs_box.setVisible(not by_time)
        self.seconds_box.setVisible(by_time)
        self.settings["model"].show_use(about=model.about)
        self.settings["fit"].show_use(about=tr("Gives {result}.", result=fit.approximates))
        members, base = self.members_box.value(), self.base_box.currentData()
        plan = source.begun(self.model, self.fit).configuration
        unused = unused_settings(
            replace(plan, members=members, base=base if members == 1 else BASES[0]), source.space
        )
        for name in ("planned_epochs", "observables", "units", "members"):
            self.settings[name].show_use(unused.get(name, ""))
        self.settings["base"].show_use(unused.get("base", ""), ABOUT_BASES[base])
        try:
            chosen = replace(source.proposal, configuration=self.configuration)
        except ValueError as error:
            self.complaint.show_fault(f"{error}.")
            self._allow(False)
            return
        self.complaint.show_fault("")
        self._allow(True)
        of_network = (
            f"{tr('Observables: {observables}.', observables=chosen.observables)} "
            if chosen.configuration.model == "observables"
            else ""
        )
        kernel = KERNELS[chosen.kernel].label
        on_host = self._device == "cpu"
        more = "" if on_host else tr(", or more if {device} moves them in the same time", device=self._device)
        memory = byte_size(source.memory(chosen.configuration, on_host))
        self.plan.setText(
            of_network
            + tr(
                "{chains:,} chains train, moved by {kernel}{more}. Memory: {memory} at most beside "
                "the program.",
                chains=chosen.chains,
                kernel=kernel,
                more=more,
                memory=memory,
            )
        )

    def _allow(self, allowed: bool) -> None:
        for button in (self.train_button, self.open_button):
            button.setEnabled(allowed)

    def _begin(self, train: bool) -> None:
        configuration, dataset = self.configuration, self.source.dataset
        self.accept()
        self.begun.emit(configuration, dataset, train)

    def _instead(self, ask: Callable[[], None]) -> None:
        self.reject()
        ask()


def _whole(name: str, low: int, high: int, step: int) -> QSpinBox:
    box = set_name(QSpinBox(), name)
    box.setRange(low, high)
    box.setSingleStep(step)
    box.setGroupSeparatorShown(True)
    return box


def _offer(box: QComboBox, title: str, name: str, obstacle: str) -> None:
    """Adds a choice; one that cannot be made is greyed, and its tip says why."""
    box.addItem(title, name)
    if obstacle:
        items = box.model()
        assert isinstance(items, QStandardItemModel)
        item = items.item(box.count() - 1)
        item.setEnabled(False)
        item.setToolTip(wrapped(obstacle))
