/** The codes at the doors of meeting rooms. */
import { open } from '@/platform/navigate'
import { scanCode } from '@/platform/scan'
import { toast } from '@/platform/say'

/** The page that the code at a door leads to; '' for any other code. */
export const doorPage = (text) =>
  text.startsWith('qj:door:') ? `/pages/meetings/door?door=${encodeURIComponent(text)}` : ''

/** Scans a door's code and goes there. In the browser the camera page has gone already. */
export async function scanDoor() {
  const text = await scanCode().catch(() => '')
  if (!text) return
  const page = doorPage(text)
  if (page) open(page)
  else toast('这不是会议室门口的码')
}
