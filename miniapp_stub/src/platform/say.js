/** Short words to the person: a toast, a question, a buzz. */
export function toast(title) {
  if (title) uni.showToast({ title, icon: 'none', duration: 2200 })
}

/** Resolves to whether the person said yes. */
export function ask(content, { title = '请确认', yes = '确定', danger = false } = {}) {
  return new Promise((resolve) =>
    uni.showModal({
      title,
      content,
      confirmText: yes,
      cancelText: '再想想',
      confirmColor: danger ? '#c23f2c' : '#0f766e',
      success: ({ confirm }) => resolve(confirm),
      fail: () => resolve(false),
    }),
  )
}

export function buzz(strong = false) {
  // #ifdef H5
  navigator.vibrate?.(strong ? [120, 60, 120] : 60)
  // #endif
  // #ifndef H5
  if (strong) uni.vibrateLong({})
  else uni.vibrateShort({ type: 'medium' })
  // #endif
}
