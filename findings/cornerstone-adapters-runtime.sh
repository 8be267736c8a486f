#!/usr/bin/env bash
# Most people assume: a package that is installed with all its peers can be imported.
# Seen: @cornerstonejs/adapters 5.14.0 imports @babel/runtime, and names only @babel/runtime-corejs2; none of its peers brings it. Node does not
# find it. With @babel/runtime beside it, the adapters load in Node too.
# Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
v=5.14.0
npm install --silent --no-audit --no-fund --ignore-scripts @cornerstonejs/{adapters,core,metadata,tools,utils}@$v >/dev/null
echo "import { adaptersSR } from '@cornerstonejs/adapters'; console.log(typeof adaptersSR.Cornerstone3D)" > run.mjs
alone=$(node run.mjs 2>&1 | grep -o "Cannot find package '@babel/runtime'" | head -1 || true)
npm install --silent --no-audit --no-fund --ignore-scripts @babel/runtime@7.29.2 >/dev/null
beside=$(node run.mjs 2>/dev/null | tail -1 || true)
echo "@cornerstonejs/adapters $v with its peers: ${alone:-loads}; with @babel/runtime: ${beside:-does not load}"
[ "$alone" = "Cannot find package '@babel/runtime'" ] && [ "$beside" = object ]
