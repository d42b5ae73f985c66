// Watching the live stream: tones for new states, the station's clock, and the bar that says that
// this page knows nothing any more. The page finds that out by itself when the beat stays away.

import { tone } from "./tones.js";

const SILENT = 3000;
const RECONNECT = 6000;

export class Live {
  /** `changed()` is called after every message, `second()` with every beat. */
  constructor(changed, second) {
    this.changed = changed;
    this.second = second;
    this.stream = document.getElementById("live");
    this.clock = document.getElementById("clock");
    this.bar = document.getElementById("lost");
    this.connection = null;
    this.heard = performance.now();
    this.tried = this.heard;
    this.states = this.read();
  }

  start() {
    this.stream.addEventListener("beat", (event) => this.beat(event.detail.data));
    this.stream.addEventListener("bye", () => { this.heard = -SILENT; this.watch(); });
    // Who may look no more is shown where to sign in.
    this.stream.addEventListener("away", () => location.reload());
    this.stream.addEventListener("htmx:sse:after:connection", (event) => {
      this.connection = event.detail.connection;
    });
    this.stream.addEventListener("htmx:sse:after:message", (event) => {
      if (!event.detail.message.event) this.arrived();
    });
    setInterval(() => this.watch(), 250);
  }

  beat(time) {
    this.heard = performance.now();
    this.clock.textContent = time;
    this.second();
    if (!this.bar.hidden) {
      this.bar.hidden = true;
      document.body.classList.remove("is-lost");
    }
  }

  watch() {
    const now = performance.now();
    if (document.hidden || now - this.heard < SILENT) return;
    if (this.bar.hidden) {
      document.body.classList.add("is-lost");
      const { words, trust } = this.bar.dataset;
      this.bar.textContent = `${words} ${this.clock.textContent}. ${trust}`;
      this.bar.hidden = false;
    }
    if (now - Math.max(this.heard, this.tried) > RECONNECT) {
      this.tried = now;
      // A connection that hangs is cut, one that never was is begun: both are made anew.
      if (this.connection?.reader) this.connection.reader.cancel();
      else window.htmx.trigger(this.stream, "reconnect");
    }
  }

  read() {
    const found = new Map();
    for (const tile of document.querySelectorAll("#tiles .tile")) found.set(tile.id, tile.dataset.state);
    return found;
  }

  arrived() {
    const states = this.read();
    const sounds = new Set();
    for (const [id, state] of states) {
      if (this.states.has(id) && this.states.get(id) !== state) sounds.add(state);
    }
    this.states = states;
    for (const state of ["ERROR", "FAIL", "DO", "SCAN", "PASS", "STOPPED"]) {
      if (sounds.has(state)) {
        tone(state);
        break;
      }
    }
    this.changed();
  }
}
