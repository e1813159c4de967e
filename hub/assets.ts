import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The files that lie beside the hub's bundle in `dist/`. */
export interface Assets {
  readonly migrations: string
  readonly rules: string
  readonly samples: string
  readonly console: string
  readonly detectionWorker: string
  readonly sensorBundle: { readonly path: string; readonly sha256: string } | undefined
}

/** @param bundle - `import.meta.url` of the running bundle */
export function findAssets(bundle: string): Assets {
  const dist = dirname(fileURLToPath(bundle))
  const sensor = join(dist, 'picket-sensor.mjs')
  return {
    migrations: join(dist, 'migrations'),
    rules: join(dist, 'rules'),
    samples: join(dist, 'samples'),
    console: join(dist, 'console'),
    detectionWorker: join(dist, 'detection-worker.mjs'),
    sensorBundle: existsSync(sensor) ? { path: sensor, sha256: createHash('sha256').update(readFileSync(sensor)).digest('hex') } : undefined,
  }
}
