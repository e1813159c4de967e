import type { PicketEvent, RawRecord } from '../../../shared/event/event.ts'
import { get } from '../../../shared/normalize/document.ts'
import { createNormalizer } from '../../../shared/normalize/normalize.ts'

export const OBSERVED_AT = new Date('2026-03-01T12:00:00.000Z')

const auto = createNormalizer({ format: 'auto' })

/** What a record becomes with automatic detection, read on 1 March 2026 at noon UTC. */
export const read = (record: string | object, more: Partial<RawRecord> = {}): PicketEvent =>
  auto.normalize({ text: typeof record === 'string' ? record : JSON.stringify(record), observedAt: OBSERVED_AT, ...more })

/** Several of an event's values by dotted path. */
export const pick = (event: PicketEvent, ...paths: string[]) => Object.fromEntries(paths.map((path) => [path, get(event.document, path)]))
