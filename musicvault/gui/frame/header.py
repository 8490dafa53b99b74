"""The header: the screen's title and the search field that works from everywhere."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from musicvault.gui.frame.search_field import SearchField
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.layouts import Breadth
from musicvault.gui.widgets.text import label


class Header(QWidget):
    """Title at the left, search at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(40 + px(34))
        row = QHBoxLayout(self)
        row.setContentsMargins(28, 0, 28, 0)
        row.setSpacing(24)
        self._title = label("", "title")
        row.addWidget(self._title)
        row.addStretch(1)
        self.search = SearchField()
        self.problem = label("", "small")
        self.problem.setMaximumWidth(self.search.maximumWidth())
        self.problem.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.problem.hide()
        self.search.mistaken.connect(self._show_problem)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addStretch(1)
        column.addWidget(self.search)
        column.addWidget(self.problem)
        column.addStretch(1)
        row.addLayout(column, 2)
        self._breadth = Breadth(self, row)

    def show_title(self, text: str, *, wide: bool = False) -> None:
        """`wide`: the screen takes all the width there is."""
        self._title.setText(text)
        self._breadth.bound(not wide)

    def _show_problem(self, sentence: str) -> None:
        """One line of it below the field, all of it as a tip."""
        self.problem.setText(self.problem.fontMetrics().elidedText(sentence, Qt.TextElideMode.ElideRight, px(300)))
        self.problem.setToolTip(sentence)
        self.search.setToolTip(sentence)
        self.problem.setVisible(bool(sentence))
