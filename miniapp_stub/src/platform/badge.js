/** The number on the messages tab. Only a tab page may set it; elsewhere it is left as it is. */
const INBOX_TAB = 2

export function showUnread(count) {
  const quiet = { fail() {} }
  if (count > 0) uni.setTabBarBadge({ index: INBOX_TAB, text: count > 99 ? '99+' : String(count), ...quiet })
  else uni.removeTabBarBadge({ index: INBOX_TAB, ...quiet })
}
