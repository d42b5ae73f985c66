// The operator's page: joins scanner, keys, touch, dialogs and the live stream. What is done is
// asked of the station; what it answers is shown in the bottom line, with a tone.

import { Refused, ask, change, post, read } from "./api.js";
import { closeAnswered, closeDetail, countDown, detailBody, dialog, openDetail, openDialog, refreshDetail, show, tileOf } from "./dialogs.js";
import { Live } from "./live.js";
import { Scanner } from "./scanner.js";
import { SignIn } from "./sign_in.js";
import { sound, tone } from "./tones.js";

const said = document.getElementById("said");
const next = () => document.getElementById("next");
const signIn = new SignIn({ say, read, post, ask });
let number = "";

function say(text, wrong = false) {
  said.textContent = text;
  said.classList.toggle("wrong", wrong);
  tone(wrong ? "bad" : "good");
}

/** Have the station do something and say what it answered. Returns the answer, or null. */
async function act(request) {
  try {
    const answer = await request;
    say(answer.says ?? "");
    return answer;
  } catch (error) {
    if (error instanceof Refused) say(error.message, true);
    else say(document.body.dataset.offline, true);
    if (error instanceof Refused && error.status === 401) signIn.needed();
    return null;
  }
}

let before = Promise.resolve();

/** Codes are taken one after the other, in the order in which they were read. */
function scanned(code) {
  before = before.then(() => take(code)).catch(reportError);
}

async function take(code) {
  if (dialog("help").open && checked(code)) return;
  const answer = await act(post("/scans", { code, source: "scanned" }));
  if (answer) did(answer, code);
}

/** Do on this page what a code is about that the station leaves to its pages. */
function did({ action, slot, value }, code) {
  if (action === "badge") signIn.badge(code);
  if (action === "signed_in") signIn.look();
  if (action === "choose_slot") chosen(keyOf(slot));
  if (action !== "page") return;
  if (value === "HELP") show("help");
  if (value === "LANGUAGE") speak(document.body.dataset.nextLanguage);
  if (value === "TYPE") openDetail(keyOf(slot) ?? next().dataset.key);
  if (value === "CLOSE") close();
  if (value === "OUT") signIn.out();
}

/** The next scan is for this slot; what else there is to know of it is shown. */
function chosen(key) {
  if (tileOf(key)?.dataset.state !== "SCAN") openDetail(key);
}

function checked(code) {
  const check = document.getElementById("scanner-check");
  if (!code.slice(1).startsWith("CHECK") && code.length !== check.dataset.code.length) return false;
  const good = code === check.dataset.code;
  check.textContent = good ? check.dataset.good : check.dataset.bad + code;
  tone(good ? "good" : "bad");
  return true;
}

function keyOf(slot) {
  return document.querySelector(`#tiles .tile[data-slot="${CSS.escape(slot)}"]`)?.id;
}

function answer(id, body) {
  return act(post(`/prompts/${encodeURIComponent(id)}/answer`, body)).then((done) => {
    if (done) closeAnswered(id);
  });
}

function command(name, slot) {
  const place = slot ? `/slots/${encodeURIComponent(slot)}` : "/line";
  if (name === "hold") return act(change("PUT", `${place}/hold`, { reason: document.body.dataset.reason }));
  if (name === "release") return act(change("DELETE", `${place}/hold`));
  return act(post(`${place}/${name}`));
}

async function stop(slot) {
  openDialog()?.close();
  for (const name of slot ? [slot] : await working()) await command("stop", name);
}

/** The slots whose board can be stopped, those that are not on this page too. */
async function working() {
  const found = await read("/slots").catch(() => null);
  if (found) return found.items.filter((each) => each.may_stop).map((each) => each.name);
  return [...document.querySelectorAll("#tiles .tile")].map((tile) => tile.dataset.slot);
}

function speak(code) {
  document.cookie = `language=${code}; path=/; max-age=31536000; samesite=strict`;
  location.reload();
}

function close() {
  if (openDialog()) openDialog().close();
  else closeDetail();
}

// Keys

function yesOrNo(yes) {
  if (dialog("stop").open) return yes ? stop(dialog("stop").dataset.about) : close();
  if (openDialog()) return undefined;
  const form = detailBody()?.querySelector("form.prompt");
  if (form) {
    const plain = form.dataset.kind === "confirm";
    return plain || !yes ? answer(form.dataset.prompt, { yes, source: "pressed" }) : undefined;
  }
  const { prompt, plain, key } = next().dataset;
  if (!prompt) return undefined;
  return plain === "true" || !yes ? answer(prompt, { yes, source: "pressed" }) : openDetail(key);
}

/** The slot that is meant when none is named: the open one, else the one in the bottom line. */
function meant() {
  return detailBody()?.dataset.slot ?? tileOf(next().dataset.key)?.dataset.slot;
}

function enter() {
  if (document.activeElement?.matches("a, button, input, select, textarea")) return;
  if (openDialog()) return;
  const wanted = number;
  number = "";
  if (!wanted) return openDetail(next().dataset.key);
  const tiles = document.querySelectorAll("#tiles .tile");
  const key = keyOf(wanted) ?? tiles[Number(wanted) - 1]?.id;
  if (key) openDetail(key);
}

const KEYS = {
  y: () => yesOrNo(true),
  n: () => yesOrNo(false),
  r: () => meant() && command("start", meant()),
  s: () => show("stop", detailBody()?.dataset.slot ?? ""),
  l: () => speak(document.body.dataset.nextLanguage),
  " ": () => !document.activeElement?.matches("a, button, input") && meant() && command("start", meant()),
  Enter: enter,
  F1: () => show("help"),
  Escape: () => (openDialog() ? undefined : closeDetail()),
};

function pressed(event) {
  if (event.key === "F1") event.preventDefault();
  if (document.activeElement?.matches("input:not([type=checkbox])") && event.key !== "Escape") return;
  if (dialog("sign-in").open && signIn.key(event.key)) {
    // Enter is the end of the PIN, not a press of the button that has the focus.
    event.preventDefault();
    return;
  }
  if (/^[0-9]$/.test(event.key)) {
    number = (number + event.key).slice(-3);
    said.textContent = number;
    return;
  }
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) act();
  if (event.key !== "Enter") number = "";
}

// Touch

function clicked(event) {
  const found = event.target.closest("[data-open], [data-answer], [data-option], [data-dialog], [data-close], [data-close-detail], [data-command], [data-stop], [data-language], [data-sound]");
  if (!found || found === document.body) return;
  event.preventDefault();
  const { open, answer: given, option, id, dialog: name, slot, command: order, language } = found.dataset;
  if (open) openDetail(open);
  else if (given) answer(id, { yes: given === "yes", source: "pressed" });
  else if (option !== undefined) answer(found.closest("form").dataset.prompt, { yes: true, text: option, source: "pressed" });
  else if (name) name === "sign-in" ? signIn.open() : show(name, slot ?? "");
  else if (found.matches("[data-close]")) found.closest("dialog").close();
  else if (found.matches("[data-close-detail]")) closeDetail();
  else if (order) command(order, slot);
  else if (found.matches("[data-stop]")) stop(dialog("stop").dataset.about);
  else if (language) speak(language);
  else if (found.matches("[data-sound]")) quiet(found);
}

function quiet(button) {
  sound.on = !sound.on;
  button.setAttribute("aria-pressed", String(sound.on));
}

function submitted(event) {
  event.preventDefault();
  const form = event.target;
  if (form.matches("form.label")) return typed(form);
  if (!form.matches("form.prompt")) return;
  const field = form.elements.namedItem("text");
  const text = field ? field.value.trim() : "";
  answer(form.dataset.prompt, { yes: true, text, source: field ? "typed" : "pressed" });
}

/** A label that no scanner reads: typed for the slot whose detail is open. */
async function typed(form) {
  const { slotCode } = form.dataset;
  if (slotCode) await act(post("/scans", { code: slotCode, source: "typed" }));
  const code = form.elements.namedItem("text").value.trim();
  if (await act(post("/scans", { code, source: "typed" }))) closeDetail();
}

document.addEventListener("click", clicked);
document.addEventListener("submit", submitted);
const { gap, again } = document.body.dataset;
new Scanner({ scanned, pressed, again: () => tone("good"), gap: Number(gap), rest: Number(again) }).listen(document);
new Live(refreshDetail, countDown).start();
signIn.look();
