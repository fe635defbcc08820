// The list of a phone's chats: "Message yourself" first, then the newest.

import { make } from "./dom.js";
import { looksLikeNumber, shownNumber, timeOf } from "./format.js";
import { firstWords, ticksOf } from "./conversation.js";
import { say } from "./words.js";

/** `calls`: `open(chatId)`, `find(text)` the digits of a typed number, `unread(chat)`. */
export class ChatList {
  constructor(root, calls) {
    this.calls = calls;
    this.list = root.querySelector(".chats");
    this.form = root.querySelector(".new-chat");
    this.input = root.querySelector(".new-chat-number");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start();
    });
    this.input.addEventListener("input", () => this.input.setCustomValidity(""));
  }

  async start() {
    const typed = this.input.value.trim();
    try {
      if (!looksLikeNumber(typed)) throw new Error(say("numberLooksWrong"));
      const number = await this.calls.find(typed);
      this.input.value = "";
      this.calls.open(number);
    } catch (problem) {
      this.input.setCustomValidity(problem.message);
      this.input.reportValidity();
    }
  }

  /** Draw all chats, and those offered that do not exist yet. */
  show({ chats, others, nameOf }) {
    const own = chats.chat(chats.number);
    const rest = chats.sorted().filter((one) => one !== own && one.messages.length + one.waiting.length);
    const known = new Set(rest.map((one) => one.id));
    const offered = others.filter((id) => !known.has(id) && id !== chats.number);
    const focused = this.list.contains(document.activeElement)
      ? document.activeElement.dataset.chat
      : null;
    this.list.replaceChildren(
      this.row(own, say("toSelf"), "📒", chats.number),
      ...rest.map((one) => this.row(one, nameOf(one.id) ?? shownNumber(one.id), "💬", chats.number)),
      ...offered.map((id) =>
        this.row(chats.chat(id), nameOf(id) ?? shownNumber(id), "💬", chats.number)),
    );
    if (focused) this.focus(focused);
  }

  row(chat, name, sign, number) {
    const last = chat.waiting.at(-1) ?? chat.messages.at(-1);
    const unread = this.calls.unread(chat);
    const isMine = last?.from === number && last.to !== number;
    const words = last && firstWords(last);
    return make("li", {},
      make("button",
        { type: "button", class: "chat-row", "data-chat": chat.id, onclick: () => this.calls.open(chat.id) },
        make("span", { class: "chat-sign", "aria-hidden": "true" }, sign),
        make("span", { class: "chat-row-name", dir: "auto" }, name),
        make("time", { class: "chat-row-time" }, last?.at ? timeOf(new Date(last.at)) : ""),
        make("span", { class: "chat-row-last", dir: "auto" },
          isMine && ticksOf(last.ticks), isMine && " ", words || say("noMessages")),
        unread > 0 &&
          make("span", { class: "badge", "aria-label": say("unread", { count: unread }) }, String(unread)),
      ),
    );
  }

  focus(chatId) {
    const rows = [...this.list.querySelectorAll(".chat-row")];
    rows.find((one) => one.dataset.chat === chatId)?.focus();
  }
}
