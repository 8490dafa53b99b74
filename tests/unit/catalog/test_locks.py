"""A lock ends with its block, whoever was forked meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = """
import os, sys
from pathlib import Path
from musicvault.catalog import locks
catalog, ended = Path(sys.argv[1]), os.pipe()
with locks.held(catalog, "vault-1", "sync"):
    child = os.fork()
    if not child:
        os.read(ended[0], 1)  # has all files of its parent still: it has not run its program yet
        os._exit(0)
    print(locks.is_held(catalog, "vault-1"))
print(locks.is_held(catalog, "vault-1"))
os.write(ended[1], b"x")
os.waitpid(child, 0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is forked there")
def test_a_child_that_was_just_forked_keeps_no_lock(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, tmp_path / "catalog.sqlite3"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False"]
