/**
 * Photos taken or chosen on the phone, made small before they go anywhere: at most 1600 pixels a side, as
 * JPEG. Drawing them anew also leaves behind where and when they were taken.
 */
const LONGEST = 1600
const QUALITY = 0.8
const JPEG = 'image/jpeg'

const pick = (options) =>
  new Promise((resolve, reject) =>
    uni.chooseImage({ ...options, success: resolve, fail: () => reject(new Error('已取消')) }),
  )

// #ifdef H5
async function shrink(file) {
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(picture.width * scale)
  canvas.height = Math.round(picture.height * scale)
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  const small = await new Promise((done) => canvas.toBlob(done, JPEG, QUALITY))
  if (!small) throw new Error('这张图片打不开，请换一张')
  return { bytes: await small.arrayBuffer(), type: JPEG }
}

/** Up to `count` photos as `{ bytes, type }`. Rejects when the person turns back or one cannot be read. */
export async function takePhotos(count) {
  const { tempFiles } = await pick({ count })
  return Promise.all(
    tempFiles.map((file) =>
      shrink(file).catch(() => {
        throw new Error('这张图片打不开，请换一张')
      }),
    ),
  )
}
// #endif

// #ifndef H5
import { readFile } from '@/platform/files'

const shrink = (path) =>
  new Promise((resolve) =>
    uni.compressImage({
      src: path,
      quality: QUALITY * 100,
      compressedWidth: LONGEST,
      success: ({ tempFilePath }) => resolve(tempFilePath),
      fail: () => resolve(path),
    }),
  )

export async function takePhotos(count) {
  const { tempFilePaths } = await pick({ count, sizeType: ['compressed'] })
  const paths = await Promise.all(tempFilePaths.map(shrink))
  return Promise.all(paths.map(async (path) => ({ bytes: await readFile(path), type: JPEG })))
}
// #endif
