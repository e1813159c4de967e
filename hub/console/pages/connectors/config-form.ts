import { humanize } from '../../format.ts'

/** A connector kind's JSON Schema as the fields of a form, and the form's texts as a config again. Pure. */
export interface ConfigField {
  readonly key: string
  readonly label: string
  readonly kind: 'text' | 'integer' | 'number' | 'boolean' | 'choice' | 'list' | 'pem' | 'secret'
  readonly required: boolean
  readonly hint: string | undefined
  readonly choices: readonly string[]
  readonly fallback: unknown
  /** True where more than one line is expected: certificates and keys. */
  readonly multiline: boolean
}

interface Property {
  type?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  minimum?: number
  maximum?: number
  minLength?: number
}

export function configFields(schema: { [key: string]: unknown }, secrets: readonly string[]): ConfigField[] {
  const properties = (schema['properties'] ?? {}) as Record<string, Property>
  const required = (schema['required'] ?? []) as string[]
  return Object.entries(properties).map(([key, property]) => {
    const multiline = /certificate|_key$|_ca$/.test(key)
    return {
      key,
      label: humanize(key),
      kind: secrets.includes(key)
        ? 'secret'
        : property.enum
          ? 'choice'
          : property.type === 'array'
            ? 'list'
            : property.type === 'boolean' || property.type === 'integer' || property.type === 'number'
              ? property.type
              : multiline
                ? 'pem'
                : 'text',
      // What has a default need not be given, whatever the schema's output form calls required.
      required: required.includes(key) && property.default === undefined,
      hint: hintOf(property),
      choices: (property.enum ?? []).map(String),
      fallback: property.default,
      multiline,
    }
  })
}

function hintOf({ description, minimum, maximum, minLength }: Property): string | undefined {
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  const range = minimum !== undefined && bounded ? `${minimum} to ${maximum}.` : undefined
  const length = minLength !== undefined && minLength > 1 ? `At least ${minLength} characters.` : undefined
  return [description, range, length].filter(Boolean).join(' ') || undefined
}

export type FormValues = Readonly<Record<string, string | boolean>>

/** What the form shows at first: the stored values, or the defaults. Secrets are never shown; lists are one entry a line. */
export function initialValues(fields: readonly ConfigField[], stored: { readonly [key: string]: unknown } = {}): FormValues {
  return Object.fromEntries(
    fields.map((field) => {
      const value = stored[field.key] ?? field.fallback
      if (field.kind === 'secret') return [field.key, '']
      if (field.kind === 'boolean') return [field.key, value === true]
      if (field.kind === 'list') return [field.key, Array.isArray(value) ? value.join('\n') : '']
      return [field.key, value === undefined || value === null ? '' : String(value)]
    }),
  )
}

/**
 * The form's texts as a config. Empty fields are left out, which for a secret means “keep what is stored”.
 *
 * @returns the config, or what is wrong by field
 */
export function toConfig(
  fields: readonly ConfigField[],
  values: FormValues,
  stored: { readonly [key: string]: unknown } = {},
): { config: Record<string, unknown>; problems: Record<string, string> } {
  const config: Record<string, unknown> = {}
  const problems: Record<string, string> = {}
  for (const field of fields) {
    const value = values[field.key]
    if (field.kind === 'boolean') {
      config[field.key] = value === true
      continue
    }
    const text = String(value ?? '').trim()
    if (text === '') {
      if (field.required && !(field.kind === 'secret' && stored[`${field.key}_set`] === true)) problems[field.key] = `${field.label} is needed.`
      continue
    }
    if (field.kind === 'integer' || field.kind === 'number') {
      const number = Number(text)
      if (Number.isNaN(number) || (field.kind === 'integer' && !Number.isInteger(number))) problems[field.key] = `“${text}” is not a whole number.`
      else config[field.key] = number
    } else if (field.kind === 'list') {
      config[field.key] = text
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean)
    } else config[field.key] = text
  }
  return { config, problems }
}
