#!/usr/bin/env bash
# Makes the networks that find faces and their landmarks again from the data, and measures them.
#
#   recipes/landmarks.sh ../shared/data/sfhq.zip ../shared/data/sfhq_landmarks68.npz runs/landmarks
#
# On one CPU core with bf16 about a quarter of an hour. The pictures of sfhq from 01585 on are kept
# out; with a third set of photos and hand-placed points beside it (PHOTOS=../shared/data/london.zip)
# the table of real photos is printed too, which takes some minutes more.
set -euo pipefail

data=${1:?usage: recipes/landmarks.sh PICTURES.zip POINTS.npz FOLDER}
points=${2:?usage: recipes/landmarks.sh PICTURES.zip POINTS.npz FOLDER}
out=${3:?usage: recipes/landmarks.sh PICTURES.zip POINTS.npz FOLDER}
mien=${MIEN:-.venv/bin/mien}

# Every step goes on where it stopped when the script is started again.
[ -f "$out/landmarks.safetensors" ] ||
    "$mien" train landmarks --kimg "${LANDMARKS_KIMG:-110}" \
        --data "$data" --points "$points" --out "$out/landmarks.safetensors"
[ -f "$out/detector.safetensors" ] ||
    "$mien" train detector --kimg "${DETECTOR_KIMG:-60}" \
        --data "$data" --points "$points" --out "$out/detector.safetensors"
if [ -n "${PHOTOS:-}" ]; then
    "$mien" evaluate alignment --data "$PHOTOS" --detector "$out/detector.safetensors" \
        --landmarks "$out/landmarks.safetensors" --csv "$out/photos.csv"
fi
