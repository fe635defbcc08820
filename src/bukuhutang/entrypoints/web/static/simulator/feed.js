// One phone's changes, by long poll: the same on every tab, and again after the service's restart.

import { isPassing } from "./api.js";
import { pause } from "./dom.js";

const WAIT_SECONDS = 20;
const BACKOFF_MS = [300, 600, 1200, 2500, 5000];
const EMPTY_ANSWER_MS_MIN = 400;

/**
 * Polls until `stop()`. Calls, in order of arrival:
 * `onChanges(answer, isReset)` for each answer; isReset: the phone's history began anew;
 * `onTurn()` when an answer without messages came early: the phone's switch or link has changed;
 * `onReach(bool)` when the service is lost or found again.
 */
export class Feed {
  constructor(api, number, calls) {
    this.api = api;
    this.number = number;
    this.calls = calls;
    this.stopper = new AbortController();
  }

  start() {
    this.run(this.stopper.signal);
    return this;
  }

  stop() {
    this.stopper.abort();
  }

  async run(signal) {
    let rev = 0;
    let wait = 0; // the first answer at once
    let failures = 0;
    while (!signal.aborted) {
      // A hidden tab holds no connection: a browser allows six a host, two of them are a page's.
      if (document.hidden) await untilVisible(signal);
      const asked = performance.now();
      try {
        const answer = await this.api.changes(this.number, rev, wait, signal);
        if (signal.aborted) return;
        if (failures > 0 || wait === 0) this.calls.onReach(true);
        failures = 0;
        this.calls.onChanges(answer, answer.rev < rev);
        const isEmpty = answer.messages.length === 0;
        rev = answer.rev;
        if (isEmpty && wait > 0) {
          this.calls.onTurn();
          // A service that is stopping answers at once: do not run in circles meanwhile.
          await pause(EMPTY_ANSWER_MS_MIN - (performance.now() - asked), signal);
        }
        wait = answer.more ? 0 : WAIT_SECONDS;
      } catch (problem) {
        if (signal.aborted || !isPassing(problem)) return;
        this.calls.onReach(false);
        await pause(BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)], signal);
        failures += 1;
        wait = 0;
      }
    }
  }
}

function untilVisible(signal) {
  return new Promise((done) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      done();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look, { once: true });
  });
}
