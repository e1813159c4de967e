import type { EventLogsource } from '../../event/event.ts'
import { memberOf } from '../../own.ts'
import { VENDOR_SHAPES, type VendorShape } from './vendor-shapes.ts'

interface Marks {
  /** Its place among all: of several that hold, the first counts. */
  readonly rank: number
  readonly shape: VendorShape
  readonly tests: readonly { readonly path: readonly string[]; readonly name: string; readonly pattern: RegExp | undefined }[]
}

const MARKS: readonly Marks[] = VENDOR_SHAPES.flatMap((shape) => shape.marks.map((marks) => ({ shape, marks }))).map(({ shape, marks }, rank) => ({
  rank,
  shape,
  tests: Object.entries(marks).map(([name, wanted]) => ({ name, path: name.split('.'), pattern: wanted === true ? undefined : wanted })),
}))

/** Marks by the key that their first test begins with, written out or nested: a record is looked at through the keys it has. */
const MARKS_BY_KEY = new Map<string, Marks[]>()
for (const marks of MARKS)
  for (const key of new Set([marks.tests[0]?.path[0] ?? '', marks.tests[0]?.name ?? '']))
    MARKS_BY_KEY.set(key, [...(MARKS_BY_KEY.get(key) ?? []), marks])

/** The value at a dotted name: one key that has the dots in it (Zeek's `id.orig_h`), else nested; into a list, its first element. */
export function valueAt(record: object, name: string, path: readonly string[]): unknown {
  if (path.length === 1 || Object.hasOwn(record, name)) return memberOf(record, name)
  let value: unknown = record
  for (const key of path) value = memberOf(Array.isArray(value) ? value[0] : value, key)
  return value
}

const holds = ({ tests }: Marks, record: object): boolean => {
  for (const { name, path, pattern } of tests) {
    const value = valueAt(record, name, path)
    if (value === undefined || value === null || (pattern !== undefined && !(typeof value === 'string' && pattern.test(value)))) return false
  }
  return true
}

let lastRecord: object | undefined
let lastShape: VendorShape | undefined

/** The shape of a record in a vendor's own JSON; undefined where it is none we know. Every format asks it of a record, so the last answer is kept. */
export function shapeOf(record: object): VendorShape | undefined {
  if (record === lastRecord) return lastShape
  let found: Marks | undefined
  for (const key in record) {
    const candidates = MARKS_BY_KEY.get(key)
    if (candidates) for (const marks of candidates) if ((found === undefined || marks.rank < found.rank) && holds(marks, record)) found = marks
  }
  lastRecord = record
  lastShape = found?.shape
  return lastShape
}

export const logsourceOf = (shape: VendorShape, record: object): EventLogsource => shape.narrower?.(record) ?? shape.logsource

const UNKNOWN: EventLogsource = { categories: [] }

/** As `classifyShape`, of a record that rules can be put to as it is; unknown where it must be read first. */
export function classifyInPlace(record: object): EventLogsource {
  const shape = shapeOf(record)
  if (!shape || shape.readFirst === true || shape.readFirst?.(record) === true) return UNKNOWN
  return logsourceOf(shape, record)
}

/** Sigma's logsource of a vendor's record by its shape; no part of it is set where the shape is not known. */
export function classifyShape(record: object): EventLogsource {
  const shape = shapeOf(record)
  return shape ? logsourceOf(shape, record) : UNKNOWN
}

/** Whether an ECS path takes its value from one field alone, which then moves; where there are several it is a copy, for they may differ. */
const movesAlone = ([ecsPath, names]: readonly [string, string]): boolean =>
  !names.includes(' ') && ecsPath !== '@timestamp' && ecsPath !== 'event.outcome' && ecsPath !== 'user.login'

const MOVED = new Map(
  VENDOR_SHAPES.flatMap(({ ecs, dataset, under = dataset }) =>
    Object.entries(ecs)
      .filter(movesAlone)
      .map(([ecsPath, name]): [string, string] => [`${under} ${name}`, ecsPath]),
  ),
)

/** Where a record's field of this name moved in ECS, for records kept under the given object; undefined where it stayed. */
export const movedTo = (under: string, name: string): string | undefined => MOVED.get(`${under} ${name}`)
