import { ERROR_CODES, errorAnchor } from '../error-codes.ts'
import type { OpenApiDocument } from '../openapi-document.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

/** The API reference as one page of plain HTML: no script, one style sheet from this hub, nothing from elsewhere. */
export function referencePage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item[method] ? [{ path, method, operation: item[method] }] : [])),
  )
  const tags = [...new Set(operations.map(({ operation }) => operation.tags?.[0] ?? 'Other'))]
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => (operation.tags?.[0] ?? 'Other') === tag)
    return `<section><h2 id="${slug(tag)}">${escaped(tag)}</h2>${own.map(operationHtml).join('')}</section>`
  })
  const errors = Object.entries(ERROR_CODES).map(
    ([code, meaning]) => `<tr id="${errorAnchor(code)}"><td><code>${code}</code></td><td>${prose(meaning)}</td></tr>`,
  )
  const schemas = Object.entries(document.components?.schemas ?? {}).map(
    ([name, schema]) =>
      `<details id="schema-${escaped(name)}"><summary><code>${escaped(name)}</code></summary><pre>${escaped(JSON.stringify(schema, null, 2))}</pre></details>`,
  )
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escaped(document.info.title)}</title>
<link rel="stylesheet" href="/docs/reference.css"></head>
<body>
<nav aria-label="Contents"><strong>${escaped(document.info.title)}</strong>${[...tags, 'Errors', 'Schemas'].map((tag) => `<a href="#${slug(tag)}">${escaped(tag)}</a>`).join('')}<a href="/v1/openapi.json">openapi.json</a></nav>
<main>
<h1>${escaped(document.info.title)}</h1>
${(document.info.description ?? '')
  .split('\n\n')
  .map((text) => `<p>${prose(text)}</p>`)
  .join('')}
${sections.join('\n')}
<section><h2 id="errors">Errors</h2><table>${errors.join('')}</table></section>
<section><h2 id="schemas">Schemas</h2>${schemas.join('')}</section>
</main>
</body>
</html>
`
}

type Operation = NonNullable<NonNullable<OpenApiDocument['paths']>[string]['get']>

function operationHtml({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const permission: unknown = Reflect.get(operation, 'x-permission')
  const parameters = (operation.parameters ?? []).flatMap((parameter) => ('$ref' in parameter ? [] : [parameter]))
  const rows = parameters.map(
    (parameter) =>
      `<tr><td><code>${escaped(parameter.name)}</code></td><td>${escaped(parameter.in)}${parameter.required ? ', required' : ''}</td><td>${prose(parameter.description ?? '')}</td><td>${schemaHtml(parameter.schema)}</td></tr>`,
  )
  const body =
    operation.requestBody && 'content' in operation.requestBody ? schemaHtml(operation.requestBody.content['application/json']?.schema) : ''
  const responses = Object.entries(operation.responses ?? {}).map(([status, response]) => {
    const content = 'content' in response ? (response.content?.['application/json'] ?? response.content?.['application/problem+json']) : undefined
    return `<tr><td><code>${status}</code></td><td>${prose('description' in response ? (response.description ?? '') : '')}</td><td>${schemaHtml(content?.schema)}</td></tr>`
  })
  return `<details class="operation" id="${slug(`${method} ${path}`)}"><summary><span class="method ${method}">${method.toUpperCase()}</span> <code>${escaped(path)}</code> <span>${escaped(operation.summary ?? '')}</span></summary>
${operation.description ? `<p>${prose(operation.description)}</p>` : ''}
<p class="needs">${operation.security ? (permission ? `Needs the permission <code>${escaped(String(permission))}</code>.` : 'Needs an access token.') : 'Needs no token.'}</p>
${rows.length > 0 ? `<h3>Parameters</h3><table>${rows.join('')}</table>` : ''}
${body ? `<h3>Body</h3>${body}` : ''}
<h3>Answers</h3><table>${responses.join('')}</table></details>`
}

/** A link to a named schema; the schema itself where it has no name. */
function schemaHtml(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return ''
  const reference: unknown = Reflect.get(schema, '$ref')
  const name = typeof reference === 'string' ? reference.split('/').at(-1) : undefined
  if (name !== undefined) return `<a href="#schema-${escaped(name)}"><code>${escaped(name)}</code></a>`
  return `<code>${escaped(JSON.stringify(schema))}</code>`
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
const prose = (text: string): string => escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>')

export const REFERENCE_CSS = `:root{color-scheme:light dark;--line:light-dark(#d8dde3,#30363d);--soft:light-dark(#f5f7f9,#161b22)}
*{box-sizing:border-box}
body{margin:0;font:15px/1.5 system-ui,sans-serif;display:grid;grid-template-columns:14rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;padding:1.25rem;border-right:1px solid var(--line);display:flex;flex-direction:column;gap:.4rem}
main{padding:1.25rem 2rem 4rem;max-width:70rem}
h2{margin-top:2.5rem}
h3{font-size:1em;margin:1rem 0 .25rem}
details{border:1px solid var(--line);border-radius:6px;margin:.4rem 0;padding:.5rem .75rem}
summary{cursor:pointer}
code,pre{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
pre{background:var(--soft);padding:.75rem;overflow:auto}
table{border-collapse:collapse;width:100%}
td{border-top:1px solid var(--line);padding:.3rem .5rem .3rem 0;vertical-align:top}
.method{display:inline-block;min-width:4.5em;font-weight:600}
.needs{opacity:.8}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto;border:0}}
`
