// One open chat: bubbles in order, the newest at the end. Long chats show their last part only.

import { isByService } from "./chats.js";
import { make } from "./dom.js";
import { appendFormatted, dayOf, plainLine, shownNumber, sizeOf, timeOf } from "./format.js";
import { say } from "./words.js";

const BUBBLES_MAX = 200;
const NEAR_END_PX = 80;
const TICKS = { pending: "🕓", sent: "✓", delivered: "✓✓", read: "✓✓", failed: "⚠" };

/** The scrolling part of a phone's chat view. */
export class Conversation {
  /**
   * `root` holds the view; `calls`: `download(document)`, `discard(waiting)`, and what is done to a
   * message: `reply(message)`, `edit(message)`, `react(message, emoji)`, `remove(message)`.
   */
  constructor(root, calls) {
    this.calls = calls;
    this.log = root.querySelector(".log");
    this.list = root.querySelector(".bubbles");
    this.earlier = root.querySelector(".earlier");
    this.jump = root.querySelector(".jump");
    this.empty = root.querySelector(".empty");
    this.bubbles = new Map(); // seq -> element
    this.waiting = []; // elements of messages on their way to the service
    this.earlier.addEventListener("click", () => this.showEarlier());
    this.jump.addEventListener("click", () => this.toEnd());
    this.follows = true; // whether the reader is at the end and stays there
    this.log.addEventListener("scroll", () => this.noteScroll(), { passive: true });
    // A banner, a keyboard or a growing draft takes room: the newest message stays in sight.
    new ResizeObserver(() => this.follows && this.toEnd()).observe(this.log);
  }

  /** Show a chat from its end. */
  open(chat, number) {
    this.chat = chat;
    this.number = number;
    this.first = Math.max(0, chat.messages.length - BUBBLES_MAX);
    this.rebuild();
    this.toEnd();
  }

  rebuild() {
    this.bubbles.clear();
    this.shown = this.first;
    this.lastDay = null;
    this.list.replaceChildren();
    this.append();
    this.earlier.hidden = this.first === 0;
  }

  /** Add what is new, at the end; follow it when the reader was there. */
  grow() {
    this.append();
    if (this.follows) this.toEnd();
    else this.noteScroll();
  }

  append() {
    const fresh = document.createDocumentFragment();
    for (const message of this.chat.messages.slice(this.shown)) {
      this.addDay(fresh, message);
      const bubble = this.bubbleOf(message);
      this.bubbles.set(message.seq, bubble);
      fresh.append(bubble);
    }
    this.shown = this.chat.messages.length;
    this.showWaiting(fresh);
  }

  showWaiting(fresh) {
    for (const one of this.waiting) one.remove();
    this.waiting = this.chat.waiting.map((one) => this.waitingBubble(one));
    this.list.append(fresh, ...this.waiting);
    this.empty.hidden = this.list.childElementCount > 0;
    this.empty.textContent = say(this.chat.id === this.number ? "emptySelf" : "emptyOther");
  }

  /** Renew the messages on their way, and follow them. */
  renewWaiting() {
    this.showWaiting(document.createDocumentFragment());
    this.toEnd();
  }

  /** Other ticks, text or reactions on a message that is shown. */
  renew(message) {
    const old = this.bubbles.get(message.seq);
    if (!old) return;
    const bubble = this.bubbleOf(message);
    const held = old.contains(document.activeElement);
    old.replaceWith(bubble);
    this.bubbles.set(message.seq, bubble);
    if (held) bubble.querySelector(".acts-open")?.focus({ preventScroll: true });
    if (this.follows) this.toEnd();
  }

  showEarlier() {
    const fromEnd = this.log.scrollHeight - this.log.scrollTop;
    this.first = Math.max(0, this.first - BUBBLES_MAX);
    this.rebuild();
    this.log.scrollTop = this.log.scrollHeight - fromEnd; // the same bubble stays under the eye
    if (this.earlier.hidden) this.log.focus({ preventScroll: true });
  }

  isAtEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_END_PX;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.noteScroll();
  }

  noteScroll() {
    this.follows = this.isAtEnd();
    this.jump.hidden = this.follows;
  }

  addDay(parent, message) {
    const day = dayOf(new Date(message.at));
    if (day === this.lastDay) return;
    this.lastDay = day;
    parent.append(make("li", { class: "day" }, day));
  }

  bubbleOf(message) {
    const mine = message.from === this.number;
    const service = mine && message.to === this.number && isByService(message);
    const side = service ? "theirs service" : mine ? "mine" : "theirs";
    const bubble = make("li", { class: `bubble ${side}`, "data-seq": message.seq });
    if (service) {
      bubble.append(make("p", { class: "who", title: say("byServiceWhy") }, say("byService")));
    } else if (!mine && message.to.endsWith("@g.us")) {
      bubble.append(make("p", { class: "who" }, shownNumber(message.from)));
    }
    if (message.replyTo) bubble.append(this.quote(message.replyTo));
    if (message.document) bubble.append(this.card(message.document));
    for (const one of message.contacts ?? []) bubble.append(contactOf(one));
    const at = new Date(message.at);
    bubble.append(
      message.deleted ? make("p", { class: "text gone" }, `🚫 ${say("deleted")}`) : textOf(message.text),
      make("p", { class: "meta" },
        !message.deleted && this.actsButton(message, bubble, mine),
        message.edited && say("edited"),
        make("time", { datetime: message.at }, timeOf(at)),
        mine && !service && ticksOf(message.ticks)),
    );
    if (message.reactions) bubble.append(reactionsOf(message.reactions));
    return bubble;
  }

  /** What another message said, above the reply to it. */
  quote(id) {
    const quoted = this.chat.messages.find((one) => one.id === id);
    return make("p", { class: "quote", dir: "auto" }, quoted ? firstWords(quoted) : "…");
  }

  actsButton(message, bubble, mine) {
    const button = make("button", {
      type: "button", class: "acts-open", "aria-expanded": "false",
      "aria-label": say("acts"), title: say("acts"),
      onclick: () => this.toggleActs(message, bubble, mine),
    }, "⋯");
    return button;
  }

  /** Open what can be done to this message, or close it. */
  toggleActs(message, bubble, mine) {
    const isOpen = bubble.querySelector(".acts") !== null;
    for (const open of this.list.querySelectorAll(".acts")) open.remove();
    for (const one of this.list.querySelectorAll(".acts-open")) one.ariaExpanded = "false";
    if (isOpen) return;
    bubble.querySelector(".acts-open").ariaExpanded = "true";
    const own = message.reactions?.find((one) => one.from === this.number);
    const act = (words, name, call) => make("button", {
      type: "button", class: `act ${name}`,
      onclick: () => {
        this.toggleActs(message, bubble, mine);
        call();
      },
    }, words);
    const row = make("div", { class: "acts", role: "group", "aria-label": say("acts") },
      act(say("reply"), "reply", () => this.calls.reply(message)),
      act(own ? say("reactBack") : "👍", "react", () => this.calls.react(message, own ? "" : "👍")),
      mine && message.text && act(say("edit"), "edit", () => this.calls.edit(message)),
      mine && act(say("remove"), "remove", () => this.calls.remove(message)));
    bubble.append(row);
    row.scrollIntoView({ block: "nearest" });
  }

  waitingBubble(one) {
    const bubble = make("li", { class: "bubble mine waiting" });
    if (one.document) bubble.append(make("p", { class: "card-name" }, `📄 ${one.document.fileName}`));
    if (one.contact) bubble.append(contactOf(one.contact));
    bubble.append(textOf(one.text));
    if (one.problem === null) {
      bubble.append(make("p", { class: "meta" }, ticksOf("pending")));
      return bubble;
    }
    const onclick = () => this.calls.discard(one);
    bubble.append(
      make("p", { class: "problem", role: "alert" }, say("notSent", { reason: one.problem })),
      make("button", { type: "button", class: "discard", onclick }, say("discard")),
    );
    return bubble;
  }

  card(file) {
    const size = sizeOf(file.size);
    return make(
      "button",
      {
        type: "button",
        class: "document",
        "aria-label": say("download", { name: file.fileName, size }),
        onclick: () => this.calls.download(file),
      },
      make("span", { class: "document-sign", "aria-hidden": "true" }, signOf(file)),
      make("span", { class: "card-name", dir: "auto" }, file.fileName),
      make("span", { class: "document-size" }, `${size} ⤓`),
    );
  }
}

function signOf(file) {
  if (file.mimeType.startsWith("image/")) return "🖼️";
  return file.mimeType.startsWith("audio/") ? "🎤" : "📄";
}

function contactOf(contact) {
  return make("p", { class: "contact", dir: "auto" },
    make("span", { "aria-hidden": "true" }, "👤 "),
    make("strong", {}, contact.name),
    make("span", { class: "contact-number" }, contact.phone));
}

function reactionsOf(reactions) {
  const signs = reactions.map((one) => one.emoji).join("");
  return make("p", { class: "reactions", "aria-label": say("reactions", { signs }) }, signs);
}

/** The first line of a message in plain words, whatever it is. */
export function firstWords(message) {
  if (message.deleted) return `🚫 ${say("deleted")}`;
  const [contact] = message.contact ? [message.contact] : (message.contacts ?? []);
  return (
    plainLine(message.text ?? "") ||
    (message.document && `${signOf(message.document)} ${message.document.fileName}`) ||
    (contact && `👤 ${contact.name}`) ||
    ""
  );
}

function textOf(text) {
  const shown = make("p", { class: "text", dir: "auto" });
  appendFormatted(shown, text);
  return shown;
}

/** The marks beside one's own message, with a name for who cannot see them. */
export function ticksOf(ticks) {
  const name = say(`tick_${ticks}`);
  const attributes = { class: `ticks ${ticks}`, role: "img", "aria-label": name, title: name };
  return make("span", attributes, TICKS[ticks]);
}
