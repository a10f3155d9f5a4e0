/** Which messages a person lets WeChat deliver: one consent is good for one message. */
import { get, post } from '@/api/http'

export const templates = () => get('/messages/consents').then((answer) => answer.templates)
export const tellConsents = (results) => post('/messages/consents', { results })
