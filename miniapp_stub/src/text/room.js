/** The words of meeting rooms: equipment, layouts, where a room is. */
export const EQUIPMENT = {
  projector: '投影',
  video: '视频会议',
  phone: '电话会议',
  whiteboard: '白板',
  sound: '音响',
  computer: '电脑',
}

export const LAYOUTS = {
  theatre: '剧院式',
  classroom: '课桌式',
  u_shape: 'U 形',
  board: '围桌式',
}

export const equipmentNames = (names = []) => names.map((name) => EQUIPMENT[name] || name)
export const layoutName = (name) => LAYOUTS[name] || name || ''

/** `2 号楼 3 层` */
export const placeOf = (room) => [room.building, room.floor && `${room.floor} 层`].filter(Boolean).join(' ')

/** `45 分钟`, `2 小时`, `1 小时 30 分钟` */
export function duration(minutes) {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return [hours && `${hours} 小时`, (rest || !hours) && `${rest} 分钟`].filter(Boolean).join(' ')
}
