#!/usr/bin/env bash
# Most people assume: `npm install PKG --workspace W` installs PKG, or says that it did not.
# Seen with npm 11.19.1: where PKG is an optional peer dependency of W and --no-save is given, it prints "up to date", ends with 0, and installs nothing.
# Without --workspace the same call installs it. Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir tool w
(cd tool && npm init -y >/dev/null && npm install --silent --no-audit --no-fund npm@11.19.1 >/dev/null)
npm11=("$work/tool/node_modules/.bin/npm")
echo '{ "name": "root", "private": true, "workspaces": ["w"] }' > package.json
cat > w/package.json <<'JSON'
{ "name": "w", "version": "1.0.0", "peerDependencies": { "is-number": "7.0.0" }, "peerDependenciesMeta": { "is-number": { "optional": true } } }
JSON
echo "npm $("${npm11[@]}" --version)"
"${npm11[@]}" install --silent --no-audit --no-fund
there() { [ -d node_modules/is-number ] && echo installed || echo 'not installed'; }

"${npm11[@]}" install --no-audit --no-fund --no-save --workspace w is-number@7.0.0
with=$(there)
"${npm11[@]}" install --no-audit --no-fund --no-save is-number@7.0.0
without=$(there)
echo "with --workspace: $with; without: $without"
[ "$with" = 'not installed' ] && [ "$without" = installed ]
