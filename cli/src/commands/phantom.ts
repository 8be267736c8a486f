import { writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { encodePng } from '@detl/core/image/png-encode'
import { type LesionKind, phantom } from '@detl/core/phantom/phantom'
import { type DicomPhantomOptions, dicomPhantom } from '@detl/core/phantom/phantom-dicom'
import { type Command, Option } from 'commander'
import { reasonOf } from '../io-errors.ts'
import { wholeNumber } from '../option-values.ts'

const LESIONS = ['nodule', 'consolidation', 'ground-glass'] as const satisfies readonly LesionKind[]

const WRITERS: Readonly<Record<string, (options: DicomPhantomOptions) => Promise<Uint8Array>>> = {
  '.png': png,
  '.dcm': dicomPhantom,
}

export function addPhantomCommand(program: Command): void {
  program
    .command('phantom')
    .description('write synthetic chest X-rays, for trying things out where no X-ray is at hand')
    .argument('<files...>', 'each a .png (16-bit grey) or a .dcm (DICOM, Computed Radiography)')
    .addOption(
      new Option('--lesion <kind>', 'what it has').choices([...LESIONS, 'none']).default('consolidation'),
    )
    .option('--seed <n>', 'of the first file; the next has the next', wholeNumber(0, 2 ** 32 - 1), 1)
    .option('--size <px>', 'width and height', wholeNumber(32, 4096), 1024)
    .addHelpText(
      'after',
      `
Examples:
  detl phantom chest.png
  detl phantom chest.dcm --lesion none
  detl phantom archive/{1..50}.png               fifty different ones; the shell makes the names`,
    )
    .action(async (files: string[], options: DicomPhantomOptions) => {
      const other = files.find((file) => !(formatOf(file) in WRITERS))
      if (other) throw new AppError('request-invalid', `${other}: the name must end in .png or .dcm`)
      for (const [i, file] of files.entries()) await write(file, { ...options, seed: options.seed + i })
    })
}

const formatOf = (file: string) => extname(file).toLowerCase()

async function write(file: string, options: DicomPhantomOptions): Promise<void> {
  const bytes = await WRITERS[formatOf(file)]!(options)
  await writeFile(file, bytes).catch((cause) => {
    throw new AppError('request-invalid', `${file} cannot be written: ${reasonOf(cause)}`, { cause })
  })
  const lesion = options.lesion === 'none' ? 'no lesion' : options.lesion
  console.log(`${file}: synthetic, ${lesion}; not a patient`)
}

async function png({ seed, size, lesion }: DicomPhantomOptions): Promise<Uint8Array> {
  const { image } = phantom({ seed, width: size, height: size, lesions: lesion === 'none' ? [] : [lesion] })
  const wide = image.data.map((value) => value << 4) // 12 bits, shown on the scale of 16
  return encodePng({ ...image, data: wide, channels: 1 })
}
