#!/bin/sh
# The image's one step, on a bare Debian, as root: deploy/install.sh SOURCE ENVIRONMENT
# installs what TrailScope needs of the system, itself, and the user it runs as.
set -eu
source=$1
environment=$2

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# RDKit's drawing code is linked against these three.
apt-get install -qq -y --no-install-recommends \
    ca-certificates python3 python3-venv libexpat1 libxext6 libxrender1
apt-get clean
rm -rf /var/lib/apt/lists/*

python3 -m venv "$environment"
python="$environment/bin/python"
"$python" -m pip install --quiet --no-cache-dir --no-compile --constraint "$source/constraints.txt" \
    "$source"
packages=$("$python" -c "import sysconfig; print(sysconfig.get_path('purelib'))")
# C++ headers, PyTorch's own tests, and pip: nothing is built or installed here later.
rm -rf "$packages/torch/include" "$packages/torch/test"
"$python" -m pip uninstall --quiet --yes pip
# Compiled now, as the user who runs it may not write here; all there is would take 250 MB more.
cd /
"$python" -W ignore - <<'END'
from importlib import import_module
from pkgutil import walk_packages

import core
import dashboard
import streamlit.web.cli
import streamlit.web.server.starlette

for package in (core, dashboard):
    for module in walk_packages(package.__path__, f"{package.__name__}."):
        if module.name.rsplit(".", 1)[-1] not in ("__main__", "app", "page"):
            import_module(module.name)
END
"$python" -m compileall -q "$packages/core" "$packages/dashboard"
"$environment/bin/trailscope" score CCO --permutations 2 >/dev/null

id -u 1000 >/dev/null 2>&1 || useradd --uid 1000 --no-create-home --home-dir /tmp trailscope
