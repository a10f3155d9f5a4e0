/** A QR code as a picture address, drawn on the phone: no request, sharp at every size. */
import { encode } from 'uqr'

const QUIET_ZONE = 4 // modules; what the standard asks for

export function qrPicture(text) {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET_ZONE })
  let path = ''
  data.forEach((row, y) => row.forEach((dark, x) => dark && (path += `M${x} ${y}h1v1h-1z`)))
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${path}"/></svg>`
  return 'data:image/svg+xml,' + encodeURIComponent(svg)
}
