// The upper edge of a phone: whose it is, its number, its switch and the rarer states.

import { make } from "./dom.js";
import { looksLikeNumber, shownNumber, typedNumber } from "./format.js";
import { say } from "./words.js";

const STATES = ["online", "offline", "logged_out", "banned", "restricted"];

/** `calls`: `number(text)` may throw what is to be shown; `state(state)`; `pair(code)`. */
export class PhoneTop {
  constructor(root, calls) {
    this.calls = calls;
    this.role = root.querySelector(".phone-role");
    this.number = root.querySelector(".phone-number");
    this.state = root.querySelector(".state");
    this.switch = root.querySelector(".switch");
    this.more = root.querySelector(".more");
    this.select = root.querySelector(".state-select");
    this.form = root.querySelector(".number-form");
    this.input = root.querySelector(".number-input");
    this.listen();
  }

  listen() {
    this.switch.addEventListener("click", () => {
      this.calls.state(this.view.state === "offline" ? "online" : "offline");
    });
    this.select.addEventListener("change", () => {
      this.more.open = false;
      this.calls.state(this.select.value);
    });
    const pairForm = this.more.querySelector(".pair-form");
    pairForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.more.open = false;
      this.calls.pair(pairForm.querySelector(".pair-input").value.trim());
      pairForm.reset();
    });
    this.more.addEventListener("focusout", (event) => {
      if (!this.more.contains(event.relatedTarget)) this.more.open = false;
    });
    this.number.addEventListener("click", () => {
      this.form.hidden = !this.form.hidden;
      if (this.form.hidden) return;
      this.input.value = typedNumber(this.view.number);
      this.input.select();
    });
    this.form.querySelector(".cancel").addEventListener("click", () => this.closeForm());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    this.input.addEventListener("input", () => this.input.setCustomValidity(""));
  }

  async save() {
    try {
      if (!looksLikeNumber(this.input.value)) throw new Error(say("numberLooksWrong"));
      await this.calls.number(this.input.value.trim());
      this.closeForm();
    } catch (problem) {
      this.input.setCustomValidity(problem.message);
      this.input.reportValidity();
    }
  }

  closeForm() {
    this.form.hidden = true;
    this.number.focus();
  }

  show(view, role) {
    this.view = view;
    this.role.textContent = role;
    this.number.textContent = shownNumber(view.number);
    this.state.textContent = say(`state_${view.state}`);
    this.state.dataset.state = view.state;
    this.switch.setAttribute("aria-checked", String(view.state === "offline"));
    const option = (one) =>
      make("option", { value: one, selected: one === view.state }, say(`state_${one}`));
    this.select.replaceChildren(...STATES.map(option));
  }
}
