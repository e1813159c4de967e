/** Sigma: rules in, event in, matches out. The public names of this folder. */
export { applies } from './applies.ts'
export { compileRules } from './compile/compile.ts'
export {
  type CompileResult,
  type Explanation,
  type Matcher,
  RULE_LEVELS,
  type RuleMatch,
  type RuleProblem,
  type SigmaCorrelation,
  type SigmaFilter,
  type SigmaRule,
  type View,
} from './contract.ts'
export { explainRule } from './explain.ts'
export { applyFilters } from './filters.ts'
export { parseFilterDetection } from './parse/filter.ts'
export { linkRules } from './parse/link-rules.ts'
export { readPlaceholders } from './parse/placeholders.ts'
export { type ParsedRules, parseRules } from './parse/rules.ts'
export { boundRegexTime } from './regex-time.ts'
export { ECS_FIELDS } from './taxonomies/windows-ecs.ts'
export { classifyWindows } from './taxonomies/windows-logsource.ts'
export { ecsView } from './views/ecs.ts'
export { evtxDumpView } from './views/evtx-dump.ts'
export { flatWindowsView } from './views/flat-windows.ts'
export { plainView } from './views/plain.ts'
export type { NativeView } from './views/view.ts'
export { detectView, VIEWS } from './views/views.ts'
export { winlogbeatView } from './views/winlogbeat.ts'
