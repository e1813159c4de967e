import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { eventually, freePorts, runOnce } from '../support/system.ts'

const PROGRAM = 'dist/picket.mjs'
const directory = await mkdtemp(join(tmpdir(), 'picket-start-'))
// As root PostgreSQL runs as somebody else, who must be able to pass; otherwise its cluster goes where this test does not clean up.
await chmod(directory, 0o711)
const [httpPort = 0, grpcPort = 0, syslogPort = 0, pushPort = 0] = await freePorts(4)
const running: ChildProcess[] = []

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

/** What `npm start` runs, on ports of its own. */
async function start() {
  const dataDir = join(directory, 'data')
  const child = spawn(
    process.execPath,
    [PROGRAM, 'start', '--data-dir', dataDir, '--syslog-port', String(syslogPort), '--push-port', String(pushPort)],
    {
      env: { ...process.env, PICKET_HTTP_PORT: String(httpPort), PICKET_GRPC_PORT: String(grpcPort) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  running.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${output}`)
    return output.includes('Picket is ready')
  }, 60_000)
  const stop = async () => {
    const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.kill('SIGINT')
    return gone
  }
  return { dataDir, output: () => output, stop }
}

async function alertsOf(password: string): Promise<{ rule_title: string }[]> {
  const login = await fetch(`http://127.0.0.1:${httpPort}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@picket.local', password }),
  })
  const { access_token }: { access_token: string } = JSON.parse(await login.text())
  const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/alerts?limit=100`, { headers: { authorization: `Bearer ${access_token}` } })
  const { alerts }: { alerts: { rule_title: string }[] } = JSON.parse(await answer.text())
  return alerts
}

test('the first start prints a password, the suggested command makes alerts appear, Ctrl-C ends everything, and the next start goes on', async () => {
  const first = await start()
  const password = /password {2}(\S+)/.exec(first.output())?.[1] ?? ''
  expect(await alertsOf(password)).toEqual([])

  expect(await runOnce(PROGRAM, ['replay', '--data-dir', first.dataDir])).toMatch(/47 records sent/)
  await eventually(async () => (await alertsOf(password)).length >= 25)
  expect((await alertsOf(password)).map((alert) => alert.rule_title)).toContain('Reverse Shell Through /dev/tcp')
  expect(await first.stop()).toBe(0)
  await expect(fetch(`http://127.0.0.1:${httpPort}/healthz`)).rejects.toThrow()
  await expect(fetch(`http://127.0.0.1:${pushPort}/services/collector/health`)).rejects.toThrow()

  const second = await start()
  expect(second.output()).not.toMatch(password)
  expect((await alertsOf(password)).length).toBeGreaterThanOrEqual(25)
  expect(await second.stop()).toBe(0)
})

test('replay without a local sensor says what to do', async () => {
  await expect(runOnce(PROGRAM, ['replay', '--data-dir', join(directory, 'none')])).rejects.toThrow(/no local sensor in .*: run `npm start` first/)
})
