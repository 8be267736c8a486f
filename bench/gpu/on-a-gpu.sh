#!/usr/bin/env bash
# What a GPU does with the shipped models: parity on all outputs, rows a second with the maps of four classes beside PyTorch on the same
# card, rows a second over the wire, and a training step on WebGPU: its gradients beside pure JavaScript's, its pace beside PyTorch's. Needs a Vulkan driver and loader, and nothing else but what travels with it.
#   bench/gpu/on-a-gpu.sh pack detl-on-a-gpu.tar.xz       here: Node, ONNX Runtime, our bundle and both models in one file
#   tar xJf detl-on-a-gpu.tar.xz && detl-on-a-gpu/run     there; --batches 1,8,64,256 --models detl-128,mobilenet-v2-160 --runs 20
#                                                         --train detl12:128:64,mobilenet-v2:160:64 (network:size:batch; '' for none)
# Not run on a GPU. Run on SwiftShader, a software driver: bench/README.md has the output.
set -euo pipefail

pack() {
  local root out=$1 dir
  root=$(cd "$(dirname "$0")/../.." && pwd)
  dir=$(mktemp -d)/detl-on-a-gpu
  mkdir -p "$dir/node_modules/webgpu/dist" "$dir/node_modules/onnxruntime-node/bin/napi-v6/linux" "$dir/models"
  cd "$root"
  node deploy/gpu-function/bundle.ts "$dir/dist"
  node_modules/.bin/esbuild bench/gpu/on-a-gpu.ts --bundle --platform=node --format=esm --target=node22 \
    --external:onnxruntime-node --outfile="$dir/dist/on-a-gpu.js" --log-level=warning
  cp "$(node -p process.execPath)" "$dir/node"
  strip "$dir/node" 2>/dev/null || true
  cp -r node_modules/onnxruntime-node/{package.json,dist} "$dir/node_modules/onnxruntime-node/"
  cp -r node_modules/onnxruntime-node/bin/napi-v6/linux/x64 "$dir/node_modules/onnxruntime-node/bin/napi-v6/linux/"
  cp -r node_modules/onnxruntime-common "$dir/node_modules/"
  cp node_modules/webgpu/{package.json,index.js} "$dir/node_modules/webgpu/"
  cp -r node_modules/webgpu/dist/linux-x64 "$dir/node_modules/webgpu/dist/"
  cp bench/gpu/reference.py bench/train/torch_step.py "$dir/dist/"
  # Training: tfjs and our code. Of the backends only webgpu travels: the others are chunks that nothing loads.
  node_modules/.bin/esbuild bench/train/step.ts bench/train/gradients.ts --bundle --splitting --platform=node --format=esm \
    --target=node22 --external:webgpu --external:koffi --external:@tensorflow/tfjs-node --external:@tensorflow/tfjs-node-gpu \
    --banner:js='import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url)' \
    --ignore-annotations --minify-syntax --minify-whitespace --outbase=bench --outdir="$dir/dist" --log-level=warning
  for model in detl-128 mobilenet-v2-160; do
    mkdir "$dir/models/$model"
    cp "models/$model"/{model.onnx,manifest.json} "$dir/models/$model/"
  done
  echo '{"type":"module"}' >"$dir/package.json"
  # shellcheck disable=SC2016 # for the shell that runs it
  printf '#!/bin/sh\ncd "$(dirname "$0")" && exec ./node dist/on-a-gpu.js "$@"\n' >"$dir/run"
  chmod +x "$dir/run" "$dir/node"
  cd - >/dev/null
  tar -C "$(dirname "$dir")" -cf - detl-on-a-gpu | xz -T0 -6 >"$out"
  rm -r "$(dirname "$dir")"
  local bytes
  bytes=$(stat -c %s "$out")
  echo "$out: $((bytes / 1048576)) MiB"
  if ((bytes > 64 * 1048576)); then
    echo 'larger than the 64 MiB that may travel' >&2
    exit 1
  fi
}

case ${1:-} in
  pack) pack "$(realpath -m "${2:?usage: on-a-gpu.sh pack FILE.tar.xz}")" ;;
  *)
    echo 'usage: on-a-gpu.sh pack FILE.tar.xz; then unpack it on the machine with the GPU and call detl-on-a-gpu/run' >&2
    exit 2
    ;;
esac
