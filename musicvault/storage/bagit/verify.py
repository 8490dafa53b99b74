"""Checking a bag: is it complete, and is every byte what the manifests say (RFC 8493, section 3).

Every file is judged for itself, and the check goes on to the end: what a bag is good for is known only when all of it
was looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.paths import RelPath, display, split
from musicvault.domain.verdict import Evidence, Finding, Verdict
from musicvault.errors import BagRefused, ItemError, reason_of
from musicvault.language import tr
from musicvault.storage.bagit import digesting, info, manifests, tree
from musicvault.storage.bagit.claims import Claims, Group, meeting
from musicvault.storage.bagit.declaration import NAME, Declaration, read_declaration
from musicvault.storage.bagit.manifests import Entry, Manifest
from musicvault.storage.bagit.outcomes import Checked, Outcome, Remark, Surveyed
from musicvault.storage.bagit.spill import Spill
from musicvault.storage.bagit.tree import Seen, Sort

PAYLOAD = b"data"


def verify_bag(root: bytes, *, checkpoint: Checkpoint = never_stops) -> Iterator[Outcome]:
    """Check the bag in the folder `root` to the last byte. Yields a finding for each file that isn't right, `Checked`
    for each that is. Reads only, follows no link out of the bag, fetches nothing.

    Raises `BagRefused` for what is no bag, and what `checkpoint` raises.
    """
    declared = read_declaration(root)
    where = display(split(os.path.realpath(root))[1])
    try:
        found = manifests.find(root)
    except OSError as error:
        raise BagRefused(
            tr("{folder} can't be read: {cause}.", folder=display(root), cause=reason_of(error))
        ) from error
    with Spill() as spill:
        yield from _Bag(root, where, declared, found, checkpoint, Claims(spill, meeting(root))).check()


@dataclass(slots=True)
class _Bag:
    root: bytes
    where: str
    declared: Declaration
    manifests: list[Manifest]
    checkpoint: Checkpoint
    claims: Claims
    files: int = 0
    size: int = 0
    algorithms: dict[int, str] = field(default_factory=dict)
    doubtful: set[int] = field(default_factory=set)
    closed: list[RelPath] = field(default_factory=list)
    unread: set[RelPath] = field(default_factory=set)

    def check(self) -> Iterator[Outcome]:
        yield from self._structure()
        yield from self._read_manifests()
        yield from self._walk()
        yield Surveyed(self.files, self.size)
        for one in info.check(self.root, self.declared, self.where, self.files, self.size, self.claims):
            if isinstance(one, Finding) and one.evidence[0].code == info.UNREAD:
                self.unread.add(one.path)
            yield one
        payload = [manifest.name for manifest in self.manifests if not manifest.is_tag]
        tags = [number for number, manifest in enumerate(self.manifests) if manifest.is_tag]
        unlisted = {(number, name) for number in tags for name in payload}
        for group in self.claims.groups():
            self.checkpoint()
            unlisted.difference_update(group.entries.keys())
            yield from self._judge(group)
        yield from self._unlisted_manifests(unlisted)

    # -- gathering claims

    def _structure(self) -> Iterator[Outcome]:
        if not any(not manifest.is_tag for manifest in self.manifests):
            yield self._finding(NAME, Verdict.CORRUPT, Evidence("no-manifest"))
        if not os.path.isdir(os.path.join(self.root, PAYLOAD)):
            yield self._finding(PAYLOAD, Verdict.MISSING, Evidence("no-payload-folder"))
        for number, manifest in enumerate(self.manifests):
            try:
                self.algorithms[number] = digesting.known(manifest.algorithm)
            except digesting.UnknownAlgorithmError:
                fact = Evidence("algorithm-unknown", {"algorithm": manifest.algorithm})
                yield self._finding(manifest.name, Verdict.UNREADABLE, fact)

    def _read_manifests(self) -> Iterator[Outcome]:
        for number, manifest in enumerate(self.manifests):
            line = 0
            for one in manifests.read(self.root, manifest, self.declared, self.where):
                self.checkpoint()
                if isinstance(one, Finding):
                    if one.path == manifest.name:
                        self.doubtful.add(number)
                    yield one
                    continue
                line += 1
                if not manifest.is_tag and not one.path.startswith(PAYLOAD + b"/"):
                    yield from self._outside_payload(manifest, one)
                if manifest.is_tag and self.declared.strict and one.path.lower().startswith(b"tagmanifest-"):
                    yield Remark(manifest.name, tr("It lists a tag manifest, which BagIt 1.0 forbids."))
                self.claims.entry(number, line, one.path, one.digest)

    def _outside_payload(self, manifest: Manifest, entry: Entry) -> Iterator[Outcome]:
        if self.declared.strict:
            fact = Evidence("outside-payload", {"path": display(entry.path)})
            yield self._finding(manifest.name, Verdict.CORRUPT, fact)
        else:
            yield Remark(manifest.name, tr("It lists {path}, which is no payload, among it.", path=display(entry.path)))

    def _walk(self) -> Iterator[Outcome]:
        for seen in tree.walk(self.root, PAYLOAD, self.checkpoint):
            if seen.sort is Sort.CLOSED:
                self.closed.append(seen.path + b"/")
                yield self._finding(seen.path, Verdict.UNREADABLE, Evidence("folder-closed"))
                continue
            real = self._inside(seen) if seen.sort is Sort.LINK else seen
            if real is not None and real.sort is Sort.FILE:
                self.files += 1
                self.size += real.size
            self.claims.file(seen)

    def _inside(self, link: Seen) -> Seen | None:
        """The file that a link means, where it lies in the bag; None for all others."""
        root = os.path.realpath(self.root)
        target = os.path.realpath(os.path.join(self.root, link.path))
        if not target.startswith(root + b"/") or not os.path.isfile(target):
            return None
        return Seen(target[len(root) + 1 :], Sort.FILE, os.path.getsize(target))

    # -- judging

    def _judge(self, group: Group) -> Iterator[Outcome]:
        if group.crowded:
            fact = Evidence("too-many-spellings")
            yield self._finding(next(iter(group.entries))[1], Verdict.CORRUPT, fact)
        yield from self._repetitions(group)
        if group.source and self.declared.strict and not any(not self.manifests[n].is_tag for n, _ in group.entries):
            fact = Evidence("fetch-not-listed", {"url": ascii(group.source)[1:-1]})
            yield self._finding(info.FETCH, Verdict.CORRUPT, fact)
        wanted: dict[RelPath, dict[int, str]] = {}
        for (number, path), listed in group.entries.items():
            target = group.file_for(path) if path.startswith(PAYLOAD + b"/") else path
            wanted.setdefault(target or path, {})[number] = listed.digest
        for path, by_manifest in wanted.items():
            seen = group.files.get(path) or tree.look(self.root, path)
            if seen is None:
                yield from self._absent(path, group)
            elif path not in self.unread:  # else that was told
                yield self._compared(seen, by_manifest)
        for path in group.files.keys() - wanted.keys():
            yield self._finding(path, Verdict.FOREIGN, Evidence("not-listed"))
        if len(wanted) > 1:
            names = ", ".join(display(path) for path in sorted(wanted))
            yield Remark(min(wanted), tr("Names that differ in Unicode's normal form only: {names}", names=names))

    def _repetitions(self, group: Group) -> Iterator[Outcome]:
        for (number, path), listed in group.entries.items():
            name = self.manifests[number].name
            if listed.conflicting:
                fact = Evidence("listed-differently", {"path": display(path)})
                yield self._finding(name, Verdict.CORRUPT, fact)
            elif listed.repeated and self.declared.strict:
                yield self._finding(name, Verdict.CORRUPT, Evidence("listed-twice", {"path": display(path)}))
            elif listed.repeated:
                yield Remark(name, tr("It lists {path} twice.", path=display(path)))

    def _absent(self, path: RelPath, group: Group) -> Iterator[Outcome]:
        if any(path.startswith(folder) for folder in self.closed):
            return
        facts = [Evidence("not-there")]
        if group.source:
            facts.append(Evidence("to-be-fetched", {"url": ascii(group.source)[1:-1]}))
        yield self._finding(path, Verdict.MISSING, *facts)

    def _compared(self, seen: Seen, by_manifest: dict[int, str]) -> Outcome:
        """One file that is listed and there."""
        if seen.sort is Sort.CLOSED:
            return self._finding(seen.path, Verdict.UNREADABLE, Evidence("folder-closed"))
        if seen.sort is Sort.OTHER:
            return self._finding(seen.path, Verdict.CORRUPT, Evidence("no-file"))
        real = seen
        if seen.sort is Sort.LINK:
            inside = self._inside(seen)
            if inside is None:
                return self._finding(seen.path, Verdict.CORRUPT, Evidence("link-outside"))
            real = inside
        facts = list(self._unlisted_in(seen.path, by_manifest))
        verdict = Verdict.FOREIGN
        checkable = {number: digest for number, digest in by_manifest.items() if number in self.algorithms}
        try:
            found = digesting.digests(
                os.path.join(os.path.realpath(self.root), real.path),
                {(self.algorithms[number], len(digest)) for number, digest in checkable.items()},
                self.checkpoint,
            )
        except ItemError as error:
            code = "read-error" if error.offset is None else "read-error-at"
            values = {"cause": error.cause} | ({} if error.offset is None else {"offset": error.offset})
            return self._finding(seen.path, Verdict.UNREADABLE, Evidence(code, values))
        for number, digest in checkable.items():
            if found[self.algorithms[number], len(digest)] != digest:
                values = {"list": self._name(number), "algorithm": self.manifests[number].algorithm}
                facts.append(Evidence("digest-differs", values))
                verdict = Verdict.CORRUPT
        return self._finding(seen.path, verdict, *facts) if facts else Checked(seen.path, real.size)

    def _unlisted_in(self, path: RelPath, by_manifest: dict[int, str]) -> Iterator[Evidence]:
        """From BagIt 1.0 on every payload manifest must list every payload file (section 3)."""
        if not self.declared.strict or not path.startswith(PAYLOAD + b"/"):
            return
        for number, manifest in enumerate(self.manifests):
            if not manifest.is_tag and number not in by_manifest and number not in self.doubtful:
                yield Evidence("not-in-manifest", {"list": self._name(number)})

    def _unlisted_manifests(self, unlisted: set[tuple[int, RelPath]]) -> Iterator[Outcome]:
        """From BagIt 1.0 on each tag manifest must list every payload manifest (section 2.2.1)."""
        for number, name in sorted(unlisted) if self.declared.strict else ():
            yield self._finding(name, Verdict.FOREIGN, Evidence("not-in-tag-manifest", {"list": self._name(number)}))

    def _name(self, number: int) -> str:
        return self.manifests[number].name.decode("ascii")

    def _finding(self, path: RelPath, verdict: Verdict, *facts: Evidence) -> Finding:
        return Finding(path, self.where, verdict, facts, on_drive=True)
