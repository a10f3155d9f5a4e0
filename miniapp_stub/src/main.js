import { createSSRApp } from 'vue'
import App from './App.vue'
// #ifdef H5
import PageUnreachable from '@/components/page-unreachable.vue'
import { keepWayBack } from '@/platform/navigate'
// #endif

export function createApp() {
  const app = createSSRApp(App)
  // #ifdef H5
  keepWayBack()
  app.component('AsyncError', PageUnreachable) // the name the framework looks for
  // #endif
  return { app }
}
