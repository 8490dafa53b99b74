"""Every command keeps the contract that all of them share."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from musicvault.cli import root
from musicvault.cli.session import Session

CHANGING = {
    "protect", "library add", "library remove", "library exclude", "library move", "drive add", "drive remove",
    "drive label", "drive edit", "drive retire", "drive replace", "drive eject",
    "scan", "sync", "scrub", "check", "drill", "rebuild", "watch", "repair", "restore", "export bag",
    "accept", "reject", "forget", "policy set", "tag",
}  # fmt: skip


def commands() -> dict[str, Any]:
    """Every leaf command by its words."""
    group: Any = typer.main.get_command(root.app)
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= {f"{name} {below}": leaf for below, leaf in command.commands.items()}
        else:
            found[name] = command
    return found


LEAVES = commands()


def options_of(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("name", sorted(LEAVES))
def test_every_command_has_help_an_example_and_the_common_options(name: str) -> None:
    command = LEAVES[name]
    assert {"--json", "--catalog", "--verbose"} <= options_of(command)
    assert inspect.cleandoc(command.help or "").endswith((".", "`"))
    result = CliRunner().invoke(root.app, [*name.split(), "--help"], obj=Session())
    assert result.exit_code == 0
    assert "For example:" in result.output
    assert f"musicvault {name}" in " ".join(result.output.split("For example:")[1].split())


@pytest.mark.parametrize("name", sorted(LEAVES))
def test_what_an_option_takes_has_a_plain_name(name: str) -> None:
    result = CliRunner().invoke(root.app, [*name.split(), "--help"], obj=Session())
    assert re.findall(r"<(?!html)[\w ]+>", result.output.split("For example:")[0].split("Options:")[1]) == []


@pytest.mark.parametrize("name", sorted(CHANGING))
def test_what_changes_something_can_be_tried_out(name: str) -> None:
    assert "--dry-run" in options_of(LEAVES[name])


@pytest.mark.parametrize("name", ["accept", "reject", "forget", "tag"])
def test_what_acts_on_many_files_asks_first(name: str) -> None:
    assert "--yes" in options_of(LEAVES[name])


def test_short_helps_fit_their_line() -> None:
    for name, command in LEAVES.items():
        assert not command.get_short_help_str(64).endswith("..."), name


def test_commands_of_later_issues_are_not_stubbed() -> None:
    assert not {"identify", "duplicates", "audit"} & set(LEAVES)


def test_root_help_lists_every_command_under_a_section() -> None:
    result = CliRunner().invoke(root.app, ["--help"], obj=Session())
    for title, names in root.SECTIONS.items():
        assert f"{title}:" in result.output
        for name in names:
            assert f"\n  {name} " in result.output
