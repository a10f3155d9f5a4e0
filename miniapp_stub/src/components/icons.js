/** Line icons on a 24 × 24 grid, drawn as data addresses: no icon font, no request. */
const PATHS = {
  meal: 'M6 3v6a2 2 0 0 0 4 0V3M8 11v10M17 3c-2 1-3 3.5-3 6.5 0 2 1 3 3 3.5v8M17 3v18',
  meeting: 'M4 5h16v11H4zM9 20h6M12 16v4M8 9h5M8 12h3',
  wrench: 'M14.5 6.5a4 4 0 0 1 5-2.5l-2.7 2.7 1.5 1.5L21 5.5a4 4 0 0 1-5.5 5L8 18a2.1 2.1 0 0 1-3-3l7.5-7.5',
  visitor: 'M5 4h14v16H5zM9 4V3h6v1M12 12.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8.5 17c.5-2 1.8-3 3.5-3s3 1 3.5 3',
  book: 'M12 6.5C10 5 7 4.5 4 5v13c3-.5 6 0 8 1.5 2-1.5 5-2 8-1.5V5c-3-.5-6 0-8 1.5zM12 6.5v13',
  basket: 'M4 10h16l-1.5 9.5h-13zM8 10l3-6M16 10l-3-6M9.5 13.5v3M14.5 13.5v3',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.5-4 3-6 6.5-6s6 2 6.5 6M16 4.5a3.3 3.3 0 0 1 0 6.2M18 14.5c2 .8 3.2 2.6 3.5 5.5',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.6-4 3.4-6 7.5-6s6.9 2 7.5 6',
  scan: 'M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16',
  pot: 'M5 10h14v8a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2zM2.5 10h19M9 6.5c0-1 1-1 1-2s-1-1-1-2M14 6.5c0-1 1-1 1-2s-1-1-1-2',
  truck:
    'M3 6h11v10H3zM14 9.5h4l3 3.5v3h-7zM7.5 19a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6zM17.5 19a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z',
  calendar: 'M4 6h16v14H4zM4 10.5h16M8 3.5v4M16 3.5v4M8 14h3M13 14h3M8 17h3',
  chart: 'M4 20h16M7 16v-5M12 16V6M17 16v-8',
  upload: 'M12 16V4M7.5 8.5 12 4l4.5 4.5M4 16v4h16v-4',
  download: 'M12 4v12M7.5 11.5 12 16l4.5-4.5M4 16v4h16v-4',
  sliders:
    'M4 7h8M16 7h4M4 17h4M12 17h8M14 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM10 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  shield: 'M12 3l8 3v6c0 4.5-3 7.5-8 9-5-1.5-8-4.5-8-9V6zM8.5 12l2.5 2.5 4.5-5',
  list: 'M5 3.5h14V21l-3-1.8-2 1.8-2-1.8-2 1.8-2-1.8L5 21zM9 8h6M9 12h6',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5a2.2 2.2 0 0 0 4 0',
  home: 'M4 11.5 12 4l8 7.5V20h-5.5v-5.5h-5V20H4z',
  clock: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.5V12l3 2',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6 6l12 12M18 6 6 18',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  next: 'M9.5 5.5 16 12l-6.5 6.5',
  warn: 'M12 4 21 19.5H3zM12 10v4.5M12 17v.5',
  offline:
    'M3 3l18 18M5 12.5a10 10 0 0 1 4-2.4M19 12.5a10 10 0 0 0-5.5-2.7M2 9a15 15 0 0 1 4.5-3M22 9a15 15 0 0 0-11-4.2M8.5 16a5 5 0 0 1 7 0M12 19.5v.5',
  empty: 'M4 13l3-8h10l3 8v6H4zM4 13h5l1 2.5h4l1-2.5h5',
  star: 'M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5',
  repeat: 'M4 11V9.5a3 3 0 0 1 3-3h12M16 3.5l3 3-3 3M20 13v1.5a3 3 0 0 1-3 3H5M8 20.5l-3-3 3-3',
  phone: 'M7 3h10v18H7zM11 18h2',
  wechat:
    'M9.5 4C5.4 4 2 6.7 2 10.2c0 2 1.1 3.7 2.8 4.8L4 17.5l2.8-1.5c.9.2 1.8.4 2.7.4M22 14.5c0-2.9-2.8-5.2-6.2-5.2s-6.2 2.3-6.2 5.2 2.8 5.2 6.2 5.2c.8 0 1.5-.1 2.2-.3l2.3 1.2-.6-2c1.4-1 2.3-2.4 2.3-4.1z',
  exit: 'M14 4H5v16h9M10 12h11M17.5 8.5 21 12l-3.5 3.5',
  print: 'M7 9V4h10v5M7 16H4V9h16v7h-3M7 13.5h10V20H7z',
  camera: 'M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4z',
  voice: 'M12 14.5a3 3 0 0 0 3-3v-5a3 3 0 0 0-6 0v5a3 3 0 0 0 3 3zM6 11.5a6 6 0 0 0 12 0M12 17.5v3M9 20.5h6',
  water: 'M12 3.5c3.5 4.3 5.5 7.3 5.5 10.2a5.5 5.5 0 0 1-11 0C6.5 10.8 8.5 7.8 12 3.5zM9.5 14a2.6 2.6 0 0 0 2.5 2.6',
  power: 'M13 3 5.5 13.5H11L10 21l7.5-10.5H13z',
  light: 'M9 17.5h6M10 20.5h4M9 17.5c0-2.5-3-3.8-3-7.5a6 6 0 0 1 12 0c0 3.7-3 5-3 7.5',
  air: 'M12 3.5v17M4.6 7.8l14.8 8.5M19.4 7.8 4.6 16.3M9.5 4.8 12 7l2.5-2.2M9.5 19.2 12 17l2.5 2.2',
  lift: 'M5 3.5h14v17H5zM12 3.5v17M8.5 9.5v5M7 11l1.5-1.5L10 11M15.5 9.5v5M14 13l1.5 1.5L17 13',
  door: 'M6 20.5V3.5h12v17M3.5 20.5h17M14.5 12v.5',
  network: 'M9 4h6v5H9zM3.5 15h6v5h-6zM14.5 15h6v5h-6zM12 9v3M6.5 15v-3h11v3',
  chair: 'M7 4v9h10V4M5.5 13h13v3h-13zM7 16v4.5M17 16v4.5',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17M15.5 9.5v.1',
}

/** The address of an icon; an unknown name shows nothing. */
export function iconAddress(name, color, filled) {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="${filled ? color : 'none'}" stroke="${color}" ` +
    `stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"><path d="${PATHS[name] || ''}"/></svg>`
  return 'data:image/svg+xml,' + encodeURIComponent(svg)
}
