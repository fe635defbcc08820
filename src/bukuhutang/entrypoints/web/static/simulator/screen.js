// The operator's screen beside the phones: register a lender, show the QR code, say what is next.

import { isFromService, isPassing } from "./api.js";
import { make, memory, pause } from "./dom.js";
import { shownNumber, typedNumber } from "./format.js";
import { say } from "./words.js";

const EXAMPLE_NUMBER = "0812-1111-2222";
const EXAMPLE_EMAIL = "dani@example.com";
const RETRY_MS = 1500;
const QR_LATE_MS = 400;

/**
 * `calls`: `now()` business time; `phone` the lender's; `chosen(tenant)` when there is one to hold;
 * `linkedNow()` right after a scan here; `hasStarted()` whether the lender has written notes;
 * `example()` the first command to write, `putExample()`.
 */
export class Screen {
  constructor(body, api, calls) {
    this.body = body;
    this.api = api;
    this.calls = calls;
    this.tenant = null;
    this.tenants = [];
    this.shownState = ""; // nothing yet: before start() answers, there is nothing to type into
    this.stopper = new AbortController();
  }

  /** The tenant of an earlier visit, or the form. Throws what the API throws. */
  async start() {
    this.tenants = (await this.api.tenants()).tenants;
    const id = memory.read("tenant", null);
    const known = this.tenants.find((one) => one.tenantId === id);
    if (known) await this.choose(known);
    else this.show();
  }

  async choose(tenant) {
    this.tenant = tenant;
    memory.write("tenant", tenant.tenantId);
    await this.calls.chosen(tenant);
    this.show();
  }

  end() {
    this.stopper.abort();
  }

  /** What the lender's phone says about its link decides what is shown. */
  phoneChanged() {
    if (this.shownState && this.state() !== this.shownState) this.show();
  }

  /** Codes expire in business time: after a jump another one is on show. */
  clockJumped() {
    if (this.shownState.startsWith("pair")) this.show();
  }

  state() {
    if (!this.tenant) return "register";
    const view = this.calls.phone.view;
    const isLinked = view?.linked?.tenantId === this.tenant.tenantId;
    if (!isLinked) return `pair ${view?.number}`;
    return this.calls.hasStarted() ? "linked started" : "linked";
  }

  show() {
    this.stopper.abort(); // the code that was on show is nobody's business any more
    this.stopper = new AbortController();
    this.shownState = this.state();
    if (this.shownState === "register") this.showRegister();
    else if (this.shownState.startsWith("linked")) this.showLinked();
    else this.showPairing(this.stopper.signal);
  }

  steps(current, ...content) {
    const names = ["stepRegister", "stepScan", "stepChat"];
    const step = (name, index) => {
      const state = index < current ? "done" : index === current ? "current" : "later";
      const sign = state === "done" ? "✓" : String(index + 1);
      return make("li", { class: `step ${state}`, "aria-current": index === current && "step" },
        make("span", { class: "step-sign", "aria-hidden": "true" }, sign),
        make("span", {}, say(name)));
    };
    this.body.replaceChildren(
      make("ol", { class: "steps" }, ...names.map(step)),
      ...content.filter(Boolean),
      make("p", { class: "problem", role: "alert" }),
    );
  }

  tell(text) {
    this.body.querySelector(".problem").textContent = text;
  }

  async attempt(button, act) {
    if (button.disabled) return;
    button.disabled = true;
    this.tell("");
    try {
      await act();
    } catch (problem) {
      if (!isFromService(problem)) throw problem;
      const reason = isPassing(problem) ? say("noAnswer") : problem.message;
      this.tell(isPassing(problem) ? say("notDone", { reason }) : reason);
    } finally {
      button.disabled = false;
    }
  }

  // --- step 1 ---

  /** What was typed stays, when the form is drawn anew: in another language, with a list below. */
  showRegister() {
    const before = this.body.querySelector(".register");
    const typed = new FormData(before ?? undefined);
    const input = (name, label, { value, ...more }) => [
      make("label", { for: `register-${name}` }, say(label)),
      make("input", { id: `register-${name}`, name, autocomplete: "off",
        value: typed.get(name) ?? value, ...more }),
    ];
    const submit = make("button", { type: "submit", class: "primary" }, say("register"));
    const form = make("form", { class: "register", autocomplete: "off" },
      ...input("name", "name", { value: say("exampleName"), required: true, maxlength: 100 }),
      ...input("phoneNumber", "number",
        { value: EXAMPLE_NUMBER, required: true, inputmode: "tel", maxlength: 24 }),
      ...input("email", "email", { value: EXAMPLE_EMAIL, inputmode: "email", maxlength: 254 }),
      submit);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.attempt(submit, () => this.register(new FormData(form)));
    });
    this.steps(0, form, this.tenants.length > 0 && this.existing());
  }

  async register(typed) {
    const fields = { phoneNumber: typed.get("phoneNumber"), name: typed.get("name") };
    const email = typed.get("email").trim();
    if (email) fields.email = email;
    try {
      const { tenant } = await this.api.register(fields);
      this.tenants = [tenant, ...this.tenants];
      await this.choose(tenant);
    } catch (problem) {
      if (problem.code !== "phone_number_taken") throw problem;
      await this.offer(fields.phoneNumber);
      throw problem; // said under the list, which now begins with that number
    }
  }

  /** Put the tenants with this number first in the list of those to choose from. */
  async offer(number) {
    const { tenants } = await this.api.tenants(number);
    const ids = new Set(tenants.map((one) => one.tenantId));
    this.tenants = [...tenants, ...this.tenants.filter((one) => !ids.has(one.tenantId))];
    this.show();
  }

  existing() {
    const option = (one) =>
      make("option", { value: one.tenantId }, `${one.name} · ${shownNumber(one.phoneNumber)}`);
    const select = make("select", { id: "existing" }, ...this.tenants.map(option));
    const use = make("button", { type: "submit" }, say("use"));
    const form = make("form", { class: "existing" },
      make("label", { for: "existing" }, say("orExisting")), select, use);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = this.tenants.find((one) => String(one.tenantId) === select.value);
      this.attempt(use, () => this.choose(chosen));
    });
    return form;
  }

  // --- step 2 ---

  async showPairing(signal) {
    const picture = make("span", { class: "qr-picture", "aria-hidden": "true" });
    const words = make("span", { class: "qr-words" }, say("qrWaiting"));
    const scan = make("button", { type: "button", class: "qr", disabled: true }, picture, words);
    scan.addEventListener("click", () => this.attempt(scan, () => this.scan(words)));
    const number = shownNumber(this.tenant.phoneNumber);
    this.steps(1, scan, make("p", { class: "quiet" }, say("qrFresh", { number })), this.others());
    while (!signal.aborted) {
      try {
        await this.renewCode(signal, scan, picture, words);
      } catch (problem) {
        if (signal.aborted) return;
        if (!isFromService(problem)) throw problem;
        if (!isPassing(problem)) this.tell(problem.message);
        await pause(RETRY_MS, signal);
      }
    }
  }

  /** Show the code of now; ends when it is to be renewed. */
  async renewCode(signal, scan, picture, words) {
    const { tenant } = await this.api.tenant(this.tenant.tenantId);
    if (signal.aborted) return;
    if (tenant.status === "inactive") {
      this.showInactive();
      return;
    }
    const { qr, expiresAt } = await this.api.qr(tenant.tenantId, signal);
    const svg = await this.api.qrSvg(tenant.tenantId, signal);
    picture.replaceChildren(
      document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true),
    );
    this.tell("");
    words.textContent = say("scanIt");
    scan.disabled = false;
    this.code = qr;
    const left = new Date(expiresAt) - this.calls.now();
    await pause(Math.max(left, 0) + QR_LATE_MS, signal);
  }

  async scan(words) {
    const { phone } = this.calls;
    if (phone.view.state === "offline") {
      this.tell(say("switchOnFirst"));
      return;
    }
    words.textContent = say("scanning");
    try {
      // The code may have been renewed since it was drawn: the phone sees what is on show now.
      this.code = (await this.api.qr(this.tenant.tenantId)).qr;
      await this.api.scan(phone.number, this.code);
      await phone.refresh();
      this.calls.linkedNow();
    } finally {
      words.textContent = say("scanIt");
    }
  }

  showInactive() {
    this.stopper.abort();
    const again = make("button", { type: "button", class: "primary" }, say("activate"));
    again.addEventListener("click", () =>
      this.attempt(again, async () => {
        await this.api.toggle(this.tenant.tenantId);
        this.show();
      }));
    this.steps(1, make("p", {}, say("inactive", { name: this.tenant.name })), again, this.others());
  }

  // --- step 3 ---

  showLinked() {
    const { name, phoneNumber } = this.tenant;
    const put = make("button", { type: "button", class: "primary" }, say("putInDraft"));
    put.addEventListener("click", () => this.calls.putExample());
    this.steps(
      2,
      make("p", { class: "linked" }, "✅ ", make("strong", {}, say("linked", { name })),
        make("span", { class: "quiet" }, ` ${typedNumber(phoneNumber)}`)),
      // A small screen leaves the hint out once the book has begun.
      make("div", { class: `hint ${this.calls.hasStarted() ? "started" : ""}` },
        make("p", {}, say("tryThis")),
        make("p", { class: "example" }, this.calls.example()),
        put,
        make("p", { class: "quiet" }, say("thenThis"))),
      this.others(),
    );
  }

  others() {
    const onclick = () => {
      this.tenant = null;
      memory.write("tenant", null);
      this.show();
    };
    return make("button", { type: "button", class: "plain", onclick }, say("otherTenant"));
  }
}
