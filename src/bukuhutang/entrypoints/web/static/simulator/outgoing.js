// Messages on their way from a phone to the service: one after another, again after a restart.

import { isPassing } from "./api.js";
import { pause } from "./dom.js";
import { say } from "./words.js";

const RETRY_MS = 1000;
export const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** The queue of one phone. `onChange(chatId)` when a waiting message is sent or refused. */
export class Outgoing {
  constructor(api, number, onChange) {
    this.api = api;
    this.number = number;
    this.onChange = onChange;
    this.stopper = new AbortController();
    this.last = Promise.resolve();
  }

  stop() {
    this.stopper.abort();
  }

  /** Queue a message (text, document, contact, replyTo); what to show until the phone has it. */
  add(chatId, fields) {
    const one = { id: freshId(), text: "", document: null, problem: null, ...fields, fields };
    this.last = this.last.then(() => this.send(chatId, one));
    return one;
  }

  async send(chatId, one) {
    const message = { to: chatId, id: one.id, ...one.fields };
    while (!this.stopper.signal.aborted) {
      try {
        await this.api.write(this.number, message);
        return;
      } catch (problem) {
        // Nobody knows whether it arrived. The same id again is taken as the same message.
        if (isPassing(problem)) {
          await pause(RETRY_MS, this.stopper.signal);
          continue;
        }
        one.problem = problem.message;
        this.onChange(chatId);
        return;
      }
    }
  }
}

// `crypto.randomUUID` exists only on https and localhost.
function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `WEB${Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("")}`;
}

/** A chosen file as the API takes it. Throws an Error whose message is for the person. */
export async function readFile(file, sizeText) {
  if (file.size === 0) throw new Error(say("fileEmpty"));
  if (file.size > FILE_BYTES_MAX) throw new Error(say("fileTooLarge", { size: sizeText }));
  const url = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(new Error(say("fileUnreadable")));
    reader.readAsDataURL(file);
  });
  const mimeType = file.type.split(";")[0].trim();
  return {
    fileName: file.name,
    mimeType: /^[\w.+-]+\/[\w.+-]+$/.test(mimeType) ? mimeType : "application/octet-stream",
    base64: url.slice(url.indexOf(",") + 1),
  };
}
