import { own } from '../../own.ts'
import type { RuleLogsource } from '../contract.ts'
import { cloudtrail, okta } from '../taxonomies/cloud.ts'
import { unix } from '../taxonomies/linux.ts'
import { linuxEndpoint } from '../taxonomies/linux-endpoint.ts'
import { macos } from '../taxonomies/macos.ts'
import { dns, firewall, web } from '../taxonomies/network.ts'
import type { Taxonomy } from '../taxonomies/taxonomy.ts'
import { windowsNames } from '../taxonomies/windows.ts'
import { ECS_FIELDS } from '../taxonomies/windows-ecs.ts'
import { classifyWindows } from '../taxonomies/windows-logsource.ts'
import { classifyPlain } from './plain.ts'
import { at, dotted, isObject, type NativeView, textAt, uniquePaths } from './view.ts'

const TAXONOMIES: readonly Taxonomy[] = [unix, linuxEndpoint, macos, web, dns, firewall, cloudtrail, okta]

/**
 * The hub's document. A Windows field is looked for where ECS_FIELDS says it moved, then among the vendor fields that were kept; rules for other
 * products go through their taxonomy, and vendor names pass through.
 */
export const ecsView: NativeView = {
  name: 'ecs',
  paths(field, logsource) {
    const mapped = logsource.product === 'windows' ? windowsPaths(field, logsource) : genericPaths(field, logsource)
    return uniquePaths([...mapped, ...dotted(field)])
  },
  recognise: (document) => isObject(at(document, 'event')) && at(document, '@timestamp') !== undefined,
  classify(document) {
    const channel = textAt(document, 'winlog', 'channel')
    if (channel === undefined) return classifyPlain(document)
    return classifyWindows({
      channel,
      eventId: textAt(document, 'event', 'code') ?? textAt(document, 'winlog', 'event_id'),
      provider: textAt(document, 'event', 'provider') ?? textAt(document, 'winlog', 'provider_name'),
      eventType: textAt(document, 'winlog', 'event_data', 'EventType'),
    })
  },
  timestamp: (document) => textAt(document, '@timestamp'),
}

function windowsPaths(field: string, logsource: RuleLogsource): readonly (readonly string[])[] {
  const names = windowsNames(field, logsource)
  const moved = names.flatMap((name) => {
    const place = own(ECS_FIELDS, name)
    const elsewhere = place?.categories && logsource.category !== undefined && !place.categories.includes(logsource.category)
    return place && !elsewhere ? [place.path, ...(place.also ?? [])] : []
  })
  return [...moved.map((path) => path.split('.')), ...names.map((name) => ['winlog', 'event_data', name]), ['winlog', 'user_data', field]]
}

function genericPaths(field: string, logsource: RuleLogsource): readonly (readonly string[])[] {
  return TAXONOMIES.filter((taxonomy) => taxonomy.applies(logsource)).flatMap((taxonomy) => [
    ...(own(taxonomy.fields, field) ?? []).map((path) => path.split('.')),
    ...(taxonomy.vendorPrefixes ?? []).flatMap((prefix) => dotted(field).map((path) => [...prefix.split('.'), ...path])),
  ])
}
