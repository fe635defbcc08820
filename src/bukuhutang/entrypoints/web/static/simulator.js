// The page: takes the key from the address, asks for it when there is none, and puts the clock,
// the operator's screen and two phones together. Words: words.js; HTTP: api.js.

import { createApi, isFromService, isPassing } from "./simulator/api.js";
import { BusinessClock } from "./simulator/clock.js";
import { memory } from "./simulator/dom.js";
import { typedNumber } from "./simulator/format.js";
import { Phone } from "./simulator/phone.js";
import { Screen } from "./simulator/screen.js";
import { language, putWords, say, switchLanguage } from "./simulator/words.js";

const KEY = "bukuhutang.key";
const NUMBERS = { lender: "081211112222", borrower: "081333334444" };
const RETRY_MS = 1000;

const find = (id) => document.getElementById(id);
const gate = find("gate");
const stage = find("stage");
let page = null;

takeKeyFromAddress();
putWords(document.body);
find("language").addEventListener("click", () => {
  switchLanguage();
  putWords(document.body);
  page?.redraw();
});
gate.addEventListener("submit", (event) => {
  event.preventDefault();
  const input = find("gate-key");
  sessionStorage.setItem(KEY, input.value.trim());
  input.value = "";
  open();
});
window.addEventListener("hashchange", () => {
  if (takeKeyFromAddress()) location.reload();
});
// A page that comes back from the browser's memory has lost its polls.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

/** `#key=…` moves into this tab's memory at once: not into history, bookmarks or screenshots. */
function takeKeyFromAddress() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (!key) return false;
  sessionStorage.setItem(KEY, key);
  history.replaceState(null, "", location.pathname + location.search);
  return true;
}

async function open() {
  const key = sessionStorage.getItem(KEY);
  if (!key) {
    askForKey("");
    return;
  }
  const api = createApi({ key, language, onWrongKey: askForKey });
  const opened = new Page(api);
  try {
    await opened.start();
  } catch (problem) {
    if (!isFromService(problem)) throw problem;
    if (!isPassing(problem)) return; // the form says why
    opened.reached("start", false);
    setTimeout(open, RETRY_MS);
  }
}

function askForKey(problem) {
  sessionStorage.removeItem(KEY);
  page?.end();
  page = null;
  stage.hidden = true;
  find("clock").hidden = true;
  gate.hidden = false;
  find("gate-problem").textContent = problem;
  find("gate-key").focus();
}

/** Everything that needs the key. */
class Page {
  constructor(api) {
    this.api = api;
    this.unreached = new Set();
  }

  /** Throws what the API throws, before anything is on show. */
  async start() {
    await this.api.clock(); // the key is looked at before anything is built
    page?.end();
    page = this;
    this.clock = new BusinessClock(find("clock"), this.api, {
      onJump: () => this.screen.clockJumped(),
      problem: (problem) => this.tell(problem),
    });
    await this.clock.start();
    this.phones = { lender: this.phone("lender"), borrower: this.phone("borrower") };
    this.screen = new Screen(find("screen-body"), this.api, {
      phone: this.phones.lender,
      now: () => this.clock.now(),
      chosen: (tenant) => this.chosen(tenant),
      linkedNow: () => this.openNotes({ focus: true }),
      hasStarted: () => this.phones.lender.hasNotes,
      example: () => examplesForLender(this.phones.borrower.number)[0],
      putExample: () => this.putExample(),
    });
    gate.hidden = true;
    stage.hidden = false;
    this.listenToTabs();
    for (const [role, phone] of Object.entries(this.phones)) {
      await phone.hold(memory.read(`number.${role}`, NUMBERS[role]));
    }
    await this.screen.start();
    this.show(stage.dataset.shown);
    this.reached("start", true);
  }

  phone(role) {
    return new Phone(find(role), role, this.api, {
      examples: (phone, chatId) => this.examples(phone, chatId),
      nameOf: (number) => this.nameOf(number),
      others: (phone) => this.others(phone),
      onView: (phone) => this.viewChanged(phone),
      onUnread: (phone) => this.showUnread(phone),
      onReach: (phone, isReached) => this.reached(phone.role, isReached),
    });
  }

  end() {
    for (const phone of Object.values(this.phones ?? {})) phone.end();
    this.screen?.end();
    this.clock.end();
  }

  async chosen(tenant) {
    const { lender } = this.phones;
    await lender.hold(tenant.phoneNumber);
    await lender.refresh();
    if (lender.view.linked) this.openNotes({ focus: false });
    this.redrawPhones();
  }

  /** The lender's "Message yourself", where the book is kept. */
  openNotes(options) {
    this.show("lender");
    const { lender } = this.phones;
    if (lender.openChat?.id !== lender.number) lender.open(lender.number, options);
  }

  putExample() {
    const { lender, borrower } = this.phones;
    this.openNotes({ focus: true });
    lender.composer.put(examplesForLender(borrower.number)[0]);
  }

  // --- what a phone asks ---

  examples(phone, chatId) {
    const { lender, borrower } = this.phones;
    if (phone === lender && chatId === lender.number) return examplesForLender(borrower.number);
    if (phone === borrower && chatId === lender.number) return ["sisa hutang saya?", "STOP"];
    return [];
  }

  nameOf(number) {
    if (number === this.screen?.tenant?.phoneNumber) return this.screen.tenant.name;
    const role = Object.keys(NUMBERS).find((one) => this.phones?.[one]?.number === number);
    return role ? say(role) : null;
  }

  others(phone) {
    const { lender, borrower } = this.phones;
    const other = phone === lender ? borrower?.number : lender?.number;
    return other ? [other] : [];
  }

  viewChanged(phone) {
    if (phone === this.phones.lender) this.screen?.phoneChanged();
    this.redrawPhones(phone);
  }

  /** A number or name may stand in the other phone's list. */
  redrawPhones(but) {
    for (const phone of Object.values(this.phones)) if (phone !== but) phone.showList();
  }

  showUnread(phone) {
    if (phone === this.phones.lender) this.screen?.phoneChanged();
    const badge = find(`tab-${phone.role}`).querySelector(".badge");
    const count = phone.chats.allUnread();
    badge.hidden = count === 0;
    badge.textContent = String(count);
    badge.setAttribute("aria-label", say("unread", { count }));
  }

  reached(who, isReached) {
    if (isReached) this.unreached.delete(who);
    else this.unreached.add(who);
    find("reconnecting").textContent = this.unreached.size > 0 ? say("reconnecting") : "";
  }

  tell(problem) {
    if (!isFromService(problem)) throw problem;
    const reason = isPassing(problem) ? say("noAnswer") : problem.message;
    this.screen.tell(say("notDone", { reason }));
  }

  // --- narrow screens show one phone at a time ---

  listenToTabs() {
    const tabs = [...stage.querySelectorAll("[role=tab]")];
    for (const tab of tabs) tab.onclick = () => this.show(tab.dataset.phone);
    stage.querySelector("[role=tablist]").onkeydown = (event) => {
      if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
      const other = tabs.find((tab) => tab.getAttribute("aria-selected") !== "true");
      this.show(other.dataset.phone);
      other.focus();
    };
  }

  show(role) {
    stage.dataset.shown = role;
    for (const tab of stage.querySelectorAll("[role=tab]")) {
      const isShown = tab.dataset.phone === role;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
    }
    this.phones[role].look();
  }

  redraw() {
    this.clock.draw();
    this.screen.show();
    for (const phone of Object.values(this.phones)) phone.redraw();
  }
}

function examplesForLender(borrower) {
  const number = typedNumber(borrower ?? NUMBERS.borrower);
  return [
    `PINJAM Budi ${number} 500rb 14hari`,
    "STATUS",
    "BAYAR Budi 200rb",
    "INGATKAN Budi",
    "BATAL",
  ];
}

open();
