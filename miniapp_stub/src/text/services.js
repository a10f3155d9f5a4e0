/** The services on the home page, in order. Those without `page` are announced, not yet open. */
export const SERVICES = [
  { service: 'meals', name: '订餐', icon: 'meal', page: '/pages/meals/order' },
  { service: 'meetings', name: '会议室', icon: 'meeting', page: '/pages/meetings/home' },
  { service: 'repairs', name: '报修', icon: 'wrench', page: '/pages/repairs/report' },
  { service: 'visitors', name: '访客', icon: 'visitor', page: '/pages/visitors/home' },
  { service: 'library', name: '图书', icon: 'book' },
  { service: 'kitchen', name: '厨房快递', icon: 'basket' },
]

/**
 * Tools shown to those who hold the role; above the services where they are a person's daily `work`.
 * A second group of the same role has an `area` of its own.
 */
export const TOOLS = [
  {
    role: 'clerk',
    title: '单位联络员',
    items: [{ name: '代同事订餐', icon: 'people', page: '/pages/meals/batch' }],
  },
  {
    role: 'leader',
    title: '单位负责人',
    items: [{ name: '紧急征用', icon: 'warn', page: '/pages/meetings/emergency' }],
  },
  {
    role: 'canteen',
    work: true,
    title: '食堂工作台',
    items: [
      { name: '核销取餐', icon: 'scan', page: '/pages/canteen/redeem' },
      { name: '备餐清单', icon: 'pot', page: '/pages/canteen/cook' },
      { name: '送餐清单', icon: 'truck', page: '/pages/canteen/deliveries' },
      { name: '现场就餐', icon: 'plus', page: '/pages/canteen/walk-in' },
      { name: '每周菜单', icon: 'calendar', page: '/pages/canteen/menus' },
      { name: '菜品', icon: 'meal', page: '/pages/canteen/dishes' },
      { name: '经营日报', icon: 'chart', page: '/pages/canteen/report' },
    ],
  },
  {
    role: 'front_desk',
    work: true,
    title: '前台',
    items: [
      { name: '门岗', icon: 'scan', page: '/pages/gate/desk' },
      { name: '应急名单', icon: 'warn', page: '/pages/gate/evacuation' },
    ],
  },
  {
    role: 'security',
    work: true,
    title: '安保',
    items: [
      { name: '门岗', icon: 'scan', page: '/pages/gate/desk' },
      { name: '应急名单', icon: 'warn', page: '/pages/gate/evacuation' },
      { name: '安保提醒', icon: 'bell', page: '/pages/gate/alarms' },
      { name: '门岗日志', icon: 'list', page: '/pages/gate/log' },
      { name: '黑名单', icon: 'shield', page: '/pages/gate/blacklist' },
      { name: '出入口', icon: 'door', page: '/pages/gate/gates' },
      { name: '访客类型', icon: 'visitor', page: '/pages/gate/types' },
      { name: '门岗设备', icon: 'network', page: '/pages/gate/devices' },
      { name: '车辆', icon: 'truck', page: '/pages/gate/vehicles' },
    ],
  },
  {
    role: 'meetings',
    work: true,
    title: '会务工作台',
    items: [
      { name: '会议审批', icon: 'check', page: '/pages/desk/requests' },
      { name: '会务日程', icon: 'list', page: '/pages/desk/day' },
      { name: '会议室', icon: 'meeting', page: '/pages/desk/rooms' },
      { name: '停用时段', icon: 'calendar', page: '/pages/desk/blocks' },
      { name: '使用统计', icon: 'chart', page: '/pages/desk/usage' },
    ],
  },
  {
    role: 'technician',
    work: true,
    title: '维修工作台',
    items: [
      { name: '维修工单', icon: 'wrench', page: '/pages/repairs/work' },
      { name: '待提交', icon: 'upload', page: '/pages/repairs/outbox' },
    ],
  },
  {
    role: 'dispatcher',
    work: true,
    title: '维修调度',
    items: [
      { name: '工单看板', icon: 'list', page: '/pages/dispatch/board' },
      { name: '暂停确认', icon: 'clock', page: '/pages/dispatch/pauses' },
      { name: '值班安排', icon: 'calendar', page: '/pages/dispatch/duty' },
      { name: '维修人员', icon: 'people', page: '/pages/dispatch/hands' },
      { name: '领用配件', icon: 'basket', page: '/pages/assets/stock' },
      { name: '服务考核', icon: 'chart', page: '/pages/dispatch/figures' },
      { name: '设备台账', icon: 'scan', page: '/pages/assets/list' },
    ],
  },
  {
    role: 'manager',
    work: true,
    title: '管理',
    items: [
      { name: '名册导入', icon: 'upload', page: '/pages/manager/roster' },
      { name: '人员查询', icon: 'people', page: '/pages/manager/people' },
      { name: '规则设置', icon: 'sliders', page: '/pages/manager/policies' },
      { name: '操作记录', icon: 'shield', page: '/pages/manager/audit' },
      { name: '会议室', icon: 'meeting', page: '/pages/desk/rooms' },
      { name: '会议室统计', icon: 'chart', page: '/pages/desk/usage' },
      { name: '紧急征用', icon: 'warn', page: '/pages/meetings/emergency' },
    ],
  },
  {
    role: 'manager',
    area: 'repairs',
    work: true,
    title: '报修与设备',
    items: [
      { name: '全部工单', icon: 'list', page: '/pages/dispatch/board' },
      { name: '暂停确认', icon: 'clock', page: '/pages/dispatch/pauses' },
      { name: '计时异议', icon: 'warn', page: '/pages/dispatch/disputes' },
      { name: '服务考核', icon: 'chart', page: '/pages/dispatch/figures' },
      { name: '报修类别', icon: 'sliders', page: '/pages/dispatch/categories' },
      { name: '服务单位', icon: 'people', page: '/pages/dispatch/vendors' },
      { name: '设备台账', icon: 'scan', page: '/pages/assets/list' },
      { name: '保养计划', icon: 'repeat', page: '/pages/assets/plans' },
      { name: '配件', icon: 'basket', page: '/pages/assets/parts' },
    ],
  },
]
