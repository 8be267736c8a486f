#!/usr/bin/env bash
# Most people assume: @cornerstonejs/adapters reads a line of a structured report (TID 1500, SCOORD) at its pixels, and as its area the number that the
# report calls an area.
# Seen: 1. the first number of the group is taken for the area, whatever its concept and unit are: here a share of 38.8 %.
# 2. where pixels are not square, the line is elsewhere: a column is multiplied by the distance between rows, and a row by that between columns.
# Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
v=5.14.0
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps @cornerstonejs/{adapters,core,metadata,tools,utils}@$v @babel/runtime@7.29.2 dcmjs@0.52.2 >/dev/null
cat > run.mjs <<'JS'
import { adaptersSR } from '@cornerstonejs/adapters'
import { metaData } from '@cornerstonejs/core'
// As DICOM's Pixel Spacing 0.5\0.25 is read: rows are 0.5 mm apart, columns 0.25 mm.
const plane = { rowCosines: [1, 0, 0], columnCosines: [0, 1, 0], imagePositionPatient: [0, 0, 0], rowPixelSpacing: 0.5, columnPixelSpacing: 0.25 }
metaData.addProvider((type) => (type === 'imagePlaneModule' ? plane : undefined), 1)
const code = (CodeValue, CodingSchemeDesignator, CodeMeaning) => ({ CodeValue, CodingSchemeDesignator, CodeMeaning })
const item = (ValueType, ConceptNameCodeSequence, rest) => ({ ValueType, ConceptNameCodeSequence, ...rest })
const image = { ReferencedSOPClassUID: '1.2.840.10008.5.1.4.1.1.1', ReferencedSOPInstanceUID: '1.2.3' }
const line = item('SCOORD', code('121112', 'DCM', 'Source of Measurement'), {
  GraphicType: 'POLYLINE',
  GraphicData: [100.5, 10.5, 200.5, 10.5, 200.5, 30.5, 100.5, 10.5],
  ContentSequence: { ValueType: 'IMAGE', ReferencedSOPSequence: image },
})
const group = item('CONTAINER', code('125007', 'DCM', 'Measurement Group'), {
  ContentSequence: [
    item('TEXT', code('112039', 'DCM', 'Tracking Identifier'), { TextValue: 'Cornerstone3DTools@^0.1.0:PlanarFreehandROI' }),
    item('UIDREF', code('112040', 'DCM', 'Tracking Unique Identifier'), { UID: '1.2.4' }),
    item('NUM', code('share', '99X', 'Share that is opaque'), {
      MeasuredValueSequence: { NumericValue: 38.8, MeasurementUnitsCodeSequence: code('%', 'UCUM', 'Percent') },
      ContentSequence: [line],
    }),
  ],
})
const report = {
  ContentTemplateSequence: { TemplateIdentifier: '1500' },
  ContentSequence: [item('CONTAINER', code('126010', 'DCM', 'Imaging Measurements'), { ContentSequence: [group] })],
}
const { PlanarFreehandROI: [roi] } = adaptersSR.Cornerstone3D.MeasurementReport.generateToolState(report, { '1.2.3:1': 'image' }, metaData)
const [x, y] = roi.annotation.data.contour.polyline[0]
console.log(`area ${roi.annotation.data.cachedStats['imageId:image'].area}; first point ${x} ${y} mm`)
JS
said=$(node run.mjs)
echo "@cornerstonejs/adapters $v, a share of 38.8 % in a line that begins at column 100, row 10, 25 mm right and 5 mm down: $said"
[ "$said" = "area 38.8; first point 50 2.5 mm" ]
