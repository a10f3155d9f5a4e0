/**
 * A voice note: `const note = await record()`, then `await note.stop()` gives `{ bytes, type }`.
 * `canRecord()` tells whether this phone can.
 */
export const LONGEST_S = 60

// #ifdef H5
const KINDS = ['audio/mp4', 'audio/webm']
const kind = () => KINDS.find((one) => window.MediaRecorder?.isTypeSupported(one))

export const canRecord = () => Boolean(navigator.mediaDevices && kind())

export async function record() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
  const recorder = new MediaRecorder(stream, { mimeType: kind(), audioBitsPerSecond: 32_000 })
  const parts = []
  recorder.ondataavailable = ({ data }) => parts.push(data)
  const ended = new Promise((done) => (recorder.onstop = done))
  recorder.start()
  return {
    async stop() {
      if (recorder.state !== 'inactive') recorder.stop()
      await ended
      stream.getTracks().forEach((track) => track.stop())
      return { bytes: await new Blob(parts).arrayBuffer(), type: kind() }
    },
  }
}
// #endif

// #ifndef H5
import { readFile } from '@/platform/files'

export const canRecord = () => true

export function record() {
  const recorder = uni.getRecorderManager()
  const ended = new Promise((resolve, reject) => {
    recorder.onStop(({ tempFilePath }) => resolve(tempFilePath))
    recorder.onError(() => reject(new Error('录音没有成功，请检查麦克风权限')))
  })
  recorder.start({ duration: LONGEST_S * 1000, format: 'mp3', numberOfChannels: 1, encodeBitRate: 48_000 })
  return {
    async stop() {
      recorder.stop()
      return { bytes: await readFile(await ended), type: 'audio/mpeg' }
    },
  }
}
// #endif
