/** Whether the phone is connected and whether the last request reached the server. */
import { reactive } from 'vue'

export const network = reactive({ connected: true, reached: true })

export function watchNetwork() {
  uni.getNetworkType?.({ success: ({ networkType }) => (network.connected = networkType !== 'none') })
  uni.onNetworkStatusChange?.(({ isConnected }) => {
    network.connected = isConnected
    if (isConnected) uni.$emit('network:back')
  })
}
