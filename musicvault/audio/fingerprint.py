"""Acoustic fingerprints (Chromaprint, algorithm 2, first 120 s): the same recording, whatever its format.

Never evidence of fixity. Computed by `fpcalc`, else by the ffmpeg that imageio-ffmpeg brings: always a child process.
"""

from __future__ import annotations

import array
import json
import os
import shutil
import sys
from functools import lru_cache
from typing import Any

from musicvault.audio import children
from musicvault.domain.paths import display
from musicvault.domain.values import Fingerprint
from musicvault.errors import ItemError, reason_of

LENGTH = 120
"""Seconds of sound that a fingerprint covers: AcoustID's convention."""
_NOTHING = "there is no sound in it to fingerprint"


def calculate(path: bytes, timeout: float = 120.0) -> Fingerprint:
    """The fingerprint of a file's first audio stream. Raises ItemError ("fingerprint") where there is none:
    silence, fewer than about three seconds, undecodable content, or no tool at hand."""
    try:
        # Tools open the file themselves and blame the format for every failure: ask the system first.
        os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        raise ItemError(display(path), "fingerprint", reason_of(error)) from error
    try:
        tool = shutil.which("fpcalc")
        found = _fpcalc(tool, path, timeout) if tool else _ffmpeg(path, timeout)
    except children.ChildFailed as error:
        raise ItemError(display(path), "fingerprint", str(error)) from error
    except ValueError as error:
        raise ItemError(display(path), "fingerprint", str(error) or _NOTHING) from error
    return found


def is_available() -> bool:
    """Whether there is a tool to compute fingerprints with."""
    if shutil.which("fpcalc"):
        return True
    try:
        import imageio_ffmpeg

        return bool(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return False


def _fpcalc(tool: str, path: bytes, timeout: float) -> Fingerprint:
    # fpcalc 1.5.1 takes the end of a short file for an error; -ignore-errors keeps what was decoded.
    options = ["-raw", "-json", "-ignore-errors", "-length", str(LENGTH)]
    done = children.run([tool, *options, os.path.abspath(path)], timeout)
    if done.code < 0:
        raise ValueError(f"fpcalc crashed (signal {-done.code})")
    try:
        answer: dict[str, Any] = json.loads(done.output)
        items = tuple(int(item) & 0xFFFFFFFF for item in answer["fingerprint"])
        duration = float(answer["duration"])
    except (ValueError, KeyError, TypeError):
        raise ValueError(_last_words(done.errors)) from None
    if not items:
        raise ValueError(_NOTHING)
    return Fingerprint(duration, items, _version(tool))


def _last_words(errors: str) -> str:
    lines = [line.removeprefix("ERROR: ") for line in errors.splitlines() if line.strip()]
    if not lines or "mpty fingerprint" in lines[-1]:
        return _NOTHING
    return lines[-1][:200]


@lru_cache(maxsize=4)
def _version(tool: str) -> str:
    words = children.run([tool, "-version"], 10.0).output.decode("utf-8", "replace").split()
    return f"fpcalc {words[2]}" if len(words) > 2 else "fpcalc"


def _ffmpeg(path: bytes, timeout: float) -> Fingerprint:
    """The chromaprint muxer of ffmpeg: equal on lossless files, at most 1 bit in 10,000 off on lossy ones."""
    try:
        import imageio_ffmpeg

        tool = imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        raise ValueError("neither fpcalc nor ffmpeg is installed") from error
    arguments = [tool, "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-i", os.path.abspath(path)]
    arguments += ["-map", "0:a:0", "-t", str(LENGTH), "-f", "chromaprint", "-fp_format", "raw", "-algorithm", "1"]
    done = children.run([*arguments, "pipe:1"], timeout)
    usable = len(done.output) - len(done.output) % 4
    items = array.array("I", done.output[:usable])
    if sys.byteorder == "big":
        items.byteswap()
    if not items:
        raise ValueError(_last_words(done.errors))
    description = children.worker().ask({"do": "describe"}, path, timeout)
    version = imageio_ffmpeg.get_ffmpeg_version()
    return Fingerprint(float(description.get("duration", 0.0)), tuple(items), f"ffmpeg {version}")
