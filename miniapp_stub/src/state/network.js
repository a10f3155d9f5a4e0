/** Whether the phone is connected and whether the last request reached the server. */
import { reactive } from 'vue'

export const network = reactive({ connected: true, reached: true })

function changed(connected) {
  const back = connected && !network.connected
  network.connected = connected
  if (back) uni.$emit('network:back')
}

export function watchNetwork() {
  // #ifdef H5
  changed(navigator.onLine)
  window.addEventListener('online', () => changed(true))
  window.addEventListener('offline', () => changed(false))
  // #endif
  // #ifndef H5
  uni.getNetworkType({ success: ({ networkType }) => changed(networkType !== 'none') })
  uni.onNetworkStatusChange(({ isConnected }) => changed(isConnected))
  // #endif
}
