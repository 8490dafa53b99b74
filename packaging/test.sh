#!/bin/sh
# Installs what is missing, then checks the whole project:  sh packaging/test.sh [PYTEST ARGUMENTS…]
# Style, types, import contracts, then all tests; the last line is pytest's own unless something before it failed.
set -eu

# The tests start the program hundreds of times: read its modules compiled, whatever the caller's habit.
unset PYTHONDONTWRITEBYTECODE

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
root=$(CDPATH='' cd -- "$here/.." && pwd -P)
# shellcheck source=packaging/environment.sh
. "$root/packaging/environment.sh"

if ! ready run || ! ready test; then
    sh "$root/packaging/install.sh" test
fi
use_private_packages
cd "$root"
export QT_QPA_PLATFORM="${QT_QPA_PLATFORM:-offscreen}"
python=$root/.venv/bin/python
failed=

# check NAME COMMAND…: runs it, remembers a failure, goes on: one run shows everything that is wrong.
check() {
    name=$1
    shift
    printf '%s: ' "$name" >&2
    "$@" >&2 || failed="$failed $name"
}

if ! "$python" -c 'import PySide6.QtWidgets' 2>/dev/null; then
    echo "Qt's libraries are missing: the window is not tested" >&2
    set -- -p no:pytest-qt --ignore-glob='*gui*' "$@"
fi

# While the types keep one processor busy, another collects the tests: each worker would compile all of them for itself.
"$python" -m pytest --collect-only -q "$@" >/dev/null 2>&1 &
check 'ruff check' "$python" -m ruff check .
check 'ruff format' "$python" -m ruff format --check .
check 'mypy' "$python" -m mypy
check 'import contracts' "$python" -c 'from importlinter.cli import lint_imports_command; lint_imports_command(["--no-cache"])'
wait

status=0
# One more worker than the two cores that it is made for: the tests wait for disks and for processes a fifth of their time.
"$python" -m pytest -n 3 --dist worksteal "$@" || status=$?
if [ -n "$failed" ]; then
    printf 'failed before the tests:%s\n' "$failed" >&2
    exit 1
fi
exit "$status"
