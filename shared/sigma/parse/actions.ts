import { stringify } from 'yaml'
import type { DocumentContent, RuleDocument } from './documents.ts'
import { RuleFault } from './fault.ts'

/** Documents of a file may lend their content to later ones: `action: global`, `reset` and `repeat`. */
export interface Actions {
  /**
   * The document as it is meant once what others lend it is in it; undefined where it only lends.
   *
   * @throws {RuleFault} the document's own, and for an action there is none of
   */
  take(document: RuleDocument): RuleDocument | undefined
}

/**
 * The documents' actions as pySigma has them; the specification dropped them in version 2. `global` content goes into each following rule and wins
 * over the rule's own, `reset` ends that, `repeat` is the rule before with the document's content on top. Filters and correlations take no part.
 */
export function createActions(): Actions {
  let everywhere: DocumentContent | undefined
  let previous: DocumentContent | undefined
  return {
    take(document) {
      if (document.fault) throw document.fault
      const { content } = document
      if (!content || 'correlation' in content || 'filter' in content) return document
      const { action, ...own } = content
      if (action === undefined || action === null) {
        const meant = everywhere ? merged(own, everywhere) : own
        previous = meant
        return everywhere ? withContent(document, meant) : document
      }
      switch (action) {
        case 'global':
          everywhere = own
          previous = own
          return undefined
        case 'reset':
          everywhere = undefined
          return undefined
        case 'repeat':
          if (!previous) throw new RuleFault('action', '"action: repeat" has no rule before it to repeat', { path: ['action'] })
          previous = merged(previous, own)
          return withContent(document, previous)
        default:
          throw new RuleFault('action', `there is no action "${String(action)}"; only global, reset and repeat are`, { path: ['action'] })
      }
    },
  }
}

/** The rule's text is then no longer what stands in the file: it is written out, so that it is a whole rule by itself. */
const withContent = (document: RuleDocument, content: DocumentContent): RuleDocument => ({ ...document, content, source: stringify(content).trim() })

const isMap = (value: unknown): value is DocumentContent => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `base` with `top` over it; maps are joined key by key, all else is replaced. */
function merged(base: DocumentContent, top: DocumentContent): DocumentContent {
  const joined = new Map(Object.entries(base))
  for (const [key, value] of Object.entries(top)) {
    const below = joined.get(key)
    joined.set(key, isMap(value) && isMap(below) ? merged(below, value) : value)
  }
  return Object.fromEntries(joined)
}
