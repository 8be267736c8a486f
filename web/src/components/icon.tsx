/** Line icons on a 24 × 24 grid, drawn for this page. */
const PATHS = {
  upload: 'M12 16V4m0 0L7 9m5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3',
  camera:
    'M4 8h3l2-3h6l2 3h3a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1zm8 2.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z',
  flask: 'M9 3h6m-5 0v6L4.6 18.4A1 1 0 0 0 5.5 20h13a1 1 0 0 0 .9-1.6L14 9V3M7.5 14.5h9',
  key: 'M14.5 3a6.5 6.5 0 1 0-4.9 10.8L11 15h2v2h2v2h4v-4l-5.2-5.2A6.5 6.5 0 0 0 14.5 3zM7.5 7.5h.01',
  folder: 'M3 7a1 1 0 0 1 1-1h5l2 2h9a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7z',
  flag: 'M6 21V4m0 1c4-2.500 8 2.500 12 0v8c-4 2.500-8-2.500-12 0',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  fit: 'M4 9V5a1 1 0 0 1 1-1h4m6 0h4a1 1 0 0 1 1 1v4m0 6v4a1 1 0 0 1-1 1h-4m-6 0H5a1 1 0 0 1-1-1v-4',
  hand: 'M8 12V6.5a1.5 1.5 0 0 1 3 0V11m0-.5v-5a1.5 1.5 0 0 1 3 0V11m0-3.5a1.5 1.5 0 0 1 3 0V14c0 4-2.5 7-6 7-3 0-4.600-1.500-6-4l-2-3.600a1.500 1.500 0 0 1 2.600-1.500L8 14',
  contrast: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 0v18',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1zM5 15H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v1',
  retry: 'M4 12a8 8 0 1 1 2.400 5.700M4 12V7m0 5h5',
  info: 'M12 11v6m0-9.500v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  warning:
    'M12 9v5m0 3v.01M10.700 4.200 2.900 17.800A1.500 1.500 0 0 0 4.200 20h15.600a1.500 1.500 0 0 0 1.300-2.200L13.300 4.200a1.500 1.500 0 0 0-2.600 0z',
  check: 'M5 12.500 10 17.500 19.500 7',
  print: 'M7 9V4h10v5M7 17H5a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1h14a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-2M7 14h10v6H7z',
  save: 'M12 4v11m0 0-4.500-4.500M12 15l4.500-4.500M4 17v2a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-2',
  stack: 'M12 4 3 8.500l9 4.500 9-4.500L12 4zM3 12.500l9 4.500 9-4.500M3 16.500 12 21l9-4.500',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.500v15l12-7.500-12-7.500z',
  chart: 'M4 4v16h16M8 16v-4m4 4V8m4 8v-6',
  compare: 'M4 5h7v14H4zM13 5h7v14h-7zM6 15l3-4m6 4 3-6',
  sun: 'M12 7.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.400 1.400m11.200 11.200L19 19M5 19l1.400-1.400M17.600 6.400 19 5',
  device:
    'M8 3h8a1.500 1.500 0 0 1 1.500 1.500v15A1.500 1.500 0 0 1 16 21H8a1.500 1.500 0 0 1-1.500-1.500v-15A1.500 1.500 0 0 1 8 3zm3 15h2',
} as const

export type IconName = keyof typeof PATHS

/** Decoration beside words, or inside a control that has a label: hidden from screen readers. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
)
