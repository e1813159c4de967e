import { classifyInPlace } from '../taxonomies/shape-of.ts'
import { taxonomiesFor, vendorNamesOf } from '../taxonomies/taxonomies.ts'
import { dotted, type NativeView, textAt, uniquePaths } from './view.ts'

/** Vendors' own JSON, matched in place: a field by its name, or by what the vendor's records call it; dots are nested names. */
export const plainView: NativeView = {
  name: 'plain',
  paths: (field, logsource) => {
    const names = taxonomiesFor(logsource).flatMap((taxonomy) => vendorNamesOf(taxonomy, field))
    return uniquePaths([...names, field].flatMap(dotted))
  },
  recognise: () => true,
  classify: classifyInPlace,
  timestamp: (document) =>
    textAt(document, '@timestamp') ?? textAt(document, 'timestamp') ?? textAt(document, 'eventTime') ?? textAt(document, 'time'),
}
