import assert from "node:assert/strict";
import { credentials } from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineRpc from "@pulumi/pulumi/proto/engine_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { keepDebugMessages } from "../../../sandbox/engine/debugMessages.ts";
import { serve, unary } from "../../../sandbox/engine/grpc.ts";

const { LogRequest, LogSeverity } = engineRpc;

describe("what a program says for debugging", () => {
  it("is answered without a call, and nothing else is", async () => {
    keepDebugMessages();
    keepDebugMessages();
    const heard: string[] = [];
    const log = unary((request: engineRpc.LogRequest) => {
      heard.push(request.getMessage());
      return new empty.Empty();
    });
    const { address, close } = await serve((server) => server.addService(engineServices.EngineService, { log }));
    const client = new engineServices.EngineClient(address, credentials.createInsecure());
    const say = (severity: engineRpc.LogSeverity, message: string) =>
      new Promise<void>((resolve, reject) => {
        const request = new LogRequest().setSeverity(severity).setMessage(message);
        client.log(request, (error) => (error ? reject(error) : resolve()));
      });
    await say(LogSeverity.DEBUG, "debug");
    for (const severity of ["INFO", "WARNING", "ERROR"] as const) await say(LogSeverity[severity], severity);
    client.close();
    close();
    assert.deepEqual(heard, ["INFO", "WARNING", "ERROR"]);
  });
});
