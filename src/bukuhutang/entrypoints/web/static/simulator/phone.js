// One phone: its number, its switch, the list of chats and the open one.

import { isFromService, isPassing } from "./api.js";
import { ChatList } from "./chat_list.js";
import { Chats } from "./chats.js";
import { Composer } from "./composer.js";
import { Conversation, firstWords } from "./conversation.js";
import { memory } from "./dom.js";
import { Feed } from "./feed.js";
import { shownNumber } from "./format.js";
import { Outgoing } from "./outgoing.js";
import { PhoneTop } from "./phone_top.js";
import { putWords, say } from "./words.js";

const REACHABLE = ["online", "logged_out", "restricted"];

/**
 * A phone in `slot`. `calls`:
 * `examples(phone, chatId)` texts to tap; `nameOf(number)` a name or nothing;
 * `others(phone)` numbers to offer as chats; `onView()` its number, link or state changed;
 * `onUnread()`; `onReach(bool)` the service is lost or found.
 */
export class Phone {
  constructor(slot, role, api, calls) {
    const template = document.getElementById("phone-template");
    slot.replaceChildren(template.content.cloneNode(true));
    this.slot = slot;
    this.role = role;
    this.api = api;
    this.calls = calls;
    this.root = slot.querySelector(".phone");
    putWords(slot);
    this.root.setAttribute("aria-label", say(role));
    this.note = this.root.querySelector(".phone-note");
    this.view = null; // what GET /simulator/phones/{number} says
    this.openChat = null;
    this.top = new PhoneTop(this.root, {
      number: (text) => this.hold(text),
      state: (state) => this.turn(state),
      pair: (code) => this.pair(code),
    });
    this.list = new ChatList(this.root, {
      open: (id) => this.open(id),
      find: async (text) => (await api.phone(text)).number,
      unread: (chat) => this.chats.unread(chat),
    });
    this.conversation = new Conversation(this.root, {
      download: (file) => this.download(file),
      discard: (one) => this.discard(one),
      reply: (message) => this.refer(message, false),
      edit: (message) => this.refer(message, true),
      react: (message, emoji) => this.act({ reaction: { to: message.id, emoji } }),
      remove: (message) => this.act({ delete: { id: message.id } }),
    });
    this.composer = new Composer(this.root, {
      send: (fields) => this.send(fields),
      edit: (message, text) => this.act({ edit: { id: message.id, text } }),
      problem: (text) => this.tellNote(text),
    });
    this.root.querySelector(".back").addEventListener("click", () => this.close());
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.openChat) this.close();
    });
    this.onVisible = () => this.look();
    document.addEventListener("visibilitychange", this.onVisible);
  }

  /** Stop everything; the page is built anew or the key was wrong. */
  end() {
    this.feed?.stop();
    this.outgoing?.stop();
    document.removeEventListener("visibilitychange", this.onVisible);
  }

  get number() {
    return this.view?.number ?? null;
  }

  /** Whether anything was ever written in "Message yourself". */
  get hasNotes() {
    return this.chats.chat(this.number).messages.length > 0;
  }

  get isReachable() {
    return REACHABLE.includes(this.view?.state);
  }

  /** Hold another number in this phone. Throws Refused for one that nobody can have. */
  async hold(number) {
    const view = await this.api.phone(number);
    if (view.number === this.number) return this.take(view);
    this.feed?.stop();
    this.outgoing?.stop();
    this.close({ focus: false });
    this.chats = new Chats(view.number, view.lastSeq);
    this.outgoing = new Outgoing(this.api, view.number, (id) => this.waitingChanged(id));
    this.take(view);
    memory.write(`number.${this.role}`, view.number);
    this.showList();
    this.feed = new Feed(this.api, view.number, {
      onChanges: (answer, isReset) => this.changed(answer, isReset),
      onTurn: () => this.refresh(),
      onReach: (isReached) => this.calls.onReach(this, isReached),
    }).start();
  }

  /** Ask for switch and link again. */
  async refresh() {
    const { number } = this;
    try {
      const view = await this.api.phone(number);
      if (number === this.number) this.take(view);
    } catch (problem) {
      if (!isFromService(problem)) throw problem; // the feed says when the service is away
    }
  }

  take(view) {
    const before = JSON.stringify([this.view?.number, this.view?.state, this.view?.linked]);
    this.view = view;
    if (before === JSON.stringify([view.number, view.state, view.linked])) return;
    this.showTop();
    this.look();
    this.calls.onView(this);
  }

  showTop() {
    this.top.show(this.view, say(this.role));
    const isPlain = this.view.state === "online";
    this.tellNote(isPlain ? "" : say(`note_${this.view.state}`));
    this.composer.allow(this.view.state !== "banned");
  }

  tellNote(text) {
    this.note.textContent = text;
  }

  async turn(state) {
    await this.attempt(async () => {
      await this.api.connection(this.number, state);
      await this.refresh();
    });
  }

  /** Link by the eight characters that the linking page shows. */
  async pair(code) {
    await this.attempt(async () => {
      await this.api.pair(this.number, code);
      await this.refresh();
    });
  }

  async attempt(act, words = "notDone") {
    try {
      await act();
    } catch (problem) {
      if (!isFromService(problem)) throw problem;
      const reason = isPassing(problem) ? say("noAnswer") : problem.message;
      this.tellNote(say(words, { reason }));
    }
  }

  // --- what the service tells ---

  changed(answer, isReset) {
    if (isReset) this.chats.reset();
    const { grown, changed } = this.chats.apply(answer.messages);
    if (answer.state !== this.view.state) this.take({ ...this.view, state: answer.state });
    if (this.openChat) {
      if (isReset) this.conversation.open(this.openChat, this.number);
      else if (grown.has(this.openChat)) this.conversation.grow();
      for (const message of changed) this.conversation.renew(message);
    }
    if (answer.more) return; // thousands of messages arrive in pages; draw the list once
    this.look();
    this.showList();
  }

  // --- what the person does ---

  /** Go to a chat. */
  open(id, { focus = true } = {}) {
    this.openChat = this.chats.chat(id);
    this.root.dataset.view = "chat";
    this.root.querySelector(".list-view").hidden = true;
    this.root.querySelector(".chat-view").hidden = false;
    this.showNames();
    this.composer.open(id, this.calls.examples(this, id));
    this.composer.allow(this.view.state !== "banned");
    this.conversation.open(this.openChat, this.number);
    // On a touch screen the focus would raise the keyboard over half of the chat.
    if (focus && matchMedia("(pointer: fine)").matches) this.composer.draft.focus();
    this.look();
    this.showList();
  }

  close({ focus = true } = {}) {
    if (!this.openChat) return;
    const { id } = this.openChat;
    this.composer.leave();
    this.openChat = null;
    delete this.root.dataset.view;
    this.root.querySelector(".list-view").hidden = false;
    this.root.querySelector(".chat-view").hidden = true;
    this.showList();
    if (focus) this.list.focus(id);
  }

  showNames() {
    const { id } = this.openChat;
    const isSelf = id === this.number;
    const known = isSelf ? say("toSelf") : this.calls.nameOf(id);
    this.root.querySelector(".chat-name").textContent = known ?? shownNumber(id);
    const about = isSelf ? say("aboutSelf") : known ? shownNumber(id) : say("aboutOther");
    this.root.querySelector(".chat-about").textContent = about;
  }

  send(fields) {
    const chat = this.openChat;
    chat.waiting.push(this.outgoing.add(chat.id, fields));
    this.conversation.renewWaiting();
  }

  /** Reply to a message, or write it anew. */
  refer(message, isEdit) {
    this.composer.referTo(message, { isEdit, words: firstWords(message) });
  }

  /** Do something to a message: it is no message of its own, so nothing waits on the screen. */
  act(fields) {
    const { id } = this.openChat;
    return this.attempt(() => this.api.write(this.number, { to: id, ...fields }));
  }

  discard(one) {
    this.openChat.waiting = this.openChat.waiting.filter((other) => other !== one);
    this.conversation.renewWaiting();
  }

  waitingChanged(id) {
    if (this.openChat?.id === id) this.conversation.renewWaiting();
    this.showList();
  }

  /** Somebody may be looking at the open chat: then it is read, and its senders are told. */
  look() {
    if (!this.openChat || document.hidden || this.slot.offsetParent === null) return;
    if (this.chats.see(this.openChat)) this.showList();
    if (this.isReachable) this.tell(this.openChat);
  }

  async tell(chat) {
    if (this.telling) return;
    this.telling = true;
    const { number, chats } = this;
    try {
      for (let left = chats.untold(chat); left.length > 0; left = chats.untold(chat)) {
        for (const message of left) {
          if (number !== this.number || !this.isReachable) return;
          await this.api.receipt(number, message.id, "read");
          chats.tell(chat, message);
        }
      }
    } catch (problem) {
      // The phone was switched off meanwhile, or the service is away: told at the next look.
      if (!isFromService(problem)) throw problem;
    } finally {
      this.telling = false;
    }
  }

  async download(file) {
    await this.attempt(async () => {
      const url = URL.createObjectURL(await this.api.document(file.href));
      const link = document.createElement("a");
      link.href = url;
      link.download = file.fileName;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be reading
    }, "notFetched");
  }

  // --- drawing ---

  showList() {
    if (!this.chats) return;
    this.list.show({
      chats: this.chats,
      others: this.calls.others(this),
      nameOf: (id) => this.calls.nameOf(id),
    });
    this.calls.onUnread(this);
  }

  /** Everything again, after the language or a name changed. */
  redraw() {
    putWords(this.root);
    this.root.setAttribute("aria-label", say(this.role));
    if (!this.view) return;
    this.showTop();
    this.showList();
    if (!this.openChat) return;
    this.showNames();
    this.conversation.rebuild();
    this.conversation.toEnd();
  }
}
