/** What the choices of a policy are called. One that is not listed is shown by its own name. */
const WORDS = {
  person: '每人',
  unit: '每个单位',
  hours: '小时数',
  meetings: '场次',
  day: '每天',
  week: '每周',
  month: '每月',
}

export const optionWord = (value) => WORDS[value] || String(value)
