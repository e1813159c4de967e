import { Activity, BellRing, Cable, LayoutDashboard, RadioTower, ScanSearch, ShieldCheck } from 'lucide-react'

/** The console's pages in the order of the navigation. */
export const PAGES = [
  { id: 'dashboard', to: '/dashboard', name: 'Dashboard', icon: LayoutDashboard },
  { id: 'alerts', to: '/alerts', name: 'Alerts', icon: BellRing },
  { id: 'timeline', to: '/timeline', name: 'Timeline', icon: ScanSearch },
  { id: 'rules', to: '/rules', name: 'Detection Rules', icon: ShieldCheck },
  { id: 'connectors', to: '/connectors', name: 'Connectors', icon: Cable },
  { id: 'sensors', to: '/sensors', name: 'Sensors', icon: RadioTower },
  { id: 'pipeline', to: '/pipeline', name: 'Pipeline', icon: Activity },
] as const
