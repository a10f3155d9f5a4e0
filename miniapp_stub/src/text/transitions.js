/**
 * How a transition looks as a button, for all services:
 * `label`, `tone` (primary, plain, danger), `confirm` (asked first), `form` (fields asked for),
 * `page(order)` (a page that collects the body), `versioned` (sends If-Match), `done` (said afterwards),
 * `in` (what differs while the order is in a state), `of(order)` (what differs for this order),
 * `target(order, body)` (`{ order, body }` to move instead), `hidden` (offered elsewhere on the page),
 * `offline` (kept on the phone while there is no network, and sent when it is back).
 * A field of a form is of type text, stars, colleague, room, hand, moment, photos or choice
 * (`options`: [[value, label], ...]).
 * A service adds or changes entries in its own text file; a name found nowhere gets `unknown`.
 */
export const COMMON = {
  cancel: { label: '取消', tone: 'danger', confirm: '确定取消吗？取消后名额会让给其他人。', done: '已取消' },
  accept: { label: '接受', tone: 'primary', done: '已接受' },
  decline: { label: '放弃', tone: 'plain', confirm: '确定放弃吗？', done: '已放弃' },
  rate: {
    label: '评价',
    tone: 'primary',
    title: '这次服务怎么样？',
    form: [
      { name: 'stars', label: '满意程度', type: 'stars', required: true },
      { name: 'comment', label: '想说的话', type: 'text', placeholder: '可不填，最多 500 字', max: 500 },
    ],
    done: '感谢评价',
  },
}

export const unknown = (name) => ({
  label: name.replace(/_/g, ' '),
  tone: 'plain',
  confirm: '确定进行此操作吗？',
})
