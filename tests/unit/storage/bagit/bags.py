"""Bags made by hand, with the flaws that a test wants."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PAYLOAD = {"data/one.txt": b"one", "data/sub/two.txt": b"two"}


@dataclass
class Bag:
    """A bag that is valid until a test changes something: `write` it last. `lists` has each manifest's lines."""

    root: Path
    version: str = "1.0"
    encoding: str = "UTF-8"
    files: dict[str, bytes] = field(default_factory=lambda: dict(PAYLOAD))
    algorithms: tuple[str, ...] = ("sha256",)
    declaration: bytes | None = None
    lists: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for algorithm in self.algorithms:
            self.lists[f"manifest-{algorithm}.txt"] = [
                line(algorithm, content, name) for name, content in self.files.items()
            ]

    def add(self, text: str, manifest: str | None = None) -> None:
        self.lists[manifest or next(iter(self.lists))].append(text)

    def write(self, *, tag_manifest: bool = True) -> Path:
        for name, content in self.files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (self.root / "data").mkdir(parents=True, exist_ok=True)
        (self.root / "bagit.txt").write_bytes(
            f"BagIt-Version: {self.version}\nTag-File-Character-Encoding: {self.encoding}\n".encode()
            if self.declaration is None
            else self.declaration
        )
        for name, text in self.lists.items():
            (self.root / name).write_bytes("".join(one + "\n" for one in text).encode(self.encoding))
        if tag_manifest:
            self.sign()
        return self.root

    def sign(self, algorithm: str = "sha256") -> None:
        """A tag manifest over what lies in the root."""
        names = sorted(p.name for p in self.root.iterdir() if p.is_file() and not p.name.startswith("tagmanifest"))
        text = "".join(line(algorithm, (self.root / name).read_bytes(), name) + "\n" for name in names)
        (self.root / f"tagmanifest-{algorithm}.txt").write_bytes(text.encode(self.encoding))


def line(algorithm: str, content: bytes, name: str) -> str:
    return f"{digest(algorithm, content)}  {name}"


def digest(algorithm: str, content: bytes) -> str:
    made = hashlib.new(algorithm.replace("-", "") if algorithm.startswith("sha-") else algorithm, content)
    return made.hexdigest(20) if algorithm.startswith("shake") else made.hexdigest()  # type: ignore[call-arg]


def contents(root: Path) -> Mapping[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
