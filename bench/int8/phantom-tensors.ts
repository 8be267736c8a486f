import { codecs } from '@detl/codecs/modules'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { encodePng } from '@detl/core/image/png-encode'
import { takeIn } from '@detl/core/intake/intake'
import type { Manifest } from '@detl/core/model/manifest'
import { phantom } from '@detl/core/phantom/phantom'

/** Tensors of synthetic chests, [1,S,S] each: enough for ranges where only time and memory are measured. */
export async function phantomTensors({ preprocess }: Manifest, count: number): Promise<Uint8Array[]> {
  const tensors: Uint8Array[] = []
  for (let seed = 0; seed < count; seed++) {
    const { image } = phantom({ seed, width: 512, height: 512, lesions: seed % 2 ? ['consolidation'] : [] })
    const png = await encodePng({ width: 512, height: 512, channels: 1, data: image.data.map((v) => v << 4) })
    const gate = { mode: 'report', spec: DEFAULT_GATE } as const
    tensors.push(
      (await takeIn(png, preprocess, gate, { limits: DEFAULT_LIMITS, codecs })).preprocessed.tensor,
    )
  }
  return tensors
}
