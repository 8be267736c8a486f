#!/usr/bin/env bash
# Most people assume: dicom-parser reads the explicit VRs of the standard.
# Seen: dicom-parser 1.8.21 takes the length of OV, SV and UV elements (PS3.5 table 7.1-1: four bytes, added in 2019) for two bytes, and throws at what follows.
# Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund dicom-parser@1.8.21 >/dev/null
cat > run.cjs <<'JS'
const { parseDicom } = require('dicom-parser')
const text = (value) => [...Buffer.from(value)]
const meta = [2, 0, 0x10, 0, ...text('UI'), 20, 0, ...text('1.2.840.10008.1.2.1\0')]
const head = [...new Uint8Array(128), ...text('DICM'), 2, 0, 0, 0, ...text('UL'), 4, 0, meta.length, 0, 0, 0, ...meta]
let changed = false
for (const vr of ['OB', 'OV', 'SV', 'UV']) {
  const element = [9, 0, 0x10, 0x10, ...text(vr), 0, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
  const rows = [0x28, 0, 0x10, 0, ...text('US'), 2, 0, 7, 0]
  let seen
  try {
    seen = `the element behind it is ${parseDicom(Uint8Array.from([...head, ...element, ...rows])).uint16('x00280010')}`
  } catch (error) {
    seen = `throws: ${error.message ?? error.exception ?? error}`
  }
  console.log(`${vr}: ${seen}`)
  changed ||= (vr === 'OB') !== seen.endsWith('is 7')
}
process.exit(changed ? 1 : 0)
JS
node run.cjs
