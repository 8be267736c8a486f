#!/bin/sh
# usage: SERVICE=https://screening.example KEY=detl_live_… PACS=https://pacs.example/dicom-web screen-into-study.sh CHEST.dcm
set -eu
answer=$(mktemp -d)
trap 'rm -r "$answer"' EXIT
curl -sS --fail-with-body -D "$answer/headers" -o "$answer/body" -H "Authorization: Bearer $KEY" \
  -H 'Accept: multipart/related; type="application/dicom"' --data-binary "@$1" "$SERVICE/v1/screenings" || { cat "$answer/body" >&2; exit 1; }
curl -sS --fail-with-body -H "$(grep -i '^content-type:' "$answer/headers" | tr -d '\r')" -H 'Accept: application/dicom+json' \
  --data-binary "@$answer/body" "$PACS/studies"
