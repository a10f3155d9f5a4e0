/** A screen that is scanned stays on and is as bright as it can be; browsers can only keep it on. */

// #ifdef H5
let lock = null

export function brighten() {
  const wanted = navigator.wakeLock?.request('screen').catch(() => null)
  lock = wanted || null
}

export function dim() {
  lock?.then((held) => held?.release())
  lock = null
}
// #endif

// #ifndef H5
let before = -1

export function brighten() {
  uni.setKeepScreenOn({ keepScreenOn: true, fail() {} })
  uni.getScreenBrightness({
    success({ value }) {
      before = value
      uni.setScreenBrightness({ value: 1, fail() {} })
    },
    fail() {},
  })
}

export function dim() {
  uni.setKeepScreenOn({ keepScreenOn: false, fail() {} })
  if (before >= 0) uni.setScreenBrightness({ value: before, fail() {} })
  before = -1
}
// #endif
