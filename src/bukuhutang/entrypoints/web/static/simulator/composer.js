// Where a person writes: the draft, an attachment, example commands to tap.

import { make } from "./dom.js";
import { sizeOf } from "./format.js";
import { readFile } from "./outgoing.js";

const DRAFT_PX_MAX = 132;

/** The form below a chat. `calls`: `send(text, file)`, `problem(text)`. */
export class Composer {
  constructor(root, calls) {
    this.calls = calls;
    this.form = root.querySelector(".composer");
    this.draft = root.querySelector(".draft");
    this.chips = root.querySelector(".chips");
    this.input = root.querySelector(".file");
    this.attached = root.querySelector(".attached");
    this.drafts = new Map(); // chat -> text
    this.file = null;
    this.listen(root);
  }

  listen(root) {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.draft.addEventListener("keydown", (event) => {
      // Enter also ends the choice of a word in input methods of other scripts.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.draft.addEventListener("input", () => this.fit());
    this.input.addEventListener("change", () => this.attach());
    root.querySelector(".detach").addEventListener("click", () => {
      this.detach();
      this.draft.focus();
    });
  }

  /** Go to a chat: its own draft, its own examples. */
  open(chatId, examples) {
    this.leave();
    this.chatId = chatId;
    this.draft.value = this.drafts.get(chatId) ?? "";
    this.fit();
    const chip = (text) =>
      make("button", { type: "button", class: "chip", onclick: () => this.put(text) }, text);
    this.chips.replaceChildren(...examples.map(chip));
    this.chips.hidden = examples.length === 0;
  }

  leave() {
    if (this.chatId) this.drafts.set(this.chatId, this.draft.value);
    this.detach();
  }

  /** Write into the draft and leave the sending to the person. */
  put(text) {
    this.draft.value = text;
    this.fit();
    this.draft.focus();
  }

  /** A banned phone cannot write. */
  allow(isAllowed) {
    for (const one of this.form.elements) one.disabled = !isAllowed;
    for (const one of this.chips.children) one.disabled = !isAllowed;
  }

  submit() {
    const text = this.draft.value;
    if (!text.trim() && !this.file) return;
    this.calls.send(text, this.file);
    this.draft.value = "";
    this.detach();
    this.fit();
  }

  async attach() {
    const [chosen] = this.input.files;
    if (!chosen) return;
    const chatId = this.chatId;
    try {
      const file = await readFile(chosen, sizeOf(chosen.size));
      if (chatId !== this.chatId) return;
      this.file = file;
      this.attached.hidden = false;
      this.attached.querySelector(".attached-name").textContent =
        `📄 ${file.fileName} · ${sizeOf(chosen.size)}`;
      this.draft.focus();
    } catch (problem) {
      this.detach();
      this.calls.problem(problem.message);
    }
  }

  detach() {
    this.file = null;
    this.input.value = "";
    this.attached.hidden = true;
  }

  fit() {
    this.draft.style.height = "auto";
    this.draft.style.height = `${Math.min(this.draft.scrollHeight + 2, DRAFT_PX_MAX)}px`;
  }
}
