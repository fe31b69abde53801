import { AsyncLocalStorage } from "node:async_hooks";
import type { NextFunction, Request, Response } from "express";

const header = "x-amzn-trace-id";
/** Application Load Balancers guide, "Request tracing": the balancer gives each request one, and keeps one that it has. */
const rootPattern = /(?:^|;)Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/;

const current = new AsyncLocalStorage<string | undefined>();

/** Keeps the balancer's id of a request for as long as it is answered. */
export function keepTrace(request: Request, _response: Response, next: NextFunction): void {
  current.run(rootPattern.exec(request.get(header) ?? "")?.[1], next);
}

/** Of the request that is being answered, as the balancer's access log and AWS X-Ray have it. */
export function traceOf(): string | undefined {
  return current.getStore();
}

/** What a call of another service carries, so that all that belongs to one request has one id. */
export function traceHeaders(): Readonly<Record<string, string>> {
  const trace = traceOf();
  // OpenTelemetry's propagator of that name sets the header itself, with the span the call is of.
  const byPropagator = /\bxray\b/.test(process.env["OTEL_PROPAGATORS"] ?? "");
  return trace === undefined || byPropagator ? {} : { [header]: `Root=${trace}` };
}
