"""What is inside a music file. Everything here takes hostile input: it never trusts a length or a count.

A *format* is a container family (`formats/`, one module each, registered in `formats/__init__.py`). It knows its
signature, where its coded audio lies (its *layout*, or a streaming *reader* where pages interleave), and which
tag library class reads it. The *essence* is the digest of that coded audio: it survives retagging.

A *scheme* is a way to write tags (ID3, Vorbis comments, APEv2, MP4 atoms, ASF attributes: `schemes/`); a file may carry
several. `tags.read` turns them into one `Wrapper`, `tagging.write` edits them. Names come from `domain.fields`.

*Fingerprint* and *decode check* run other people's decoders, so they run in child processes with a time limit.
"""
