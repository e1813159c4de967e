import { join } from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import { ConfigError } from '../shared/config-file.ts'
import { ExpectedError, messageOf } from '../shared/errors.ts'
import { createLogger, LOG_LEVELS } from '../shared/log.ts'
import { boundRegexTime } from '../shared/sigma/regex-time.ts'
import { bundledAddon } from './addon/bundled-addon.ts'
import { bufferInspectCommand } from './cli/buffer-inspect.ts'
import { type EnrollFlags, enrollCommand } from './cli/enroll.ts'
import type { Output } from './cli/output.ts'
import { statusCommand } from './cli/status.ts'
import { BadSourceSettings, testSourceCommand } from './cli/test-source.ts'
import { type ConfigFlags, readSensorConfig, type SensorConfig } from './config.ts'
import { startSensor } from './sensor.ts'
import { BadEnrollmentToken, BadHubAddress } from './uplink/enroll.ts'

const OK = 0
const FAILED = 1
const USAGE = 2

/** What only another command line or settings file can put right. */
const WRONG_USE = [ConfigError, BadSourceSettings, BadHubAddress, BadEnrollmentToken]

/** The build puts the version in; sources that run unbundled have none. */
const VERSION = process.env['PICKET_VERSION'] ?? '0.0.0'

const output: Output = { print: (text) => void process.stdout.write(`${text}\n`), now: () => new Date() }

// First thing, before any rule or filter is compiled: it holds for patterns compiled from then on.
boundRegexTime()

const program = new Command('picket-sensor')
  .description('Collects logs at a site, keeps them until the hub has them, and sends them over gRPC with mutual TLS.')
  .version(VERSION)
  .option('--config <file>', 'settings (YAML); default /etc/picket/sensor.yaml as root, else ~/.config/picket/sensor.yaml')
  .option('--data-dir <dir>', 'identity, pack and buffer; default /var/lib/picket-sensor as root, else ~/.local/share/picket-sensor')
  .addOption(new Option('--log-level <level>', 'how much is logged').choices(LOG_LEVELS))
  .showHelpAfterError('(picket-sensor --help lists the commands)')
  // So that `test-source --config` is that command's own; the other commands take the global flags behind their name too.
  .enablePositionalOptions()
  .exitOverride()

/** Each command takes the global flags too, before or after its own name. */
function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--config <file>', 'settings (YAML)')
    .option('--data-dir <dir>', 'identity, pack and buffer')
    .addOption(new Option('--log-level <level>', 'how much is logged').choices(LOG_LEVELS))
    .copyInheritedSettings(program)
}

const settings = (self: Command): SensorConfig => readSensorConfig(self.optsWithGlobals<ConfigFlags>())

program.addCommand(
  command('enroll', 'Make this machine a sensor of a hub, with a one-time token from its console.')
    .requiredOption('--hub <host:port>', 'where the hub is; port 8443 if left out')
    .requiredOption('--token <token>', 'the one-time token')
    .option('--name <name>', 'what the hub calls this sensor, instead of the host name')
    .option('--force', 'replace an identity that is here already')
    .option('--json', 'answer as JSON')
    .action(async (flags: EnrollFlags, self: Command) => {
      await enrollCommand(settings(self).data_dir, VERSION, flags, output)
    }),
)

program.addCommand(
  command('run', 'Collect and send until stopped (SIGINT, SIGTERM). SIGHUP starts the sources anew.').action(
    async (_flags: object, self: Command) => {
      const config = settings(self)
      const log = createLogger({ level: config.log_level, pretty: process.stderr.isTTY === true })
      const stopped = new Promise<string>((resolve) => {
        // Listened for before the start, which may take a while. The first signal stops in order; a second one finds no handler and ends the process at once.
        process.once('SIGINT', resolve)
        process.once('SIGTERM', resolve)
      })
      const sensor = await startSensor({ config, version: VERSION, log })
      process.on('SIGHUP', () => void sensor.reload().catch((error: unknown) => log.error({ err: error }, 'reload failed')))
      try {
        log.info({ signal: await Promise.race([stopped, sensor.failed]) }, 'stopping')
      } finally {
        await sensor.stop()
      }
      log.info({}, 'stopped')
    },
  ),
)

program.addCommand(
  command('status', 'Whether the sensor runs and is connected, what waits, what its sources do. Exit code 1 if it is not connected.')
    .option('--json', 'answer as JSON')
    .action(async (flags: { json?: boolean }, self: Command) => {
      if (!(await statusCommand(settings(self).data_dir, flags, output))) process.exitCode = FAILED
    }),
)

program.addCommand(
  // Its --config is the source's, so it takes no settings file: it needs none.
  new Command('test-source')
    .description("Try a source's settings on this machine; nothing is kept.")
    .copyInheritedSettings(program)
    .requiredOption('--kind <kind>', 'kind of source: syslog, file, http')
    .requiredOption('--config <json>', "the source's settings as JSON, or @FILE")
    .option('--json', 'answer as JSON')
    .action(async (flags: { kind: string; config: string; json?: boolean }) => {
      if (!(await testSourceCommand(flags, output))) process.exitCode = FAILED
    }),
)

program.addCommand(
  command('buffer', 'Look into the buffer.').addCommand(
    command('inspect', 'What waits for the hub, and what was given up.')
      .option('--json', 'answer as JSON')
      .action(async (flags: { json?: boolean }, self: Command) => {
        const { data_dir: dataDir } = settings(self)
        await bufferInspectCommand(join(dataDir, 'buffer'), () => bundledAddon(dataDir), flags, output)
      }),
  ),
)

/** @returns the exit code: 0 ok, 1 failed, 2 wrong use */
async function main(): Promise<number> {
  try {
    await program.parseAsync()
    return Number(process.exitCode ?? OK)
  } catch (error) {
    // Commander has printed its own message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? OK : USAGE
    if (WRONG_USE.some((kind) => error instanceof kind)) {
      process.stderr.write(`${messageOf(error)}\n`)
      return USAGE
    }
    process.stderr.write(`${error instanceof ExpectedError ? error.message : error instanceof Error ? error.stack : messageOf(error)}\n`)
    return FAILED
  }
}

process.exitCode = await main()
