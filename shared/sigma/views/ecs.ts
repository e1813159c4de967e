import type { EventLogsource } from '../../event/event.ts'
import { own } from '../../own.ts'
import type { RuleLogsource } from '../contract.ts'
import { classifyEcs } from '../taxonomies/ecs-datasets.ts'
import { movedTo } from '../taxonomies/shape-of.ts'
import { keptNamesOf, taxonomiesFor } from '../taxonomies/taxonomies.ts'
import { speaksWindows, windowsNames } from '../taxonomies/windows.ts'
import { ECS_FIELDS } from '../taxonomies/windows-ecs.ts'
import { classifyWindowsParts } from '../taxonomies/windows-logsource.ts'
import { at, dotted, isObject, type NativeView, textAt, uniquePaths } from './view.ts'

/**
 * The hub's document. A Windows field is looked for where ECS_FIELDS says it moved, then among the vendor fields that were kept; rules for other
 * products go through their taxonomy, and vendor names pass through.
 */
export const ecsView: NativeView = {
  name: 'ecs',
  paths(field, logsource) {
    const windows = speaksWindows(logsource) ? windowsPaths(field, logsource) : []
    return uniquePaths([...windows, ...vendorPaths(field, logsource), ...dotted(field)])
  },
  recognise: (document) => isObject(at(document, 'event')) && at(document, '@timestamp') !== undefined,
  classify(document): EventLogsource {
    const channel = textAt(document, 'winlog', 'channel')
    if (channel === undefined) return classifyEcs(document)
    return classifyWindowsParts(
      channel,
      textAt(document, 'event', 'code') ?? textAt(document, 'winlog', 'event_id'),
      textAt(document, 'event', 'provider') ?? textAt(document, 'winlog', 'provider_name'),
      textAt(document, 'winlog', 'event_data', 'EventType'),
    )
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

function vendorPaths(field: string, logsource: RuleLogsource): readonly (readonly string[])[] {
  return taxonomiesFor(logsource).flatMap((taxonomy) => [
    ...(own(taxonomy.fields, field) ?? []).map((path) => path.split('.')),
    ...keptNamesOf(taxonomy, field).flatMap((name) => (taxonomy.vendorPrefixes ?? []).flatMap((prefix) => under(prefix, name))),
  ])
}

/** A name that already begins with the prefix (`gcp.audit.method_name`) stands where it says; one that the normaliser moved is also where it went. */
function under(prefix: string, name: string): readonly (readonly string[])[] {
  if (name.startsWith(`${prefix}.`)) return [name.split('.')]
  const start = prefix.split('.')
  const moved = movedTo(prefix, name)
  return [...dotted(name).map((path) => [...start, ...path]), ...(moved === undefined ? [] : [moved.split('.')])]
}
