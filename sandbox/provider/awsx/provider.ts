/** What stands in for the `awsx` plugin: components only. */
import { createRequire } from "node:module";
import type * as pulumi from "@pulumi/pulumi";
import { loopbackEndpoint } from "../endpoint.ts";
import { ProviderError } from "../errors.ts";
import type { StandIn } from "../stand-in.ts";
import { Vpc } from "./vpc.ts";

const { version } = createRequire(import.meta.url)("@pulumi/awsx/package.json") as { version: string };

export function awsxProvider(): StandIn {
  loopbackEndpoint();
  return {
    version,
    acceptsResources: true,
    configure: () => undefined,
    construct: async (name: string, type: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions) => {
      if (type !== "awsx:ec2:Vpc") {
        const what = "the sandbox's stand-in for the awsx provider does not know this component";
        throw new ProviderError("not-covered", { where: type, what, fix: "Add it in sandbox/provider/awsx" });
      }
      const vpc = new Vpc(name, inputs, options);
      return { urn: vpc.urn, state: await vpc.outputs };
    },
  };
}
