"""What a vault's own lists state, streamed, and whether the lists themselves are what was written last."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from musicvault.domain.notices import Checkpoint
from musicvault.domain.paths import RelPath, display, split
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.errors import DriveRefused, ItemError, VaultError
from musicvault.language import tr
from musicvault.storage.bagit import manifests, tree
from musicvault.storage.bagit.declaration import Declaration
from musicvault.storage.bagit.manifests import Entry, Manifest
from musicvault.storage.bagit.outcomes import Checked, Outcome, Remark
from musicvault.storage.bagit.tree import Sort
from musicvault.storage.reading import read_file
from musicvault.storage.stats import may_be_there
from musicvault.storage.vault import tagfiles
from musicvault.storage.vault.identity import SPARE, Identity, parse_identity, read_identity
from musicvault.storage.vault.journal import read_lines
from musicvault.storage.vault.layout import VaultLayout, is_aside, is_payload
from musicvault.storage.vault.own import opened
from musicvault.storage.vault.records import FoldMark, Operation, Record
from musicvault.storage.vault.snapshots import digest_states, recorded_digests

JOURNAL: RelPath = b"musicvault/journal"
_FETCH: RelPath = b"fetch.txt"
_SIGNED = (tagfiles.MANIFEST, tagfiles.KEPT, tagfiles.VOLUME_JSON, tagfiles.BAGIT, tagfiles.BAG_INFO)
_MANIFEST = Manifest(tagfiles.MANIFEST, "sha256", False)
_TAGMANIFEST = Manifest(tagfiles.TAGMANIFEST, "sha256", True)
_DECLARED = Declaration((1, 0), "utf-8")
_IN_JOURNAL = 2
_LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement about a stored path. `order`: 0 the manifests, 1 the kept list, from 2 on the journal's lines.
    `gone`: nothing is there any more; `sha256` is empty for that, and for quarantined bytes that were never read."""

    path: RelPath
    order: int
    list: RelPath
    sha256: bytes = b""
    source: RelPath = b""
    gone: bool = False

    @property
    def journaled(self) -> bool:
        return self.order >= _IN_JOURNAL

    @property
    def unread(self) -> bool:
        return not self.gone and not self.sha256


def label_of(layout: VaultLayout) -> str:
    """The vault's label, its folder's name where that can't be had. Raises `DriveRefused` for a newer format."""
    try:
        return read_identity(layout).label
    except DriveRefused:
        raise
    except VaultError:
        return display(split(split(layout.root)[0])[1])


@dataclass(slots=True)
class Lists:
    """One reading of all lists of a vault. `doubtful`: those that are not what was written last."""

    layout: VaultLayout
    where: str
    checkpoint: Checkpoint
    doubtful: frozenset[RelPath] = frozenset()
    _signed: dict[RelPath, bytes] = field(default_factory=dict)
    _marks: deque[Mapping[RelPath, bytes]] = field(default_factory=lambda: deque(maxlen=4))
    _unsigned: bool = False
    _malformed: set[RelPath] = field(default_factory=set)
    _no_files: set[RelPath] = field(default_factory=set)

    def read(self) -> Iterator[Stated | Outcome]:
        """Every statement, and what is wrong with the lists."""
        yield from self._entries(_MANIFEST)
        yield from self._entries(_TAGMANIFEST)
        yield from self._records(tagfiles.KEPT, self.layout.kept)
        yield from self._records(JOURNAL, self.layout.journal)
        yield from self._check_lists()
        yield from self._identity()
        if may_be_there(self.layout.path(_FETCH)):  # validators would look for what it names, in vain
            yield self._finding(_FETCH, Verdict.FOREIGN, Evidence("not-listed"))

    def _entries(self, manifest: Manifest) -> Iterator[Stated | Outcome]:
        if not may_be_there(self.layout.path(manifest.name)):
            self._unsigned = self._unsigned or manifest.is_tag
            yield self._finding(manifest.name, Verdict.MISSING, Evidence("not-there"))
            return
        if self._is_no_file(manifest.name):
            self._unsigned = self._unsigned or manifest.is_tag
            yield self._finding(manifest.name, Verdict.CORRUPT, Evidence("no-file"))
            return
        for one in manifests.read(self.layout.root, manifest, _DECLARED, self.where):
            self.checkpoint()
            if isinstance(one, Finding):
                self._unsigned = self._unsigned or manifest.is_tag
                self._malformed.add(manifest.name)
                yield one
            elif len(one.digest) != 64:
                fact = Evidence("digest-malformed", {"path": display(one.path)})
                yield self._finding(manifest.name, Verdict.CORRUPT, fact)
            elif manifest.is_tag and one.path in _SIGNED:
                self._signed[one.path] = bytes.fromhex(one.digest)
            elif is_aside(one.path) if manifest.is_tag else is_payload(one.path):
                yield _listed(manifest.name, one)
            elif manifest.is_tag:
                yield self._tag_file(one)
            else:
                fact = Evidence("outside-payload", {"path": display(one.path)})
                yield self._finding(manifest.name, Verdict.CORRUPT, fact)

    def _tag_file(self, entry: Entry) -> Outcome:
        """One that MusicVault doesn't write. What a tag manifest lists must be there (RFC 8493, section 3)."""
        seen = tree.look(self.layout.root, entry.path)
        if seen is None:
            return self._finding(entry.path, Verdict.MISSING, Evidence("not-there"))
        if seen.sort is not Sort.FILE:
            return self._finding(entry.path, Verdict.CORRUPT, Evidence("no-file"))
        try:
            path = self.layout.path(entry.path)
            digest = read_file(path, blocks=False, from_device=True, checkpoint=self.checkpoint).digests.sha256
        except ItemError as error:
            return self._finding(entry.path, Verdict.UNREADABLE, Evidence("read-error", {"cause": error.cause}))
        if digest.hex() == entry.digest:
            return Checked(entry.path, seen.size)
        values = {"list": display(tagfiles.TAGMANIFEST), "algorithm": "SHA-256"}
        return self._finding(entry.path, Verdict.CORRUPT, Evidence("digest-differs", values))

    def unsigned(self, statements: Sequence[Stated]) -> bool:
        """Whether the tag manifest says otherwise of a version or quarantined file than the kept list, both written by
        one fold. While a fold is unfinished, or the kept list is damaged itself, that says nothing."""
        if self._marks or self._unsigned or tagfiles.KEPT in self.doubtful:
            return False
        said = {one.order: one.sha256 for one in statements if one.order < _IN_JOURNAL}
        return said.get(0, b"") != said.get(1, b"")

    def _records(self, name: RelPath, path: bytes) -> Iterator[Stated | Outcome]:
        if self._is_no_file(name):
            yield self._finding(name, Verdict.CORRUPT, Evidence("no-file"))
            return
        journal = name == JOURNAL
        for line in read_lines(path):
            self.checkpoint()
            statement = line.statement
            if isinstance(statement, FoldMark):
                self._marks.append(statement.files)
            elif isinstance(statement, Record):
                yield from _stated(statement, name, _IN_JOURNAL + line.number if journal else 1)
            elif line.half:
                yield Remark(name, tr("Its last line is half written and doesn't count: the work was interrupted."))
            else:
                yield self._finding(name, Verdict.CORRUPT, Evidence("line-not-written", {"line": line.number}))

    def _is_no_file(self, name: RelPath) -> bool:
        """Whether a link, folder, pipe or device is in the place of a list. It is told once."""
        seen = tree.look(self.layout.root, name)
        if seen is not None and seen.sort in (Sort.LINK, Sort.OTHER):
            self._no_files.add(name)
        return name in self._no_files

    def _check_lists(self) -> Iterator[Outcome]:
        """Rule 4 of format.md: each list equals what the tag manifest, or a fold that was begun, says of it."""
        doubtful: set[RelPath] = set()
        signatures = [self._signed, *self._marks]
        for name in _SIGNED:
            path = self.layout.path(name)
            if not may_be_there(path):
                doubtful.add(name)
                if name != tagfiles.MANIFEST:
                    yield self._finding(name, Verdict.MISSING, Evidence("not-there"))
                continue
            if name in self._no_files or self._is_no_file(name):
                doubtful.add(name)
                if name not in (tagfiles.MANIFEST, tagfiles.KEPT):
                    yield self._finding(name, Verdict.CORRUPT, Evidence("no-file"))
                continue
            try:
                digest = read_file(path, blocks=False, from_device=True, checkpoint=self.checkpoint).digests.sha256
            except ItemError as error:
                doubtful.add(name)
                yield self._finding(name, Verdict.UNREADABLE, Evidence("read-error", {"cause": error.cause}))
                continue
            known = [files[name] for files in signatures if name in files]
            if name in self._malformed:
                doubtful.add(name)  # whoever signed it, MusicVault never wrote it so; what is wrong with it was told
            if name == tagfiles.BAGIT and digest != tagfiles.digest_of(tagfiles.DECLARATION):
                yield self._finding(name, Verdict.CORRUPT, Evidence("list-not-signed"))
            elif digest in known:
                if name not in self._malformed:
                    yield Checked(name, 0)
            elif known or not self._unsigned:
                doubtful.add(name)
                yield self._finding(name, Verdict.CORRUPT, Evidence("list-not-signed"))
        self.doubtful = frozenset(doubtful)

    def _identity(self) -> Iterator[Outcome]:
        named = _parsed(self.layout.volume_json)
        spare = _parsed_spare(self.layout.bag_info)
        if isinstance(named, str):
            if tagfiles.VOLUME_JSON not in self.doubtful:
                fact = Evidence("identity-unusable", {"problem": named})
                yield self._finding(tagfiles.VOLUME_JSON, Verdict.CORRUPT, fact)
        elif spare is not None and spare.id != named.id:
            yield self._finding(tagfiles.VOLUME_JSON, Verdict.CORRUPT, Evidence("identity-disagrees"))

    # -- the snapshots of the catalog

    def snapshots(self) -> Iterator[Outcome]:
        """Each snapshot's digest must stand in either of the two digest files."""
        known = recorded_digests(self.layout)
        present = False
        for path in (self.layout.snapshot, self.layout.previous_snapshot):
            if not may_be_there(path):
                continue
            present = True
            name = path[len(self.layout.root) + 1 :]
            try:
                states = digest_states(path, known, self.checkpoint)
            except ItemError as error:
                yield self._finding(name, Verdict.UNREADABLE, Evidence("read-error", {"cause": error.cause}))
                continue
            if states:
                yield Checked(name, 0)
            else:
                yield self._finding(name, Verdict.CORRUPT, Evidence("snapshot-differs"))
        if not present:
            yield Remark(b"", tr("It holds no snapshot of the catalog; one comes with the next job."))

    def _finding(self, path: RelPath, verdict: Verdict, *facts: Evidence) -> Finding:
        return Finding(path, self.where, verdict, facts, on_drive=True)


def _listed(name: RelPath, entry: Entry) -> Stated:
    return Stated(entry.path, 0, name, bytes.fromhex(entry.digest))


def _stated(record: Record, name: RelPath, order: int) -> Iterator[Stated]:
    kept = name == tagfiles.KEPT
    if record.source and not kept:  # in the kept list it is history: the manifest says what stands there now
        yield Stated(record.source, order, name, gone=True)
    if not kept or is_aside(record.path):  # the kept list has payload for its names only
        gone = record.operation is Operation.REMOVE
        yield Stated(record.path, order, name, record.sha256, record.source, gone)


def _parsed(path: bytes) -> Identity | str:
    """Who `volume.json` says that the vault is; the problem with it as text."""
    try:
        with opened(path) as file:
            return parse_identity(file.read(_LONGEST))
    except (OSError, ValueError) as error:
        return str(error)


def _parsed_spare(path: bytes) -> Identity | None:
    mark = SPARE.encode("ascii") + b": "
    with suppress(OSError, ValueError), opened(path) as file:
        for line in file.read(_LONGEST).splitlines():
            if line.startswith(mark):
                return parse_identity(line[len(mark) :])
    return None
