import { stringify } from 'yaml'
import { compileRules, ecsView, parseRules } from '../../../../shared/sigma/sigma.ts'
import { ApiError } from '../../errors.ts'

/**
 * Whether a sensor could run this filter: the detection section is read and compiled as the sensor would.
 * @throws {ApiError} `INVALID_FILTER` with what is wrong
 */
export function checkDetection({ detection, logsource }: { detection: object; logsource: object }): void {
  const rule = { title: 'filter', id: '00000000-0000-4000-8000-000000000000', status: 'stable', level: 'low', detection, logsource }
  const parsed = parseRules(stringify(rule), 'filter')
  const problems = [...parsed.problems, ...compileRules(parsed.rules, ecsView).problems]
  if (problems.length === 0 && parsed.rules.length === 1) return
  const errors = problems.map(({ reason }) => ({ field: 'detection', message: reason }))
  throw new ApiError('invalid', 'INVALID_FILTER', errors.map(({ message }) => message).join('; ') || 'The detection cannot be read.', errors)
}
