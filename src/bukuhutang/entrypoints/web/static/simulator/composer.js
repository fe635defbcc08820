// Where a person writes: the draft, an attachment, example commands to tap.

import { make } from "./dom.js";
import { sizeOf } from "./format.js";
import { readFile } from "./outgoing.js";
import { say } from "./words.js";

const DRAFT_PX_MAX = 132;

/**
 * The form below a chat. `calls`: `send(fields)` a message, `edit(message, text)`, `problem(text)`.
 */
export class Composer {
  constructor(root, calls) {
    this.calls = calls;
    this.form = root.querySelector(".composer");
    this.draft = root.querySelector(".draft");
    this.chips = root.querySelector(".chips");
    this.input = root.querySelector(".file");
    this.attached = root.querySelector(".attached");
    this.referring = root.querySelector(".referring");
    this.contact = root.querySelector(".contact-form");
    this.drafts = new Map(); // chat -> text
    this.file = null;
    this.refer = null; // { message, isEdit }: what is replied to or edited
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
    root.querySelector(".unrefer").addEventListener("click", () => {
      if (this.refer?.isEdit) this.draft.value = "";
      this.unrefer();
      this.draft.focus();
    });
    root.querySelector(".contact-open").addEventListener("click", () => this.showContact());
    root.querySelector(".contact-cancel").addEventListener("click", () => this.hideContact());
    this.contact.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendContact();
    });
  }

  showContact() {
    this.contact.hidden = !this.contact.hidden;
    if (!this.contact.hidden) this.contact.elements.name.focus();
  }

  hideContact() {
    this.contact.reset();
    this.contact.hidden = true;
    this.draft.focus();
  }

  sendContact() {
    const { name, phone } = this.contact.elements;
    const contact = { name: name.value.trim(), phone: phone.value.trim() };
    if (!contact.name) return;
    this.calls.send({ contact, ...this.replyTo() });
    this.unrefer();
    this.hideContact();
  }

  /** The next message replies to this one, or is its new text. */
  referTo(message, { isEdit, words }) {
    this.detach();
    this.refer = { message, isEdit };
    this.referring.hidden = false;
    this.referring.querySelector(".referring-what").textContent = say(isEdit ? "editing" : "replying");
    this.referring.querySelector(".referring-text").textContent = words;
    if (isEdit) this.put(message.text);
    else this.draft.focus();
  }

  unrefer() {
    this.refer = null;
    this.referring.hidden = true;
    this.fit();
  }

  replyTo() {
    return this.refer && !this.refer.isEdit ? { replyTo: this.refer.message.id } : {};
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
    if (this.chatId && !this.refer?.isEdit) this.drafts.set(this.chatId, this.draft.value);
    this.detach();
    this.unrefer();
    this.contact.reset();
    this.contact.hidden = true;
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
    if (this.refer?.isEdit) {
      this.calls.edit(this.refer.message, text);
    } else {
      const document = this.file ? { document: this.file } : {};
      this.calls.send({ text, ...document, ...this.replyTo() });
    }
    this.draft.value = "";
    this.detach();
    this.unrefer();
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
