import { type ChildProcess, spawn } from 'node:child_process'

/** Reads `+PID` and `-PID`; at the end of its input, which is the end of who writes it, what is left is ended. It hears no signal of a terminal. */
const SCRIPT = `trap '' INT TERM HUP
pids=' '
while read -r line; do
  pid=\${line#?}
  case $line in
    +*) pids="$pids$pid " ;;
    -*) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done`

/**
 * Ends processes when this one has ended, however it ended: one that is killed by SIGKILL cannot do so itself, and theirs do not
 * notice. It is a shell of 1 MB, in a group of its own.
 * @returns takes a process in its care; on Windows nobody does
 */
export function guardian(): (child: ChildProcess) => void {
  if (process.platform === 'win32') return () => undefined
  const shell = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  shell.unref()
  // A machine without a shell, or a shell that was ended: then nobody looks after them.
  shell.once('error', () => undefined)
  shell.stdin.on('error', () => undefined)
  const say = (line: string) => shell.stdin.writable && shell.stdin.write(`${line}\n`)
  return (child) => {
    say(`+${child.pid}`)
    child.once('exit', () => say(`-${child.pid}`))
  }
}
