"""The audit trail in PREMIS 3.0 XML (Library of Congress, schema of January 18, 2016): objects, events, agents.

An item is an object of the category `file` with its current content's digests, its copies and what is known of its
sound. Identifiers are UUIDs made from the catalog's own and a number, so that two exports name the same thing alike.
Element order follows the schema's sequences, which are all ordered.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from musicvault.catalog import contents, items, libraries, replicas, trail, vaults
from musicvault.catalog.history import Record
from musicvault.catalog.items import Item
from musicvault.catalog.libraries import Library
from musicvault.catalog.replicas import Replica
from musicvault.domain.paths import display, split
from musicvault.domain.states import ReplicaState
from musicvault.domain.values import Stream
from musicvault.engine.context import Context
from musicvault.reports.xml import Document
from musicvault.storage.delivery import Write

NAMESPACE = "http://www.loc.gov/premis/v3"
SCHEMA = "https://www.loc.gov/standards/premis/premis.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True, slots=True)
class Written:
    """What the document holds."""

    objects: int
    events: int
    agents: int


def write(
    ctx: Context,
    item_ids: Sequence[int],
    output: Write,
    *,
    whole: bool = False,
    located: Mapping[int, bytes] | None = None,
) -> Written:
    """Write these items (one at least: the schema wants an object), their events and the programs that acted.

    `whole` adds events that are about no single item. `located` tells, for a bag, the path of each item in it;
    otherwise the known copies are told.
    """
    report = _Report(ctx, Document(output), located)
    return report.write(item_ids, whole=whole)


class _Report:
    """One document."""

    def __init__(self, ctx: Context, xml: Document, located: Mapping[int, bytes] | None) -> None:
        self._ctx = ctx
        self._xml = xml
        self._located = located
        self._libraries = libraries.by_ids(ctx.catalog)
        self._labels = vaults.labels(ctx.catalog)
        self._space = uuid.UUID(ctx.catalog.catalog_id)

    def write(self, item_ids: Sequence[int], *, whole: bool) -> Written:
        xml = self._xml
        xml.begin(
            "premis:premis",
            xmlns__premis=NAMESPACE,
            xmlns__xsi=_XSI,
            xsi__schemaLocation=f"{NAMESPACE} {SCHEMA}",
            version="3.0",
        )
        objects = events = 0
        chosen = set()
        for item in items.many(self._ctx.catalog, item_ids):
            self._ctx.checkpoint()
            self._object(item)
            chosen.add(item.id)
            objects += 1
        agents: dict[str, None] = {}
        for record in trail.events(self._ctx.catalog, chosen, whole=whole):
            self._ctx.checkpoint()
            self._event(record)
            agents[record.agent] = None
            events += 1
        for agent in agents:
            self._agent(agent)
        xml.end()
        return Written(objects, events, len(agents))

    # -- identifiers

    def _uuid(self, kind: str, name: object) -> str:
        return str(uuid.uuid5(self._space, f"{kind} {name}"))

    def _identifier(self, element: str, kind: str, name: object) -> None:
        self._xml.begin(f"premis:{element}")
        self._xml.leaf(f"premis:{element}Type", "UUID")
        self._xml.leaf(f"premis:{element}Value", self._uuid(kind, name))
        self._xml.end()

    # -- objects

    def _object(self, item: Item) -> None:
        xml = self._xml
        stream = contents.stream(self._ctx.catalog, item.content.id)
        xml.begin("premis:object", xsi__type="premis:file")
        self._identifier("objectIdentifier", "item", item.id)
        self._properties(item, stream)
        self._characteristics(item, stream)
        library = self._libraries.get(item.library_id)
        xml.leaf("premis:originalName", display(item.path))
        if self._located is not None:
            if item.id in self._located:
                self._storage("bag path", quote(self._located[item.id]), "")
        else:
            for replica in replicas.of_item(self._ctx.catalog, item.id):
                self._copy(replica, item, library)
        xml.end()

    def _properties(self, item: Item, stream: Stream) -> None:
        known = {
            "duration in seconds": f"{stream.duration:.3f}" if stream.duration else "",
            "sample rate in Hz": str(stream.sample_rate or ""),
            "channels": str(stream.channels or ""),
            "bits per sample": str(stream.bits or ""),
        }
        essence = item.content.essence
        if essence is not None:
            known[f"digest of the coded sound ({essence.kind}, BLAKE3)"] = essence.digest.hex()
        for name, value in known.items():
            if value:
                self._xml.begin("premis:significantProperties")
                self._xml.leaf("premis:significantPropertiesType", name)
                self._xml.leaf("premis:significantPropertiesValue", value)
                self._xml.end()

    def _characteristics(self, item: Item, stream: Stream) -> None:
        xml, digests = self._xml, item.content.digests
        xml.begin("premis:objectCharacteristics")
        xml.leaf("premis:compositionLevel", "0")
        blake3 = digests.blake3 if digests.is_known else b""
        for algorithm, digest in (("SHA-256", digests.sha256), ("BLAKE3", blake3)):
            if digest:
                xml.begin("premis:fixity")
                xml.leaf("premis:messageDigestAlgorithm", algorithm)
                xml.leaf("premis:messageDigest", digest.hex())
                xml.leaf("premis:messageDigestOriginator", "MusicVault")
                xml.end()
        xml.leaf("premis:size", str(digests.size))
        xml.begin("premis:format")
        xml.begin("premis:formatDesignation")
        xml.leaf("premis:formatName", stream.container or _extension(item.path) or "unknown")
        xml.end()
        if stream.codec and stream.codec != stream.container:
            xml.leaf("premis:formatNote", f"codec: {stream.codec}")
        xml.end()
        xml.end()

    def _copy(self, replica: Replica, item: Item, library: Library | None) -> None:
        gone = replica.state in (ReplicaState.MISSING, ReplicaState.FORGOTTEN)
        if gone or not replica.current or replica.role == replicas.QUARANTINE:
            return
        if replica.vault_id is None:
            if library is not None:
                self._storage("URI", "file://" + quote(os.path.join(library.root, item.path)), library.name)
        elif replica.vault_id in self._labels:
            location = f"urn:uuid:{replica.vault_id}#{quote(replica.path)}"
            self._storage("MusicVault vault", location, self._labels[replica.vault_id])

    def _storage(self, kind: str, location: str, medium: str) -> None:
        self._xml.begin("premis:storage")
        self._xml.begin("premis:contentLocation")
        self._xml.leaf("premis:contentLocationType", kind)
        self._xml.leaf("premis:contentLocationValue", location)
        self._xml.end()
        if medium:
            self._xml.leaf("premis:storageMedium", medium)
        self._xml.end()

    # -- events and agents

    def _event(self, record: Record) -> None:
        xml = self._xml
        xml.begin("premis:event")
        self._identifier("eventIdentifier", "event", record.id)
        xml.leaf("premis:eventType", record.type)
        xml.leaf("premis:eventDateTime", _moment(record.at))
        xml.begin("premis:eventDetailInformation")
        xml.leaf("premis:eventDetail", self._about(record))
        xml.end()
        xml.begin("premis:eventOutcomeInformation")
        xml.leaf("premis:eventOutcome", record.outcome)
        if record.detail:
            xml.begin("premis:eventOutcomeDetail")
            note = json.dumps(dict(record.detail), ensure_ascii=False, sort_keys=True)
            xml.leaf("premis:eventOutcomeDetailNote", note)
            xml.end()
        xml.end()
        xml.begin("premis:linkingAgentIdentifier")
        xml.leaf("premis:linkingAgentIdentifierType", "UUID")
        xml.leaf("premis:linkingAgentIdentifierValue", self._uuid("agent", record.agent))
        xml.leaf("premis:linkingAgentRole", "executing program")
        xml.end()
        if record.item_id is not None:
            self._identifier("linkingObjectIdentifier", "item", record.item_id)
        xml.end()

    def _about(self, record: Record) -> str:
        """The program, and what it worked on."""
        library = self._libraries.get(record.library_id or 0)
        parts = [record.agent]
        parts += [f"drive: {self._labels[record.vault_id]}"] if record.vault_id in self._labels else []
        parts += [f"library: {library.name}"] if library is not None else []
        parts += [f"file: {display(record.path)}"] if record.path else []
        return "; ".join(parts)

    def _agent(self, agent: str) -> None:
        name, _, version = agent.rpartition(" ")
        self._xml.begin("premis:agent")
        self._identifier("agentIdentifier", "agent", agent)
        self._xml.leaf("premis:agentName", name or agent)
        self._xml.leaf("premis:agentType", "software")
        if name:
            self._xml.leaf("premis:agentVersion", version)
        self._xml.end()


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _extension(path: bytes) -> str:
    _, dot, extension = split(path)[1].rpartition(b".")
    return display(extension).lower() if dot else ""
