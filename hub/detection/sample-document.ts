/**
 * The API document's own sample events (`process_name`, `command_line`, `user`, `host`) name no schema. These are where such short names
 * live in an ECS document; ECS documents and Sigma's field names need no translation.
 */
const SHORT_NAMES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  process_name: [
    ['process', 'executable'],
    ['process', 'name'],
  ],
  command_line: [['process', 'command_line']],
  parent_process_name: [['process', 'parent', 'executable']],
  parent_command_line: [['process', 'parent', 'command_line']],
  user: [['user', 'name']],
  host: [['host', 'name']],
  source_ip: [['source', 'ip']],
  destination_ip: [['destination', 'ip']],
}

type Nested = { [key: string]: unknown }

/** A sample event as an ECS document: short names are put where the rules look, dotted keys become objects, the rest stays as given. */
export function toSampleDocument(sample: object): object {
  const document: Nested = Object.create(null)
  for (const [key, value] of Object.entries(sample)) {
    const short = typeof value === 'object' ? undefined : SHORT_NAMES[key]
    if (short) {
      // `\` before a bare image name: rules look for the end of a path.
      const asPath = key.endsWith('process_name') && typeof value === 'string' && !/[\\/]/.test(value) ? `\\${value}` : value
      for (const path of short) put(document, path, path.at(-1) === 'executable' ? asPath : value)
    } else if (key.includes('.')) put(document, key.split('.'), value)
    else document[key] = value
  }
  return document
}

function put(target: Nested, path: readonly string[], value: unknown): void {
  let at = target
  for (const part of path.slice(0, -1)) {
    const next = at[part]
    if (typeof next === 'object' && next !== null) at = next as Nested
    else {
      const made: Nested = Object.create(null)
      at[part] = made
      at = made
    }
  }
  const last = path.at(-1)
  if (last !== undefined) at[last] = value
}
