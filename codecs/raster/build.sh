#!/bin/sh
# Builds raster.wasm with Debian 12's source of libdeflate: apt-get install emscripten dpkg-dev, and a deb-src line for apt.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get source -qq ${APT_OPTIONS:-} libdeflate=1.14-1
cd libdeflate-1.14
# WebAssembly has 64-bit integers though its addresses have 32: the bit buffer is filled half as often.
sed -i 's/^typedef size_t machine_word_t;/typedef unsigned long long machine_word_t;/' common_defs.h
grep -q 'long long machine_word_t' common_defs.h
emcc -O3 -msimd128 -mbulk-memory -msign-ext -mnontrapping-fptoint -ffp-contract=off -I. -s STANDALONE_WASM --no-entry -s ALLOW_MEMORY_GROWTH -s INITIAL_MEMORY=2MB \
  -s TOTAL_STACK=64KB -s MALLOC=emmalloc -s FILESYSTEM=0 \
  "$here/raster.c" lib/deflate_decompress.c lib/zlib_decompress.c lib/utils.c -o "$here/raster.wasm"
sha256sum "$here/raster.wasm"
