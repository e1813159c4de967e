import { setTimeout as sleep } from 'node:timers/promises'
import type { FileConfig } from '../../../shared/connectors/file.ts'
import type { ConnectorCheck } from '../../check.ts'
import type { Source, SourceContext } from '../../source.ts'
import { isUnavailable } from '../store-until-kept.ts'
import { findFiles, openLog } from './find-files.ts'
import { Follower } from './follower.ts'

/**
 * Follows text files by looking again and again. At least once: file positions are stored with the records read up to them. Rotation by rename is
 * followed without loss; after a truncation the file is read from its beginning (what was written between the last look and a copytruncate is
 * lost to any reader).
 */
export const fileSource: Source<FileConfig> = {
  kind: 'file',
  async run(context) {
    const follower = new Follower(context)
    const say = changedOnly(context)
    try {
      while (!context.signal.aborted) {
        const found = await follower.look()
        for (const check of checksOf(context.config, found.problems, follower.size)) say(check)
        while (!context.signal.aborted && (await follower.read()));
        await pause(context.config.poll_milliseconds, context.signal)
      }
    } catch (error) {
      // Stopped while waiting for room: nothing of that batch was kept, and the next start reads it again.
      if (!(context.signal.aborted && isUnavailable(error))) throw error
    } finally {
      await follower.close()
    }
  },
  async test(config) {
    const startedAtMs = performance.now()
    const { files, problems } = await findFiles(config.paths)
    const refused = [...problems]
    for (const file of files) {
      const handle = await openLog(file, (message) => refused.push({ path: file.path, kind: 'permission', message }))
      await handle?.close()
    }
    const latencyMs = performance.now() - startedAtMs
    return checksOf(config, refused, files.length).map((check) => ({ ...check, latencyMs }))
  },
}

const checksOf = (config: FileConfig, problems: Awaited<ReturnType<typeof findFiles>>['problems'], following: number): ConnectorCheck[] => {
  const denied = problems.filter((each) => each.kind === 'permission')
  const other = problems.filter((each) => each.kind !== 'permission')
  const listed = (some: typeof problems) =>
    some
      .slice(0, 3)
      .map((each) => each.message)
      .join('; ') + (some.length > 3 ? `; and ${some.length - 3} more` : '')
  const connectivity: ConnectorCheck =
    other.length > 0
      ? { type: 'connectivity', status: 'fail', message: listed(other) }
      : following > 0
        ? { type: 'connectivity', status: 'pass', message: `following ${following} ${following === 1 ? 'file' : 'files'}` }
        : { type: 'connectivity', status: 'unknown', message: `no file matches ${config.paths.slice(0, 3).join(', ')} yet` }
  const permission: ConnectorCheck =
    denied.length > 0
      ? { type: 'authentication', status: 'fail', message: listed(denied) }
      : {
          type: 'authentication',
          status: following > 0 ? 'pass' : 'unknown',
          message: following > 0 ? 'the files are readable' : 'nothing to read yet',
        }
  return [connectivity, permission]
}

const changedOnly = ({ report }: Pick<SourceContext<FileConfig>, 'report'>) => {
  const last = new Map<string, string>()
  return (check: ConnectorCheck): void => {
    const text = `${check.status} ${check.message}`
    if (last.get(check.type) === text) return
    last.set(check.type, text)
    report(check)
  }
}

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
