#!/bin/sh
# Installs what MusicVault needs, all below the project's folder but for Debian packages when run as root.
# run.sh and test.sh call it when something is missing:  sh packaging/install.sh run|test
#
#   .venv/            the Python environment; .venv/ready-run and .venv/ready-test are written last
#   .deps/root/       Debian libraries, unpacked where this account may not install them
#
# An installation that was killed starts over. Everything it says goes to standard error.
set -eu

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
root=$(CDPATH='' cd -- "$here/.." && pwd -P)
# shellcheck source=packaging/environment.sh
. "$root/packaging/environment.sh"

purpose=${1:-run}
oldest_python=3.11
venv=$root/.venv
deps=$root/.deps
exec </dev/null 1>&2

say() { printf 'MusicVault: %s\n' "$*" >&2; }

fail() {
    say "$@"
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" = 0 ]; }

# One installation at a time in this folder; the lock dies with its process.
lock() {
    mkdir -p "$deps" 2>/dev/null || fail "needs to install itself, but this account can't write to $root"
    if have flock; then
        exec 9>"$deps/lock"
        flock -n 9 && return
        say 'another installation is at work in this folder; waiting for it'
        flock 9
        return
    fi
    until mkdir "$deps/lock.d" 2>/dev/null; do
        owner=$(cat "$deps/lock.d/pid" 2>/dev/null || echo 0)
        [ "$owner" = 0 ] || kill -0 "$owner" 2>/dev/null || rm -rf "$deps/lock.d"
        sleep 1
    done
    echo $$ >"$deps/lock.d/pid"
    trap 'rm -rf "$deps/lock.d"' EXIT
}

# ---- Debian packages --------------------------------------------------------------------------------------------

# missing_packages GROUP…: the names of those that dpkg doesn't know as installed.
missing_packages() {
    have dpkg-query || return 0
    while read -r group package; do
        case " $* " in *" $group "*) ;; *) continue ;; esac
        case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
        installed) ;;
        *) echo "$package" ;;
        esac
    done <"$root/packaging/debian.txt"
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -o DPkg::Lock::Timeout=300 -qq -y \
        --no-install-recommends install "$@" >"$deps/apt.log" 2>&1
}

# install_packages GROUP…: as root. What can't be had is named; the steps after it judge whether that matters.
install_packages() {
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    say "installing with apt-get: $missing"
    # shellcheck disable=SC2086  # a list of words
    apt_install $missing && return
    apt-get -qq update >"$deps/apt.log" 2>&1 || true
    # shellcheck disable=SC2086
    apt_install $missing && return
    for package in $missing; do
        apt_install "$package" || say "apt-get could not install $package ($(tail -n 1 "$deps/apt.log"))"
    done
}

# private_apt ARGUMENTS…: apt-get with lists and cache of its own, so that it needs no rights.
private_apt() {
    apt-get -c "$deps/apt/apt.conf" -o Debug::NoLocking=1 -o Dir::Cache="$deps/apt" \
        -o Dir::State::Lists="$lists" "$@" >"$deps/apt.log" 2>&1
}

# download_packages FOLDER PACKAGE…: the packages, and what they need that isn't installed, unpacked into FOLDER.
download_packages() {
    target=$1
    shift
    have apt-get && have dpkg-deb || return 1
    rm -rf "$deps/apt" "$target.new"
    mkdir -p "$deps/apt/archives/partial" "$deps/apt/lists/partial"
    # Images of containers clean up root's own cache after every step, which fails here and isn't ours to do.
    printf '#clear %s;\n' APT::Update::Post-Invoke APT::Update::Post-Invoke-Success DPkg::Post-Invoke >"$deps/apt/apt.conf"
    lists=/var/lib/apt/lists
    if ! private_apt -y --no-install-recommends --download-only install "$@"; then
        lists=$deps/apt/lists
        private_apt update || true
        private_apt -y --no-install-recommends --download-only install "$@" || return 1
    fi
    mkdir -p "$target.new"
    for archive in "$deps"/apt/archives/*.deb; do
        [ ! -f "$archive" ] || dpkg-deb -x "$archive" "$target.new" || return 1
    done
    rm -rf "$target" "$deps/apt"
    mv "$target.new" "$target"
}

# unpack_packages GROUP…: without root, into .deps/root, which run.sh puts on the search paths.
unpack_packages() {
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    have apt-get || return 0
    [ "$(cat "$deps/root/.packages" 2>/dev/null)" != "$missing" ] || return 0
    say "unpacking into .deps (no right to install): $missing"
    # shellcheck disable=SC2086  # a list of words
    if ! download_packages "$deps/root" $missing; then
        say "could not get them ($(tail -n 1 "$deps/apt.log")); as root: apt-get install $missing"
        return 0
    fi
    echo "$missing" >"$deps/root/.packages"
    cat >"$deps/fonts.conf" <<'FONTS'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">root/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
FONTS
}

# ---- Python -----------------------------------------------------------------------------------------------------

# find_python: sets `python` to the full path of one that is new enough and whole.
find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        have "$name" || continue
        python=$("$name" -c "
import sys
if sys.version_info < tuple(map(int, '$oldest_python'.split('.'))):
    raise SystemExit(1)
import ctypes, sqlite3, ssl, tomllib, venv
print(sys.executable)" 2>/dev/null) && return 0
    done
    return 1
}

need_python() {
    find_python && return
    if is_root && have apt-cache; then
        for version in 3.14 3.13 3.12 3.11; do
            [ -n "$(apt-cache policy "python$version" 2>/dev/null)" ] || continue
            say "installing with apt-get: python$version python$version-venv"
            apt_install "python$version" "python$version-venv" && find_python && return
        done
    fi
    found=$(python3 -V 2>/dev/null || echo 'no python3')
    fail "needs Python $oldest_python or later with its sqlite3, ssl and venv modules; here is: $found." \
        'Debian 12 and Ubuntu 23.04 or later have it (as root: apt-get install python3 python3-venv);' \
        'elsewhere install one from your distribution or python.org and make it the first python3 in PATH.'
}

# make_environment: an empty environment with pip, from the best source of pip that is here.
make_environment() {
    say "making the Python environment .venv with $("$python" -V)"
    rm -rf "$venv"
    "$python" -m venv --without-pip "$venv"
    "$venv/bin/python" -m ensurepip >/dev/null 2>&1 && return
    site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    "$python" -m pip install --quiet --disable-pip-version-check --target "$site" pip >"$deps/pip.log" 2>&1 && return
    if download_packages "$deps/pip" python3-pip-whl; then
        for wheel in "$deps"/pip/usr/share/python-wheels/pip-*.whl; do
            "$venv/bin/python" "$wheel/pip" install --quiet "$wheel" && return
        done
    fi
    fail 'needs pip to install its Python packages, and found none (as root: apt-get install python3-venv)'
}

# requirements [EXTRA]: one a line, from pyproject.toml.
requirements() {
    "$venv/bin/python" - "$root/pyproject.toml" "$@" <<'PYTHON'
import sys, tomllib
with open(sys.argv[1], "rb") as file:
    project = tomllib.load(file)["project"]
wanted = [project["optional-dependencies"][extra] for extra in sys.argv[2:]] or [project["dependencies"]]
print("\n".join(sum(wanted, [])))
PYTHON
}

# pip_install [EXTRA]
pip_install() {
    requirements "$@" >"$venv/requirements.txt"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input --no-warn-script-location \
        --constraint "$root/packaging/constraints.txt" --requirement "$venv/requirements.txt"
}

has_window_packages() {
    case $(uname -m) in x86_64 | amd64 | aarch64 | arm64) ;; *) return 1 ;; esac
}

install_python_packages() {
    if [ -e "$venv/unfinished" ] || [ ! -e "$venv/ready-run" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
        make_environment
    fi
    : >"$venv/unfinished"
    rm -f "$venv"/ready-*
    say 'installing Python packages into .venv'
    pip_install
    if has_window_packages; then
        say "installing Qt's Python packages (the largest part)"
        pip_install gui
    else
        say "Qt has no Python packages for $(uname -m): there will be no window, the command line works"
    fi
    if [ "$purpose" = test ]; then
        say 'installing what the tests need'
        pip_install test
    fi
    # Relative to site-packages, so the folder may be moved.
    site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo ../../../.. >"$site/musicvault.pth"
}

check_window() {
    has_window_packages || return 0
    use_private_packages
    problem=$("$venv/bin/python" -c 'import PySide6.QtWidgets' 2>&1) && return
    say "the window can't open here: $(echo "$problem" | tail -n 1). The command line works."
}

write_stamp() {
    [ "$purpose" != test ] || cp "$deps/wanted" "$venv/ready-test"
    rm -f "$venv/unfinished"
    mv "$deps/wanted" "$venv/ready-run"
}

lock
if ready run && { [ "$purpose" = run ] || ready test; }; then
    exit 0
fi
# What is asked for now, not what an update puts there while this runs.
wanted >"$deps/wanted"
groups='window sound'
[ "$purpose" = run ] || groups="$groups test"
if is_root && have apt-get; then
    # shellcheck disable=SC2086  # a list of words
    install_packages python $groups
    need_python
    install_python_packages
else
    need_python
    install_python_packages
    unpack_packages window sound
fi
check_window
write_stamp
say 'ready'
