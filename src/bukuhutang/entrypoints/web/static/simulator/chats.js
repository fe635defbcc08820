// What a phone knows: its messages by chat, what was seen and confirmed. No page elements here.

import { memory } from "./dom.js";

const OF_SERVICE = /^[a-z_]+:.+:\d+$/;

/** Whether the linked device wrote it: the service names its messages `in:12:1` and the like. */
export function isByService(message) {
  return OF_SERVICE.test(message.id);
}

// What was seen and told by chat, as seqs, and by which message to know the history again: in a new
// data folder the same seqs are other messages, and the browser still remembers the old ones.
const noMarks = () => ({ chats: {}, last: null });
const nameOf = (message) => `${message.id} ${message.at}`;

/** All chats of one number. */
export class Chats {
  /** `lastSeq` is the newest message that the phone has now. */
  constructor(number, lastSeq) {
    this.number = number;
    this.bySeq = new Map();
    this.chats = new Map(); // id -> { id, messages, received, waiting }
    const kept = memory.read(`marks.${number}`, null);
    this.marks = kept?.last?.seq <= lastSeq ? kept : noMarks();
  }

  /** Forget what came from the service; what waits to be sent stays. */
  reset() {
    this.bySeq.clear();
    for (const chat of this.chats.values()) {
      chat.messages = [];
      chat.received = [];
    }
    this.marks = noMarks();
  }

  /** The chat, made when it is new. */
  chat(id) {
    if (!this.chats.has(id)) {
      this.chats.set(id, { id, messages: [], received: [], waiting: [] });
    }
    return this.chats.get(id);
  }

  /** Take messages in; the chats with new ones, and the messages that only have other ticks. */
  apply(messages) {
    const grown = new Set();
    const changed = [];
    for (const message of messages) {
      const known = this.bySeq.get(message.seq);
      if (known) {
        // What is gone (a reaction taken back, a deleted file) is left out of the answer.
        for (const key of Object.keys(known)) if (!(key in message)) delete known[key];
        changed.push(Object.assign(known, message));
        continue;
      }
      this.bySeq.set(message.seq, message);
      const { last } = this.marks;
      if (last?.seq === message.seq && last.name !== nameOf(message)) this.marks = noMarks();
      const chat = this.chat(this.chatOf(message));
      chat.messages.push(message);
      chat.waiting = chat.waiting.filter((one) => one.id !== message.id);
      if (message.from !== this.number) chat.received.push(message.seq);
      grown.add(chat);
    }
    return { grown, changed };
  }

  /** A group is its own chat; else the other side, which for a note is oneself. */
  chatOf(message) {
    if (message.to.endsWith("@g.us")) return message.to;
    return message.from === this.number ? message.to : message.from;
  }

  mark(chat) {
    return (this.marks.chats[chat.id] ??= { seen: 0, told: 0 });
  }

  /** How many received messages nobody has looked at. */
  unread(chat) {
    const { seen } = this.mark(chat);
    let count = 0;
    while (count < chat.received.length && chat.received.at(-1 - count) > seen) count += 1;
    return count;
  }

  allUnread() {
    let count = 0;
    for (const chat of this.chats.values()) count += this.unread(chat);
    return count;
  }

  /** Somebody looks at the chat's end; true when that is news. */
  see(chat) {
    const last = chat.received.at(-1) ?? 0;
    const mark = this.mark(chat);
    if (mark.seen >= last) return false;
    mark.seen = last;
    if (last > (this.marks.last?.seq ?? 0)) {
      this.marks.last = { seq: last, name: nameOf(this.bySeq.get(last)) };
    }
    this.remember();
    return true;
  }

  /** Seen messages whose sender has no blue ticks yet, oldest first. Groups have none. */
  untold(chat) {
    if (chat.id.endsWith("@g.us")) return [];
    const { seen, told } = this.mark(chat);
    let first = chat.received.length;
    while (first > 0 && chat.received[first - 1] > told) first -= 1;
    const seqs = chat.received.slice(first).filter((seq) => seq <= seen);
    return seqs.map((seq) => this.bySeq.get(seq));
  }

  tell(chat, message) {
    const mark = this.mark(chat);
    mark.told = Math.max(mark.told, message.seq);
    this.remember();
  }

  remember() {
    memory.write(`marks.${this.number}`, this.marks);
  }

  /** Chats with the newest first. */
  sorted() {
    const rank = (chat) => (chat.waiting.length ? Infinity : (chat.messages.at(-1)?.seq ?? 0));
    return [...this.chats.values()].sort((one, other) => rank(other) - rank(one) || 0);
  }
}
