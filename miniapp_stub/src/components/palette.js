/** The colours of uni.scss that scripts need, for icons. */
export const COLORS = {
  primary: '#0f766e',
  accent: '#d9772b',
  danger: '#c23f2c',
  good: '#2c8a57',
  ink: '#17282a',
  note: '#56676a',
  faint: '#7b8a8b',
  pale: '#c3cecd',
  white: '#ffffff',
}
