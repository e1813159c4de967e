import { own } from '../../own.ts'
import type { RuleLogsource } from '../contract.ts'

/** Names the same thing has in Security 4688, the process creation without Sysmon (as pySigma's Windows audit pipeline maps them). */
const PROCESS_AUDIT: { readonly [sysmonField: string]: readonly string[] } = {
  Image: ['NewProcessName'],
  ParentImage: ['ParentProcessName'],
  User: ['SubjectUserName'],
  LogonId: ['SubjectLogonId'],
  IntegrityLevel: ['MandatoryLabel'],
}

/**
 * Names under which a Windows event may carry a Sigma field, the field's own first. Windows Defender and a few others put
 * spaces into theirs (`Threat Name`), which Sigma's names leave out.
 */
export function windowsNames(field: string, { category }: RuleLogsource): readonly string[] {
  const audit = category === 'process_creation' ? (own(PROCESS_AUDIT, field) ?? []) : []
  // Sysmon, which every category comes from, has no such names; not looking for them there saves time on each event.
  const spaced = category === undefined ? field.replaceAll('_', ' ').replaceAll(/([a-z])([A-Z])/g, '$1 $2') : field
  return spaced === field ? [field, ...audit] : [field, ...audit, spaced]
}
