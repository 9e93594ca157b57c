#!/usr/bin/env bash
# Makes the weights of photo and sketch again from the data, and measures all methods on one split.
#
#   recipes/sketch.sh ../shared/data/cuhk.zip ../shared/data/sfhq.zip runs/sketch
#
# On one CPU core with bf16 about two hours; P2P_KIMG, AE_KIMG and CYC_KIMG may be raised. Every run
# goes on where it stopped when the script is started again. The last 30 of the 150 people, in sorted
# order, are kept out of all training and measured at the end. The second set, of faces, teaches the
# way to photos with pencil drawings that are computed, and a judge of identity of its own. LEAKY=1
# also trains photo to sketch on the study's split, which keeps out pictures and not people; its
# numbers are for comparison with that study.
set -euo pipefail

usage="usage: recipes/sketch.sh PAIRS.zip FACES.zip FOLDER"
data=${1:?$usage}
faces=${2:?$usage}
out=${3:?$usage}
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
    train "p2p-ps-$split" pix2pix "${P2P_KIMG:-4}" --direction photo-to-sketch "${options[@]}"
    train "ae-ps-$split" autoencoder "${AE_KIMG:-5}" --direction photo-to-sketch "${options[@]}"
    train "cyc-$split" cyclegan "${CYC_KIMG:-1.6}" "${options[@]}"
    for name in p2p-ps ae-ps cyc; do
        models+=(--model "$out/$name-$split")
    done
done
train p2p-sp-honest pix2pix "${P2P_KIMG:-4}" --direction sketch-to-photo
train ae-sp-honest autoencoder "${AE_KIMG:-5}" --direction sketch-to-photo

# Who it is: a judge of identity of another trunk and seed than the one that measures says how far
# the photo is from the true one; first on drawings of many people, then on the few that were drawn.
teacher="$out/identity-teacher.safetensors"
[ -f "$teacher" ] ||
    "$mien" train identity --data "$faces" --trunk judge --seed 1 --kimg "${TEACHER_KIMG:-50}" --out "$teacher"
[ -d "$out/pencil" ] || "$mien" data sketch "$faces" --style pencil --size 256 \
    --strength 0.3 --strength 0.5 --strength 0.7 --out "$out/pencil"
taught=(--direction sketch-to-photo --judge "$teacher" --judge-weight 10)
"$mien" train sketch --data "$out/pencil" --method pix2pix --kimg "${PENCIL_KIMG:-5}" \
    --out "$out/p2p-sp-pencil" --from "$out/p2p-sp-honest" "${taught[@]}"
train p2p-sp-taught pix2pix "${TAUGHT_KIMG:-3}" --from "$out/p2p-sp-pencil" "${taught[@]}"
models+=(--model "$out/p2p-sp-taught" --model "$out/ae-sp-honest")

"$mien" evaluate sketch --data "$data" "${models[@]}" --out "$out/scores" --force

# What ships: the model of each direction that scores best on people it has not seen.
cp "$out/p2p-ps-honest/photo-to-sketch.safetensors" "$out/photo-to-sketch.safetensors"
cp "$out/p2p-sp-taught/sketch-to-photo.safetensors" "$out/sketch-to-photo.safetensors"
echo "weights: $out/*.safetensors, scores: $out/scores"
