// The HTTP interface as functions. Every request carries the key; none is ever put into an address.

const REQUEST_MS_MAX = 30_000;

/** The service said no: `detail` is a sentence in the page's language. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
  }
}

/** The service did not answer: it is stopped, restarting or out of reach. */
export class Unreachable extends Error {}

/** Whether the service or the way to it said no; anything else is a defect of this page. */
export function isFromService(problem) {
  return problem instanceof Unreachable || problem instanceof Refused;
}

/** Whether trying the same request again later may help. */
export function isPassing(problem) {
  return problem instanceof Unreachable || (problem instanceof Refused && problem.status >= 500);
}

/**
 * The service behind `key`. `language()` names the language of refusals; `onWrongKey(message)` is
 * called when the key is not accepted, whoever asked.
 */
export function createApi({ key, language, onWrongKey }) {
  async function ask(method, path, { body, signal, waitMs = 0 } = {}) {
    const headers = { "X-API-Key": key, "Accept-Language": language() };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const timeout = AbortSignal.timeout(REQUEST_MS_MAX + waitMs);
    let answer;
    try {
      answer = await fetch(path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        cache: "no-store",
      });
    } catch (problem) {
      if (signal?.aborted) throw problem;
      throw new Unreachable(String(problem));
    }
    if (answer.ok) return answer;
    const refused = new Refused(answer.status, await problemIn(answer));
    const keyCodes = ["key_missing", "key_wrong", "too_many_attempts"];
    if ([401, 403].includes(answer.status) || keyCodes.includes(refused.code)) {
      onWrongKey(refused.message);
    }
    throw refused;
  }

  async function json(method, path, options) {
    const answer = await ask(method, path, options);
    try {
      return await answer.json();
    } catch (problem) {
      if (options?.signal?.aborted) throw problem;
      throw new Unreachable(String(problem)); // the connection broke within the answer
    }
  }

  const phone = (number) => `/simulator/phones/${encodeURIComponent(number)}`;
  const tenant = (id) => `/admin/tenant/${id}`;
  return {
    tenants: (search = "") =>
      json("GET", `/admin/tenants${search && `?search=${encodeURIComponent(search)}`}`),
    tenant: (id) => json("GET", tenant(id)),
    register: (fields) => json("POST", "/admin/tenants/register", { body: fields }),
    toggle: (id) => json("POST", `${tenant(id)}/toggle`),
    qr: (id, signal) => json("GET", `${tenant(id)}/qr`, { signal }),
    qrSvg: async (id, signal) => (await ask("GET", `${tenant(id)}/qr.svg`, { signal })).text(),

    phone: (number) => json("GET", phone(number)),
    scan: (number, qr) => json("POST", `${phone(number)}/scan`, { body: { qr } }),
    pair: (number, code) => json("POST", `${phone(number)}/pair`, { body: { code } }),
    write: (number, message) => json("POST", `${phone(number)}/messages`, { body: message }),
    changes: (number, after, wait, signal) =>
      json("GET", `${phone(number)}/changes?after=${after}&wait=${wait}`, {
        signal,
        waitMs: wait * 1000,
      }),
    receipt: (number, id, state) =>
      json("POST", `${phone(number)}/receipts`, { body: { id, state } }),
    connection: (number, state) =>
      json("POST", `${phone(number)}/connection`, { body: { state } }),
    document: async (href) => (await ask("GET", href)).blob(),

    clock: () => json("GET", "/simulator/clock"),
    advance: (seconds) => json("POST", "/simulator/clock", { body: { advanceSeconds: seconds } }),
  };
}

async function problemIn(answer) {
  try {
    return await answer.json();
  } catch {
    return {};
  }
}
