/** One health check, as the load balancer sends it: a request on a connection of its own. */
import http from "node:http";
import https from "node:https";
import { type CheckOutcome, codeMatches } from "./health.ts";

export interface HealthCheck {
  readonly protocol: "HTTP" | "HTTPS";
  readonly path: string;
  /** Undefined: the port the target is registered with. */
  readonly port?: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Accepted status codes, e.g. `200-399`. */
  readonly matcher: string;
}

export function checkTarget(
  target: { readonly id: string; readonly port: number },
  check: HealthCheck,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const send = check.protocol === "HTTPS" ? https.request : http.request;
  return new Promise((resolve) => {
    const request = send({
      host: target.id,
      port: check.port ?? target.port,
      path: check.path,
      headers: { "user-agent": "ELB-HealthChecker/2.0", connection: "close" },
      agent: false,
      // Load balancers do not verify the certificates of their targets.
      rejectUnauthorized: false,
      signal,
    });
    const deadline = setTimeout(() => settle({ kind: "timeout" }), timeoutMs);
    const settle = (outcome: CheckOutcome) => {
      clearTimeout(deadline);
      resolve(outcome);
      request.destroy();
    };
    request.on("response", (response) => {
      const code = response.statusCode ?? 0;
      response.resume();
      response.on("end", () =>
        settle(codeMatches(check.matcher, code) ? { kind: "passed" } : { kind: "wrong-code", code }),
      );
      response.on("error", () => settle({ kind: "failed" }));
    });
    request.on("error", () => settle({ kind: "failed" }));
    request.end();
  });
}
