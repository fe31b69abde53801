import assert from "node:assert/strict";
import { askByType, type PolicyServer } from "../../policies/by-type.ts";

type Handlers = { analyze: (call: object, answer: unknown) => unknown; analyzeStack: () => string };

describe("asking policies by type", () => {
  const policies = ["buckets", "queues", "all"].map((name) => ({ name }));

  /** Pulumi's server, which here answers with what it was given; what it serves is what this gives back. */
  function serve() {
    let served: Handlers | undefined;
    let made = 0;
    const addService = (_: object, handlers: object) => {
      served = handlers as Handlers;
    };
    const grpc = { Server: { prototype: { addService } } };
    const makeAnalyze = (...[name, version, level, asked]: Parameters<PolicyServer["makeAnalyzeRpcFun"]>) => {
      made += 1;
      return () => [name, version, level, (asked as typeof policies).map((policy) => policy.name)];
    };
    const server: PolicyServer = {
      serve: () => {
        grpc.Server.prototype.addService({}, { analyze: () => "every policy", analyzeStack: () => "the stack" });
      },
      makeAnalyzeRpcFun: makeAnalyze,
    };
    askByType(server, grpc, ({ name }, type) => name === "all" || name === type);
    server.serve("pack", "1.0.0", "mandatory", { policies: policies as never }, {});
    assert.ok(served);
    const { analyze, analyzeStack } = served;
    const ask = (type: string) => analyze({ request: { getType: () => type } }, undefined);
    return { ask, analyzeStack, made: () => made, grpc, addService };
  }

  it("asks those about a resource's type, as the pack they are of, and all of a stack", () => {
    const { ask, analyzeStack } = serve();
    assert.deepEqual(ask("buckets"), ["pack", "1.0.0", "mandatory", ["buckets", "all"]]);
    assert.deepEqual(ask("queues"), ["pack", "1.0.0", "mandatory", ["queues", "all"]]);
    assert.deepEqual(ask("topics"), ["pack", "1.0.0", "mandatory", ["all"]]);
    assert.equal(analyzeStack(), "the stack");
  });

  it("tells the policies of a type apart once, and leaves other servers as they were", () => {
    const { ask, made, grpc, addService } = serve();
    for (const type of ["buckets", "queues", "buckets"]) ask(type);
    assert.equal(made(), 2);
    assert.equal(grpc.Server.prototype.addService, addService);
  });
});
