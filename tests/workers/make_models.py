"""Writes small models with the real PyTorch and ONNX exporters, with inputs and PyTorch's own outputs.

usage: make_models.py FOLDER
"""

import os
import sys

try:
    import torch
    import onnx  # noqa: F401  (torch.onnx needs it)
except ImportError as error:
    print(f"no models are made: {error}; install python3-torch and python3-onnx with `make test`")
    sys.exit(0)


class Residual(torch.nn.Module):
    """What convolutional networks are made of, at toy size."""

    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.norm = torch.nn.BatchNorm2d(8)
        self.body = torch.nn.Conv2d(8, 8, 3, padding=1)
        self.head = torch.nn.Linear(8, 5)

    def forward(self, x):
        x = torch.relu(self.norm(self.stem(x)))
        x = torch.relu(x + self.body(x))
        x = torch.nn.functional.max_pool2d(x, 2)
        return self.head(x.mean((2, 3)))


class TwoOutputs(torch.nn.Module):
    """Two inputs of different types, two outputs."""

    def forward(self, x, indices):
        return x * 2, torch.index_select(x, 0, indices)


def write(folder, name, module, inputs, input_names, output_names):
    module.eval()
    with torch.no_grad():
        traced = torch.jit.trace(module, inputs)
        outputs = module(*inputs)
        traced.save(os.path.join(folder, name + ".pt"))
        torch.onnx.export(module, inputs, os.path.join(folder, name + ".onnx"), opset_version=13,
                          input_names=input_names, output_names=output_names)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    for kind, tensors in (("input", inputs), ("output", outputs)):
        for index, tensor in enumerate(tensors):
            tensor.numpy().tofile(os.path.join(folder, f"{name}.{kind}{index}"))


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(1)
    write(folder, "residual", Residual(), (torch.randn(2, 3, 12, 12),), ["x"], ["y"])
    indices = torch.tensor([3, 0, 0], dtype=torch.int64)
    write(folder, "two_outputs", TwoOutputs(), (torch.randn(4, 6), indices), ["x", "indices"],
          ["doubled", "selected"])


main()
