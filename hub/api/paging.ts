import { z } from '@hono/zod-openapi'
import { ExpectedError } from '../../shared/errors.ts'

const MOST_ROWS_DEEP = 10_000
const DEFAULT_LIMIT = 50

/** The query of a list. Both styles work, `page`,`size` and `cursor`,`limit`, but not in one request. */
export const pagingQuery = {
  sort: z.string().max(200).optional().openapi({ description: 'Fields with direction, by comma: `created_at:desc,severity:asc`.' }),
  page: z.coerce.number().int().min(1).optional().openapi({ description: 'From 1. `page` x `size` reaches 10,000 rows; beyond that, use `cursor`.' }),
  size: z.coerce.number().int().min(1).optional().openapi({ description: 'Rows per page; 50 by default.' }),
  cursor: z.string().max(2_000).optional().openapi({ description: "The last answer's `next_cursor`." }),
  limit: z.coerce.number().int().min(1).optional().openapi({ description: 'Rows per answer; 50 by default.' }),
}

export interface PagingQuery {
  readonly sort?: string | undefined
  readonly page?: number | undefined
  readonly size?: number | undefined
  readonly cursor?: string | undefined
  readonly limit?: number | undefined
}

export interface SortKey<Field extends string> {
  readonly field: Field
  readonly descending: boolean
}

export interface Paging<Field extends string> {
  readonly sort: readonly SortKey<Field>[]
  readonly limit: number
  readonly cursor?: string | undefined
  /** Only in the page style, which is also what a request with neither gets. */
  readonly page?: { readonly page: number; readonly size: number; readonly offset: number } | undefined
  readonly warnings: string[]
}

export class InvalidQuery extends ExpectedError {
  readonly kind = 'invalid'
  constructor(
    readonly code: 'INVALID_QUERY_FIELD' | 'INVALID_QUERY_VALUE' | 'PAGE_TOO_DEEP' | 'MIXED_PAGING',
    message: string,
    readonly errors: readonly { parameter: string; field?: string; message?: string; allowed?: string[] }[],
  ) {
    super(message)
  }
}

/**
 * @param most - the list's largest page; a request for more gets that many and a warning
 * @throws {InvalidQuery}
 */
export function readPaging<const Field extends string>(
  query: PagingQuery,
  list: { sortable: readonly Field[]; defaultSort: readonly SortKey<NoInfer<Field>>[]; most: number },
): Paging<Field> {
  const pages = query.page !== undefined || query.size !== undefined
  const cursors = query.cursor !== undefined || query.limit !== undefined
  if (pages && cursors)
    throw new InvalidQuery('MIXED_PAGING', 'Use page and size, or cursor and limit, not both.', [
      { parameter: query.cursor === undefined ? 'limit' : 'cursor', message: 'Not together with page or size.' },
    ])
  const warnings: string[] = []
  const asked = query.size ?? query.limit ?? DEFAULT_LIMIT
  const limit = Math.min(asked, list.most)
  if (asked > limit) warnings.push(`${query.size === undefined ? 'limit' : 'size'} ${asked} was reduced to ${limit}, the most of this list`)
  const sort = query.sort === undefined ? list.defaultSort : readSort(query.sort, list.sortable)
  if (cursors) return { sort, limit, cursor: query.cursor, warnings }
  const page = query.page ?? 1
  if (page * limit > MOST_ROWS_DEEP)
    throw new InvalidQuery('PAGE_TOO_DEEP', `Pages reach ${MOST_ROWS_DEEP} rows; follow next_cursor with the cursor parameter to go on.`, [
      { parameter: 'page', message: 'Use cursor.' },
    ])
  return { sort, limit, page: { page, size: limit, offset: (page - 1) * limit }, warnings }
}

function readSort<Field extends string>(sort: string, sortable: readonly Field[]): SortKey<Field>[] {
  const keys = sort.split(',').map((part): SortKey<Field> => {
    const [name = '', direction = 'asc', ...more] = part.trim().split(':')
    const field = sortable.find((each) => each === name)
    if (field === undefined)
      throw new InvalidQuery('INVALID_QUERY_FIELD', `This list cannot be sorted by "${name}".`, [
        { parameter: 'sort', field: name, allowed: [...sortable] },
      ])
    if (more.length > 0 || (direction !== 'asc' && direction !== 'desc'))
      throw new InvalidQuery('INVALID_QUERY_VALUE', `The direction of "${name}" is asc or desc.`, [
        { parameter: 'sort', field: name, allowed: ['asc', 'desc'] },
      ])
    return { field, descending: direction === 'desc' }
  })
  return keys.filter((key, index) => keys.findIndex((each) => each.field === key.field) === index)
}

/**
 * A list's query: anything else in it is refused, so that a filter with a typing error never reads as "no filter".
 */
export function strictQuery<Shape extends z.ZodRawShape>(shape: Shape) {
  const allowed = Object.keys(shape)
  return z.looseObject(shape).check((context) => {
    for (const key of Object.keys(context.value)) {
      if (allowed.includes(key)) continue
      context.issues.push({ code: 'custom', input: key, path: [key], params: { allowed }, message: `There is no parameter "${key}".` })
    }
  })
}

/** Several values of one parameter, by comma or by repeating it. */
export const several = <const Value extends string>(values: readonly Value[]) =>
  z
    .union([z.string(), z.array(z.string()).max(50)])
    .transform((given, context): Value[] =>
      [given]
        .flat()
        .flatMap((each) => each.split(','))
        .flatMap((each) => {
          const known = values.find((value) => value === each.trim())
          if (known === undefined)
            context.issues.push({ code: 'invalid_value', values: [...values], input: each, message: `One of ${values.join(', ')}.` })
          return known ?? []
        }),
    )
    .openapi({ type: 'string', description: `Of ${values.join(', ')}; several by comma.` })

/** An instant of the caller's, with any offset. */
export const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .openapi({ type: 'string', format: 'date-time' })

/** @throws {InvalidQuery} where `from` is after `to` */
export function checkRange(from: Date | undefined, to: Date | undefined): void {
  if (from && to && from > to)
    throw new InvalidQuery('INVALID_QUERY_VALUE', '"from" is after "to".', [{ parameter: 'from', message: 'Later than to.' }])
}

/** @param began - a reading of `performance.now()`. @returns milliseconds since, to a tenth */
export const tookMs = (began: number): number => Math.round((performance.now() - began) * 10) / 10
