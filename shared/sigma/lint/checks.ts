import type { LintCheck } from './check.ts'
import { keywordsInBusySource, leadingAny, noIndex, slowRegex } from './checks/cost.ts'
import { dateForm, modifiedBeforeDate } from './checks/dates.ts'
import { unknownField, unmappedField } from './checks/fields.ts'
import { duplicateDetection, duplicateId, duplicateName, duplicateTitle, idForm, missingId } from './checks/ids.ts'
import { misspeltKey } from './checks/keys.ts'
import { contradiction, deadSearch } from './checks/logic.ts'
import { emptyLogsource, unknownLogsource } from './checks/logsource.ts'
import { missingLevel, missingMetadata, statusValue, titleLength } from './checks/metadata.ts'
import { unresolvedReference } from './checks/references.ts'
import { oneOfOne, unusedSearch } from './checks/searches.ts'
import { attackTag, tagForm } from './checks/tags.ts'
import { missingTest } from './checks/tests.ts'
import { fieldType } from './checks/types.ts'
import { needsPlaceholders, unusable } from './checks/unusable.ts'
import { allWithOne, coveredValue, duplicateValue, matchesAnything, nullInList, redundantWildcard, rewrittenNumber } from './checks/values.ts'

/** Every check there is, in the order of docs/rules.md. */
export const CHECKS: readonly LintCheck[] = [
  unusable,
  needsPlaceholders,
  fieldType,
  misspeltKey,
  missingId,
  idForm,
  duplicateId,
  duplicateName,
  duplicateTitle,
  duplicateDetection,
  titleLength,
  statusValue,
  missingLevel,
  missingMetadata,
  dateForm,
  modifiedBeforeDate,
  tagForm,
  attackTag,
  emptyLogsource,
  unknownLogsource,
  unknownField,
  unmappedField,
  unusedSearch,
  oneOfOne,
  contradiction,
  deadSearch,
  duplicateValue,
  coveredValue,
  nullInList,
  redundantWildcard,
  matchesAnything,
  rewrittenNumber,
  allWithOne,
  slowRegex,
  leadingAny,
  keywordsInBusySource,
  noIndex,
  unresolvedReference,
  missingTest,
]
