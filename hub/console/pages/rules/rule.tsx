import { Tab, TabList, TabPanel, TabProvider } from '@ariakit/react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { FlaskConical } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { api } from '../../api/client.ts'
import { ruleMatchesQuery, ruleQuery } from '../../api/queries.ts'
import type { RuleDetail, RuleTestResult } from '../../api/types.ts'
import { Ago } from '../../components/ago.tsx'
import { SeverityBadge, State, severityWord } from '../../components/badges.tsx'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Field, Switch } from '../../components/field.tsx'
import { Card, Facts, Page } from '../../components/page.tsx'
import { Failed, FormError, NothingYet, Skeleton } from '../../components/states.tsx'
import { useSay } from '../../components/toasts.tsx'
import { formatInteger, humanize } from '../../format.ts'
import { RuleMarks } from './rule-marks.tsx'

const route = getRouteApi('/app/rules/$ruleId')

export function RulePage() {
  const { ruleId } = route.useParams()
  const query = useQuery(ruleQuery(ruleId))
  if (query.data) return <Shown rule={query.data} />
  return <Page title="Rule">{query.isPending ? <Skeleton rows={10} /> : <Failed error={query.error} retry={() => void query.refetch()} />}</Page>
}

function Shown({ rule }: { rule: RuleDetail }) {
  const { tab = 'source' } = route.useSearch()
  const navigate = route.useNavigate()
  const queries = useQueryClient()
  const say = useSay()
  const change = async (body: { enabled: boolean } | { edge: boolean }) => {
    try {
      await api('PUT', `/detection/rules/${encodeURIComponent(rule.id)}`, { body })
      await queries.invalidateQueries({ queryKey: ['rules'] })
    } catch (error) {
      say(`Not saved: ${error instanceof Error ? error.message : 'unknown failure'}`, { tone: 'bad' })
    }
  }
  return (
    <Page
      title={rule.title}
      lead={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <SeverityBadge severity={rule.level} />
          {rule.level !== rule.default_level && <span>set here; the rule says {severityWord(rule.default_level).toLowerCase()}</span>}
          <RuleMarks rule={rule} />
          <span>{rule.status}</span>
          <span>{[rule.logsource.product, rule.logsource.category, rule.logsource.service].filter(Boolean).join(' / ') || 'any log source'}</span>
        </span>
      }
      actions={
        <>
          <span className="flex items-center gap-1.5" title="Sensors judge it too, and its hits travel first">
            <Switch checked={rule.edge} onChange={(edge) => void change({ edge })} label="Run on sensors" /> On sensors
          </span>
          <span className="ml-3 flex items-center gap-1.5">
            <Switch checked={rule.enabled} onChange={(enabled) => void change({ enabled })} label="Enabled" testId={`rule-switch-${rule.id}`} />{' '}
            Enabled
          </span>
        </>
      }
    >
      <div className="grid grid-cols-[minmax(0,1fr)_340px] items-start gap-4 max-xl:grid-cols-1">
        <section className="card min-w-0 overflow-hidden" aria-label="Rule">
          <TabProvider
            selectedId={tab}
            setSelectedId={(next) => void navigate({ search: next === 'matches' || next === 'test' ? { tab: next } : {}, replace: true })}
          >
            <TabList aria-label="Rule" className="flex gap-5 border-b border-line px-4">
              <RuleTab id="source">Source</RuleTab>
              <RuleTab id="matches">Recent matches</RuleTab>
              <RuleTab id="test">Test</RuleTab>
            </TabList>
            <TabPanel tabId="source" className="relative p-4 outline-none">
              <div className="absolute top-6 right-6">
                <CopyButton text={rule.source} label="Copy YAML" />
              </div>
              <YamlView source={rule.source} />
            </TabPanel>
            <TabPanel tabId="matches" className="outline-none" unmountOnHide>
              <Matches ruleId={rule.id} />
            </TabPanel>
            <TabPanel tabId="test" className="p-4 outline-none" unmountOnHide>
              <TestRule ruleId={rule.id} />
            </TabPanel>
          </TabProvider>
        </section>
        <div className="flex flex-col gap-4">
          <Card title="Statistics">
            <Facts
              facts={[
                ['Evaluated, 24 h', formatInteger(rule.stats.evaluations_last_24h)],
                [
                  'Matches, 24 h',
                  <Link key="m" to="/alerts" search={{ rule: rule.id, status: 'any', range: '24h' }} className="text-accent hover:underline">
                    {formatInteger(rule.stats.matches_last_24h)}
                  </Link>,
                ],
                ['True positives, 7 d', formatInteger(rule.stats.true_positives_last_7d)],
                ['False positives, 7 d', formatInteger(rule.stats.false_positives_last_7d)],
              ]}
            />
          </Card>
          <Card title="About">
            <p className="whitespace-pre-line text-ink-2">{rule.description.trim() || 'The rule says nothing about itself.'}</p>
            <div className="mt-4">
              <Facts
                facts={[
                  ['Tactics', rule.mitre.tactics.map(humanize).join(', ') || '–'],
                  ['Techniques', rule.mitre.techniques.join(', ') || '–'],
                  ['Harmless when', rule.false_positives.join('; ') || '–'],
                  ['Author', rule.author || '–'],
                  ['Written', rule.date ?? '–'],
                  ['Changed', rule.modified ?? '–'],
                  [
                    'References',
                    rule.references.length === 0 ? (
                      '–'
                    ) : (
                      <span key="r" className="break-all whitespace-pre-line">
                        {rule.references.join('\n')}
                      </span>
                    ),
                  ],
                  [
                    'Id',
                    <code key="i" className="font-mono text-xs">
                      {rule.id}
                    </code>,
                  ],
                ]}
              />
            </div>
          </Card>
        </div>
      </div>
    </Page>
  )
}

const RuleTab = ({ id, children }: { id: string; children: ReactNode }) => (
  <Tab
    id={id}
    className="-mb-px inline-flex h-10 items-center border-b-2 border-transparent text-ink-2 hover:text-ink aria-selected:border-accent aria-selected:font-semibold aria-selected:text-ink"
  >
    {children}
  </Tab>
)

/** YAML with keys and comments set apart: enough to read a rule by. */
function YamlView({ source }: { source: string }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Rule as YAML"
      className="overflow-auto rounded-md border border-line bg-sunken p-4 font-mono text-xs leading-[1.6] whitespace-pre"
    >
      {source.split('\n').map((line, index) => {
        const [, indent = '', key, rest] = /^(\s*(?:- )?)([\w.|-]+:)((?:\s.*)?)$/.exec(line) ?? []
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
          <span key={index} className={`block min-h-[1.6em] ${/^\s*#/.test(line) ? 'text-ink-3' : ''}`}>
            {key ? (
              <>
                {indent}
                <span className="text-accent">{key}</span>
                {rest}
              </>
            ) : (
              line
            )}
          </span>
        )
      })}
    </section>
  )
}

function Matches({ ruleId }: { ruleId: string }) {
  const query = useQuery(ruleMatchesQuery(ruleId))
  if (query.isPending) return <Skeleton rows={6} />
  if (query.data === undefined) return <Failed error={query.error} retry={() => void query.refetch()} />
  if (query.data.matches.length === 0)
    return <NothingYet title="It has not matched yet">Use the Test tab to see whether an event of yours would fire it.</NothingYet>
  return (
    <div className="overflow-x-auto">
      <table className="data-table min-w-[640px]">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Host</th>
            <th scope="col">User</th>
            <th scope="col">Process</th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {query.data.matches.map((match, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: matches have no id of their own, and an alert may take in several
            <tr key={index}>
              <td>
                {match.match_id === null ? (
                  <span title="It raised no alert: the rule was in staging">
                    <Ago at={match.timestamp} />
                  </span>
                ) : (
                  <Link
                    to="/alerts"
                    search={{ alert: match.match_id, status: 'any', rule: ruleId, range: 'all' }}
                    className="font-medium hover:text-accent hover:underline"
                  >
                    <Ago at={match.timestamp} />
                  </Link>
                )}
              </td>
              <td>{match.event.host ?? '–'}</td>
              <td>{match.event.user ?? '–'}</td>
              <td className="max-w-80 truncate" title={match.event.command_line ?? undefined}>
                {match.event.process_name ?? match.event.command_line ?? '–'}
              </td>
              <td>
                {match.verdict === null ? (
                  <span className="text-ink-3">not judged</span>
                ) : (
                  <span title={match.reviewed_by ?? undefined}>{match.verdict === 'true_positive' ? 'True positive' : 'False positive'}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const SAMPLE = `{
  "Image": "C:\\\\Windows\\\\System32\\\\cmd.exe",
  "CommandLine": "cmd.exe /c whoami"
}`

function TestRule({ ruleId }: { ruleId: string }) {
  const [text, setText] = useState(SAMPLE)
  const [problem, setProblem] = useState<string>()
  const [state, setState] = useState<{ busy: boolean; results?: RuleTestResult['results']; error?: unknown }>({ busy: false })
  const run = async () => {
    let events: unknown[]
    try {
      const parsed: unknown = JSON.parse(text)
      events = Array.isArray(parsed) ? parsed : [parsed]
      setProblem(undefined)
    } catch (error) {
      return setProblem(error instanceof Error ? error.message : 'This is not JSON.')
    }
    setState({ busy: true })
    try {
      const { results } = await api<RuleTestResult>('POST', `/detection/rules/${encodeURIComponent(ruleId)}/test`, { body: { events } })
      setState({ busy: false, results })
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  return (
    <div className="flex flex-col gap-3">
      <Field
        label="Events"
        hint="One JSON object or an array of them: normalised events, or flat ones with Sigma's own field names. Nothing is stored."
        error={problem}
      >
        {(control) => (
          <textarea
            {...control}
            data-testid="rule-test-events"
            className="control min-h-52 font-mono text-xs"
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      <div>
        <Button look="primary" busy={state.busy} onClick={() => void run()} data-testid="rule-test-run">
          <FlaskConical /> Test
        </Button>
      </div>
      <FormError error={state.error} />
      {state.results && (
        <ul className="divide-y divide-line rounded-md border border-line" aria-live="polite">
          {state.results.map((result) => (
            <li key={result.event_index} className="flex flex-wrap items-center gap-3 px-3 py-2">
              <span className="text-ink-3">Event {result.event_index + 1}</span>
              {result.matched ? <State tone="good">Matches</State> : <State tone="off">Does not match</State>}
              {result.matched_conditions.map((condition) => (
                <code key={condition} className="rounded bg-accent-soft px-1.5 py-0.5 font-mono text-xs text-accent">
                  {condition}
                </code>
              ))}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
