import * as grpc from "@grpc/grpc-js";
import type { Message } from "google-protobuf";

/** Nobody asks these servers and channels for grpc's own statistics, which cost a part of every call. */
const options = { "grpc.max_receive_message_length": 1024 * 1024 * 400, "grpc.enable_channelz": 0 };

type Unary<Request, Response> = (
  request: Request,
  metadata: grpc.Metadata,
  options: Partial<grpc.CallOptions>,
  callback: (error: grpc.ServiceError | null, response: Response) => void,
) => grpc.ClientUnaryCall;

const connectAttempts = 5;

/** Calls a unary method of a generated client. */
export async function call<Request, Response>(
  client: grpc.Client,
  method: Unary<Request, Response>,
  request: Request,
): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await callOnce(client, method, request);
    } catch (error) {
      if (attempt === connectAttempts || !neverLeft(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
    }
  }
}

/** grpc-js's words, on a busy machine, for a call that found no connection made yet: it can be made again safely. */
function neverLeft(error: unknown): boolean {
  const { code, details } = error as grpc.ServiceError;
  return code === grpc.status.UNAVAILABLE && /^No connection established\. Last error: null/.test(details ?? "");
}

const inFlight = new WeakMap<grpc.Client, Set<grpc.ClientUnaryCall>>();

async function callOnce<Request, Response>(
  client: grpc.Client,
  method: Unary<Request, Response>,
  request: Request,
): Promise<Response> {
  const calls = inFlight.get(client) ?? new Set();
  inFlight.set(client, calls);
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const made = method.call(client, request, new grpc.Metadata(), {}, (error, response) =>
    error ? reject(error) : resolve(response),
  );
  calls.add(made);
  return promise.finally(() => calls.delete(made));
}

/**
 * Closes a client, and breaks off what it still waits for. A call without an answer keeps the connection, and this process,
 * alive for ever: grpc-js's servers end none when grpc's statistics are off.
 */
export function disconnect(client: grpc.Client): void {
  for (const made of inFlight.get(client) ?? []) made.cancel();
  client.close();
}

/** A generated client for `address`; waits for a server that is still starting. */
export function connect<Client>(
  type: new (address: string, credentials: grpc.ChannelCredentials, options?: object) => Client,
  address: string,
): Client {
  return new type(address, grpc.credentials.createInsecure(), options);
}

export function isUnimplemented(error: unknown): boolean {
  return (error as grpc.ServiceError).code === grpc.status.UNIMPLEMENTED;
}

/** Turns an async function into a unary handler; what it throws becomes the call's error. */
export function unary<Request extends Message, Response extends Message>(
  handle: (request: Request) => Promise<Response> | Response,
): grpc.handleUnaryCall<Request, Response> {
  return (incoming, callback) => {
    Promise.resolve()
      .then(() => handle(incoming.request))
      .then(
        (response) => callback(null, response),
        (error: Error & { code?: unknown }) =>
          callback({
            code: typeof error.code === "number" ? error.code : grpc.status.UNKNOWN,
            details: error.message,
          }),
      );
  };
}

/** The error by which the SDK knows that the engine is stopping, and ends the program without a word. */
export function shuttingDown(): Error {
  return Object.assign(new Error("resource monitor shut down"), { code: grpc.status.UNAVAILABLE });
}

export async function serve(register: (server: grpc.Server) => void): Promise<{ address: string; close: () => void }> {
  const server = new grpc.Server(options);
  register(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}
