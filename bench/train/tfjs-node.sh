#!/usr/bin/env bash
# tfjs-node on a TensorFlow library that is already there: fetches the wheel of PyPI's tensorflow, which carries the C API, builds the
# binding against it, and shows that it computes and trains. Its output stands in bench/README.md. Needs g++, python3 with pip, 3 GB in /tmp.
# Not in CI: the wheel has 586 MB. At the end node_modules holds tfjs-node; `npm ci` removes it.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/node_modules/.bin:$PATH" TF_CPP_MIN_LOG_LEVEL=2 NODE_NO_WARNINGS=1
wheel=${1:-2.12.1}
dir=${2:-$(mktemp -d /tmp/libtensorflow-XXXXXX)}

if [ ! -d "$dir/tensorflow" ]; then
  python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version 3.11 --implementation cp \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 -d "$dir" "tensorflow==$wheel"
  python3 -m zipfile -e "$dir"/tensorflow-*.whl "$dir"
  rm "$dir"/tensorflow-*.whl
fi
npm run --silent train:gpu-setup -- --cpu --libtensorflow "$dir"

echo '== gradients beside pure JavaScript'
nice node bench/train/gradients.ts tfjs-node
echo '== the whole method on phantoms, and the network, with tfjs-node as the backend'
NO_COLOR=1 nice vitest run --project node test/train/pipeline.test.ts test/train/scoring test/train/model >"$dir/tests.log" 2>&1 || {
  tail -40 "$dir/tests.log"
  exit 1
}
grep -m1 'backend: ' "$dir/tests.log"
grep -E '^ +(Test Files|Tests)' "$dir/tests.log"
echo '== images a second of a training step, S = 128, batch 16, alternating'
for round in 1 2 3; do
  for backend in tfjs-node onednn; do
    echo "$backend $(nice node bench/train/step.ts "$backend" detl12 128 16 5 2>/dev/null | tail -1)"
  done
done
