"""Apple's Core Audio Format: `desc` (the coding), `kuki` (the decoder's setup), `pakt` (packet lengths) and `data`."""

from __future__ import annotations

from musicvault.audio.formats.layout import Format, Layout, Source, extensions, magic

_MOST_CHUNKS = 4096
_SMALL = 1 << 20
_EDIT_COUNT = 4


def layout(source: Source) -> Layout | None:
    prefix = b""
    spans: list[tuple[int, int]] = []
    position = 8
    for _ in range(_MOST_CHUNKS):
        header = source.read_at(position, 12)
        if len(header) < 12:
            break
        body, size = position + 12, int.from_bytes(header[4:], "big", signed=True)
        end = source.size if size < 0 else min(body + size, source.size)
        if header[:4] in (b"desc", b"kuki"):
            prefix += source.read_at(body, min(end - body, _SMALL))
        elif header[:4] == b"data" and end > body + _EDIT_COUNT:
            # The first four bytes count edits of the file; they are no sound.
            spans.append((body + _EDIT_COUNT, end))
        elif header[:4] == b"pakt" and end > body:
            spans.append((body, end))
        position = end
    return Layout("caf", tuple(spans), prefix) if spans else None


FORMAT = Format("caf", extensions("caf"), magic(b"caff"), layout)
