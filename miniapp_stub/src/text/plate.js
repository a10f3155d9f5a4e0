/** Number plates and names as people type them. */
const PLATE = /^[\u4e00-\u9fa5][A-Z][A-Z0-9]{4,5}[A-Z0-9\u4e00-\u9fa5]$/
const PHONE = /^1[3-9]\d{9}$/

/** `苏a·12345 ` as `苏A12345`. */
export const plateOf = (typed) => typed.replace(/[\s·.-]/g, '').toUpperCase()
export const isPlate = (plate) => PLATE.test(plate)

/** `+86 139 0000 1111` as `13900001111`. */
export const phoneOf = (typed) => typed.replace(/[\s-]/g, '').replace(/^\+86/, '')
export const isPhone = (phone) => PHONE.test(phone)

/** Names typed in one line, however they are separated. */
export const namesOf = (typed) => typed.split(/[\s,，、;；]+/).filter(Boolean)
