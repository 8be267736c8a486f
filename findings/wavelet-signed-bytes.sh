#!/usr/bin/env bash
# Most people assume: a decoder of JPEG 2000 gives negative samples as they were encoded, whatever their depth.
# Seen: the decoders of @cornerstonejs/codec-openjpeg 1.3.6 and @cornerstonejs/codec-openjph 2.4.11 give 0 for each negative sample of a signed stream
# of 8 bits. The same stream called unsigned (one bit of SIZ) comes out whole, 128 higher: the level shift (ITU-T T.800, annex G).
# Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @cornerstonejs/codec-openjpeg@1.3.6 @cornerstonejs/codec-openjph@2.4.11 >/dev/null
cat > run.cjs <<'JS'
const SSIZ = 42 // depth of the first component; its highest bit says signed
async function main() {
  let changed = false
  for (const [name, encoder, decoder] of [
    ['openjpeg', 'J2KEncoder', 'J2KDecoder'],
    ['openjph', 'HTJ2KEncoder', 'HTJ2KDecoder'],
  ]) {
    const codec = await require(`@cornerstonejs/codec-${name}/wasmjs`)({ print() {}, printErr() {} })
    const values = Array.from({ length: 1024 }, (_, i) => Math.round(100 * Math.sin(i / 40)))
    const enc = new codec[encoder]()
    const info = { width: 32, height: 32, bitsPerSample: 8, componentCount: 1, isSigned: false, isUsingColorTransform: false }
    enc.getDecodedBuffer(info).set(Uint8Array.from(values, (value) => value + 128))
    if (name === 'openjph') enc.setQuality(true, 0)
    enc.encode()
    const stream = Uint8Array.from(enc.getEncodedBuffer())
    const signed = stream.slice()
    signed[SSIZ] |= 128
    const decode = (bytes) => {
      const dec = new codec[decoder]()
      dec.getEncodedBuffer(bytes.length).set(bytes)
      dec.decode()
      return Uint8Array.from(dec.getDecodedBuffer())
    }
    const asSigned = new Int8Array(decode(signed).buffer)
    const asUnsigned = decode(stream)
    const negative = values.flatMap((value, i) => (value < 0 ? [i] : []))
    const lost = negative.filter((i) => asSigned[i] === 0).length
    const whole = values.every((value, i) => asUnsigned[i] - 128 === value)
    console.log(`${name}: signed: ${lost} of ${negative.length} negative samples are 0; as unsigned, less 128: ${whole ? 'all right' : 'wrong'}`)
    changed ||= lost !== negative.length || !whole
  }
  process.exit(changed ? 1 : 0)
}
main()
JS
node run.cjs
