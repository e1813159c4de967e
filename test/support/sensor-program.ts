import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '../..')

/**
 * Bundles the sensor as the build does: one file with SQLite's addon inside. Kept apart from dist/, so that a test neither needs nor changes a build.
 * @returns the file's path
 */
export async function bundleSensor(dir: string): Promise<string> {
  const outfile = join(dir, 'picket-sensor.mjs')
  const addonPath = createRequire(import.meta.url).resolve('better-sqlite3/build/Release/better_sqlite3.node')
  await build({
    entryPoints: [join(root, 'sensor/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    minify: true,
    keepNames: true,
    logLevel: 'error',
    absWorkingDir: root,
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    define: { 'process.env.PICKET_VERSION': '"9.9.9-test"', 'process.env.NODE_ENV': '"production"' },
    plugins: [
      {
        name: 'sqlite-addon',
        setup(self) {
          self.onResolve({ filter: /^picket:sqlite-addon$/ }, () => ({ path: 'sqlite-addon', namespace: 'picket' }))
          self.onLoad({ filter: /.*/, namespace: 'picket' }, async () => {
            const addon = await readFile(addonPath)
            const packed = { gzipBase64: gzipSync(addon).toString('base64'), sha256: createHash('sha256').update(addon).digest('hex') }
            return {
              contents: Object.entries(packed)
                .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}`)
                .join('\n'),
              loader: 'js',
            }
          })
        },
      },
    ],
  })
  return outfile
}

export interface Finished {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts a bundled program with only Node around it: no packages in reach, no settings from the environment. */
export function startProgram(file: string, args: readonly string[], env: Record<string, string> = {}) {
  const child: ChildProcess = spawn(process.execPath, [file, ...args], {
    cwd: resolve(file, '..'),
    env: { PATH: process.env['PATH'] ?? '', HOME: resolve(file, '..'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  const finished = new Promise<Finished>((done) => child.once('close', (code, signal) => done({ code, signal, stdout, stderr })))
  return {
    finished,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    get stderr() {
      return stderr
    },
  }
}

export const runProgram = (file: string, args: readonly string[], env?: Record<string, string>): Promise<Finished> =>
  startProgram(file, args, env).finished
