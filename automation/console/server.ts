/** The console's server: one page, its data, and a stream of what changes. */
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import express, { type NextFunction, type Request, type Response } from "express";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { cookieOf, headers, isOwnHost, isOwnOrigin, isSame, secret } from "./access.ts";
import { type Action, readAction } from "./actions.ts";
import type { Feed } from "./feed.ts";
import { stream } from "./stream.ts";

/** What the page can ask for, each read when it is asked. */
export interface Sources {
  /** Where it looks, such as "the sandbox on this machine". */
  readonly place: string;
  readonly feed: Feed;
  releases(stack: string, limit: number): Promise<unknown>;
  release(stack: string, operation: string): Promise<unknown>;
  figures(stack: string): Promise<unknown>;
  audit(stack: string): Promise<unknown>;
  previews(): Promise<unknown>;
  executions(): Promise<unknown>;
  /** Compares a stack with the account, and asks the guardrails about it. */
  check(stack: string): Promise<unknown>;
  /** Absent where the console only shows. */
  act?(action: Action): Promise<unknown>;
  reason(error: unknown): string;
}

export interface Served {
  /** Opens the page, once. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const page = join(import.meta.dirname, "page");

/** Releases shown at once, and at most. */
const releasesShown = { first: 50, most: 1000 };

/** @param port 0 for any that is free. */
export function serve(sources: Sources, port: number): Promise<Served> {
  const app = express();
  app.disable("x-powered-by");
  const link = { token: secret(), spent: false };
  const session = secret();
  const csrf = secret();
  let own = port;
  const cookie = () => `switchyard-console-${own}`;

  app.use((request, response, next) => {
    response.set(headers);
    if (!isOwnHost(request.headers.host, own))
      return refuse(response, 421, "This server answers to its own name only.");
    next();
  });
  app.get("/", (request, response, next) => {
    const { token } = request.query;
    if (token === undefined) return next();
    if (link.spent || typeof token !== "string" || !isSame(token, link.token)) return next();
    link.spent = true;
    response.cookie(cookie(), session, { httpOnly: true, sameSite: "strict", path: "/" });
    response.redirect(303, "/");
  });
  app.use((request, response, next) => {
    if (isSame(cookieOf(request.headers.cookie, cookie()), session)) return next();
    refuse(response, 403, "This link opens once. Start `switchyard console` again for a new one.");
  });
  const shell = readFileSync(join(page, "index.html"), "utf8");
  app.get("/", (request, response) => {
    // A link that was used before, in the browser that used it.
    if (request.query["token"] !== undefined) return response.redirect(303, "/");
    const begin = { place: sources.place, csrf, acts: sources.act !== undefined, environments: sources.feed.views };
    response.type("html").send(shell.replace("{}", () => inScript(begin)));
  });
  app.get("/events", (_request, response) => stream(sources.feed, response));
  app.use(express.static(page, { index: false, cacheControl: false }));

  const answer = (of: (request: Request) => Promise<unknown>) => async (request: Request, response: Response) => {
    response.json(await of(request));
  };
  app.get(
    "/api/executions",
    answer(() => sources.executions()),
  );
  app.get(
    "/api/previews",
    answer(() => sources.previews()),
  );
  app.get(
    "/api/:stack/figures",
    answer((r) => sources.figures(known(sources, r))),
  );
  app.get(
    "/api/:stack/audit",
    answer((r) => sources.audit(known(sources, r))),
  );
  app.get(
    "/api/:stack/releases",
    answer((r) => sources.releases(known(sources, r), limitOf(r.query["limit"]))),
  );
  app.get(
    "/api/:stack/releases/:operation",
    answer((r) => sources.release(known(sources, r), String(r.params["operation"]))),
  );

  app.post("/api/*path", express.json({ limit: "8kb" }), (request, response, next) => {
    const { origin, "sec-fetch-site": site, "x-switchyard-csrf": given } = request.headers;
    const fetchSite = typeof site === "string" ? site : undefined;
    if (isOwnOrigin(origin, fetchSite, own) && typeof given === "string" && isSame(given, csrf)) return next();
    refuse(response, 403, "Only this console's own page may ask for that: load it again.");
  });
  app.post(
    "/api/:stack/check",
    answer((r) => sources.check(known(sources, r))),
  );
  app.post("/api/:stack/act", async (request, response) => {
    if (sources.act === undefined)
      return refuse(response, 403, "This console only shows: start it with --allow-actions to act.");
    response.json(await sources.act(readAction(known(sources, request), request.body)));
  });
  app.use((_request: Request, response: Response) => refuse(response, 404, "There is nothing here."));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    if (!response.headersSent) refuse(response, statusOf(error), sources.reason(error));
  });

  return new Promise((resolve, reject) => {
    const server = app.listen(port, "127.0.0.1", (error) => {
      if (error) return reject(inUse(error));
      own = (server.address() as AddressInfo).port;
      resolve({
        url: `http://127.0.0.1:${own}/?token=${link.token}`,
        port: own,
        close: () =>
          new Promise((closed) => {
            sources.feed.stop();
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

/** @throws SwitchyardError `not-found` for a stack that is not on the page. */
function known({ feed }: Sources, request: Request): string {
  const stack = String(request.params["stack"]);
  if (feed.views.some((view) => view.stack === stack)) return stack;
  throw new SwitchyardError("not-found", {
    what: "there is no such environment here",
    where: stack.slice(0, 60),
    fix: "choose one from the list",
  });
}

function limitOf(given: unknown): number {
  const limit = Number(given ?? releasesShown.first);
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, releasesShown.most) : releasesShown.first;
}

/** JSON that is no end of the element it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function refuse(response: Response, status: number, why: string): void {
  response.status(status).json({ error: why });
}

/** The caller's fault where the catalogue says so, else one of what was asked. */
function statusOf(error: unknown): number {
  const status = (error as { status?: unknown }).status;
  if (typeof status === "number") return status;
  if (!(error instanceof SwitchyardError)) return 502;
  if (error.code === "not-found") return 404;
  return errorCatalogue[error.code].exitCode === errorCatalogue["invalid-flag"].exitCode ? 400 : 409;
}

function inUse(cause: Error): SwitchyardError {
  return new SwitchyardError("invalid-flag", {
    what: (cause as NodeJS.ErrnoException).code === "EADDRINUSE" ? "something else listens there" : cause.message,
    where: "--port",
    fix: "name another, or leave it out: any that is free is taken",
    cause,
  });
}
