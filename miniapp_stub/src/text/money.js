/** Money: the server speaks integer fen. */
export const yuan = (fen) => `¥${(fen / 100).toFixed(2)}`

/** Fen from what a person typed in yuan (`12`, `12.5`); null when it is not an amount. */
export function fen(text) {
  return /^\d{1,5}(\.\d{1,2})?$/.test(String(text).trim()) ? Math.round(Number(text) * 100) : null
}
