/** Choosing a file and reading its bytes; saving bytes the server sent. */
export const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

const cancelled = () => new Error('已取消')

// #ifdef H5
function chosen(choose) {
  return new Promise((resolve, reject) =>
    choose({ count: 1, success: ({ tempFiles }) => resolve(tempFiles[0]), fail: () => reject(cancelled()) }),
  )
}

/** `{ name, bytes, type }` of an .xlsx workbook. */
export async function chooseSheet() {
  const file = await chosen((options) => uni.chooseFile({ ...options, type: 'all', extension: ['.xlsx'] }))
  return { name: file.name, bytes: await file.arrayBuffer(), type: XLSX }
}

/** `{ name, bytes, type }` of a picture. */
export async function choosePicture() {
  const file = await chosen((options) => uni.chooseImage(options))
  return { name: file.name, bytes: await file.arrayBuffer(), type: file.type || 'image/jpeg' }
}

/** Hands a file to the person under a name. */
export function saveFile(name, { bytes, type }) {
  const url = URL.createObjectURL(new Blob([bytes], { type }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** An address an <image> can show. */
export const showable = ({ bytes, type }) => URL.createObjectURL(new Blob([bytes], { type }))
// #endif

// #ifndef H5
/** The bytes of a file of the phone. */
export function readFile(path) {
  return new Promise((resolve, reject) =>
    uni.getFileSystemManager().readFile({
      filePath: path,
      success: ({ data }) => resolve(data),
      fail: () => reject(new Error('文件读取失败，请重新选择')),
    }),
  )
}

function chosen(choose) {
  return new Promise((resolve, reject) =>
    choose({ count: 1, success: ({ tempFiles }) => resolve(tempFiles[0]), fail: () => reject(cancelled()) }),
  )
}

export async function chooseSheet() {
  const file = await chosen((options) =>
    wx.chooseMessageFile({ ...options, type: 'file', extension: ['xlsx'] }),
  )
  return { name: file.name, bytes: await readFile(file.path), type: XLSX }
}

export async function choosePicture() {
  const file = await chosen((options) => uni.chooseImage({ ...options, sizeType: ['compressed'] }))
  const type = /\.png$/i.test(file.path) ? 'image/png' : 'image/jpeg'
  return { name: '图片', bytes: await readFile(file.path), type }
}

function write(name, bytes) {
  const path = `${wx.env.USER_DATA_PATH}/${name}`
  uni.getFileSystemManager().writeFileSync(path, bytes)
  return path
}

export const saveFile = (name, { bytes }) =>
  uni.openDocument({ filePath: write(name, bytes), showMenu: true })

export const showable = ({ bytes, type }) => `data:${type};base64,${uni.arrayBufferToBase64(bytes)}`
// #endif
