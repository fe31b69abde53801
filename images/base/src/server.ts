import { createServer, type Server, type ServerResponse } from "node:http";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { log, messageOf } from "./environment.ts";
import { keepTrace } from "./trace.ts";

/**
 * The ALB closes an idle connection after 60 seconds. A target must keep it open longer, or a request may be sent on a
 * connection the target is closing, which the client sees as a 502 (Application Load Balancers guide, "HTTP 502").
 */
const keepAliveTimeoutMs = 65_000;

/** An express application whose every response says which version and release it came from. */
export function createApp(): Express {
  const app = express();
  app.disable("x-powered-by");
  const version = process.env["VERSION"] ?? "unversioned";
  const release = process.env["RELEASE"] ?? "none";
  app.use(keepTrace);
  app.use((_request, response, next) => {
    response.set({ "x-version": version, "x-release": release });
    next();
  });
  return app;
}

/** The last handlers: a JSON 404, and a logged error that tells the client no more than it must know. */
export function addErrorHandlers(app: Express): void {
  app.use((request, response) => {
    response.status(404).json({ error: `nothing is served at ${request.path}` });
  });
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    if (isRefusedWrite(error)) return refuseWrite(response);
    const status = clientErrorStatus(error) ?? 500;
    if (status === 500) log("error", messageOf(error), { method: request.method, path: request.path });
    response.status(status).json({ error: status === 500 ? "the request could not be answered" : messageOf(error) });
  });
}

/** Seconds; how long it will really take, no service can know. */
const retryAfter = 10;

/**
 * PostgreSQL's `read_only_sql_transaction` (its documentation, Appendix A): the database takes no writes for now, as while an
 * environment is upgraded or where a failover left an old connection on the reader.
 */
function isRefusedWrite(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "25006";
}

function refuseWrite(response: Response): void {
  const error = "nothing can be written for the moment; reading works. Try again";
  response.status(503).set("retry-after", String(retryAfter)).json({ error });
}

/** The 4xx status that express's body parsers put on their errors. */
function clientErrorStatus(error: unknown): number | undefined {
  const status = error instanceof Error && "status" in error ? Number(error.status) : 500;
  return status >= 400 && status < 500 ? status : undefined;
}

/**
 * Serves on HOST (default 0.0.0.0) and PORT (default 8080). On SIGTERM it stops accepting, finishes the requests in
 * flight, runs `onDrained` and exits 0; how long that may take is the orchestrator's stop timeout.
 */
export function serve(
  app: Express,
  options: { onStopping?: () => void; onDrained?: () => Promise<void> } = {},
): Server {
  const server = createServer(app);
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.headersTimeout = keepAliveTimeoutMs + 1_000;
  const inFlight = new Set<ServerResponse>();
  let stopping = false;
  server.prependListener("request", (_request, response) => {
    inFlight.add(response);
    response.once("close", () => {
      inFlight.delete(response);
      if (stopping) setImmediate(() => server.closeIdleConnections());
    });
    if (stopping) response.setHeader("connection", "close");
  });
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log("info", `${signal}: no new connections; finishing the requests in flight`);
    server.close(async () => {
      await options.onDrained?.();
      log("info", "stopped");
      process.exit(0);
    });
    for (const response of inFlight) if (!response.headersSent) response.setHeader("connection", "close");
    options.onStopping?.();
  };
  process.once("SIGTERM", () => stop("SIGTERM"));
  process.once("SIGINT", () => stop("SIGINT"));
  server.on("error", (error) => {
    log("error", messageOf(error));
    process.exit(1);
  });
  const host = process.env["HOST"] ?? "0.0.0.0";
  server.listen(Number(process.env["PORT"] ?? 8080), host, () => {
    log("info", "listening", { address: server.address() });
  });
  return server;
}
