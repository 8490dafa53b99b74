"""The screen of things set aside: what, where, until when; compare one with today's file, or save a copy of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from musicvault.gui.kept.kept_rows import KeptRows
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.kept import KeptFilter, KeptModel, KeptRow
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, line
from musicvault.gui.widgets.empty_state import EmptyState
from musicvault.gui.widgets.layouts import Breadth
from musicvault.gui.widgets.text import label
from musicvault.gui.widgets.two_lines import TwoLinesList
from musicvault.gui.wording import count
from musicvault.language import tr


class KeptScreen(QWidget):
    """A passive view; `filtered` when another chip was chosen."""

    acted = Signal(Action)
    filtered = Signal(KeptFilter)

    def __init__(self) -> None:
        super().__init__()
        self.which = KeptFilter.ALL
        self.model = KeptModel()
        self.rows = KeptRows()
        self.list = TwoLinesList(self.rows, tr("Set aside"))
        self.list.selectionModel().currentChanged.connect(lambda *_: self._chosen())
        self._names = {
            KeptFilter.ALL: tr("All"),
            KeptFilter.VERSIONS: tr("Older versions"),
            KeptFilter.QUARANTINE: tr("In quarantine"),
        }
        self._chips = {which: Button(name, "chip") for which, name in self._names.items()}
        self._sentence = label("", "muted", wrap=True)
        self.compare = Button(tr("Compare"))
        self.give = Button(tr("Save a copy…"), "primary")
        self.compare.clicked.connect(lambda: self._act(Deed.COMPARE))
        self.give.clicked.connect(lambda: self._act(Deed.GIVE_VERSION))
        self._build()
        self.show_model(self.model)

    def show_model(self, model: KeptModel) -> None:
        """The answer for the chip that is chosen; keeps the row that was chosen."""
        keep = self.chosen()
        self.model = model
        self._sentence.setText(" ".join((model.sentence, _promise())) if model.sentence else _promise())
        for which, amount in model.totals:
            self._chips[which].set_text(f"{self._names[which]} {count(amount)}")
        self.rows.show_rows(model.rows)
        self._pile.setCurrentIndex(0 if model.rows else 1)
        self._more.setVisible(model.more)
        for part in (self._sentence, self.compare, self.give, self._line, self._note):
            part.setVisible(bool(model.rows))
        for index, row in enumerate(model.rows):
            if keep is not None and (row.item, row.version) == (keep.item, keep.version):
                self.list.setCurrentIndex(self.rows.index(index))
                break
        self._chosen()

    def chosen(self) -> KeptRow | None:
        return self.rows.row(self.list.currentIndex())

    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(28, 4, 28, 20)
        Breadth(self, outer)
        outer.setSpacing(12)
        outer.addWidget(self._sentence)
        bar, group = QHBoxLayout(), QButtonGroup(self)
        bar.setSpacing(6)
        for which, button in self._chips.items():
            group.addButton(button)
            button.clicked.connect(lambda _=False, w=which: self._filter(w))
            bar.addWidget(button)
        bar.addStretch(1)
        self._chips[KeptFilter.ALL].setChecked(True)
        outer.addLayout(bar)
        card = Card(padding=0)
        card.body.setContentsMargins(1, 6, 1, 10)
        self._pile = QStackedWidget()
        self._pile.addWidget(self.list)
        words = tr(
            "When a file changes, MusicVault keeps the version before it for a while; when it heals one, the damaged "
            "bytes. They will be listed here."
        )
        self._pile.addWidget(EmptyState("kept", tr("Nothing is set aside"), words, tone=Tone.INFO))
        card.body.addWidget(self._pile, 1)
        self._more = label(tr("Only the newest are listed. `musicvault versions` lists those of any file."), "small")
        self._more.setContentsMargins(16, 0, 16, 0)
        card.body.addWidget(self._more)
        self._line = line()
        card.body.addWidget(self._line)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 2, 16, 0)
        foot.setSpacing(10)
        self._note = label("", "small", wrap=True)
        foot.addWidget(self._note, 1)
        foot.addWidget(self.compare, 0, Qt.AlignmentFlag.AlignRight)
        foot.addWidget(self.give)
        card.body.addLayout(foot)
        outer.addWidget(card, 1)

    def _filter(self, which: KeptFilter) -> None:
        self.which = which
        self.filtered.emit(which)

    def _chosen(self) -> None:
        row = self.chosen()
        able = row is not None and bool(row.version)
        self.compare.setEnabled(able)
        self.give.setEnabled(able)
        self._note.setText("" if able or not self.model.rows else tr("Choose one to compare it with today's file."))

    def _act(self, deed: Deed) -> None:
        row = self.chosen()
        if row is not None and row.version:
            self.acted.emit(Action(deed, self.give.text(), items=(row.item,), values={"version": row.version}))


def _promise() -> str:
    return tr("Each goes by itself when its time is over and the file is well protected without it.")
