#!/usr/bin/env bash
# Makes the weights of "Selfie to anime" from the model that shipped before and the data: GANs N'
# Roses at 128² under critics of frozen features, with selfies and labelled faces of both sexes.
#
#   recipes/anime.sh ../shared/data runs/anime
#
# A step of eight takes about four seconds of one core, so KIMG=16 takes two to three hours. FROM is
# the model or checkpoint to start from (of 64² too, which is grown); FROM=none starts from nothing,
# which was not run to its length. Every step goes on where it stopped when the script is started
# again. testA and testB are kept out of all of it.
set -euo pipefail

folder=${1:?usage: recipes/anime.sh DATA_FOLDER FOLDER}
out=${2:?usage: recipes/anime.sh DATA_FOLDER FOLDER}
data=$folder/selfie2anime.zip
mien=${MIEN:-.venv/bin/mien}
mkdir -p "$out"

# What comes after the model: two taggers of anime faces (one finds directions, the other, of other
# weights, seed and split, measures), directions, and the table.
finish() {
    local tagger seed=0
    for tagger in anime-teacher anime-judge; do
        local from=teacher
        [ "$tagger" = anime-judge ] && from=judge
        [ -f "$out/$tagger.safetensors" ] || "$mien" train anime-tagger --data "$data" \
            --cache "$out/cache" --from "$from" --kimg "${TAGGER_KIMG:-24}" --second-kimg "${TAGGER_KIMG2:-16}" --seed "$seed" \
            --leave-out "$((2 * seed))" --out "$out/$tagger.safetensors" \
            --json > "$out/$tagger.json"
        seed=$((seed + 1))
    done
    local model="$out/anime.safetensors" method sets=()
    for method in linear lasso svd sefa; do # the first one ships
        local set="$out/anime-$method.safetensors"
        [ "$method" = linear ] && set="$out/anime-edits.safetensors"
        "$mien" directions fit --model "$model" --selfies "$data" --samples "${SAMPLES:-9600}" \
            --method "$method" --tagger "$out/anime-teacher.safetensors" --out "$set" --force
        sets+=(--directions "$set")
    done
    "$mien" evaluate anime --data "$data" --model "$model" --copies "${COPIES:-100}" \
        --judge "$out/anime-judge.safetensors" --namer "$out/anime-teacher.safetensors" \
        "${sets[@]}" --out "$out/scores" --force
}

start=(--from "${FROM:-anime}" --lead-kimg 0.8)
[ "${FROM:-}" = none ] && start=()
"$mien" train anime --data "$data" --faces "$folder/faces.zip" --faces "$folder/sfhq.zip" \
    --only quality=ok --only 'source!=ffhq' "${start[@]}" --kimg "${KIMG:-16}" --out "$out/128"
cp "$out/128/anime.safetensors" "$out/anime.safetensors"
finish
