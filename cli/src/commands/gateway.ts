import type { Command } from 'commander'
import { endingSignals, whenNpmIsGone } from '../started-by.ts'

const EXAMPLES = `
Examples:
  detl gateway --config gateway.json            runs until Ctrl-C; docs/gateway.md has the configuration
  detl gateway status --config gateway.json     how many images are in which state
  detl gateway dead --config gateway.json       what waits for a person, and why
  detl gateway resend d12 --config gateway.json tries one of them again; without a name all`

export function addGatewayCommand(program: Command): void {
  const gateway = program
    .command('gateway')
    .description('between the PACS and a screening service: images in, reports and heat maps back')
    .option('--config <file>', 'what comes in and where answers go', 'gateway.json')
    .addHelpText('after', EXAMPLES)
    .action(async (_, command: Command) => runGateway(configOf(command)))
  gateway
    .command('status')
    .description('how many images and answers are in which state')
    .action((_, command: Command) =>
      withQueue(command, (queue) => {
        console.log(JSON.stringify({ ...queue.state(), counts: queue.counts() }, undefined, 2))
      }),
    )
  gateway
    .command('dead')
    .description(
      'dead letters: images that could not be screened and answers that could not be delivered; one JSON object a line',
    )
    .action((_, command: Command) =>
      withQueue(command, (queue) => {
        for (const letter of queue.deadLetters()) console.log(JSON.stringify(letter))
      }),
    )
  gateway
    .command('resend')
    .description('puts dead letters back into the queue of the running gateway')
    .argument('[name]', 'of one, as `dead` gives it; without it all')
    .action((name: string | undefined, _, command: Command) =>
      withQueue(command, (queue) => {
        const n = queue.resend(name)
        console.log(`${n} ${n === 1 ? 'letter' : 'letters'} put back`)
        if (name !== undefined && n === 0) process.exitCode = 1
      }),
    )
}

const configOf = (command: Command): string => command.optsWithGlobals<{ config: string }>().config

async function runGateway(path: string): Promise<void> {
  const { readConfig } = await import('@detl/gateway/config')
  const { startGateway } = await import('@detl/gateway/gateway')
  const gateway = await startGateway(readConfig(path))
  if (gateway.dimsePort) console.log(`DICOM          port ${gateway.dimsePort}`)
  if (gateway.httpPort) console.log(`Status         port ${gateway.httpPort}`)
  console.log('The gateway is ready')
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    console.log('Stopping: what is under way has a few seconds, and is due again at the next start')
    void gateway.stop().then(() => process.exit(0))
  }
  for (const signal of endingSignals()) process.on(signal, stop)
  whenNpmIsGone(stop)
}

type Queue = InstanceType<typeof import('@detl/gateway/queue/queue').Queue>

/** The queue of a gateway, which may be running. */
async function withQueue(command: Command, work: (queue: Queue) => void): Promise<void> {
  const { readConfig } = await import('@detl/gateway/config')
  const { Queue } = await import('@detl/gateway/queue/queue')
  const config = readConfig(configOf(command))
  const queue = new Queue(config.data, config.retry)
  try {
    work(queue)
  } finally {
    queue.close()
  }
}
