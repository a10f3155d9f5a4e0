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

/** How many seats people ask for, at least. */
export const SEATS = [0, 6, 12, 20, 40, 80]
export const seatsWord = (seats) => (seats ? `${seats} 座以上` : '座位不限')

/** `20 座 · 投影、白板` */
export const featuresOf = (room) =>
  [`${room.seats} 座`, equipmentNames(room.equipment).join('、')].filter(Boolean).join(' · ')

/** `[[label, value], ...]`: what a person has to know before booking. */
export function roomFacts(room) {
  const check = room.check_in
  return [
    ['位置', placeOf(room)],
    ['座位', `${room.seats} 座`],
    ['设备', equipmentNames(room.equipment).join('、')],
    ['布置', (room.layouts || []).map(layoutName).join('、')],
    ['开放', `${room.opens}–${room.closes}${room.weekends === false ? '，周末不开放' : ''}`],
    ['预订方式', room.approval ? '需要会务审批' : '即订即用'],
    ['提前量', room.notice_minutes > 0 && `至少提前 ${duration(room.notice_minutes)}`],
    ['最长', room.max_minutes && duration(room.max_minutes)],
    ['签到', check && `开始前 ${check.before} 分钟到开始后 ${check.within} 分钟，逾期自动释放`],
    ['说明', room.note],
  ].filter(([, value]) => value)
}
