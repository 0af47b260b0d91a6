"""Networks with seeded random weights for tests and races: torchvision's, and BERT. Needs PyTorch and torchvision."""

import math

import torch
import torchvision


OWN = ("bert_base", "bert_tiny", "vit_tiny")


class Layer(torch.nn.Module):
    """One layer of BERT's encoder: self-attention and a feed-forward part, each with its residual and norm after it."""

    def __init__(self, hidden, heads, intermediate):
        super().__init__()
        self.heads = heads
        self.query = torch.nn.Linear(hidden, hidden)
        self.key = torch.nn.Linear(hidden, hidden)
        self.value = torch.nn.Linear(hidden, hidden)
        self.projection = torch.nn.Linear(hidden, hidden)
        self.attention_norm = torch.nn.LayerNorm(hidden, eps=1e-12)
        self.intermediate = torch.nn.Linear(hidden, intermediate)
        self.output = torch.nn.Linear(intermediate, hidden)
        self.output_norm = torch.nn.LayerNorm(hidden, eps=1e-12)

    def split_heads(self, x):
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def attention(self, x, mask):
        query, key, value = (self.split_heads(part(x)) for part in (self.query, self.key, self.value))
        scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) + mask
        context = torch.softmax(scores, -1) @ value
        return self.projection(context.transpose(1, 2).reshape(x.shape))

    def forward(self, x, mask):
        x = self.attention_norm(x + self.attention(x, mask))
        return self.output_norm(x + self.output(torch.nn.functional.gelu(self.intermediate(x))))


class Bert(torch.nn.Module):
    """The encoder of Devlin et al. 2018, from token ids to hidden states. All tokens have type 0."""

    def __init__(self, layers=12, hidden=768, heads=12, intermediate=3072, vocabulary=30522, positions=512):
        super().__init__()
        self.words = torch.nn.Embedding(vocabulary, hidden)
        self.positions = torch.nn.Embedding(positions, hidden)
        self.types = torch.nn.Embedding(2, hidden)
        self.norm = torch.nn.LayerNorm(hidden, eps=1e-12)
        self.layers = torch.nn.ModuleList(Layer(hidden, heads, intermediate) for _ in range(layers))
        self.register_buffer("position_ids", torch.arange(positions).unsqueeze(0))
        for part in self.modules():
            if isinstance(part, (torch.nn.Linear, torch.nn.Embedding)):
                torch.nn.init.normal_(part.weight, std=0.02)

    def forward(self, input_ids, attention_mask):
        position_ids = self.position_ids[:, :input_ids.shape[1]]
        x = self.words(input_ids) + self.types(torch.zeros_like(input_ids)) + self.positions(position_ids)
        x = self.norm(x)
        mask = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * -10000.0
        for layer in self.layers:
            x = layer(x, mask)
        return x


def vit_tiny(size):
    return torchvision.models.VisionTransformer(
        image_size=size, patch_size=16, num_layers=2, num_heads=4, hidden_dim=64, mlp_dim=128)


def measure(norm, inputs):
    """Sets the statistics so that the output is about 1 in size. The true ones, of a few noise images, would magnify
    what hardly varies, rounding errors included; other images than these would grow from layer to layer."""
    squares = inputs[0].square().mean((0, 2, 3))
    norm.running_mean.copy_(inputs[0].mean((0, 2, 3)) / 2)
    norm.running_var.copy_((squares + squares.mean()) / 2)


def image_network(name, images):
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
    return module


def text_network(name, vocabulary):
    if name == "bert_tiny":
        return Bert(layers=2, hidden=64, heads=4, intermediate=128, vocabulary=vocabulary, positions=128)
    return Bert(vocabulary=vocabulary)


def network(name, size, batch):
    """The module and inputs for it by name: images of size x size pixels, or texts of that many tokens. LookupError if
    there is no such network."""
    torch.manual_seed(0)
    if name not in OWN and not callable(getattr(torchvision.models, name, None)):
        raise LookupError(f"torchvision has no network '{name}'; there are also {', '.join(OWN)}")
    if name.startswith("bert_"):
        vocabulary = 30522 if name == "bert_base" else 100
        ids = torch.randint(vocabulary, (batch, size))
        mask = (torch.arange(size) < size - torch.arange(batch)[:, None]).to(torch.int64)
        return text_network(name, vocabulary).eval(), {"input_ids": ids, "attention_mask": mask}
    images = torch.rand(batch, 3, size, size)
    return image_network(name, images).eval(), {"input": images}


def export(module, inputs, file, opset, dynamic):
    """Writes an ONNX file with one output; its batch is open if dynamic."""
    names = [*inputs, "output"]
    torch.onnx.export(module, tuple(inputs.values()), file, opset_version=opset, input_names=list(inputs),
                      output_names=["output"], do_constant_folding=True,
                      dynamic_axes={name: {0: "N"} for name in names} if dynamic else None)
