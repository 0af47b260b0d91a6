#!/bin/sh
# ONNX's backend tests through `headway conformance`, as a user would run it. Status 77: skipped.
#
#   run.sh PROGRAM EXCLUSIONS debian|fetched|update [FLAG…]
program=$1 exclusions=$2 mode=$3
shift 3
tests=${HEADWAY_ONNX_TESTS:-${XDG_DATA_HOME:-$HOME/.local/share}/headway/onnx-tests}

if [ "$mode" != fetched ]; then
  set -- "$@" --data onnx-1.12=/usr/share/libonnx-testdata/data
fi
if [ "$mode" != debian ]; then
  found=no
  for folder in "$tests"/*/; do
    [ -d "$folder" ] && found=yes && set -- "$@" --data "${folder%/}"
  done
  if [ $found = no ]; then
    echo "skipped: there are no tests of a newer ONNX release; run scripts/onnx_tests, or copy the" \
      "backend test data of any release into a folder of $tests"
    exit 77
  fi
fi
case $mode in
  update) exec "$program" conformance --update "$exclusions" "$@" ;;
  *) exec "$program" conformance --exclusions "$exclusions" "$@" ;;
esac
