# Shared by the scripts that fetch wheels pinned by hash; sourced, not run.

say() { printf 'headway: %s\n' "$*" >&2; }

# A python whose pip works: the one on PATH, or the system's.
find_python() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -m pip --version >/dev/null 2>&1; then
      echo "$python" && return
    fi
  done
  say "no python3 with pip was found; run 'scripts/setup', which installs Debian's python3-pip"
  exit 1
}

download() { # pins, destination
  "$python" -m pip download --no-cache-dir --disable-pip-version-check \
    --require-hashes --no-deps --only-binary=:all: --python-version 3.11 --implementation cp \
    --abi cp311 --abi abi3 --abi none $(printf -- '--platform manylinux%s_x86_64 ' \
      1 2010 2014 _2_5 _2_12 _2_17 _2_18 _2_25 _2_27 _2_28) \
    --dest "$2" --requirement "$1" >&2
}
