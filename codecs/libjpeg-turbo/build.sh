#!/bin/sh
# Builds decode.wasm from Debian 12's source of libjpeg-turbo: apt-get install emscripten dpkg-dev, and a deb-src line for apt.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get source -qq libjpeg-turbo=1:2.1.5-2
cd libjpeg-turbo-2.1.5
cp "$here/jconfig.h" "$here/jconfigint.h" .
# WebAssembly has 64-bit integers though its addresses have 32: the Huffman decoder fills its buffer half as often.
sed -i 's/^#elif defined(__x86_64__) && defined(__ILP32__)/#elif defined(__wasm__)/' jdhuff.h
grep -q __wasm__ jdhuff.h
sources='jcomapi jdapimin jdapistd jdcoefct jdcolor jddctmgr jdhuff jdinput jdmainct jdmarker jdmaster jdmerge jdphuff jdpostct
  jdsample jidctflt jidctfst jidctint jidctred jmemmgr jmemnobs jquant1 jquant2 jsimd_none jutils'
# `fail` is left undefined: the host imports it.
emcc -O3 -mbulk-memory -msign-ext -mnontrapping-fptoint -DNO_GETENV -DNO_PUTENV -Wno-everything -I. -s STANDALONE_WASM --no-entry -s ALLOW_MEMORY_GROWTH -s INITIAL_MEMORY=2MB \
  -s TOTAL_STACK=256KB -s MALLOC=emmalloc -s FILESYSTEM=0 -s ERROR_ON_UNDEFINED_SYMBOLS=0 \
  "$here/decode.c" $(printf '%s.c ' $sources) -o "$here/decode.wasm"
sha256sum "$here/decode.wasm"
