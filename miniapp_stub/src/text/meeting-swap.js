/** The words of a request to swap rooms. */
import { day, moment, span } from '@/text/time'

const STATES = {
  asked: ['等待答复', 'accent', '同意后，两场会议同时互换会议室，时间各自不变'],
  swapped: ['已互换', 'good', '两场会议已互换会议室，时间各自不变'],
  declined: ['未同意', 'danger', '对方没有同意互换'],
  withdrawn: ['已撤回', 'faint', '请求已撤回'],
  lapsed: ['已过期', 'faint', '对方没有在会议开始前答复'],
}

const TRANSITIONS = {
  accept: {
    label: '同意互换',
    tone: 'primary',
    confirm: '同意后两场会议立即互换会议室，时间各自不变。',
    done: '已互换',
  },
  decline: {
    label: '不同意',
    tone: 'plain',
    title: '不同意互换',
    form: [{ name: 'reason', label: '理由', type: 'text', placeholder: '可不填，对方会看到', max: 500 }],
    done: '已答复',
  },
  cancel: { label: '撤回请求', tone: 'danger', confirm: '确定撤回这个请求吗？', done: '已撤回' },
}

const STEPS = { place: '提出', accept: '同意互换', decline: '未同意', cancel: '撤回', lapse: '过期' }

const line = (one) =>
  one && `${one.room?.name || ''} ${day(one.date)} ${span(one.starts_at, one.ends_at)}`.trim()

function summary(order) {
  const { mine, theirs } = order.data
  return {
    title: '互换会议室',
    when: line(theirs) || moment(order.created_at),
    more: mine ? `换 ${line(mine)}` : '',
  }
}

const call = () => '有人想和您互换会议室'

function facts(order) {
  const d = order.data
  return [
    ['提出人', order.names?.[order.owner]],
    ['拿来换的', line(d.mine)],
    ['想换到的', line(d.theirs)],
    ['留言', d.message],
    ['答复时限', order.state === 'asked' && d.until && `${moment(d.until)} 前`],
  ].filter(([, value]) => value)
}

const deadline = (order) =>
  order.state === 'asked' && order.due_at ? { at: order.due_at, label: '答复剩余' } : null

export const meetingSwap = {
  name: '互换会议室',
  icon: 'repeat',
  service: 'meetings',
  states: STATES,
  transitions: TRANSITIONS,
  steps: STEPS,
  summary,
  call,
  facts,
  deadline,
}
