/** Picket's mark: three pales and two rails. */
export const Mark = ({ className = 'size-6' }: { className?: string }) => (
  <svg viewBox="0 0 32 32" className={`shrink-0 ${className}`} aria-hidden="true">
    <rect width="32" height="32" rx="7" fill="var(--accent-solid)" />
    <path
      d="M8 25V11l4-4 4 4v14M16 25V11l4-4 4 4v14M5 15h22M5 21h22"
      fill="none"
      stroke="var(--on-accent)"
      strokeWidth="2.4"
      strokeLinejoin="round"
      strokeLinecap="round"
    />
  </svg>
)
