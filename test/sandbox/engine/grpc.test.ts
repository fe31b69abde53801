import assert from "node:assert/strict";
import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { call, connect, disconnect, serve } from "../../../sandbox/engine/grpc.ts";

describe("a client that is disconnected", () => {
  it("breaks off a call that is never answered: it would keep the process alive", async () => {
    const reached = Promise.withResolvers<void>();
    const server = await serve((each) =>
      each.addService(services.ResourceProviderService as unknown as grpc.ServiceDefinition, {
        cancel: () => reached.resolve(),
      }),
    );
    const client = connect(services.ResourceProviderClient, server.address);
    const calling = call(client, client.cancel, new empty.Empty());
    await reached.promise;
    disconnect(client);
    await assert.rejects(calling, { code: grpc.status.CANCELLED });
    server.close();
  });
});
