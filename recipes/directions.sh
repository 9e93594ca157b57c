#!/usr/bin/env bash
# Makes the shipped set of directions and prints what it is worth, bar by bar.
#
#   recipes/directions.sh runs/directions [MODEL]
#
# With 3,000 samples and 24 faces of 128² it took 161 s of one core. The teacher finds the directions;
# the judge, which did not, scores them; an identity judge says whether it is still the same person.
# SAMPLES, FACES, SEED and IDENTITY may be set; IDENTITY= measures without an identity judge.
set -euo pipefail

out=${1:?usage: recipes/directions.sh FOLDER [MODEL]}
model=${2:-portraits}
mien=${MIEN:-.venv/bin/mien}
name=$(basename "$model" .safetensors)-edits
set=$out/$name.safetensors
identity=${IDENTITY-identity}
mkdir -p "$out"

[ -f "$set" ] ||
    "$mien" directions fit --model "$model" --method "${METHOD:-linear}" \
        --samples "${SAMPLES:-10200}" --out "$set"

"$mien" directions score "$set" --model "$model" --faces "${FACES:-32}" --seed "${SEED:-200000}" --force \
    --csv "$out/rescoring.csv" --out "$out/rescoring.png" --card "$out/$name.md" \
    --flips ${identity:+--identity "$identity"} --json >"$out/score.json"
"$mien" directions compare --model "$model" --method "${METHOD:-linear}" \
    --samples "${COMPARED:-2000}" --faces "${COMPARED_FACES:-16}" --directions "$set" --force \
    --csv "$out/methods.csv" --json >"$out/compare.json"
"$mien" directions layers --model "$model" --faces 16 --force \
    --csv "$out/layers.csv" --out "$out/layers.png" >"$out/layers.txt"

"${PYTHON:-.venv/bin/python}" recipes/direction_bars.py "$out" "$name"
