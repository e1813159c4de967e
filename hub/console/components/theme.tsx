import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { oneOf } from '../search-params.ts'

const THEMES = ['system', 'light', 'dark'] as const
export type ThemeChoice = (typeof THEMES)[number]
interface Theme {
  readonly choice: ThemeChoice
  readonly shown: 'light' | 'dark'
  choose(choice: ThemeChoice): void
}

const KEY = 'picket.theme'
const ThemeContext = createContext<Theme | undefined>(undefined)

/** The choice is kept per browser; `public/theme.js` applies it before the first paint, this keeps it in force afterwards. */
export function ThemeProvider({ children }: { children: ReactNode }) {
  const [choice, setChoice] = useState<ThemeChoice>(() => oneOf(localStorage.getItem(KEY), THEMES) ?? 'system')
  const [systemDark, setSystemDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches)
  const shown = choice === 'system' ? (systemDark ? 'dark' : 'light') : choice
  // Set while rendering, not in an effect: charts read the variables in their effects, which run before this one's would.
  if (document.documentElement.dataset['theme'] !== shown) document.documentElement.dataset['theme'] = shown

  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)')
    const changed = () => setSystemDark(system.matches)
    system.addEventListener('change', changed)
    return () => system.removeEventListener('change', changed)
  }, [])

  const theme = useMemo(
    () => ({
      choice,
      shown,
      choose: (next: ThemeChoice) => {
        localStorage.setItem(KEY, next)
        setChoice(next)
      },
    }),
    [choice, shown],
  ) satisfies Theme
  return <ThemeContext value={theme}>{children}</ThemeContext>
}

export function useTheme(): Theme {
  const theme = useContext(ThemeContext)
  if (!theme) throw new Error('useTheme outside ThemeProvider')
  return theme
}
