#!/usr/bin/env bash
# Makes the weights of photo and sketch again from the data, and measures all methods on one split.
#
#   recipes/sketch.sh ../shared/data/cuhk.zip runs/sketch
#
# On one CPU core with bf16 about two hours; P2P_KIMG, AE_KIMG and CYC_KIMG may be raised. Every run
# goes on where it stopped when the script is started again. The last 30 of the 150 people, in sorted
# order, are kept out of all training and measured at the end. LEAKY=1 also trains on the study's
# split, which keeps out pictures and not people; its numbers are for comparison with that study.
set -euo pipefail

data=${1:?usage: recipes/sketch.sh PAIRS.zip FOLDER}
out=${2:?usage: recipes/sketch.sh PAIRS.zip FOLDER}
mien=${MIEN:-.venv/bin/mien}
mkdir -p "$out"

train() { # NAME METHOD KIMG [OPTIONS]
    local name=$1 method=$2 kimg=$3
    shift 3
    "$mien" train sketch --data "$data" --method "$method" --kimg "$kimg" --out "$out/$name" "$@"
}

models=()
protocols=(honest)
[ "${LEAKY:-0}" = 0 ] || protocols+=(leaky)
for split in "${protocols[@]}"; do
    options=(--split "$split")
    [ "$split" = honest ] || options+=(--augment eight)
    train "p2p-ps-$split" pix2pix "${P2P_KIMG:-10}" --direction photo-to-sketch "${options[@]}"
    train "p2p-sp-$split" pix2pix "${P2P_KIMG:-10}" --direction sketch-to-photo "${options[@]}"
    train "ae-ps-$split" autoencoder "${AE_KIMG:-20}" --direction photo-to-sketch "${options[@]}"
    train "ae-sp-$split" autoencoder "${AE_KIMG:-20}" --direction sketch-to-photo "${options[@]}"
    train "cyc-$split" cyclegan "${CYC_KIMG:-1.6}" "${options[@]}"
    for name in p2p-ps p2p-sp ae-ps ae-sp cyc; do
        models+=(--model "$out/$name-$split")
    done
done

"$mien" evaluate sketch --data "$data" "${models[@]}" --out "$out/scores" --force

# What ships: the model of each direction that scores best on people it has not seen.
cp "$out/p2p-ps-honest/photo-to-sketch.safetensors" "$out/photo-to-sketch.safetensors"
cp "$out/p2p-sp-honest/sketch-to-photo.safetensors" "$out/sketch-to-photo.safetensors"
echo "weights: $out/*.safetensors, scores: $out/scores"
