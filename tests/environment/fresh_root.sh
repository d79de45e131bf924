#!/usr/bin/env bash
# What tests/environment/fresh.py runs in namespaces of its own:
# fresh_root.sh FOLDER REPOSITORY MIRROR [SETTINGS OF PIP AND UV ...]
set -euo pipefail
folder=$1 repository=$2 mirror=$3
shift 3
root=$folder/root
clone=/home/newcomer/iteacnet

say() { printf '\n== fresh-test, %s s: %s\n' "$SECONDS" "$*"; }

say "a Debian 13 with python3, python3-venv, make, git, ca-certificates"
debootstrap --variant=minbase --include=python3,python3-venv,make,git,ca-certificates \
    trixie "$root" "$mirror" >"$folder/debootstrap.log" 2>&1 || { tail -n 20 "$folder/debootstrap.log" >&2; exit 1; }

mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
# The registries may be behind a mirror whose certificate only this machine knows.
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
chroot "$root" useradd --create-home newcomer
for settings in "$@"; do
    case $settings in
    "$HOME"/*) target=$root/home/newcomer/${settings#"$HOME"/} ;;
    *) target=$root$settings ;;
    esac
    install -D -m 644 "$settings" "$target"
done
git clone --quiet --no-hardlinks "$repository" "$root$clone"
chroot "$root" chown -R newcomer: /home/newcomer

newcomer() {
    say "$*"
    mapfile -t passed_on <"$folder/environment"
    chroot --userspec=newcomer:newcomer "$root" /usr/bin/env -i "${passed_on[@]}" \
        HOME=/home/newcomer USER=newcomer PATH=/usr/local/bin:/usr/bin:/bin \
        bash -c "cd $clone && $*"
}

newcomer 'python3 --version && git log --oneline -1'
newcomer make run
newcomer test -s build/report/demo/index.html
newcomer grep -q ITEACNet build/report/index.html
newcomer '! test -e .venv/bin/pytest'
newcomer du -sh .venv
newcomer PYTEST_ADDOPTS="'-m fresh'" make test
say "make run again: nothing is installed, nothing is done"
newcomer make run 2>&1 | tee "$folder/again.log"
grep -q "Nothing to be done" "$folder/again.log"
