import { awsFunctions, awsProvider, awsRows } from "../../../sandbox/provider/aws/provider.ts";
import type { AnyRow } from "../../../sandbox/provider/row.ts";
import { TableProvider } from "../../../sandbox/provider/table-provider.ts";

const role = "aws:iam/role:Role";

/** Types the programs never use and the stand-in does not know, with the arguments a mistake gives them. */
const mistakes: Readonly<Record<string, readonly string[]>> = {
  "aws:ec2/securityGroupRule:SecurityGroupRule": [
    "type",
    "protocol",
    "fromPort",
    "toPort",
    "cidrBlocks",
    "description",
    "securityGroupId",
  ],
  "aws:iam/accessKey:AccessKey": ["user"],
  "aws:iam/user:User": [],
  "aws:lambda/permission:Permission": ["action", "principal", "function"],
};

/** The stand-in for the aws plugin, with types that can be previewed and nothing more. */
export function mistakenProvider(): TableProvider {
  const rows = Object.entries(mistakes).map(([type, replace]) => [type, onlyPreviewed(type, replace)]);
  const known = awsRows[role] as AnyRow;
  const { version } = awsProvider();
  return new TableProvider({
    package: "aws",
    version,
    rows: {
      ...awsRows,
      ...Object.fromEntries(rows),
      [role]: { ...known, replace: [...(known.replace ?? []), "inlinePolicies"] },
    },
    functions: awsFunctions,
  });
}

function onlyPreviewed(type: string, replace: readonly string[]): AnyRow {
  const refuse = () => Promise.reject(new Error(`${type} is here to be previewed only`));
  return { replace, computed: [], create: refuse, read: refuse, delete: refuse };
}
