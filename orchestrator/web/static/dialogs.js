// What opens above the tiles: the detail of a slot, and the dialogs for stop, sign-in and help.

const detail = document.getElementById("detail");

export const dialog = (name) => document.getElementById(name);
export const openDialog = () => document.querySelector("dialog[open]");
export const tileOf = (key) => (key ? document.getElementById(key) : null);
export const detailBody = () => (detail.hidden ? null : detail.querySelector(".detail-body"));

/** Open a dialog; `slot` is what it is about, if anything. */
export function show(name, slot = "") {
  openDialog()?.close();
  const found = dialog(name);
  found.dataset.about = slot;
  const question = found.querySelector(".question");
  if (name === "stop") {
    question.textContent = slot ? question.dataset.slot.replace("{slot}", slot) : question.dataset.line;
  }
  found.showModal();
  return found;
}

let asked = 0;
let shown = 0;

/** True while a detail was asked for that is not there yet. */
const awaited = () => asked !== shown;

/** Show the detail of a slot. Of several that are asked for at once, the last one is shown. */
export async function openDetail(key) {
  if (!tileOf(key)) return;
  asked += 1;
  const mine = asked;
  const { language } = document.body.dataset;
  const kiosk = document.body.dataset.kiosk === "true" ? "&kiosk" : "";
  const done = () => { if (mine === asked) shown = mine; };
  const response = await fetch(`/slots/${key}?language=${language}${kiosk}`).catch(() => null);
  if (!response?.ok) return done();
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (mine !== asked) return;
  done();
  detail.replaceChildren(...page.body.childNodes);
  detail.hidden = false;
  countDown(0);
  const first = detail.querySelector("form input, form button.done, form button, .detail-keys button:last-child");
  first?.focus();
}

export function closeDetail() {
  shown = asked += 1;
  const key = detailBody()?.dataset.key;
  detail.hidden = true;
  detail.replaceChildren();
  tileOf(key)?.querySelector(".open")?.focus();
}

/** Close the detail whose question was answered, unless another one was asked for meanwhile. */
export function closeAnswered(id) {
  const there = detail.querySelector(`form[data-prompt="${CSS.escape(id)}"]`);
  if (there && !awaited()) closeDetail();
}

/** Keep the open detail true after the tiles have changed. */
export function refreshDetail() {
  const body = detailBody();
  if (!body || awaited()) return;
  const tile = tileOf(body.dataset.key);
  if (!tile) return closeDetail();
  const { state, run } = tile.dataset;
  const form = body.querySelector("form.prompt");
  const asked = form ? form.dataset.prompt : undefined;
  const same = body.dataset.state === state && body.dataset.run === run;
  if (!same || asked !== tile.dataset.prompt) openDetail(body.dataset.key);
}

/** Show how long the open questions still wait. */
export function countDown(seconds = 1) {
  for (const hint of detail.querySelectorAll("[data-left]")) {
    const left = Math.max(0, Number(hint.dataset.left) - seconds);
    hint.dataset.left = left;
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    hint.textContent = hint.dataset.words.replace("{time}", time);
  }
}
