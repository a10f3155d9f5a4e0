/** Roles as people call them. */
export const ROLES = {
  staff: '职工',
  leader: '单位负责人',
  clerk: '单位联络员',
  canteen: '食堂',
  meetings: '会务',
  front_desk: '前台',
  security: '门卫',
  librarian: '图书管理员',
  pickup: '自提点',
  technician: '维修人员',
  dispatcher: '调度',
  supplier: '供应商',
  finance: '财务',
  manager: '机关事务管理',
  operator: '系统运维',
  device: '设备',
}

export const roleNames = (roles = []) => roles.map((role) => ROLES[role] || role)
