# Sourced by run.sh, test.sh and install.sh, which set `root` to the project's folder first.
# shellcheck shell=sh
# shellcheck disable=SC2154  # root

# All that decides what is to be installed.
wanted() { cat "$root/pyproject.toml" "$root/packaging/constraints.txt" "$root/packaging/debian.txt"; }

# ready run|test: succeeds when the stamp, written last by install.sh, holds what is wanted now.
ready() {
    [ -x "$root/.venv/bin/python" ] && [ -f "$root/.venv/ready-$1" ] && wanted | cmp -s - "$root/.venv/ready-$1"
}

# Debian libraries and tools that install.sh unpacked here because this account may not install them.
use_private_packages() {
    private=$root/.deps/root
    [ -d "$private" ] || return 0
    for folder in "$private"/lib/*-linux-gnu* "$private"/usr/lib/*-linux-gnu* "$private"/usr/lib/*-linux-gnu*/pulseaudio; do
        [ ! -d "$folder" ] || LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder
    done
    PATH=$PATH:$private/usr/bin
    export LD_LIBRARY_PATH PATH
    if [ -d "$private/usr/share/X11/xkb" ]; then
        export XKB_CONFIG_ROOT="${XKB_CONFIG_ROOT:-$private/usr/share/X11/xkb}"
    fi
    if [ -f "$root/.deps/fonts.conf" ]; then
        export FONTCONFIG_FILE="${FONTCONFIG_FILE:-$root/.deps/fonts.conf}"
    fi
}
