import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Whether Debian's rsyslog is here; tests that need it say so and are skipped where it is not. */
export const hasRsyslog =
  spawnSync('rsyslogd', ['-v'], { stdio: 'ignore' }).status === 0 || spawnSync('/usr/sbin/rsyslogd', ['-v'], { stdio: 'ignore' }).status === 0

export interface Rsyslog {
  /** Lines appended here are read by rsyslog and forwarded. */
  readonly inputFile: string
  stop(): Promise<void>
}

/** A real rsyslogd that follows a file and forwards each line to `port` over TCP, holding what it cannot deliver. */
export async function startRsyslog(directory: string, port: number): Promise<Rsyslog> {
  const inputFile = join(directory, 'app.log')
  await writeFile(inputFile, '')
  const config = join(directory, 'rsyslog.conf')
  await writeFile(
    config,
    `global(workDirectory="${directory}" processInternalMessages="off")
module(load="imfile" mode="inotify")
input(type="imfile" File="${inputFile}" Tag="app:" Severity="info" Facility="local3")
action(type="omfwd" target="127.0.0.1" port="${port}" protocol="tcp" template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" action.resumeInterval="1"
  queue.type="LinkedList" queue.size="200000" queue.saveOnShutdown="on" queue.filename="forward")
`,
  )
  const binary = spawnSync('rsyslogd', ['-v'], { stdio: 'ignore' }).status === 0 ? 'rsyslogd' : '/usr/sbin/rsyslogd'
  const child: ChildProcess = spawn(binary, ['-n', '-f', config, '-i', join(directory, 'rsyslog.pid')], { stdio: 'ignore' })
  return {
    inputFile,
    stop: async () => {
      if (child.exitCode !== null) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    },
  }
}
