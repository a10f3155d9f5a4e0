/** Puts a text on the clipboard; resolves to whether that worked. */
export const copyText = (data) =>
  new Promise((resolve) =>
    uni.setClipboardData({
      data,
      showToast: false,
      success: () => resolve(true),
      fail: () => resolve(false),
    }),
  )
