#!/usr/bin/env bash
# Races two small models through scripts/race and looks at what it prints, keeps and leaves.
#
#   race_test.sh REPOSITORY PRESET
set -euo pipefail
cd "$1"
export PRESET=$2
RACE_FOLDER=$(mktemp -d)/race
export RACE_FOLDER
trap 'rm -rf "$(dirname "$RACE_FOLDER")"' EXIT

flags=(--iterations 3 --processes 1 --warmup 0 --threads 1)

# `race` runs it; a peer that is not installed makes its status 1.
race() {
  scripts/race "${flags[@]}" --runtimes headway,onnxruntime "$@" >"$RACE_FOLDER.out" 2>"$RACE_FOLDER.err" ||
    (($? == 1)) || { cat "$RACE_FOLDER.err" && exit 1; }
}

expect() { # pattern, file
  grep -q -- "$1" "$2" || { echo "'$1' is not in $2:" && cat "$2" && exit 1; }
}

expect_nothing() { # pattern, file
  ! grep -q -- "$1" "$2" || { echo "'$1' is in $2:" && cat "$2" && exit 1; }
}

mkdir -p "$RACE_FOLDER"
race --models squeezenet1_1,mobilenet_v2
for form in out md; do
  for pattern in squeezenet1_1 mobilenet_v2 'batch 1 · 1 thread · cpu' 'Headway ÷ ONNX Runtime' 'of 2 models'; do
    expect "$pattern" "$RACE_FOLDER.$form"
  done
done
expect '"against": "onnxruntime"' "$RACE_FOLDER.json"
tail -n 1 "$RACE_FOLDER.out" >"$RACE_FOLDER.last"
expect 'the geometric mean over' "$RACE_FOLDER.last"

# What is there already is kept, and nothing that was raced otherwise.
race --models squeezenet1_1,mobilenet_v2
expect "keeping .*squeezenet1_1.json" "$RACE_FOLDER.err"
expect "keeping .*mobilenet_v2.json" "$RACE_FOLDER.err"
race --models mobilenet_v2 --fresh
expect_nothing keeping "$RACE_FOLDER.err"
flags+=(--seed 2)
race --models squeezenet1_1
expect_nothing keeping "$RACE_FOLDER.err"

# A model that cannot be raced costs its own line only.
status=0
scripts/race "${flags[@]}" --runtimes headway --models nosuch.onnx >"$RACE_FOLDER.out" 2>"$RACE_FOLDER.err" || status=$?
expect 'not in the table: nosuch.onnx' "$RACE_FOLDER.err"
[[ $status == 1 ]]
race --models nosuch.onnx,squeezenet1_1
expect 'of 1 model' "$RACE_FOLDER.out"
expect 'not in the table: nosuch.onnx' "$RACE_FOLDER.err"
