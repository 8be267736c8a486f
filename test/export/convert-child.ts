import { convert } from '@detl/export/convert'
import { writeWhole } from '@detl/export/graph/write'
import { readLayersModel } from '@detl/export/read-path'

/**
 * Converts the model of argv[2] into the file argv[3] with Grad-CAM, the small one of argv[4] before it so that code is loaded and
 * compiled; argv[5] says how weights are stored; prints seconds and resident bytes before and at the peak.
 */
const [, , model, out, warmUp, dtype] = process.argv
const options = { cam: {}, dtype: dtype === 'fp16' ? dtype : 'fp32' } as const
writeWhole(out!, convert(readLayersModel(warmUp!), options))
const before = process.resourceUsage().maxRSS * 1024
const start = performance.now()
writeWhole(out!, convert(readLayersModel(model!), options))
const seconds = (performance.now() - start) / 1000
console.log(JSON.stringify({ seconds, before, peak: process.resourceUsage().maxRSS * 1024 }))
