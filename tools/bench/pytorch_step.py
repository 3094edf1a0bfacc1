"""One training step of the reference network in PyTorch on the CPU, timed: what `npm run bench` compares ours with.

The network and the loss are those of `autoregseg bench step`: an unmasked stem (conv 3x3, batch norm, ReLU, max-pool),
residual blocks that double the channels (one masked shifted conv 3x3, then 1x1 convolutions), a 1x1 head, bilinear
upsampling, softmax, pooled mutual information over displacements up to T, Adam, two distinct orderings a step.

Two variants:
  naive  as published reimplementations have it: the stem runs for each view, the joint distribution comes from one
         convolution whose kernel is the other view's whole map
  best   as we would write it in PyTorch: one stem for both views, the joint from a separable box filter and one product

Prints one JSON object. It needs torch and nothing else; tools/bench/bench.mjs brings both together.
"""

import argparse
import json
import random
import resource
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
ORDERINGS = [(corner, major) for corner in CORNERS for major in ("row", "column")]


def kernel_mask(corner: str, major: str) -> torch.Tensor:
    """[1, 1, 3, 3], 1 = may look, for a kernel shifted wholly onto the past. top-left-row, its centre bottom middle:

        1 1 1
        1 1 1
        1 1 0     the last row is the current one: what follows in it is masked
    """
    mask = torch.ones(3, 3)
    mask[2, 2] = 0
    vertical, horizontal = corner.split("-")
    if major == "column":
        mask = mask.t()
    if vertical == "bottom":
        mask = mask.flip(0)
    if horizontal == "right":
        mask = mask.flip(1)
    return mask[None, None]


def shift_padding(corner: str, major: str) -> tuple[int, int, int, int]:
    """(left, right, top, bottom) for F.pad: 2 on the past side of the major axis's lines, 1 + 1 along them."""
    vertical, horizontal = corner.split("-")
    if major == "row":
        return (1, 1, 2, 0) if vertical == "top" else (1, 1, 0, 2)
    return (2, 0, 1, 1) if horizontal == "left" else (0, 2, 1, 1)


class ResidualBlock(nn.Module):
    """[N, C, h, w] -> [N, 2C, h, w]; position p sees only what comes up to p in the ordering."""

    def __init__(self, channels: int):
        super().__init__()
        wide = 2 * channels
        self.masked = nn.Conv2d(channels, wide, 3)
        self.point = nn.Conv2d(wide, wide, 1)
        self.pairs = nn.ModuleList(nn.ModuleList([nn.Conv2d(wide, wide, 1) for _ in range(2)]) for _ in range(2))

    def forward(self, x, ordering):
        kernel = self.masked.weight * kernel_mask(*ordering)
        y = F.relu(F.conv2d(F.pad(x, shift_padding(*ordering)), kernel, self.masked.bias))
        y = F.relu(self.point(y))
        y = y + F.pad(x, (0, 0, 0, 0, 0, x.shape[1]))  # zero channels for those that are new
        for first, second in self.pairs:
            y = y + F.relu(second(F.relu(first(y))))
        return y


class Network(nn.Module):
    def __init__(self, channels: int, clusters: int, blocks: int, stem_channels: int = 64):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, stem_channels, 3, padding=1),
            nn.BatchNorm2d(stem_channels),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.blocks = nn.ModuleList(ResidualBlock(stem_channels * 2**index) for index in range(blocks))
        self.head = nn.Conv2d(stem_channels * 2**blocks, clusters, 1)

    def encode(self, maps, ordering, size):
        """[N, C, h, w] stem maps -> [N, K, H, W] probabilities."""
        for block in self.blocks:
            maps = block(maps, ordering)
        logits = F.interpolate(self.head(maps), size=size, mode="bilinear", align_corners=False)
        return F.softmax(logits, dim=1)


def joint_by_convolution(a, b, half_window: int):
    """[K, K] sums of a[p, k] b[p + u, l]: clusters as batch, b as the kernel, then the sum over displacements."""
    return F.conv2d(a.transpose(0, 1), b.transpose(0, 1), padding=half_window).sum((2, 3))


def joint_by_box_filter(a, b, half_window: int):
    """The same sums: those over u first, as a box filter of b (two passes of an average), then one product."""
    side = 2 * half_window + 1
    box = F.avg_pool2d(b, (side, 1), stride=1, padding=(half_window, 0)) * side
    box = F.avg_pool2d(box, (1, side), stride=1, padding=(0, half_window)) * side
    return torch.einsum("nkhw,nlhw->kl", a, box)


def information(joint):
    """Mutual information in nats of unnormalised joint counts, symmetrised."""
    joint = joint / joint.sum()
    joint = (joint + joint.t()) / 2
    tiny = torch.finfo(joint.dtype).tiny
    rows, columns = joint.sum(1, keepdim=True), joint.sum(0, keepdim=True)
    return (joint * (joint.clamp_min(tiny).log() - rows.clamp_min(tiny).log() - columns.clamp_min(tiny).log())).sum()


def train_step(network, optimizer, images, variant: str, half_window: int, rng: random.Random) -> float:
    first, second = rng.sample(ORDERINGS, 2)
    size = images.shape[2:]
    optimizer.zero_grad(set_to_none=True)
    maps = network.stem(images)
    a = network.encode(maps, first, size)
    b = network.encode(network.stem(images) if variant == "naive" else maps, second, size)
    joint = joint_by_convolution if variant == "naive" else joint_by_box_filter
    loss = -information(joint(a, b, half_window))
    loss.backward()
    optimizer.step()
    return loss.item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", choices=("naive", "best"), default="best")
    parser.add_argument("--steps", type=int, default=5, help="timed steps")
    parser.add_argument("--warmup", type=int, default=2, help="steps before, not timed")
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--size", type=int, default=128, help="side of the square images")
    parser.add_argument("--clusters", type=int, default=4)
    parser.add_argument("--blocks", type=int, default=2)
    parser.add_argument("--half-window", type=int, default=10, help="T, in pixels")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    images = torch.rand(options.batch, 3, options.size, options.size)
    network = Network(3, options.clusters, options.blocks).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=4e-5)

    seconds, losses = [], []
    for _ in range(options.warmup + options.steps):
        start = time.perf_counter()
        losses.append(train_step(network, optimizer, images, options.variant, options.half_window, rng))
        seconds.append(time.perf_counter() - start)
    timed = seconds[options.warmup :]
    median = statistics.median(timed)
    # ru_maxrss: KiB on Linux, bytes on macOS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(
        json.dumps(
            {
                "engine": f"PyTorch {torch.__version__}",
                "variant": options.variant,
                "medianSeconds": median,
                "imagesPerSecond": options.batch / median,
                "peakMemoryMb": round(peak),
                "threads": torch.get_num_threads(),
                "seconds": timed,
                "lastLoss": losses[-1],
            }
        )
    )


if __name__ == "__main__":
    main()
