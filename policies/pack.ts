import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PolicyPack } from "@pulumi/policy";
import deserializer from "@pulumi/policy/deserialize.js";
import server from "@pulumi/policy/server.js";
import { priceFileName } from "../programs/cost/price-file.ts";
import { askByType } from "./by-type.ts";
import { rules } from "./catalogue.ts";
import { deserializeOnce } from "./deserialize-once.ts";
import { activeExceptions, parseExceptions } from "./exceptions.ts";
import { exceptionsRule } from "./exceptions-rule.ts";
import { policies } from "./policies.ts";
import { isAbout } from "./rule.ts";
import { laidOver } from "./stack-tags.ts";

const byName = new Map(rules.map((rule) => [rule.name, rule]));

deserializeOnce(deserializer as never);
// The gRPC that Pulumi's server itself has.
const grpc = createRequire(import.meta.resolve("@pulumi/policy/server.js"))("@grpc/grpc-js");
askByType(server as never, grpc, ({ name }, type) => {
  const rule = byName.get(name);
  return rule === undefined || (rule.kind === "resource" && isAbout(rule, type));
});

const names = new Set(byName.keys());
const file = parseExceptions(readFileSync(new URL("./exceptions.yaml", import.meta.url), "utf8"), names);
const exceptions = activeExceptions(file.exceptions, new Date());

const root = join(import.meta.dirname, "..");
let operation = operationOf(process.env);
// A driver that keeps this process for one operation after another says of each what an engine's environment says of one.
process.on("message", (environment: NodeJS.ProcessEnv) => {
  operation = operationOf(environment);
  process.send?.("ready");
});
if (process.connected) process.once("disconnect", () => process.exit());

new PolicyPack("switchyard", {
  description: "What must hold in every account before a change reaches it",
  enforcementLevel: "mandatory",
  policies: policies([...rules, exceptionsRule(exceptions, file.problems)], {
    exceptions,
    get config() {
      return operation.config;
    },
    get preview() {
      return operation.preview;
    },
    prices: (region) => operation.prices(region),
  }),
});

function readFirst(directories: readonly (string | undefined)[], name: string): string | undefined {
  for (const directory of directories) {
    const file = directory === undefined ? undefined : join(directory, name);
    if (file !== undefined && existsSync(file)) return readFileSync(file, "utf8");
  }
  return undefined;
}

function operationOf(environment: NodeJS.ProcessEnv) {
  return {
    config: laidOver(environment["PULUMI_CONFIG"], environment["SWITCHYARD_OVER"]),
    // The engine says which it is; a preview is the only time a value may be unknown.
    preview: environment["PULUMI_NODEJS_DRY_RUN"] !== "false",
    // A driver keeps them beside the stack's file as the engine has it; committed, they are beside the pack.
    prices: (region: string) => readFirst([environment["SWITCHYARD_PRICES"], root], priceFileName(region)),
  };
}
