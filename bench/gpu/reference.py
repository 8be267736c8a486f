# The reference of gpu.vs_torch, not part of the product: the paper's 12 layers in PyTorch on the CPU, with Grad-CAM of all four
# classes by autograd (Selvaraju et al. 2017, Eq. 1 and 2). Same shapes, threads and batch as ours; random weights, which cost the same.
# argv: size, threads[, device, mode = eager | compile]. stdin: one line "mode batch runs" for each measurement, mode = scores | cam; stdout: milliseconds of each run, as JSON.
import json
import sys
import time

import torch
from torch import nn

size, threads = int(sys.argv[1]), int(sys.argv[2])
device, how = sys.argv[3:5] if len(sys.argv) > 4 else ("cpu", "eager")
torch.set_num_threads(threads)
torch.manual_seed(1)


def pair(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3), nn.ReLU(), nn.Conv2d(outputs, outputs, 3), nn.ReLU()]


side = ((size - 4) // 2 - 4) // 2 - 4  # of the last maps: 25 at S = 128
features = nn.Sequential(*pair(1, 32), nn.MaxPool2d(2), *pair(32, 64), nn.MaxPool2d(2), *pair(64, 128)).eval()
head = nn.Sequential(
    nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128 * (side // 2) ** 2, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 4)
).eval()
features, head = features.to(device), head.to(device)
for parameter in [*features.parameters(), *head.parameters()]:
    parameter.requires_grad_(False)  # only the maps' gradient is asked for


def scores(image):
    with torch.no_grad():
        return torch.softmax(head(features(image / 255)), 1)


def cam(image):
    with torch.no_grad():
        maps = features(image / 255)
    maps.requires_grad_(True)
    logits = head(maps)
    cams = []
    for c in range(4):
        (gradient,) = torch.autograd.grad(logits[:, c].sum(), maps, retain_graph=True)
        weights = gradient.mean((2, 3), keepdim=True)
        cams.append(torch.relu((weights * maps).sum(1)))
    return torch.softmax(logits, 1), torch.stack(cams, 1)


if how == "compile":
    features, head = torch.compile(features), torch.compile(head)


def wait():
    if device == "cuda":
        torch.cuda.synchronize()


for line in sys.stdin:
    mode, batch, runs = line.split()
    image = torch.randint(0, 256, (int(batch), 1, size, size), dtype=torch.uint8).to(device)
    run = {"scores": scores, "cam": cam}[mode]
    ms = []
    for _ in range(int(runs)):
        wait()
        begin = time.perf_counter()
        run(image)
        wait()
        ms.append((time.perf_counter() - begin) * 1000)
    print(json.dumps(ms), flush=True)
