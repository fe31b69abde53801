import { type Inputs, resourceRule } from "../rule.ts";
import { secretInScript } from "./plaintext.ts";

const machines = [
  "aws:ec2/instance:Instance",
  "aws:ec2/launchTemplate:LaunchTemplate",
  "aws:ec2/launchConfiguration:LaunchConfiguration",
  "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
] as const;

const defaults = "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults";

export const machineRules = [
  resourceRule([...machines, defaults], {
    name: "ec2-metadata-tokens",
    level: "mandatory",
    severity: "high",
    controls: ["EC2.8", "CKV_AWS_79"],
    title: "Instances answer metadata requests with tokens only",
    why: "Version 1 of the metadata service gives the role's credentials to any forged request.",
    fix: "Set metadataOptions.httpTokens to required, or httpTokens of the account's defaults.",
    check: (one, { type }) => {
      const ofAccount = type === defaults;
      const { metadataOptions } = one as Inputs<(typeof machines)[0]>;
      const options = ofAccount ? (one as Inputs<typeof defaults>) : metadataOptions;
      if (options?.httpTokens === "required" || options?.httpEndpoint === "disabled") return undefined;
      return `${ofAccount ? "" : "metadataOptions."}httpTokens is not required`;
    },
  }),
  resourceRule(machines, {
    name: "ec2-no-plaintext-secrets",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_46"],
    title: "Machines are given no secret in plain text when they start",
    why: "User data is readable to whatever runs on the machine, and kept in state and plans.",
    fix: "Let the machine's role read the secret from Secrets Manager.",
    check: function* (machine) {
      for (const property of ["userData", "userDataBase64"]) {
        const value = property in machine ? (machine as Record<string, unknown>)[property] : undefined;
        if (typeof value !== "string") continue;
        const why = secretInScript(value) ?? secretInScript(decoded(value));
        if (why !== undefined) yield `${property} ${why}`;
      }
    },
  }),
];

function decoded(value: string): string {
  return /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(value) ? Buffer.from(value, "base64").toString("utf8") : "";
}
