import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/** The detection workers' program, bundled from the sources as they are: a thread cannot load TypeScript. `remove` it afterwards. */
export function buildDetectionWorker(): { readonly script: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'picket-worker-'))
  const script = join(folder, 'worker.mjs')
  buildSync({
    entryPoints: [fileURLToPath(new URL('../../hub/detection/worker.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  })
  return { script, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
