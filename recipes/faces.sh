#!/usr/bin/env bash
# Makes the weights of "Describe a face" again from the data: judges, generator, ways from sentences.
#
#   recipes/faces.sh ../shared/data/sfhq.zip runs/portraits
#
# On two cores with bf16 about two and a half hours as it stands; KIMG64 and KIMG128 may be raised.
# Every step goes on where it stopped when the script is started again. Pictures 01585–01784 of
# sfhq.zip are kept out of all of it and measured at the end. CELEBA=../shared/data/celeba.zip lets
# CelebA take part in the judge, and in nothing else, as it did in the one that ships.
set -euo pipefail

data=${1:?usage: recipes/faces.sh DATA.zip FOLDER}
out=${2:?usage: recipes/faces.sh DATA.zip FOLDER}
mien=${MIEN:-.venv/bin/mien}
mkdir -p "$out"

# Judges. The teacher reads attributes off generated faces while the generator learns; the judge
# measures, and has seen another split with another seed.
[ -f "$out/teacher.safetensors" ] ||
    "$mien" train tagger --data "$data" --kimg "${TEACHER_KIMG:-40}" --seed 0 --out "$out/teacher.safetensors"
[ -f "$out/judge.safetensors" ] ||
    "$mien" train tagger --data "$data" --kimg "${JUDGE_KIMG:-130}" --seed 1 --leave-out 1 \
        ${CELEBA:+--also "$CELEBA"} \
        --out "$out/judge.safetensors"

# The generator: decoder of an autoencoder, then a GAN at 64², then at 128².
[ -f "$out/warm/state-00000000.safetensors" ] ||
    "$mien" train warmup --data "$data" --resolution 64 --kimg "${WARM_KIMG:-80}" \
        --tagger "$out/teacher.safetensors" --out "$out/warm"
gan=(--data "$data" --batch 16 --no-noise --mixing 0.2 --ada-kimg 100 --gamma 0.3
    --lr 0.0025 --g-lr 0.002 --tagger "$out/teacher.safetensors" --tagger-weight 0.1 --critic 3)
"$mien" train gan "${gan[@]}" --resolution 64 --freeze-g-kimg 1.5 --kimg "${KIMG64:-60}" \
    --from "$out/warm/state-00000000.safetensors" --out "$out/64"
newest=$(ls "$out"/64/state-*.safetensors | tail -n 1)
"$mien" train gan "${gan[@]}" --resolution 128 --kimg "${KIMG128:-60}" \
    --from "$newest" --out "$out/128"
cp "$out/128/generator.safetensors" "$out/faces.safetensors"

# The ways from sentences to latents, then the tables. Those ways are found by the generator's name,
# in the store; so it is not called portraits here, which is the name of the ones that came along.
"$mien" train text --data "$data" --model "$out/faces.safetensors" \
    --tagger "$out/teacher.safetensors" --out "$out" --force \
    --samples "${TEXT_SAMPLES:-12000}" --steps "${TEXT_STEPS:-4000}"
"$mien" evaluate generator --data "$data" --model "$out/faces.safetensors" \
    --judge "$out/judge.safetensors" --csv "$out/generator.csv"
mkdir -p "$out/store/weights"
cp "$out"/faces-*.safetensors "$out/store/weights"
MIEN_HOME="$out/store" "$mien" evaluate text --data "$data" --model "$out/faces.safetensors" \
    --judge "$out/judge.safetensors" --csv "$out/text.csv"
