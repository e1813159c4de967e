import { boundRegexTime, compileRules, parseRules, plainView } from '../shared/sigma/sigma.ts'
import { HOSTILE_REGEXES, hostileText } from '../test/support/hostile-regexes.ts'
import { hostileEvents, hostileRuleSets } from '../test/support/hostile-rules.ts'
import type { Benchmark, Figure } from './report.ts'

const LOGSOURCE = { product: 'test', categories: [] }
const LENGTHS = [
  ['1 KB', 1_000],
  ['30 KB', 30_000],
  ['1 MB', 1_000_000],
] as const
/** Each case is tried a few times and the best counts: what is looked for is what a case costs, not what else the machine does. */
const ROUNDS = 3

const best = (work: () => void): number => {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now()
    work()
    least = Math.min(least, performance.now() - startedAt)
  }
  return least
}

/** Rules and events made to be slow. What one event may cost is bounded, whatever the rules; a rule set that cannot be bounded is refused. */
export const abuseBenchmark: Benchmark = {
  name: 'abuse',
  title: 'Abuse: what the worst rules and events cost, worst case of each kind',
  run: async () => {
    boundRegexTime()
    return [...regexFigures(), ...ruleSetFigures()]
  },
}

function regexFigures(): Figure[] {
  const worst = new Map<string, { ms: number; pattern: string }>()
  let refused = 0
  for (const hostile of HOSTILE_REGEXES) {
    const key = ['f', 're', ...hostile.flags].join('|')
    const { rules } = parseRules(ruleWith({ [key]: hostile.pattern }), 'abuse.yml')
    const { matcher } = compileRules(rules, plainView)
    if (matcher.rules.length === 0) refused++
    for (const [name, length] of LENGTHS) {
      const text = JSON.stringify({ f: hostileText(hostile, length) })
      const document = JSON.parse(text)
      const ms = best(() => matcher.match(document, LOGSOURCE, text))
      if (ms > (worst.get(name)?.ms ?? 0)) worst.set(name, { ms, pattern: hostile.pattern })
    }
  }
  const figures = [...worst].map(
    ([name, { ms, pattern }]): Figure => ({ what: `regular expression on ${name}: ${pattern}`, value: ms, unit: 'ms', target: '< 50' }),
  )
  return [...figures, { what: `of ${HOSTILE_REGEXES.length} hostile patterns refused`, value: refused, unit: 'patterns' }]
}

function ruleSetFigures(): Figure[] {
  const events = hostileEvents()
  return hostileRuleSets().flatMap(({ name, yaml }) => {
    const startedAt = performance.now()
    const { rules, problems } = parseRules(yaml, 'abuse.yml')
    const { matcher } = compileRules(rules, plainView)
    const answered = performance.now() - startedAt
    if (matcher.rules.length === 0) return [{ what: `${name}: refused (${problems[0]?.code})`, value: answered, unit: 'ms' }]
    matcher.prepare()
    const costs = events.map((event) => ({ event: event.name, ms: best(() => matcher.match(event.document, LOGSOURCE, event.text)) }))
    const [worst] = costs.toSorted((left, right) => right.ms - left.ms)
    return [
      { what: `${name}: read and compiled, ${matcher.rules.length} rules`, value: answered, unit: 'ms' },
      { what: `${name}: on ${worst?.event}`, value: worst?.ms ?? 0, unit: 'ms', target: '< 50' },
    ]
  })
}

const ruleWith = (selection: object): string =>
  `title: Abuse\nlogsource: {product: test}\ndetection: ${JSON.stringify({ selection, condition: 'selection' })}\n`
