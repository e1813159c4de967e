import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, api } from '../api/client.ts'
import { beginSession } from '../api/session.ts'
import type { Login } from '../api/types.ts'
import { Button } from '../components/button.tsx'
import { Field } from '../components/field.tsx'
import { Mark } from '../components/mark.tsx'
import { safeNext } from './safe-next.ts'

const route = getRouteApi('/sign-in')

export function SignIn() {
  const { next, why } = route.useSearch()
  const router = useRouter()
  const queries = useQueryClient()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)

  const submit = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      beginSession(await api<Login>('POST', '/auth/login', { body: { email, password } }))
      queries.clear()
      router.history.push(`/console${safeNext(next)}`)
    } catch (error) {
      setProblem(
        error instanceof ApiError && error.status === 401
          ? 'E-mail or password is not right.'
          : error instanceof ApiError && error.retryAfterMs
            ? `Too many attempts. Try again in ${Math.ceil(error.retryAfterMs / 1000)} seconds.`
            : error instanceof Error
              ? error.message
              : 'Sign-in failed.',
      )
      setBusy(false)
    }
  }

  return (
    <main className="flex min-h-full items-center justify-center p-5">
      <title>Sign in · Picket</title>
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center gap-3">
          <Mark className="size-9" />
          <div>
            <p className="text-lg leading-tight font-semibold">Picket</p>
            <p className="text-ink-3">Detection and response console</p>
          </div>
        </div>
        <form
          data-testid="sign-in-form"
          className="card flex flex-col gap-4 p-6"
          onSubmit={(event) => {
            event.preventDefault()
            void submit()
          }}
        >
          <h1 className="text-xl font-semibold">Sign in</h1>
          {why === 'expired' && !problem && (
            <p className="rounded-md bg-accent-soft px-3 py-2 text-ink">Your session ended. Sign in to go on where you were.</p>
          )}
          {problem && (
            <p role="alert" className="rounded-md bg-critical-soft px-3 py-2 text-critical">
              {problem}
            </p>
          )}
          <Field label="E-mail">
            {(control) => (
              <input
                {...control}
                className="control h-9"
                type="email"
                name="email"
                autoComplete="username"
                required
                // biome-ignore lint/a11y/noAutofocus: the page has this one purpose
                autoFocus
                value={email}
                onChange={(event) => setEmail(event.target.value)}
              />
            )}
          </Field>
          <Field label="Password">
            {(control) => (
              <input
                {...control}
                className="control h-9"
                type="password"
                name="password"
                autoComplete="current-password"
                required
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
            )}
          </Field>
          <Button type="submit" look="primary" className="mt-1 h-9" busy={busy}>
            {busy ? 'Signing in…' : 'Sign in'}
          </Button>
        </form>
      </div>
    </main>
  )
}
