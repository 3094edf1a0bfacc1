"""Losses of lightly and their slopes in the first view: two views come in as JSON on stdin, numbers go out as JSON.

    python lightly_values.py < views.json
"""

import json
import sys

import torch
from lightly.loss import BarlowTwinsLoss, NegativeCosineSimilarity, NTXentLoss, SwaVLoss, VICRegLoss

LOSSES = {
    "ntXent": NTXentLoss(temperature=0.2),
    # lightly gives minus the mean cosine
    "byol": lambda a, b: 2 + 2 * NegativeCosineSimilarity()(a, b.detach()),
    "barlowTwins": BarlowTwinsLoss(lambda_param=0.005),
    "vicReg": VICRegLoss(),
    "swav": lambda a, b: SwaVLoss()([a, b], []).squeeze(),
}


def main():
    views = json.load(sys.stdin)
    results = {}
    for name, loss in LOSSES.items():
        a = torch.tensor(views["a"], dtype=torch.float64, requires_grad=True)
        value = loss(a, torch.tensor(views["b"], dtype=torch.float64))
        value.backward()
        results[name] = {"value": value.item(), "slopes": a.grad.flatten().tolist()}
    json.dump(results, sys.stdout)


main()
