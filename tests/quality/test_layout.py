"""The tree stays readable: small modules, honest names, essays where a package begins."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = sorted((PROJECT / "musicvault").rglob("*.py"))
ALL = [*PACKAGE, *sorted((PROJECT / "tests").rglob("*.py"))]

LONGEST_MODULE = 500
LONGEST_FUNCTION = 60
NO_IDEA = {"utils", "util", "helpers", "helper", "manager", "managers", "misc", "common", "stuff"}


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def test_modules_fit_in_a_head() -> None:
    lines = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in ALL}
    assert {name: count for name, count in lines.items() if count > LONGEST_MODULE} == {}


def test_functions_do_one_thing() -> None:
    long = {}
    for path in PACKAGE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{name_of(path)}:{node.lineno} {node.name}"] = length
    assert long == {}


def test_names_say_what_is_inside() -> None:
    parts = {part for path in ALL for part in path.relative_to(PROJECT).with_suffix("").parts}
    assert parts & NO_IDEA == set()


SQL = re.compile(
    r"\s*(SELECT\s|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA\s|CREATE (TABLE|INDEX))"
    r"|.*\b(FROM|JOIN) \w+ "
)


def test_sql_stays_in_the_catalog() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in PACKAGE
        if PROJECT / "musicvault" / "catalog" not in path.parents
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert found == []


def test_modules_open_with_what_they_are() -> None:
    texts = {name_of(path): path.read_text("utf-8") for path in PACKAGE}
    assert [name for name, text in texts.items() if text and not ast.get_docstring(ast.parse(text))] == []
