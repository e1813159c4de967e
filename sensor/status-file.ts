import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'

const Lane = z.object({
  lane: z.string(),
  events: z.number(),
  bytes: z.number(),
  limitBytes: z.number(),
  oldestAt: z.string().optional(),
  appendedTotal: z.number(),
  ackedTotal: z.number(),
  tombstonedTotal: z.number(),
})

const Connector = z.object({
  id: z.string(),
  kind: z.string().optional(),
  name: z.string().optional(),
  status: z.string(),
  message: z.string(),
  eventsReceivedTotal: z.number(),
  eventsFailedTotal: z.number(),
})

/** What a running sensor says of itself, for `picket-sensor status`. No secrets: an operator may paste it into a ticket. */
export const SensorStatus = z.object({
  pid: z.number(),
  version: z.string(),
  sensorId: z.string(),
  startedAt: z.string(),
  updatedAt: z.string(),
  hub: z.object({
    address: z.string(),
    connected: z.boolean(),
    connectedAt: z.string().optional(),
    lastError: z.string().optional(),
    refusal: z.string().optional(),
    failures: z.number(),
    clockSkewMs: z.number().optional(),
  }),
  certificateNotAfter: z.string(),
  pack: z.object({ version: z.number(), expired: z.boolean() }),
  bufferProblem: z.string().optional(),
  lanes: z.array(Lane),
  connectors: z.array(Connector),
})
export type SensorStatus = z.infer<typeof SensorStatus>

const fileIn = (dataDir: string) => join(dataDir, 'status.json')

/** Replaces the status in one step. Not flushed to the disk: after a power cut nothing runs that it could tell of. */
export async function writeStatus(dataDir: string, status: SensorStatus): Promise<void> {
  const temporary = `${fileIn(dataDir)}.new`
  await writeFile(temporary, JSON.stringify(status), { mode: 0o600 })
  await rename(temporary, fileIn(dataDir))
}

/** The last status written; undefined where no sensor ever ran here, or the file is damaged. */
export async function readStatus(dataDir: string): Promise<SensorStatus | undefined> {
  try {
    return SensorStatus.parse(JSON.parse(await readFile(fileIn(dataDir), 'utf8')))
  } catch {
    return undefined
  }
}

/** Whether the process that wrote the status still lives. */
export function isRunning({ pid }: Pick<SensorStatus, 'pid'>): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
