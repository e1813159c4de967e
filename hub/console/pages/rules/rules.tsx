import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowDown, ArrowUp, X } from 'lucide-react'
import { api } from '../../api/client.ts'
import { rulesQuery } from '../../api/queries.ts'
import { type Rule, type RuleList, SEVERITIES } from '../../api/types.ts'
import { SeverityBadge, SeverityMark, severityWord } from '../../components/badges.tsx'
import { Button } from '../../components/button.tsx'
import { Switch } from '../../components/field.tsx'
import { MultiSelect, OneSelect, SearchBox } from '../../components/filters.tsx'
import { Page } from '../../components/page.tsx'
import { Failed, NoMatch, NothingYet, Skeleton } from '../../components/states.tsx'
import { useSay } from '../../components/toasts.tsx'
import { formatCompact, formatInteger, humanize } from '../../format.ts'
import { nextSort } from '../alerts/alerts-search.ts'
import { RuleMarks } from './rule-marks.tsx'
import { type RulesSearch, rulesParameters } from './rules-search.ts'

const route = getRouteApi('/app/rules')

export function Rules() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const query = useInfiniteQuery(rulesQuery(rulesParameters(search)))
  const queries = useQueryClient()
  const say = useSay()
  const patch = (change: Partial<RulesSearch>) => void navigate({ search: (before) => ({ ...before, ...change }) })
  const pages = query.data?.pages ?? []
  const rows = pages.flatMap((page) => page.rules)
  const filtered = Object.values(search).some((value) => value !== undefined)

  const setEnabled = async (rule: Rule, enabled: boolean) => {
    const show = (value: boolean) =>
      queries.setQueriesData<InfiniteData<RuleList>>(
        { queryKey: ['rules', 'list'] },
        (list) =>
          list && {
            ...list,
            pages: list.pages.map((page) => ({
              ...page,
              rules: page.rules.map((each) => (each.id === rule.id ? { ...each, enabled: value } : each)),
            })),
          },
      )
    show(enabled)
    try {
      await api('PUT', `/detection/rules/${encodeURIComponent(rule.id)}`, { body: { enabled } })
      void queries.invalidateQueries({ queryKey: ['rules', 'one', rule.id] })
      say(`${rule.title} is ${enabled ? 'on' : 'off'}`, { undo: () => void setEnabled({ ...rule, enabled }, !enabled) })
    } catch (error) {
      show(!enabled)
      say(`Not saved: ${error instanceof Error ? error.message : 'unknown failure'}`, { tone: 'bad' })
    }
  }

  const sortHead = (name: string, field: string, right = false) => {
    const [by, direction] = (search.sort ?? '').split(':')
    return (
      <th scope="col" className={right ? 'num' : ''} aria-sort={by === field ? (direction === 'asc' ? 'ascending' : 'descending') : undefined}>
        <button
          type="button"
          className="-mx-1 inline-flex h-6 items-center gap-1 rounded px-1 hover:bg-hover"
          onClick={() => patch({ sort: nextSort(search.sort, field) })}
        >
          {name}
          {by === field && (direction === 'asc' ? <ArrowUp className="size-3" /> : <ArrowDown className="size-3" />)}
        </button>
      </th>
    )
  }

  return (
    <Page
      title="Detection Rules"
      actions={
        pages[0] && (
          <p className="text-xs text-ink-3">
            {formatInteger(rows.length)} of {formatInteger(pages[0].pagination.total)} rules · {formatInteger(pages[0].took_ms)} ms
          </p>
        )
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchBox value={search.q} onSearch={(q) => patch({ q })} label="Search title, text, technique" />
        <MultiSelect
          label="Level"
          choices={SEVERITIES.map((value) => ({ value, name: severityWord(value), mark: <SeverityMark severity={value} /> }))}
          value={search.level ?? []}
          onChange={(level) => patch({ level: level.length === 0 ? undefined : level })}
        />
        <OneSelect
          label="State"
          value={search.enabled ?? 'any'}
          choices={[
            { value: 'any', name: 'Any' },
            { value: 'true', name: 'Enabled' },
            { value: 'false', name: 'Disabled' },
          ]}
          onChange={(enabled) => patch({ enabled: enabled === 'any' ? undefined : enabled })}
        />
        {search.tactic && (
          <Button onClick={() => patch({ tactic: undefined })}>
            Tactic: {humanize(search.tactic)} <X />
          </Button>
        )}
        {filtered && (
          <Button look="quiet" onClick={() => void navigate({ search: {} })}>
            Clear all
          </Button>
        )}
      </div>
      <div className="card overflow-x-auto">
        {query.isPending ? (
          <Skeleton rows={12} />
        ) : query.data === undefined ? (
          <Failed error={query.error} retry={() => void query.refetch()} />
        ) : rows.length === 0 ? (
          filtered ? (
            <NoMatch
              what="rules"
              actions={
                <Button look="primary" onClick={() => void navigate({ search: {} })}>
                  Clear filters
                </Button>
              }
            />
          ) : (
            <NothingYet title="No rules are loaded">
              The hub reads Sigma rules from its rules folder at start. Its log says which ones it could not use.
            </NothingYet>
          )
        ) : (
          <table className={`data-table min-w-[960px] ${query.isPlaceholderData ? 'opacity-55' : ''}`}>
            <thead>
              <tr>
                {sortHead('Level', 'level')}
                {sortHead('Rule', 'title')}
                <th scope="col">Log source</th>
                <th scope="col">Technique</th>
                <th scope="col" className="num">
                  Evaluated
                </th>
                <th scope="col" className="num">
                  Matches
                </th>
                <th scope="col" className="num" title="True and false positives, as analysts judged">
                  TP / FP
                </th>
                <th scope="col">Enabled</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((rule) => (
                <tr key={rule.id} className={rule.enabled ? '' : 'text-ink-3'}>
                  <td className="w-28">
                    <SeverityBadge severity={rule.level} />
                  </td>
                  <td>
                    <Link to="/rules/$ruleId" params={{ ruleId: rule.id }} className="font-medium hover:text-accent hover:underline">
                      {rule.title}
                    </Link>
                    <RuleMarks rule={rule} />
                  </td>
                  <td className="whitespace-nowrap text-ink-2">
                    {[rule.logsource.product, rule.logsource.service ?? rule.logsource.category].filter(Boolean).join(' / ') || 'any'}
                  </td>
                  <td title={rule.mitre.techniques.join(', ')}>
                    {rule.mitre.techniques[0] ?? '–'}
                    {rule.mitre.techniques.length > 1 && <span className="text-ink-3"> +{rule.mitre.techniques.length - 1}</span>}
                  </td>
                  <td className="num">{formatCompact(rule.stats.evaluations_total)}</td>
                  <td className="num font-medium">{formatCompact(rule.stats.matches_total)}</td>
                  <td className="num">
                    {rule.stats.true_positives + rule.stats.false_positives === 0 ? (
                      <span className="text-ink-3">–</span>
                    ) : (
                      <>
                        {formatCompact(rule.stats.true_positives)} <span className="text-ink-3">/</span>{' '}
                        <span className={rule.stats.false_positives > rule.stats.true_positives ? 'text-medium' : ''}>
                          {formatCompact(rule.stats.false_positives)}
                        </span>
                      </>
                    )}
                  </td>
                  <td>
                    <Switch
                      checked={rule.enabled}
                      onChange={(enabled) => void setEnabled(rule, enabled)}
                      label={`${rule.title} enabled`}
                      testId={`rule-switch-${rule.id}`}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      {query.hasNextPage && (
        <div className="mt-3 flex justify-center">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {query.isFetchingNextPage ? 'Loading…' : 'Load more rules'}
          </Button>
        </div>
      )}
    </Page>
  )
}
