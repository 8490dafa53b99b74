"""The decoded check: is the sound right, not only unchanged?

Several decoders, each for what it notices best: `flac -t` (frame CRCs, MD5 over the samples), `wvunpack -v`, PyAV's
strict decode for the rest; before them the container's own lengths and checksums (`structure`). A later version may be
stricter, so each outcome names the tool and its version. It is no fixity check: a strict decode of an MP3
overlooks most flipped bits.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from musicvault import __version__
from musicvault.audio import children
from musicvault.audio.formats import recognise
from musicvault.audio.formats.layout import Source, positioned
from musicvault.audio.structure import JUDGES, Judgement
from musicvault.domain.notices import Checkpoint, never_stops
from musicvault.domain.paths import display
from musicvault.errors import ItemError, reason_of

Outcome = Literal["clean", "broken", "unknown"]

_LEAST_TIME = 60.0
_SECONDS_PER_MIB = 2.0
_NO_DECODER = frozenset(("optimfrog",))


@dataclass(frozen=True, slots=True)
class Decode:
    """What a decoder said of a whole file, and which one it was. `detail` is one line in its own words."""

    outcome: Outcome
    tool: str = ""
    version: str = ""
    detail: str = ""


def check(path: bytes, timeout: float | None = None, checkpoint: Checkpoint = never_stops) -> Decode:
    """Decode the whole file in a child process. "unknown" where no decoder at hand knows the format, or it
    crashed or took longer than `timeout` seconds (default: a minute and two seconds for each MiB).

    Raises ItemError ("decode") where the file can't be opened or read, and what `checkpoint` raises.
    """
    try:
        name, size, judgement = _look(path)
    except OSError as error:
        raise ItemError(display(path), "decode", reason_of(error)) from error
    limit = timeout if timeout is not None else _LEAST_TIME + _SECONDS_PER_MIB * (size >> 20)
    if judgement.broken or judgement.settled:
        return Decode("broken" if judgement.broken else "clean", "structure", __version__, judgement.broken)
    if not name or name in _NO_DECODER:
        return Decode("unknown", detail="no decoder for this format")
    try:
        if name == "flac" and (tool := shutil.which("flac")):
            return _tool([tool, "-t", "-s"], path, limit, "flac", checkpoint)
        if name == "wavpack" and (tool := shutil.which("wvunpack")):
            return _tool([tool, "-v", "-q"], path, limit, "wvunpack", checkpoint)
        return _strict(path, limit)
    except children.ChildFailed as error:
        return Decode("unknown", detail=str(error))


def _look(path: bytes) -> tuple[str, int, Judgement]:
    """The format's name, the size, and what the container's own lengths and checksums say."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        source = Source(positioned(file), size, path.rpartition(b"/")[2])
        found = recognise(source)
        judge = JUDGES.get(found.name) if found is not None else None
        return found.name if found is not None else "", size, judge(source) if judge is not None else Judgement()


def _tool(arguments: list[str], path: bytes, timeout: float, name: str, checkpoint: Checkpoint) -> Decode:
    done = children.run([*arguments, os.path.abspath(path)], timeout, checkpoint)
    version = _version(arguments[0], name)
    if done.code == 0:
        return Decode("clean", name, version)
    detail = _reason(done.errors, os.path.basename(path))
    return Decode("broken" if done.code > 0 else "unknown", name, version, detail or "the decoder crashed")


def _reason(errors: str, name: bytes) -> str:
    """The first line that says what is wrong, without the file's name before it."""
    lines = [line.strip(" *") for line in errors.replace("\r", "\n").splitlines() if line.strip()]
    line = next((line for line in lines if "rror" in line.casefold()), lines[0] if lines else "")
    return line.removeprefix(f"{display(name)}: ")[:200]


@lru_cache(maxsize=8)
def _version(tool: str, name: str) -> str:
    words = children.run([tool, "--version"], 10.0).output.decode("utf-8", "replace").split()
    return next((word for word in words if word[:1].isdigit()), "")


def decoders() -> tuple[tuple[str, str], ...]:
    """The decoders at hand, by name and version as results carry them."""
    found = [("structure", __version__)]
    for name, program in (("flac", "flac"), ("wvunpack", "wvunpack")):
        tool = shutil.which(program)
        try:
            found += [(name, _version(tool, name))] if tool else []
        except children.ChildFailed:
            continue  # it doesn't run
    try:
        answer = children.worker().ask({"do": "decoder"}, b"", _LEAST_TIME)
    except children.ChildFailed:
        return tuple(found)
    return (*found, (answer["tool"], answer["version"])) if "tool" in answer else tuple(found)


def _strict(path: bytes, timeout: float) -> Decode:
    answer = children.worker().ask({"do": "decode"}, path, timeout)
    if "outcome" not in answer:
        # The demuxer itself gave up on a file that carries a known signature.
        return Decode("broken", "PyAV", "", str(answer.get("problem", "")))
    outcome: Outcome = answer["outcome"]
    return Decode(outcome, answer["tool"], answer["version"], answer["detail"])
