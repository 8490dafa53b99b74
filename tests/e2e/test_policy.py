"""The policy from the command line: rules, previews, exit codes, the plan, and taking changes back."""

from __future__ import annotations

from tests.e2e.program import Program, Result, Word


def run(program: Program, *words: Word) -> Result:
    """One command, whatever it exits with."""
    return program.run(*words, code=None)


def protect(program: Program) -> None:
    texts = program.place / "Texts"
    for name in ("masters/one.txt", "masters/two.txt", "rest/three.txt"):
        path = texts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    for label in ("A", "B"):
        (program.place / label).mkdir(exist_ok=True)
    assert run(program, "protect", texts, "--to", program.place / "A").code == 0
    # Everything of this test lies on one disk.
    assert run(program, "policy", "set", "--volumes", "1").code == 0


def test_a_rule_is_tried_made_checked_planned_and_taken_back(program: Program) -> None:
    protect(program)
    assert run(program, "policy", "check").code == 0
    words = ("policy", "add", "Masters", "--scope", "path:masters", "--copies", "3", "--volumes", "1", "--json")
    tried = run(program, *words, "--dry-run")
    assert (tried.code, tried.summary["short"], tried.summary["short_before"]) == (0, 2, 0)
    assert [rule["items"] for rule in tried.of_type("rule")] == [2, 1]
    assert run(program, "policy", "check").code == 0  # nothing was changed by trying
    assert run(program, *words).code == 0
    assert run(program, "drive", "add", program.place / "B", "--label", "B").code == 0

    found = run(program, "policy", "check", "--json")
    assert found.code == 21
    assert {(line["path"], line["rule"], line["copies"]) for line in found.of_type("shortfall")} == {
        ("masters/one.txt", "Masters", 2),
        ("masters/two.txt", "Masters", 2),
    }
    plan = run(program, "plan", "--json")
    assert [line["path"] for line in plan.of_type("step")] == ["masters/one.txt", "masters/two.txt", "rest/three.txt"]
    assert {line["where"] for line in plan.of_type("step")} == {"B"}
    assert run(program, "sync").code == 0
    assert run(program, "plan", "--json").of_type("step") == []
    assert run(program, "policy", "check").code == 0

    assert run(program, "policy", "undo").code == 0
    assert len(run(program, "policy", "show", "--json").of_type("rule")) == 1
    assert run(program, "history", "--verify").code == 0


def test_forbidden_drives_get_nothing_and_keep_what_they_have(program: Program) -> None:
    protect(program)
    assert run(program, "drive", "add", program.place / "B", "--label", "B").code == 0
    assert run(program, "policy", "set", "--not-on", "B").code == 0
    assert run(program, "plan", "--json").of_type("step") == []
    assert run(program, "sync").code == 0
    assert not (program.place / "B" / "MusicVault" / "data" / "texts").exists()
    assert run(program, "policy", "set", "--not-on", "").code == 0
    assert run(program, "sync").code == 0
    assert run(program, "policy", "set", "--not-on", "B").code == 0
    assert run(program, "sync").code == 0
    assert (program.place / "B" / "MusicVault" / "data" / "texts" / "rest" / "three.txt").exists()


def test_toml_goes_out_and_comes_in(program: Program) -> None:
    protect(program)
    text = run(program, "policy", "export").out
    assert "volumes = 1" in text
    file = program.place / "policy.toml"
    file.write_text('[[rule]]\nname = "Rest"\nscope = "path:rest"\ncopies = 4\n\n' + text, "utf-8")
    assert run(program, "policy", "import", file).code == 0
    shown = run(program, "policy", "show", "--json")
    assert [(rule["name"], rule["items"]) for rule in shown.of_type("rule")] == [("Rest", 1), ("Everything", 2)]
    assert shown.of_type("rule")[0]["obstacles"]
    assert run(program, "policy", "move", "Everything", "1").code == 2
    assert run(program, "policy", "remove", "Everything").code == 2
    assert run(program, "policy", "remove", "Rest").code == 0


def test_what_can_t_be_is_refused_and_changes_nothing(program: Program) -> None:
    protect(program)
    before = run(program, "policy", "export").out
    bad = run(program, "policy", "add", "X", "--scope", "year:nonsense")
    assert bad.code == 2
    assert "^" in bad.err
    for words in (
        ("add", "X", "--scope", "copies:<2"),
        ("add", "X", "--scope", ""),
        ("set", "--copies", "1", "--volumes", "3"),
        ("edit", "Nobody", "--copies", "3"),
        ("template", "4-3-2-1"),
        ("import", "/nowhere/at/all.toml"),
    ):
        assert run(program, "policy", *words).code == 2
    out_of_range = run(program, "policy", "set", "--prove-every", "0")
    assert (out_of_range.code, "'--prove-every'" in out_of_range.err) == (2, True)
    unknown = run(program, "policy", "set", "--only-on", "Typo")
    assert (unknown.code, unknown.err) == (2, "musicvault: There is no drive called Typo. Known: A.\n")
    assert run(program, "policy", "export").out == before
    nothing = run(program, "policy", "add", "Nothing", "--scope", "genre:polka", "--json")
    assert nothing.code == 0
    assert nothing.of_type("rule")[0]["items"] == 0


def test_a_promise_that_these_drives_can_t_keep_is_said_to_be_so(program: Program) -> None:
    protect(program)
    assert run(program, "policy", "template", "3-2-1").code == 0
    found = run(program, "policy", "check", "--json")
    assert found.code == 21
    rule = found.of_type("rule")[0]
    assert rule["further_drives"] == 1
    assert any("site" in why for why in rule["obstacles"])
    assert "policy site NAME" in run(program, "drive", "edit", "A", "--site", "office").out, "else it stays one site"
    tried = run(program, "policy", "site", "home", "--dry-run", "--json")
    assert (tried.summary["site"], "short" in tried.summary) == ("home", True)
    scratch = run(program, "policy", "add", "Scratch", "--scope", "path:rest", "--copies", "1", "--json", "--dry-run")
    assert scratch.code == 0, "one copy asks for one drive and one site, whatever the default rule asks for"
    assert (scratch.of_type("rule")[0]["volumes"], scratch.of_type("rule")[0]["sites"]) == (1, 1)
    assert run(program, "policy", "site", "--json").summary["site"] == "", "it was only tried"
    assert run(program, "policy", "site", "home", "--json").summary["site"] == "home"
    assert run(program, "policy", "site", "--json").summary["site"] == "home"
    assert "site: home" in run(program, "history").out
