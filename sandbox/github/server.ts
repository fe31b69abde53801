/** The stand-in's HTTP: who asks, faults, paging, ETags, and answers that are held against GitHub's own description. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createFaults, type Strike } from "../cloud/faults.ts";
import type { Answer, Handlers } from "./call.ts";
import { complete } from "./complete.ts";
import type { Description, Json, Operation } from "./description.ts";
import { serveGit } from "./git.ts";
import { notFound, Refusal } from "./refusal.ts";
import { type Matched, Router } from "./router.ts";
import type { Places } from "./shapes.ts";
import { may, type Repository, type State, type User } from "./state.ts";

/** As GitHub Enterprise Server has it: beside the pages and git. */
export const apiPath = "/api/v3";

/** GitHub's REST API, "Using pagination": how many a page has when nothing is said. */
const usualPage = 30;

/** Calls an hour of a token (GitHub's REST API, "Rate limits"). */
const hourly = 5000;

const documentation = "https://docs.github.com/rest";

interface Sent {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CallLine {
  readonly operation: string;
  readonly user: string;
  readonly status: number;
}

export class Server {
  readonly faults = createFaults();
  /** What was called, in order. */
  readonly calls: CallLine[] = [];
  /** Where the stand-in itself did not answer as GitHub describes. */
  readonly wrong: string[] = [];
  places: Places = { api: "", pages: "" };
  readonly #router: Router;
  readonly #description: Description;
  readonly #state: State;
  readonly #gitRoot: string;

  constructor(description: Description, state: State, handlers: Handlers, gitRoot: string) {
    this.#description = description;
    this.#state = state;
    this.#router = new Router(description, handlers);
    this.#gitRoot = gitRoot;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (!url.pathname.startsWith(`${apiPath}/`)) return this.#serveGit(url, request, response);
    const sent = await this.#answer(url, request, response).catch((error: unknown): Sent => this.#refused(error));
    if (response.destroyed) return;
    const text = sent.body === undefined ? "" : JSON.stringify(sent.body);
    const etag = `W/"${createHash("sha256").update(text).digest("hex")}"`;
    const same = request.method === "GET" && request.headers["if-none-match"] === etag;
    response.writeHead(same ? 304 : sent.status, {
      ...(text !== "" && { "content-type": "application/json; charset=utf-8", etag }),
      "x-github-media-type": "github.v3; format=json",
      "x-ratelimit-limit": String(hourly),
      "x-ratelimit-remaining": String(Math.max(0, hourly - this.calls.length)),
      "x-ratelimit-reset": String(Math.floor(this.#state.now().getTime() / 1000) + 3600),
      ...sent.headers,
    });
    response.end(same ? "" : text);
  }

  async #answer(url: URL, request: IncomingMessage, response: ServerResponse): Promise<Sent> {
    const user = this.#whoIs(request);
    const matched = this.#router.match(request.method ?? "GET", url.pathname.slice(apiPath.length));
    const { operation, path } = matched;
    const raw = await bodyOf(request);
    const strikes = this.faults.on("github", operation.id, raw);
    for (const strike of strikes) await before(strike, response);
    const done = (sent: Sent): Sent => {
      this.calls.push({ operation: operation.id, user: user.login, status: sent.status });
      return sent;
    };
    try {
      const sent = done(await this.#carriedOut(matched, user, url, raw));
      for (const strike of strikes) after(strike, response);
      return sent;
    } catch (error) {
      if (!(error instanceof Refusal)) throw wrongIn(operation, path, error);
      done({ status: error.status });
      throw error;
    }
  }

  async #carriedOut(matched: Matched, user: User, url: URL, raw: string): Promise<Sent> {
    const { operation, handler, path } = matched;
    const given = raw === "" ? undefined : parsed(raw);
    const repository = this.#repository(path, user);
    const params = this.#router.parameters(matched, url.searchParams);
    const body = this.#router.body(matched, given);
    const { state, places } = { state: this.#state, places: this.places };
    // A call of no repository is given none that it would look at.
    const answer = await handler({ state, places, user, repository: repository as Repository, params, body });
    const page = answer.all
      ? paged(answer.all, params, new URL(`${places.api}${url.pathname.slice(apiPath.length)}${url.search}`))
      : undefined;
    return { status: answer.status, ...this.#described(operation, answer, page?.items), headers: page?.headers ?? {} };
  }

  /** An answer with all that GitHub's has, found to be as it is described. */
  #described(operation: Operation, { status, body, all }: Answer, items?: readonly unknown[]): { body?: unknown } {
    const schema = operation.answer(status);
    const value = all ? items : body;
    if (schema === undefined && value === undefined) return {};
    if (schema === undefined) throw new Error(`GitHub describes no answer with status ${status}`);
    const whole = complete(this.#description, schema, value);
    const [problem] = this.#description.problems(schema, whole);
    if (problem !== undefined) throw new Error(problem);
    return { body: whole };
  }

  #repository({ owner, repo }: Readonly<Record<string, string>>, user: User): Repository | undefined {
    if (owner === undefined || repo === undefined) return undefined;
    const found = this.#state.repository(owner, repo);
    // Who may not read it is not told that it is there.
    if (!found || !may(found, user, "read")) throw notFound();
    return found;
  }

  #whoIs({ headers }: IncomingMessage): User {
    const [, token] = /^(?:token|bearer) (\S+)$/i.exec(headers.authorization ?? "") ?? [];
    if (token === undefined) throw new Refusal(401, "Requires authentication");
    const user = this.#state.userOf(token);
    if (!user) throw new Refusal(401, "Bad credentials");
    return user;
  }

  #refused(error: unknown): Sent {
    if (error instanceof Refusal) {
      const { status, message, errors, headers } = error;
      const body = { message, ...(errors && { errors }), documentation_url: documentation, status: String(status) };
      return { status, body, headers };
    }
    this.wrong.push(error instanceof Error ? error.message : String(error));
    return { status: 500, body: { message: `The stand-in is at fault: ${this.wrong.at(-1)}` } };
  }

  #serveGit(url: URL, request: IncomingMessage, response: ServerResponse): void {
    const [, owner = "", name = ""] = /^\/([\w.-]+)\/([\w.-]+)\.git\//.exec(url.pathname) ?? [];
    const repository = this.#state.repository(owner, name);
    // A scheme's name is of either case (RFC 9110, 11.1).
    const [, basic = ""] = /^Basic (\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    const user = this.#state.userOf(Buffer.from(basic, "base64").toString("utf8").split(":")[1] ?? "");
    const writes = /git-receive-pack/.test(request.url ?? "");
    const allowed = repository && user && may(repository, user, writes ? "write" : "read");
    const everybody = repository && !repository.isPrivate && !writes;
    if (allowed || everybody) {
      serveGit(this.#gitRoot, user?.login, request, response);
      return;
    }
    response.writeHead(user ? (writes && repository ? 403 : 404) : 401, { "www-authenticate": 'Basic realm="GitHub"' });
    response.end();
  }
}

function wrongIn({ id }: Operation, path: object, error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  return new Error(`${id} ${JSON.stringify(path)}: ${text}`, { cause: error });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, "Problems parsing JSON");
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** GitHub's REST API, "Best practices": a secondary limit says in `retry-after` how many seconds to wait. */
async function before(strike: Strike, response: ServerResponse): Promise<void> {
  const { effect, status, message, struck } = strike;
  if (typeof effect === "object") {
    struck();
    await new Promise((resolve) => setTimeout(resolve, effect.delay));
  } else if (effect === "throttle") {
    struck();
    const said = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    throw new Refusal(status ?? 403, message ?? said, { headers: { "retry-after": "1" } });
  } else if (effect === "error") {
    struck();
    throw new Refusal(status ?? 502, message ?? "Server Error");
  } else if (effect === "hang") {
    struck();
    await new Promise((resolve) => response.once("close", resolve));
  } else if (effect === "note") struck();
}

function after({ effect, struck }: Strike, response: ServerResponse): void {
  if (effect !== "drop-response-after-effect" && effect !== "hang-after-effect") return;
  struck();
  response.destroy();
}

/** GitHub's REST API, "Using pagination". */
function paged(
  all: readonly unknown[],
  params: Json,
  url: URL,
): { readonly items: readonly unknown[]; readonly headers: Readonly<Record<string, string>> } {
  const size = Math.min(100, Number(params["per_page"] ?? usualPage));
  const page = Math.max(1, Number(params["page"] ?? 1));
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (to: number, rel: string) => {
    const target = new URL(url);
    target.searchParams.set("page", String(to));
    return `<${target.href}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, "prev")] : []),
    ...(page < last ? [link(page + 1, "next"), link(last, "last")] : []),
    ...(page > 1 ? [link(1, "first")] : []),
  ];
  const items = all.slice((page - 1) * size, page * size);
  return { items, headers: links.length === 0 ? {} : { link: links.join(", ") } };
}
