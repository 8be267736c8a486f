import { writeFile } from 'node:fs/promises'
import { AppError } from '@detl/core/api/problem'
import { encodePng } from '@detl/core/image/png-encode'
import { type LesionKind, phantom } from '@detl/core/phantom/phantom'
import { type Command, Option } from 'commander'
import { reasonOf } from '../io-errors.ts'
import { wholeNumber } from '../option-values.ts'

const LESIONS = ['nodule', 'consolidation', 'ground-glass'] as const satisfies readonly LesionKind[]

export function addPhantomCommand(program: Command): void {
  program
    .command('phantom')
    .description('write a synthetic chest X-ray, for trying things out where no X-ray is at hand')
    .argument('<file>', 'PNG to write (16-bit grey)')
    .addOption(
      new Option('--lesion <kind>', 'what it has').choices([...LESIONS, 'none']).default('consolidation'),
    )
    .option('--seed <n>', 'another seed, another chest', wholeNumber(0, 2 ** 32 - 1), 1)
    .option('--size <px>', 'width and height', wholeNumber(32, 4096), 1024)
    .action(async (file: string, options: { lesion: LesionKind | 'none'; seed: number; size: number }) => {
      const { lesion, seed, size } = options
      const { image } = phantom({
        seed,
        width: size,
        height: size,
        lesions: lesion === 'none' ? [] : [lesion],
      })
      const wide = image.data.map((value) => value << 4) // 12 bits, shown on the scale of 16
      const png = await encodePng({ ...image, data: wide, channels: 1 })
      await writeFile(file, png).catch((cause) => {
        throw new AppError('request-invalid', `${file} cannot be written: ${reasonOf(cause)}`, { cause })
      })
      console.log(`${file}: synthetic, ${lesion === 'none' ? 'no lesion' : lesion}; not a patient`)
    })
}
