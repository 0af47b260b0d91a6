#!/usr/bin/env python3
"""Exports networks with seeded random weights, for tests that read what real exporters write.

For every network: NAME.onnx (torch.onnx.export), NAME.pt (torch.jit.trace), NAME.scripted.pt and NAME.frozen.pt
(torch.jit.script, except for BERT), and NAME.npz with the inputs and the eager `output`. Exit status 77 means that torchvision is not installed.

Usage: export_networks.py FOLDER NAME[@SIZE[@OPSET[@dynamic]]]...
"""

import os
import pathlib
import sys
import warnings

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

try:
    import networks
    import numpy
    import torch
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(77)


def export(folder, name, size, opset, dynamic):
    module, inputs = networks.network(name, size, batch=2 if dynamic else 1)
    example = {key: tensor[:1] for key, tensor in inputs.items()}
    traced = torch.jit.trace(module, tuple(example.values()), check_trace=False)
    networks.export(module, example, folder / f"{name}.onnx", opset, dynamic)
    torch.jit.save(traced, folder / f"{name}.pt")
    if not name.startswith("bert"):
        scripted = torch.jit.script(module)
        torch.jit.save(scripted, folder / f"{name}.scripted.pt")
        torch.jit.save(torch.jit.freeze(scripted), folder / f"{name}.frozen.pt")
    with torch.no_grad():
        output = module(*inputs.values())
    numpy.savez(folder / f"{name}.npz", output=output.numpy(), **{key: x.numpy() for key, x in inputs.items()})


def main():
    warnings.simplefilter("ignore")
    folder = pathlib.Path(sys.argv[1])
    os.makedirs(folder, exist_ok=True)
    torch.set_num_threads(1)
    for spec in sys.argv[2:]:
        name, size, opset, dynamic = (spec.split("@") + ["", "", ""])[:4]
        export(folder, name, int(size or 64), int(opset or 13), dynamic == "dynamic")


if __name__ == "__main__":
    main()
