import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { vi } from 'vitest'
import { registerNormalize } from '../../../hub/cli/normalize.ts'
import { registerRules } from '../../../hub/cli/rules/rules.ts'

/** What a run of the command gave. */
export interface CommandRun {
  readonly out: string
  readonly err: string
  readonly code: number
}

/** Runs `picket rules …` as the shell would, and takes its output and exit code. */
export const runRules = (...args: string[]): Promise<CommandRun> => runTool('rules', ...args)

/** The same for `picket rules …` and `picket normalize …`. */
export async function runTool(...args: string[]): Promise<CommandRun> {
  const written = { out: '', err: '' }
  const take = (key: 'out' | 'err') => (text: unknown) => {
    written[key] += String(text)
    return true
  }
  const spies = [vi.spyOn(process.stdout, 'write').mockImplementation(take('out')), vi.spyOn(process.stderr, 'write').mockImplementation(take('err'))]
  const program = new Command('picket').exitOverride()
  registerRules(program)
  registerNormalize(program)
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)]
  for (const command of all(program)) command.exitOverride().configureOutput({ writeErr: take('err'), writeOut: take('out') })
  const before = process.exitCode
  process.exitCode = undefined
  try {
    await program.parseAsync(args, { from: 'user' })
    return { ...written, code: Number(process.exitCode ?? 0) }
  } catch (error) {
    // As main.ts turns failures into exit codes.
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.'))
      return { ...written, code: 'exitCode' in error && error.exitCode === 0 ? 0 : 2 }
    if (error instanceof Error && 'kind' in error)
      return { ...written, err: `${written.err}${error.message}`, code: 'code' in error && error.code === 'config' ? 2 : 1 }
    throw error
  } finally {
    process.exitCode = before
    for (const spy of spies) spy.mockRestore()
  }
}

/** A folder of its own with these files, by path. */
export async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'picket-rules-'))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}

/** A rule without a finding. */
export const ruleNamed = (title: string, options: { image?: string; id?: string; level?: string; status?: string } = {}): string => `title: ${title}
id: ${options.id ?? '0b7163dc-7eee-4960-af17-c0cd517f92da'}
status: ${options.status ?? 'test'}
description: What it finds.
author: Ana
date: 2026-01-02
tags:
  - attack.execution
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    Image|endswith: ${options.image ?? '\\certutil.exe'}
  condition: selection
falsepositives:
  - Unknown
level: ${options.level ?? 'high'}
`
