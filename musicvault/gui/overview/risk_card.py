"""The yearly risk in one line; "what if" and the assumptions on demand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.risk import Assumption, RiskModel, WhatIf
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, Glyph, line
from musicvault.gui.widgets.layouts import FlowLayout, clear
from musicvault.gui.widgets.number import Amount, Number
from musicvault.gui.widgets.text import label
from musicvault.language import tr

_ASK_AFTER = 250  # ms


class RiskCard(Card):
    """Asks again whenever the "what if" changes (`wanted`); changed assumptions are kept at once."""

    wanted = Signal(object)
    """A WhatIf."""

    def __init__(self, send: Callable[[Action], None]) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Glyph("policy", Tone.INFO))
        self.sentence = label(tr("Estimating the risk …"), wrap=True)
        head.addWidget(self.sentence, 1)
        self.ask, self.show_basis = Button(tr("What if…"), "quiet"), Button(tr("Assumptions"), "quiet")
        for button in (self.ask, self.show_basis):
            button.setCheckable(True)
            head.addWidget(button)
        self.body.addLayout(head)
        self._rules = QVBoxLayout()
        self._rules.setSpacing(2)
        self.body.addLayout(self._rules)
        self.what_if, self.basis = WhatIfPanel(), AssumptionsPanel(send)
        for panel, button in ((self.what_if, self.ask), (self.basis, self.show_basis)):
            panel.hide()
            self.body.addWidget(panel)
            button.toggled.connect(panel.setVisible)
        self.ask.toggled.connect(lambda _: self._changed())
        self.what_if.changed.connect(self._changed)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_ASK_AFTER)
        self._wait.timeout.connect(lambda: self.wanted.emit(self.asked))
        self._model: RiskModel | None = None

    @property
    def asked(self) -> WhatIf:
        """What is asked now; nothing while the panel is closed."""
        return self.what_if.asked() if self.ask.isChecked() else WhatIf()

    def show_model(self, model: RiskModel) -> None:
        """The answer to `wanted`; an answer to an older question tells only how things stand."""
        self.what_if.show_drives(model.drives)
        self.basis.show_assumptions(model.assumptions)
        if model.asked == self.asked:
            self.what_if.show_answer(model.then)
        if self._model is None or model.rules != self._model.rules:
            clear(self._rules)
            for name, text in model.rules:
                self._rules.addWidget(label(tr("{name}: {risk}", name=name, risk=text), "small", wrap=True))
        self._model = model
        self.sentence.setText(model.sentence)

    def _changed(self) -> None:
        self.what_if.show_answer("")
        self._wait.start()


class WhatIfPanel(QWidget):
    """Another drive, another interval, a drive elsewhere."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addWidget(line())
        self.add = QCheckBox(tr("Another drive, usually unplugged, kept at"))
        self.add_at = QLineEdit()
        self.days = Number(tr("Days between proofs"), 0, 3650, 104)
        self.days.setSpecialValueText(tr("as now"))
        self.drive, self.site = QComboBox(), QLineEdit()
        self.drive.addItem(tr("No drive"), "")
        for field, name in ((self.add_at, tr("Site of another drive")), (self.site, tr("The drive's other site"))):
            field.setAccessibleName(name)
            field.setPlaceholderText(tr("office …"))
            field.setFixedWidth(px(130))
        self.drive.setAccessibleName(tr("Drive that is moved"))
        column.addWidget(label(tr("What would change it? Try one or several; nothing is saved."), "small", wrap=True))
        column.addWidget(self._row(self.add, self.add_at))
        column.addWidget(self._row(tr("Every copy proven every"), self.days, tr("days")))
        column.addWidget(self._row(self.drive, tr("kept at"), self.site))
        self.answer = label("", "strong", wrap=True)
        self.answer.hide()
        column.addWidget(self.answer)
        self.add.toggled.connect(lambda *_: self.changed.emit())
        self.add_at.textChanged.connect(self._typed)
        self.days.valueChanged.connect(lambda *_: self.changed.emit())
        self.drive.currentIndexChanged.connect(lambda *_: self.changed.emit())
        self.site.textChanged.connect(lambda *_: self.changed.emit())

    def asked(self) -> WhatIf:
        label_, site = self.drive.currentData() or "", self.site.text().strip()
        return WhatIf(
            self.add_at.text().strip() if self.add.isChecked() else None,
            self.days.value(),
            (label_, site) if label_ and site else None,
        )

    def show_drives(self, drives: tuple[str, ...]) -> None:
        if drives == tuple(self.drive.itemData(index) for index in range(1, self.drive.count())):
            return
        chosen = self.drive.currentData()
        was = self.drive.blockSignals(True)
        self.drive.clear()
        self.drive.addItem(tr("No drive"), "")
        for name in drives:
            self.drive.addItem(name, name)
        self.drive.setCurrentIndex(max(0, self.drive.findData(chosen)))
        self.drive.blockSignals(was)

    def show_answer(self, text: str) -> None:
        self.answer.setText(tr("Then: {sentence}", sentence=text) if text else "")
        self.answer.setVisible(bool(text))

    def _typed(self) -> None:
        self.add.setChecked(bool(self.add_at.text().strip()) or self.add.isChecked())
        self.changed.emit()

    @staticmethod
    def _row(*parts: str | QWidget) -> QWidget:
        made = QWidget()
        flow = FlowLayout(made, 8, 6)
        for part in parts:
            widget = label(part) if isinstance(part, str) else part
            if not isinstance(widget, QLineEdit):
                widget.setMinimumHeight(16 + px(18))
            flow.addWidget(widget)
        return made


class AssumptionsPanel(QWidget):
    """What the figure rests on, each value to be changed."""

    def __init__(self, send: Callable[[Action], None]) -> None:
        super().__init__()
        self._send = send
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addWidget(line())
        words = tr(
            "Hard disks and SSDs: Backblaze 2024 and 2023. Silent damage: Bairavasundaram and others, 2007. The rest "
            "are guesses; set what you know better."
        )
        column.addWidget(label(words, "small", wrap=True))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(5, 1)
        self._grid.setColumnMinimumWidth(2, 16)
        column.addLayout(self._grid)
        row = QHBoxLayout()
        self.restore = Button(tr("Restore the defaults"), "link")
        self.restore.clicked.connect(lambda: self._assume("default"))
        row.addWidget(self.restore)
        row.addStretch(1)
        column.addLayout(row)
        self.amounts: dict[str, Amount] = {}
        self._shown: dict[str, Assumption] = {}

    def show_assumptions(self, found: tuple[Assumption, ...]) -> None:
        """As they are kept; the one that is being edited stays."""
        for index, one in enumerate(found):
            if one.key not in self.amounts:
                self._add(index, one)
            box = self.amounts[one.key]
            self._shown[one.key] = one
            if not box.hasFocus():
                was = box.blockSignals(True)
                box.setValue(one.value)
                box.blockSignals(was)

    def _add(self, index: int, one: Assumption) -> None:
        box = Amount(one.label, one.most, one.unit, 196)
        box.valueChanged.connect(lambda value, key=one.key: self._edited(key, value))
        self.amounts[one.key] = box
        row, column = divmod(index, 2)
        self._grid.addWidget(label(one.label, "muted"), row, 3 * column)
        self._grid.addWidget(box, row, 3 * column + 1)

    def _edited(self, key: str, value: float) -> None:
        shown = self._shown[key]
        if abs(value - shown.value) > 1e-9:
            self._assume(f"{key}={value / shown.scale:.10g}")

    def _assume(self, word: str) -> None:
        self._send(Action(Deed.ASSUME, tr("Change what the risk rests on"), word))
