#!/usr/bin/env bash
# Makes the weights of "Describe a face" again from the data: judges, generator with its encoder, the
# closed form of sentences, the other ways, directions.
#
#   recipes/faces.sh ../shared/data runs/portraits
#
# DATA holds faces.zip and sfhq.zip with their tables. On two cores a thousand images under critics
# take two and a half minutes at 128² (AVX2) or one (bf16 in hardware), so KIMG=300 is a night or two.
# Every step goes on where it stopped when the script is started again. What both sets hold out
# (numbers modulo 25 = 24, and 01585–01784) is kept out of all of it and measured at the end. The
# generator sees pictures of nobody: rows of source ffhq and of a quality that is not ok are left out.
set -euo pipefail

data=${1:?usage: recipes/faces.sh DATA FOLDER}
out=${2:?usage: recipes/faces.sh DATA FOLDER}
mien=${MIEN:-.venv/bin/mien}
sets=(--data "$data/faces.zip" --data "$data/sfhq.zip")
mkdir -p "$out"

# Judges. The teacher finds directions and refines; the judge measures, and has seen the other half of
# the pictures (and of CelebA, with CELEBA=FILE) with another seed.
judge() {
    [ -f "$out/$1.safetensors" ] ||
        "$mien" train tagger "${sets[@]}" --only 'quality!=bad' --kimg "${JUDGE_KIMG:-130}" --seed "$2" \
            --leave-out "$2" --folds 2 ${CELEBA:+--also "$CELEBA"} --out "$out/$1.safetensors"
}
judge teacher 0
judge judge 1

# The generator with its encoder: reconstruction first, then critics of frozen features.
"$mien" train faces "${sets[@]}" --only quality=ok --only 'source!=ffhq' \
    --resolution "${RESOLUTION:-128}" --warm-kimg "${WARM_KIMG:-36}" --kimg "${KIMG:-300}" \
    ${FROM:+--from "$FROM"} --out "$out/faces"
cp "$out/faces/generator.safetensors" "$out/faces.safetensors"
cp "$out/faces/encoder.safetensors" "$out/faces-encoder.safetensors"
cp "$out/faces/codes.safetensors" "$out/faces-codes.safetensors"

# The other ways from sentences, and directions. They are found by the generator's name, in the
# store; so it is not called portraits here, which is the name of the ones that came along.
"$mien" train text --data "$data/sfhq.zip" --model "$out/faces.safetensors" \
    --tagger "$out/teacher.safetensors" --out "$out" --force \
    --samples "${TEXT_SAMPLES:-12000}" --steps "${TEXT_STEPS:-4000}"
"$mien" directions fit --model "$out/faces.safetensors" --method codes \
    --codes "$out/faces-codes.safetensors" --tagger "$out/teacher.safetensors" \
    --out "$out/faces-edits.safetensors" --force
mkdir -p "$out/store/weights"
cp "$out"/faces-*.safetensors "$out/store/weights"

# The tables.
"$mien" evaluate generator "${sets[@]}" --model "$out/faces.safetensors" --judge inception \
    --csv "$out/generator.csv" --force
MIEN_HOME="$out/store" "$mien" evaluate text --data "$data/sfhq.zip" \
    --model "$out/faces.safetensors" --judge "$out/judge.safetensors" --csv "$out/text.csv" --force
