import engineClients from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineRpc, { type LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";

const { DEBUG } = engineRpc.LogSeverity;

type Log = (request: LogRequest, ...rest: unknown[]) => unknown;

/**
 * Half of all calls of an operation are what the SDK says for debugging, one call a message, and this engine prints none of
 * it. A program that runs in the engine's own process is answered without the call.
 */
export function keepDebugMessages(): void {
  const client = engineClients.EngineClient.prototype as unknown as { log: Log };
  if (Object.hasOwn(client.log, "keepsDebugMessages")) return;
  const { log } = client;
  const quiet: Log = function (this: unknown, request, ...rest) {
    const answer = rest.at(-1);
    if (request.getSeverity() !== DEBUG || typeof answer !== "function") return log.call(this, request, ...rest);
    return queueMicrotask(() => answer(null, new empty.Empty()));
  };
  client.log = Object.assign(quiet, { keepsDebugMessages: true });
}
