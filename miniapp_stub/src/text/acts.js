/** Acts on record, as people call them; an unlisted one is shown by its own name. */
const ACTS = {
  'meals.pardon': '同意申诉',
  'meals.canteen': '修改食堂设置',
  'person.leave': '办理离职',
  'person.roles': '调整身份',
  'policy.decide': '修改规则',
  'roster.import': '导入名册',
  'wechat.unbind': '解绑微信',
}

export const actName = (act) => ACTS[act] || act
