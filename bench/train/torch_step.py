"""Prints the median images a second of the same training step in PyTorch: torch_step.py SIZE BATCH STEPS"""
import sys
import time

import torch
from torch import nn

size, batch, steps = map(int, sys.argv[1:])
channels = [1, 32, 32, 64, 64, 128, 128]
layers = []
for i in range(6):
    layers += [nn.Conv2d(channels[i], channels[i + 1], 3), nn.ReLU()]
    if i % 2:
        layers.append(nn.MaxPool2d(2))
side = size
for _ in range(3):
    side = (side - 4) // 2
model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * side * side, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 4))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)
x = torch.rand(batch, 1, size, size)
y = torch.arange(batch) % 4
times = []
for step in range(steps + 1):
    start = time.perf_counter()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    if step:
        times.append(time.perf_counter() - start)
print(batch / sorted(times)[len(times) // 2])
