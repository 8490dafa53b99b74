"""The demo: a little library of real sound, two pretend drives, damage of several kinds, found and healed.

Everything happens in one folder of its own, with a catalog of its own. The pretend drives are folders that share a
disk, so the demo's policy asks for three copies, but not for separate disks.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from musicvault.audio import tagging
from musicvault.catalog import items, libraries, replicas, rules, vaults
from musicvault.domain.notices import Finished, ItemDone, Job, Notice
from musicvault.domain.paths import split
from musicvault.domain.verdict import Verdict
from musicvault.engine.context import Context
from musicvault.engine.drives import add_drive
from musicvault.engine.protect import protect
from musicvault.engine.repair import repair
from musicvault.engine.scrub import scrub
from musicvault.engine.sync import sync
from musicvault.errors import UsageError
from musicvault.language import tr, trn

MUSIC = Path(__file__).resolve().parent.parent.parent / "resources" / "demo" / "music"
CATALOG_NAME = "catalog.sqlite3"

FLIPPED = b"Johann Sebastian Bach/The Well-Tempered Clavier/01 Prelude in C.flac"
SCRATCHED = b"Traditional/English Songs/01 Greensleeves.mp3"
CUT = b"Traditional/English Songs/02 Scarborough Fair.ogg"
VANISHED = b"Ludwig van Beethoven/Ode to Joy.opus"
RETAGGED = "Erik Satie/Gymnopédies/01 Gymnopédie No. 1.m4a".encode()

_STEPS = 6
_A_WHILE_AGO_NS = 1_577_880_000 * 10**9  # the music wasn't made a second ago


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays: the library's folder and the drives' folders."""

    library: bytes
    drives: tuple[bytes, ...]


def demo(ctx: Context, folder: Path) -> Job:
    """The whole story, told step by step. Counts: `items`, `copied`, `damaged`, `repaired`; exit code 20 if in the end
    anything isn't healed. Raises UsageError where `folder` holds something that the demo didn't make."""
    stage = prepare(ctx, folder)
    files = trn("{count} file", "{count} files", sum(len(names) for _, _, names in os.walk(stage.library)))
    yield _step(1, tr("Here is a little library: music in seven formats, covers and a playlist, {files}.", files=files))
    yield _note(tr("Two folders play the part of drives. They share a disk, so the policy asks for 3 copies on 1."))
    counts: Counter[str] = Counter()
    yield from _part(protect(ctx, [stage.library], stage.drives, fingerprints=False), counts, "items", "copied")
    yield _note(tr("Each drive now holds a copy of every file: written, read back from the disk and compared."))
    yield _step(2, tr("Now the disks begin to lie."))
    for sentence in harm(ctx):
        yield _note(sentence)
    yield _step(3, tr("A scrub reads every copy from its medium and says what it found:"))
    yield from _part(scrub(ctx), counts)
    yield _step(4, tr("Repair rebuilds each damaged copy from a good one; the damaged bytes are kept aside:"))
    yield from _part(repair(ctx), counts, "repaired")
    yield _step(5, tr("Your comment was no damage: it goes to the drives. The older version is kept there a while."))
    yield from _part(sync(ctx), counts)
    yield _step(6, tr("Another scrub, to be sure."))
    code = yield from _part(scrub(ctx), counts)
    yield _note(tr("Every copy is what it should be.") if code == 0 else tr("Something is left: see above."))
    yield Finished("demo", dict(counts), code)


def prepare(ctx: Context, folder: Path) -> Stage:
    """Lay out library and drives in `folder`, which must be empty but for the catalog."""
    others = [entry.name for entry in folder.iterdir() if not entry.name.startswith(CATALOG_NAME)]
    if others or libraries.every(ctx.catalog):
        raise UsageError(tr("{folder} is not empty. Give the demo a folder of its own.", folder=folder))
    library = folder / tr("Music")
    shutil.copytree(MUSIC, library)
    for path in library.rglob("*"):
        os.utime(path, ns=(_A_WHILE_AGO_NS, _A_WHILE_AGO_NS))
    drives = []
    for name in (tr("Drive A"), tr("Drive B")):
        (folder / name).mkdir()
        drives.append(os.fsencode(folder / name))
    with ctx.catalog.transaction(ctx.now()) as transaction:
        rules.set_default(transaction, replace(rules.default_rule(ctx.catalog), copies=3, volumes=1))
    for place in drives:
        add_drive(ctx, place)
    return Stage(os.fsencode(library), tuple(drives))


def damaged_stage(ctx: Context, folder: Path) -> Job:
    """Library and drives, protected, then damaged and scrubbed: what the window opens on."""
    stage = prepare(ctx, folder)
    yield from protect(ctx, [stage.library], stage.drives, fingerprints=False)
    harm(ctx)
    yield from scrub(ctx)


def harm(ctx: Context) -> tuple[str, ...]:
    """Damage copies as disks do, and edit a tag as people do. Gives a sentence for each."""
    library = libraries.every(ctx.catalog)[0]
    first, second = vaults.every(ctx.catalog)
    _change_byte(os.path.join(library.root, FLIPPED), 0.6)
    _change_byte(_copy_of(ctx, first, SCRATCHED), b"Greensleeves")
    _cut_short(_copy_of(ctx, first, CUT))
    os.unlink(_copy_of(ctx, second, VANISHED))
    tagging.write(os.path.join(library.root, RETAGGED), {"comment": ("My favourite",)})
    return (
        tr("In your library one byte of sound changes in the Prelude; its size and date stay as they were."),
        tr(
            "On {drive} a byte changes in the tags of Greensleeves, and Scarborough Fair is cut short.",
            drive=first.label,
        ),
        tr("On {drive} the Ode to Joy vanishes.", drive=second.label),
        tr("And you write a comment into the Gymnopédie with another program. That is no damage."),
    )


# -- the story


def _step(step: int, sentence: str) -> Notice:
    return ItemDone("noted", b"", tr("Step {step} of {steps}", step=step, steps=_STEPS), reason=sentence)


def _note(sentence: str) -> Notice:
    return ItemDone("noted", b"", reason=sentence)


def _part(job: Job, counts: Counter[str], *keys: str) -> Generator[Notice, None, int]:
    """A part of the story: its notices, with `keys` of its counts and new damage added up. Gives its exit code."""
    code = 0
    for notice in job:
        if isinstance(notice, Finished):
            code = notice.exit_code
            counts.update({key: notice.counts.get(key, 0) for key in keys})
            continue
        if isinstance(notice, ItemDone) and notice.finding is not None and notice.finding.healed is None:
            verdict = notice.finding.verdict
            counts["damaged"] += verdict.is_damage or verdict is Verdict.MISSING
        yield notice
    return code


# -- damage


def _copy_of(ctx: Context, vault: vaults.Vault, path: bytes) -> bytes:
    item = items.by_path(ctx.catalog, libraries.every(ctx.catalog)[0].id, *split(path))
    assert item is not None
    replica = replicas.in_vault(ctx.catalog, vault.id, item.id)
    assert replica is not None
    return os.path.join(vault.folder, replica.path)


def _change_byte(path: bytes, where: float | bytes) -> None:
    """One byte, its times kept: at a share of the file, or in the middle of some text."""
    before = os.stat(path)
    with open(path, "r+b") as file:
        data = file.read()
        place = data.index(where) + len(where) // 2 if isinstance(where, bytes) else int(len(data) * where)
        file.seek(place)
        file.write(bytes([data[place] ^ 0x04]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _cut_short(path: bytes) -> None:
    before = os.stat(path)
    os.truncate(path, before.st_size * 2 // 3)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
