// Asking the station: every command of the panel is a request to the station API.

const PREFIX = "/api/v1";

export class Refused extends Error {
  constructor(problem, status) {
    super([problem.detail, problem.what_to_do].filter(Boolean).join(" "));
    this.status = status;
    this.code = problem.code || "";
  }
}

/** Send `body` as JSON. Throws Refused with the station's own words, or TypeError when it is away. */
export async function ask(method, path, body, headers = {}) {
  return (await sent(method, path, body, headers)).answer;
}

async function sent(method, path, body, headers) {
  const response = await fetch(PREFIX + path, {
    method,
    headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(10000),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(answer, response.status);
  return { answer, response };
}

/** Change what may have changed meanwhile: only if it is still as it was a moment ago. */
export async function change(method, path, body) {
  const { response } = await sent("GET", path, undefined, {});
  return ask(method, path, body, { "If-Match": response.headers.get("ETag"), "Idempotency-Key": key() });
}

export const post = (path, body = {}) => ask("POST", path, body, { "Idempotency-Key": key() });
export const read = (path) => ask("GET", path);

function key() {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (each) => each.toString(16).padStart(2, "0")).join("");
}
