// Drawn for Quarry on a grid of 24, strokes only: one look, no icon package.
const PATHS = {
  dashboard: 'M4 4h7v7H4zM13 4h7v4h-7zM13 11h7v9h-7zM4 14h7v6H4z',
  database: 'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  chat: 'M4 5h16v11H9l-5 4z',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12l5 5L19 7',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  upload: 'M12 16V5M7 10l5-5 5 5M4 19h16',
  download: 'M12 4v11M7 10l5 5 5-5M4 19h16',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  folder: 'M3 6h6l2 2h10v11H3z',
  search: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4 4',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
  pencil: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  refresh: 'M20 11a8 8 0 1 0-2 6M20 4v7h-7',
  stop: 'M7 7h10v10H7z',
  warning: 'M12 4l9 16H3zM12 10v4M12 17v.01',
  info: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 11v5M12 8v.01',
  key: 'M8 11a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM11 12l8-8M16 7l3 3',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  people: 'M9 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM3 20c0-4 3-6 6-6s6 2 6 6M16 5a3 3 0 0 1 0 6M17 14c3 .5 4 3 4 6',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2',
  moon: 'M20 14a8 8 0 1 1-10-10 7 7 0 0 0 10 10z',
  screen: 'M3 5h18v11H3zM8 20h8M12 16v4',
  left: 'M14 6l-6 6 6 6',
  right: 'M10 6l6 6-6 6',
  down: 'M6 9l6 6 6-6',
  up: 'M6 15l6-6 6 6',
  more: 'M6 12v.01M12 12v.01M18 12v.01',
  send: 'M4 12l16-8-6 16-3-6zM11 14l9-10',
  thumbUp: 'M7 11v9H4v-9zM7 11l4-7c2 0 3 1 2.500 3L13 10h5c1.500 0 2.300 1.200 2 2.500l-1.500 6c-.3 1-1 1.500-2 1.500H7',
  thumbDown: 'M17 13V4h3v9zM17 13l-4 7c-2 0-3-1-2.500-3l.5-3H6c-1.500 0-2.300-1.200-2-2.500l1.500-6c.3-1 1-1.500 2-1.500H17',
  signOut: 'M10 4H5v16h5M9 12h11M16 8l4 4-4 4',
  filter: 'M4 5h16l-6 8v6l-4-2v-4z',
  clock: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5l4 2',
  shield: 'M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6z',
  quote: 'M5 17V11c0-3 2-5 5-5M14 17V11c0-3 2-5 5-5M5 12h4v5H5zM14 12h4v5h-4z',
  history: 'M4 12a8 8 0 1 1 2 5M4 19v-5h5M12 8v4l3 2',
  external: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  eye: 'M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z',
  eyeOff:
    'M4 4l16 16M9.500 5.300A10 10 0 0 1 12 5c4 0 7 2 10 7a17 17 0 0 1-3 3.600M15.500 18.400A10 10 0 0 1 12 19c-4 0-7-2-10-7a17 17 0 0 1 4.500-4.900M10 10a3 3 0 0 0 4 4',
} as const

export type IconName = keyof typeof PATHS

/** Decoration beside words, or inside a button that has a label. */
export function Icon({ name, className = 'size-5' }: { readonly name: IconName; readonly className?: string }) {
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`shrink-0 ${className}`}
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
