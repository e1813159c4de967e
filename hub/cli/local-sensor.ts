import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'

/** Where the sensor that `picket start` runs listens, so that `picket replay` finds it. Holds a token: 0600, beside the hub's own secrets. */
const LocalSensor = z.object({ sensorId: z.string(), httpPort: z.number(), httpToken: z.string(), syslogPort: z.number() })
export type LocalSensor = z.infer<typeof LocalSensor>

const fileIn = (dataDir: string) => join(dataDir, 'local-sensor.json')

/** @returns undefined where `picket start` never ran in that data directory */
export async function readLocalSensor(dataDir: string): Promise<LocalSensor | undefined> {
  try {
    return LocalSensor.parse(JSON.parse(await readFile(fileIn(dataDir), 'utf8')))
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'ENOENT') return undefined
    throw error
  }
}

export const writeLocalSensor = (dataDir: string, sensor: LocalSensor): Promise<void> =>
  writeFile(fileIn(dataDir), `${JSON.stringify(sensor, null, 2)}\n`, { mode: 0o600 })
