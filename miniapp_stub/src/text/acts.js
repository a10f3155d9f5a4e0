/** Acts on record, as people call them; an unlisted one is shown by its own name. */
const ACTS = {
  'deputy.end': '结束代办',
  'deputy.name': '委托代办',
  'meals.export': '导出日报',
  'meals.pardon': '同意申诉',
  'meals.canteen': '修改食堂设置',
  'meetings.block': '停用时段',
  'meetings.display': '门口屏设置',
  'meetings.emergency': '紧急征用会议室',
  'meetings.export': '导出会务表格',
  'meetings.keep': '停用期间保留会议',
  'meetings.room': '修改会议室',
  'meetings.unblock': '恢复时段',
  'person.leave': '办理离职',
  'person.roles': '调整身份',
  'policy.decide': '修改规则',
  'roster.import': '导入名册',
  'wechat.unbind': '解绑微信',
}

export const actName = (act) => ACTS[act] || act
