// Tones for states and scans: never the only signal.

const TONES = {
  PASS: [[880, 120]],
  FAIL: [[220, 180], [220, 180]],
  ERROR: [[440, 150], [440, 150], [440, 150]],
  SCAN: [[660, 70], [660, 70]],
  DO: [[660, 70], [660, 70]],
  STOPPED: [[220, 180]],
  good: [[880, 60]],
  bad: [[220, 200]],
};
const PAUSE = 70;
const QUEUE = 4;

let context = null;
let waiting = 0;
export const sound = { on: true };

/** Play the tone of a state or of a scan's answer; silent where the browser allows no sound. */
export function tone(name) {
  const notes = TONES[name];
  // A browser allows no sound before somebody has touched the page or a key.
  if (!sound.on || !notes || waiting >= QUEUE || !navigator.userActivation?.hasBeenActive) return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
  let at = context.currentTime + waiting * 0.5;
  waiting += 1;
  for (const [hertz, milliseconds] of notes) {
    at = note(hertz, milliseconds / 1000, at) + PAUSE / 1000;
  }
  setTimeout(() => { waiting -= 1; }, (at - context.currentTime) * 1000);
}

function note(hertz, seconds, at) {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = hertz;
  gain.gain.setValueAtTime(0.2, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + seconds);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + seconds);
  return at + seconds;
}
