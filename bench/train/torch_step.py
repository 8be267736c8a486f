"""Prints the median images a second of the same training step in PyTorch: torch_step.py ARCHITECTURE SIZE BATCH STEPS [DEVICE]"""
import os
import sys
import time

import torch
from torch import nn

device = sys.argv[5] if len(sys.argv) > 5 else "cpu"
if device == "cpu":
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
architecture = sys.argv[1]
size, batch, steps = map(int, sys.argv[2:5])


def detl12():
    channels = [1, 32, 32, 64, 64, 128, 128]
    layers = []
    for i in range(6):
        layers += [nn.Conv2d(channels[i], channels[i + 1], 3), nn.ReLU()]
        if i % 2:
            layers.append(nn.MaxPool2d(2))
    side = size
    for _ in range(3):
        side = (side - 4) // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * side * side, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 4))


def conv(into, out, kernel=1, stride=1, groups=1, relu=True):
    layers = [nn.Conv2d(into, out, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(out)]
    return nn.Sequential(*layers, nn.ReLU6()) if relu else nn.Sequential(*layers)


class Bottleneck(nn.Module):
    def __init__(self, into, out, stride, expansion):
        super().__init__()
        wide = into * expansion
        self.adds = stride == 1 and into == out
        self.path = nn.Sequential(
            conv(into, wide) if expansion > 1 else nn.Identity(),
            conv(wide, wide, 3, stride, wide),
            conv(wide, out, relu=False),
        )

    def forward(self, x):
        return x + self.path(x) if self.adds else self.path(x)


def mobilenet_v2():
    layers, into = [conv(1, 32, 3, 2)], 32
    for row, (out, repetitions, stride) in enumerate([(16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1)]):
        for r in range(repetitions):
            layers.append(Bottleneck(into, out, stride if r == 0 else 1, 6 if row else 1))
            into = out
    return nn.Sequential(*layers, conv(96, 576), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(576, 128), nn.ReLU(), nn.Linear(128, 4))


model = {"detl12": detl12, "mobilenet-v2": mobilenet_v2}[architecture]().to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)
x = torch.rand(batch, 1, size, size, device=device)
y = torch.arange(batch, device=device) % 4
times = []
for step in range(steps + 1):
    start = time.perf_counter()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    if device != "cpu":
        torch.cuda.synchronize()
    if step:
        times.append(time.perf_counter() - start)
print(batch / sorted(times)[len(times) // 2])
