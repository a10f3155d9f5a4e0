import { defineConfig } from 'vite'
import uni from '@dcloudio/vite-plugin-uni'

// The plugin is CommonJS: seen from a module its function sits one level deeper.
const plugin = uni.default || uni

export default defineConfig({
  base: './',
  plugins: [plugin()],
})
