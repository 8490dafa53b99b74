"""The documents tell the truth: links lead somewhere, pictures are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer

from musicvault.cli import root
from musicvault.settings import Settings
from tests.quality.tracked import PROJECT, tracked

PAGES = [path for path in tracked() if path.suffix == ".md"]
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|<(?:img|a)\b[^>]*\b(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def anchors(page: Path) -> set[str]:
    """The anchors that the usual renderers give to headings."""
    found = set()
    for heading in HEADING.findall(re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower())
        found.add(words.strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_resolve(page: Path) -> None:
    broken = []
    for first, second in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
        target, _, anchor = (first or second).partition("#")
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            broken.append(first or second)
    assert broken == []


def test_the_readme_keeps_its_promises() -> None:
    text = (PROJECT / "README.md").read_text("utf-8")
    for command in ("sh packaging/run.sh", "sh packaging/test.sh"):
        assert command in text
    for page in sorted((PROJECT / "resources" / "docs").glob("*.md")):
        assert f"resources/docs/{page.name}" in text, f"README.md doesn't lead to {page.name}"


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def test_every_command_and_option_is_told() -> None:
    told = "".join((PROJECT / "resources" / "docs" / page).read_text("utf-8") for page in ("cli.md", "policy.md"))
    missing = []
    for name, command in commands(typer.main.get_command(root.app)):
        words = [name.split()[0], name.split()[-1]]
        words += [option for each in command.params for option in each.opts if option.startswith("--")]
        missing += [f"{name} {word}" for word in words if word not in told]
    assert missing == []


def test_every_setting_is_told() -> None:
    told = (PROJECT / "resources" / "docs" / "service.md").read_text("utf-8")
    assert [field.name for field in fields(Settings) if f"`{field.name}`" not in told] == []
