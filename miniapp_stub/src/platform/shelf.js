/** Plain data kept on this computer or phone under names of ours; a prefix stands for all that begins so. */

// #ifdef H5
import { doing } from '@/platform/keep'

const within = (prefix) => IDBKeyRange.bound(prefix, prefix + '\uffff')

export const put = (name, data) =>
  doing('readwrite', (store) => store.put(JSON.parse(JSON.stringify(data)), name))
/** What was put there, or undefined. */
export const take = (name) => doing('readonly', (store) => store.get(name))
export const takeAll = (prefix) => doing('readonly', (store) => store.getAll(within(prefix)))
export const drop = (name) => doing('readwrite', (store) => store.delete(name))
export const dropAll = (prefix) => doing('readwrite', (store) => store.delete(within(prefix)))
// #endif

// #ifndef H5
const names = (prefix) => uni.getStorageInfoSync().keys.filter((name) => name.startsWith(prefix))

export const put = async (name, data) => uni.setStorageSync(name, JSON.parse(JSON.stringify(data)))
export const take = async (name) => uni.getStorageSync(name) || undefined
export const takeAll = async (prefix) => names(prefix).map((name) => uni.getStorageSync(name))
export const drop = async (name) => uni.removeStorageSync(name)
export const dropAll = async (prefix) => names(prefix).forEach((name) => uni.removeStorageSync(name))
// #endif
