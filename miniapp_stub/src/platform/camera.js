/**
 * The browser's camera and code reader (H5 only; loaded when the scan page opens).
 * The reader's WASM comes from our own server: by default the library would fetch it from a public host.
 */
import { BarcodeDetector, prepareZXingModule } from 'barcode-detector/ponyfill'
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url'

const EVERY_MS = 150
const GONE = 10 // looks without a code, after which the same one is a new scan

prepareZXingModule({
  overrides: { locateFile: (path, prefix) => (path.endsWith('.wasm') ? wasmUrl : prefix + path) },
})

const detector = new BarcodeDetector({ formats: ['qr_code', 'code_128', 'ean_13'] })

/** The text of the first code in a picture or video frame, or ''. */
export async function readCode(source) {
  const [found] = await detector.detect(source)
  return found?.rawValue || ''
}

/** Shows the camera inside `box` and calls `saw(text)` for each look, '' without a code. Gives what stops it. */
async function look(box, saw) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true })
  box.prepend(video)
  let running = true
  const stop = () => {
    running = false
    stream.getTracks().forEach((track) => track.stop())
    video.remove()
  }
  video.srcObject = stream
  await video.play()
  again()
  return stop

  async function again() {
    while (running) {
      const text = await readCode(video).catch(() => '')
      if (running) saw(text)
      await new Promise((next) => setTimeout(next, EVERY_MS))
    }
  }
}

/** Shows the rear camera inside `box` and calls `found(text)` once. Returns a function that stops it. */
export async function watchCamera(box, found) {
  const stop = await look(box, (text) => {
    if (!text) return
    stop()
    found(text)
  })
  return stop
}

/** The same for a desk: goes on, and calls `found(text)` once for each code that is held before the camera. */
export function followCamera(box, found) {
  let held = ''
  let missed = 0
  return look(box, (text) => {
    if (text && text !== held) found(text)
    missed = text ? 0 : missed + 1
    if (text) held = text
    else if (missed >= GONE) held = ''
  })
}
