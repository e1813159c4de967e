import { useQuery } from '@tanstack/react-query'
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { healthQuery, pipelineQuery, pipelineSeriesQuery, seriesStepSeconds } from '../api/queries.ts'
import type { PipelineMetrics } from '../api/types.ts'
import { State } from '../components/badges.tsx'
import { Chart } from '../components/chart.tsx'
import { Card, Page } from '../components/page.tsx'
import { Failed, Skeleton } from '../components/states.tsx'
import { formatClock, formatCompact, formatInteger, formatPercent, formatRate } from '../format.ts'

const SERVICES = [
  ['connector-service', 'Connectors', 'takes in from sensors'],
  ['normalizer-service', 'Normaliser', 'turns records into events'],
  ['detection-service', 'Detection', 'judges events by rules'],
  ['enrichment-service', 'Enrichment', 'adds context to alerts'],
] as const

const reach = { hours: 6, stepSeconds: seriesStepSeconds(6) }

export function Pipeline() {
  const pipeline = useQuery(pipelineQuery)
  const health = useQuery(healthQuery)
  const series = useQuery(pipelineSeriesQuery(reach.hours))
  const data = pipeline.data
  return (
    <Page title="Pipeline" lead="From the sensor's record to the alert. Every figure is counted, none is estimated.">
      <div className="flex flex-col gap-4">
        {data ? (
          <Stages stages={data.stages} enriches={health.data?.services['enrichment-service'].replicas !== 0} />
        ) : (
          <div className="card">
            {pipeline.isPending ? <Skeleton rows={4} /> : <Failed error={pipeline.error} retry={() => void pipeline.refetch()} />}
          </div>
        )}
        <div className="grid grid-cols-2 gap-4 max-lg:grid-cols-1">
          <Card title="Services" aside={health.data && `as of ${formatClock(health.data.timestamp)}`} flush>
            {health.data ? (
              <table className="data-table">
                <tbody>
                  {SERVICES.map(([id, name, does]) => {
                    const service = health.data.services[id]
                    return (
                      <tr key={id}>
                        <th scope="row" className="text-sm! text-ink!">
                          {name} <span className="block font-normal text-ink-3">{does}</span>
                        </th>
                        <td>
                          {/* A service with no replica is not part of this installation, which is no fault. */}
                          {service.replicas === 0 ? (
                            <State tone="off">Not installed</State>
                          ) : (
                            <State tone={service.status === 'up' ? 'good' : 'bad'}>{service.status === 'up' ? 'Up' : 'Down'}</State>
                          )}
                        </td>
                        <td className="num text-ink-2">
                          {service.replicas === 0 ? '–' : `${service.healthy_replicas} of ${service.replicas} healthy`}
                        </td>
                      </tr>
                    )
                  })}
                </tbody>
              </table>
            ) : health.isPending ? (
              <Skeleton rows={4} />
            ) : (
              <Failed error={health.error} retry={() => void health.refetch()} />
            )}
          </Card>
          <Card title="Queues" aside="events kept and not yet taken in" flush>
            {data ? (
              <table className="data-table">
                <thead>
                  <tr>
                    <th scope="col">Queue</th>
                    <th scope="col" className="num">
                      Waiting
                    </th>
                    <th scope="col" className="num">
                      Messages/s
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {data.queue.topics.map((topic) => (
                    <tr key={topic.name}>
                      <td>{topic.name}</td>
                      <td className="num">{formatInteger(topic.consumer_lag)}</td>
                      <td className="num">{formatRate(topic.messages_per_second)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            ) : (
              <Skeleton rows={3} />
            )}
          </Card>
        </div>
        {series.data ? (
          <div className="grid grid-cols-2 gap-4 max-lg:grid-cols-1">
            <Card title="Ingestion" aside="last 6 hours">
              <Chart
                label="Events per second over six hours"
                unit="/s"
                {...reach}
                times={series.data.ingestion_rate.map((point) => Date.parse(point.timestamp) / 1000)}
                series={[{ name: 'Stored', colour: '--chart-1', values: series.data.ingestion_rate.map((point) => point.value), fill: true }]}
              />
            </Card>
            <Card title="Waiting events" aside="last 6 hours">
              <Lag series={series.data.queue_consumer_lag} />
            </Card>
          </div>
        ) : series.isError ? (
          <div className="card">
            <Failed error={series.error} retry={() => void series.refetch()} />
          </div>
        ) : null}
      </div>
    </Page>
  )
}

const LAG_COLOURS = ['--chart-2', '--chart-3', '--chart-1'] as const

function Lag({ series }: { series: Readonly<Record<string, readonly { timestamp: string; value: number }[]>> }) {
  const topics = Object.entries(series).slice(0, LAG_COLOURS.length)
  const times = topics[0]?.[1].map((point) => Date.parse(point.timestamp) / 1000) ?? []
  return (
    <Chart
      label="Waiting events over six hours"
      unit=""
      {...reach}
      times={times}
      series={topics.map(([name, points], index) => ({
        name,
        colour: LAG_COLOURS[index] ?? '--chart-1',
        values: points.map((point) => point.value),
      }))}
    />
  )
}

function Stages({ stages, enriches }: { stages: PipelineMetrics['stages']; enriches: boolean }) {
  const { ingestion, normalization, detection, enrichment } = stages
  return (
    <ol className="grid grid-cols-4 gap-3 max-xl:grid-cols-2 max-sm:grid-cols-1">
      <Stage
        name="Ingestion"
        main={formatRate(ingestion.events_per_second)}
        unit="events/s"
        facts={[
          ['Events', formatCompact(ingestion.events_total)],
          ['Connectors healthy', `${ingestion.healthy_connectors} of ${ingestion.active_connectors}`],
        ]}
      />
      <Stage
        name="Normalisation"
        main={formatPercent(normalization.success_rate / 100)}
        unit="understood"
        facts={[
          ['Processed', formatCompact(normalization.events_processed)],
          ['Not understood', formatCompact(normalization.events_failed)],
          ['Latency mean / p99', `${formatRate(normalization.avg_latency_ms)} / ${formatRate(normalization.p99_latency_ms)} ms`],
        ]}
      />
      <Stage
        name="Detection"
        main={formatCompact(detection.alerts_generated)}
        unit="alerts"
        facts={[
          ['Evaluated', formatCompact(detection.events_evaluated)],
          ['Rule matches', formatCompact(detection.rules_matched)],
          ['False positives', formatCompact(detection.false_positives)],
          ['Mean time', `${formatRate(detection.avg_evaluation_time_ms)} ms`],
        ]}
      />
      <Stage
        name="Enrichment"
        main={enriches ? formatCompact(enrichment.alerts_processed) : '–'}
        unit={enriches ? 'alerts' : 'not installed: alerts carry what their events say'}
        facts={
          enriches
            ? [
                ['Mean time', `${formatRate(enrichment.avg_enrichment_time_ms)} ms`],
                ['Cache hits', formatPercent(enrichment.intel_cache_hit_rate / 100)],
              ]
            : []
        }
        last
      />
    </ol>
  )
}

function Stage({
  name,
  main,
  unit,
  facts,
  last = false,
}: {
  name: string
  main: string
  unit: string
  facts: readonly (readonly [string, ReactNode])[]
  last?: boolean
}) {
  return (
    <li className="card relative p-4">
      <h2 className="eyebrow">{name}</h2>
      <p className="mt-1 flex items-baseline gap-1.5">
        <span className="text-xl leading-7 font-semibold">{main}</span> <span className="text-xs text-ink-3">{unit}</span>
      </p>
      <dl className="mt-3 flex flex-col gap-1">
        {facts.map(([label, value]) => (
          <div key={label} className="flex justify-between gap-3">
            <dt className="text-ink-3">{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {!last && (
        <ChevronRight
          aria-hidden="true"
          className="absolute top-1/2 -right-[15px] z-1 size-4.5 -translate-y-1/2 rounded-full border border-line bg-surface p-0.5 text-ink-3 max-xl:hidden"
        />
      )}
    </li>
  )
}
