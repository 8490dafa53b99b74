#!/bin/sh
# Puts MusicVault into this account's menu, and lets it watch in the background if asked:
#   sh packaging/integrate.sh            menu entry and icon
#   sh packaging/integrate.sh --watch    the same, and `musicvault watch` from every login on
#   sh packaging/integrate.sh --remove   takes all of it away again
set -eu

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
root=$(CDPATH='' cd -- "$here/.." && pwd -P)
id=io.github.musicvault.MusicVault
data=${XDG_DATA_HOME:-$HOME/.local/share}
config=${XDG_CONFIG_HOME:-$HOME/.config}
menu=$data/applications/$id.desktop
icon=$data/icons/hicolor/scalable/apps/$id.svg
unit=$config/systemd/user/musicvault-watch.service
autostart=$config/autostart/musicvault-watch.desktop

say() { printf 'MusicVault: %s\n' "$*" >&2; }

has_systemd() { command -v systemctl >/dev/null 2>&1 && systemctl --user show-environment >/dev/null 2>&1; }

# place TEMPLATE TARGET: with the command `musicvault` replaced by this folder's run.sh.
place() {
    mkdir -p "${2%/*}"
    sed "s|^\(Exec\(Start\)*=\)musicvault|\1/bin/sh \"$root/packaging/run.sh\"|" "$root/packaging/desktop/$1" >"$2"
    say "wrote $2"
}

remove() {
    if [ -e "$unit" ] && has_systemd; then
        systemctl --user disable --now "${unit##*/}" 2>/dev/null || true
    fi
    for file in "$menu" "$icon" "$unit" "$autostart"; do
        [ ! -e "$file" ] || { rm "$file" && say "removed $file"; }
    done
}

case ${1-} in
--remove)
    remove
    exit 0
    ;;
--watch | '') ;;
*)
    say "unknown argument: $1 (--watch or --remove)"
    exit 2
    ;;
esac
case $root in
*[\"\`\$\\%\|\&]*)
    say "the desktop's files can't name this folder: $root (move it to a plain path)"
    exit 2
    ;;
esac
place "$id.desktop" "$menu"
mkdir -p "${icon%/*}"
cp "$root/resources/icons/musicvault.svg" "$icon"
if [ "${1-}" = --watch ]; then
    if has_systemd; then
        place musicvault-watch.service "$unit"
        systemctl --user daemon-reload
        systemctl --user enable --now "${unit##*/}"
    else
        place musicvault-watch.desktop "$autostart"
    fi
fi
