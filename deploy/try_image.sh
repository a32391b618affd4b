#!/usr/bin/env bash
# Try the steps of the Dockerfile on a bare Debian root, without Docker:
# deploy/try_image.sh [FOLDER], as root, with debootstrap installed. The root is made in FOLDER and
# kept there; by default it is a temporary one. Folders named in SHARED, such as those of a local
# package index, are seen inside too; PIP_ variables are passed on, as by --build-arg.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly LIMIT_MB=2000

if [ "${1:-}" != --inside ]; then
    root=${1:-$(mktemp -d)/root}
    mkdir -p "$root"
    root=$(realpath "$root")
    release=$(sed -n 's/^FROM debian:\(.*\)-slim$/\1/p' Dockerfile)
    [ -e "$root/bin/sh" ] || debootstrap --variant=minbase "$release" "$root" >/dev/null
    # Mounts are gone when this ends.
    exec unshare --mount --pid --fork "$0" --inside "$root"
fi

root=$2
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev"
for device in null zero random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm"
mount -t tmpfs tmpfs "$root/dev/shm"
without=()
for shared in ${SHARED:-}; do
    without+=(--exclude="$root$shared")
    mkdir -p "$root/$shared"
    mount --bind -o ro "$shared" "$root/$shared"
done
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
mapfile -t pip < <(env | grep '^PIP_' || true)

echo "COPY and RUN"
rm -rf "$root/source" "$root/opt/trailscope"
mkdir "$root/source"
# What starts with **/ is left out at any depth, all else at the top.
tar -c --exclude='__pycache__' --anchored --exclude-from=<(sed '/^\*\*/d; s#^#./#' .dockerignore) . |
    tar -x -C "$root/source"
chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "${pip[@]}" \
    /source/deploy/install.sh /source /opt/trailscope
cp "$root/source/deploy/check_installed.py" "$root/opt/"
rm -r "$root/source"

used_mb=$(du -sB 1000000 --exclude="$root/proc" --exclude="$root/dev" "${without[@]}" "$root" |
    cut -f1)
echo "The root file system takes $used_mb MB."

echo "CMD, as user 1000 on a read-only root"
mount -o remount,bind,ro "$root"
mount -t tmpfs tmpfs "$root/tmp"
chmod 1777 "$root/tmp"
mapfile -t variables < <(sed -n 's/^ENV //p' Dockerfile)
chroot --userspec=1000:1000 "$root" env -i "${variables[@]}" \
    sh -c 'mkdir /tmp/elsewhere && cd /tmp/elsewhere && exec python -P /opt/check_installed.py'

if [ "$used_mb" -gt "$LIMIT_MB" ]; then
    echo "The image would take more than $LIMIT_MB MB." >&2
    exit 1
fi
