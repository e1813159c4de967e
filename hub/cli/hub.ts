import type { Command } from 'commander'
import { createLogger } from '../../shared/log.ts'
import type { Assets } from '../assets.ts'
import { type HubConfig, readHubConfig } from '../config.ts'
import { type RunningHub, startHub } from '../hub.ts'

/** Starts a hub with a log on stderr: readable on a terminal, JSON otherwise. */
export function runHub(config: HubConfig, assets: Assets, onProgress: (step: string) => void): Promise<RunningHub> {
  const log = createLogger({ level: config.log_level, pretty: process.stderr.isTTY === true })
  return startHub(config, assets, log, onProgress)
}

/** `picket hub`: the hub alone, until it is told to stop. @param onReload - what to do each time it is told to read its rules anew */
export function registerHub(program: Command, assets: Assets, stopped: Promise<void>, onReload: (reload: () => void) => void): void {
  program
    .command('hub')
    .description('run the hub')
    .option('--config <file>', 'picket.yaml; every key can also be set as PICKET_<KEY>')
    .option('--data-dir <dir>', 'where keys and, without DATABASE_URL, the database are kept')
    .option('--http-port <port>', 'API, console and WebSocket', Number)
    .option('--grpc-port <port>', 'sensors', Number)
    .action(async (options: { config?: string; dataDir?: string; httpPort?: number; grpcPort?: number }) => {
      const flags = { data_dir: options.dataDir, http_port: options.httpPort, grpc_port: options.grpcPort }
      const hub = await runHub(readHubConfig(options.config, flags), assets, (step) => process.stderr.write(`  ${step}\n`))
      onReload(() => void hub.reloadRules())
      process.stdout.write(`Picket hub is ready: http://localhost:${hub.httpPort}/ (sensors: port ${hub.grpcPort})\n`)
      // Printed, not logged: a log is kept and forwarded.
      if (hub.firstAdmin)
        process.stdout.write(`First administrator: ${hub.firstAdmin.email}  password  ${hub.firstAdmin.password}   (shown this once)\n`)
      await stopped
      await hub.close()
    })
}
