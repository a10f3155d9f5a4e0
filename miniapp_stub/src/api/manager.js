/** The administration's work: the roster, people, policies, the record of acts. */
import { download, get, post, put, upload } from '@/api/http'

export const rosterTemplate = () => download('/people/imports/template')
export const importRoster = (file, dryRun) => upload('/people/imports', file, { query: { dry_run: dryRun } })
export const people = (q, after) => get('/people', { q, after, limit: 20 })
export const endEmployment = (id) => post(`/people/${id}/leave`)
export const setRoles = (id, roles, posts) => put(`/people/${id}/roles`, { roles, posts })

export const policies = () => get('/policies').then((list) => list.items)
export const savePolicy = (name, body) => put(`/policies/${name}`, body)
export const audit = (after) => get('/audit', { after, limit: 20 })
