#!/usr/bin/env python3
"""Exports torchvision networks with seeded random weights, for tests that read what real exporters write.

For every network: NAME.onnx (torch.onnx.export), optionally NAME.pt (torch.jit.trace), and NAME.npz with
`input` and eager `output`. Exit status 77 means that torchvision is not installed.

Usage: export_torchvision.py FOLDER NAME[@SIZE[@OPSET[@dynamic]]]...
"""

import os
import pathlib
import sys
import warnings

try:
    import numpy
    import torch
    import torchvision
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(77)


def vit_tiny(size):
    return torchvision.models.VisionTransformer(
        image_size=size, patch_size=16, num_layers=2, num_heads=4, hidden_dim=64, mlp_dim=128)


def measure(norm, inputs):
    """Sets the statistics so that the output is about 1 in size. The true ones, of a few noise images, would magnify
    what hardly varies, rounding errors included; other images than these would grow from layer to layer."""
    squares = inputs[0].square().mean((0, 2, 3))
    norm.running_mean.copy_(inputs[0].mean((0, 2, 3)) / 2)
    norm.running_var.copy_((squares + squares.mean()) / 2)


def network(name, images):
    """The network with statistics measured on noise, so that activations stay in a realistic range."""
    options = {"weights": None}
    if name.startswith("vit_") and name != "vit_tiny":
        options["image_size"] = images.shape[-1]
    if name in ("googlenet", "inception_v3"):
        options["init_weights"] = False
    module = vit_tiny(images.shape[-1]) if name == "vit_tiny" else getattr(torchvision.models, name)(**options)
    module.eval()
    hooks = [part.register_forward_pre_hook(measure) for part in module.modules()
             if isinstance(part, torch.nn.modules.batchnorm._BatchNorm)]
    with torch.no_grad():
        module(images)
        for hook in hooks:
            hook.remove()
        for head in module.modules():
            if isinstance(head, torch.nn.Linear) and not head.weight.any():
                torch.nn.init.normal_(head.weight, std=0.02)
    return module.eval()


def export(folder, name, size, opset, dynamic):
    torch.manual_seed(0)
    images = torch.rand(2 if dynamic else 1, 3, size, size)
    module = network(name, images)
    example = images[:1]
    axes = {"input": {0: "N"}, "output": {0: "N"}} if dynamic else None
    traced = torch.jit.trace(module, example, check_trace=False)
    torch.onnx.export(module, example, folder / f"{name}.onnx", opset_version=opset, input_names=["input"],
                      output_names=["output"], dynamic_axes=axes, do_constant_folding=True)
    torch.jit.save(traced, folder / f"{name}.pt")
    with torch.no_grad():
        output = module(images)
    numpy.savez(folder / f"{name}.npz", input=images.numpy(), output=output.numpy())


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
