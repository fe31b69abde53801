import { request as httpRequest, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { log, messageOf } from "./environment.ts";

export interface Invocation {
  readonly event: unknown;
  /** When the invocation is cut off, in milliseconds since the epoch. */
  readonly deadline: number;
}

/**
 * Serves invocations one after the other, as the AWS Lambda Developer Guide's "Using the Lambda runtime API for custom
 * runtimes" describes it. Waiting for the next one has no timeout: the function is frozen meanwhile.
 *
 * @param fieldsOf What the log is told of an error besides its message.
 */
export async function serveInvocations(
  runtimeApi: string,
  handle: (invocation: Invocation) => Promise<unknown>,
  fieldsOf: (error: unknown) => Record<string, unknown> = () => ({}),
): Promise<never> {
  for (;;) {
    const next = await call(runtimeApi, "GET", "invocation/next");
    const id = next.headers["lambda-runtime-aws-request-id"];
    try {
      const deadline = Number(next.headers["lambda-runtime-deadline-ms"]);
      const answer = await handle({ event: JSON.parse(next.body), deadline });
      await call(runtimeApi, "POST", `invocation/${id}/response`, answer);
    } catch (error) {
      log("error", messageOf(error), fieldsOf(error));
      const errorType = error instanceof Error ? error.name : "Error";
      await call(runtimeApi, "POST", `invocation/${id}/error`, { errorType, errorMessage: messageOf(error) });
    }
  }
}

async function call(
  runtimeApi: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ headers: IncomingMessage["headers"]; body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest(`http://${runtimeApi}/2018-06-01/runtime/${path}`, { method }, resolve);
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
  const answer = await text(response);
  const status = response.statusCode ?? 0;
  if (status >= 300) throw new Error(`the Lambda runtime API answered ${status} to ${method} ${path}: ${answer}`);
  return { headers: response.headers, body: answer };
}
