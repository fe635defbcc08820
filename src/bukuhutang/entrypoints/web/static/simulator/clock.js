// The service's clock, which may be ahead of the machine's, and the buttons that move it.

import { momentOf } from "./format.js";

const DRAW_MS = 1000;
const SYNC_MS = 60_000;

/** Business time on the page. `onJump()` after it was moved here; `problem(error)`. */
export class BusinessClock {
  constructor(root, api, calls) {
    this.api = api;
    this.calls = calls;
    this.root = root;
    this.shown = root.querySelector("time");
    this.aheadMs = 0;
    for (const button of root.querySelectorAll("[data-seconds]")) {
      button.onclick = () => this.jump(Number(button.dataset.seconds));
    }
    this.timers = [
      setInterval(() => this.draw(), DRAW_MS),
      setInterval(() => document.hidden || this.sync(), SYNC_MS),
    ];
  }

  end() {
    for (const one of this.timers) clearInterval(one);
  }

  /** Take the service's time over; throws what the API throws. */
  async start() {
    this.set((await this.api.clock()).now);
    this.root.hidden = false;
  }

  async sync() {
    try {
      this.set((await this.api.clock()).now);
    } catch {
      // The phones' polls notice and say that the service is away; the next minute tries again.
    }
  }

  now() {
    return new Date(Date.now() + this.aheadMs);
  }

  async jump(seconds) {
    const buttons = this.root.querySelectorAll("button");
    for (const one of buttons) one.disabled = true;
    try {
      this.set((await this.api.advance(seconds)).now);
      this.calls.onJump();
    } catch (problem) {
      this.calls.problem(problem);
    } finally {
      for (const one of buttons) one.disabled = false;
    }
  }

  set(instant) {
    this.aheadMs = new Date(instant).getTime() - Date.now();
    this.draw();
  }

  draw() {
    const words = momentOf(this.now());
    if (this.shown.textContent !== words) this.shown.textContent = words;
    this.shown.dateTime = this.now().toISOString();
  }
}
