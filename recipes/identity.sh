#!/usr/bin/env bash
# Makes the judge of identity again from the data, and measures it on real people.
#
#   recipes/identity.sh ../shared/data/sfhq.zip ../shared/data/london.zip runs/identity
#
# About six minutes of one free core with bf16. The landmarks sfhq_landmarks68.npz and
# london_landmarks189.npz are found beside the data. Pictures 01585–01784 of sfhq.zip are kept out
# and tried at the end; london.zip teaches and tunes nothing.
set -euo pipefail

data=${1:?usage: recipes/identity.sh FACES.zip PEOPLE.zip FOLDER}
people=${2:?usage: recipes/identity.sh FACES.zip PEOPLE.zip FOLDER}
out=${3:?usage: recipes/identity.sh FACES.zip PEOPLE.zip FOLDER}
mien=${MIEN:-.venv/bin/mien}
mkdir -p "$out"

[ -f "$out/identity.safetensors" ] ||
    "$mien" train identity --data "$data" --kimg "${KIMG:-50}" --out "$out/identity.safetensors"
"$mien" evaluate identity --data "$people" --judge "$out/identity.safetensors" \
    --out "$out/identity.json" --force
