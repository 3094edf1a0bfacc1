"""Runs a model that `autoregseg export --format safetensors` wrote, in PyTorch. Needs torch and safetensors.

    model = load("model.safetensors")
    probabilities = model(image)["probabilities"]    # image: [N, C, H, W] float32 in 0..1; output: [N, K, H, W]
    mask = probabilities.argmax(dim=1)               # cluster ids; model.card["clusters"] has their names

The input's normalisation is part of the model. Kernels [kh, kw, C, D] become PyTorch's [D, C, kh, kw].
"""
import json

import torch
import torch.nn.functional as F
from safetensors import safe_open


def load(path):
    return AutoregressiveSegmenter(path).eval()


class AutoregressiveSegmenter(torch.nn.Module):
    def __init__(self, path):
        super().__init__()
        with safe_open(path, framework="pt") as file:
            self.card, self.config = (json.loads(file.metadata()[key]) for key in ("card", "network"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        for name, tensor in tensors.items():
            tensor = tensor.permute(3, 2, 0, 1).contiguous() if tensor.dim() == 4 else tensor
            self.register_parameter(name, torch.nn.Parameter(tensor, requires_grad="_running_" not in name))
        for name, values in self.card["input"]["statistics"].items():
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32)[:, None, None])

    def forward(self, image):
        x = self.stem((image - self.mean) / self.std)
        for index in range(1, self.config["blocks"] + 1):
            x = self.block(x, f"block_{index}", self.config.get("dilations", [1] * index)[index - 1])
            if index in self.config["attention"]:
                x = self.attention(x, f"attention_{index}")
        if side := self.config.get("contextSize"):
            x = torch.cat((x, F.avg_pool2d(x, side, 1, side // 2, count_include_pad=False)), dim=1)
        if self.config["featureSize"] is not None:
            x = self.conv(x, "projection/masked")
        logits = self.conv(x, "decoder/" + self.card["head"]["name"])
        if groups := self.card["head"].get("groups"):  # clusters of the head are merged: their probabilities add up
            members = F.one_hot(torch.tensor(groups), len(self.card["clusters"])).to(x)
            logits = (torch.einsum("nghw,gk->nkhw", logits.softmax(dim=1), members) + 1e-30).log()
        resize = lambda maps: F.interpolate(maps, image.shape[2:], mode="bilinear", align_corners=False)
        return {"logits": resize(logits), "probabilities": resize(logits.softmax(dim=1))}

    def conv(self, x, name, stride=1, dilation=1):
        weights = dict(self.named_parameters())
        kernel = weights[name + "_kernel"]
        return F.conv2d(x, kernel, weights.get(name + "_bias"), stride, kernel.shape[-1] // 2 * dilation, dilation)

    def normalise(self, x, name):
        parts = ("running_mean", "running_variance", "scale", "offset")
        return F.batch_norm(x, *(self.get_parameter(f"{name}_{part}") for part in parts), eps=1e-5)

    def stem(self, x):
        stride = self.config["outputStride"]  # 1: of feature maps, nothing to pool
        if self.config.get("edges"):
            down = torch.outer(torch.tensor([-1.0, 0, 1]), torch.tensor([1.0, 2, 1])).to(x) / 4
            x = torch.cat((x, F.conv2d(x.mean(1, True), torch.stack((down, down.T))[:, None], padding=1)), dim=1)
        x = self.normalise(self.conv(x, "stem/convolution", max(1, stride // 2)), "stem/normalization")
        return (x if stride == 1 else F.max_pool2d(x, 3, stride=2, padding=1)).relu()

    def block(self, x, name, dilation):
        for index in (1, 2, 3):
            first, apart = ("masked", dilation) if index == 1 else (f"pointwise_{index}_1", 1)
            y = self.conv(self.conv(x, f"{name}/{first}", dilation=apart).relu(), f"{name}/pointwise_{index}_2").relu()
            x = F.pad(x, (0, 0, 0, 0, 0, y.shape[1] - x.shape[1])) + y
            if self.config["normalization"] == "batch":
                x = self.normalise(x, f"{name}/normalization_{index}")
        return x

    def attention(self, x, name):
        q, k, v = (self.conv(x, f"{name}/{part}").flatten(2).transpose(1, 2) for part in ("query", "key", "value"))
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(x.shape[0], -1, *x.shape[2:])
        return self.conv(torch.cat((x, seen), dim=1), f"{name}/merge")
