"""Plots and finding of the chains on view, or of chains that another program made."""

from __future__ import annotations

import html

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from landscape_app.counting import capitalised
from landscape_app.gui.equilibrium.chain_plots import CorrelationPlot, RankPlot, TracePlot
from landscape_app.gui.equilibrium.chains_worker import ChainsState
from landscape_app.gui.equilibrium.figures_table import FiguresTable
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import Page, Pages, plot_card, set_name
from landscape_app.gui.widgets.corner import CornerView
from landscape_app.gui.widgets.fixed import FixedLabel
from landscape_app.language import tr
from landscape_app.physics.chain_statistics import ChainsDiagnosis, Finding
from landscape_app.physics.space import QUANTITIES

ON_VIEW = tr("Chains on view")

WAITING = tr(
    "The chains on view are recorded while this page is open and they move (Space). While a model trains, its law "
    "changes with every epoch, and nothing is recorded. Open… reads draws that another program made."
)

LONGEST = tr(
    "Disagreement: the chains disagree on magnetisation (R-hat 1.234, where 1.01 is tolerated), and on 12 of "
    "15 quantities in all, although each forgets where it was within the part that it stays in, in 1,234 "
    "steps: barriers lie between them, and running longer may not help.\nIt does not say that these 32 "
    "chains have reached equilibrium: a mode that none of them has visited cannot be seen. The convergence "
    "test (Ctrl+E) starts chains far apart."
)
"""As long as the finding gets."""

COLOURS: dict[Finding, str] = {
    "no disagreement found": "text",
    "nothing to compare": "warning",
    "too few draws": "warning",
    "disagreement": "danger",
    "frozen": "danger",
    "copies": "danger",
}
"""Fields of the theme. None is the green of what is well: draws alone cannot say that."""


class ChainsPage(QWidget):
    """Finding, plots and figures of chains.

    Signals:
        looked_at: whether somebody sees the page.
        source_chosen: whether a file is to be looked at, rather than the chains on view.
        quantity_chosen: name of the quantity that is to be plotted.
        open_wanted: a file of draws shall be opened.
        export_wanted: the draws shall be written.
    """

    looked_at = Signal(bool)
    source_chosen = Signal(bool)
    quantity_chosen = Signal(str)
    open_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("chains-page")
        self._theme = theme
        self._state = ChainsState()
        self.source = _box(
            "chains-source", tr("Chains that are judged"), tr("Judge the chains on view, or those of a file")
        )
        self.source.addItem(ON_VIEW)
        self.source.activated.connect(lambda number: self.source_chosen.emit(number == 1))
        self.quantity = _box(
            "chains-quantity",
            tr("Quantity that is plotted"),
            tr(
                "The quantity of the plots: the energy H(x) in nats, of which only differences have a meaning; "
                "coordinates; the mean level or spin; the observables f of the model; its hidden units that are on"
            ),
        )
        self.quantity.activated.connect(lambda i: self.quantity_chosen.emit(self.quantity.itemData(i)))
        self.open_button = set_name(QPushButton(tr("Open…")), "open-chains")
        self.open_button.setToolTip(
            tr(
                "Judge draws that another program made: ArviZ's NetCDF, .npz with arrays (chain, draw, …), "
                "tables (.csv)"
            )
        )
        self.open_button.clicked.connect(self.open_wanted)
        self.export_button = set_name(QPushButton(tr("Export…")), "export-chains")
        self.export_button.setToolTip(
            tr("Write the draws that are judged as ArviZ's NetCDF or Zarr, NumPy arrays, or a table")
        )
        self.export_button.clicked.connect(self.export_wanted)
        self.finding = set_name(FixedLabel(WAITING, LONGEST), "muted")
        self.finding.setAccessibleName(tr("What the chains show"))
        self.trace, self.ranks = TracePlot(theme), RankPlot(theme)
        self.correlation, self.corner = CorrelationPlot(theme), CornerView(theme)
        self.figures = FiguresTable()
        self.figures.chosen.connect(self.quantity_chosen)
        self.pages = Pages(
            [
                Page("trace", tr("Trace"), tr("The quantity against the steps"), plot_card(self.trace)),
                Page(
                    "ranks",
                    tr("Ranks"),
                    tr("Draws of each chain by their rank among all"),
                    plot_card(self.ranks),
                ),
                Page(
                    "correlation",
                    tr("Correlation"),
                    tr("Autocorrelation of the quantity"),
                    plot_card(self.correlation),
                ),
                Page(
                    "corner",
                    tr("Corner"),
                    tr("Densities of the coordinates and their pairs"),
                    plot_card(self.corner),
                ),
                Page("figures", tr("Figures"), tr("Mean, ESS and R-hat of every quantity"), self.figures),
            ]
        )
        card = set_name(QFrame(), "card")
        above = QVBoxLayout(card)
        above.setContentsMargins(12, 8, 12, 8)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.source, 3)
        row.addWidget(self.quantity, 2)
        row.addWidget(self.open_button)
        row.addWidget(self.export_button)
        above.addLayout(row)
        above.addWidget(self.finding)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(card)
        layout.addWidget(self.pages, 1)
        self.show_chains(self._state)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        for widget in (self.trace, self.ranks, self.correlation, self.corner):
            widget.set_theme(theme)
        self._show_finding(self._state)

    def show_chains(self, state: ChainsState) -> None:
        """Shows what is known of the draws."""
        before, self._state = self._state, state
        self.export_button.setEnabled(state.draws is not None)
        self._show_source(state)
        self._show_quantities(state)
        self._show_finding(state)
        if state.plots is not before.plots or state.plots is None:
            for plot in (self.trace, self.ranks, self.correlation):
                plot.show_plots(state.plots)
        self.corner.show_corner(state.corner)
        if state.diagnosis is not before.diagnosis:
            self.figures.show_diagnosis(state.diagnosis)

    def showEvent(self, event: QShowEvent) -> None:
        """Says that it is on view."""
        super().showEvent(event)
        self.looked_at.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Says that it no longer is."""
        super().hideEvent(event)
        self.looked_at.emit(False)

    def _show_source(self, state: ChainsState) -> None:
        with QSignalBlocker(self.source):
            if state.file and self.source.count() == 1:
                self.source.addItem(state.file)
            elif state.file:
                self.source.setItemText(1, state.file)
            self.source.setCurrentIndex(int(state.from_file))

    def _show_quantities(self, state: ChainsState) -> None:
        names = [] if state.draws is None else list(state.draws.quantities)
        with QSignalBlocker(self.quantity):
            if names != [self.quantity.itemData(i) for i in range(self.quantity.count())]:
                self.quantity.clear()
                for name in names:
                    self.quantity.addItem(QUANTITIES.get(name, name), name)
            self.quantity.setEnabled(bool(names))
            if state.plots is not None:
                self.quantity.setCurrentIndex(self.quantity.findData(state.plots.quantity))

    def _show_finding(self, state: ChainsState) -> None:
        text = state.busy or WAITING
        tooltip = ""
        if state.failure:
            text = tr(
                '<b style="color:{colour}">Nothing to judge</b>: {why}',
                colour=self._theme.danger,
                why=html.escape(state.failure),
            )
        elif state.diagnosis is not None:
            text = self._in_words(state.diagnosis, state.from_file)
            tooltip = "<br>".join(map(html.escape, (state.diagnosis.unsaid, *state.diagnosis.notes)))
        if self.finding.text() != text:
            self.finding.setText(text)
            self.finding.setToolTip(tooltip)

    def _in_words(self, diagnosis: ChainsDiagnosis, from_file: bool) -> str:
        finding, _, reason = diagnosis.sentence.partition(":")
        colour = getattr(self._theme, COLOURS[diagnosis.finding])
        unsaid = (
            tr(
                "It does not say that this chain has reached equilibrium: a mode that none has visited cannot "
                "be seen."
            )
            if diagnosis.chains == 1
            else tr(
                "It does not say that these {chains} chains have reached equilibrium: a mode that none has visited "
                "cannot be seen.",
                chains=diagnosis.chains,
            )
        )
        advice = "" if from_file else tr(" The convergence test (Ctrl+E) starts chains far apart.")
        return (
            f'<b style="color:{colour}">{html.escape(capitalised(finding))}</b>:{html.escape(reason)}<br>'
            f"{unsaid}{advice}"
        )


def _box(name: str, accessible_name: str, tooltip: str) -> QComboBox:
    """A list to choose from that does not grow with its longest entry."""
    box = set_name(ChoiceBox(), name)
    box.setAccessibleName(accessible_name)
    box.setToolTip(tooltip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return box
