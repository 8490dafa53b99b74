"""The inspector's second tab: tags of one file or many. Mixed values are shown as such and stay as they are
unless the user types over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from musicvault.domain.fields import EDITABLE, RAW
from musicvault.gui.models.actions import Action, Deed
from musicvault.gui.models.library import ItemDetail
from musicvault.gui.theme.text_size import px
from musicvault.gui.theme.tokens import Tone
from musicvault.gui.widgets.buttons import Button
from musicvault.gui.widgets.card import Notice, line
from musicvault.gui.widgets.layouts import FlowLayout
from musicvault.gui.widgets.text import ElidedLabel, label, set_tooltip
from musicvault.gui.wording import files
from musicvault.language import tr, trn

JOINT = "; "
"""Several values of one field are shown, and typed, with this between them."""


def heading(name: str) -> str:
    """A field's name for people."""
    names = {
        "title": tr("Title"),
        "artist": tr("Artist"),
        "album": tr("Album"),
        "albumartist": tr("Album artist"),
        "track": tr("Track"),
        "disc": tr("Disc"),
        "date": tr("Date"),
        "genre": tr("Genre"),
        "comment": tr("Comment"),
    }
    return names.get(name, name.removeprefix(RAW))


def shared_value(details: Sequence[ItemDetail], name: str) -> str | None:
    """What all of them hold in a field, None where they differ."""
    values = {JOINT.join(detail.tags.get(name, ())) for detail in details}
    return values.pop() if len(values) == 1 else None


def split_value(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(JOINT.strip()) if part.strip())


class TagField(QLineEdit):
    """One field. `edited` only once the user has typed: an untouched mixed field changes nothing."""

    def __init__(self, name: str, value: str | None) -> None:
        super().__init__(value or "")
        self.name = name
        self._before = value
        self.setAccessibleName(heading(name))
        if value is None:
            self.setPlaceholderText(tr("(several values)"))
        self.setCursorPosition(0)

    @property
    def edited(self) -> bool:
        return self.text() != (self._before or "") or (self._before is None and self.isModified())

    def revert(self) -> None:
        self.setText(self._before or "")
        self.setModified(False)


class TagsTab(QWidget):
    """A form of the editable fields; *Save* says what it would change before it does."""

    def __init__(self, details: Sequence[ItemDetail], send: Callable[[Action], None]) -> None:
        super().__init__()
        self._details, self._send = details, send
        self._fields: list[TagField] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 18)
        column.setSpacing(12)
        able = [detail for detail in details if detail.taggable]
        if len(able) < len(details):
            column.addWidget(Notice(self._unable(len(details) - len(able)), "", Tone.AWAY))
        self.save = Button(tr("Save"), "primary")
        self.revert = Button(tr("Revert"))
        self.undo = Button(tr("Undo last edit"), "quiet", "undo")
        set_tooltip(self.undo, tr("Puts the previous tags back, byte for byte"))
        self.save.clicked.connect(self._save)
        self.revert.clicked.connect(self._revert)
        self.undo.clicked.connect(lambda: send(Action(Deed.UNDO, tr("Undo last edit"))))
        self._preview = label("", "small", wrap=True)
        form = self._form()
        form.setVisible(bool(able))
        column.addWidget(form)
        if len(details) == 1:
            self._add_rest(column, details[0].tags)
        column.addStretch(1)
        self._edited()

    def _form(self) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        form = QGridLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        for row, name in enumerate(EDITABLE):
            field = TagField(name, shared_value(self._details, name))
            field.textEdited.connect(self._edited)
            field.returnPressed.connect(self.save.click)
            caption = label(heading(name), "muted")
            caption.setBuddy(field)
            form.addWidget(caption, row, 0)
            form.addWidget(field, row, 1)
            self._fields.append(field)
        column.addLayout(form)
        column.addWidget(self._preview)
        buttons = QWidget()
        bar = FlowLayout(buttons, 8, 8)
        for button in (self.save, self.revert, self.undo):
            bar.addWidget(button)
        column.addWidget(buttons)
        return made

    def edits(self) -> dict[str, tuple[str, ...]]:
        """What the user changed; an empty tuple removes the field."""
        return {field.name: split_value(field.text()) for field in self._fields if field.edited}

    def field(self, name: str) -> TagField:
        return next(field for field in self._fields if field.name == name)

    def _affected(self) -> list[ItemDetail]:
        changes = self.edits()
        return [d for d in self._details if d.taggable and any(d.tags.get(n, ()) != v for n, v in changes.items())]

    def _edited(self) -> None:
        changes, affected = self.edits(), self._affected()
        self.save.setEnabled(bool(affected))
        self.revert.setEnabled(bool(changes))
        names = ", ".join(heading(name) for name in changes)
        self._preview.setText(
            tr("Changes {names} in {files}. The sound stays as it is.", names=names, files=files(len(affected)))
            if affected
            else ""
        )
        self.save.set_text(trn("Save {count} file", "Save {count} files", len(affected)) if affected else tr("Save"))

    def _save(self) -> None:
        ids = tuple(detail.row.id for detail in self._affected())
        self._send(Action(Deed.TAG, tr("Edit tags"), items=ids, values={"edits": self.edits()}))

    def _revert(self) -> None:
        for field in self._fields:
            field.revert()
        self._edited()

    @staticmethod
    def _unable(amount: int) -> str:
        return trn("{count} file can't hold tags.", "{count} files can't hold tags.", amount)

    @staticmethod
    def _add_rest(column: QVBoxLayout, tags: Mapping[str, tuple[str, ...]]) -> None:
        rest = [name for name in sorted(tags) if name not in EDITABLE]
        if not rest:
            return
        column.addWidget(line())
        column.addWidget(label(tr("Also in this file"), "caps"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, name in enumerate(rest[:60]):
            caption = ElidedLabel(heading(name), "small")
            caption.setFixedWidth(px(110))
            grid.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(ElidedLabel(JOINT.join(tags[name])[:2000]), row, 1)
        column.addLayout(grid)
