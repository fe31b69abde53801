import { SwitchyardError } from "../../programs/errors.ts";
import { readStackFile } from "../stacks/settings.ts";
import type { Surroundings } from "../surroundings.ts";

/** Where a region may be said. */
export interface Regions {
  /** `aws:region` of the stack. */
  readonly stack?: unknown;
  readonly AWS_REGION?: string | undefined;
  readonly AWS_DEFAULT_REGION?: string | undefined;
}

/**
 * The region of a stack, for the driver as for the program: its own, else the environment's, in the order in which the
 * AWS SDKs look (AWS SDKs and Tools Reference Guide, "AWS Region"); what is empty is not said.
 *
 * @throws SwitchyardError `invalid-config` when it is not a region's name.
 */
export function saidRegion({ stack, AWS_REGION, AWS_DEFAULT_REGION }: Regions): string | undefined {
  const said = [
    ["aws:region", stack],
    ["AWS_REGION", AWS_REGION],
    ["AWS_DEFAULT_REGION", AWS_DEFAULT_REGION],
  ] as const;
  const [where, region] = said.find(([, name]) => name !== undefined && name !== "") ?? [];
  return where === undefined ? undefined : checked(where, region);
}

function checked(where: string, region: unknown): string {
  if (typeof region === "string" && /^[a-z]{2}(-[a-z]+)+-\d+$/.test(region)) return region;
  throw new SwitchyardError("invalid-config", {
    what: `"${region}" is not the name of an AWS region`,
    where,
    fix: "set it to one such as us-east-1",
  });
}

/**
 * The region of a stack; where neither its file nor the environment says one, the profile's in use.
 *
 * @throws SwitchyardError `invalid-config` when there is none.
 */
export async function regionOf(where: Surroundings, stack: string): Promise<string> {
  // What acts on the ledger needs no file: another checkout's environment then says where.
  const file = await where
    .workDir(stack)
    .then((dir) => readStackFile(dir, stack))
    .catch(() => undefined);
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const said = saidRegion({ stack: file?.config["aws:region"], AWS_REGION, AWS_DEFAULT_REGION });
  return said ?? checked("the AWS profile's region", await profileRegion());
}

async function profileRegion(): Promise<string> {
  const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
  const client = new DynamoDBClient({});
  try {
    return await client.config.region();
  } catch (cause) {
    throw new SwitchyardError("invalid-config", {
      what: "it is not set, and neither AWS_REGION, AWS_DEFAULT_REGION nor the AWS profile says a region",
      where: "aws:region",
      fix: "set it in the stack's file, or AWS_REGION",
      cause,
    });
  } finally {
    client.destroy();
  }
}
