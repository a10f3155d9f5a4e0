/** Plates, phones and names are understood as people type them. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'

const source = fs.readFileSync(new URL('../src/text/plate.js', import.meta.url), 'utf8')
const { isPhone, isPlate, namesOf, phoneOf, plateOf } = await import(
  'data:text/javascript,' + encodeURIComponent(source)
)

test('a plate is what is left without dots and spaces, in capitals', () => {
  assert.equal(plateOf(' 苏a·12345 '), '苏A12345')
  assert.equal(plateOf('京A-D12345'), '京AD12345')
})

test('plates have seven characters, or eight for new energy', () => {
  for (const good of ['苏A12345', '京AD12345', '粤B1234学']) assert.equal(isPlate(good), true, good)
  for (const bad of ['', 'A12345', '苏A1234', '苏AD123456', '苏112345'])
    assert.equal(isPlate(bad), false, bad)
})

test('a phone number loses its country and its hyphens', () => {
  assert.equal(phoneOf('+86 139-0000 1111'), '13900001111')
  assert.equal(isPhone('13900001111'), true)
  for (const bad of ['1390000111', '12900001111', '139000011112']) assert.equal(isPhone(bad), false, bad)
})

test('names may be separated by anything', () => {
  assert.deepEqual(namesOf(' 王喆、张昇，李玥 赵䶮;周堃 '), ['王喆', '张昇', '李玥', '赵䶮', '周堃'])
  assert.deepEqual(namesOf('  '), [])
})
