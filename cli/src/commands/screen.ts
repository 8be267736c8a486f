import type { Command } from 'commander'

type ScreenFlags = { json?: boolean; out?: string; model: string }

export function addScreenCommand(program: Command): void {
  program
    .command('screen')
    .description('score chest X-rays in this process: probabilities, label, heat maps')
    .argument('<files...>', 'PNG, JPEG or DICOM files')
    .option('--json', 'one JSON object a line')
    .option('--out <dir>', 'write an overlay of the heat map as DIR/<file>.png')
    .option('--model <dir>', 'folder of the model', 'models/detl-128')
    .action(async (files: string[], flags: ScreenFlags) => {
      const { screenFiles } = await import('../screen/screen-files.ts')
      const failures = await screenFiles(files, {
        modelDir: flags.model,
        overlayDir: flags.out,
        print: flags.json ? (line) => console.log(JSON.stringify(line)) : printText,
      })
      if (failures > 0) process.exitCode = 1
    })
}

type Line = import('../screen/screen-files.ts').ScreenLine

function printText(line: Line) {
  if ('error' in line) {
    console.log(`${line.file}\n  ${line.error.code}: ${line.error.detail}`)
    return
  }
  console.log(
    `${line.file}\n  ${line.label} (${line.model.name} ${line.model.version}; a score, not a diagnosis)`,
  )
  for (const [label, p] of Object.entries(line.probabilities)) {
    console.log(`  ${label.padEnd(14)} ${p.toFixed(3)}  ${'█'.repeat(Math.round(p * 40))}`)
  }
  for (const warning of line.quality.warnings) console.log(`  ! ${warning.code}: ${warning.detail}`)
}
