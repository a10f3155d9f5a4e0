/** What was drawn on a canvas, as `{ bytes, type }` of a JPEG on white. */
const JPEG = 'image/jpeg'

const exported = (id, instance) =>
  new Promise((resolve, reject) =>
    uni.canvasToTempFilePath(
      {
        canvasId: id,
        fileType: 'jpg',
        quality: 0.9,
        success: ({ tempFilePath }) => resolve(tempFilePath),
        fail: () => reject(new Error('签字没有保存成功，请重试')),
      },
      instance,
    ),
  )

// #ifdef H5
export async function drawnPicture(id, instance) {
  const address = await exported(id, instance)
  return { bytes: uni.base64ToArrayBuffer(address.split(',')[1]), type: JPEG }
}
// #endif

// #ifndef H5
import { readFile } from '@/platform/files'

export async function drawnPicture(id, instance) {
  return { bytes: await readFile(await exported(id, instance)), type: JPEG }
}
// #endif
