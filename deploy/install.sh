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
rm -rf /var/lib/apt/lists/*

python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --no-cache-dir --constraint "$source/constraints.txt" "$source"
# Nothing is installed into the environment later.
"$environment/bin/pip" uninstall --quiet --yes pip

id -u 1000 >/dev/null 2>&1 || useradd --uid 1000 --no-create-home --home-dir /tmp trailscope
