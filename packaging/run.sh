#!/bin/sh
# Installs what is missing, then runs MusicVault:  sh packaging/run.sh [ARGUMENTS…]
# Without arguments the window opens; on a machine without a screen it prints how things stand.
set -eu

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
root=$(CDPATH='' cd -- "$here/.." && pwd -P)
# shellcheck source=packaging/environment.sh
. "$root/packaging/environment.sh"

ready run || sh "$root/packaging/install.sh" run
use_private_packages
# Modules that have to be compiled at every start take longer than the start itself.
unset PYTHONDONTWRITEBYTECODE
# -P: nothing in the folder that the user happens to stand in is ever imported.
exec "$root/.venv/bin/python" -P -m musicvault "$@"
