/** Scanning a code: WeChat's scanner, or our own camera page in the browser. */

/** Resolves to the text of one code; rejects when the person turns back. */
export function scanCode() {
  return new Promise((resolve, reject) => {
    // #ifdef H5
    uni.$once('scan:done', (text) => (text ? resolve(text) : reject(new Error('已取消'))))
    uni.navigateTo({ url: '/pages/scan/scan' })
    // #endif
    // #ifndef H5
    uni.scanCode({
      scanType: ['qrCode', 'barCode'],
      success: ({ result }) => resolve(result),
      fail: () => reject(new Error('已取消')),
    })
    // #endif
  })
}
