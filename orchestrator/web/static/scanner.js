// Telling a scanner from a person. A scanner is a keyboard that types fast and ends in Enter or Tab:
// at least LEAST characters (%NO has no more), on average less than `gap` milliseconds apart. It
// works wherever the focus is; what it types into a field is taken out again.

const LEAST = 3;
const PATIENCE = 120;
const FORGET = 5000;

export class Scanner {
  /**
   * `scanned(code)` gets each scan, `again(code)` one that comes twice, `pressed(event)` every key
   * that is no scan, after it is known that none follows. A code that comes again within
   * `rest` milliseconds is the same one.
   */
  constructor({ scanned, again, pressed, gap = 30, rest = 2000 }) {
    this.gap = gap;
    this.rest = rest;
    this.scanned = scanned;
    this.again = again;
    this.pressed = pressed;
    this.keys = [];
    this.field = null;
    this.told = false;
    this.timer = 0;
    this.last = { code: "", at: -rest };
  }

  listen(target) {
    target.addEventListener("keydown", (event) => this.key(event), { capture: true });
    target.addEventListener("keyup", (event) => {
      // A button would be pressed by the space inside a scan.
      if (event.key === " " && this.keys.length > 1) event.preventDefault();
    }, { capture: true });
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const now = event.timeStamp;
    const previous = this.keys.at(-1);
    if (previous !== undefined && now - previous.at > this.gap + 20) this.flush();
    if (event.key === "Enter" || event.key === "Tab") return this.end(event, now);
    if (event.key.length !== 1) {
      if (event.key !== "Shift" && event.key !== "AltGraph") this.flush();
      if (!event.repeat) this.pressed(event);
      return;
    }
    if (event.repeat) return;
    if (this.keys.length === 0) this.begin();
    this.keys.push({ key: event.key, at: now, event });
    if (this.field === null && this.keys.length > 1) event.preventDefault();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.alone(), PATIENCE);
  }

  /** No key came for a while. A busy page gets the rest of a scan late: the keys' own times decide. */
  alone() {
    const [first, second] = this.keys;
    if (second === undefined && this.field === null && !this.told) {
      this.told = true;
      this.pressed(first.event);
    }
    this.timer = setTimeout(() => this.flush(), FORGET);
  }

  begin() {
    const element = document.activeElement;
    const typed = element?.matches("input:not([type=checkbox]), textarea");
    this.field = typed ? { element, value: element.value } : null;
  }

  end(event, now) {
    const keys = this.keys;
    if (keys.length > 1 && (now - keys[0].at) / keys.length < this.gap) {
      event.preventDefault();
      event.stopPropagation();
      if (this.field !== null) this.field.element.value = this.field.value;
      this.clear();
      // A shorter one is what is left of a code: noise.
      if (keys.length >= LEAST) this.take(keys.map((each) => each.key).join(""), now);
      return;
    }
    this.flush();
    if (event.key === "Enter" && !event.repeat) this.pressed(event);
  }

  take(code, now) {
    const same = code === this.last.code && now - this.last.at < this.rest;
    this.last = { code, at: now };
    (same ? this.again : this.scanned)(code);
  }

  /** The keys so far were no scan: give those that stand alone to whoever takes keys. */
  flush() {
    const { keys, field, told } = this;
    this.clear();
    if (field !== null || keys.length === 0) return;
    if (told) keys.shift();
    const average = keys.length > 1 ? (keys.at(-1).at - keys[0].at) / (keys.length - 1) : this.gap;
    if (average >= this.gap) keys.forEach((each) => this.pressed(each.event));
  }

  clear() {
    clearTimeout(this.timer);
    this.keys = [];
    this.field = null;
    this.told = false;
  }
}
