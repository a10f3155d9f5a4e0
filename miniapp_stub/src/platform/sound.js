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

/** A short tone that says yes or no at a noisy gate, where the browser allows it. */
export function chime(good) {
  // #ifdef H5
  const Context = window.AudioContext
  if (!Context) return
  const context = (chime.context ||= new Context())
  if (context.state === 'suspended') return void context.resume().catch(() => {})
  const tone = context.createOscillator()
  tone.frequency.value = good ? 880 : 220
  tone.connect(context.destination)
  tone.start()
  tone.stop(context.currentTime + (good ? 0.12 : 0.35))
  // #endif
}
