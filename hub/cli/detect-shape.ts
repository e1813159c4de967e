import type { EventLogsource } from '../../shared/event/event.ts'
import { createNormalizer } from '../../shared/normalize/normalize.ts'
import { detectView, ecsView, evtxDumpView, type NativeView, VIEWS } from '../../shared/sigma/sigma.ts'

/** A record as rules are put to it. */
export interface Shaped {
  readonly document: object
  readonly view: NativeView
  readonly logsource: EventLogsource
  /** The JSON that the document was parsed from, where it was: the matcher looks through it. */
  readonly text?: string | undefined
}

/** How records become documents. Undefined where the record cannot be read. */
export interface ShapeReader {
  /** A line that should be a JSON object. */
  json(text: string): Shaped | undefined
  /** Undefined for anything but one JSON object. */
  object(text: string): Shaped | undefined
  line(text: string): Shaped | undefined
  /** A record of an event log, which has one shape only. */
  evtx(document: object): Shaped
}

/**
 * @param format - `auto`, a view's name, or a format of `picket normalize`
 * @throws {ExpectedError} for a name that is none of them
 */
export function createShapeReader(format: string): ShapeReader {
  const evtx = (document: object): Shaped => ({ document, view: evtxDumpView, logsource: evtxDumpView.classify(document) })
  const view = VIEWS.find((each) => each.name === format)
  if (view) {
    const json = (text: string) => native(text, view)
    return { json, object: json, line: json, evtx }
  }
  const normalizer = createNormalizer({ format })
  const line = (text: string): Shaped => {
    const event = normalizer.normalize({ text, observedAt: new Date() })
    return { document: event.document, view: ecsView, logsource: event.logsource }
  }
  if (format !== 'auto') return { json: line, object: (text) => (parseObject(text) ? line(text) : undefined), line, evtx }
  const json = (text: string): Shaped | undefined => {
    const shaped = native(text)
    if (!shaped) return undefined
    // A shape we do not know natively may still be one the normaliser reads: a vendor's JSON.
    const { product, service, categories } = shaped.logsource
    return (product ?? service ?? categories[0]) === undefined ? line(text) : shaped
  }
  return { json, object: json, line, evtx }
}

function native(text: string, forced?: NativeView): Shaped | undefined {
  const document = parseObject(text)
  if (!document) return undefined
  const view = forced ?? detectView(document)
  return { document, view, logsource: view.classify(document), text }
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
