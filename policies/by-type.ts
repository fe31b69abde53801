import type { Policies, Policy } from "@pulumi/policy";

/** Answers a request of an engine through its callback. */
type Handler = (call: { readonly request: { getType(): string } }, answer: unknown) => unknown;

/** The parts of Pulumi's server of policy packs that are changed here. */
export interface PolicyServer {
  serve(name: string, version: string, level: string, pack: { policies?: Policies }, config: unknown): void;
  makeAnalyzeRpcFun(name: string, version: string, level: string, policies: Policies): Handler;
}

/** gRPC's server, as Pulumi's uses it. */
export interface Grpc {
  readonly Server: { readonly prototype: { addService(service: object, handlers: object): void } };
}

/**
 * Has Pulumi's server ask of a resource the policies about its type only. It asks every policy, and tells the engine of
 * each that it was not about the resource: for a pack of this size that is most of what judging a resource takes, and no
 * engine shows it.
 *
 * @param isAbout whether a policy has something to say about a type
 */
export function askByType(
  server: PolicyServer,
  { Server }: Grpc,
  isAbout: (policy: Policy, type: string) => boolean,
): void {
  const { serve } = server;
  server.serve = (name, version, level, pack, config) => {
    const handlers = new Map<string, Handler>();
    const handlerFor = (type: string): Handler => {
      const known = handlers.get(type);
      if (known !== undefined) return known;
      const about = (pack.policies ?? []).filter((policy) => isAbout(policy, type));
      const handler = server.makeAnalyzeRpcFun(name, version, level, about);
      handlers.set(type, handler);
      return handler;
    };
    const analyze: Handler = (call, answer) => handlerFor(call.request.getType())(call, answer);
    const { addService } = Server.prototype;
    Server.prototype.addService = function (service, given) {
      return addService.call(this, service, { ...given, analyze });
    };
    try {
      serve(name, version, level, pack, config);
    } finally {
      Server.prototype.addService = addService;
    }
  };
}
