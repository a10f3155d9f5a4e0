/** What a person can do next when an order is refused: the button's label and its act. */
const NEXT_STEPS = {
  'sitting-full': { title: '这一场订满了', label: '加入候补', act: 'wait' },
  'already-booked': { title: '这一餐已经订过', label: '查看已订的餐', act: 'open' },
  'ordering-closed': { title: '已过订餐时间', label: '看看其他场次', act: 'reload' },
  'sitting-closed': { title: '这一场暂停预订', label: '看看其他场次', act: 'reload' },
  'sitting-cancelled': { title: '这一场已停供', label: '看看其他场次', act: 'reload' },
  'dish-sold-out': { title: '有菜刚刚售罄', label: '去掉这道菜', act: 'drop-dish' },
  'dish-limit': { title: '超过了限点份数', label: '回去改', act: 'close' },
  'dish-unknown': { title: '菜单有变动', label: '看最新菜单', act: 'reload' },
  'portion-limit': { title: '超过了每单份数', label: '回去改', act: 'close' },
  'delivery-place-unknown': { title: '送不到这个地方', label: '回去改', act: 'close' },
  'price-changed': { title: '价格有变动', label: '看最新价格', act: 'reload' },
  'room-taken': { title: '这个时段有人订了', label: '加入候补', act: 'wait' },
  'room-disabled': { title: '会议室停用了', label: '换一间会议室', act: 'rooms' },
  'room-blocked': { title: '这个时段不开放', label: '换一间会议室', act: 'rooms' },
  'room-too-small': { title: '座位不够', label: '换一间会议室', act: 'rooms' },
  'layout-unknown': { title: '不能这样布置', label: '回去改', act: 'close' },
  'outside-hours': { title: '不在开放时间内', label: '回去改时间', act: 'close' },
  'weekend-closed': { title: '休息日不开放', label: '回去改时间', act: 'close' },
  'too-short-notice': { title: '来不及准备', label: '回去改时间', act: 'close' },
  'beyond-horizon': { title: '还没到可订的日子', label: '回去改时间', act: 'close' },
  'too-long': { title: '时间太长', label: '回去改时间', act: 'close' },
  'not-a-day': { title: '时间有误', label: '回去改时间', act: 'close' },
  'in-the-past': { title: '时间已经过去', label: '回去改时间', act: 'close' },
  'quota-exceeded': { title: '预订额度用完了', label: '知道了', act: 'close' },
  'series-refused': { title: '有日期订不上', label: '回去改', act: 'close' },
  'series-empty': { title: '没有合适的日期', label: '回去改', act: 'close' },
  'series-too-many': { title: '次数太多', label: '回去改', act: 'close' },
  'series-too-long': { title: '跨度太长', label: '回去改', act: 'close' },
  'service-too-late': { title: '来不及准备', label: '回去改', act: 'close' },
  'service-too-many': { title: '数量太多', label: '回去改', act: 'close' },
  'colleague-unknown': { title: '没有这位同事', label: '回去改', act: 'close' },
  suspended: { title: '暂时不能订餐', label: '查看我的订单', act: 'orders' },
}

const OTHERWISE = { title: '没有提交成功', label: '再试一次', act: 'again' }

export const nextStep = (problem) => NEXT_STEPS[problem.code] || OTHERWISE
