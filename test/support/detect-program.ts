import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** Standard output's lines as JSON. */
  json(): Record<string, unknown>[]
}

/** `picket detect` as a program of its own, bundled from the sources as they are; in a folder where tests keep their files too. `remove` it afterwards. */
export interface DetectProgram {
  readonly folder: string
  /** Writes a file into the folder and gives its path. */
  write(name: string, content: string | Uint8Array): string
  run(args: readonly string[], options?: { input?: string | Uint8Array; env?: NodeJS.ProcessEnv; cwd?: string }): Promise<Ran>
  remove(): void
}

const source = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const MAIN = `
import { Command } from 'commander'
import { registerDetect } from ${JSON.stringify(source('hub/cli/detect.ts'))}
const program = new Command('picket').exitOverride()
registerDetect(program)
try {
  await program.parseAsync()
  process.exit(process.exitCode ?? 0)
} catch (error) {
  if (String(error.code).startsWith('commander.')) process.exit(error.exitCode === 0 ? 0 : 2)
  throw error
}
`

export function buildDetectProgram(): DetectProgram {
  const folder = mkdtempSync(join(tmpdir(), 'picket-detect-'))
  const shared = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  } as const
  const script = join(folder, 'picket.mjs')
  buildSync({ ...shared, stdin: { contents: MAIN, resolveDir: source(''), loader: 'ts' }, outfile: script })
  buildSync({ ...shared, entryPoints: [source('hub/cli/detect-worker.ts')], outfile: join(folder, 'detect-worker.mjs') })
  return {
    folder,
    write(name, content) {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    run: (args, { input, env, cwd } = {}) =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [script, ...args], { cwd, env: { ...process.env, ...env } })
        const output = { out: '', err: '' }
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          output.out += text
        })
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          output.err += text
        })
        child.on('close', (code) => {
          const lines = output.out.split('\n').filter((line) => line !== '')
          resolve({ ...output, code, json: () => lines.map((line) => JSON.parse(line)) })
        })
        // A program that ends without reading its input closes the pipe.
        child.stdin.on('error', () => undefined)
        child.stdin.end(input ?? '')
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
