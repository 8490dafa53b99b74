"""Names of files, kept as the bytes that the file system gave, shown as text that can't do harm.

A `RelPath` is bytes below a root, joined by `b"/"`, without a leading slash, `.` or `..`.
"""

from __future__ import annotations

import base64
import unicodedata

RelPath = bytes


def display(raw: bytes) -> str:
    """The name as text for people. Bytes that aren't UTF-8 and control characters become `\\xNN`
    (lossy on purpose: `raw_base64` carries the truth where it matters)."""
    text = raw.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    # Cf covers the bidirectional overrides that make "gpj.exe" read as "exe.jpg".
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def is_exact(raw: bytes) -> bool:
    """Whether `display` shows the name without loss, so that scripts need no `path_raw`."""
    try:
        return raw.decode("utf-8") == display(raw)
    except UnicodeDecodeError:
        return False


def raw_base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def split(path: RelPath) -> tuple[bytes, bytes]:
    """Folder and name: `b"a/b/c.flac"` gives `(b"a/b", b"c.flac")`."""
    folder, _, name = path.rpartition(b"/")
    return folder, name


def join(folder: bytes, name: bytes) -> RelPath:
    return folder + b"/" + name if folder else name


def is_safe(path: RelPath) -> bool:
    """Whether the path stays below its root: text out of a manifest or journal is hostile."""
    if not path or path.startswith((b"/", b"~")) or b"\0" in path:
        return False
    return all(part not in (b"", b".", b"..") for part in path.split(b"/"))


def folded(text: str) -> str:
    """Case and normal form folded away: equal for NFC/NFD twins and for names that differ in case only."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
