import { Command } from 'commander'
import { ExpectedError, messageOf } from '../shared/errors.ts'
import { findAssets } from './assets.ts'
import { registerDetect } from './cli/detect.ts'
import { registerHub } from './cli/hub.ts'
import { registerNormalize } from './cli/normalize.ts'
import { registerReplay } from './cli/replay.ts'
import { registerRules } from './cli/rules/rules.ts'
import { registerStart } from './cli/start.ts'

/** The `picket` program: owns the command line, the signals and the exit code (0 ok, 1 failed, 2 usage). */
const assets = findAssets(import.meta.url)

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(1)
        asked = true
        resolve()
      })
    }
  })
}

const program = new Command('picket')
  .description('Picket: the hub, and the tools of its operators and rule authors')
  .version(process.env['PICKET_VERSION'] ?? 'unbuilt')
  .showHelpAfterError('(--help shows how the command is used)')
  .exitOverride()

// Commands that run until they are told to stop own the signals; the others end as any program does.
const longRunning = process.argv.slice(2).some((argument) => argument === 'hub' || argument === 'start')
  ? untilStopped()
  : new Promise<void>(() => {})
registerStart(program, assets, longRunning)
registerHub(program, assets, longRunning, (reload) => void process.on('SIGHUP', reload))
registerDetect(program)
registerNormalize(program)
registerRules(program)
registerReplay(program, { samples: assets.samples, dataDir: process.env['PICKET_DATA_DIR'] ?? '.picket' })

try {
  await program.parseAsync()
  process.exit(process.exitCode ?? 0)
} catch (error) {
  // Commander's own: help and version are answers, everything else is wrong usage and has been said already.
  if (error instanceof Error && 'exitCode' in error && 'code' in error && String(error.code).startsWith('commander.'))
    process.exit(error.exitCode === 0 ? 0 : 2)
  // What the operating system refuses (a full disk, a key file of another user) names the file and the reason, and is for the operator to mend.
  if (error instanceof ExpectedError || (error instanceof Error && 'syscall' in error)) process.stderr.write(`picket: ${error.message}\n`)
  else process.stderr.write(`picket: this is a bug: ${error instanceof Error ? error.stack : messageOf(error)}\n`)
  process.exit(error instanceof ExpectedError && error.code === 'config' ? 2 : 1)
}
