/** Hosts a stand-in in this process, as Pulumi's engines expect a provider: a gRPC server on a port of this machine. */
import * as grpc from "@grpc/grpc-js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { providerService } from "./server.ts";
import type { StandIn } from "./stand-in.ts";

export const packages = {
  aws: async (): Promise<StandIn> => (await import("./aws/provider.ts")).awsProvider(),
  awsx: async (): Promise<StandIn> => (await import("./awsx/provider.ts")).awsxProvider(),
  docker: async (): Promise<StandIn> => (await import("./docker/provider.ts")).dockerProvider(),
};
export type PackageName = keyof typeof packages;

/** Engines send whole programs' states: gRPC's default of 4 MB a message is too little. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

export interface ServedProvider {
  readonly port: number;
  close(): Promise<void>;
}

export async function serveProvider(pkg: PackageName, engineAddress: string): Promise<ServedProvider> {
  return serveStandIn(await packages[pkg](), engineAddress);
}

export async function serveStandIn(standIn: StandIn, engineAddress: string): Promise<ServedProvider> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    // Nobody asks for grpc's own statistics, which cost a part of every call.
    "grpc.enable_channelz": 0,
  });
  const handlers = providerService(standIn, engineAddress) as grpc.UntypedServiceImplementation;
  server.addService(service.ResourceProviderService as unknown as grpc.ServiceDefinition, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    close: async () => {
      standIn.cancel?.();
      server.forceShutdown();
    },
  };
}
