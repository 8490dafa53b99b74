"""Where the sound lies: whatever stands around it, the essence is the digest of exactly these bytes."""

from __future__ import annotations

import struct

import pytest
from blake3 import blake3

from musicvault.audio.formats.mpeg import frame_length
from tests.unit.audio.made import (
    FRAME,
    SOUND,
    ape,
    box,
    chunk,
    essence_of,
    flac,
    id3v1,
    id3v2,
    lyrics3,
    ogg_pages,
    synchsafe,
    wave,
)

XING = FRAME[:36] + b"Xing" + FRAME[40:]

MP3 = {
    "bare": SOUND,
    "ID3v2": id3v2() + SOUND,
    "ID3v2 with a footer": id3v2(flags=0x10) + SOUND,
    "two ID3v2 tags": id3v2() + id3v2("again") + SOUND,
    "zeros behind the tag": id3v2() + bytes(3000) + SOUND,
    "a Xing frame": XING + SOUND,
    "ID3v1": SOUND + id3v1(),
    "extended ID3v1": SOUND + b"TAG+" + bytes(223) + id3v1(),
    "APE": SOUND + ape({"Title": b"One"}),
    "APE without its header": SOUND + ape({"Title": b"One"}, header=False),
    "APE and ID3v1": SOUND + ape({"Title": b"One"}) + id3v1(),
    "Lyrics3 and ID3v1": SOUND + lyrics3() + id3v1(),
    "old Lyrics3": SOUND + b"LYRICSBEGIN" + b"la " * 99 + b"LYRICSEND" + id3v1(),
    "ID3v2 behind": SOUND + id3v2(flags=0x10)[:-10] + b"3DI" + id3v2(flags=0x10)[3:10],
    "ID3v2 behind, unmarked": SOUND + id3v2(),
    "all at once": id3v2() + XING + SOUND + ape({"a1": b"x"}) + lyrics3() + id3v1(),
}


@pytest.mark.parametrize("data", MP3.values(), ids=MP3.keys())
def test_mp3(data: bytes) -> None:
    found = essence_of(data, b"a.mp3")
    assert found is not None
    assert (found.kind, found.size, found.digest) == ("mp3", len(SOUND), blake3(SOUND).digest())


def test_mp3_frame_lengths() -> None:
    assert len(FRAME) == frame_length(FRAME[:4]) == 417
    assert frame_length(b"\xff\xf3\x90\x00") == 72 * 80_000 // 22_050  # version 2: half as long
    assert frame_length(b"\xff\xff\x90\x00") == 12 * 288_000 // 44_100 * 4  # layer 1: slots of 4 bytes


def test_a_flipped_bit_of_sound_shows_everywhere() -> None:
    plain = essence_of(SOUND, b"a.mp3")
    for at in range(4, len(SOUND), 97):
        damaged = bytearray(SOUND)
        damaged[at] ^= 1
        assert essence_of(bytes(damaged), b"a.mp3") != plain


FLAC = b"\xff\xf8" + bytes(99)


@pytest.mark.parametrize(
    "data",
    [
        flac(),
        flac((b"TITLE=Two", b"ARTIST=Me")),
        flac(padding=4096),
        id3v2() + flac(),
        flac() + id3v1(),
        flac() + ape({"Title": b"One"}) + id3v1(),
    ],
    ids=["plain", "retagged", "padded", "ID3v2", "ID3v1", "APE"],
)
def test_flac(data: bytes) -> None:
    found = essence_of(data)
    assert found is not None
    assert (found.kind, found.size, found.digest) == ("flac", len(FLAC), blake3(FLAC).digest())


def test_flac_with_a_comment_block_longer_than_its_length_says() -> None:
    data = bytearray(flac())
    at = data.index(b"\x84") + 1  # the comment block's header; its length follows
    data[at : at + 3] = b"\0\0\3"
    assert essence_of(bytes(data)) == essence_of(flac())


def test_mp4_takes_every_mdat() -> None:
    start = box(b"ftyp", b"M4A ")
    one = essence_of(start + box(b"moov", b"tags") + box(b"mdat", b"one") + box(b"moof", b"") + box(b"mdat", b"two"))
    other = essence_of(start + box(b"moov", b"longer tags") + box(b"free", bytes(9)) + box(b"mdat", b"onetwo"))
    assert one == other
    assert one is not None
    assert one.digest == blake3(b"onetwo").digest()
    wide = struct.pack(">I4sQ", 1, b"mdat", 16 + 6) + b"onetwo"
    assert essence_of(start + wide) == one
    to_the_end = struct.pack(">I4s", 0, b"mdat") + b"onetwo"
    assert essence_of(start + to_the_end) == one


def test_wave_takes_samples_and_their_coding() -> None:
    plain = essence_of(wave())
    assert plain is not None
    assert plain.size == 100
    assert essence_of(wave(chunk(b"LIST", b"INFOINAM\4\0\0\0abc\0"), chunk(b"id3 ", id3v2()))) == plain
    assert essence_of(wave(samples=bytes(100))) != plain
    eight_bit = wave().replace(struct.pack("<HH", 4, 16), struct.pack("<HH", 2, 8))
    assert essence_of(eight_bit) != plain


def test_rf64_keeps_its_sizes_apart() -> None:
    samples = bytes(range(100))
    body = wave(samples=samples)[12:]
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, len(samples), 0, 0))
    at = body.index(b"data")
    big = (
        b"RF64\xff\xff\xff\xffWAVE"
        + ds64
        + body[: at + 4]
        + b"\xff\xff\xff\xff"
        + body[at + 8 :]
        + chunk(b"id3 ", b"x")
    )
    assert essence_of(big) == essence_of(wave(samples=samples))


def test_aiff() -> None:
    comm = struct.pack(">hIh10s", 2, 25, 16, b"\x40\x0e\xac\x44")

    def aiff(*chunks: bytes) -> bytes:
        body = b"AIFF" + b"".join(chunks)
        return b"FORM" + struct.pack(">I", len(body)) + body

    sound = chunk(b"SSND", bytes(8) + bytes(range(100)), ">")
    plain = essence_of(aiff(chunk(b"COMM", comm, ">"), sound))
    assert plain is not None
    assert plain.kind == "aiff"
    assert essence_of(aiff(sound, chunk(b"NAME", b"Song", ">"), chunk(b"COMM", comm, ">"))) == plain


@pytest.mark.parametrize("magic", [b"wvpk", b"TTA1", b"MAC ", b"MPCK", b"MP+\7", b"OFR ", b"\x0b\x77ab", b"ADIF"])
def test_whole_files_less_their_tags(magic: bytes) -> None:
    sound = magic + bytes(range(200))
    plain = essence_of(sound)
    assert plain is not None
    assert plain.digest == blake3(sound).digest()
    assert essence_of(id3v2() + sound + ape({"Title": b"x"}) + id3v1()) == plain


HEAD = b"\x01vorbis" + bytes(23)
SETUP = b"\x05vorbis" + bytes(700)
MUSIC = [bytes([number]) * (number * 90) for number in range(1, 9)] + [b"x" * 255, b"y" * 510]


def _vorbis(comment: bytes, segments: int = 255, music: list[bytes] | None = None) -> list[bytes]:
    packets = [HEAD, b"\x03vorbis" + comment, SETUP, *(MUSIC if music is None else music)]
    return ogg_pages(7, [HEAD], last=False) + ogg_pages(7, packets[1:], segments, first=False)


def test_ogg_survives_new_comments_and_new_pages() -> None:
    plain = essence_of(b"".join(_vorbis(b"TITLE=One")))
    assert plain is not None
    assert plain.kind == "ogg/vorbis"
    for comment in (b"", b"TITLE=Another" * 5000):
        for segments in (1, 3, 200):
            assert essence_of(b"".join(_vorbis(comment, segments))) == plain
            # Empty packets, which some encoders leave at the end, go with the first remux.
            assert essence_of(b"".join(_vorbis(comment, segments, [*MUSIC, b"", b""]))) == plain
    other = essence_of(b"".join(_vorbis(b"TITLE=One", music=[*MUSIC[:-1], b"z" * 510])))
    assert other != plain
    # The same bytes cut into other packets are other sound.
    assert essence_of(b"".join(_vorbis(b"", music=[*MUSIC[:-2], b"x" * 255 + b"y" * 510]))) != plain


def test_ogg_with_other_streams_in_between_and_behind() -> None:
    pages = _vorbis(b"TITLE=One", 20)
    film = ogg_pages(9, [b"\x80theora" + bytes(40), b"pictures" * 99], 1)
    mixed = [*film[:1], *pages[:1], *film[1:], *pages[1:]]
    assert essence_of(b"".join(mixed)) == essence_of(b"".join(pages))
    second = [HEAD, b"\x03vorbis", SETUP, b"other"]
    chained = essence_of(b"".join(pages) + b"".join(ogg_pages(8, second)))
    assert chained is not None
    assert chained != essence_of(b"".join(pages))
    assert chained == essence_of(b"".join(pages) + b"".join(ogg_pages(8, [HEAD, b"\x03vorbisX", *second[2:]])))


def test_ogg_flac_ignores_its_metadata_packets() -> None:
    def made(count: int, *metadata: bytes) -> bytes:
        head = b"\x7fFLAC\1\0" + struct.pack(">H", count) + b"fLaC\0\0\0\x22" + bytes(34)
        return b"".join(ogg_pages(1, [head, *metadata, b"\xff\xf8sound", b"\xff\xf8more"]))

    assert essence_of(made(1, b"\x84comment")) == essence_of(made(2, b"\4another comment", b"\x86picture" * 99))


def _ebml(name: bytes, body: bytes) -> bytes:
    return name + (len(body) | 1 << 28).to_bytes(4, "big") + body


def _matroska(blocks: list[bytes], tags: bytes = b"", together: int = 100) -> bytes:
    entry = _ebml(b"\xae", b"\xd7\x81\x01\x83\x81\x02") + _ebml(b"\xae", b"\xd7\x81\x02\x83\x81\x01")
    clusters = b"".join(
        _ebml(
            b"\x1f\x43\xb6\x75",
            b"\xe7\x81\x00" + b"".join(_ebml(b"\xa3", block) for block in blocks[at : at + together]),
        )
        for at in range(0, len(blocks), together)
    )
    segment = _ebml(b"\x16\x54\xae\x6b", entry) + _ebml(b"\x12\x54\xc3\x67", tags) + clusters
    return _ebml(b"\x1a\x45\xdf\xa3", b"\x42\x82\x84webm") + _ebml(b"\x18\x53\x80\x67", segment)


def test_matroska_takes_the_audio_tracks_frames() -> None:
    sound = [b"\x81\0\0\x80" + bytes([number]) * 50 for number in range(20)]
    film = b"\x82\0\0\x80picture"
    plain = essence_of(_matroska(sound))
    assert plain is not None
    assert plain.size == 1000
    assert essence_of(_matroska([film, *sound, film], b"tags" * 100, together=3)) == plain
    assert essence_of(_matroska(sound[:-1])) != plain


def test_asf_takes_the_data_object() -> None:
    header, data = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")

    def made(tags: bytes, file_id: bytes = bytes(16)) -> bytes:
        inner = bytes(16) + struct.pack("<Q", 24 + len(tags)) + tags
        head = header + struct.pack("<QIH", 30 + len(inner), 1, 0x201) + inner
        return head + data + struct.pack("<Q", 50 + 9) + file_id + bytes(10) + b"the sound" + b"index"

    assert essence_of(made(b"")) == essence_of(made(b"tags" * 99, b"another file id."))


def test_dsf_and_dsdiff() -> None:
    def dsf(tag: bytes) -> bytes:
        body = b"fmt " + struct.pack("<Q", 52) + bytes(40) + b"data" + struct.pack("<Q", 112) + bytes(range(100))
        return b"DSD " + struct.pack("<QQQ", 28, 28 + len(body) + len(tag), 28 + len(body) if tag else 0) + body + tag

    assert essence_of(dsf(b"")) == essence_of(dsf(id3v2()))

    def dff(tag: bytes) -> bytes:
        def part(name: bytes, content: bytes) -> bytes:
            return name + struct.pack(">Q", len(content)) + content

        return part(b"FRM8", b"DSD " + part(b"PROP", b"SND ") + part(b"DSD ", bytes(range(100))) + tag)

    found = essence_of(dff(b""))
    assert found is not None
    assert found == essence_of(dff(b"ID3 " + struct.pack(">Q", 4) + b"tag."))


def test_tak_and_caf() -> None:
    def tak(metadata: bytes) -> bytes:
        return b"tBaK" + b"\1" + len(metadata).to_bytes(3, "little") + metadata + b"\0\0\0\0" + b"the sound"

    assert essence_of(tak(b"")) == essence_of(tak(b"encoder" * 9))

    def caf(edits: int, *more: bytes) -> bytes:
        def part(name: bytes, content: bytes) -> bytes:
            return name + struct.pack(">q", len(content)) + content

        sound = part(b"data", struct.pack(">I", edits) + b"sound")
        return b"caff\0\1\0\0" + part(b"desc", bytes(32)) + b"".join(part(b"info", text) for text in more) + sound

    assert essence_of(caf(0)) == essence_of(caf(7, b"a title"))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", b"a.mp3"),
        (b"no music at all", b"a.mp3"),
        (b"fLaC", b"a.flac"),
        (b"fLaC" + b"\0\xff\xff\xff", b"a.flac"),
        (b"ID3\4\0\0" + synchsafe(100), b"a.mp3"),
        ("\ufeffLog of a rip".encode("utf-16"), b"a.log"),
        (box(b"ftyp", b"M4A ") + box(b"moov", b""), b"a.m4a"),
    ],
)
def test_no_sound_no_essence(data: bytes, name: bytes) -> None:
    assert essence_of(data, name) is None


def test_a_file_that_ends_before_its_size_has_none() -> None:
    from musicvault.audio import essence

    reader = essence.begin(lambda at, length: SOUND[at : at + length], len(SOUND), b"a.mp3")
    reader.feed(memoryview(SOUND)[:500])
    assert reader.finish() is None


def test_ogg_behind_a_page_that_claims_too_much_is_not_forgotten() -> None:
    pages = _vorbis(b"TITLE=One", segments=5)
    wrong = pages[-1][:14] + b"othr" + pages[-1][18:26] + b"\xff" + pages[-1][27:]
    whole = essence_of(b"".join([*pages[:-1], wrong]))
    assert whole is not None
    assert essence_of(b"".join([*pages[:-1], wrong[:-9]])) != whole
