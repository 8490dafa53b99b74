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


def tables(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """Module-level dictionaries of words, by name: `tr(_WORDS[key])` is as good as a literal."""
    found = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Dict):
            found[target.id] = value.values
    return found


def texts(path: Path) -> Iterator[tuple[int, str | None]]:
    """Every text of the module that goes through `tr` or `trn` with its line; None where it is no literal."""
    tree = ast.parse(path.read_text("utf-8"))
    words = tables(tree)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        for text in node.args[: {"tr": 1, "trn": 2}.get(node.func.id, 0)]:
            if isinstance(text, ast.Subscript) and isinstance(text.value, ast.Name):
                choices = words.get(text.value.id, [text])
            elif isinstance(text, ast.IfExp):
                choices = [text.body, text.orelse]
            else:
                choices = [text]
            for choice in choices:
                literal = isinstance(choice, ast.Constant) and isinstance(choice.value, str)
                yield node.lineno, choice.value if literal else None


def said(path: Path) -> Iterator[tuple[int, str]]:
    """Every text of the module that people read: translated texts, and the help of the command line."""
    yield from ((line, text) for line, text in texts(path) if text is not None)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.keyword(arg="help" | "epilog" | "metavar", value=ast.Constant(value=str(text)) as value):
                yield value.lineno, text


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
    """Literals only (tools extract them), and named placeholders (languages differ in word order)."""
    wrong = []
    for path in modules("."):
        for line, text in texts(path):
            where = f"{path.relative_to(PROJECT)}:{line}"
            if text is None:
                wrong.append(f"{where}: not a literal text")
            elif any(field == "" or (field or "x").isdigit() for field in placeholders(text)):
                wrong.append(f"{where}: a placeholder without a name in {text!r}")
    assert wrong == []


def placeholders(text: str) -> list[str | None]:
    try:
        return [field for _, field, _, _ in string.Formatter().parse(text)]
    except ValueError:  # a lone brace in a text that is never formatted
        return []
