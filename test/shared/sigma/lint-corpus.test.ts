import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lintRules } from '../../../shared/sigma/lint/lint.ts'
import { FULL } from '../../support/full.ts'

/** SigmaHQ's active rules, where they are at hand. */
const CORPUS = '../shared/corpora/sigma'
const FOLDERS = ['rules', 'rules-emerging-threats', 'rules-threat-hunting', 'rules-placeholder', 'rules-compliance']

/** Every fifth rule is looked at, or all with PICKET_FULL=1. */
const STEP = FULL ? 1 : 5

/** How many findings of each check 3,780 rules that people run are worth; a check that speaks more often cries wolf. */
const AT_MOST: Readonly<Record<string, number>> = {
  needs_placeholders: 25,
  of_single: 450,
  value_covered: 250,
  field_unknown: 50,
  metadata_missing: 40,
  search_dead: 35,
  regex_slow: 20,
  keywords_busy: 15,
  matches_anything: 1,
  wildcard_redundant: 10,
  no_index: 10,
  number_rewritten: 5,
}

test.skipIf(!existsSync(CORPUS))(
  'rules that people run are hardly ever complained of (skipped where SigmaHQ’s rules are not at hand)',
  () => {
    const files = FOLDERS.flatMap((folder) =>
      readdirSync(join(CORPUS, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.yml'))
        .map((entry) => join(entry.parentPath, entry.name)),
    ).filter((_, index) => index % STEP === 0)
    const findings = lintRules(files.map((file) => ({ file, text: readFileSync(file, 'utf8') })))
    const counts: Record<string, number> = {}
    for (const { code } of findings) counts[code] = (counts[code] ?? 0) + 1
    expect(files.length).toBeGreaterThan(3_700 / STEP)
    for (const [code, count] of Object.entries(counts))
      expect(count, `${code}: ${JSON.stringify(findings.find((finding) => finding.code === code))}`).toBeLessThanOrEqual(
        Math.ceil((AT_MOST[code] ?? 0) / STEP) * (FULL ? 1 : 1.5),
      )
  },
  120_000,
)
