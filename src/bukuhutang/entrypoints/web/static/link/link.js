// The page on which a lender links a phone: asks for its state, shows it, asks for codes.
// Written for old and cheap phones: no framework, small answers, nothing that needs a new browser.

import { fill, wordsOf } from "./words.js";

const BUSY_MS = 1500;
const QUIET_MS = 5000;
const ANSWER_MS_MAX = 15000;
const ASK_PAUSE_MS = 2200;
const BUSY = ["start", "waiting", "qr", "code", "connecting"];
const ASKS_AGAIN = ["timeout", "passkey", "failed", "wrong_number", "logged_out"];
const TRIES_AGAIN = ["replaced", "banned", "outdated", "paused_open"];
const HAS_STEPS = ["waiting", "qr", "code", ...ASKS_AGAIN];

const base = location.pathname.replace(/\/$/, "");
const at = (id) => document.getElementById(id);

let state = null;
let words = wordsOf("id");
let pictureMark = "";
let renewsAt = 0;
let hasAsked = false;
let timer = 0;
let asking = Promise.resolve();

async function ask(path, body) {
  const stopper = new AbortController();
  const limit = setTimeout(() => stopper.abort(), ANSWER_MS_MAX);
  try {
    const answer = await fetch(base + path, {
      method: body ? "POST" : "GET",
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body ? JSON.stringify(body) : undefined,
      cache: "no-store",
      signal: stopper.signal,
    });
    if (answer.status === 404) {
      location.reload(); // the link has ended: the server says so in its own words
      return null;
    }
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return await answer.json();
  } finally {
    clearTimeout(limit);
  }
}

/** One request at a time, so that an older answer never follows a newer one. */
function exchange(path, body) {
  asking = asking.then(async () => {
    try {
      const answer = await ask(path, body);
      if (answer) show(answer);
      at("lost").textContent = "";
    } catch (problem) {
      at("lost").textContent = words.lost;
    }
  });
  return asking;
}

async function look() {
  clearTimeout(timer);
  if (!document.hidden) await exchange(`/state?have=${pictureMark}`);
  // Whoever comes for the first time wants a code; later only a person asks for another one.
  if (state && state.step === "start" && !hasAsked) wish("qr");
  clearTimeout(timer);
  timer = setTimeout(look, !state || BUSY.includes(state.step) ? BUSY_MS : QUIET_MS);
}

function wish(how) {
  hasAsked = true;
  for (const id of ["again", "only-phone"]) {
    at(id).disabled = true;
    setTimeout(() => (at(id).disabled = false), ASK_PAUSE_MS);
  }
  at("only-phone").setAttribute("aria-checked", String(how === "code"));
  return exchange("/code", { how }).then(look);
}

function wantedHow() {
  return at("only-phone").getAttribute("aria-checked") === "true" ? "code" : "qr";
}

// --- drawing ---

function put(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text; // a live region says it once
}

function untilText() {
  if (!state.until) return "";
  const shape = { timeZone: state.timezone, weekday: "long", hour: "2-digit", minute: "2-digit" };
  return new Date(state.until).toLocaleString(state.language === "id" ? "id-ID" : "en-GB", shape);
}

function show(answer) {
  state = answer;
  words = wordsOf(state.language);
  const step = state.step === "paused" && !state.until ? "paused_open" : state.step;
  const number = state.number.replaceAll("-", "\u2011"); // a number is read on one line
  const values = { name: state.name, number, tail: state.tail, until: untilText() };
  document.documentElement.lang = state.language;
  for (const one of document.querySelectorAll("[data-word]")) {
    if (one.textContent !== words[one.dataset.word]) one.textContent = words[one.dataset.word];
  }
  put("title", fill(words.title, values));
  put("number", state.number);
  document.title = `${fill(words.title, values)} · BukuHutang`;
  const [sign, head, text] = words[step] || words.waiting;
  at("card").dataset.step = step;
  put("sign", sign);
  put("head", head);
  put("text", fill(text, values));
  showQr(step);
  at("code-box").hidden = step !== "code";
  put("pair-code", state.pairCode || "");
  if (step !== "code" || !at("copy").textContent) put("copy", words.copy);
  at("again").hidden = !ASKS_AGAIN.includes(step) && !TRIES_AGAIN.includes(step);
  put("again", TRIES_AGAIN.includes(step) ? words.tryAgain : words.again);
  at("only-phone").hidden = !HAS_STEPS.includes(step);
  if (["qr", "code"].includes(step)) {
    at("only-phone").setAttribute("aria-checked", String(state.how === "code"));
  }
  showSteps(step, values);
  at("note").hidden = !HAS_STEPS.includes(step);
  document.querySelector("main").hidden = false;
}

function showQr(step) {
  at("qr-box").hidden = step !== "qr";
  if (step !== "qr") return;
  renewsAt = performance.now() + state.secondsLeft * 1000;
  if (state.qr) {
    pictureMark = state.qrMark;
    at("qr").src = `data:image/svg+xml,${encodeURIComponent(state.qr)}`;
    at("qr").alt = words.qrAlt;
  }
  count();
}

function showSteps(step, values) {
  at("how").hidden = !HAS_STEPS.includes(step);
  const list = words[wantedHow() === "code" ? "steps_code" : "steps_qr"];
  const lines = list.map((line) => fill(line, values));
  const steps = at("steps");
  if (steps.dataset.shown === lines.join("|")) return;
  steps.dataset.shown = lines.join("|");
  steps.replaceChildren(...lines.map((line) => {
    const item = document.createElement("li");
    item.textContent = line;
    return item;
  }));
}

function count() {
  if (!state || state.step !== "qr") return;
  const seconds = Math.max(0, Math.ceil((renewsAt - performance.now()) / 1000));
  at("count").textContent = seconds > 0 ? fill(words.count, { seconds }) : words.renewing;
}

async function copy() {
  try {
    await navigator.clipboard.writeText(state.pairCode.replace("-", ""));
    put("copy", words.copied);
  } catch {
    // Some browsers forbid it; the code is short enough to be typed.
  }
}

at("again").addEventListener("click", () => wish(wantedHow()));
at("only-phone").addEventListener("click", () => wish(wantedHow() === "code" ? "qr" : "code"));
at("copy").addEventListener("click", copy);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) look();
});
setInterval(count, 1000);
look();
