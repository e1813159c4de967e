import { Link } from '@tanstack/react-router'
import { buttonClass } from '../components/button.tsx'

export function NotFound() {
  return (
    <main className="flex min-h-full flex-col items-center justify-center gap-3 p-8 text-center">
      <title>Not found · Picket</title>
      <h1 className="text-xl font-semibold">There is no such page</h1>
      <p className="text-ink-2">The address may be mistyped, or what it named is gone.</p>
      <Link to="/dashboard" className={buttonClass('primary')}>
        To the dashboard
      </Link>
    </main>
  )
}
