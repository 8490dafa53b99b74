"""Everything that people and their programs legitimately do to a file. None of it may ever be called damage."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial

from tests.verdicts import tagger
from tests.verdicts.operations import Case, Operation, also, nothing, only
from tests.verdicts.sources import COMPANIONS, ffmpeg
from tests.verdicts.tagger import ID3, PADDABLE, TAGGABLE, UnfitError

_RETAGGED = frozenset({"retagged"})
_INTACT = frozenset({"intact"})
_NO_ALARM = frozenset({"intact", "retagged", "held", "replaced"})
_NO_TAGS = "mutagen writes no tags to it"
_NO_PADDING = "its tags have no padding"
_ID3_ROWS = ("mp1", "mp2", "mp3")
_ENCODERS = {
    "flac": "flac", "mp2": "mp2", "mp3": "libmp3lame", "vorbis": "libvorbis", "opus": "libopus", "speex": "libspeex",
    "oggflac": "flac", "mp4": "aac", "alac": "alac", "asf": "wmav2", "wav": "pcm_s16le", "aiff": "pcm_s16be",
    "wavpack": "wavpack", "tta": "tta", "aac": "aac", "ac3": "ac3", "matroska": "flac", "caf": "pcm_s16be",
    "avi": "mp2",
}  # fmt: skip
_MUXABLE = (*_ENCODERS, "mp1")
_MUXERS = {"oggflac": "ogg", "vorbis": "ogg", "speex": "ogg", "opus": "ogg", "mp1": "mp2", "aac": "adts"}


# -- mutagen


def _tagged(case: Case) -> None:
    """Some tags to begin with, and some padding where there can be any."""
    options = {"padding": _fixed(4000)} if case.row in PADDABLE else {}
    texts = {"title": case.word(), "artist": case.word(), "comment": case.word(), "date": "2019-05-04"}
    tagger.set_texts(case.row, case.path, **texts, **options)


def _small(case: Case) -> None:
    tagger.set_texts(case.row, case.path, title=case.word())


def _large(case: Case) -> None:
    tagger.set_texts(case.row, case.path, comment=f"{case.word()} " * 1800)


def _fixed(amount: int) -> Callable[[object], int]:
    return lambda _: amount


def _padded(amount: int) -> Callable[[Case], None]:
    def pad(case: Case) -> None:
        before = case.path.read_bytes()
        tagger.save(case.row, case.path, tagger.opened(case.row, case.path), padding=_fixed(amount))
        if case.path.read_bytes() == before:
            raise UnfitError("its padding stays as it is")

    return pad


def _with_padding(amount: int) -> Callable[[Case], None]:
    return lambda case: tagger.set_texts(case.row, case.path, title=case.word(), padding=_fixed(amount))


def _cover(case: Case, size: int = 160_000) -> None:
    tagger.set_picture(case.row, case.path, tagger.picture(case.chance, size))


def _no_cover(case: Case) -> None:
    tagger.set_picture(case.row, case.path, None)


def _delete(case: Case) -> None:
    tagger.delete(case.row, case.path)


def _older_version(case: Case) -> None:
    file = tagger.opened(case.row, case.path)
    file.tags.update_to_v23()
    tagger.save(case.row, case.path, file, v2_version=3)


def _ape_beside(case: Case) -> None:
    from mutagen import apev2

    tags = apev2.APEv2()
    tags["Title"] = case.word()
    tags.save(case.path)


def _keeping_mtime(edit: Callable[[Case], None], case: Case) -> None:
    before = case.path.stat()
    edit(case)
    os.utime(case.path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _in_padding(case: Case) -> None:
    size = case.path.stat().st_size
    _keeping_mtime(_small, case)
    if case.path.stat().st_size != size:
        raise UnfitError("the edit didn't fit into the padding")


# -- other taggers


def _tool(name: str, *arguments: str) -> Callable[[Case], None]:
    def run(case: Case) -> None:
        filled = [part.replace("{}", case.word()) for part in arguments]
        done = subprocess.run([name, *filled, str(case.path)], capture_output=True, check=False, timeout=60)
        if done.returncode:
            raise UnfitError(f"{name}: {done.stderr.decode('utf-8', 'replace')[-100:]}")

    return run


_metaflac_quiet = _tool("metaflac", "--preserve-modtime", "--set-tag=GENRE={}")
_eyed3_quiet = _tool("eyeD3", "-Q", "--preserve-file-times", "-t", "{}")


def _installed(name: str, rows: tuple[str, ...]) -> Callable[[str], str]:
    def unable(row: str) -> str:
        if row not in rows:
            return f"{name} doesn't know it"
        return "" if shutil.which(name) else f"{name} isn't installed"

    return unable


def _own_retag(case: Case) -> None:
    case.program.retag(case.path, case.word())


# -- ffmpeg


def _remux(case: Case, *options: str) -> None:
    if not _decodes(case):
        raise UnfitError("it doesn't decode cleanly as it is")
    packets = _packets(case)
    target = case.path.with_name("remuxed" + case.path.suffix)
    muxer = ("-f", _MUXERS[case.row]) if case.row in _MUXERS else ()
    try:
        ffmpeg("-i", str(case.path), "-map", "0:a", "-c", "copy", *options, *muxer, str(target))
    except subprocess.CalledProcessError as error:
        target.unlink(missing_ok=True)
        raise UnfitError(f"ffmpeg: {error.stderr[-100:]!r}") from error
    target.replace(case.path)
    case.notes.append("same packets" if packets == _packets(case) else "other packets")


def _remux_titled(case: Case) -> None:
    _remux(case, "-metadata", f"title={case.word()}")


def _decodes(case: Case) -> bool:
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-err_detect", "explode", "-i", case.path, "-map", "0:a", "-f", "null",
         "-"], capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode == 0 and not done.stderr


def _packets(case: Case) -> bytes:
    """ffmpeg's own digest of the coded packets."""
    done = subprocess.run(
        ["ffmpeg", "-v", "quiet", "-nostdin", "-i", case.path, "-map", "0:a", "-c", "copy", "-f", "md5", "-"],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return done.stdout


def _reencode(case: Case) -> None:
    target = case.path.with_name("coded" + case.path.suffix)
    muxer = ("-f", _MUXERS[case.row]) if case.row in _MUXERS else ()
    quieter = ("-map", "0:a:0", "-af", "volume=0.7", "-c:a", _ENCODERS[case.row])
    strict = ("-strict", "-2")
    try:
        ffmpeg("-i", str(case.path), *quieter, *strict, *muxer, str(target))
    except subprocess.CalledProcessError as error:
        target.unlink(missing_ok=True)
        raise UnfitError(f"ffmpeg: {error.stderr[-100:]!r}") from error
    target.replace(case.path)


# -- files as such


def _touch(case: Case) -> None:
    os.utime(case.path)


def _chmod(case: Case) -> None:
    case.path.chmod(0o600)


def _copied_back(case: Case, *, with_times: bool) -> None:
    aside = case.path.with_name("backup.tmp")
    shutil.copy2(case.path, aside)
    case.path.write_bytes(b"lost")
    (shutil.copy2 if with_times else shutil.copyfile)(aside, case.path)
    aside.unlink()


def _exchanged(case: Case) -> None:
    """The same bytes in another file that takes its place, as rsync and editors do it."""
    aside = case.path.with_name("new.tmp")
    shutil.copyfile(case.path, aside)
    aside.replace(case.path)


def _rename(case: Case) -> None:
    case.path = case.path.rename(case.path.with_name(f"{case.word()}{case.path.suffix}"))


def _to_folder(case: Case) -> None:
    folder = case.path.parent.parent / case.word()
    folder.mkdir()
    case.path = case.path.rename(folder / case.path.name)


def _rename_and_retag(case: Case) -> None:
    _small(case)
    _rename(case)


def _new_content(case: Case) -> None:
    case.path.write_bytes(case.path.read_bytes() + case.word().encode())


_taggable = only(TAGGABLE, _NO_TAGS)
_paddable = also(only(PADDABLE, _NO_PADDING), lambda row: "mutagen can't pad it" if row == "oggflac" else "")
_flac = _installed("metaflac", ("flac",))
_id3v2 = _installed("id3v2", _ID3_ROWS)
_eyed3 = _installed("eyeD3", ("mp3",))
_muxable = only(_MUXABLE, "ffmpeg can't write it")


def _of_tags(name: str, apply: Callable[[Case], None], prepare: Callable[[Case], None] = nothing) -> Operation:
    return Operation(name, _RETAGGED, apply, prepare, _taggable)


EDITS: tuple[Operation, ...] = (
    _of_tags("mutagen: title", _small),
    _of_tags("mutagen: title over title", _small, _tagged),
    _of_tags("mutagen: comment of 70 kB", _large),
    _of_tags("mutagen: cover added", _cover),
    _of_tags("mutagen: cover exchanged", _cover, _cover),
    _of_tags("mutagen: small cover exchanged", partial(_cover, size=9000), partial(_cover, size=9001)),
    _of_tags("mutagen: cover removed", _no_cover, _cover),
    _of_tags("mutagen: all tags deleted", _delete, _tagged),
    Operation("mutagen: padding grown", _RETAGGED, _padded(9000), _with_padding(50), _paddable),
    Operation("mutagen: padding shrunk", _RETAGGED, _padded(50), _with_padding(9000), _paddable),
    Operation("mutagen: ID3v2.4 to 2.3", _RETAGGED, _older_version, _tagged, only(ID3, "its tags have one version")),
    Operation("mutagen: APEv2 beside ID3", _RETAGGED, _ape_beside, nothing, only(_ID3_ROWS, "no second tag is usual")),
    _of_tags("mutagen: title, mtime kept", partial(_keeping_mtime, _small), _tagged),
    _of_tags("mutagen: cover, mtime kept", partial(_keeping_mtime, _cover), _tagged),
    Operation("mutagen: title, mtime and size kept", _RETAGGED, _in_padding, _tagged, _paddable),
    Operation("metaflac: tag", _RETAGGED, _tool("metaflac", "--set-tag=GENRE={}"), _tagged, _flac),
    Operation("metaflac: tag, mtime kept", _RETAGGED, _metaflac_quiet, _tagged, _flac),
    Operation("metaflac: tags removed", _RETAGGED, _tool("metaflac", "--remove-all-tags"), _tagged, _flac),
    Operation("metaflac: padding added", _RETAGGED, _tool("metaflac", "--add-padding=5000"), _tagged, _flac),
    Operation("metaflac: all blocks removed", _RETAGGED, _tool("metaflac", "--remove-all"), _tagged, _flac),
    Operation("metaflac: ReplayGain", _RETAGGED, _tool("metaflac", "--add-replay-gain"), _tagged, _flac),
    Operation("id3v2: title", _RETAGGED, _tool("id3v2", "-t", "{}"), nothing, _id3v2),
    Operation("id3v2: tags deleted", _RETAGGED, _tool("id3v2", "-D"), _tagged, _id3v2),
    Operation("eyeD3: title", _RETAGGED, _tool("eyeD3", "-Q", "-t", "{}"), nothing, _eyed3),
    Operation("eyeD3: title, mtime kept", _RETAGGED, _eyed3_quiet, _tagged, _eyed3),
    Operation("eyeD3: to ID3v2.3", _RETAGGED, _tool("eyeD3", "-Q", "--to-v2.3"), _tagged, _eyed3),
    Operation("eyeD3: tags deleted", _RETAGGED, _tool("eyeD3", "-Q", "--remove-all"), _tagged, _eyed3),
    Operation("musicvault: tag --set", _INTACT, _own_retag, nothing, _taggable),
    Operation("ffmpeg: remux", _NO_ALARM, _remux, nothing, _muxable),
    Operation("ffmpeg: remux with a title", _NO_ALARM, _remux_titled, nothing, _muxable),
    Operation("ffmpeg: coded anew", frozenset({"replaced"}), _reencode, nothing, only(_ENCODERS, "no coder for it")),
    Operation("touch", _INTACT, _touch),
    Operation("chmod", _INTACT, _chmod),
    Operation("cp -p back from a backup", _INTACT, partial(_copied_back, with_times=True)),
    Operation("cp back from a backup", _INTACT, partial(_copied_back, with_times=False)),
    Operation("exchanged for the same bytes", _INTACT, _exchanged),
    Operation("rename", frozenset({"moved"}), _rename),
    Operation("to another folder", frozenset({"moved"}), _to_folder),
    Operation("rename and retag", frozenset({"moved+retagged"}), _rename_and_retag, nothing, _taggable),
    Operation("saved anew", frozenset({"updated"}), _new_content, nothing, only(COMPANIONS, "a track")),
)  # fmt: skip
