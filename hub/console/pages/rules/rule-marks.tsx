import type { Rule } from '../../api/types.ts'
import { humanize } from '../../format.ts'

/** What sets a rule apart from a shared one that runs at the hub. */
export function RuleMarks({ rule }: { rule: Pick<Rule, 'edge' | 'origin' | 'stage'> }) {
  return (
    <>
      {rule.origin === 'own' && <Mark title="Written in this tenant">own{rule.stage ? `, ${humanize(rule.stage).toLowerCase()}` : ''}</Mark>}
      {rule.edge && <Mark title="Sensors judge it too, and its hits travel first">on sensors</Mark>}
    </>
  )
}

const Mark = ({ title, children }: { title: string; children: React.ReactNode }) => (
  <span title={title} className="ml-2 rounded bg-accent-soft px-1.5 py-0.5 text-2xs font-semibold whitespace-nowrap text-accent">
    {children}
  </span>
)
