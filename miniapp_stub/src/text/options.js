/** What the choices of a policy are called, and in which order; one that is not listed has its own name. */
const WORDS = {
  person: '每人',
  unit: '每个处室',
  hours: '小时数',
  meetings: '场次',
  day: '每天',
  week: '每周',
  month: '每月',
  office: '工作时间',
  extended: '延时服务',
  always: '全天候',
}
const ORDER = Object.keys(WORDS)

export const wordOf = (value) => WORDS[value] || String(value)

/** `[[value, word], ...]` */
export const optionsOf = (values) =>
  [...values].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b)).map((value) => [value, wordOf(value)])
