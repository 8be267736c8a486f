#!/usr/bin/env bash
# What Data-A of thousands is worth: `bash bench/unseen/at-scale.sh CXR CXR-MORE OUT`, with NETS="detl12 mobilenet" and FOLD=0 if not set otherwise. For each network, from scratch, pretrained on the Data-A of
# CXR, and on that with the further normals and opacities of CXR-MORE. What is finished in OUT is not trained again.
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: at-scale.sh CXR CXR-MORE OUT" >&2; exit 2; }
cxr=$1 more=$2 out=$3
nets=${NETS:-detl12 mobilenet} fold=${FOLD:-0}
here=$(dirname "$0")
train() { # STAGE RUN RECIPE DATA …
  local stage=$1 run=$2 recipe=$3 data=$4 done=$5
  shift 5
  [ -e "$out/$run/$done/history.json" ] && return
  npx detl train "$stage" --resume --config "$here/recipes/$recipe.json" --data "$data" --cache "$out/cache" --out "$out/$run" "$@"
}
[ -e "$out/data.json" ] || node "$here/data-at-scale.ts" --data "$cxr" --more "$more" --out "$out/data.json"
for net in $nets; do
  train pretrain "$net-small" "$net-small" "$cxr" pretrain
  train transfer "$net-small" "$net-small" "$cxr" "scratch-fold-$fold" --fold "$fold" --from-scratch
  train transfer "$net-small" "$net-small" "$cxr" "fold-$fold" --fold "$fold"
  train pretrain "$net-scale" "$net-scale" "$out/data.json" pretrain
  train transfer "$net-scale" "$net-scale" "$out/data.json" "fold-$fold" --fold "$fold"
  node "$here/pretraining.ts" --data "$cxr" --more "$more" --cache "$out/cache" \
    scratch="$out/$net-small/scratch-fold-$fold" small="$out/$net-small/fold-$fold" scale="$out/$net-scale/fold-$fold"
done
