"""A card for one kind of finding: what it is, which files, what can be done about those that are checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout

from musicvault.gui.attention.evidence import EvidenceView
from musicvault.gui.attention.finding_list import BOX_AT, FindingList, FindingsModel
from musicvault.gui.models.actions import Action
from musicvault.gui.models.attention import FindingGroup
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card, Glyph, line
from musicvault.gui.widgets.text import label
from musicvault.language import tr


class GroupCard(Card):
    """All are checked at first, so that one button acts on all of a kind. The row that is chosen shows its evidence."""

    def __init__(self, group: FindingGroup, send: Callable[[Action], None]) -> None:
        super().__init__()
        self.group = group
        self._send = send
        self.findings: FindingList | None = None
        self.evidence = EvidenceView()
        self._all = QCheckBox()
        self._buttons: list[tuple[Button, Action]] = []
        self._head()
        if group.rows:
            self.body.addWidget(line())
            self.findings = FindingList(FindingsModel(group.rows, checkable=group.chooses))
            self.findings.setAccessibleName(group.title)
            self.findings.findings.dataChanged.connect(lambda *_: self._count())
            self.findings.selectionModel().currentChanged.connect(self._choose)
            self.body.addWidget(self.findings)
            self.body.addWidget(self.evidence)
            if len(group.rows) == 1:
                self.evidence.show_row(group.rows[0], named=False)
        if group.actions:
            self._foot()

    def _head(self) -> None:
        group = self.group
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(Glyph(group.icon, group.tone, 40, disc=True), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(label(group.title, "heading", wrap=True))
        words.addWidget(label(group.explanation, "muted", wrap=True))
        head.addLayout(words, 1)
        self.body.addLayout(head)

    def _foot(self) -> None:
        self.body.addWidget(line())
        row = QHBoxLayout()
        row.setSpacing(10)
        if len(self.group.rows) > 1 and self.group.chooses:
            row.setContentsMargins(BOX_AT, 0, 0, 0)
            self._all.setChecked(True)
            self._all.clicked.connect(self._check_all)
            row.addWidget(self._all)
        row.addStretch(1)
        for index, action in reversed(list(enumerate(self.group.actions))):
            button = Button(action.label, "primary" if index == 0 else "")
            button.clicked.connect(lambda _=False, a=action: self._act(a))
            row.addWidget(button)
            self._buttons.append((button, action))
        self.body.addLayout(row)
        self._count()

    def unchecked(self) -> set[int]:
        """The rows (their ids) that the user doesn't mean."""
        return set() if self.findings is None else self.findings.findings.unchecked()

    def uncheck(self, rows: set[int]) -> None:
        """Leave these out, as far as they are there and there are others."""
        if self.findings is not None and rows:
            self.findings.findings.uncheck(rows)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.evidence.show_row(self.group.rows[index.row()])

    def _act(self, action: Action) -> None:
        chosen = self.findings.findings.chosen() if self.findings is not None and self.group.chooses else ()
        values = dict(action.values)
        if self.group.by_copy and self.findings is not None:
            values["copies"] = self.findings.findings.copies()
        self._send(replace(action, items=chosen, values=values))

    def _check_all(self, on: bool) -> None:
        if self.findings is not None:
            self.findings.findings.check_all(on)

    def _count(self) -> None:
        if not self.group.chooses or self.findings is None:
            return
        chosen, total = self.findings.findings.checked(), len(self.group.rows)
        if total > 1:
            state = Qt.CheckState.Checked if chosen == total else Qt.CheckState.PartiallyChecked
            self._all.setCheckState(state if chosen else Qt.CheckState.Unchecked)
            amounts = {"chosen": f"{chosen:,}", "total": f"{total:,}"}
            self._all.setText(tr("All") if chosen == total else tr("{chosen} of {total} chosen", **amounts))
        for button, _ in self._buttons:
            button.setEnabled(bool(chosen))
