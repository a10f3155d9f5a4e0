/** Assets with their labels, history and maintenance; parts and what technicians have of them. */
import { download, get, post, put, upload } from '@/api/http'

const listOf = (path, query) => get(path, query).then((list) => list.items)

/** Assets by `{ q, building, category }`, by code. */
export const assets = (wanted, after) => get('/repairs/assets', { limit: 50, ...wanted, after })
export const asset = (id) => get(`/repairs/assets/${id}`)
export const saveAsset = (id, body) => put(`/repairs/assets/${id}`, body)
export const history = (id) => get(`/repairs/assets/${id}/history`)
export const readMeter = (id, body) => post(`/repairs/assets/${id}/meter`, body)
export const template = () => download('/repairs/assets/imports/template')
export const importAssets = (file, dryRun) =>
  upload('/repairs/assets/imports', file, { query: { dry_run: dryRun } })
/** A PDF sheet of labels. */
export const labels = (ids) => download('/repairs/assets/labels', { ids: ids.join(',') })
/** The tree of buildings, floors and rooms. */
export const places = () => listOf('/repairs/places')
export const categories = () => listOf('/repairs/categories')

export const plans = (query) => get('/repairs/maintenance', { limit: 50, ...query })
export const plan = (id) => get(`/repairs/maintenance/${id}`)
export const savePlan = (id, body) => put(`/repairs/maintenance/${id}`, body)
export const skipPlan = (id, body) => post(`/repairs/maintenance/${id}/skip`, body)

export const parts = () => listOf('/repairs/parts')
export const savePart = (id, body) => put(`/repairs/parts/${id}`, body)
export const stock = () => listOf('/repairs/stock')
export const checkOut = (body, key) => post('/repairs/stock/checkouts', body, { key })
export const bringBack = (body, key) => post('/repairs/stock/returns', body, { key })
