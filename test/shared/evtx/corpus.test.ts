import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readEvtx } from '../../../shared/evtx/evtx.ts'

const CORPUS = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'corpora', 'sigma', 'regression')
const cases = existsSync(CORPUS) ? readdirSync(CORPUS).flatMap(pairIn) : []

/** Real event logs beside what evtx_dump made of them. */
function pairIn(id: string) {
  const folder = join(CORPUS, id)
  const file = (ending: string) => readdirSync(folder).find((name) => name.endsWith(ending))
  const [evtx, json] = [file('.evtx'), file('.json')]
  return evtx && json ? [{ id, evtx: join(folder, evtx), json: join(folder, json) }] : []
}

/** Values that are in no byte of the .evtx beside it: its JSON was written by another hand. */
const EDITED: { readonly [id: string]: string } = { 'ad691d92-15f2-4181-9aa4-723c74f9ddc3': 'ParentCommandLine' }

/** evtx_dump trims text; since 0.9 it writes times to 100 ns. See documentOf for why ours does not. */
const comparable = (value: unknown, edited: string | undefined): unknown =>
  JSON.parse(JSON.stringify(value), (key, inner) =>
    key === edited ? undefined : typeof inner === 'string' ? inner.trim().replace(/(T\d\d:\d\d:\d\d\.\d{6})\d{3}Z$/, '$1Z') : inner,
  )

describe.skipIf(cases.length === 0)('real event logs (skipped where the corpus is absent)', () => {
  test.each(cases)('$id: every record and every field as evtx_dump has it', async ({ id, evtx, json }) => {
    const documents: unknown[] = []
    for await (const { records, losses } of readEvtx(createReadStream(evtx, { highWaterMark: 65_536 }))) {
      expect(losses).toEqual([])
      documents.push(...records.map(({ document }) => document))
    }
    const expected = readFileSync(json, 'utf8')
      .replace(/^\uFEFF/, '')
      .trim()
      .split(/(?<=^\})\s*(?=\{)/m)
    expect(comparable(documents, EDITED[id])).toEqual(expected.map((text) => comparable(JSON.parse(text), EDITED[id])))
  })
})
if (cases.length === 0) test.skip(`no corpus at ${CORPUS}`)
