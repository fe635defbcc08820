// One open chat: bubbles in order, the newest at the end. Long chats show their last part only.

import { isByService } from "./chats.js";
import { make } from "./dom.js";
import { appendFormatted, dayOf, shownNumber, sizeOf, timeOf } from "./format.js";
import { say } from "./words.js";

const BUBBLES_MAX = 200;
const NEAR_END_PX = 80;
const TICKS = { pending: "🕓", sent: "✓", delivered: "✓✓", read: "✓✓", failed: "⚠" };

/** The scrolling part of a phone's chat view. */
export class Conversation {
  /** `root` holds the view; `calls`: `download(document)`, `discard(waiting)`. */
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

  /** Other ticks on a message that is shown. */
  renew(message) {
    this.bubbles.get(message.seq)?.querySelector(".ticks")?.replaceWith(ticksOf(message.ticks));
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
    if (message.document) bubble.append(this.card(message.document));
    const at = new Date(message.at);
    bubble.append(
      textOf(message.text),
      make("p", { class: "meta" },
        make("time", { datetime: message.at }, timeOf(at)),
        mine && !service && ticksOf(message.ticks)),
    );
    return bubble;
  }

  waitingBubble(one) {
    const bubble = make("li", { class: "bubble mine waiting" });
    if (one.document) bubble.append(make("p", { class: "card-name" }, `📄 ${one.document.fileName}`));
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
      make("span", { class: "document-sign", "aria-hidden": "true" }, "📄"),
      make("span", { class: "card-name", dir: "auto" }, file.fileName),
      make("span", { class: "document-size" }, `${size} ⤓`),
    );
  }
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
