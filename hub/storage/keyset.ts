import { type SQL, sql } from 'drizzle-orm'

/** One column of a sort, as an expression over the table, with the last row's value in it. */
export interface KeysetColumn {
  readonly expression: SQL
  readonly descending: boolean
}

/** `order by` for these columns. */
export const orderBy = (columns: readonly KeysetColumn[]): SQL =>
  sql.join(
    columns.map(({ expression, descending }) => (descending ? sql`${expression} desc` : sql`${expression} asc`)),
    sql`, `,
  )

/**
 * The rows that come after the one with these values, whatever mix of directions the columns have:
 * `a > x or (a = x and (b < y or (b = y and …)))`. Costs the same on page 1 and page 1,000.
 */
export function rowsAfter(columns: readonly KeysetColumn[], values: readonly SQL[]): SQL {
  const [column, ...restColumns] = columns
  const [value, ...restValues] = values
  if (!column || !value) return sql`false`
  const beyond = column.descending ? sql`${column.expression} < ${value}` : sql`${column.expression} > ${value}`
  if (restColumns.length === 0) return beyond
  return sql`(${beyond} or (${column.expression} = ${value} and ${rowsAfter(restColumns, restValues)}))`
}
