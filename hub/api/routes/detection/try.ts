import type { z } from 'zod'
import type { Explanation, RuleProblem } from '../../../../shared/sigma/contract.ts'
import type { TriedEvent } from '../../../detection/content/try-rule.ts'
import { body, consoleRoutes, createRoute, json, named, needs, refuses, z as schema } from '../../openapi.ts'
import { strictQuery } from '../../paging.ts'
import type { Parts } from '../../parts.ts'
import {
  type ExplanationView,
  RuleProblems,
  RuleTestRequest,
  RuleTestResult,
  RuleText,
  RuleTextTestRequest,
  RuleValidation,
} from '../../schemas/views.ts'
import { ruleParams as params } from './one.ts'
import { toProblemView } from './rule-view.ts'

const tags = ['Detection']
const Result = named('RuleTestResult', RuleTestResult)
const query = strictQuery({
  explain: schema
    .enum(['true', 'false'])
    .optional()
    .openapi({ description: 'Says for each event which parts of the rule held, on which field and value, and which failed first.' }),
})

const testRoute = createRoute({
  method: 'post',
  path: '/detection/rules/{ruleId}/test',
  tags,
  summary: 'Try a rule on sample events',
  description: 'Events are normalised documents, or flat objects with Sigma field names. Nothing is stored.',
  ...needs('rules:test'),
  request: { params, query, body: body(named('RuleTestRequest', RuleTestRequest)) },
  responses: { 200: json(Result, 'One result per event, in order'), ...refuses(400, 401, 403, 404) },
})

const testTextRoute = createRoute({
  method: 'post',
  path: '/detection/rules/test',
  tags,
  summary: 'Try a text on sample events before it is saved',
  ...needs('rules:test'),
  request: { query, body: body(named('RuleTextTestRequest', RuleTextTestRequest)) },
  responses: { 200: json(Result, 'One result per event, in order'), ...refuses(400, 401, 403) },
})

const validateRoute = createRoute({
  method: 'post',
  path: '/detection/rules/validate',
  tags,
  summary: 'Look through a text for what is wrong with it',
  ...needs('rules:test'),
  request: { body: body(named('RuleText', RuleText)) },
  responses: {
    200: json(named('RuleValidation', RuleValidation), 'Whether it can be used, and what is to be said about it'),
    ...refuses(400, 401, 403),
  },
})

const problemsRoute = createRoute({
  method: 'get',
  path: '/detection/problems',
  tags,
  summary: 'Rules and exceptions that are not used, and why',
  ...needs('rules:read'),
  responses: { 200: json(named('RuleProblems', RuleProblems), "Shared rules first, then the tenant's own"), ...refuses(401, 403) },
})

export const tryRules = (parts: Parts) =>
  consoleRoutes()
    .openapi(testRoute, async (c) => {
      const { events, explain } = c.req.valid('json')
      const { tenantId } = c.var.session.tenant
      const wanted = explain || c.req.valid('query').explain === 'true'
      return c.json(toResult(await parts.ruleContent.tryOn(tenantId, { ruleId: c.req.valid('param').ruleId }, events, wanted)), 200)
    })
    .openapi(testTextRoute, async (c) => {
      const { source, events, explain } = c.req.valid('json')
      const wanted = explain || c.req.valid('query').explain === 'true'
      return c.json(toResult(await parts.ruleContent.tryOn(c.var.session.tenant.tenantId, { source }, events, wanted)), 200)
    })
    .openapi(validateRoute, async (c) => {
      const problems = await parts.ruleContent.validate(c.var.session.tenant.tenantId, c.req.valid('json').source)
      return c.json({ valid: !problems.some(({ severity }) => severity === 'error'), problems: [...problems] }, 200)
    })
    .openapi(problemsRoute, (c) => c.json({ problems: problemsFor(parts, c.var.session.tenant.tenantId).map(toProblemView) }, 200))

/** A shared rule that waits for values is no problem of a tenant whose lists have them. */
function problemsFor({ detection }: Parts, tenantId: string): RuleProblem[] {
  const runs = ({ code, ruleId }: RuleProblem) =>
    code === 'expand_without_placeholders' && ruleId !== undefined && detection.ruleById(tenantId, ruleId) !== undefined
  return [...detection.problems.filter((problem) => !runs(problem)), ...detection.problemsOf(tenantId)]
}

const toResult = (tried: readonly TriedEvent[]): z.infer<typeof RuleTestResult> => ({
  results: tried.map(({ matched, matchedConditions, explanation }, index) => ({
    event_index: index,
    matched,
    matched_conditions: [...matchedConditions],
    ...(explanation ? { explanation: toExplanationView(explanation) } : {}),
  })),
})

const toExplanationView = ({ searches, firstFailure, ...explanation }: Explanation): z.infer<typeof ExplanationView> => ({
  ...explanation,
  searches: searches.map((search) => ({
    ...search,
    parts: search.parts.map(({ field, path, wanted, value, matched }) => ({
      field: field ?? null,
      path: path ?? null,
      wanted,
      value: value ?? null,
      matched,
    })),
  })),
  first_failure: firstFailure ?? null,
})
