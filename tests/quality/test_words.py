"""One word, one meaning: what people read uses the words of `resources/docs/glossary.md`, and can be translated."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

AVOIDED = {
    r"check-?sums?": "digest",
    r"hash(es|ed|ing)?": "digest",
    r"bit-?rate error": "bit error rate",
    r"medias?\b(?= file)": "item",
    r"synchroni[sz]e": "sync",
}
IN_THE_WINDOW = {r"volumes?\b(?! control)": "drive", r"replicas?": "copy"}


def translated(path: Path) -> Iterator[ast.expr]:
    """Every expression of the module that goes through `tr` or `trn` as a text."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from node.args[: {"tr": 1, "trn": 2}.get(node.func.id, 0)]


def said(path: Path) -> Iterator[tuple[int, str]]:
    """What people read: texts that are translated, and in the front ends every text that looks like a sentence
    (tables of words, help), docstrings aside."""
    tree = ast.parse(path.read_text("utf-8"))
    found = {id(text): text for text in translated(path)}
    if {"cli", "gui", "wording"} & {path.stem, *path.parts}:
        remarks = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found |= {
            id(node): node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in remarks
        }
    for text in found.values():
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and " " in text.value:
            yield text.lineno, text.value


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((PROJECT / "musicvault" / folder).rglob("*.py"))]


def wrong_words(paths: list[Path], words: dict[str, str]) -> list[str]:
    found = []
    for path in paths:
        for line, text in said(path):
            for pattern, better in words.items():
                if re.search(rf"\b{pattern}\b", text, re.IGNORECASE):
                    found.append(f"{path.relative_to(PROJECT)}:{line}: {text!r}: say {better!r}")
    return found


def test_the_glossary_is_used() -> None:
    assert wrong_words(modules("."), AVOIDED) == []


def test_the_window_speaks_of_drives_and_copies() -> None:
    assert wrong_words(modules("gui"), IN_THE_WINDOW) == []


def test_texts_can_be_translated() -> None:
    """Whole texts only (what is put together from pieces can't be translated), with named placeholders (languages
    differ in word order)."""
    wrong = []
    for path in modules("."):
        for text in translated(path):
            where = f"{path.relative_to(PROJECT)}:{text.lineno}"
            if isinstance(text, ast.JoinedStr | ast.BinOp | ast.Call):
                wrong.append(f"{where}: put together from pieces")
            elif isinstance(text, ast.Constant) and unnamed(text.value):
                wrong.append(f"{where}: a placeholder without a name in {text.value!r}")
    assert wrong == []


def unnamed(text: object) -> bool:
    """Whether the text has a placeholder without a name."""
    if not isinstance(text, str):
        return False
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
    except ValueError:  # a lone brace in a text that is never formatted
        return False
    return any(not field or field.isdigit() for field in fields)
