/** Who stands in for whom, and until when. */
import { del, get, post } from '@/api/http'

export const deputies = () => get('/deputies').then((list) => list.items)
export const nameDeputy = (body) => post('/deputies', body)
export const endDeputy = (id) => del(`/deputies/${id}`)
