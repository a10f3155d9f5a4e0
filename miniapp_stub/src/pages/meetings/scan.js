/** From the code at a room's door to its page. */
import { open } from '@/platform/navigate'
import { toast } from '@/platform/say'
import { scanCode } from '@/platform/scan'

const DOOR = /^qj:door:/

export async function openDoor() {
  const text = await scanCode().catch(() => '')
  if (!text) return
  if (DOOR.test(text)) open(`/pages/meetings/door?door=${encodeURIComponent(text)}`)
  else toast('这不是会议室门口的码')
}
