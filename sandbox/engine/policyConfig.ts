import { readFileSync } from "node:fs";
import type services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import rpc from "@pulumi/pulumi/proto/analyzer_pb.js";
import { EngineError } from "./errors.ts";
import { call } from "./grpc.ts";
import { fromStruct, type Properties, toStruct } from "./values.ts";

/** By their numbers in the protocol. */
export const levels = ["advisory", "mandatory", "disabled", "remediate"] as const;

/** Tells a pack its configuration. Answers whether one of its policies is at the level that may change inputs. */
export async function configurePack(
  client: InstanceType<typeof services.AnalyzerClient>,
  info: InstanceType<typeof rpc.AnalyzerInfo>,
  path: string | undefined,
): Promise<boolean> {
  const given = path === undefined || path === "" ? {} : readPolicyConfig(path);
  const { all, ...named } = given;
  const request = new rpc.ConfigureAnalyzerRequest();
  const known = new Set(info.getPoliciesList().map((policy) => policy.getName()));
  const stranger = Object.keys(named).find((name) => !known.has(name));
  if (stranger !== undefined) {
    const where = `${path}: ${stranger}`;
    throw new EngineError("invalid-argument", {
      where,
      what: `is not a policy of ${info.getName()}`,
      fix: "Correct the name",
    });
  }
  let remediates = false;
  for (const policy of info.getPoliciesList()) {
    const initial = info.getInitialconfigMap().get(policy.getName());
    const { enforcementLevel, ...properties } = {
      ...(initial && fromStruct(initial.getProperties())),
      ...policyConfig(all),
      ...policyConfig(named[policy.getName()]),
    } as Properties;
    const level = levels.indexOf(enforcementLevel as (typeof levels)[number]);
    const config = new rpc.PolicyConfig().setProperties(toStruct(properties));
    const fallback = initial?.getEnforcementlevel() ?? policy.getEnforcementlevel();
    config.setEnforcementlevel(level >= 0 ? (level as 0 | 1 | 2 | 3) : fallback);
    if (config.getEnforcementlevel() === rpc.EnforcementLevel.REMEDIATE) remediates = true;
    request.getPolicyconfigMap().set(policy.getName(), config);
  }
  await call(client, client.configure, request);
  return remediates;
}

function policyConfig(entry: unknown): Properties {
  return typeof entry === "string" ? { enforcementLevel: entry } : ((entry ?? {}) as Properties);
}

function readPolicyConfig(path: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  } catch (cause) {
    const where = `--policy-pack-config ${path}`;
    throw new EngineError("invalid-argument", { where, what: "is not a readable JSON file", fix: "Correct it", cause });
  }
}
