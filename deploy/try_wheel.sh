#!/usr/bin/env bash
# Build the wheel, install it away from the repository, and check it as a user without a home who
# may not change it: deploy/try_wheel.sh [PYTHON]. The interpreter must have TrailScope's
# dependencies and hatchling; by default it is that of `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$(realpath --no-symlinks "${1:-.venv/bin/python}")
checks=$PWD/deploy/check_installed.py

place=$(mktemp -d)
trap 'chmod -R u+w "$place"; rm -rf "$place"' EXIT

# From a copy: building leaves files behind in the folder that it builds.
mkdir "$place/source" "$place/elsewhere"
cp -r core dashboard assets .streamlit pyproject.toml README.md LICENSE constraints.txt "$place/source"
"$python" -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$place" "$place/source"
"$python" -m pip install --quiet --no-deps --target "$place/installed" "$place"/trailscope-*.whl
rm -r "$place/source"
chmod -R a-w "$place/installed"

# Another user, unknown to the system, where the kernel lets us be one.
as_stranger=(unshare --user --map-user=12345 --map-group=12345)
if ! "${as_stranger[@]}" true 2>/dev/null; then
    echo "This system has no user namespaces: the checks run as $(id -un)."
    as_stranger=()
fi
cd "$place/elsewhere"
"${as_stranger[@]}" env -i PATH="$PATH" LANG=C.UTF-8 OMP_NUM_THREADS=1 \
    PYTHONPATH="$place/installed" "$python" -P "$checks" --port "${PORT:-8597}"
