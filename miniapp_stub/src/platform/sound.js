/** Plays a sound from an address; `ended` is called when it is over. Gives a function that stops it. */
export function play(address, ended) {
  const player = uni.createInnerAudioContext()
  const over = () => {
    player.destroy()
    ended()
  }
  player.onEnded(over)
  player.onError(over)
  player.src = address
  player.play()
  return over
}
