#!/usr/bin/env python3
"""Saves small modules with torch.export, and what PyTorch computes with them.

FOLDER/NAME.pt2 is the program as exported, FOLDER/NAME_core.pt2 the same decomposed to Core ATen, FOLDER/NAME.npz the
inputs and outputs by their names (outputs as "=NAME"), with other extents than those it was exported with. Exit status
77 means that this Python's PyTorch has no torch.export.

Usage: export_programs.py FOLDER
"""

import pathlib
import sys

try:
    import numpy
    import torch
    from torch.export import Dim, export, save
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(77)

nn = torch.nn


class Convolutional(nn.Module):
    """Convolutions, batch-norms, pools, residuals; an in-place activation."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.norm = nn.GroupNorm(2, 8)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = self.stem(x)
        x = x + nn.functional.silu(self.norm(self.depthwise(x)))
        x = nn.functional.max_pool2d(x, 2)
        x = nn.functional.adaptive_avg_pool2d(x, 1)
        return self.head(torch.flatten(x, 1))


class Transformer(nn.Module):
    """Embeddings, a mask of -inf, attention, layer norms; extents that are symbolic twice."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.position = nn.Parameter(torch.randn(32, 16))
        self.mix = nn.Linear(16, 48)
        self.norm = nn.LayerNorm(16)
        self.out = nn.Linear(16, 16)

    def forward(self, tokens, *, mask):
        batch, length = tokens.shape
        x = self.embedding(tokens) + self.position[:length]
        q, k, v = (part.reshape(batch, length, 2, 8).transpose(1, 2) for part in self.mix(self.norm(x)).split(16, dim=-1))
        scores = q @ k.transpose(-2, -1) / 8**0.5
        scores = scores.masked_fill(mask[:, None, None, :] == 0, float("-inf"))
        seen = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, 16)
        again = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return {"hidden": self.out(seen), "states": (x, [again, nn.functional.gelu(seen)])}


class Branching(nn.Module):
    """torch.cond, a constant tensor, a buffer that is not saved with the state, integers, views that are written to."""

    def __init__(self):
        super().__init__()
        self.scale = torch.tensor([0.5, 2.0, 1.0, -1.0])
        self.register_buffer("shift", torch.arange(4.0), persistent=False)

    def forward(self, x):
        y = torch.cond(x.sum() > 0, lambda a: (a + 1) * 2, lambda a: a - 1, (x,))
        z = x.clone()
        z[:, 1:3] = z[:, 1:3] * 3
        values, indices = torch.topk(y * self.scale + self.shift, 2)
        return z, values, indices + x.shape[0]


def programs():
    torch.manual_seed(0)
    n, length = Dim("n", min=1, max=64), Dim("length", min=2, max=32)
    module = Convolutional().eval()
    for name, buffer in module.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    images = {"x": {0: n}}
    yield "convolutional", module, (torch.randn(2, 3, 16, 16),), {}, images, {"x": torch.randn(3, 3, 16, 16)}
    tokens, mask = torch.randint(0, 50, (3, 7)), torch.ones(3, 7, dtype=torch.int64)
    mask[1, 5:] = 0
    both = {"tokens": {0: n, 1: length}, "mask": {0: n, 1: length}}
    other = {"tokens": torch.randint(0, 50, (2, 9)), "mask": torch.ones(2, 9, dtype=torch.int64)}
    yield "transformer", Transformer().eval(), (tokens,), {"mask": mask}, both, other
    yield "branching", Branching().eval(), (torch.randn(3, 4),), {}, {"x": {0: n}}, {"x": torch.randn(5, 4)}


def flat(value, name=""):
    """The names that Headway gives outputs."""
    if isinstance(value, torch.Tensor):
        number = name.isdigit()
        return {"output" if not name else f"output_{name}" if number else name: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    result = {}
    for key, item in items:
        result |= flat(item, f"{name}.{key}" if name else str(key))
    return result


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, module, arguments, keywords, shapes, inputs in programs():
        with torch.no_grad():
            program = export(module, arguments, keywords, dynamic_shapes=shapes)
            save(program, folder / f"{name}.pt2")
            save(program.run_decompositions(), folder / f"{name}_core.pt2")
            positional = list(inputs.values())[: len(arguments)]
            named = {key: value for key, value in inputs.items() if key in keywords}
            outputs = flat(module(*positional, **named))
        arrays = {key: value.numpy() for key, value in inputs.items()}
        arrays |= {f"={key}": value.numpy() for key, value in outputs.items()}
        numpy.savez(folder / f"{name}.npz", **arrays)
        print(name, torch.__version__, flush=True)


if __name__ == "__main__":
    main()
