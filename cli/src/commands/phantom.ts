import { writeFile } from 'node:fs/promises'
import { encodePng } from '@detl/core/image/png-encode'
import { type LesionKind, phantom } from '@detl/core/phantom/phantom'
import type { Command } from 'commander'

const LESIONS = ['nodule', 'consolidation', 'ground-glass'] as const satisfies readonly LesionKind[]

export function addPhantomCommand(program: Command): void {
  program
    .command('phantom')
    .description('write a synthetic chest X-ray, for trying things out where no X-ray is at hand')
    .argument('<file>', 'PNG to write (16-bit grey)')
    .option('--lesion <kind>', `${LESIONS.join(', ')} or none`, 'consolidation')
    .option('--seed <n>', 'another seed, another chest', '1')
    .option('--size <px>', 'width and height', '1024')
    .action(async (file: string, options: { lesion: string; seed: string; size: string }) => {
      const lesion = LESIONS.find((kind) => kind === options.lesion)
      if (!lesion && options.lesion !== 'none')
        program.error(`phantom: --lesion is ${LESIONS.join(', ')} or none`)
      const size = Number(options.size)
      if (!(size >= 32 && size <= 4096)) program.error('phantom: --size is 32 to 4096')
      const { image } = phantom({
        seed: Number(options.seed),
        width: size,
        height: size,
        lesions: lesion ? [lesion] : [],
      })
      const wide = image.data.map((value) => value << 4) // 12 bits, shown on the scale of 16
      await writeFile(file, await encodePng({ ...image, data: wide, channels: 1 }))
      console.log(`${file}: synthetic, ${lesion ?? 'no'} lesion; not a patient`)
    })
}
