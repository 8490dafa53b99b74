"""Writing XML 1.0 as a stream: elements in the order in which they come, text that any parser takes."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from musicvault.storage.delivery import Write

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (section 2.2) can't hold in any spelling."""


def legible(text: str) -> str:
    """The text with what XML can't hold written as `\\xNN` or `\\uNNNN`."""
    return _FORBIDDEN.sub(_code, text)


def _code(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class Document:
    """An XML document that is being written, indented by one blank a level. Names carry their prefix."""

    def __init__(self, output: Write) -> None:
        self._output = output
        self._open: list[str] = []
        output(b'<?xml version="1.0" encoding="UTF-8"?>\n')

    def begin(self, name: str, **attributes: str) -> None:
        """Open an element; `xsi__type` stands for the attribute `xsi:type`."""
        self._line(f"<{name}{_attributes(attributes)}>")
        self._open.append(name)

    def end(self) -> None:
        """Close the innermost open element."""
        name = self._open.pop()
        self._line(f"</{name}>")

    def leaf(self, name: str, text: str, **attributes: str) -> None:
        """An element that holds text only."""
        self._line(f"<{name}{_attributes(attributes)}>{escape(legible(text), {chr(13): '&#13;'})}</{name}>")

    def _line(self, text: str) -> None:
        self._output((" " * len(self._open) + text + "\n").encode("utf-8"))


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f" {name.replace('__', ':')}={quoteattr(legible(value))}" for name, value in attributes.items())
