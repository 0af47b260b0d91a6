#!/usr/bin/env python3
"""Loads the TorchScript files that Headway wrote and compares them with what torch.jit.trace wrote.

Each is run as loaded, in channels_last, and frozen + optimized for inference; the trace is run the same way, because
PyTorch 1.13 optimizes mobilenet_v3 wrongly. Exit status 77 means that PyTorch is not installed.

Usage: torchscript_check.py FOLDER NAME...
"""

import pathlib
import sys

try:
    import numpy
    import torch
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(77)

TOLERANCE = 1e-3


VARIANTS = {
    "as loaded": lambda module: module,
    "channels_last": lambda module: module.to(memory_format=torch.channels_last),
    "frozen": lambda module: torch.jit.optimize_for_inference(torch.jit.freeze(module)),
}


def check(folder, name):
    arrays = numpy.load(folder / f"{name}.npz")
    inputs = [torch.from_numpy(arrays[key]) for key in arrays.files if key != "output"]
    agree = True
    for variant, prepare in VARIANTS.items():
        traced = prepare(torch.jit.load(str(folder / f"{name}.pt")).eval())
        written = prepare(torch.jit.load(str(folder / "headway" / f"{name}.pt")).eval())
        expected, given = traced(*inputs), [tensor.clone() for tensor in inputs]
        error = ((written(*given) - expected).abs().max() / expected.abs().max()).item()
        good = error <= TOLERANCE and all(map(torch.equal, given, inputs))
        agree &= good
        print(f"{name:24} {variant:14} {'ok  ' if good else 'FAIL'} error {error:.1e}", flush=True)
    return agree


def main():
    torch.set_num_threads(1)
    folder = pathlib.Path(sys.argv[1])
    agree = True
    with torch.no_grad():
        for name in sys.argv[2:]:
            try:
                agree &= check(folder, name)
            except Exception as error:  # Any failure is a finding; the others are still checked.
                print(f"{name:24} FAIL {str(error)[:2000]}", flush=True)
                agree = False
    sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
