"""The library screen: chips, table, inspector."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from musicvault.gui.bridge import Questions
from musicvault.gui.library.chips import Chips
from musicvault.gui.library.columns import GROUPED
from musicvault.gui.library.covers import Covers
from musicvault.gui.library.inspector import MOST_AT_ONCE, Inspector
from musicvault.gui.library.table_model import PAGE, TableModel
from musicvault.gui.library.table_view import TableView
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.attention import Preview
from musicvault.gui.models.library import Filter, ItemDetail, ItemRow, Query, RowSource, Sort
from musicvault.gui.preferences import Preferences
from musicvault.gui.theme.text_size import px
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Card
from musicvault.gui.widgets.empty_state import EmptyState
from musicvault.gui.widgets.preview import PreviewPanel
from musicvault.gui.widgets.text import label
from musicvault.gui.wording import files
from musicvault.language import tr

_GROWN = 1.25
"""The list is read again once there are so many times as many files as it shows: often at first, rarely later."""


class LibraryScreen(QWidget):
    """A passive view over a `RowSource`: asks for details of what is selected and sends actions."""

    acted = Signal(Action)
    details_wanted = Signal(tuple)
    """Ids of the selected items, at most `MOST_AT_ONCE`."""
    failed = Signal(str)

    def __init__(self, questions: Questions, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self._questions = questions
        self._source: RowSource | None = None
        self._query, self._sort = Query(), Sort()
        self._wanted: tuple[int, ...] = ()
        self._last: tuple[int, int] | None = None
        self._folders, self._at_work, self._total = 0, False, 0
        self._reading = False
        self.model = TableModel(questions, self)
        self.covers = Covers(questions, self)
        self.table = TableView(self.model, self.covers)
        self.chips = Chips()
        self.inspector = Inspector(self.acted.emit)
        self._grouping = preferences.flag("library/albums", True)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(60)
        self._settle.timeout.connect(self._ask_for_details)
        self._build()
        self._connect()
        self._restore()

    # ── what it is told ───────────────────────────────────────────────────────────────────────

    def show_source(self, source: RowSource | None) -> None:
        self._source = source
        self.covers.show_source(source)
        self.model.show_source(source)

    def refresh(self) -> None:
        """Something changed in the catalog: read again, keep what is selected."""
        self.model.refresh()
        if self._wanted:
            self.details_wanted.emit(self._wanted)

    def show_stock(self, folders: int, total: int, *, at_work: bool) -> bool:
        """How many music folders and files there are by now, and whether more are being found. Whether the list should
        be read again: so many came that it tells too little, and nobody is in the midst of it."""
        before = (self._folders > 0, self._at_work)
        self._folders, self._at_work = folders, at_work
        if before != (folders > 0, at_work) and self._pile.currentIndex():
            self._explain_nothing()
        in_use = bool(self._wanted or self._query.text or self.table.verticalScrollBar().value())
        grown = total > self._total * _GROWN and not in_use and not self._reading
        if grown or not total:
            self._total = total
        return grown

    def search(self, text: str) -> None:
        self._show(Query(text, self._query.filter, self._query.library))

    def ask_offers(self, then: Callable[[Mapping[str, Sequence[str]]], None]) -> None:
        """What the catalog holds that a search can name, by field."""
        if self._source is not None:
            self._questions.ask(self._source.offers, then, lambda error: self.failed.emit(str(error)), key="offers")

    def filter(self, which: Filter) -> None:
        self.chips.choose(which)
        self._show(Query(self._query.text, which, self._query.library))

    def show_details(self, details: Sequence[ItemDetail]) -> None:
        """The answer to `details_wanted`; an answer to an older question is ignored."""
        if tuple(detail.row.id for detail in details) == self._wanted:
            self.inspector.show_details(details)

    def show_preview(self, preview: Preview) -> None:
        """What an action would do, above the table."""
        self.preview.show_preview(preview)

    def remember(self) -> None:
        """Keep columns and widths for the next start."""
        header = self.table.horizontalHeader()
        self._preferences.keep_state("library/header", header.saveState())
        self._preferences.keep_names("library/columns", self.table.shown_columns())
        self._preferences.keep_state("library/splitter", self._splitter.saveState())

    # ── building ──────────────────────────────────────────────────────────────────────────────

    def _build(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        bar = QHBoxLayout()
        bar.setSpacing(4)
        bar.addWidget(self.chips, 1)
        self.albums = Button(tr("Group by album"), "icon", "albums")
        self.albums.setCheckable(True)
        self.albums.setChecked(self._grouping)
        self.choose_columns = Button(tr("Choose columns"), "icon", "columns")
        self.toggle_inspector = Button(tr("Show the inspector"), "icon", "panel")
        self.toggle_inspector.setCheckable(True)
        self.toggle_inspector.setChecked(self._preferences.flag("library/inspector", True))
        for button in (self.albums, self.choose_columns, self.toggle_inspector):
            bar.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(bar)
        self.preview = PreviewPanel(self.acted.emit)
        column.addWidget(self.preview)
        card = Card(padding=0)
        card.body.setContentsMargins(1, 6, 1, 1)
        card.body.setSpacing(0)
        self._pile = QStackedWidget()
        self._pile.addWidget(self.table)
        self._nothing = QWidget()
        QVBoxLayout(self._nothing).setContentsMargins(0, 0, 0, 0)
        self._pile.addWidget(self._nothing)
        card.body.addWidget(self._pile, 1)
        self._foot = label("", "small")
        self._foot.setContentsMargins(14, 6, 14, 8)
        card.body.addWidget(self._foot)
        column.addWidget(card, 1)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(16)
        self._splitter.addWidget(left)
        self._splitter.addWidget(self.inspector)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.setChildrenCollapsible(False)
        self.inspector.setMinimumWidth(80 + px(200))
        self.inspector.setMaximumWidth(px(460))
        left.setMinimumWidth(320)
        left.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._splitter.setSizes([700, 340])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(28, 4, 28, 16)
        outer.addWidget(self._splitter)
        self.inspector.setVisible(self.toggle_inspector.isChecked())

    def _connect(self) -> None:
        self.chips.chosen.connect(self.filter)
        self.albums.toggled.connect(self._group)
        self.toggle_inspector.toggled.connect(self._show_inspector)
        self.choose_columns.clicked.connect(self._offer_columns)
        self.table.sorted_by.connect(self._sort_by)
        self.table.selected.connect(self._settle.start)
        self.table.opened.connect(lambda: self.toggle_inspector.setChecked(True))
        self.table.columns_changed.connect(self.remember)
        self.model.loaded.connect(self._loaded)
        self.model.began.connect(self._began)
        self.model.complete.connect(self._count)
        self.model.totals_known.connect(self.chips.show_totals)
        self.model.failed.connect(self.failed)

    def _restore(self) -> None:
        state = self._preferences.state("library/header")
        if state is not None:
            self.table.horizontalHeader().restoreState(state)
        self.table.show_columns(self._preferences.names("library/columns") or [])
        splitter = self._preferences.state("library/splitter")
        if splitter is not None:
            self._splitter.restoreState(splitter)
        self.table.show_sort(self._sort)

    # ── what the user does ────────────────────────────────────────────────────────────────────

    def _show(self, query: Query) -> None:
        self._query = query
        self.model.show_query(query, self._sort, grouping=self._grouping)

    def _sort_by(self, sort: Sort) -> None:
        self._sort = sort
        self._show(self._query)

    def _group(self, on: bool) -> None:
        self._grouping = on
        self._preferences.set_flag("library/albums", on)
        if on and self._sort.column not in GROUPED:
            self._sort = Sort()
            self.table.show_sort(self._sort)
        self._show(self._query)

    def _show_inspector(self, on: bool) -> None:
        self.inspector.setVisible(on)
        self._preferences.set_flag("library/inspector", on)

    def _offer_columns(self) -> None:
        at = self.choose_columns.mapToGlobal(self.choose_columns.rect().bottomLeft())
        self.table.column_menu().popup(at)

    def _loaded(self, fresh: bool) -> None:
        amount = self.model.layout_of_rows.count
        self._pile.setCurrentIndex(0 if amount else 1)
        self.table.refit()
        if not amount:
            self._explain_nothing()
        if fresh:
            self._select_again()

    def _began(self) -> None:
        self._reading = True
        self._foot.setText(tr("Reading the catalog …"))

    def _count(self) -> None:
        amount = self.model.layout_of_rows.count
        self._reading = False
        self._foot.setText(files(amount))
        if self._query == Query():
            self._total = max(self._total, amount)

    def _select_again(self) -> None:
        """After a change of the lines: the file that was shown, if it still stands where it stood."""
        keep, self._last = self._last, None
        row = self.model.row(keep[0]) if keep is not None and keep[0] < self.model.layout_of_rows.count else None
        if keep is not None and row is not None and row.id == keep[1]:
            self.table.select_item(keep[0])
            return
        self._wanted = ()
        self.inspector.show_nothing()

    def _explain_nothing(self) -> None:
        if self._query.text:
            words = tr(
                "Nothing matches “{text}”. Words match the beginnings of tags and file names.", text=self._query.text
            )
            empty = EmptyState("search", tr("No such files"), words)
        elif self._query.filter is Filter.ALL:
            empty = self._no_music()
        else:
            empty = EmptyState("good", tr("Nothing here"), tr("No file is in this state."))
        layout = self._nothing.layout()
        if layout is None:
            return
        while (item := layout.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        layout.addWidget(empty)

    def _no_music(self) -> EmptyState:
        if self._folders and self._at_work:
            words = tr("Your files are listed here as soon as the first ones are read.")
            return EmptyState("scan", tr("Getting to know your music …"), words)
        if self._folders:
            words = tr("Nothing was found in your music folders. A scan looks through them again.")
            return EmptyState("note", tr("No music yet"), words, Action(Deed.SCAN, tr("Scan")), self.acted.emit)
        words = tr("Your music will be listed here, with its copies and how recently each was proven.")
        add = Action(Deed.ADD_LIBRARY, tr("Add a music folder"))
        return EmptyState("note", tr("No music yet"), words, add, self.acted.emit)

    def _ask_for_details(self) -> None:
        items, total = self.table.selected_items(MOST_AT_ONCE)
        self._foot.setText(
            tr("{selected} of {files} selected", selected=f"{total:,}", files=files(self.model.layout_of_rows.count))
            if total > 1
            else files(self.model.layout_of_rows.count)
        )
        if not total:
            self._wanted = ()
            self.inspector.show_nothing()
        elif total > MOST_AT_ONCE:
            self._wanted = ()
            self.inspector.show_too_many(total)
        else:
            rows = [self.model.row(item) for item in items]
            if all(row is not None for row in rows):
                self._want([row for row in rows if row is not None])
            else:
                self._fetch(items)

    def _fetch(self, items: list[int]) -> None:
        """Rows of the selection that aren't here: read their pages on the worker."""
        source, query, sort = self._source, self._query, self._sort
        if source is None:
            return

        def read() -> list[ItemRow]:
            pages = {page: source.page(query, sort, page * PAGE, PAGE) for page in {i // PAGE for i in items}}
            return [pages[i // PAGE][i % PAGE] for i in items if i % PAGE < len(pages[i // PAGE])]

        self._questions.ask(read, self._want, lambda error: self.failed.emit(str(error)), key="selection")

    def _want(self, rows: Sequence[ItemRow]) -> None:
        items, _ = self.table.selected_items(1)
        self._last = (items[0], rows[0].id) if items and rows else None
        self._wanted = tuple(row.id for row in rows)
        self.details_wanted.emit(self._wanted)
