"""Turns a checkpoint of the public PyTorch reimplementation into a file that `autoregseg import` reads.

The reimplementation (GitHub: Max-Manning/autoregunsupseg) saves `model.state_dict()` of a network of 2, 3 or 4 residual
blocks. Its outputs without a mask (ordering 0) and those of the imported run are the same. Needs torch.

    python convert_autoregunsupseg.py saved/model_001.pth model.safetensors --output-stride 4
    autoregseg import model.safetensors --out run

The output stride is what training was started with; weights do not tell. Networks with attention are refused: there the
maps of the attention are reshaped without a transpose, which mixes up positions, and no other program reproduces that.
"""
import argparse
import json
import sys

import torch

SUB_BLOCKS = ["masked", "pointwise_1_2", "pointwise_2_1", "pointwise_2_2", "pointwise_3_1", "pointwise_3_2"]


def convert(state, output_stride, means, deviations):
    if any(name.startswith("attn.") for name in state):
        raise SystemExit("convert: this checkpoint has attention, whose outputs cannot be reproduced (see --help)")
    blocks = len({name.split(".")[0] for name in state if name.startswith("resblock")})
    tensors = dict(stem_tensors(state))
    for index in range(1, blocks + 1):
        for number, part in enumerate(SUB_BLOCKS, start=1):
            tensors.update(convolution(state, f"resblock{index}.conv{number}", f"block_{index}/{part}"))
    tensors.update(convolution(state, "decoder.conv", "decoder/main0"))
    clusters, channels = state["decoder.conv.weight"].shape[0], state["stem.conv.weight"].shape[1]
    shape = {
        "stemChannels": state["stem.conv.weight"].shape[0],
        "outputStride": output_stride,
        "blocks": blocks,
        "form": "shifted",
        "normalization": "none",
    }
    network = {"channels": channels, "heads": {"main0": clusters}, "attention": [], "featureSize": None, "dropout": 0}
    run = {
        "config": {"clusters": clusters, "mainHeads": 1, "overclusters": 0, "network": shape},
        "channels": channels,
        "working": {},
        "statistics": {"mean": spread(means, channels), "std": spread(deviations, channels)},
    }
    metadata = {
        "format": "autoregseg/1",
        "network": {**network, **shape, "seed": 0},
        "run": run,
        "state": {"step": 0, "information": [0]},
    }
    return tensors, {key: value if key == "format" else json.dumps(value) for key, value in metadata.items()}


def stem_tensors(state):
    """The convolution's bias moves the mean that is taken off after it."""
    yield "stem/convolution_kernel", state["stem.conv.weight"].permute(2, 3, 1, 0)
    yield "stem/normalization_scale", state["stem.bn.weight"]
    yield "stem/normalization_offset", state["stem.bn.bias"]
    yield "stem/normalization_running_mean", state["stem.bn.running_mean"] - state["stem.conv.bias"]
    yield "stem/normalization_running_variance", state["stem.bn.running_var"]


def convolution(state, theirs, ours):
    """[D, C, kh, kw] becomes [kh, kw, C, D]."""
    kernel = state[f"{theirs}.weight"].permute(2, 3, 1, 0)
    return {f"{ours}_kernel": kernel, f"{ours}_bias": state[f"{theirs}.bias"]}


def spread(values, channels):
    if len(values) not in (1, channels):
        raise SystemExit(f"convert: one value or one for each of {channels} bands is needed, got {len(values)}")
    return list(values) * (channels // len(values))


def write_safetensors(path, tensors, metadata):
    header, blobs, end = {"__metadata__": metadata}, [], 0
    for name, tensor in tensors.items():
        blob = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [end, end + len(blob)]}
        blobs.append(blob)
        end += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(blobs))


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", help="what the reimplementation saved (.pth)")
    parser.add_argument("out", help="file to write (.safetensors)")
    parser.add_argument("--output-stride", type=int, choices=[2, 4], required=True)
    parser.add_argument("--mean", type=float, nargs="+", default=[0.0], help="taken off images in 0..1, by band; none by default")
    parser.add_argument("--std", type=float, nargs="+", default=[1.0], help="images are divided by it, by band; 1 by default")
    options = parser.parse_args(arguments)
    state = torch.load(options.checkpoint, map_location="cpu", weights_only=True)
    write_safetensors(options.out, *convert(state, options.output_stride, options.mean, options.std))


if __name__ == "__main__":
    main(sys.argv[1:])
