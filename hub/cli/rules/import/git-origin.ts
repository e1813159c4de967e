import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/**
 * The commit a checkout stands at and the tag of it, read from git's own files, so that no git is needed. Empty where the folder is no checkout.
 * Only the checkout's top folder or one below it is looked at: a folder of rules inside another project is not that project's.
 */
export async function gitOrigin(folder: string): Promise<{ version?: string; commit?: string }> {
  const git = await gitFolder(folder)
  if (git === undefined) return {}
  const head = (await textOf(join(git, 'HEAD')))?.trim()
  const reference = /^ref: (\S+)$/.exec(head ?? '')?.[1]
  const packed = await packedReferences(git)
  const commit = reference === undefined ? head : ((await textOf(join(git, reference)))?.trim() ?? packed.get(reference))
  if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) return {}
  const tag = [...packed].find(([name, target]) => target === commit && name.startsWith('refs/tags/'))?.[0].slice('refs/tags/'.length)
  return tag === undefined ? { commit } : { commit, version: tag }
}

async function gitFolder(folder: string): Promise<string | undefined> {
  for (const candidate of [resolve(folder), dirname(resolve(folder))]) {
    const git = join(candidate, '.git')
    const found = await stat(git).catch(absent)
    if (found?.isDirectory()) return git
    // A worktree's `.git` is a file that names the folder.
    if (found) return /^gitdir: (.+)$/m.exec((await textOf(git)) ?? '')?.[1]
  }
  return undefined
}

/** `refs/tags/x` → commit. A tag with a message is an object of its own; the line after it (`^commit`) says what it is of. */
async function packedReferences(git: string): Promise<Map<string, string>> {
  const references = new Map<string, string>()
  let last = ''
  for (const line of ((await textOf(join(git, 'packed-refs'))) ?? '').split('\n')) {
    const [commit = '', name] = line.split(' ')
    if (line.startsWith('^')) references.set(last, line.slice(1).trim())
    else if (name !== undefined && !line.startsWith('#')) {
      last = name
      references.set(name, commit)
    }
  }
  return references
}

const textOf = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(absent)

/** What is not there says nothing; what cannot be read is an error. */
function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined
  throw error
}
