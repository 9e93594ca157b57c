#!/usr/bin/env bash
# Makes the weights of "Selfie to anime" again from the data: GANs N' Roses at 64², then at 128².
#
#   recipes/anime.sh ../shared/data/selfie2anime.zip runs/anime
#
# The narrow presets are for one core of a CPU, about four hours as it stands with bf16; KIMG64 and
# KIMG128 may be raised. With an accelerator set PRESET=published-256 (or published-128), which
# trains the published network as published, in one go. Every step goes on where it stopped when
# the script is started again. testA and testB are kept out of all of it.
set -euo pipefail

data=${1:?usage: recipes/anime.sh DATA.zip FOLDER}
out=${2:?usage: recipes/anime.sh DATA.zip FOLDER}
mien=${MIEN:-.venv/bin/mien}
mkdir -p "$out"
common=(--data "$data" --cache "$out/cache" --tagger "${TAGGER:-teacher}")

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

if [ -n "${PRESET:-}" ]; then
    "$mien" train anime "${common[@]}" --preset "$PRESET" --out "$out/$PRESET"
    cp "$out/$PRESET/anime.safetensors" "$out/anime.safetensors"
    finish
    exit
fi

# Autoencoders of both kinds, then the translation, at 64².
"$mien" train anime "${common[@]}" --preset cpu-64 --kimg "${KIMG64:-52}" --out "$out/64"

# Grown to 128², where the smaller networks are the inner layers.
newest=$(ls "$out"/64/state-*.safetensors | tail -n 1)
"$mien" train anime "${common[@]}" --preset cpu-128 --warmup-kimg 0 --kimg "${KIMG128:-60}" \
    --from "$newest" --out "$out/128"
cp "$out/128/anime.safetensors" "$out/anime.safetensors"
finish
