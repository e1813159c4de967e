import type { Found, LintCheck } from '../check.ts'
import type { LintDocument } from '../document.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const missingId: LintCheck = {
  code: 'id_missing',
  severity: 'warning',
  title: 'no id: its statistics and settings start over whenever its text changes',
  *each({ head, line }) {
    if (Object.keys(head).length > 0 && (head['id'] === undefined || head['id'] === null))
      yield {
        line,
        message: 'the rule has no id; give it a random UUID (uuidgen), so that it keeps its statistics and settings when its text changes',
      }
  },
}

export const idForm: LintCheck = {
  code: 'id_form',
  severity: 'error',
  title: 'the id is no UUID',
  *each({ head, lineOf }) {
    const id = head['id']
    if (id !== undefined && id !== null && !UUID.test(String(id)))
      yield { line: lineOf(['id']), message: `the id "${String(id)}" is no UUID; make one with uuidgen` }
  },
}

/** Finds documents that share what `keyOf` gives; the later ones are reported. */
function* repeated(
  documents: readonly LintDocument[],
  keyOf: (document: LintDocument) => string | undefined,
  step: string,
  message: (first: string) => string,
): Iterable<Found & { document: LintDocument }> {
  const first = new Map<string, LintDocument>()
  for (const document of documents) {
    const key = keyOf(document)
    if (key === undefined) continue
    const known = first.get(key)
    if (known) yield { document, line: document.lineOf([step]), message: message(`${known.file}:${known.lineOf([step])}`) }
    else first.set(key, document)
  }
}

export const duplicateId: LintCheck = {
  code: 'id_duplicate',
  severity: 'error',
  title: 'two rules of the set have the same id',
  set: (documents) =>
    repeated(
      documents,
      ({ id }) => id?.toLowerCase(),
      'id',
      (first) => `the id is that of ${first} already; give this rule its own`,
    ),
}

export const duplicateName: LintCheck = {
  code: 'name_duplicate',
  severity: 'error',
  title: 'two rules of the set have the same name, so that a correlation or filter cannot tell them apart',
  set: (documents) =>
    repeated(
      documents,
      ({ head }) => (typeof head['name'] === 'string' ? head['name'] : undefined),
      'name',
      (first) => `the name is that of ${first} already; correlations and filters that use it cannot tell which is meant`,
    ),
}

export const duplicateTitle: LintCheck = {
  code: 'title_duplicate',
  severity: 'warning',
  title: 'two rules of the set have the same title',
  set: (documents) =>
    repeated(
      documents,
      ({ title }) => title?.trim().toLowerCase(),
      'title',
      (first) => `the title is that of ${first} already; analysts cannot tell their alerts apart`,
    ),
}

export const duplicateDetection: LintCheck = {
  code: 'detection_duplicate',
  severity: 'warning',
  title: 'two rules of the set look for the same in the same log source',
  set: (documents) =>
    repeated(
      documents,
      ({ kind, head }) => (kind === 'rule' && head['detection'] ? JSON.stringify([head['logsource'], head['detection']], dropDefinition) : undefined),
      'detection',
      (first) => `logsource and detection are those of ${first}; every event that fires one fires the other, so keep one of them`,
    ),
}

/** A logsource's `definition` is prose. A bigint cannot stand in JSON. */
const dropDefinition = (key: string, value: unknown): unknown =>
  key === 'definition' ? undefined : typeof value === 'bigint' ? String(value) : value
