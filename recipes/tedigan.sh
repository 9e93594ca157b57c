#!/usr/bin/env bash
# Makes again what photos, sketches, label maps and words of a generator need: TediGAN's parts.
#
#   recipes/tedigan.sh portraits runs/tedigan ../shared/data/faces.zip ../shared/data/sfhq.zip
#
# The generator must have an encoder and codes, as `mien train faces` writes them (recipes/faces.sh);
# a file of a run will do. Label tables are found beside the data. Each step goes on where it stopped
# when the script is started again. Minutes on one core: sketch 30, label 30 after the maps, words 5,
# head hours; with HEAD_KIMG=0 the head is left out. What comes out is for that generator only, and
# says so.
set -euo pipefail

model=${1:?usage: recipes/tedigan.sh MODEL FOLDER DATA...}
out=${2:?usage: recipes/tedigan.sh MODEL FOLDER DATA...}
shift 2
[ $# -gt 0 ] || { echo "usage: recipes/tedigan.sh MODEL FOLDER DATA..." >&2; exit 2; }
mien=${MIEN:-.venv/bin/mien}
data=()
for set in "$@"; do data+=(--data "$set"); done

"$mien" train sketch-encoder --model "$model" "${data[@]}" --faces "${FACES:-2000}" \
    --kimg "${SKETCH_KIMG:-60}" --lr 0.003 --out "$out/sketch"
"$mien" train label-encoder --model "$model" "${data[@]}" --faces "${FACES:-2000}" \
    --kimg "${LABEL_KIMG:-60}" --lr 0.003 --out "$out/label"
"$mien" train similarity --model "$model" "${data[@]}" --kimg "${WORDS_KIMG:-90}" \
    --out "$out/similarity"
if [ "${HEAD_KIMG:-20}" != 0 ]; then
    "$mien" train inversion --model "$model" "${data[@]}" --kimg "${HEAD_KIMG:-20}" \
        --out "$out/head"
fi

# Beside a generator of a run they are found under these names; in the store as NAME-sketch-encoder.
for file in sketch/sketch-encoder label/label-encoder similarity/similarity head/inversion; do
    [ -f "$out/$file.safetensors" ] && cp "$out/$file.safetensors" "$out/"
done
