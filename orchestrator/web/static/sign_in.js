// Signing in: a badge is scanned, its PIN is typed on big keys; engineers give name and password.

import { dialog, show } from "./dialogs.js";

const LONGEST = 12;

export class SignIn {
  constructor({ say, read, post, ask }) {
    Object.assign(this, { say, read, post, ask });
    this.person = document.getElementById("person");
    this.dialog = dialog("sign-in");
    this.question = this.dialog.querySelector(".question");
    this.dots = this.dialog.querySelector(".dots");
    this.nobody = this.person.textContent;
    this.code = "";
    this.pin = "";
    this.dialog.addEventListener("click", (event) => this.clicked(event));
    this.dialog.addEventListener("close", () => this.forget());
    this.dialog.querySelector("form").addEventListener("submit", (event) => this.byPassword(event));
  }

  /** Ask the station who is signed in here. */
  async look() {
    const me = await this.read("/session").catch(() => null);
    if (me) this.shows(me);
  }

  shows(me) {
    this.person.textContent = me.signed_in ? me.name || me.person : this.nobody;
    document.body.dataset.rights = me.rights.join(" ");
    this.dialog.querySelector("[data-sign-out]").hidden = !me.signed_in;
  }

  open() {
    this.forget();
    show("sign-in");
  }

  needed() {
    if (!this.dialog.open) this.open();
  }

  /** A badge was scanned: ask for its PIN. */
  badge(code) {
    this.forget();
    this.code = code;
    this.question.textContent = this.question.dataset.pin.replace("{badge}", `…${code.slice(-2)}`);
    if (!this.dialog.open) show("sign-in");
  }

  /** Take a key while the dialog is open; true when it was one of the PIN. */
  key(name) {
    if (name === "Enter" && this.pin) this.digit("ok");
    else if (name === "Backspace") this.digit("clear");
    else if (/^[0-9]$/.test(name)) this.digit(name);
    else return false;
    return true;
  }

  digit(name) {
    if (name === "ok") {
      if (this.code && this.pin) this.send({ badge: this.code, pin: this.pin });
      this.pin = "";
    } else if (name === "clear") this.pin = "";
    else this.pin = (this.pin + name).slice(0, LONGEST);
    this.dots.textContent = "●".repeat(this.pin.length);
  }

  clicked(event) {
    const button = event.target.closest("[data-digit], [data-sign-out]");
    if (!button) return;
    if (button.dataset.digit) this.digit(button.dataset.digit);
    else this.out();
  }

  byPassword(event) {
    event.preventDefault();
    event.stopPropagation();
    const { name, password } = Object.fromEntries(new FormData(event.target));
    this.send({ name, password });
  }

  async send(proof) {
    try {
      this.shows(await this.post("/session", proof));
      this.say(this.person.textContent);
      if (this.dialog.open) this.dialog.close();
    } catch (error) {
      this.say(error.message, true);
      this.question.textContent = error.message;
    }
  }

  async out() {
    await this.ask("DELETE", "/session").catch(() => null);
    if (this.dialog.open) this.dialog.close();
    this.look();
  }

  forget() {
    this.code = this.pin = "";
    this.dots.textContent = "";
    this.question.textContent = this.question.dataset.badge;
    this.dialog.querySelector("form").reset();
  }
}
